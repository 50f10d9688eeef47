//! `kill -9` at random moments, moody receivers, a stalled one: every alert arrives, copies have one id.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use audit_consumers::alert::Outbox;
use serde_json::Value;

use crate::certificates::Certificates;
use crate::server::{PASSWORD, SECRET, Server};

const ALERTER: &str = env!("CARGO_BIN_EXE_alerter");

const KILLS: usize = 40;
const ALERTS: u64 = 450;

/// The longest that a process lives before it is killed.
const LIFE_MS_MAX: u64 = 300;

struct Servers {
    certificates: Certificates,
    mail: Server,
    hook: Server,
    stalled: Server,
}

impl Servers {
    fn start() -> Self {
        let certificates = Certificates::make();
        Self {
            mail: Server::start("smtp.py", "starttls", &certificates),
            hook: Server::start("webhooks.py", "moody", &certificates),
            stalled: Server::start("webhooks.py", "stalled", &certificates),
            certificates,
        }
    }

    /// A process that takes and delivers alerts; its lines.
    fn alerter(&self, outbox: &std::path::Path) -> (Child, Receiver<String>) {
        let ports = [&self.mail, &self.hook, &self.stalled].map(|server| server.port.to_string());
        let mut process = Command::new(ALERTER)
            .arg(outbox)
            .arg(self.certificates.path("ca.pem"))
            .args(ports)
            .arg(ALERTS.to_string())
            .env("SMTP_PASSWORD", PASSWORD)
            .env("WEBHOOK_SECRET", SECRET)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let (say, said) = mpsc::channel();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| say.send(line)));
        (process, said)
    }
}

/// Where each alert has arrived: with the ids of the messages that brought it alone, how often.
type Arrived = BTreeMap<String, BTreeMap<String, usize>>;

fn arrived_by_hook(told: &[Value]) -> Arrived {
    let mut arrived = Arrived::new();
    for message in told {
        assert_eq!(message["signed"], true, "{message}");
        let alerts = message["body"]["data"]["alerts"].as_array().unwrap();
        for alert in alerts {
            let id = alert["id"].as_str().unwrap().to_owned();
            let by = message["id"].as_str().unwrap().to_owned();
            *arrived.entry(id).or_default().entry(by).or_default() += 1;
        }
    }
    arrived
}

fn arrived_by_mail(told: &[Value]) -> Arrived {
    let mut arrived = Arrived::new();
    for message in told {
        let headers = message["headers"].as_array().unwrap();
        let id = headers.iter().find(|header| header[0] == "X-Audit-Alert-Id").unwrap();
        let lines = message["text"].as_str().unwrap().lines();
        for alert in lines.filter_map(|line| line.strip_prefix("Alert: ")) {
            let by = id[1].as_str().unwrap().to_owned();
            *arrived.entry(alert.to_owned()).or_default().entry(by).or_default() += 1;
        }
    }
    arrived
}

/// Every alert has arrived, and by messages of one id, however often.
fn check(channel: &str, arrived: &Arrived) -> usize {
    let expected: BTreeSet<String> = (0..ALERTS).map(|number| format!("alert-{number}")).collect();
    let missing: Vec<_> = expected.iter().filter(|id| !arrived.contains_key(*id)).collect();
    assert!(missing.is_empty(), "{channel}: {missing:?} never arrived");
    assert_eq!(arrived.len(), expected.len(), "{channel}: an alert that nobody made");
    let mut copies = 0;
    for (alert, messages) in arrived {
        assert_eq!(messages.len(), 1, "{channel}: {alert} came by {messages:?}");
        copies += messages.values().sum::<usize>() - 1;
    }
    copies
}

#[test]
fn every_alert_arrives_however_often_the_process_is_killed() {
    let servers = Servers::start();
    let place = tempfile::tempdir().unwrap();
    let outbox = place.path().join("audit.alerts.sqlite");
    let random = RandomState::new();
    let mut taken = Vec::new();
    for kill in 0..KILLS {
        let (mut process, said) = servers.alerter(&outbox);
        let life_ms = random.hash_one(kill) % LIFE_MS_MAX;
        thread::sleep(Duration::from_millis(life_ms));
        process.kill().unwrap();
        process.wait().unwrap();
        taken.extend(
            said.iter().filter_map(|line| line.strip_prefix("taken ")?.parse::<u64>().ok()),
        );
    }
    let moved = taken.last().copied().unwrap_or(0);
    println!("{KILLS} kills; {moved} alerts were taken by processes that were killed");
    assert!(taken.is_sorted(), "a place that was kept was lost: {taken:?}");
    let begun = Instant::now();
    let (mut process, said) = servers.alerter(&outbox);
    let done = loop {
        match said.recv_timeout(Duration::from_secs(120)) {
            Ok(line) if line == "done" => break true,
            Ok(_) => {}
            Err(_) => break false,
        }
    };
    assert!(done, "the last process did not come to its end");
    assert!(process.wait().unwrap().success());
    println!("all delivered {:?} after the last start", begun.elapsed());
    let (mail, hook) = (servers.mail.told(), servers.hook.told());
    let copies = [("mail", arrived_by_mail(&mail)), ("hook", arrived_by_hook(&hook))]
        .map(|(channel, arrived)| check(channel, &arrived));
    println!(
        "copies: {} by mail, {} by the hook; {} and {} messages",
        copies[0],
        copies[1],
        mail.len(),
        hook.len()
    );
    assert!(copies[1] > 0, "the moody receiver takes some without saying so: there must be copies");
    let outbox = Outbox::open_existing(&outbox).unwrap();
    let states = outbox.channels().unwrap();
    let of = |name: &str| states.iter().find(|state| state.channel == name).unwrap();
    assert_eq!((of("mail").dead, of("hook").dead), (0, 0));
    assert_eq!(u64::from(of("stalled").waiting), ALERTS, "the stalled channel drops nothing");
}
