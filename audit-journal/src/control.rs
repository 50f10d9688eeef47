//! The records that the journal writes about itself.

use crate::digest::Digest;
use crate::encode::{self, Object};
use crate::id::EventId;
use crate::time::{TIMESTAMP_LEN, Timestamp};

use super::pruned::{Prune, Range};
use super::quarantine::Quarantined;
use super::signed::SignedAnew;

/// The longest name of a writer in a record.
pub(super) const WRITER_BYTES_MAX: usize = 256;
/// The longest cause of an interruption in a record.
const CAUSE_BYTES_MAX: usize = 512;
const ID_LEN: usize = 36;
/// The longest list in a header; what else stands there takes less than the rest of a line.
const OPEN_BYTES_MAX: usize = 60_000;

/// The action and the name of a kind of control record.
type Kind = (&'static str, &'static str);

const SEGMENT: Kind = ("JournalSegment", "journal.segment");
const START: Kind = ("JournalStart", "journal.start");
const STOP: Kind = ("JournalStop", "journal.stop");
const RECOVERED: Kind = ("JournalRecovered", "journal.recovered");
const FULL: Kind = ("JournalFull", "journal.full");
const RESUMED: Kind = ("JournalResumed", "journal.resumed");
const HEARTBEAT: Kind = ("JournalHeartbeat", "journal.heartbeat");
const CLOCK: Kind = ("JournalClock", "journal.clock");
pub(super) const KEY_ROTATED: Kind = ("JournalKeyRotated", "journal.key_rotated");
const SIGNED_ANEW: Kind = ("JournalSignedAnew", "journal.signed_anew");
const PRUNED: Kind = ("JournalPruned", "journal.pruned");

/// The reason of a segment that says where the bytes of the one before it are superseded.
pub(super) const SYNC_FAILED: &str = "sync_failed";

/// What every control record has.
#[derive(Clone, Copy)]
pub(super) struct Envelope {
    pub(super) id: EventId,
    pub(super) time: Timestamp,
}

/// A time in which records were missed, for the record of its end.
#[derive(Clone, Copy, Debug)]
pub struct Interruption {
    /// What it was: `full` or `stalled`.
    pub after: &'static str,
    /// When it was noticed.
    pub since: Timestamp,
    /// How many events were not recorded.
    pub lost: u64,
    /// How many actions were refused, or went on without waiting for their record.
    pub unrecorded: u64,
}

/// What the first record of a segment says beside the journal's name.
pub(super) struct Header {
    pub(super) reason: Reason,
    pub(super) previous: Option<Previous>,
    /// The JSON that tells of the epoch before: only in the first segment of a journal that has one.
    pub(super) epoch: Option<Vec<u8>>,
}

/// How the segment before this one ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Previous {
    pub(super) segment: String,
    pub(super) last_seq: u64,
    pub(super) hash: Digest,
    /// The byte at which it ends, if a sync of it failed: all behind it is superseded.
    pub(super) length: Option<u64>,
}

/// Why a segment was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// It is the journal's first.
    First,
    /// The one before it had reached its size.
    Size,
    /// The one before it had reached its age.
    Age,
    /// A crash left its file without a readable header.
    Recovered,
    /// A sync of the one before it failed, and what stands behind its end is superseded.
    SyncFailed,
    /// It is the first since an older epoch was set aside.
    Epoch,
    /// The record of what is pruned stands right behind its header.
    Prune,
}

impl Reason {
    fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Size => "size",
            Self::Age => "age",
            Self::Recovered => "recovered",
            Self::SyncFailed => SYNC_FAILED,
            Self::Epoch => "epoch",
            Self::Prune => "prune",
        }
    }
}

/// The first record of a segment.
pub(super) fn segment(envelope: Envelope, origin: &str, header: &Header, open: &[u8]) -> Vec<u8> {
    record(envelope, SEGMENT, |journal| {
        journal.text("origin", origin, usize::MAX);
        journal.plain("reason", header.reason.name());
        match &header.previous {
            None => journal.raw("previous", b"null"),
            Some(previous) => journal.object("previous", |end| {
                end.plain("segment", &previous.segment);
                end.number("last_seq", previous.last_seq);
                end.digest("h", &previous.hash);
                if let Some(length) = previous.length {
                    end.number("length", length);
                }
            }),
        }
        journal.raw(
            "open",
            match header.reason {
                // Nothing stands before them.
                Reason::First | Reason::Epoch => b"[]",
                // What does not fit is as unknown as what a recovered writer has not read yet.
                Reason::Recovered => b"null",
                _ if open.len() > OPEN_BYTES_MAX => b"null",
                _ => open,
            },
        );
        if let Some(epoch) = &header.epoch {
            journal.raw("epoch", epoch);
        }
    })
}

/// The record of a writer that has opened the journal.
pub(super) fn start(envelope: Envelope, boot: &str, writer: &str, unclean: bool) -> Vec<u8> {
    record(envelope, START, |journal| {
        journal.plain("boot", boot);
        journal.text("writer", writer, WRITER_BYTES_MAX);
        journal.flag("unclean", unclean);
    })
}

