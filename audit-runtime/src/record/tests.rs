//! What is written as an event reads back as a record.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use audit_journal::{Journal, MemoryStorage, Options, Reader};

use super::*;
use crate::event::{
    self, ActorKind, Authenticated, CorrelationId, Event, Severity, Stamp, TraceContext, Trust,
};
use audit_redact::{HashKey, HiddenPaths, Redact, Redaction, public};
use serde::Serialize;

/// Appends `bodies` to a journal and reads all but its own two opening records back.
fn lines(bodies: &[Vec<u8>]) -> Vec<Line> {
    let storage = MemoryStorage::new();
    let mut journal = Journal::open(Arc::new(storage.clone()), Options::default()).unwrap();
    for body in bodies {
        journal.append_encoded(body).unwrap();
    }
    journal.commit().unwrap();
    let mut cursor = Reader::over(Arc::new(storage)).cursor(2).unwrap();
    std::iter::from_fn(|| cursor.next().unwrap()).collect()
}

fn body(event: &Event) -> Vec<u8> {
    let key = HashKey::from_bytes([1; 32]);
    let stamp = Stamp { key: &key, service: br#"{"name":"shop"}"#, catalog: "c" };
    let mut body = Vec::new();
    event.write(&mut body, &stamp);
    body
}

fn record(event: &Event) -> Record {
    Record::parse(&lines(&[body(event)])[0]).unwrap()
}

#[test]
fn an_authorization_reads_back_with_all_its_parts() {
    let peer: SocketAddr = "192.0.2.7:4000".parse().unwrap();
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let cause = EventId::from_u128(7);
    let how = Authenticated::by("oidc").factor("totp").credential_id("k1");
    let actor = event::Actor::agent("bot").named("Bot").tenant("acme").role("clerk");
    let invoice = event::Target::new("Invoice", 9).named("nine").role("subject").version("3");
    let event = Event::authorization(invoice, "DeleteInvoice")
        .operation(Operation::Delete)
        .severity(Severity::High)
        .retention("payments")
        .description("Bot may not delete invoices.")
        .actor(actor.authenticated(how).on_behalf_of(event::Actor::user("42")))
        .session("s")
        .policy("admins-only")
        .determined_by("role")
        .field("count", &3_u32)
        .extra("acme.shard", &public(&"eu"))
        .origin(event::Origin::peer(peer).user_agent("curl"))
        .http(event::Http::routed("DELETE", "/invoices/{id}").status(403).request_id("r"))
        .trace(TraceContext::parse(trace).unwrap())
        .correlation_id(CorrelationId::from_client("c-1").unwrap())
        .caused_by(cause)
        .duration(Duration::from_micros(5))
        .denied(event::Reason::new("role_missing").message("Needs the role admin."));
    let record = record(&event);

    assert_eq!((record.id, record.time), (event.id(), event.time));
    assert_eq!((record.seq, record.duration_ns, record.severity), (2, Some(5000), 4));
    assert_eq!(record.retention.as_deref(), Some("payments"));
    assert!(record.category == Category::Authorization && record.outcome == Outcome::Denied);
    assert_eq!((record.action.as_str(), record.name.as_str()), ("DeleteInvoice", "invoice.delete"));
    assert_eq!(record.operation, Some(Word::Known(Operation::Delete)));
    assert_eq!(record.description.as_deref(), Some("Bot may not delete invoices."));
    let reason =
        Reason { code: "role_missing".into(), message: Some("Needs the role admin.".into()) };
    assert_eq!(record.reason, Some(reason));
    let decision = Decision {
        decision: "deny".into(),
        policy: Some("admins-only".into()),
        determined_by: vec!["role".into()],
    };
    assert_eq!(record.decision, Some(decision));
    let target = Target {
        kind: "Invoice".into(),
        id: "9".into(),
        name: Some("nine".into()),
        role: Some("subject".into()),
        version: Some("3".into()),
    };
    assert_eq!(record.targets, [target]);
    assert_eq!(record.arguments["count"], 3);
    assert_eq!(record.extras["acme.shard"], "eu");
    assert_eq!(record.trace_id.as_deref(), Some("0af7651916cd43dd8448eb211c80319c"));
    assert_eq!(record.span_id.as_deref(), Some("b7ad6b7169203331"));
    assert_eq!(record.correlation_id.as_deref(), Some("c-1"));
    assert_eq!(record.causation_id, Some(cause));
    assert_eq!(record.service.unwrap().name.as_deref(), Some("shop"));
    assert_eq!(record.catalog.as_deref(), Some("c"));
    assert!(record.session.is_some() && record.redaction.unwrap().key_id.is_some());

    let actor = record.actor.unwrap();
    assert!(actor.kind == ActorKind::Agent);
    assert_eq!((actor.id.as_deref(), actor.known), (Some("bot"), None));
    assert_eq!((actor.name.as_deref(), actor.tenant.as_deref()), (Some("Bot"), Some("acme")));
    assert_eq!(actor.roles, ["clerk"]);
    let auth = actor.auth.unwrap();
    assert_eq!((auth.method.as_str(), auth.mfa.as_slice()), ("oidc", &["totp".to_owned()][..]));
    assert_eq!(auth.credential_id.as_deref(), Some("k1"));
    assert_eq!(actor.on_behalf_of[0].id.as_deref(), Some("42"));
    let origin = record.origin.unwrap();
    assert_eq!((origin.ip.as_deref(), origin.port), (Some("192.0.2.7"), Some(4000)));
    assert!(origin.trust == Trust::Peer && origin.user_agent.as_deref() == Some("curl"));
    let http = record.http.unwrap();
    assert_eq!((http.method.as_str(), http.status), ("DELETE", Some(403)));
    assert_eq!(http.route.as_deref(), Some("/invoices/{id}"));
    assert_eq!(record.other, Map::new());
}

#[test]
fn an_origin_without_an_address_reads_back() {
    let record = record(&Event::activity("Ping").origin(event::Origin::unix()).succeeded());
    let origin = record.origin.unwrap();
    assert_eq!((&origin.ip, origin.port, origin.place()), (&None, None, Some("unix")));
    assert_eq!(origin.trust.known(), Some(Trust::Peer));
}

#[test]
fn hashed_and_broken_and_cut_events_read_back() {
    let event = Event::authentication("password")
        .actor(event::Actor::unknown_user("hunter2"))
        .http(event::Http::unrouted("GET", "/hunter2").client_gone())
        .description("x".repeat(5000))
        .broke("io::Error");
    let record = record(&event);
    assert_eq!(record.actor.unwrap().known, Some(false));
    let http = record.http.unwrap();
    assert_eq!((http.route, http.path_length, http.client_gone), (None, Some(8), true));
    assert_eq!(record.error_type.as_deref(), Some("io::Error"));
    assert_eq!(record.truncated, ["description"]);
}

#[test]
fn an_intent_and_its_end_read_back_and_others_have_no_phase() {
    let synced = Event::activity("Pay").succeeded();
    let intent = synced.as_intent();
    let unseen = event::unseen_end(&body(&intent), EventId::nil()).unwrap();
    let lines = lines(&[body(&synced), body(&intent), unseen]);
    let [synced, intent, end] = [0, 1, 2].map(|place| Record::parse(&lines[place]).unwrap());
    assert_eq!((synced.phase, synced.intent_id, synced.completed_by), (None, None, None));
    assert!(intent.phase.unwrap() == Phase::Intent);
    assert!(end.phase.unwrap() == Phase::End);
    assert_eq!(end.intent_id, Some(intent.id));
    assert_eq!(end.completed_by.as_deref(), Some("recorder"));
}

#[test]
fn the_journals_own_records_read_too() {
    let storage = MemoryStorage::new();
    let journal = Journal::open(Arc::new(storage.clone()), Options::default()).unwrap();
    journal.close().unwrap();
    let mut cursor = Reader::over(Arc::new(storage)).cursor(0).unwrap();
    let records: Vec<Record> = std::iter::from_fn(|| cursor.next().unwrap())
        .map(|line| Record::parse(&line).unwrap())
        .collect();
    let actions: Vec<&str> = records.iter().map(|record| record.action.as_str()).collect();
    assert_eq!(actions, ["JournalSegment", "JournalStart", "JournalStop"]);
    assert_eq!(records[1].journal.as_ref().unwrap()["unclean"], false);
    assert_eq!(records[1].boot, records[1].journal.as_ref().unwrap()["boot"].as_str().unwrap());
}

#[test]
fn what_a_newer_writer_adds_is_kept() {
    let mut body = body(&Event::activity("Ping").succeeded());
    body.extend_from_slice(br#","stage":"end","class":{"retention":"long","other":"x"}"#);
    let record = Record::parse(&lines(&[body])[0]).unwrap();
    assert_eq!(record.other["stage"], "end");
    assert_eq!(record.retention.as_deref(), Some("long"));
    assert_eq!(record.other["class"], serde_json::json!({"other": "x"}));
}

#[test]
fn what_is_no_event_is_named_and_not_quoted() {
    let bodies = [b"hunter2".to_vec(), br#""id":"hunter2""#.to_vec()];
    let errors =
        lines(&bodies).iter().map(|line| Record::parse(line).unwrap_err()).collect::<Vec<_>>();
    assert!(errors[0].to_string().contains("record 2 ") && errors[0].to_string().contains("JSON"));
    assert!(errors[1].to_string().contains("record 3 ") && errors[1].to_string().contains("`id`"));
    assert!(!errors.iter().any(|error| error.to_string().contains("hunter2")));
}

/// A text in as many arrays as the number says.
struct Nested(usize);

impl Redact for Nested {
    fn redact<S: serde::Serializer>(
        &self,
        serializer: S,
        _how: Redaction<'_>,
    ) -> Result<S::Ok, S::Error> {
        let value = (0..self.0).fold(Value::from("x"), |inner, _| Value::Array(vec![inner]));
        value.serialize(serializer)
    }

    fn hidden(_report: &mut HiddenPaths) {}
}

#[test]
fn a_value_that_is_nested_without_end_is_cut_so_that_its_record_is_read() {
    for levels in [3, 64, 65, 126, 1_000] {
        let event = Event::activity("ImportNotes")
            .field("note", &Nested(levels))
            .extra("acme.note", &Nested(levels))
            .succeeded();
        let record = record(&event);
        let is_cut = levels > 64;
        assert_eq!(record.arguments["note"] == "[truncated]", is_cut, "{levels}");
        assert_eq!(record.extras["acme.note"] == "[truncated]", is_cut, "{levels}");
        let truncated: &[&str] = if is_cut { &["args", "ext"] } else { &[] };
        assert_eq!(record.truncated, truncated, "{levels}");
    }
}
