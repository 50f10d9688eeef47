//! What the journal and its recorder say about themselves, told apart from events of the same name.

use std::fmt;
use std::time::Duration;

use audit_runtime::{Category, Phase, Record};
use serde_json::Value;

/// A record that no event of an application can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// A writer opened the journal.
    Start {
        /// It found no orderly end of the one before it.
        unclean: bool,
    },
    /// A new epoch began, because the one before it was set aside.
    Epoch {
        /// Its number.
        number: u64,
        /// Who decided it: one word.
        cause: &'static str,
    },
    /// Bytes that a crash left were moved to `quarantine/`.
    Recovered {
        /// How many.
        bytes: u64,
    },
    /// The front of the journal was pruned.
    Pruned {
        /// The last record that was removed.
        last_seq: u64,
    },
    /// The disk had no room.
    Full,
    /// The writer went on after a full or stalled disk.
    Resumed {
        /// How many events were not recorded meanwhile.
        lost: u64,
        /// How many actions were refused, or went on without waiting for their record.
        unrecorded: u64,
    },
    /// The writer ended while the disk was full or stalled.
    Stopped {
        /// How many events were not recorded.
        lost: u64,
        /// How many actions were refused, or went on without waiting for their record.
        unrecorded: u64,
    },
    /// The wall clock jumped.
    Clock {
        /// By how many nanoseconds.
        jump_ns: i64,
    },
    /// Events found no place in the queue, or were refused by the journal.
    Lost {
        /// How many.
        events: u64,
    },
    /// Events of strangers came in a flood, and have no record of their own.
    Flood {
        /// How many.
        events: u64,
    },
    /// A start could not look for open intents in damaged records.
    Unread {
        /// The first of them.
        from_seq: u64,
        /// The last of them.
        to_seq: u64,
    },
}

impl Notice {
    /// The notice in `record`, if it is one.
    ///
    /// Only the journal writes the member `journal`. What is lost, unread or only counted the recorder itself
    /// tells, and only that records without an actor.
    pub(crate) fn of(record: &Record) -> Option<Self> {
        let is_flood =
            matches!(record.action.as_str(), "AccessFlood" | "DenialFlood" | "LoginFlood");
        if is_flood && record.category == Category::Security && record.actor.is_none() {
            return Some(Self::Flood { events: number(record.arguments.get("count")) });
        }
        if record.category != Category::Journal {
            return None;
        }
        match (record.action.as_str(), &record.journal) {
            ("JournalStart", Some(journal)) => Some(Self::Start {
                unclean: journal.get("unclean").is_some_and(|unclean| *unclean == true),
            }),
            ("JournalSegment", Some(journal)) => {
                let epoch = journal.get("epoch")?;
                let stated = epoch.get("previous")?.get("cause")?.as_str()?;
                let known = ["damage", "adopted", "repaired"];
                let cause = known.into_iter().find(|cause| *cause == stated).unwrap_or("unknown");
                Some(Self::Epoch { number: number(epoch.get("number")), cause })
            }
            ("JournalRecovered", Some(journal)) => {
                Some(Self::Recovered { bytes: number(journal.get("bytes")) })
            }
            ("JournalPruned", Some(journal)) => {
                Some(Self::Pruned { last_seq: number(journal.get("last_seq")) })
            }
            ("JournalFull", Some(_)) => Some(Self::Full),
            ("JournalResumed", Some(journal)) => Some(Self::Resumed {
                lost: number(journal.get("lost")),
                unrecorded: number(journal.get("unrecorded")),
            }),
            ("JournalStop", Some(journal)) => Some(Self::Stopped {
                lost: number(Some(journal.get("lost")?)),
                unrecorded: number(journal.get("unrecorded")),
            }),
            ("JournalClock", Some(journal)) => {
                let jump_ns = journal.get("jump_ns").and_then(Value::as_i64).unwrap_or(0);
                Some(Self::Clock { jump_ns })
            }
            ("JournalLost", None) if record.actor.is_none() => {
                Some(Self::Lost { events: number(record.arguments.get("lost")) })
            }
            ("JournalUnread", None) if record.actor.is_none() => {
                let stated = |name| number(record.arguments.get(name));
                Some(Self::Unread { from_seq: stated("from_seq"), to_seq: stated("to_seq") })
            }
            _ => None,
        }
    }
}

/// How the action of `record` ended, in a word; the record of an intent says that it is one.
pub(crate) fn outcome(record: &Record) -> String {
    match &record.phase {
        Some(phase) if *phase == Phase::Intent => phase.to_string(),
        _ => record.outcome.to_string(),
    }
}

/// A few words for a column; nothing for what is as it should be.
impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start { unclean: false } => Ok(()),
            Self::Start { unclean: true } => f.write_str("unclean"),
            Self::Epoch { number, cause } => write!(f, "epoch {number}, {cause}"),
            Self::Recovered { bytes } => write!(f, "{bytes} bytes set aside"),
            Self::Pruned { last_seq } => write!(f, "pruned up to seq {last_seq}"),
            Self::Full => f.write_str("disk full"),
            Self::Resumed { lost, unrecorded } | Self::Stopped { lost, unrecorded } => {
                write!(f, "{lost} events lost, {unrecorded} actions unrecorded")
            }
            Self::Clock { jump_ns } => {
                let (sign, moved) = (if *jump_ns < 0 { '-' } else { '+' }, jump_ns.unsigned_abs());
                write!(f, "clock moved by {sign}{:.3} s", Duration::from_nanos(moved).as_secs_f64())
            }
            Self::Lost { events } => write!(f, "{events} events lost"),
            Self::Flood { events } => write!(f, "{events} events only counted"),
            Self::Unread { from_seq, to_seq } => write!(f, "seq {from_seq} to {to_seq} unread"),
        }
    }
}

fn number(value: Option<&Value>) -> u64 {
    value.and_then(Value::as_u64).unwrap_or(0)
}