/// The last record of a writer that closes the journal in order, and what no record tells of before.
pub(super) fn stop(envelope: Envelope, missed: Option<&Interruption>) -> Vec<u8> {
    record(envelope, STOP, |journal| {
        if let Some(missed) = missed {
            tell_missed(journal, missed);
        }
    })
}

/// The record of bytes that were moved out of the journal after a crash.
pub(super) fn recovered(envelope: Envelope, torn: &Quarantined) -> Vec<u8> {
    record(envelope, RECOVERED, |journal| {
        journal.plain("segment", &torn.segment);
        journal.number("offset", torn.offset);
        journal.number("bytes", torn.bytes);
        journal.plain("sha256", &torn.sha256);
        journal.plain("file", &torn.file);
    })
}

/// The record of a disk that has no room for more.
pub(super) fn full(envelope: Envelope, cause: &str) -> Vec<u8> {
    record(envelope, FULL, |journal| {
        journal.text("cause", cause, CAUSE_BYTES_MAX);
    })
}

/// The record of a writer that goes on after an interruption, and of what was missed meanwhile.
pub(super) fn resumed(envelope: Envelope, missed: &Interruption) -> Vec<u8> {
    record(envelope, RESUMED, |journal| tell_missed(journal, missed))
}

/// The record of a writer that lives and had nothing to record.
pub(super) fn heartbeat(envelope: Envelope, idle_ns: u64, every_ns: u64) -> Vec<u8> {
    record(envelope, HEARTBEAT, |journal| {
        journal.number("idle_ns", idle_ns);
        journal.number("every_ns", every_ns);
    })
}

/// The record of a wall clock that went otherwise than the monotonic one.
pub(super) fn clock(envelope: Envelope, jump_ns: i64) -> Vec<u8> {
    record(envelope, CLOCK, |journal| journal.raw("jump_ns", jump_ns.to_string().as_bytes()))
}

/// The record of a key that takes the place of another one, by the `note` that says so.
pub(super) fn key_rotated(envelope: Envelope, note: &str) -> Vec<u8> {
    record(envelope, KEY_ROTATED, |journal| {
        journal.text("rotation", note, usize::MAX);
    })
}

/// The record of what a start signs although nothing that it trusts has signed it before.
pub(super) fn signed_anew(envelope: Envelope, anew: &SignedAnew) -> Vec<u8> {
    record(envelope, SIGNED_ANEW, |journal| {
        journal.plain("reason", anew.reason);
        journal.number("first_seq", anew.first_seq);
        journal.number("last_seq", anew.last_seq);
    })
}

/// The record of segments that are removed once it is durable. `epoch` is what the journal's first
/// header says of the epoch before, as that goes, too.
pub(super) fn pruned(
    envelope: Envelope,
    range: &Range,
    asked: &Prune,
    epoch: Option<&[u8]>,
) -> Vec<u8> {
    record(envelope, PRUNED, |journal| {
        journal.number("first_seq", range.first_seq);
        journal.number("last_seq", range.last_seq);
        journal.digest("h", &range.hash);
        journal.number("segments", range.firsts.len() as u64);
        journal.text("asked_by", &asked.asked_by, WRITER_BYTES_MAX);
        journal.text("reason", &asked.reason, CAUSE_BYTES_MAX);
        if let Some(epoch) = epoch {
            journal.raw("epoch", epoch);
        }
    })
}

/// True if the body is the record of removed segments.
pub(super) fn is_pruned(body: &[u8]) -> bool {
    is(body, PRUNED)
}

/// True if the body is a segment's first record.
pub(super) fn is_segment(body: &[u8]) -> bool {
    is(body, SEGMENT)
}

/// True if the body is the record of an orderly end.
pub(super) fn is_stop(body: &[u8]) -> bool {
    is(body, STOP)
}

/// True if the body is a record of recovered bytes.
pub(super) fn is_recovered(body: &[u8]) -> bool {
    is(body, RECOVERED)
}

fn tell_missed(journal: &mut Object<'_>, missed: &Interruption) {
    journal.plain("after", missed.after);
    journal.time("since", missed.since);
    journal.number("lost", missed.lost);
    journal.number("unrecorded", missed.unrecorded);
}

