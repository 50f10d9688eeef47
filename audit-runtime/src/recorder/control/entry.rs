//! The records that other processes may have appended, which are of a closed set of kinds.

use serde::{Deserialize, Serialize};

use crate::event::{Actor, Draft, Event, Operation, Outcome, Severity};
use audit_redact::public;

/// Longest texts in bytes: a word, a name, a sentence.
const WORD_BYTES_MAX: usize = 64;
const NAME_BYTES_MAX: usize = 256;
const SENTENCE_BYTES_MAX: usize = 1024;

/// What a process that is not the service has recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Entry {
    /// Somebody has read the journal: the record `JournalRead`.
    Read(Read),
    /// Somebody is about to read a sealed value: the record `JournalReveal`.
    Reveal(Reveal),
    /// A detector has found something: the record `DetectorFinding`.
    Finding(Finding),
}

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

/// What a detector has found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Finding {
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
    /// A sentence for people; at most 1,024 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Who asked, as the system tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Peer {
    pub(super) user: u32,
    pub(super) process: u32,
}

/// As a record of the journal itself names it.
impl std::fmt::Display for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "uid:{} process:{}", self.user, self.process)
    }
}

impl Read {
    /// What `command` has read; all else is still to be said.
    pub fn of(command: impl Into<String>) -> Self {
        Self { command: command.into(), ..Self::default() }
    }

    fn draft(&self) -> Draft {
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
}

impl Reveal {
    /// The value at the path `field` of the record `seq`, sealed by the key `key_id`.
    pub fn of(seq: u64, field: impl Into<String>, key_id: impl Into<String>) -> Self {
        Self { seq, field: field.into(), key_id: key_id.into(), epoch: None }
    }

    fn draft(&self) -> Draft {
        let draft = Event::journal("JournalReveal")
            .name("journal.reveal")
            .operation(Operation::Read)
            .severity(Severity::Medium)
            .field("seq", &self.seq)
            .field("field", &public(&self.field))
            .field("key_id", &public(&self.key_id));
        self.epoch.iter().fold(draft, |draft, epoch| draft.field("epoch", epoch))
    }
}

impl Finding {
    /// What `rule` has found for `key`, with the lowest severity; all else is still to be said.
    pub fn of(rule: impl Into<String>, key: impl Into<String>) -> Self {
        Self { rule: rule.into(), key: key.into(), severity: 1, ..Self::default() }
    }

    fn draft(&self) -> Draft {
        let draft = Event::security("DetectorFinding")
            .name("detector.finding")
            .severity(severity(self.severity).unwrap_or(Severity::Informational))
            .field("rule", &public(&self.rule))
            .field("key", &public(&self.key))
            .field("count", &self.count)
            .field("window_s", &self.window_s);
        self.note.iter().fold(draft, |draft, note| draft.field("note", &public(note)))
    }
}

impl Entry {
    /// What is wrong with it, if it cannot be recorded.
    pub(super) fn flaw(&self) -> Option<&'static str> {
        let holds = |text: &str, bytes_max| (1..=bytes_max).contains(&text.len());
        let fits = |text: &Option<String>| {
            text.as_deref().is_none_or(|text| text.len() <= SENTENCE_BYTES_MAX)
        };
        let checks = match self {
            Self::Read(read) => vec![
                (holds(&read.command, WORD_BYTES_MAX), "`command` must have 1 to 64 bytes"),
                (fits(&read.filter), "`filter` has more than 1024 bytes"),
            ],
            Self::Reveal(reveal) => vec![
                (holds(&reveal.field, SENTENCE_BYTES_MAX), "`field` must have 1 to 1024 bytes"),
                (holds(&reveal.key_id, WORD_BYTES_MAX), "`key_id` must have 1 to 64 bytes"),
            ],
            Self::Finding(finding) => vec![
                (holds(&finding.rule, WORD_BYTES_MAX), "`rule` must have 1 to 64 bytes"),
                (holds(&finding.key, NAME_BYTES_MAX), "`key` must have 1 to 256 bytes"),
                (severity(finding.severity).is_some(), "`severity` must be 1 to 6"),
                (fits(&finding.note), "`note` has more than 1024 bytes"),
            ],
        };
        checks.into_iter().find_map(|(is_right, flaw)| (!is_right).then_some(flaw))
    }

    /// The event of it, done by `peer` and nobody whom the entry itself could name.
    pub(super) fn event(&self, peer: Option<Peer>) -> Event {
        let draft = match self {
            Self::Read(read) => read.draft(),
            Self::Reveal(reveal) => reveal.draft(),
            Self::Finding(finding) => finding.draft(),
        };
        let Some(Peer { user, process }) = peer else {
            return draft.actor(Actor::anonymous()).ended(Outcome::Success);
        };
        let id = format!("uid:{user}");
        let actor = match self {
            Self::Read(_) | Self::Reveal(_) => Actor::user(id),
            Self::Finding(_) => Actor::service(id),
        };
        draft.actor(actor).extra("peer.process", &process).ended(Outcome::Success)
    }
}

fn severity(number: u8) -> Option<Severity> {
    use Severity::{Critical, Fatal, High, Informational, Low, Medium};
    let all = [Informational, Low, Medium, High, Critical, Fatal];
    all.into_iter().find(|severity| severity.as_number() == number)
}
