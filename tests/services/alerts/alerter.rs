//! Takes numbered alerts into an outbox and delivers them, until it is done or killed.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for tests stops at the first surprise and says what it has done"
)]

use std::time::{Duration, Instant};

use audit_consumers::Position;
use audit_consumers::alert::email::{EmailOptions, Tls};
use audit_consumers::alert::webhook::{Form, SigningKey, WebhookOptions};
use audit_consumers::alert::{Alert, Channel, Email, Outbox, Rate, Webhook, Workers};
use audit_runtime::{Sensitive, Severity, Timestamp};

/// How many alerts are taken at once, so that a kill may fall between them.
const TAKEN: u64 = 3;

/// `alerter OUTBOX CA SMTP_PORT HOOK_PORT STALLED_PORT COUNT`: the secrets are in `SMTP_PASSWORD` and
/// `WEBHOOK_SECRET`. Says `taken NUMBER` behind every transaction, and `done` once all but the stalled
/// channel have everything.
fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [outbox, ca, mail, hook, stalled, count] = arguments.as_slice() else {
        panic!("usage: alerter OUTBOX CA SMTP_PORT HOOK_PORT STALLED_PORT COUNT");
    };
    let ca = std::fs::read(ca).unwrap();
    let channels = [
        channel("mail", email(mail, &ca)),
        channel("hook", webhook(hook, &ca)),
        channel("stalled", webhook(stalled, &ca)),
    ];
    let mut outbox = Outbox::open(outbox, &channels).unwrap();
    let workers = Workers::start(&mut outbox, channels.to_vec()).unwrap();
    let count: u64 = count.parse().unwrap();
    take(&mut outbox, count);
    while has_work(&outbox) {
        std::thread::sleep(Duration::from_millis(20));
    }
    println!("done");
    assert!(workers.shutdown(Instant::now() + Duration::from_secs(1)));
}

/// Goes on behind the place that is kept, as a reader of a journal does.
fn take(outbox: &mut Outbox, count: u64) {
    let (mut position, state) = outbox.position().unwrap();
    let expected = state.map_or(0, |state| String::from_utf8(state).unwrap().parse().unwrap());
    assert_eq!(position.next_seq, expected, "the place and what was kept with it");
    while position.next_seq < count {
        let next = (position.next_seq + TAKEN).min(count);
        let alerts: Vec<Alert> = (position.next_seq..next).map(alert).collect();
        position = Position { next_seq: next, last_hash: Some(format!("hash {next}")) };
        outbox.take(&alerts, &position, Some(next.to_string().as_bytes())).unwrap();
        println!("taken {next}");
        std::thread::sleep(Duration::from_millis(25));
    }
}

fn has_work(outbox: &Outbox) -> bool {
    let states = outbox.channels().unwrap();
    states.iter().any(|state| state.channel != "stalled" && state.waiting > 0)
}

fn alert(number: u64) -> Alert {
    let id = format!("alert-{number}");
    let mut alert = Alert::new(&id, &id, Severity::High, Timestamp::now());
    alert.records = vec![number];
    alert
}

fn email(port: &str, ca: &[u8]) -> Email {
    let password = std::env::var("SMTP_PASSWORD").unwrap();
    let options = EmailOptions {
        host: "localhost".to_owned(),
        port: Some(port.parse().unwrap()),
        tls: Some(Tls::Required),
        account: Some(("alerts".to_owned(), Sensitive::from(password))),
        from: "audit@example.com".to_owned(),
        to: vec!["security@example.com".to_owned()],
        ca: Some(ca.to_vec()),
    };
    Email::new(options).unwrap()
}

fn webhook(port: &str, ca: &[u8]) -> Webhook {
    let secret = std::env::var("WEBHOOK_SECRET").unwrap();
    let options = WebhookOptions {
        url: Sensitive::from(format!("https://localhost:{port}/hook")),
        form: Form::Standard(SigningKey::parse(&secret).unwrap()),
        allow_private: true,
        ca: Some(ca.to_vec()),
    };
    Webhook::new(options).unwrap()
}

fn channel(name: &str, notifier: impl audit_consumers::alert::Notifier + 'static) -> Channel {
    let mut channel = Channel::new(name, Severity::Informational, notifier);
    channel.delivery_time_max = Duration::from_secs(3);
    // A few come alone, and what is left behind by those that were killed comes in digests as well.
    channel.rate = Rate { per_minute: 240, burst: 6 };
    channel
}