fn record(
    envelope: Envelope,
    (action, name): Kind,
    journal: impl FnOnce(&mut Object<'_>),
) -> Vec<u8> {
    let mut body = Vec::new();
    let mut record = Object::members(&mut body);
    record.id("id", envelope.id);
    record.time("time", envelope.time);
    record.plain("category", "journal");
    record.plain("action", action);
    record.plain("name", name);
    record.plain("outcome", "success");
    record.number("severity", 1);
    record.object("journal", journal);
    body
}

/// Compares at the fixed places of the fields, so that opaque bodies need no parser.
///
/// The object `journal` at its place is what no event can have: an event may be called what it
/// likes, but has no member of that name.
pub(super) fn is(body: &[u8], (action, name): Kind) -> bool {
    let found = || {
        let rest = body.strip_prefix(b"\"id\":\"")?.get(ID_LEN..)?;
        let rest = rest.strip_prefix(b"\",\"time\":\"")?.get(TIMESTAMP_LEN..)?;
        let rest = rest.strip_prefix(b"\",\"category\":\"journal\",\"action\":\"")?;
        let rest = rest.strip_prefix(action.as_bytes())?;
        let rest = rest.strip_prefix(b"\",\"name\":\"")?;
        let rest = rest.strip_prefix(name.as_bytes())?;
        rest.strip_prefix(b"\",\"outcome\":\"success\",\"severity\":1,\"journal\":{")
    };
    found().is_some()
}

/// An origin that can stand in a header and in a message as it is.
pub(super) fn origin_flaw(origin: &str) -> Option<String> {
    const ORIGIN_BYTES_MAX: usize = 200;
    let mut escaped = Vec::new();
    encode::text(&mut escaped, origin);
    let plain = escaped.len() == origin.len() + 2 && !origin.contains(char::is_whitespace);
    if !origin.is_empty() && origin.len() <= ORIGIN_BYTES_MAX && plain {
        return None;
    }
    let escaped = String::from_utf8_lossy(&escaped);
    Some(format!(
        "the origin {escaped} is not usable: give 1 to {ORIGIN_BYTES_MAX} bytes without spaces, \
         quotes, backslashes or control characters"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENVELOPE: Envelope = Envelope { id: EventId::nil(), time: Timestamp::from_unix_nanos(0) };

    #[test]
    fn control_records_know_their_own_kind_only() {
        let header = Header { reason: Reason::First, previous: None, epoch: None };
        let segment = segment(ENVELOPE, "o", &header, b"[]");
        let stop = stop(ENVELOPE, None);
        let start = start(ENVELOPE, "0000000000000000", "me", true);
        assert!(is_segment(&segment) && !is_stop(&segment));
        assert!(is_stop(&stop) && !is_segment(&stop));
        assert!(!is_stop(&start) && !is_segment(&start) && !is_recovered(&start));
        assert!(!is_stop(b"\"id\":\"short"));
    }

    #[test]
    fn the_records_of_what_befell_the_writer_have_their_frozen_form() {
        let since = Timestamp::from_unix_nanos(1);
        let missed = Interruption { after: "full", since, lost: 2, unrecorded: 3 };
        let long = "x".repeat(2 * CAUSE_BYTES_MAX);
        let hash = Digest::of(b"the last removed record");
        let range = Range { first_seq: 3, last_seq: 8, hash, firsts: vec![3, 6] };
        let asked = Prune { before_seq: 9, asked_by: "uid:0".into(), reason: "old".into() };
        let frozen = [
            (full(ENVELOPE, "no \"room\""), "Full", r#""cause":"no \"room\"""#.to_owned()),
            (full(ENVELOPE, &long), "Full", format!("\"cause\":\"{}\"", &long[..CAUSE_BYTES_MAX])),
            (
                resumed(ENVELOPE, &missed),
                "Resumed",
                r#""after":"full","since":"1970-01-01T00:00:00.000000001Z","lost":2,"unrecorded":3"#
                    .to_owned(),
            ),
            (
                pruned(ENVELOPE, &range, &asked, Some(b"{\"number\":1}")),
                "Pruned",
                format!(
                    r#""first_seq":3,"last_seq":8,"h":"{}","segments":2,"asked_by":"uid:0","reason":"old","epoch":{{"number":1}}"#,
                    range.hash
                ),
            ),
            (heartbeat(ENVELOPE, 61_000_000_000, 60_000_000_000), "Heartbeat", r#""idle_ns":61000000000,"every_ns":60000000000"#.to_owned()),
            (clock(ENVELOPE, i64::MIN), "Clock", r#""jump_ns":-9223372036854775808"#.to_owned()),
        ];
        for (body, name, members) in frozen {
            let expected = format!(
                "\"id\":\"00000000-0000-0000-0000-000000000000\",\"time\":\"1970-01-01T00:00:00.\
                 000000000Z\",\"category\":\"journal\",\"action\":\"Journal{name}\",\"name\":\
                 \"journal.{}\",\"outcome\":\"success\",\"severity\":1,\"journal\":{{{members}}}",
                name.to_lowercase()
            );
            assert_eq!(String::from_utf8(body).unwrap(), expected);
        }
    }

    #[test]
    fn a_hostile_writer_name_stays_inside_its_string() {
        let body = start(ENVELOPE, "0000000000000000", "a\"},\"x\":\"\n", false);
        let json = [b"{".as_slice(), &body, b"}"].concat();
        let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(value["journal"]["writer"], "a\"},\"x\":\"\n");
        assert_eq!(value["category"], "journal");
    }

    #[test]
    fn an_origin_that_cannot_be_written_plainly_is_refused() {
        assert_eq!(origin_flaw("audited/0011223344556677"), None);
        assert_eq!(origin_flaw("müller.example/users"), None);
        for bad in ["", "two words", "a\"b", "a\nb", &"x".repeat(201)] {
            assert!(origin_flaw(bad).is_some(), "{bad:?}");
        }
    }
}
