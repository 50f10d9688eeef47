//! Alerts on their way: from an outbox in a real file to real receivers over TLS, however these behave.

mod channels;
mod mail;
mod receiver;
mod webhooks;

use std::time::{Duration, Instant};

use audit_consumers::Position;
use audit_consumers::alert::webhook::{Form, SigningKey, WebhookOptions};
use audit_consumers::alert::{Alert, Outbox, Webhook};
use audit_runtime::{Sensitive, Severity, Timestamp};

const CA: &[u8] = include_bytes!("certificates/ca.pem");
const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn alert(id: &str, severity: Severity) -> Alert {
    Alert::new(id, format!("title of {id}"), severity, Timestamp::now())
}

fn options(url: String) -> WebhookOptions {
    WebhookOptions {
        url: Sensitive::from(url),
        form: Form::Standard(SigningKey::parse(KEY).unwrap()),
        allow_private: true,
        ca: Some(CA.to_vec()),
    }
}

fn webhook(url: String) -> Webhook {
    Webhook::new(options(url)).unwrap()
}

fn take(outbox: &mut Outbox, alerts: &[Alert]) {
    outbox.take(alerts, &Position::default(), None).unwrap();
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(5)
}

/// Waits until `is_so`, and fails once that has taken too long.
fn eventually(what: &str, seconds: u64, is_so: impl Fn() -> bool) {
    let due = Instant::now() + Duration::from_secs(seconds);
    while !is_so() {
        assert!(Instant::now() < due, "{what}: not within {seconds} seconds");
        std::thread::sleep(Duration::from_millis(5));
    }
}
