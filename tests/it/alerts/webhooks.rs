//! One webhook at a time: what is sent, and what each way of a receiver to fail comes to.

use std::io::Write as _;
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use audit_consumers::alert::webhook::Form;
use audit_consumers::alert::{DeliveryError, Message, Notifier as _, Webhook};
use audit_runtime::Severity;

use super::receiver::{Answer, Receiver, ok};
use super::{alert, options, soon, webhook};

/// What is said of a certificate of an unknown authority.
const UNTRUSTED: &str =
    "signed by no authority that is trusted here: name the certificate of its authority";

fn message() -> Message {
    Message::of(alert("alert-1", Severity::High))
}

/// What a receiver that answers so comes to.
fn told(answer: Answer) -> Result<(), DeliveryError> {
    let receiver = Receiver::start(move |_| answer.clone());
    let outcome = webhook(receiver.url()).deliver(&message(), soon());
    assert_eq!(receiver.seen().len(), 1);
    outcome
}

#[test]
fn a_message_is_sent_with_its_id_and_a_signature() {
    let receiver = Receiver::kind();
    webhook(receiver.url()).deliver(&message(), soon()).unwrap();
    let seen = receiver.seen();
    let [request] = seen.as_slice() else { panic!("{seen:?}") };
    assert_eq!(request.line, "POST /hook HTTP/1.1");
    assert_eq!(request.headers["content-type"], "application/json");
    assert_eq!(request.headers["webhook-id"], "alert-1");
    assert!(request.headers["webhook-signature"].starts_with("v1,"));
    assert!(request.headers["webhook-timestamp"].parse::<u64>().is_ok());
    assert_eq!(request.json()["type"], "audited.alert");
    assert_eq!(request.alerts(), ["alert-1"]);
}

#[test]
fn slack_gets_text_and_blocks_and_no_signature() {
    let receiver = Receiver::kind();
    let mut options = options(receiver.url());
    options.form = Form::Slack;
    Webhook::new(options).unwrap().deliver(&message(), soon()).unwrap();
    let request = &receiver.seen()[0];
    assert!(request.json()["text"].as_str().unwrap().contains("title of alert-1"));
    assert!(request.json()["blocks"].is_array());
    assert!(!request.headers.keys().any(|name| name.starts_with("webhook-")));
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = Receiver::kind();
    for status in [301, 302, 303, 307, 308] {
        let error = told(Answer::Status(status, format!("Location: {}\r\n", elsewhere.url())));
        let error = error.unwrap_err();
        assert!(!error.retry && error.message.contains("redirects are not followed"), "{error}");
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn what_may_pass_is_told_from_what_stays() {
    for status in [408, 429, 500, 502, 503] {
        assert!(told(Answer::Status(status, String::new())).unwrap_err().retry, "{status}");
    }
    for status in [400, 401, 404, 410, 413] {
        assert!(!told(Answer::Status(status, String::new())).unwrap_err().retry, "{status}");
    }
    let busy = told(Answer::Status(429, "Retry-After: 17\r\n".to_owned())).unwrap_err();
    assert_eq!(busy.after, Some(Duration::from_secs(17)));
    assert!(told(Answer::Close).unwrap_err().retry);
}

#[test]
fn a_receiver_that_stalls_or_drips_has_no_more_time_than_it_is_given() {
    for answer in [Answer::Stall, Answer::Drip] {
        let receiver = Receiver::start(move |_| answer.clone());
        let begun = Instant::now();
        let deadline = begun + Duration::from_secs(1);
        let error = webhook(receiver.url()).deliver(&message(), deadline).unwrap_err();
        assert!(error.retry, "{error}");
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    }
}

#[test]
fn the_body_of_an_answer_is_not_read() {
    let begun = Instant::now();
    told(Answer::Flood).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_receiver_that_cannot_prove_its_name_gets_nothing() {
    let receiver = Receiver::kind();
    let mut options = options(receiver.url());
    options.ca = Some(include_bytes!("certificates/other-ca.pem").to_vec());
    let error = Webhook::new(options.clone()).unwrap().deliver(&message(), soon()).unwrap_err();
    assert!(error.retry && error.message.contains(UNTRUSTED), "{error}");
    options.ca = None;
    let error = Webhook::new(options).unwrap().deliver(&message(), soon()).unwrap_err();
    assert!(error.retry && error.message.contains(UNTRUSTED), "{error}");
    assert!(error.message.starts_with("webhook: localhost: the server's certificate"), "{error}");
    assert!(receiver.seen().is_empty() && receiver.connections() >= 2);
}

#[test]
fn a_port_without_tls_is_told_in_words() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let error = webhook(format!("https://localhost:{port}/TOKEN")).deliver(&message(), soon());
    let error = error.unwrap_err();
    assert!(error.message.contains("does not answer with TLS on this port: check"), "{error}");
    assert!(!error.message.contains("TOKEN"), "{error}");
}

#[test]
fn addresses_of_this_machine_are_refused_before_anything_is_sent() {
    let receiver = Receiver::kind();
    let port = receiver.port();
    for host in ["localhost", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1", "0.0.0.0"] {
        let mut options = options(format!("https://{host}:{port}/TOKEN"));
        options.allow_private = false;
        let error = Webhook::new(options).unwrap().deliver(&message(), soon()).unwrap_err();
        assert!(!error.retry && error.message.contains("allow_private"), "{host}: {error}");
        assert!(!error.message.contains("TOKEN"), "{error}");
    }
    assert_eq!(receiver.connections(), 0);
}

#[test]
fn no_error_shows_more_of_the_address_than_its_host() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = listener.local_addr().unwrap().port();
    drop(listener);
    let refusing = Receiver::start(|_| Answer::Status(400, String::new()));
    let failing = Receiver::start(|number| if number == 0 { Answer::Close } else { ok() });
    for url in [
        format!("https://localhost:{closed}/TOKEN?TOKEN"),
        format!("https://localhost:{}/TOKEN", refusing.port()),
        format!("https://localhost:{}/TOKEN", failing.port()),
        "https://nowhere.invalid/TOKEN".to_owned(),
    ] {
        let error = webhook(url).deliver(&message(), soon()).unwrap_err();
        assert!(!error.message.contains("TOKEN") && !format!("{error:?}").contains("TOKEN"));
        assert!(error.message.contains("localhost") || error.message.contains("nowhere.invalid"));
    }
}
