//! One request and one answer, each a line of JSON.

use audit_journal::{Appended, Digest, encode::Object};
use serde::{Deserialize, Serialize};

use crate::recorder::control::{Entry, Error, Prune, Pruned};

/// The longest line of either side, without its newline.
pub(super) const LINE_BYTES_MAX: usize = 64 * 1024;

/// What is quoted of a request in the answer that refuses it.
const MESSAGE_BYTES_MAX: usize = 1024;

const VERSION: u64 = 1;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Request {
    Append(Box<Entry>),
    Prune(Prune),
    Watermark,
    Settled,
    Health,
}

/// Why nothing was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// The line of a request, and how it is read.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<T> {
    v: u64,
    ask: T,
}

/// What every version of a request has.
#[derive(Deserialize)]
struct Versioned {
    v: u64,
}

/// The line that asks for something, newline included.
pub(super) fn request(asked: &Request) -> Vec<u8> {
    // Numbers and texts can always be written.
    let mut line = serde_json::to_vec(&Envelope { v: VERSION, ask: asked }).unwrap_or_default();
    line.push(b'\n');
    line
}

/// Reads the line of a request.
pub(super) fn parse(line: &[u8]) -> Result<Request, Refusal> {
    let malformed = |error: serde_json::Error| Refusal::new("malformed", error.to_string());
    let Versioned { v } = serde_json::from_slice(line).map_err(malformed)?;
    if v != VERSION {
        let message = format!("this writer speaks version {VERSION} and not {v}");
        return Err(Refusal::new("unknown_version", message));
    }
    let Envelope { ask, .. } = serde_json::from_slice(line).map_err(malformed)?;
    let flaw = match &ask {
        Request::Append(entry) => entry.flaw(),
        Request::Prune(prune) => prune.flaw(),
        Request::Watermark | Request::Settled | Request::Health => None,
    };
    flaw.map_or(Ok(ask), |flaw| Err(Refusal::new("malformed", flaw)))
}

/// The line that names a durable record.
pub(super) fn place(record: Appended) -> Vec<u8> {
    answer(|line| {
        line.number("seq", record.seq);
        line.digest("h", &record.hash);
    })
}

/// The line that tells the health, which is JSON already.
pub(super) fn health(json: &str) -> Vec<u8> {
    answer(|line| line.raw("health", json.as_bytes()))
}

/// The line that tells what was pruned.
pub(super) fn pruned(pruned: &Pruned) -> Vec<u8> {
    // Numbers can always be written.
    let told = serde_json::to_vec(pruned).unwrap_or_default();
    answer(|line| line.raw("pruned", &told))
}

/// The line that says why nothing was done.
pub(super) fn refusal(why: &Refusal) -> Vec<u8> {
    answer(|line| {
        line.plain("error", why.code);
        line.text("message", &why.message, MESSAGE_BYTES_MAX);
    })
}

