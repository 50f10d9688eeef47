//! What is counted and what is written add up to what came, whatever comes and whenever a window ends.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use audit_journal::Timestamp;
use audit_redact::HashKey;
use proptest::prelude::*;

use super::*;
use crate::event::{Actor, CorrelationId, Http, Origin, Stamp};

/// A measure of so many, for logins too.
fn measure(source_max: u64, total_max: u64) -> Measure {
    Measure { source_max, total_max, with_logins: true }
}

fn from(address: u64) -> Origin {
    let ip = Ipv6Addr::from_bits((0x2001_0db8_u128 << 96) | (u128::from(address) << 64));
    Origin::peer(SocketAddr::new(IpAddr::V6(ip), 4000))
}

fn request(address: u64, actor: Actor) -> Event {
    Event::access(Http::routed("GET", "/")).origin(from(address)).actor(actor).succeeded()
}

fn login(address: u64) -> Event {
    let draft = Event::authentication("password").origin(from(address));
    draft.actor(Actor::unknown_user("x")).failed("wrong")
}

/// The record that tells of a flood.
fn record(told: &Told) -> serde_json::Value {
    let key = HashKey::from_bytes([1; 32]);
    let mut body = b"{".to_vec();
    told.event.write(&mut body, &Stamp { key: &key, service: b"{}", catalog: "c" });
    body.push(b'}');
    serde_json::from_slice(&body).unwrap()
}

/// What the records tell of each source, by the name of the record.
fn told(told: &[Told]) -> BTreeMap<(String, String), u64> {
    let of = |told: &Told| {
        let record = record(told);
        let args = &record["args"];
        assert_eq!(args["count"], told.count);
        let sum = |member: &serde_json::Value| -> u64 {
            let counts = member.as_object().unwrap().values();
            counts.map(|count| count.as_u64().unwrap()).sum()
        };
        assert_eq!(sum(&args["outcomes"]), told.count);
        assert!(args["first"].as_str() <= args["last"].as_str());
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        ((text(&record["action"]), text(&args["source"])), told.count)
    };
    told.iter().map(of).collect()
}

#[derive(Clone, Debug)]
enum Step {
    Request(u64),
    Known(u64),
    Login(u64),
    WindowEnds,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..4_u64).prop_map(Step::Request),
        2 => (0..4_u64).prop_map(Step::Known),
        3 => (0..4_u64).prop_map(Step::Login),
        1 => Just(Step::WindowEnds),
    ];
    prop::collection::vec(step, 0..300)
}

/// The naive model: it remembers every event of the window, and counts afresh each time.
#[derive(Default)]
struct Oracle {
    window: Vec<(bool, u64, bool)>,
}

impl Oracle {
    fn counts(&mut self, is_login: bool, address: u64, measure: Measure) -> bool {
        let written = |of: &dyn Fn(u64) -> bool| {
            let mine = self
                .window
                .iter()
                .filter(|(login, from, counted)| *login == is_login && of(*from) && !counted);
            mine.count() as u64
        };
        let counted = written(&|from| from == address) >= measure.source_max
            || written(&|_| true) >= measure.total_max;
        self.window.push((is_login, address, counted));
        counted
    }

    fn told(&mut self) -> BTreeMap<(String, String), u64> {
        let mut told = BTreeMap::new();
        for (is_login, address, _) in self.window.drain(..).filter(|(_, _, counted)| *counted) {
            let action = if is_login { "LoginFlood" } else { "AccessFlood" };
            let source = Source::of(Some(&from(address))).to_string();
            *told.entry((action.to_owned(), source)).or_default() += 1;
        }
        told
    }
}

proptest! {
    #[test]
    fn what_is_written_and_what_is_counted_add_up(steps in steps(), source_max in 1..9_u64, total_max in 1..20_u64) {
        let measure = measure(source_max, total_max);
        let (floods, mut oracle) = (Floods::new(measure), Oracle::default());
        for step in steps {
            match step {
                Step::Request(from) => prop_assert_eq!(
                    floods.count(&request(from, Actor::anonymous())),
                    oracle.counts(false, from, measure)
                ),
                Step::Login(from) => {
                    prop_assert_eq!(floods.count(&login(from)), oracle.counts(true, from, measure));
                }
                Step::Known(from) => prop_assert!(!floods.count(&request(from, Actor::user("1")))),
                Step::WindowEnds => prop_assert_eq!(told(&floods.end_window()), oracle.told()),
            }
        }
        prop_assert_eq!(told(&floods.close()), oracle.told());
    }
}

