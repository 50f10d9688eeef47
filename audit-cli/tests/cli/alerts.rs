//! `audited alerts`: what is listed, dead letters brought back, and test messages that are really sent.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use audit_consumers::Position;
use audit_consumers::alert::{Alert, Channel, DeliveryError, Message, Notifier, Outbox, Workers};
use audit_runtime::{Severity, Timestamp};

use crate::fixture::{Fixture, HOSTILE};

/// Refuses everything for good.
struct Refusing;

impl Notifier for Refusing {
    fn deliver(&self, _: &Message, _: Instant) -> Result<(), DeliveryError> {
        Err(DeliveryError::permanent(format!("no: {HOSTILE}")))
    }
}

/// An alert of a hostile title that its only channel has refused.
fn refused(fixture: &Fixture, id: &str) {
    let channels = [Channel::new("pager", Severity::Low, Refusing)];
    let mut outbox = Outbox::open(Outbox::beside(&fixture.journal()), &channels).unwrap();
    let workers = Workers::start(&mut outbox, channels.to_vec()).unwrap();
    let alert = Alert::new(id, HOSTILE, Severity::High, Timestamp::now());
    outbox.take(&[alert], &Position::default(), None).unwrap();
    let due = Instant::now() + Duration::from_secs(10);
    while outbox.dead_letters().unwrap().is_empty() {
        assert!(Instant::now() < due, "the worker did not send");
        thread::sleep(Duration::from_millis(5));
    }
    assert!(workers.shutdown(due));
}

#[test]
fn without_an_outbox_it_says_so() {
    let fixture = Fixture::new();
    let run = fixture.run(&["alerts", "@"]);
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("there is no outbox") && run.err.contains("audit.alerts.sqlite"));
    assert!(!Outbox::beside(&fixture.journal()).exists(), "looking must not make one");
}

#[test]
fn dead_letters_are_listed_and_brought_back() {
    let fixture = Fixture::new();
    refused(&fixture, "alert-1");
    let run = fixture.run(&["alerts", "@"]);
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.out.contains("alert-1") && run.out.contains("handed to nobody"), "{}", run.out);
    assert!(run.out.contains("1 tries") && run.out.contains("high pager: ada\\u{1b}[2J"));
    let deceives = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!run.out.contains(deceives), "{:?}", run.out);
    let json = fixture.run(&["alerts", "@", "--json"]);
    let listing: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(listing["dead"][0]["alert"], "alert-1");
    assert_eq!(listing["channels"][0]["dead"], 1);
    assert_eq!(fixture.run(&["alerts", "@", "--retry", "other"]).code, Some(2));
    let run = fixture.run(&["alerts", "@", "--retry", "alert-1"]);
    assert_eq!((run.code, run.out.as_str()), (Some(0), "alert-1: 1 to be tried again\n"));
    let run = fixture.run(&["alerts", "@"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(!run.out.contains("dead letters"), "{}", run.out);
}

/// Plays a mail server that takes everything; what it was told.
fn mail_server() -> (u16, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let told = Arc::<Mutex<String>>::default();
    let kept = Arc::clone(&told);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            _ = converse(stream, &kept);
        }
    });
    (port, told)
}

fn converse(mut stream: TcpStream, kept: &Mutex<String>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut in_letter = false;
    stream.write_all(b"220 hello\r\n")?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        kept.lock().unwrap().push_str(&line);
        let answer: &[u8] = match line.trim_end() {
            "." => b"250 taken\r\n",
            _ if in_letter => continue,
            "DATA" => b"354 go on\r\n",
            _ => b"250 well\r\n",
        };
        in_letter = answer.starts_with(b"354");
        stream.write_all(answer)?;
    }
}

#[test]
fn a_test_message_goes_the_way_of_an_alert() {
    let fixture = Fixture::new();
    let (port, told) = mail_server();
    let settings = format!(
        "journal = \"audit\"\n[alerts.channel.mail]\nkind = \"email\"\nhost = \"127.0.0.1\"\n\
         port = {port}\ntls = \"none\"\nfrom = \"a@example.com\"\nto = \"b@example.com\"\n"
    );
    fs::write(fixture.directory().join("audited.toml"), settings).unwrap();
    let run = fixture.run(&["alerts", "--test", "mail"]);
    assert_eq!((run.code, run.out.as_str()), (Some(0), "mail: delivered\n"), "{run:?}");
    let told = told.lock().unwrap().clone();
    assert!(told.contains("Subject: [Security Alert] [DRILL] Test of the channel mail"), "{told}");
    let json = fixture.run(&["alerts", "--json"]);
    let listing: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(listing["channels"][0]["delivered"], 1);
}