fn answer(members: impl FnOnce(&mut Object<'_>)) -> Vec<u8> {
    let mut out = vec![b'{'];
    let mut line = Object::members(&mut out);
    line.number("v", VERSION);
    members(&mut line);
    out.extend_from_slice(b"}\n");
    out
}

/// The durable record in an answer.
pub(super) fn place_in(line: &str) -> Option<Appended> {
    #[derive(Deserialize)]
    struct Place {
        seq: u64,
        h: String,
    }
    let Place { seq, h } = serde_json::from_str(line).ok()?;
    Some(Appended { seq, hash: Digest::parse(&h)? })
}

/// What was pruned, in an answer.
pub(super) fn pruned_in(line: &str) -> Option<Pruned> {
    #[derive(Deserialize)]
    struct Told {
        pruned: Pruned,
    }
    let Told { pruned } = serde_json::from_str(line).ok()?;
    Some(pruned)
}

/// The health in an answer, as the writer has put it.
pub(super) fn health_in(line: &str) -> Option<String> {
    let health = line.trim_end().strip_prefix(r#"{"v":1,"health":"#)?.strip_suffix('}')?;
    Some(health.to_owned())
}

/// The reason in an answer that refuses.
pub(super) fn refusal_in(line: &str) -> Option<Error> {
    #[derive(Deserialize)]
    struct Refused {
        error: String,
        message: String,
    }
    let Refused { error: code, message } = serde_json::from_str(line).ok()?;
    Some(Error::Refused { code, message })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::recorder::control::{Drill, Finding, Read, Reveal};

    fn text(bytes_max: usize) -> impl Strategy<Value = String> {
        let cut = move |text: String| {
            let fits = text.char_indices().take_while(|(at, c)| at + c.len_utf8() <= bytes_max);
            fits.map(|(_, c)| c).collect::<String>()
        };
        proptest::collection::vec(any::<char>(), 1..=bytes_max)
            .prop_map(move |text| cut(text.into_iter().collect()))
            .prop_filter("a text of at least one byte", |text| !text.is_empty())
    }

    fn read() -> impl Strategy<Value = Entry> {
        let numbers = any::<[Option<u64>; 4]>();
        (text(64), numbers, proptest::option::of(text(200))).prop_map(
            |(command, [first_seq, last_seq, count, epoch], filter)| {
                Entry::Read(Read { command, first_seq, last_seq, count, filter, epoch })
            },
        )
    }

    fn finding() -> impl Strategy<Value = Entry> {
        let numbers = any::<(u64, u64)>();
        let lists = (
            proptest::collection::vec(text(256), 0..=8),
            proptest::collection::vec(text(64), 0..=16),
            proptest::collection::vec(any::<u64>(), 0..=16),
        );
        let texts = (text(64), text(256), proptest::option::of(text(200)));
        (texts, numbers, 1_u8..=6, lists).prop_map(
            |((rule, key, note), (count, window_s), severity, lists)| {
                let mut finding = Finding::of(&rule, key);
                (finding.count, finding.window_s, finding.severity) = (count, window_s, severity);
                (finding.id, finding.drill) = (note.is_some().then(|| rule.clone()), note.clone());
                finding.drill = finding.drill.filter(|drill| drill.len() <= 64);
                (finding.remediation, finding.addresses, finding.records) = lists;
                finding.note = note;
                Entry::Finding(finding)
            },
        )
    }

    fn drill() -> impl Strategy<Value = Entry> {
        (text(64), text(64), any::<u8>()).prop_map(|(id, user, last)| {
            Entry::Drill(Drill::of(id, user, [192, 0, 2, last].into()))
        })
    }

    fn reveal() -> impl Strategy<Value = Entry> {
        let numbers = any::<(u64, Option<u64>)>();
        (numbers, text(200), text(64)).prop_map(|((seq, epoch), field, key_id)| {
            Entry::Reveal(Reveal { seq, field, key_id, epoch })
        })
    }

    fn entry() -> impl Strategy<Value = Entry> {
        prop_oneof![read(), finding(), reveal(), drill()]
    }

    fn asked() -> impl Strategy<Value = Request> {
        prop_oneof![
            Just(Request::Watermark),
            Just(Request::Settled),
            Just(Request::Health),
            entry().prop_map(|entry| Request::Append(Box::new(entry))),
            (any::<u64>(), text(512), any::<bool>()).prop_map(|(before_seq, reason, dry_run)| {
                Request::Prune(Prune { before_seq, reason, dry_run })
            }),
        ]
    }

    /// One line of JSON that no terminal is deceived by.
    fn check_line(line: &[u8]) {
        let (end, text) = line.split_last().unwrap();
        assert_eq!(*end, b'\n');
        let text = std::str::from_utf8(text).unwrap();
        assert!(!text.contains(char::is_control), "{text:?}");
        serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert!(line.len() <= LINE_BYTES_MAX);
    }

    proptest! {
        #[test]
        fn what_is_asked_is_understood_and_fits_a_line(asked in asked()) {
            let line = request(&asked);
            prop_assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
            prop_assert!(line.len() <= LINE_BYTES_MAX);
            prop_assert_eq!(parse(&line), Ok(asked));
        }

        #[test]
        fn whatever_is_said_is_a_request_or_refused_in_one_line(said in any::<Vec<u8>>()) {
            if let Err(refused) = parse(&said) {
                check_line(&refusal(&refused));
            }
        }

        #[test]
        fn a_request_with_one_other_byte_is_no_larger_one(
            asked in asked(), place in any::<prop::sample::Index>(), byte in any::<u8>(),
        ) {
            let mut line = request(&asked);
            let place = place.index(line.len());
            line[place] = byte;
            match parse(&line) {
                Ok(Request::Append(entry)) => prop_assert_eq!(entry.flaw(), None),
                Ok(_) => {}
                Err(refused) => check_line(&refusal(&refused)),
            }
        }
    }

    fn listed(say: impl FnOnce(&mut Finding)) -> Finding {
        let mut finding = Finding::of("rule", "key");
        say(&mut finding);
        finding
    }

    #[test]
    fn an_entry_beyond_a_bound_is_refused() {
        let long = |bytes: usize| "x".repeat(bytes);
        let mut read = Read::of("tail");
        read.filter = Some(long(1025));
        let mut finding = Finding::of("rule", "key");
        finding.note = Some(long(1025));
        let serious = Finding { severity: 7, ..Finding::of("rule", "key") };
        let entries = [
            Entry::Read(Read::of("")),
            Entry::Read(Read::of(long(65))),
            Entry::Read(read),
            Entry::Reveal(Reveal::of(1, "", "key")),
            Entry::Reveal(Reveal::of(1, long(1025), "key")),
            Entry::Reveal(Reveal::of(1, "field", long(65))),
            Entry::Finding(Finding::of(long(65), "key")),
            Entry::Finding(listed(|finding| finding.addresses = vec![long(1); 17])),
            Entry::Finding(listed(|finding| finding.records = vec![1; 17])),
            Entry::Finding(listed(|finding| finding.remediation = vec![long(257)])),
            Entry::Finding(listed(|finding| finding.last = Some("yesterday".to_owned()))),
            Entry::Finding(listed(|finding| finding.drill = Some(long(65)))),
            Entry::Drill(Drill::of("", "user", [192, 0, 2, 1].into())),
            Entry::Drill(Drill::of("drill", long(65), [192, 0, 2, 1].into())),
            Entry::Drill(Drill::of("drill", "user", [127, 0, 0, 1].into())),
            Entry::Finding(Finding::of("rule", "")),
            Entry::Finding(Finding::of("rule", long(257))),
            Entry::Finding(finding),
            Entry::Finding(serious),
        ];
        for entry in entries {
            let refused = parse(&request(&Request::Append(Box::new(entry.clone())))).unwrap_err();
            assert_eq!(refused.code, "malformed", "{entry:?}");
        }
    }
}
