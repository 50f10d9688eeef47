//! E-mail to servers that misbehave: silent ones, dripping ones, and those that offer no TLS.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use audit_consumers::alert::email::{EmailOptions, Tls};
use audit_consumers::alert::{Channel, Email, Message, Notifier as _, Outbox, Workers};
use audit_runtime::{Sensitive, Severity};

use super::receiver::Receiver;
use super::{alert, eventually, soon, take};

const PASSWORD: &str = "correct horse battery";

/// A server that treats each connection so; what it was sent is returned, too.
fn server(
    treat: impl Fn(TcpStream, &Mutex<Vec<String>>) + Send + Sync + 'static,
) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let said = Arc::<Mutex<Vec<String>>>::default();
    let (treat, kept) = (Arc::new(treat), Arc::clone(&said));
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let (treat, kept) = (Arc::clone(&treat), Arc::clone(&kept));
            thread::spawn(move || treat(stream, &kept));
        }
    });
    (port, said)
}

fn email(port: u16) -> Email {
    let account = ("alerts".to_owned(), Sensitive::from(PASSWORD.to_owned()));
    let options = EmailOptions {
        host: "127.0.0.1".to_owned(),
        port: Some(port),
        tls: Some(Tls::Required),
        account: Some(account),
        from: "audit@example.com".to_owned(),
        to: vec!["security@example.com".to_owned()],
        ca: Some(super::CA.to_vec()),
    };
    Email::new(options).unwrap()
}

/// Says its part of a session line by line, and keeps what the client says.
fn converse(mut stream: TcpStream, kept: &Mutex<Vec<String>>, answers: &[&str]) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    for answer in answers {
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
        let mut line = String::new();
        if !matches!(reader.read_line(&mut line), Ok(1..)) {
            return;
        }
        kept.lock().unwrap().push(line);
    }
}

#[test]
fn without_starttls_neither_password_nor_mail_is_sent() {
    let (port, said) = server(|stream, kept| {
        converse(
            stream,
            kept,
            &["220 hello\r\n", "250-hello\r\n250 AUTH PLAIN\r\n", "221 bye\r\n"],
        );
    });
    let message = Message::of(alert("a", Severity::High));
    let error = email(port).deliver(&message, soon()).unwrap_err();
    assert!(error.retry && error.message.contains("127.0.0.1 offers no STARTTLS"), "{error}");
    assert!(error.message.contains("tls = \"implicit\""), "{error}");
    let said = said.lock().unwrap().concat();
    assert!(
        said.starts_with("EHLO ") && !said.contains("AUTH") && !said.contains("MAIL"),
        "{said}"
    );
}

#[test]
fn what_is_wrong_with_tls_is_told_in_words() {
    let options = |port| EmailOptions {
        host: "localhost".to_owned(),
        port: Some(port),
        tls: Some(Tls::Wrapper),
        account: None,
        from: "audit@example.com".to_owned(),
        to: vec!["security@example.com".to_owned()],
        ca: Some(include_bytes!("certificates/other-ca.pem").to_vec()),
    };
    let told = |port| {
        let message = Message::of(alert("a", Severity::High));
        Email::new(options(port)).unwrap().deliver(&message, soon()).unwrap_err()
    };
    let receiver = Receiver::kind();
    let error = told(receiver.port());
    let words = "e-mail: localhost: the server's certificate is signed by no authority that is trusted here";
    assert!(error.retry && error.message.starts_with(words), "{error}");
    let (port, _) = server(|stream, kept| converse(stream, kept, &["220 hello\r\n"]));
    let error = told(port);
    assert!(error.retry && error.message.contains("587 with STARTTLS"), "{error}");
}

#[test]
fn a_server_that_repeats_the_password_does_not_bring_it_into_an_error() {
    let options = EmailOptions {
        host: "127.0.0.1".to_owned(),
        tls: Some(Tls::None),
        account: Some(("alerts".to_owned(), Sensitive::from(PASSWORD.to_owned()))),
        from: "audit@example.com".to_owned(),
        to: vec!["security@example.com".to_owned()],
        port: None,
        ca: None,
    };
    // As it is sent by AUTH PLAIN, in base64; and in clear.
    for echo in ["AGFsZXJ0cwBjb3JyZWN0IGhvcnNlIGJhdHRlcnk=", PASSWORD] {
        let (port, said) = server(move |stream, kept| {
            let refusal = format!("535 what is {echo}?\r\n");
            converse(stream, kept, &["220 hello\r\n", "250-hello\r\n250 AUTH PLAIN\r\n", &refusal]);
        });
        let mail = Email::new(EmailOptions { port: Some(port), ..options.clone() }).unwrap();
        let message = Message::of(alert("a", Severity::High));
        let error = mail.deliver(&message, soon()).unwrap_err();
        assert!(said.lock().unwrap().concat().contains("AUTH PLAIN"));
        assert!(!error.retry && error.message.contains("535"), "{error}");
        assert!(!error.message.contains(echo), "{error}");
    }
}

#[test]
fn a_server_that_drips_for_ever_holds_up_no_worker() {
    // Each byte comes within the time of a step, so no timeout of a socket ends this.
    let (port, _) = server(|mut stream, _| {
        while stream.write_all(b"220-still here\r\n").is_ok() {
            thread::sleep(Duration::from_millis(100));
        }
    });
    let place = tempfile::tempdir().unwrap();
    let mut mail = Channel::new("mail", Severity::Low, email(port));
    mail.delivery_time_max = Duration::from_secs(1);
    let channels = [mail];
    let mut outbox = Outbox::open(place.path().join("o.sqlite"), &channels).unwrap();
    let workers = Workers::start(&mut outbox, channels.to_vec()).unwrap();
    take(&mut outbox, &[alert("a", Severity::High)]);
    eventually("the worker gives up for now", 5, || {
        outbox.deliveries("a").unwrap()[0]
            .error
            .as_deref()
            .is_some_and(|error| error.contains("no answer within the time"))
    });
    let asked = Instant::now();
    assert!(workers.shutdown(asked + Duration::from_secs(3)));
    assert!(asked.elapsed() < Duration::from_secs(4));
}