#[test]
fn a_test_message_that_does_not_arrive_is_told_and_not_kept() {
    let fixture = Fixture::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let directory = fixture.directory();
    fs::write(directory.join("key"), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(directory.join("key"), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let settings = format!(
        "journal = \"audit\"\n[alerts.channel.hook]\nkind = \"webhook\"\nallow_private = true\n\
         url = \"https://localhost:{port}/TOKEN\"\nsecret = \"file:key\"\n"
    );
    fs::write(directory.join("audited.toml"), settings).unwrap();
    let run = fixture.run(&["alerts", "--test", "hook"]);
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.err.contains("hook: not delivered: webhook: localhost:"), "{}", run.err);
    assert!(!run.err.contains("TOKEN"), "{}", run.err);
    assert!(fixture.run(&["alerts"]).out.contains("no channel has had an alert yet"));
    let run = fixture.run(&["alerts", "--test", "hok"]);
    assert_eq!(run.code, Some(3));
    assert!(run.err.contains("there are: hook"), "{}", run.err);
    fs::remove_file(directory.join("key")).unwrap();
    let run = fixture.run(&["alerts", "--test", "hook"]);
    assert_eq!(run.code, Some(3));
    assert!(run.err.contains("audited.toml line 2") && run.err.contains("`secret` names"));
}

#[test]
fn what_is_wrong_with_the_settings_of_journal_and_alerts_is_told_in_one_run() {
    let fixture = Fixture::new();
    let settings = "[retention]\ndefault_day = 30\n[alerts.channel.mail]\nkind = \"email\"\nhots = \"h\"\n\
                    host = \"h\"\nfrom = \"a@example.com\"\nto = \"b@example.com\"\n\
                    [alerts.channel.chat]\nkind = \"slack\"\nurl = \"file:nowhere\"\n";
    fs::write(fixture.directory().join("audited.toml"), settings).unwrap();
    for arguments in [["watch"].as_slice(), &["alerts", "--test", "mail"]] {
        let run = fixture.run(arguments);
        run.fails(
            3,
            &[
                "audited: 3 mistakes: ",
                "line 2: `retention.default_day` is no setting; did you mean `retention.default_days`?",
                "line 5: `hots` is no setting here; did you mean `host`?",
                "line 9 [alerts.channel.chat]: cannot use the file ",
            ],
        );
    }
}

/// Only root can run this as somebody else than the journal's owner; others see that it is theirs.
#[cfg(unix)]
#[test]
fn an_outbox_that_it_makes_belongs_to_the_journals_owner() {
    use std::os::unix::fs::{MetadataExt as _, chown};

    const OTHER: u32 = 4_242;
    let fixture = Fixture::new();
    let owner = match chown(fixture.journal(), Some(OTHER), Some(OTHER)) {
        Ok(()) => OTHER,
        Err(_) => fs::metadata(fixture.journal()).unwrap().uid(),
    };
    let settings = "[alerts.channel.mail]\nkind = \"email\"\nhost = \"127.0.0.1\"\nport = 1\n\
                    tls = \"none\"\nfrom = \"a@example.com\"\nto = \"b@example.com\"\n";
    fs::write(fixture.directory().join("audited.toml"), settings).unwrap();
    let run = fixture.run(&["alerts", "@", "--test", "mail"]);
    assert_eq!(run.code, Some(2), "{run:?}");
    let mut seen = 0;
    for entry in fs::read_dir(fixture.directory()).unwrap().map(Result::unwrap) {
        if entry.file_name().to_string_lossy().contains("alerts.sqlite") {
            assert_eq!(entry.metadata().unwrap().uid(), owner, "{entry:?}");
            seen += 1;
        }
    }
    assert!(seen >= 1);
}
