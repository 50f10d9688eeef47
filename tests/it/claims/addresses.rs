//! The address of a client: that of its connection, or what proxies of ours say.

use audit_runtime::{AuditMiddleware, ForwardingHeader};

use super::{Exchanged, behind, each_exchange, exchange};

/// The recorded address, and how far it is believed; the same in every framework.
#[track_caller]
fn origin(audit: &AuditMiddleware, headers: &[&str]) -> (String, String) {
    let [actix, axum] = exchange(audit, "GET /", headers).map(|exchanged| exchanged.origin());
    assert_eq!(actix, axum, "actix-web and axum differ");
    actix
}

impl Exchanged {
    fn origin(&self) -> (String, String) {
        let text = |name: &str| self.access["origin"][name].as_str().unwrap().to_owned();
        (text("ip"), text("trust"))
    }
}

fn from_peer() -> (String, String) {
    ("127.0.0.1".to_owned(), "peer".to_owned())
}

fn from_proxy(client: &str) -> (String, String) {
    (client.to_owned(), "trusted_proxy".to_owned())
}

#[test]
fn a_forwarded_address_counts_only_behind_a_trusted_proxy() {
    let forged =
        ["x-forwarded-for: 203.0.113.9", "forwarded: for=203.0.113.9", "x-real-ip: 6.6.6.6"];
    assert_eq!(origin(&AuditMiddleware::new(), &forged), from_peer());
    assert_eq!(origin(&behind("10.0.0.0/8"), &forged), from_peer());
    assert_eq!(origin(&behind("127.0.0.0/8"), &forged), from_proxy("203.0.113.9"));
}

#[test]
fn the_client_is_the_last_address_that_no_proxy_of_ours_wrote() {
    let chain = ["x-forwarded-for: 6.6.6.6", "x-forwarded-for: 203.0.113.9, 127.0.0.2"];
    assert_eq!(origin(&behind("127.0.0.0/8"), &chain), from_proxy("203.0.113.9"));
    // The same proxy in the other notation is no client.
    let mapped = ["x-forwarded-for: 6.6.6.6, 203.0.113.9, ::ffff:127.0.0.2"];
    assert_eq!(origin(&behind("127.0.0.0/8"), &mapped), from_proxy("203.0.113.9"));
}

#[test]
fn only_the_header_that_the_proxies_write_is_read() {
    let both = ["x-forwarded-for: 6.6.6.6", "forwarded: for=\"[2001:db8::9]:4711\";proto=https"];
    let audit = behind("127.0.0.1").forwarding_header(ForwardingHeader::Forwarded);
    assert_eq!(origin(&audit, &both), from_proxy("2001:db8::9"));
    assert_eq!(origin(&behind("127.0.0.1"), &both), from_proxy("6.6.6.6"));
}

/// What no proxy writes; it is one hop that is no address, and vouches for nothing before it.
const MALFORMED: [&str; 10] = [
    "",
    "secret.example",
    "999.1.1.1",
    "203.0.113.9.1",
    "203.0.113.9:99999",
    "fe80::1%secret",
    "[2001:db8::1",
    "203.0.113.9\u{e9}",
    "203.0.113.9 secret",
    "\u{202e}secret",
];

#[test]
fn a_malformed_hop_hides_what_is_before_it_and_is_not_recorded() {
    let last = MALFORMED.map(|hop| format!("6.6.6.6, {hop}"));
    let followed = MALFORMED.map(|hop| format!("6.6.6.6, {hop}, 203.0.113.7"));
    check_malformed(&behind("127.0.0.0/8"), "x-forwarded-for", [&last, &followed]);
}

#[test]
fn a_malformed_element_of_forwarded_hides_what_is_before_it_and_is_not_recorded() {
    let last = MALFORMED.map(|hop| format!("for=6.6.6.6, for=\"{hop}\""));
    let followed = MALFORMED.map(|hop| format!("for=6.6.6.6, for=\"{hop}\", for=203.0.113.7"));
    let audit = behind("127.0.0.0/8").forwarding_header(ForwardingHeader::Forwarded);
    check_malformed(&audit, "forwarded", [&last, &followed]);
}

/// Sends values with a malformed hop as the last one, and others in which a proxy has added its own.
fn check_malformed(audit: &AuditMiddleware, header: &str, [last, followed]: [&[String]; 2]) {
    for (values, expected) in [(last, from_peer()), (followed, from_proxy("203.0.113.7"))] {
        for (value, exchanged) in each_exchange(audit, header, values) {
            let Exchanged { framework, access, .. } = &exchanged;
            assert_eq!(exchanged.origin(), expected, "{framework}: {value}");
            assert!(!access.to_string().contains("secret"), "{framework}: {value}: {access}");
            assert!(!access.to_string().contains("6.6.6.6"), "{framework}: {value}: {access}");
        }
    }
}

#[test]
fn a_chain_of_any_length_is_read_from_its_end_and_fills_no_record() {
    let audit = behind("127.0.0.0/8");
    let forged = format!("x-forwarded-for: {}203.0.113.9", "6.6.6.6, ".repeat(5000));
    assert_eq!(origin(&audit, &[&forged]), from_proxy("203.0.113.9"));
    let lines = ["x-forwarded-for: 6.6.6.6"; 80];
    let lines: Vec<&str> = lines.into_iter().chain(["x-forwarded-for: 203.0.113.9"]).collect();
    assert_eq!(origin(&audit, &lines), from_proxy("203.0.113.9"));

    let ours = format!("x-forwarded-for: 6.6.6.6, {}127.0.0.2", "127.0.0.2, ".repeat(5000));
    assert_eq!(origin(&audit, &[&ours]), from_proxy("127.0.0.2"));
    for exchanged in exchange(&audit, "GET /", &[&ours]) {
        let via = exchanged.access["origin"]["via"].as_array().unwrap();
        assert_eq!(via.len(), 8, "{}", exchanged.framework);
    }
}

#[test]
fn a_long_user_agent_is_cut_and_the_cut_confessed() {
    let agent = format!("user-agent: {}", "a".repeat(50_000));
    for Exchanged { framework, access, .. } in exchange(&AuditMiddleware::new(), "GET /", &[&agent])
    {
        assert_eq!(access["origin"]["user_agent"].as_str().unwrap().len(), 256, "{framework}");
        assert_eq!(access["truncated"][0], "origin.user_agent", "{framework}");
    }
}
