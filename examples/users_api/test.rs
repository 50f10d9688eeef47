//! The user service as it is run by hand: what it promises on its last line, and its complaints.

use std::error::Error;
use std::ffi::OsStr;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;

use audit_runtime::Record;
use audit_runtime::journal::Reader;

type Tested = Result<(), Box<dyn Error>>;

fn users_api(arguments: &[&str], journal: Option<&Path>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_users_api"));
    command.args(arguments);
    if let Some(journal) = journal {
        command.arg("--journal").arg(journal);
    }
    command
}

fn assert_everything_held(output: &Output) {
    let out = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{out}\n{errors}");
    assert!(out.trim_end().ends_with("Everything held."), "{out}\n{errors}");
    assert!(!out.contains(" NOT "), "{out}");
}

#[test]
fn everything_holds() -> Tested {
    assert_everything_held(&users_api(&[], None).output()?);
    Ok(())
}

/// The run itself checks that the log is silent then, and the trail whole.
#[test]
fn everything_holds_with_the_log_off() -> Tested {
    let output = users_api(&[], None).env("RUST_LOG", "off").output()?;
    assert_everything_held(&output);
    Ok(())
}

#[test]
fn a_journal_that_is_kept_goes_on() -> Tested {
    let directory = tempfile::tempdir()?;
    let journal = directory.path().join("journal");
    let first = seqs(&users_api(&[], Some(&journal)).output()?);
    let second = seqs(&users_api(&[], Some(&journal)).output()?);
    assert_eq!(first.first(), Some(&0));
    assert_eq!(second.first().copied(), first.last().map(|last| last + 1));
    Ok(())
}

/// The sequence numbers in the trail of a run in which everything held.
fn seqs(output: &Output) -> Vec<u64> {
    assert_everything_held(output);
    let out = String::from_utf8_lossy(&output.stdout);
    let rows = out.lines().skip_while(|line| *line != "Trail").skip(2);
    let first_cell = |row: &str| row.split_whitespace().next()?.parse().ok();
    rows.map_while(first_cell).collect()
}

#[test]
fn every_cell_of_the_trail_stands_below_its_heading() -> Tested {
    let output = users_api(&[], None).output()?;
    assert_everything_held(&output);
    let out = String::from_utf8(output.stdout)?;
    let mut rows = out.lines().skip_while(|line| *line != "Trail").skip(1);
    let headings = rows.next().unwrap_or_default();
    let [status, origin, reason] =
        ["status", "origin", "reason"].map(|heading| headings.find(heading).unwrap_or_default());
    let cells = |row: &str| {
        let cell = |start, end| row.get(start..end).unwrap_or_default().trim().to_owned();
        (cell(status, origin), cell(reason, row.len()))
    };
    let login = rows.find(|row| row.contains(" Login ") && row.contains(" failure "));
    let request = rows.find(|row| row.contains(" POST ") && row.contains(" failure "));
    let refused = [login, request].map(|row| row.map(cells).unwrap_or_default());
    let expected = [("", "bad_password"), ("401", "")];
    assert_eq!(refused, expected.map(|(status, reason)| (status.into(), reason.into())), "{out}");
    Ok(())
}

#[test]
fn a_login_that_breaks_is_recorded_and_is_no_success() -> Tested {
    let directory = tempfile::tempdir()?;
    let (journal, users) = (directory.path().join("journal"), directory.path().join("db"));
    let service = Serving::start(&journal, &["--users".as_ref(), users.as_os_str()])?;
    let table = rusqlite::Connection::open(&users)?;
    let mut status = Vec::new();
    for gone in ["sessions", "users"] {
        table.execute_batch(&format!("DROP TABLE {gone}"))?;
        status.push(service.log_in("ada", "analytical-Engine-1843")?);
    }
    assert_eq!(status, [500, 500]);
    service.stop()?;
    let logins = logins(&journal)?;
    assert_eq!(logins, ["error anonymous User 1", "error anonymous"]);
    Ok(())
}

