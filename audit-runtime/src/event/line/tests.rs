//! The promises of the written form: every part is there, capped, and withheld where it must be.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use audit_journal::{BODY_BYTES_MAX, EventId};

use super::*;
use crate::event::{
    Actor, Authenticated, ChangeSet, Code, CorrelationId, Http, Operation, Origin, Phase, Reason,
    Target, TraceContext, TrustedProxies,
};
use audit_redact::{HiddenPaths, Redact, Redaction, public};

fn line(event: &Event) -> serde_json::Value {
    let key = HashKey::from_bytes([1; 32]);
    let stamp = Stamp { key: &key, service: br#"{"name":"s"}"#, catalog: "c" };
    let mut out = b"{".to_vec();
    event.write(&mut out, &stamp);
    out.push(b'}');
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn an_authorization_names_resource_decision_policy_and_reason() {
    let event = Event::authorization(Target::new("Invoice", 7), "DeleteInvoice")
        .actor(Actor::user("42").role("clerk"))
        .policy("billing/admins-only")
        .determined_by("role")
        .denied(Reason::new("role_missing").message("Needs the role admin."));
    let line = line(&event);
    assert_eq!(line["category"], "authorization");
    assert_eq!(line["outcome"], "denied");
    assert_eq!(line["targets"][0]["type"], "Invoice");
    assert_eq!(line["authz"]["decision"], "deny");
    assert_eq!(line["authz"]["policy"], "billing/admins-only");
    assert_eq!(line["reason"]["code"], "role_missing");
    assert_eq!(line["severity"], 3);
}

#[test]
fn an_unknown_user_a_session_and_an_unrouted_path_are_hashed() {
    let event = Event::authentication("password")
        .actor(Actor::unknown_user("hunter2"))
        .session("hunter2")
        .http(Http::unrouted("HUNTER2", "/hunter2"))
        .factor("totp")
        .failed("unknown_user");
    assert!(!format!("{event:?}").to_lowercase().contains("hunter2"));
    let line = line(&event);
    assert!(!line.to_string().to_lowercase().contains("hunter2"));
    assert_eq!(line["actor"]["known"], false);
    assert_eq!(line["actor"]["auth"]["method"], "password");
    assert_eq!(line["actor"]["auth"]["mfa"][0], "totp");
    assert_eq!(line["http"]["path_length"], 8);
    assert_eq!(line["http"]["method"], "(other)");
    assert_ne!(line["http"]["method_hash"], line["http"]["path_hash"]);
    let key_id = HashKey::from_bytes([1; 32]).id().to_owned();
    assert_eq!(line["redaction"]["key_id"], key_id.as_str());
    assert_ne!(line["session"], line["actor"]["id"]);
}

/// A type that hides as many long paths as are recorded.
struct Secretive;

impl Redact for Secretive {
    fn redact<S: serde::Serializer>(
        &self,
        serializer: S,
        _how: Redaction<'_>,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("[redacted]")
    }

    fn hidden(report: &mut HiddenPaths) {
        for path in 0..200 {
            report.hide(&format!("{path}{}", "\u{1b}".repeat(200)));
        }
    }
}

/// An event whose every part is far over its cap, in characters that take six bytes each.
fn largest(long: &'static str) -> Event {
    let mut actor = Actor::user(long).named(long).tenant(long);
    let mut how = Authenticated::by(long).credential_id(long);
    for _ in 0..100 {
        actor = actor.role(long);
        how = how.factor(long);
    }
    let actor = actor.authenticated(how);
    let mut whole = actor.clone();
    for _ in 0..10 {
        whole = whole.on_behalf_of(actor.clone());
    }
    let proxy: IpAddr = "2001:db8:1111:2222:3333:4444:5555:6666".parse().unwrap();
    let proxies = TrustedProxies::parse(["2001:db8::/32"]).unwrap();
    let mut hops = vec![proxy; 8];
    hops[0] = "2001:db9:1111:2222:3333:4444:5555:6666".parse().unwrap();
    let origin = Origin::behind(SocketAddr::new(proxy, 65_535), &hops, &proxies);
    let mut draft = Event::authorization(Target::new("T", 1), long)
        .operation(Operation::Execute)
        .duration(Duration::MAX)
        .actor(whole)
        .description(long)
        .retention(long)
        .session(long)
        .policy(long)
        .origin(origin.user_agent(long))
        .http(Http::routed(long, long).request_id(long).status(599).client_gone())
        .trace(
            TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").unwrap(),
        )
        .correlation_id(CorrelationId::from_client(&"a".repeat(128)).unwrap())
        .caused_by(EventId::nil())
        .reason(Reason::new(long).message(long))
        .field("hidden", &Secretive)
        .code(Code { function: long, file: long, line: u32::MAX, version: u32::MAX });
    for _ in 0..20 {
        let target = Target::new(long, long).named(long).role(long).version(long);
        draft = draft.target(target).determined_by(long);
        draft = draft.field(long, &public(long)).extra(long, &public(long));
    }
    let mut changes = ChangeSet::new();
    for at in 0..100 {
        let path = format!("{at}{long}");
        changes = changes.change(&path, &public(long), &public("new")).withheld(long);
        let mut bulk = ChangeSet::bulk(long);
        (0..100).for_each(|at| bulk.done(format!("{at}{long}"), long));
        draft = draft.changes(bulk);
    }
    let mut draft = draft.changes(changes);
    draft.event.phase = Some(Phase::End);
    draft.event.intent = Some(EventId::nil());
    draft.event.unseen = true;
    draft.broke(long)
}

#[test]
fn the_largest_event_fits_a_line_and_confesses_every_cut() {
    let event = largest(String::leak("\u{1b}".repeat(100_000)));
    let name = format!("\"{}\"", "\\u001b".repeat(21));
    let service = ["name", "version", "instance", "host"].map(|key| format!("\"{key}\":{name}"));
    let service = format!("{{{}}}", service.join(","));
    let key = HashKey::from_bytes([1; 32]);
    let stamp = Stamp { key: &key, service: service.as_bytes(), catalog: "0123456789abcdef" };
    let mut body = Vec::new();
    event.write(&mut body, &stamp);
    assert!(body.len() <= BODY_BYTES_MAX, "{}", body.len());
    let line: serde_json::Value = serde_json::from_slice(&[b"{", &*body, b"}"].concat()).unwrap();
    let cut: Vec<&str> =
        line["truncated"].as_array().unwrap().iter().map(|path| path.as_str().unwrap()).collect();
    for path in [
        "action",
        "actor",
        "targets",
        "args",
        "ext",
        "http",
        "reason",
        "authz",
        "error.type",
        "class.retention",
        "code",
        "redaction",
        "changes",
        "bulk",
        "description",
        "origin.user_agent",
    ] {
        assert!(cut.contains(&path), "{path} is not in {cut:?}");
    }
}

#[test]
fn a_user_agent_is_marked_in_each_record_that_shares_it_and_read_anew_when_it_is_another() {
    let clean = Origin::unix().user_agent("curl/8.5.0");
    let dirty = clean.clone().user_agent("curl password=hunter2S3cret");
    for (origin, shown) in [(&clean, "curl/8.5.0"), (&dirty, "curl password=[REDACTED:secret]")] {
        let origin = Arc::new(origin.clone());
        for _ in 0..2 {
            let mut event = Event::activity("Work").succeeded();
            event.origin = Some(Arc::clone(&origin));
            let line = line(&event);
            assert_eq!(line["origin"]["user_agent"], shown);
            let marked = line["redaction"]["fields"][0] == "origin.user_agent";
            assert_eq!(marked, shown.contains("REDACTED"));
        }
    }
    let event = Event::activity("Work").origin(clean).succeeded();
    line(&event);
    let other = Origin::clone(event.origin.as_ref().unwrap()).user_agent("token=a8Zk20fjQ9x7Lm");
    let line = line(&Event::activity("Work").origin(other).succeeded());
    assert_eq!(line["origin"]["user_agent"], "token=[REDACTED:secret]");
}

/// The digits of a random id may look like the number of a card.
#[test]
fn an_own_correlation_id_stands_as_it_is_and_a_clients_is_read() {
    let own = CorrelationId::random();
    let clients = CorrelationId::from_client("4111-1111-1111-1111").unwrap();
    let line = |id: &CorrelationId| {
        line(&Event::activity("Work").correlation_id(id.clone()).succeeded())["correlation_id"]
            .to_string()
    };
    assert_eq!(line(&own), format!("\"{own}\""));
    assert!(line(&clients).starts_with("\"[REDACTED:card:"), "{}", line(&clients));
    let sent = CorrelationId::from_client(own.as_str()).unwrap();
    assert!(sent == own && !sent.is_own());
}
