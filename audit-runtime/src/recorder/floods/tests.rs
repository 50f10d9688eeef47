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

/// A stranger's request.
fn from_ip(ip: &str, route: String, status: u16) -> Event {
    let origin = Origin::peer(SocketAddr::new(ip.parse().unwrap(), 4000));
    let http = Http::routed("GET", route).status(status);
    Event::access(http).origin(origin).actor(Actor::anonymous()).succeeded()
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
        60 => (0..2_u64).prop_map(Step::Request),
        20 => (0..2_u64).prop_map(Step::Known),
        30 => (0..2_u64).prop_map(Step::Login),
        1 => Just(Step::WindowEnds),
    ];
    prop::collection::vec(step, 0..600)
}

/// Why an event is written.
#[derive(Clone, Copy, PartialEq)]
enum Written {
    Within,
    First,
}

/// The naive model: it remembers every event of the window, and counts afresh each time.
#[derive(Default)]
struct Oracle {
    window: Vec<(bool, u64, Option<Written>)>,
}

impl Oracle {
    fn counts(&mut self, is_login: bool, address: u64, measure: Measure) -> bool {
        let came: Vec<_> = self.window.iter().filter(|(login, ..)| *login == is_login).collect();
        let within = |of: Option<u64>| {
            let mine = came.iter().filter(|(_, from, as_what)| {
                of.is_none_or(|address| *from == address) && *as_what == Some(Written::Within)
            });
            mine.count() as u64
        };
        let firsts = came.iter().filter(|(.., as_what)| *as_what == Some(Written::First)).count();
        // All that one source sends is of one kind here.
        let is_first = came.iter().all(|(_, from, _)| *from != address);
        let is_within = within(Some(address)) < measure.source_max
            && (within(None) < measure.total_max || within(Some(address)) < WRITTEN_MIN);
        let as_what = match () {
            () if is_within => Some(Written::Within),
            () if is_first && (firsts as u64) < measure.total_max => Some(Written::First),
            () => None,
        };
        self.window.push((is_login, address, as_what));
        as_what.is_none()
    }

    fn told(&mut self) -> BTreeMap<(String, String), u64> {
        let mut told = BTreeMap::new();
        for (is_login, address, _) in
            self.window.drain(..).filter(|(.., as_what)| as_what.is_none())
        {
            let action = if is_login { "LoginFlood" } else { "AccessFlood" };
            let source = Source::of(Some(&from(address))).to_string();
            *told.entry((action.to_owned(), source)).or_default() += 1;
        }
        told
    }
}

