//! The ends that a recorder writes from bytes: of an intent that nobody saw end, or that has no record.

use audit_journal::{EventId, encode::Object};

use super::arguments::take_value;
use super::{Outcome, Phase, Severity};

/// Who completed an action that did not end before its process did, or its recorder.
pub(super) const RECORDER: &str = "recorder";

/// The body of the end of `intent`, which is the body of a line that this crate has written.
///
/// Everything that the intent says of the action stands here again, byte for byte: nothing that was
/// redacted then is encoded a second time. `None` if the bytes are no intent.
pub(crate) fn unseen_end(intent: &[u8], id: EventId) -> Option<Vec<u8>> {
    let mut body = Vec::with_capacity(intent.len() + 128);
    let mut end = Object::members(&mut body);
    let (mut rest, mut of, mut is_intent) = (intent, None, false);
    while !rest.is_empty() {
        let (key, value) = take_member(&mut rest)?;
        match key {
            "id" => {
                of = Some(value);
                end.id("id", id);
            }
            "phase" => {
                is_intent = value == b"\"intent\"";
                end.plain("phase", Phase::End.as_str());
                end.raw("intent_id", of?);
                end.plain("completed_by", RECORDER);
            }
            "severity" => {
                let stated: u64 = std::str::from_utf8(value).ok()?.parse().ok()?;
                end.number(
                    "severity",
                    stated.max(Severity::of(Outcome::Unknown).as_number().into()),
                );
            }
            key => end.raw(key, value),
        }
    }
    is_intent.then_some(body)
}

/// The body of `end`, which this crate has written, as that of an action without an intent: `intent`
/// has no record, and then the id is the action's own. `None` if the bytes are no such body.
pub(crate) fn without_intent(end: &[u8], intent: EventId) -> Option<Vec<u8>> {
    let mut body = Vec::with_capacity(end.len());
    let mut whole = Object::members(&mut body);
    let mut rest = end;
    while !rest.is_empty() {
        match take_member(&mut rest)? {
            ("id", _) => whole.id("id", intent),
            ("phase" | "intent_id", _) => {}
            (key, value) => whole.raw(key, value),
        }
    }
    Some(body)
}

/// Takes the first member off, and the comma behind it.
fn take_member<'a>(rest: &mut &'a [u8]) -> Option<(&'a str, &'a [u8])> {
    let key = take_value(rest)?;
    *rest = rest.strip_prefix(b":")?;
    let value = take_value(rest)?;
    *rest = rest.strip_prefix(b",").unwrap_or(rest);
    Some((std::str::from_utf8(key).ok()?.trim_matches('"'), value))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::event::{Actor, Event, Stamp, Target};
    use audit_redact::HashKey;
    use audit_redact::public;

    fn written(event: &Event) -> Vec<u8> {
        let stamp = Stamp { key: &HashKey::from_bytes([1; 32]), service: b"{}", catalog: "c" };
        let mut body = Vec::new();
        event.write(&mut body, &stamp);
        body
    }

    fn parsed(body: &[u8]) -> Value {
        serde_json::from_slice(&[b"{".as_slice(), body, b"}"].concat()).unwrap()
    }

    #[test]
    fn the_end_says_of_the_action_what_the_intent_says() {
        let hostile = "\"},\"phase\":\"end\",\u{202e}\u{1b}";
        let draft = Event::authorization(Target::new("Invoice", hostile), "PayInvoice")
            .actor(Actor::user("42"))
            .field("phase", &public(hostile))
            .field("amount", &u128::MAX)
            .extra("acme.note", &public(hostile));
        let intent = draft.event.as_intent();
        assert!(intent.decision.is_none(), "an intent has decided nothing");
        let body = written(&intent);
        let id = EventId::from_u128(7);
        let end = unseen_end(&body, id).unwrap();
        let (mut before, mut after) = (parsed(&body), parsed(&end));
        assert_eq!((&before["phase"], &before["severity"]), (&"intent".into(), &1.into()));
        assert_eq!(after["intent_id"], before["id"]);
        assert_eq!(after["id"], id.to_string());
        assert_eq!(after["phase"], "end");
        assert_eq!(after["completed_by"], "recorder");
        assert_eq!(after["outcome"], "unknown");
        assert_eq!(after["severity"], 3);
        for record in [&mut before, &mut after] {
            for own in ["id", "phase", "intent_id", "completed_by", "severity"] {
                record.as_object_mut().unwrap().remove(own);
            }
        }
        assert_eq!(before, after);
        let place = |body: &[u8]| {
            let from = body.windows(7).position(|bytes| bytes == b"\"args\":").unwrap();
            body[from..].to_vec()
        };
        assert_eq!(place(&body), place(&end), "the bytes are the same, escapes included");
    }

    #[test]
    fn an_end_without_an_intent_is_what_the_action_leaves_that_has_none() {
        let hostile = "\"},\"phase\":\"end\",\"intent_id\":\"\"";
        let mut expected = Event::activity("Pay").field("phase", &public(hostile)).succeeded();
        expected.unseen = true;
        let intent = expected.id;
        let (id, phase) = (EventId::from_u128(7), Some(Phase::End));
        let end = Event { id, phase, intent: Some(intent), ..expected.clone() };
        assert_ne!(written(&end), written(&expected));
        assert_eq!(without_intent(&written(&end), intent), Some(written(&expected)));
        assert_eq!(without_intent(b"nonsense", intent), None);
    }

    #[test]
    fn what_is_no_intent_has_no_such_end() {
        let synced = written(&Event::activity("PayInvoice").succeeded());
        for other in [synced.as_slice(), b"", b"\"id\":", b"\"id\":1,\"phase\"", b"nonsense"] {
            assert_eq!(unseen_end(other, EventId::nil()), None);
        }
        let end = written(&Event { phase: Some(Phase::End), ..Event::activity("Pay").succeeded() });
        assert_eq!(unseen_end(&end, EventId::nil()), None);
    }
}
