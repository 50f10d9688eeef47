//! E-mail's options and letters; that it arrives is shown with a real server, elsewhere.

use audit_runtime::{Sensitive, Severity, Timestamp};

use super::*;
use crate::alert::Alert;

fn options() -> EmailOptions {
    EmailOptions {
        host: "smtp.example.com".to_owned(),
        port: None,
        tls: None,
        account: None,
        from: "Audit <audit@example.com>".to_owned(),
        to: vec!["security@example.com".to_owned()],
        ca: None,
    }
}

#[test]
fn tls_and_port_follow_each_other() {
    let of = |port, tls| {
        let options = EmailOptions { port, tls, ..options() };
        (options.port(), options.tls())
    };
    assert_eq!(of(None, None), (587, Tls::Required));
    assert_eq!(of(Some(465), None), (465, Tls::Wrapper));
    assert_eq!(of(Some(2525), None), (2525, Tls::Required));
    assert_eq!(of(None, Some(Tls::Wrapper)), (465, Tls::Wrapper));
    assert_eq!(of(Some(465), Some(Tls::Required)), (465, Tls::Required));
}

#[test]
fn without_tls_a_server_must_be_on_this_machine() {
    let open = |host: &str| {
        Email::new(EmailOptions { host: host.to_owned(), tls: Some(Tls::None), ..options() })
    };
    for host in ["localhost", "127.0.0.1", "::1", "[::1]"] {
        assert!(open(host).is_ok(), "{host}");
    }
    for host in ["smtp.example.com", "10.0.0.1", "localhost.example.com", ""] {
        assert!(open(host).is_err(), "{host}");
    }
}

#[test]
fn every_mistake_is_named_at_once() {
    let wrong = EmailOptions {
        host: "a b".to_owned(),
        from: "nobody".to_owned(),
        to: vec!["x@".to_owned(), "a@b.c\r\nBcc: d@e.f".to_owned()],
        ca: Some(b"nothing".to_vec()),
        ..options()
    };
    let error = Email::new(wrong).unwrap_err();
    assert_eq!(error.mistakes().count(), 5, "{error}");
}

#[test]
fn the_variables_are_the_seeds_and_each_mistake_is_named() {
    let none = Email::from_variables(|_| None).unwrap_err();
    let named: Vec<&str> = none.mistakes().collect();
    assert_eq!(named.len(), from_env::REQUIRED.len(), "{named:?}");
    let variables = |name: &str| {
        Some(
            match name {
                "SMTP_HOST" => "smtp.example.com",
                "SMTP_PORT" => "465",
                "SMTP_USER" => "alerts@example.com",
                "SMTP_PASS" => "correct horse",
                "SECURITY_TEAM_EMAIL" => "a@example.com, b@example.com",
                _ => return None,
            }
            .to_owned(),
        )
    };
    let email = Email::from_variables(variables).unwrap();
    assert_eq!(email.to.len(), 2);
    assert_eq!(email.from.email.to_string(), "alerts@example.com");
    let wrong = Email::from_variables(|name| match name {
        "SMTP_PORT" => Some("ninety".to_owned()),
        "SECURITY_TEAM_EMAIL" => Some("a@example.com, b".to_owned()),
        "SMTP_PASS" => None,
        other => variables(other),
    });
    assert_eq!(wrong.unwrap_err().mistakes().count(), 3);
}

#[test]
fn a_password_is_in_no_debug_and_no_error() {
    let secret = "hunter2-and-more";
    let account = Some(("alerts".to_owned(), Sensitive::from(secret.to_owned())));
    let options = EmailOptions { account, ..options() };
    assert!(!format!("{options:?}").contains(secret));
    let email = Email::new(options).unwrap();
    assert!(!format!("{email:?}").contains(secret));
    let forms: Vec<_> = email.secrets.iter().map(|form| form.expose().clone()).collect();
    assert_eq!(forms, [secret, "AGFsZXJ0cwBodW50ZXIyLWFuZC1tb3Jl", "aHVudGVyMi1hbmQtbW9yZQ=="]);
}

#[test]
fn headers_hold_what_they_are_meant_to_whatever_the_alert_says() {
    let from: Mailbox = "audit@example.com".parse().unwrap();
    for hostile in [
        "x\r\nBcc: all@example.com",
        "=?utf-8?q?=0D=0ABcc:_x?=",
        "é\nX: y",
        "a\r\n\r\nbody",
        &"long ".repeat(500),
    ] {
        let alert = Alert::new(hostile, hostile, Severity::High, Timestamp::from_unix_nanos(0));
        let message = Message::of(alert);
        let letter = letter::letter(&message, &from, std::slice::from_ref(&from)).unwrap();
        let text = String::from_utf8(letter.formatted()).unwrap();
        let (headers, _) = text.split_once("\r\n\r\n").unwrap();
        let names: Vec<&str> = headers
            .split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split_once(':').unwrap().0)
            .collect();
        let expected = [
            "From",
            "Subject",
            "Message-ID",
            "X-Audit-Alert-Id",
            "Auto-Submitted",
            "To",
            "Date",
            "MIME-Version",
            "Content-Type",
        ];
        let mut sorted = names.clone();
        sorted.sort_unstable();
        let mut wanted = expected.to_vec();
        wanted.sort_unstable();
        assert_eq!(sorted, wanted, "{headers}");
        assert!(headers.contains(&format!("X-Audit-Alert-Id: {}", message.id)), "{headers}");
        // What else there may be is the filling of base64 before the end of a word.
        let is_ours = |rest: &str| rest.starts_with("utf-8?b?") || rest.starts_with('=');
        assert!(headers.split("=?").skip(1).all(is_ours), "{headers}");
        assert_eq!(letter.envelope().to().len(), 1);
    }
}