proptest! {
    #[test]
    fn what_is_written_and_what_is_counted_add_up(steps in steps(), source_max in 28..50_u64, total_max in 1..90_u64) {
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
fn whoever_has_many_addresses_takes_the_place_of_nobody_else() {
    let floods = Floods::new(measure(100, 10_000));
    // Each /64 of one /48, as fast as it takes for a window of ten seconds, and not only once.
    let sent = (0..4_100_u64).flat_map(|from| [from; 5]);
    let written = sent.filter(|from| !floods.count(&request(*from, Actor::anonymous()))).count();
    // Half of what there is for all and its share, once each of those with a place, and 100 of the rest.
    assert_eq!(written, 5_000 + 2_048 + (2_048 - 1_410) + 100);
    // From then on, somebody else.
    let fresh = |ip| (0..150).filter(|_| floods.count(&from_ip(ip, "/".to_owned(), 200))).count();
    for ip in ["198.51.100.7", "2001:db9:1:2::7", "2001:db8:1:2::7"] {
        assert_eq!(fresh(ip), 50, "100 are written");
    }
    let ended = floods.end_window();
    let flood = |source: &str| ("AccessFlood".to_owned(), source.to_owned());
    let expected = [
        (flood("2001:db8::/48"), (4_100 - 2_048) * 5 - 100),
        (flood("198.51.100.7"), 50),
        (flood("2001:db9:1:2::/64"), 50),
        // It lies in a /32 that holds much.
        (flood("2001:db8:1::/48"), 50),
    ];
    let told = told(&ended);
    assert!(expected.iter().all(|(source, count)| told.get(source) == Some(count)), "{told:?}");
    assert_eq!(told.values().sum::<u64>() as usize, 4_100 * 5 - written + 150);
    for told in &ended {
        let record = record(told);
        let is_prefix = record["args"]["source"].as_str().unwrap().ends_with("/48");
        assert_eq!(record["origin"]["ip"].is_null(), is_prefix, "{record}");
    }
}

#[test]
fn sources_without_a_place_are_counted_with_their_prefix_and_at_last_with_all_others() {
    let floods = Floods::new(measure(32, u64::MAX));
    // Each in a /16 or a /32 of its own.
    let far = |number: u64| {
        let ip = Ipv6Addr::from_bits((0x2000_0000 + u128::from(number)) << 96);
        from_ip(&ip.to_string(), "/".to_owned(), 200)
    };
    let places: usize = SOURCES_MAX.iter().sum();
    let counted = (0..places as u64 + 1_000).filter(|number| floods.count(&far(*number)));
    assert_eq!(counted.count(), 1_000 - 32);
    assert_eq!(lock(floods.window_of(Flood::Access)).sources.len(), places + 1);
    // One whose prefix has a place is counted there.
    let near = from_ip("2000:1000:0:7::", "/".to_owned(), 200);
    assert_eq!((0..40).filter(|_| floods.count(&near)).count(), 40 - 31);
    let ended = floods.end_window();
    let flood = |source: &str| ("AccessFlood".to_owned(), source.to_owned());
    let expected = [(flood("others"), 1_000 - 32), (flood("2000:1000::/48"), 9)];
    assert_eq!(told(&ended), expected.into());
    assert!(ended.iter().all(|told| told.event.origin.is_none()));
    assert!(!floods.count(&far(9_999)), "a new window has room");
}

#[test]
fn the_first_of_each_kind_is_written_however_much_came_before() {
    let floods = Floods::new(measure(32, 40));
    let is_counted =
        |route: &str, status| floods.count(&from_ip("192.0.2.7", route.to_owned(), status));
    for number in 0..100 {
        is_counted(&format!("/harmless/{}", number % 8), 404);
    }
    assert!(is_counted("/harmless/1", 404));
    assert!(!is_counted("/export/{id}", 200), "it has not sent this");
    assert!(!is_counted("/export/{id}", 503) && !is_counted("/harmless/1", 200));
    assert!(is_counted("/export/{id}", 201), "of this class it has");
    // So many kinds, and all sources together so many of them.
    let kinds = |ip| {
        let sent = (0..200).map(|number| from_ip(ip, format!("/{number}"), 200));
        sent.filter(|event| !floods.count(event)).count()
    };
    assert_eq!(kinds("192.0.2.8"), 64);
    assert_eq!(kinds("192.0.2.9"), 32 + 5, "the measure of all is the end of it");
    let floods = Floods::new(measure(32, u64::MAX));
    let event = |number| from_ip("192.0.2.8", format!("/{number}"), 200);
    assert_eq!((0..200).filter(|number| !floods.count(&event(*number))).count(), KINDS_MAX);
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
    let requests = record["args"]["requests"].as_object().unwrap();
    assert_eq!((requests.len(), &requests["(others)"]), (9, &12.into()));
    assert_eq!(record["args"]["first"], "1970-01-01T00:00:01.000000000Z");
    assert_eq!(record["args"]["last"], "1970-01-01T00:00:20.000000000Z");
    assert_eq!(record["args"]["source"], "unknown");
    assert!(record.get("truncated").is_none() && record.get("actor").is_none(), "{record}");
}

#[test]
fn names_are_cut_when_they_come_and_those_with_the_same_beginning_are_one() {
    let floods = Floods::new(measure(0, 0));
    let login = |user: String| {
        assert!(floods.count(&Event::authentication("x").actor(Actor::user(user)).failed("wrong")));
    };
    for end in 0..6 {
        login(format!("{}{end}", "ä".repeat(128)));
        login(format!("user {end}"));
    }
    login("(others)".to_owned());
    (0..5).for_each(|number| login(format!("late {number}")));
    let longest = {
        let window = lock(floods.window_of(Flood::Logins));
        let summary = window.sources[&Source::Untold].counted.as_ref().unwrap();
        summary.users().map(str::len).max()
    };
    assert_eq!(longest, Some(256), "no more is kept");
    let record = record(&floods.end_window()[0]);
    let users = record["args"]["users"].as_object().unwrap();
    assert_eq!(users[&"ä".repeat(128)], 6);
    assert_eq!((users.len(), &users["(others)"]), (8, &6.into()), "one has that name");
    assert_eq!(users.values().filter_map(serde_json::Value::as_u64).sum::<u64>(), 18);
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

#[test]
fn where_all_is_taken_a_source_with_a_place_has_enough_for_detection() {
    let floods = Floods::new(measure(100, 10_000));
    // From many places, each in a /16 of its own.
    let far = |at: u64| from_ip(&format!("{}.{}.0.1", 1 + at / 250, at % 250), "/".to_owned(), 401);
    (0..200_u64).for_each(|at| (0..60).for_each(|_| _ = floods.count(&far(at))));
    let guesses = |ip: &str| {
        let sent = (0..60).map(|_| from_ip(ip, "/login".to_owned(), 401));
        sent.filter(|guess| !floods.count(guess)).count() as u64
    };
    // What is the first of its kind is within these.
    assert_eq!(guesses("198.51.100.7"), WRITTEN_MIN);
    assert_eq!(guesses("198.51.100.8"), WRITTEN_MIN);
    // Nobody has as many of them as there are addresses in one network.
    let near = |at: u64| guesses(&format!("203.0.113.{at}"));
    assert_eq!((0..200).map(near).sum::<u64>(), 64 * WRITTEN_MIN + 136);
}
