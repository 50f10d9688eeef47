//! The quickstart: the README shows it as it is, and it does what the README says.

use std::error::Error;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use audit_runtime::journal::Reader;
use audit_runtime::{Category, Outcome, Record};

const README: &str = include_str!("../../README.md");
const QUICKSTART: &str = include_str!("main.rs");

#[test]
fn the_readme_shows_the_quickstart_as_it_is() {
    let code = QUICKSTART.split_once("\n\n").map(|(_, code)| code).unwrap_or_default();
    assert!(code.lines().count() > 30, "the quickstart has no code");
    let block = format!("```rust,no_run\n{code}```\n");
    assert!(
        README.contains(&block),
        "README.md differs from examples/quickstart/main.rs; it must contain:\n{block}"
    );
}

#[test]
fn logins_are_recorded_without_their_secrets_and_survive_a_kill() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let address = free_address()?;
    let mut service = Command::new(env!("CARGO_BIN_EXE_quickstart"))
        .current_dir(&directory)
        .env("LISTEN", address.to_string())
        .spawn()?;
    let answers = log_in_twice(address);
    kill(&mut service)?;
    assert_eq!(answers?, ["204", "401"]);

    let mut cursor = Reader::open(directory.path().join("audit-journal"))?.cursor(0)?;
    let mut logins = Vec::new();
    while let Some(line) = cursor.next()? {
        let text = String::from_utf8_lossy(line.bytes()).into_owned();
        assert!(!text.contains("engine"), "a password or a name is in {text}");
        let record = Record::parse(&line)?;
        if record.category == Category::Authentication {
            logins.push(record);
        }
    }
    let [good, bad] = logins.as_slice() else {
        return Err(format!("there are {} logins in the journal", logins.len()).into());
    };
    assert_eq!(good.outcome.known(), Some(Outcome::Success));
    let ada = good.actor.as_ref().ok_or("a login without an actor")?;
    assert_eq!((ada.id.as_deref(), ada.name.as_deref()), (Some("1"), Some("ada")));
    assert_eq!(good.arguments["login"]["password"], "[redacted]");
    assert_eq!(good.arguments["login"]["remember_me"], true);
    assert_eq!(bad.outcome.known(), Some(Outcome::Failure));
    assert_eq!(bad.reason.as_ref().map(|reason| reason.code.as_str()), Some("wrong_credentials"));
    assert_eq!(bad.actor.as_ref().and_then(|actor| actor.known), Some(false));
    Ok(())
}

fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

fn log_in_twice(server: SocketAddr) -> Result<[String; 2], Box<dyn Error>> {
    Ok([
        log_in(server, "ada", "analytical-engine")?,
        log_in(server, "typed-difference-engine", "x")?,
    ])
}

/// Logs in; the answer is the status.
fn log_in(server: SocketAddr, name: &str, password: &str) -> Result<String, Box<dyn Error>> {
    let mut stream = connect(server)?;
    let body = format!(r#"{{"name":"{name}","password":"{password}","remember_me":true}}"#);
    write!(
        stream,
        "POST /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply)?;
    let status = reply.split(' ').nth(1).ok_or("an empty reply")?;
    Ok(status.to_owned())
}

/// Connects as soon as the service listens.
fn connect(server: SocketAddr) -> std::io::Result<TcpStream> {
    let due = Instant::now() + Duration::from_secs(20);
    loop {
        match TcpStream::connect(server) {
            Err(_) if Instant::now() < due => std::thread::sleep(Duration::from_millis(20)),
            connected => return connected,
        }
    }
}

fn kill(service: &mut Child) -> std::io::Result<()> {
    service.kill()?;
    service.wait().map(drop)
}
