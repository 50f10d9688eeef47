//! Why an interval may hold more than is recorded, in words.

use std::fmt;

use audit_runtime::Timestamp;

/// Why there may be more than was found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Doubt {
    /// The journal, or what is kept of it, begins with this record, and no earlier one stands before the interval.
    Beginning {
        /// The first record.
        seq: u64,
        /// The number of the journal's epoch.
        epoch: u64,
    },
    /// No record stands behind the interval yet.
    Open,
    /// Nobody was recording.
    Gap {
        /// Since when, within the interval.
        from: Timestamp,
        /// Until when, within the interval.
        to: Timestamp,
        /// The record before that.
        seq: u64,
        /// Why.
        cause: Silence,
    },
    /// The clock was moved, in the interval or within an hour of it.
    Clock {
        /// The first record that shows it.
        seq: u64,
        /// The time of the one before.
        from: Timestamp,
        /// Its own time.
        to: Timestamp,
        /// By how many nanoseconds, as the monotonic clock tells; `None` over a start of the service.
        by_ns: Option<i64>,
    },
    /// Events have no record of their own.
    Lost {
        /// The record that tells of them.
        seq: u64,
        /// What it is called.
        action: String,
        /// How many; 0 if another record tells, or none.
        events: u64,
    },
    /// The service went on for so short a time behind the interval that it may not have told of what it only counted.
    Untold {
        /// Its last record before it ended in no order, or fell silent.
        seq: u64,
        /// The time of that.
        at: Timestamp,
        /// Nothing stands behind it yet.
        is_open: bool,
    },
    /// A record may be meant: what is asked for it does not show, or has in a word of a later version.
    Withheld {
        /// Its number.
        seq: u64,
        /// The name of the condition.
        field: &'static str,
    },
    /// A record is no audit event, so nothing tells whether it is meant.
    NoEvent {
        /// Its number.
        seq: u64,
    },
}

/// Why nobody was recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// The service was stopped in order.
    Stopped,
    /// It ended in another way.
    Died,
    /// The same process wrote the next record, so many nanoseconds later by its monotonic clock.
    Hung(u64),
}

/// A sentence without its full stop. It holds nothing that came from outside.
impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Beginning { seq: seq @ 1.., .. } => {
                write!(
                    f,
                    "no record is kept from before the interval: those before record {seq} were pruned"
                )
            }
            Self::Beginning { epoch: 0, .. } => {
                f.write_str("the journal has no record from before the interval")
            }
            Self::Beginning { epoch, .. } => write!(
                f,
                "this epoch of the journal has no record from before the interval: ask the older one, `--epoch {}`",
                epoch - 1
            ),
            Self::Open => {
                f.write_str("there is no record behind the interval yet: ask again later")
            }
            Self::Gap { from, to, seq, cause } => {
                write!(f, "nobody was recording from {from} to {to}, behind record {seq}: {cause}")
            }
            Self::Clock { seq, from, to, by_ns: None } => write!(
                f,
                "the clock went back from {from} to {to} over the start at record {seq}: times next to it cannot be believed"
            ),
            Self::Clock { seq, from, to, by_ns: Some(by) } => write!(
                f,
                "the clock was moved by {} s before record {seq}, from {from} to {to}, or the machine slept: times next to it \
                 cannot be believed",
                seconds(*by)
            ),
            Self::Lost { seq, action, events: 0 } => {
                write!(
                    f,
                    "events were refused from record {seq} ({action}) on: the disk had no room"
                )
            }
            Self::Lost { seq, action, events } => {
                write!(
                    f,
                    "{events} events have no record of their own, as record {seq} ({action}) says"
                )
            }
            Self::Untold { seq, at, is_open } => {
                let end = if *is_open {
                    "is the last one so far"
                } else {
                    "is the last one before the service was killed, hung or lost its machine"
                };
                let advice = if *is_open { ": ask again later" } else { "" };
                write!(
                    f,
                    "record {seq} of {at} {end}, so soon behind the interval that what is only counted, such as a \
                     flood, may not be told{advice}"
                )
            }
            Self::Withheld { seq, field } => write!(
                f,
                "record {seq} hides or cuts what `{field}` asks for, or has it in a word of a later version: nothing \
                 tells whether it is meant"
            ),
            Self::NoEvent { seq } => {
                write!(f, "record {seq} is no audit event: nothing tells whether it is meant")
            }
        }
    }
}

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped => f.write_str("the service was stopped in order, and started later"),
            Self::Died => f.write_str(
                "the service was killed or its machine went down, and it was started later",
            ),
            Self::Hung(ns) => write!(
                f,
                "the service went on {} s later by its own clock: it hung, its disk was full, or its machine slept",
                seconds(i64::try_from(*ns).unwrap_or(i64::MAX))
            ),
        }
    }
}

/// To the millisecond.
fn seconds(nanos: i64) -> String {
    let (sign, millis) = (if nanos < 0 { "-" } else { "" }, nanos.unsigned_abs() / 1_000_000);
    format!("{sign}{}.{:03}", millis / 1_000, millis % 1_000)
}
