//! E-mail to a server with accounts, by STARTTLS and by TLS from the first byte; webhooks to one that
//! checks their signatures.

use std::time::{Duration, Instant};

use audit_consumers::alert::email::{EmailOptions, Tls};
use audit_consumers::alert::webhook::{Form, SigningKey, WebhookOptions};
use audit_consumers::alert::{Alert, DeliveryError, Email, Message, Notifier, Webhook};
use audit_runtime::{Sensitive, Severity, Timestamp};

use crate::certificates::Certificates;
use crate::server::{PASSWORD, SECRET, Server};

pub(crate) fn email(server: &Server, tls: Tls, certificates: &Certificates) -> EmailOptions {
    EmailOptions {
        host: "localhost".to_owned(),
        port: Some(server.port),
        tls: Some(tls),
        account: Some(("alerts".to_owned(), Sensitive::from(PASSWORD.to_owned()))),
        from: "Audit <audit@example.com>".to_owned(),
        to: vec!["one@example.com".to_owned(), "Two <two@example.com>".to_owned()],
        ca: Some(certificates.ca()),
    }
}

pub(crate) fn webhook(server: &Server, certificates: &Certificates) -> WebhookOptions {
    WebhookOptions {
        url: Sensitive::from(format!("https://localhost:{}/hook", server.port)),
        form: Form::Standard(SigningKey::parse(SECRET).unwrap()),
        allow_private: true,
        ca: Some(certificates.ca()),
    }
}

pub(crate) fn send(options: EmailOptions, alert: Alert) -> Result<(), DeliveryError> {
    Email::new(options).unwrap().deliver(&Message::of(alert), soon())
}

pub(crate) fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

fn alert() -> Alert {
    Alert::new("alert-1", "Too many failures — “Zoë”", Severity::High, Timestamp::now())
        .detail("user", "zoë")
        .remedy("Lock the account.")
}

/// Sends an alert in this way, and looks at all of what arrives.
fn arrives(mode: &str, tls: Tls) {
    let certificates = Certificates::make();
    let server = Server::start("smtp.py", mode, &certificates);
    send(email(&server, tls, &certificates), alert()).unwrap();
    let told = &server.wait_for(1)[0];
    assert_eq!(told["tls"], true);
    assert_eq!(told["authenticated"], true);
    assert_eq!(told["from"], "audit@example.com");
    assert_eq!(told["to"].as_array().unwrap().len(), 2);
    let header = |name: &str| {
        let headers = told["headers"].as_array().unwrap();
        let found = headers.iter().find(|header| header[0] == name);
        found.unwrap_or_else(|| panic!("no header {name}"))[1].as_str().unwrap().to_owned()
    };
    assert_eq!(header("Subject"), "[Security Alert] Too many failures — “Zoë”");
    assert_eq!(header("X-Audit-Alert-Id"), "alert-1");
    assert_eq!(header("Message-ID"), "<alert-1@example.com>");
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    assert!(told["text"].as_str().unwrap().contains("- Lock the account."));
    assert!(told["html"].as_str().unwrap().contains("<li>Lock the account.</li>"));
}

#[test]
fn mail_arrives_by_starttls_with_an_account() {
    arrives("starttls", Tls::Required);
}

#[test]
fn mail_arrives_by_tls_from_the_first_byte_with_an_account() {
    arrives("implicit", Tls::Wrapper);
}

#[test]
fn a_wrong_password_is_refused_for_good_and_not_shown() {
    let certificates = Certificates::make();
    let server = Server::start("smtp.py", "starttls", &certificates);
    let mut options = email(&server, Tls::Required, &certificates);
    options.account = Some(("alerts".to_owned(), Sensitive::from("hunter2".to_owned())));
    let error = send(options, alert()).unwrap_err();
    assert!(!error.retry && error.message.contains("535"), "{error}");
    assert!(!error.message.contains("hunter2"), "{error}");
    assert!(server.told().is_empty());
}

#[test]
fn a_server_that_cannot_prove_its_name_gets_neither_password_nor_mail() {
    let (certificates, others) = (Certificates::make(), Certificates::make());
    for (mode, tls) in [("starttls", Tls::Required), ("implicit", Tls::Wrapper)] {
        let server = Server::start("smtp.py", mode, &certificates);
        let error = send(email(&server, tls, &others), alert()).unwrap_err();
        assert!(error.retry, "{error}");
        let mut by_system = email(&server, tls, &certificates);
        by_system.ca = None;
        assert!(send(by_system, alert()).is_err());
        assert!(server.told().is_empty());
    }
}

#[test]
fn a_signature_is_what_an_implementation_of_its_own_expects() {
    let certificates = Certificates::make();
    let server = Server::start("webhooks.py", "kind", &certificates);
    let hook = Webhook::new(webhook(&server, &certificates)).unwrap();
    hook.deliver(&Message::of(alert()), soon()).unwrap();
    let mut other = webhook(&server, &certificates);
    let key = SigningKey::parse("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").unwrap();
    other.form = Form::Standard(key);
    Webhook::new(other).unwrap().deliver(&Message::of(alert()), soon()).unwrap();
    let told = server.wait_for(2);
    assert_eq!(told[0]["signed"], true);
    assert_eq!(told[0]["id"], "alert-1");
    assert_eq!(told[0]["body"]["data"]["alerts"][0]["title"], "Too many failures — “Zoë”");
    assert_eq!(told[1]["signed"], false, "another key must not do");
}
