//! A detector has found something.

use audit_journal::Timestamp;
use serde::{Deserialize, Serialize};

use super::{NAME_BYTES_MAX, SENTENCE_BYTES_MAX, WORD_BYTES_MAX, drill, fits, holds};
use crate::event::{Draft, Event, Severity};
use audit_redact::public;

/// How many addresses, records and sentences a finding may name.
const ADDRESSES_MAX: usize = 16;
const RECORDS_MAX: usize = 16;
const SENTENCES_MAX: usize = 8;

/// What a detector has found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Finding {
    /// What identifies it for ever, so that it is told once however often it is found; at most 64 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The rule, such as `bf_user`; at most 64 bytes.
    pub rule: String,
    /// Whom or what it was found for: an id, an address or a keyed hash, never what an unknown user has
    /// typed; at most 256 bytes.
    pub key: String,
    /// How many events met the rule.
    pub count: u64,
    /// Within how many seconds.
    pub window_s: u64,
    /// How much it matters, 1 to 6 as in a record.
    pub severity: u8,
    /// What it is called in an alert; at most 256 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A sentence for people; at most 1,024 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What to do about it: at most 8 sentences of 256 bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remediation: Vec<String>,
    /// When the first event happened, as a record writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// When the last one happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// From where they came: at most 16, of 64 bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// The numbers of some of them: at most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<u64>,
    /// The drill that all of them are of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drill: Option<String>,
}

impl Finding {
    /// The action of its record, whose category is `security`.
    pub const ACTION: &str = "DetectorFinding";

    /// What `rule` has found for `key`, with the lowest severity; all else is still to be said.
    pub fn of(rule: impl Into<String>, key: impl Into<String>) -> Self {
        Self { rule: rule.into(), key: key.into(), severity: 1, ..Self::default() }
    }

    pub(super) fn draft(&self) -> Draft {
        let draft = Event::security(Self::ACTION)
            .name("detector.finding")
            .severity(Severity::from_number(self.severity).unwrap_or(Severity::Informational))
            .field("rule", &public(&self.rule))
            .field("key", &public(&self.key))
            .field("count", &self.count)
            .field("window_s", &self.window_s);
        let texts = [
            ("id", &self.id),
            ("title", &self.title),
            ("note", &self.note),
            ("first", &self.first),
            ("last", &self.last),
        ];
        let said = texts.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?)));
        let draft = said.fold(draft, |draft, (name, text)| draft.field(name, &public(text)));
        let lists = [("remediation", &self.remediation), ("addresses", &self.addresses)];
        let said = lists.into_iter().filter(|(_, list)| !list.is_empty());
        let draft = said.fold(draft, |draft, (name, list)| {
            draft.field(name, &list.iter().map(public).collect::<Vec<_>>())
        });
        let draft =
            if self.records.is_empty() { draft } else { draft.field("records", &self.records) };
        self.drill.iter().fold(draft, |draft, id| drill::mark(draft, id))
    }

    pub(super) fn flaw(&self) -> Option<&'static str> {
        let are_times = |text: &Option<String>| {
            text.as_deref().is_none_or(|text| Timestamp::parse(text).is_some())
        };
        let all_hold = |list: &[String], most, bytes_max| {
            list.len() <= most && list.iter().all(|text| holds(text, bytes_max))
        };
        let checks = [
            (holds(&self.rule, WORD_BYTES_MAX), "`rule` must have 1 to 64 bytes"),
            (holds(&self.key, NAME_BYTES_MAX), "`key` must have 1 to 256 bytes"),
            (Severity::from_number(self.severity).is_some(), "`severity` must be 1 to 6"),
            (fits(&self.id, WORD_BYTES_MAX), "`id` has more than 64 bytes"),
            (fits(&self.title, NAME_BYTES_MAX), "`title` has more than 256 bytes"),
            (fits(&self.note, SENTENCE_BYTES_MAX), "`note` has more than 1024 bytes"),
            (are_times(&self.first) && are_times(&self.last), "`first` or `last` is no time"),
            (
                all_hold(&self.remediation, SENTENCES_MAX, NAME_BYTES_MAX),
                "`remediation` may be 8 sentences of 1 to 256 bytes",
            ),
            (
                all_hold(&self.addresses, ADDRESSES_MAX, WORD_BYTES_MAX),
                "`addresses` may be 16 of 1 to 64 bytes",
            ),
            (self.records.len() <= RECORDS_MAX, "`records` may be 16 numbers"),
            (fits(&self.drill, WORD_BYTES_MAX), "`drill` has more than 64 bytes"),
        ];
        checks.into_iter().find_map(|(is_right, flaw)| (!is_right).then_some(flaw))
    }
}
