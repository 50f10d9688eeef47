//! Somebody reads the journal, or a sealed value in it.

use serde::{Deserialize, Serialize};

use super::{SENTENCE_BYTES_MAX, WORD_BYTES_MAX, fits, holds};
use crate::event::{Draft, Event, Operation, Severity};
use audit_redact::public;

/// What was read of a journal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Read {
    /// What has read it: a word such as `tail` or `export`, of at most 64 bytes.
    pub command: String,
    /// The number of the first record that was read, or that reading began at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seq: Option<u64>,
    /// The number of the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seq: Option<u64>,
    /// How many were shown, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// What chose them, in the command's own words; at most 1,024 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// The older epoch that they are of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
}

/// Which sealed value is read in clear.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Reveal {
    /// The number of the record that it stands in.
    pub seq: u64,
    /// Its path in the record, such as `args.email`; at most 1,024 bytes.
    pub field: String,
    /// The id of the key that has sealed it; at most 64 bytes.
    pub key_id: String,
    /// The older epoch that the record is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
}

impl Read {
    /// What `command` has read; all else is still to be said.
    pub fn of(command: impl Into<String>) -> Self {
        Self { command: command.into(), ..Self::default() }
    }

    pub(super) fn draft(&self) -> Draft {
        let draft = Event::journal("JournalRead").name("journal.read").operation(Operation::Read);
        let numbers = [
            ("first_seq", self.first_seq),
            ("last_seq", self.last_seq),
            ("count", self.count),
            ("epoch", self.epoch),
        ];
        let said = numbers.into_iter().filter_map(|(name, number)| Some((name, number?)));
        let draft = said
            .fold(draft.field("command", &public(&self.command)), |draft, (name, number)| {
                draft.field(name, &number)
            });
        self.filter.iter().fold(draft, |draft, filter| draft.field("filter", &public(filter)))
    }

    pub(super) fn flaw(&self) -> Option<&'static str> {
        match self {
            Self { command, .. } if !holds(command, WORD_BYTES_MAX) => {
                Some("`command` must have 1 to 64 bytes")
            }
            Self { filter, .. } if !fits(filter, SENTENCE_BYTES_MAX) => {
                Some("`filter` has more than 1024 bytes")
            }
            _ => None,
        }
    }
}

impl Reveal {
    /// The value at the path `field` of the record `seq`, sealed by the key `key_id`.
    pub fn of(seq: u64, field: impl Into<String>, key_id: impl Into<String>) -> Self {
        Self { seq, field: field.into(), key_id: key_id.into(), epoch: None }
    }

    pub(super) fn draft(&self) -> Draft {
        let draft = Event::journal("JournalReveal")
            .name("journal.reveal")
            .operation(Operation::Read)
            .severity(Severity::Medium)
            .field("seq", &self.seq)
            .field("field", &public(&self.field))
            .field("key_id", &public(&self.key_id));
        self.epoch.iter().fold(draft, |draft, epoch| draft.field("epoch", epoch))
    }

    pub(super) fn flaw(&self) -> Option<&'static str> {
        match self {
            Self { field, .. } if !holds(field, SENTENCE_BYTES_MAX) => {
                Some("`field` must have 1 to 1024 bytes")
            }
            Self { key_id, .. } if !holds(key_id, WORD_BYTES_MAX) => {
                Some("`key_id` must have 1 to 64 bytes")
            }
            _ => None,
        }
    }
}
