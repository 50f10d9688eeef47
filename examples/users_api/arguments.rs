//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

/// How the program is called.
pub(crate) const USAGE: &str = "\
Usage: users_api [--serve [ADDRESS]] [--journal DIR]

A user service with an audit trail. Without --serve it starts, sends itself requests,
stops, prints its trail and checks it.

  --serve [ADDRESS]  serve until Ctrl-C or SIGTERM; ADDRESS is 127.0.0.1:8080 if not given
  --journal DIR      keep the journal in DIR, which is made if it is missing
  --users FILE       with --serve: keep the user table in the SQLite file FILE
  --until-eof        with --serve: stop when standard input ends, too
  --help             print this

RUST_LOG=LEVEL sets what is logged to standard error; the trail does not depend on it.
";

/// What the command line asks for.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Arguments {
    pub(crate) help: bool,
    pub(crate) serve: Option<String>,
    pub(crate) journal: Option<PathBuf>,
    pub(crate) users: Option<PathBuf>,
    pub(crate) until_eof: bool,
}

impl Arguments {
    /// Reads the arguments after the program's name.
    ///
    /// # Errors
    /// Says which argument is wrong.
    pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Self, String> {
        let mut words = words.into_iter().peekable();
        let mut arguments = Self::default();
        while let Some(word) = words.next() {
            match word.to_str() {
                Some("--help" | "-h") => arguments.help = true,
                Some("--until-eof") => arguments.until_eof = true,
                Some("--journal") => arguments.journal = Some(path(words.next(), "--journal")?),
                Some("--users") => arguments.users = Some(path(words.next(), "--users")?),
                Some("--serve") => {
                    let address = words.next_if(|next| !next.as_encoded_bytes().starts_with(b"--"));
                    let address = address.unwrap_or_else(|| "127.0.0.1:8080".into());
                    let text = |_| "--serve needs an address such as 127.0.0.1:8080".to_owned();
                    arguments.serve = Some(address.into_string().map_err(text)?);
                }
                _ => return Err(format!("unknown argument {}", word.display())),
            }
        }
        let only_served = arguments.until_eof || arguments.users.is_some();
        if arguments.serve.is_none() && only_served {
            return Err("--users and --until-eof need --serve".to_owned());
        }
        Ok(arguments)
    }
}

fn path(word: Option<OsString>, option: &str) -> Result<PathBuf, String> {
    let missing = || format!("{option} needs a path");
    word.filter(|word| !word.as_encoded_bytes().starts_with(b"--"))
        .map(PathBuf::from)
        .ok_or_else(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, String> {
        Arguments::parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn the_address_may_be_left_out() {
        let serve = |line| parse(line).unwrap().serve;
        assert_eq!(serve("--serve").as_deref(), Some("127.0.0.1:8080"));
        assert_eq!(serve("--serve 0.0.0.0:1 --journal x").as_deref(), Some("0.0.0.0:1"));
        assert_eq!(serve("--serve --journal x").as_deref(), Some("127.0.0.1:8080"));
        assert_eq!(serve(""), None);
    }

    #[test]
    fn wrong_arguments_are_named() {
        let wrong = |line| parse(line).unwrap_err();
        assert!(wrong("--journal").contains("--journal needs a path"));
        assert!(wrong("--journal --serve").contains("--journal needs a path"));
        assert!(wrong("--sevre").contains("--sevre"));
        assert!(wrong("--until-eof").contains("--serve"));
    }
}