#[test]
fn what_comes_while_a_window_ends_is_told_by_one_of_the_two() {
    let floods = Floods::new(measure(5, 100));
    let written = std::sync::atomic::AtomicU64::new(0);
    let mut ended = Vec::new();
    std::thread::scope(|threads| {
        let work = || {
            for _ in 0..5_000 {
                let is_counted = floods.count(&request(7, Actor::anonymous()));
                written.fetch_add(u64::from(!is_counted), Relaxed);
            }
        };
        let working: Vec<_> = (0..3).map(|_| threads.spawn(work)).collect();
        while working.iter().any(|thread| !thread.is_finished()) {
            ended.extend(floods.end_window());
        }
    });
    ended.extend(floods.close());
    let counted: u64 = ended.iter().map(|told| told.count).sum();
    assert_eq!(counted + written.into_inner(), 15_000);
}

#[test]
fn sources_beyond_the_table_are_one() {
    let floods = Floods::new(measure(32, u64::MAX));
    let sources = SOURCES_MAX as u64 + 1_000;
    let counted = (0..sources).filter(|from| floods.count(&request(*from, Actor::anonymous())));
    // One place of the table is that of the others.
    assert_eq!(counted.count(), 1_000 - 32);
    assert_eq!(lock(&floods.access).sources.len(), SOURCES_MAX + 1);
    let ended = floods.end_window();
    let others = ("AccessFlood".to_owned(), "others".to_owned());
    assert_eq!(told(&ended), [(others, 1_000 - 32)].into());
    assert!(ended[0].event.origin.is_none());
    assert!(!floods.count(&request(sources, Actor::anonymous())), "a new window has room");
}

#[test]
fn the_last_window_takes_nothing_more() {
    let floods = Floods::new(measure(1, 100));
    assert!(!floods.count(&request(7, Actor::anonymous())));
    assert!(floods.count(&request(7, Actor::anonymous())));
    assert_eq!(floods.close().len(), 1);
    assert!((0..9).all(|_| !floods.count(&request(7, Actor::anonymous()))));
    assert!(floods.close().is_empty());
}

#[test]
fn logins_are_counted_only_where_that_is_asked_for() {
    let floods = Floods::new(Measure { with_logins: false, ..measure(1, 1) });
    assert!((0..9).all(|_| !floods.count(&login(7))));
}

#[test]
fn names_are_few_and_short_and_times_are_those_of_the_events() {
    let floods = Floods::new(measure(0, 0));
    for number in 0..20_i64 {
        let http = Http::routed("GET", format!("/{number}/{}", "x".repeat(300)));
        let draft = Event::access(http).actor(Actor::anonymous());
        let time = Timestamp::from_unix_nanos((20 - number) * 1_000_000_000);
        assert!(floods.count(&draft.time(time).succeeded()));
    }
    let ended = floods.end_window();
    let record = record(&ended[0]);
    assert_eq!(record["args"]["requests"].as_object().unwrap().len(), 8);
    assert_eq!(record["args"]["first"], "1970-01-01T00:00:01.000000000Z");
    assert_eq!(record["args"]["last"], "1970-01-01T00:00:20.000000000Z");
    assert_eq!(record["args"]["source"], "unknown");
    assert!(record.get("truncated").is_none() && record.get("actor").is_none(), "{record}");
}

#[test]
fn what_looks_like_a_secret_in_a_name_is_not_written() {
    let floods = Floods::new(measure(0, 0));
    let card = "4242424242424242";
    let draft = Event::authentication("password").actor(Actor::user(card));
    let id = CorrelationId::from_client(card).unwrap();
    assert!(floods.count(&draft.correlation_id(id).failed("wrong")));
    let record = record(&floods.end_window()[0]).to_string();
    assert!(!record.contains(card) && record.contains("[REDACTED:card"), "{record}");
}
