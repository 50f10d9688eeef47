//! The secrets that the drive sends, and the search for them in what the service wrote.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::users::ACCOUNTS;

pub(crate) const MISTYPED_PASSWORD: &str = "bobs-Bicycel-77";
pub(crate) const PASSWORD_AS_NAME: &str = "my-Name-is-a-Passw0rd";
pub(crate) const NEW_PASSWORD: &str = "bobs-Tandem-78";
pub(crate) const EMAIL: &str = "bob.private@mail.example";
pub(crate) const COOKIE: &str = "eyJhbGciOi.planted-cookie.c2lnbmF0dXJl";
pub(crate) const API_KEY: &str = "sk_live_planted_in_a_header";
pub(crate) const QUERY_TOKEN: &str = "planted-in-the-query";
pub(crate) const UNROUTED_TOKEN: &str = "planted-in-a-path-that-is-not-there";
pub(crate) const REPORT_NAME: &str = "tok_9f3kq2";
pub(crate) const BROKEN_BODY: &str = "planted-where-a-number-belongs";
/// Not a secret, but a lie: the address that a client claims to come from.
pub(crate) const SPOOFED_ADDRESS: &str = "203.0.113.66";

/// What must not be found, and where it was put.
pub(crate) struct Planted {
    values: Vec<(&'static str, String)>,
}

impl Planted {
    /// All secrets that are known beforehand, and the `sessions` that the service made.
    pub(crate) fn with_sessions(sessions: Vec<String>) -> Self {
        let fixed = [
            ("a mistyped password", MISTYPED_PASSWORD),
            ("a password typed as a name", PASSWORD_AS_NAME),
            ("a new password in a body", NEW_PASSWORD),
            ("an e-mail address in a body", EMAIL),
            ("a token in a cookie", COOKIE),
            ("an API key in a header", API_KEY),
            ("a token in a query", QUERY_TOKEN),
            ("a token in the path of a 404", UNROUTED_TOKEN),
            ("a token in a path, and in a panic's text", REPORT_NAME),
            ("a token in a body that is refused", BROKEN_BODY),
            ("a spoofed address", SPOOFED_ADDRESS),
        ];
        let passwords = ACCOUNTS.map(|(_, _, password)| ("a password", password.to_owned()));
        let sessions = sessions.into_iter().map(|token| ("a session's token", token));
        let fixed = fixed.map(|(place, value)| (place, value.to_owned()));
        Self { values: fixed.into_iter().chain(passwords).chain(sessions).collect() }
    }

    pub(crate) fn count(&self) -> usize {
        self.values.len()
    }

    /// Says which secrets `bytes` holds, without repeating them.
    pub(crate) fn found_in(&self, bytes: &[u8]) -> impl Iterator<Item = &'static str> {
        let found = |(_, value): &&(_, String)| contains(bytes, value.as_bytes());
        self.values.iter().filter(found).map(|(place, _)| *place)
    }
}

/// True if `part` stands anywhere in `bytes`.
pub(crate) fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// All files in `directory` and below it.
///
/// # Errors
/// Fails when a directory cannot be read.
pub(crate) fn files_below(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(next) = directories.pop() {
        for entry in fs::read_dir(next)? {
            let path = entry?.path();
            let among = if path.is_dir() { &mut directories } else { &mut files };
            among.push(path);
        }
    }
    files.sort();
    Ok(files)
}