#[test]
fn guesses_at_the_same_time_are_all_counted() -> Tested {
    let directory = tempfile::tempdir()?;
    let journal = directory.path().join("journal");
    let service = Serving::start(&journal, &[])?;
    let guess = |number| service.log_in("carol", &format!("guess-{number}")).ok();
    let mut status: Vec<_> = thread::scope(|scope| {
        let guess = &guess;
        let guesses: Vec<_> = (0..12).map(|n| scope.spawn(move || guess(n))).collect();
        let status = guesses.into_iter().map(|guess| guess.join().ok().flatten());
        status.collect()
    });
    status.sort();
    assert_eq!(status[..5], [Some(401); 5]);
    assert_eq!(status[5..], [Some(423); 7]);
    // The right password does not help any more, and does not tell that it is right.
    assert_eq!(service.log_in("carol", "carols-Piano-61")?, 423);
    service.stop()?;
    assert_eq!(logins(&journal)?, ["failure anonymous User 3"; 13]);
    Ok(())
}

/// Outcome, kind of actor and target of every login.
fn logins(journal: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut cursor = Reader::open(journal)?.cursor(0)?;
    let mut logins = Vec::new();
    while let Some(line) = cursor.next()? {
        let record = Record::parse(&line)?;
        let targets = record.targets.iter();
        let targets: String = targets.map(|t| format!(" {} {}", t.kind, t.id)).collect();
        let actor = record.actor.map(|actor| actor.kind.to_string());
        if record.action == "Login" {
            let actor = actor.unwrap_or_default();
            logins.push(format!("{} {actor}{targets}", record.outcome));
        }
    }
    Ok(logins)
}

#[test]
fn a_second_writer_is_refused_and_the_first_goes_on() -> Tested {
    let directory = tempfile::tempdir()?;
    let journal = directory.path().join("journal");
    let first = Serving::start(&journal, &[])?;
    let second = users_api(&[], Some(&journal)).output()?;
    let errors = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(1), "{errors}");
    assert!(errors.contains("did not start"), "{errors}");
    assert!(errors.contains(&first.child.id().to_string()), "{errors}");
    first.stop()
}

#[test]
fn a_journal_that_cannot_be_made_is_named() -> Tested {
    let directory = tempfile::tempdir()?;
    let journal = directory.path().join("missing").join("journal");
    let output = users_api(&["--serve", "127.0.0.1:0"], Some(&journal)).output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("missing"), "{errors}");
    Ok(())
}

#[test]
fn wrong_usage_is_exit_code_2() -> Tested {
    let output = users_api(&["--sevre"], None).output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains("--sevre") && errors.contains("Usage:"), "{errors}");
    Ok(())
}

/// The service on a free port, until its standard input is closed.
struct Serving {
    child: Child,
    address: String,
}

impl Serving {
    fn start(journal: &Path, more: &[&OsStr]) -> Result<Self, Box<dyn Error>> {
        let mut child = users_api(&["--serve", "127.0.0.1:0", "--until-eof"], Some(journal))
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("no standard output")?;
        for line in BufReader::new(stdout).lines() {
            if let Some(address) = line?.strip_prefix("listening on http://") {
                let address = address.to_owned();
                return Ok(Self { child, address });
            }
        }
        Err("the service did not start".into())
    }

    /// The status that answers a login.
    fn log_in(&self, name: &str, password: &str) -> io::Result<u16> {
        let body = format!(r#"{{"name":"{name}","password":"{password}"}}"#);
        let mut stream = TcpStream::connect(&self.address)?;
        write!(
            stream,
            "POST /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
        status.ok_or_else(|| io::Error::other(answer))
    }

    fn stop(mut self) -> Tested {
        drop(self.child.stdin.take());
        let status = self.child.wait()?;
        assert!(status.success(), "{status}");
        Ok(())
    }
}
