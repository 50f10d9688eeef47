//! The outbox against a naive account of what was taken, sent and refused, in random orders of events.

use std::collections::{BTreeMap, BTreeSet};

use audit_runtime::{Severity, Timestamp};
use proptest::prelude::*;

use super::tests::{LEASE_MS, Silent};
use super::*;
use crate::alert::DeliveryError;

const CHANNELS: [(&str, Severity); 3] =
    [("all", Severity::Low), ("grave", Severity::High), ("last", Severity::Fatal)];

#[derive(Clone, Debug)]
enum Step {
    /// Takes the alert of this number once more, or for the first time.
    Take(u8),
    Claim(usize, bool),
    /// Settles the oldest claim that is open.
    Settle(u8),
    /// The process dies, and another begins.
    Restart,
    Wait(i64),
    Retry(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..20_u8).prop_map(Step::Take),
        6 => (0..3_usize, any::<bool>()).prop_map(|(channel, all)| Step::Claim(channel, all)),
        6 => (0..6_u8).prop_map(Step::Settle),
        1 => Just(Step::Restart),
        3 => (1..2 * LEASE_MS).prop_map(Step::Wait),
        1 => (0..20_u8).prop_map(Step::Retry),
    ]
}

/// Graver ones among milder ones, the same for each number.
fn alert(number: u8) -> Alert {
    let severity = [Severity::Low, Severity::High, Severity::Critical][usize::from(number % 3)];
    Alert::new(format!("alert-{number}"), "title", severity, Timestamp::from_unix_nanos(0))
}

/// What a naive account knows.
struct Account {
    outbox: Outbox,
    place: tempfile::TempDir,
    now_ms: i64,
    taken: BTreeSet<u8>,
    open: Vec<(Claim, i64)>,
    /// Channel and alert of all that was delivered.
    delivered: BTreeSet<(String, String)>,
    /// The message that each alert came in, by channel, unless that was refused since.
    messages: BTreeMap<(String, String), String>,
}

impl Account {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        Self {
            outbox: open(&place),
            place,
            now_ms: times::now_ms(),
            taken: BTreeSet::new(),
            open: Vec::new(),
            delivered: BTreeSet::new(),
            messages: BTreeMap::new(),
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Take(number) => self.take(*number),
            Step::Claim(channel, all) => {
                self.claim(CHANNELS[*channel].0, *all);
            }
            Step::Settle(kind) => self.settle(*kind),
            Step::Restart => {
                self.open.clear();
                self.outbox = open(&self.place);
            }
            Step::Wait(ms) => self.now_ms += ms,
            Step::Retry(number) => {
                self.outbox.retry(&alert(*number).id).unwrap();
                // It begins anew, in a message of its own.
                self.messages.retain(|(_, id), _| *id != alert(*number).id);
            }
        }
    }

    fn take(&mut self, number: u8) {
        let next_seq = self.outbox.position().unwrap().0.next_seq + 1;
        let position = Position { next_seq, last_hash: None };
        let new = self.outbox.take(&[alert(number)], &position, None).unwrap();
        assert_eq!(new == 1, self.taken.insert(number), "taken once");
        assert_eq!(self.outbox.position().unwrap().0, position);
    }

    fn claim(&mut self, channel: &str, all: bool) -> bool {
        let claim = self.outbox.claim(channel, all, self.now_ms, LEASE_MS).unwrap();
        let Some(claim) = claim else { return false };
        for row in &claim.rows {
            let pair = (channel.to_owned(), row.alert.clone());
            assert!(!self.delivered.contains(&pair), "{pair:?} was delivered and comes again");
            let taken_twice = self.open.iter().any(|(other, until)| {
                other.channel == channel
                    && *until > self.now_ms
                    && other.rows.iter().any(|other| other.alert == row.alert)
            });
            assert!(!taken_twice, "{pair:?} is being sent already");
            let id = self.messages.entry(pair.clone()).or_insert_with(|| claim.message.id.clone());
            assert_eq!(*id, claim.message.id, "{pair:?} comes by another message than before");
        }
        self.open.push((claim, self.now_ms + LEASE_MS));
        true
    }

    fn settle(&mut self, kind: u8) {
        if self.open.is_empty() {
            return;
        }
        let (claim, _) = self.open.remove(0);
        let outcome = match kind {
            0..=2 => Ok(()),
            3..=4 => Err(DeliveryError::transient("busy")),
            _ => Err(DeliveryError::permanent("no")),
        };
        let is_refused = outcome.as_ref().is_err_and(|error| !error.retry);
        self.outbox.settle(&claim, &outcome, self.now_ms).unwrap();
        for row in &claim.rows {
            let pair = (claim.channel.clone(), row.alert.clone());
            if outcome.is_ok() {
                self.delivered.insert(pair);
            } else if is_refused {
                self.messages.remove(&pair);
            }
        }
    }

    /// Lets everything be delivered, and looks for what is not.
    fn drain(&mut self) {
        self.open.clear();
        for _ in 0..200 {
            self.now_ms += 2 * LEASE_MS;
            let mut is_idle = true;
            for (channel, _) in CHANNELS {
                while self.claim(channel, true) {
                    is_idle = false;
                    let last = self.open.len() - 1;
                    self.open.swap(0, last);
                    self.settle(0);
                }
            }
            let waiting: u32 =
                self.outbox.channels().unwrap().iter().map(|state| state.waiting).sum();
            if is_idle && waiting == 0 {
                break;
            }
        }
        for number in self.taken.clone() {
            let alert = alert(number);
            let states = self.outbox.deliveries(&alert.id).unwrap();
            for (channel, severity_min) in CHANNELS {
                let state = states.iter().find(|state| state.channel == channel);
                let is_wanted = alert.severity >= severity_min;
                assert!(!is_wanted || state.is_some(), "{} is not on {channel}", alert.id);
                let is_over = state.is_none_or(|state| state.state != DeliveryState::Waiting);
                assert!(is_over, "{} waits for {channel} for ever", alert.id);
            }
            let arrived = states.iter().any(|state| state.state == DeliveryState::Delivered);
            let all_dead = states.len() == CHANNELS.len();
            assert!(arrived || all_dead, "{} went to nobody: {states:?}", alert.id);
        }
    }
}

fn open(place: &tempfile::TempDir) -> Outbox {
    let channels = CHANNELS.map(|(name, severity_min)| Channel::new(name, severity_min, Silent));
    Outbox::open(place.path().join("o.sqlite"), &channels).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_sent_twice_at_once_or_renamed(
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let mut account = Account::new();
        for step in &steps {
            account.step(step);
        }
        account.drain();
    }
}
