//! A million requests of strangers and a million bad logins leave a small journal.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Instant;

use audit_runtime::{Actor, Event, Http, Origin};

use crate::support::Trail;

const EVENTS: u32 = 1_000_000;

/// So many bytes may the journal have in the end.
const BYTES_MAX: usize = 2 << 20;

fn from(number: u32) -> Origin {
    // Sixteen attackers.
    let ip = Ipv4Addr::from_bits(0xc000_0200 | (number % 16));
    Origin::peer(SocketAddr::new(IpAddr::V4(ip), 4000))
}

#[test]
fn a_million_requests_and_a_million_bad_logins_leave_a_small_journal_with_all_who_are_known() {
    let trail = Trail::with(|settings| settings.summarise_logins(true));
    let (recorder, storage) = (trail.recorder.clone(), trail.storage.clone());
    let begun = Instant::now();
    let access = |actor| Event::access(Http::routed("GET", "/").status(200)).actor(actor);
    for number in 0..EVENTS {
        let stranger = access(Actor::anonymous()).origin(from(number));
        drop(recorder.record(stranger.succeeded()));
        let login = Event::authentication("password").origin(from(number));
        drop(recorder.record(login.actor(Actor::unknown_user("x")).failed("wrong")));
        if number % 10_000 == 0 {
            drop(recorder.record(access(Actor::user("42")).origin(from(number)).succeeded()));
        }
    }
    let records = trail.records();
    // Each window of ten seconds has its own records: a slow machine sees more of them.
    let windows = (begun.elapsed().as_secs() / 10) as usize + 1;
    let of = |action: &'static str| records.iter().filter(move |record| record["action"] == action);
    let counted = |action| -> u64 {
        of(action).map(|record| record["args"]["count"].as_u64().unwrap()).sum()
    };
    let known = of("HttpRequest").filter(|record| record["actor"]["type"] == "user").count();
    assert_eq!(known, 100);
    let strangers = (of("HttpRequest").count() - known) as u64;
    assert_eq!(strangers + counted("AccessFlood"), u64::from(EVENTS));
    assert_eq!(of("Login").count() as u64 + counted("LoginFlood"), u64::from(EVENTS));
    let sizes = storage.names().into_iter().filter(|name| name.starts_with("seg/"));
    let bytes: usize = sizes.filter_map(|name| Some(storage.file(&name)?.len())).sum();
    assert!(bytes < BYTES_MAX * windows * 2, "{bytes} bytes, {windows} windows");
    for flood in ["AccessFlood", "LoginFlood"] {
        assert!(of(flood).count() <= 16 * windows, "{flood}: {} in {windows}", of(flood).count());
    }
}
