//! The recorder's health: what it has recorded, what it could not, and since when.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use audit_journal::{self as journal, Appended, Epoch, encode};
use serde::Serialize;

use super::interruption::Interruptions;
use crate::say;

/// How a recorder fares, at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// The judgement.
    pub status: Status,
    /// Why the status is not green.
    pub reason: Option<String>,
    /// How many records are durable.
    pub durable: u64,
    /// How many events wait in the queue.
    pub queued_events: u64,
    /// How many bytes they take.
    pub queued_bytes: u64,
    /// How many events were not recorded: the queue or the disk had no room, the journal refused them,
    /// or it failed or was closed.
    pub lost: u64,
    /// How many actions proceeded without a record or without waiting for it, or were refused for want
    /// of one; an event whose receipt was dropped counts as one.
    pub unrecorded: u64,
    /// How many audited calls and requests are running now.
    pub open_scopes: u64,
    /// How many of them the recorder keeps account of at most.
    pub scopes_max: u64,
    /// How many found no place in the account of those: `fail_closed` actions were refused, others
    /// are recorded when they end, but not by a shutdown before that.
    pub scopes_unlisted: u64,
    /// How many `write_ahead` actions are on their way: their end is not durable yet.
    pub open_intents: u64,
    /// How many of them may be at once.
    pub intents_max: u64,
    /// How many lines the mirror did not pass on.
    pub mirror_lost: u64,
    /// How many syncs of the journal failed. Their records are in a new segment, each time.
    pub sync_failures: u64,
    /// How many peers and requests on the socket `CONTROL` were refused.
    pub control_refused: u64,
}

impl Health {
    /// One JSON object on one line, with all text escaped, for a health endpoint.
    ///
    /// The reason can name files of the machine, so it is for operators and not for the public.
    pub fn to_json(&self) -> String {
        let mut json = Vec::new();
        // Numbers and texts can always be written, and memory has no end that is not final.
        _ = encode::value(&mut json, self, usize::MAX);
        String::from_utf8_lossy(&json).into_owned()
    }
}

/// The judgement on a recorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Everything is recorded.
    Green,
    /// Something was lost and counted, or a sync failed; recording goes on.
    Yellow,
    /// Something is not being recorded, or what was recorded before was found damaged.
    Red,
}

impl Status {
    /// The colour as a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Yellow => "yellow",
            Self::Red => "red",
        }
    }
}

/// What is on its way at one moment, and how much of it may be.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Levels {
    /// Events and bytes.
    pub(super) queued: (usize, usize),
    pub(super) open_scopes: usize,
    pub(super) scopes_max: usize,
    pub(super) open_intents: usize,
    pub(super) intents_max: usize,
}

/// The counters behind [`Health`].
#[derive(Debug)]
pub(super) struct Counters {
    pub(super) interruptions: Interruptions,
    pub(super) durable: AtomicU64,
    pub(super) lost: AtomicU64,
    pub(super) unrecorded: AtomicU64,
    pub(super) scopes_unlisted: AtomicU64,
    pub(super) mirror_lost: AtomicU64,
    pub(super) control_refused: AtomicU64,
    /// Why other processes cannot ask this writer, if they cannot.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    pub(super) control_flaw: OnceLock<String>,
    /// The last durable record.
    last: Mutex<Option<Appended>>,
    sync_failures: AtomicU64,
    sync_failure: Mutex<String>,
    pub(super) stopped: AtomicBool,
    /// True once a relay has been started.
    #[cfg_attr(not(feature = "rusqlite"), allow(dead_code))]
    pub(super) relayed: AtomicBool,
    /// Why the rows of a database are not relayed now, by its path.
    pub(super) unrelayed: Mutex<BTreeMap<String, String>>,
    failed: AtomicBool,
    failure: Mutex<Option<Arc<str>>>,
    /// Which epoch the start has set aside, and why.
    set_aside: OnceLock<String>,
}

impl Counters {
    /// Nothing has happened yet; the disk may take as long as `limit`.
    pub(super) fn new(limit: Duration) -> Self {
        Self {
            interruptions: Interruptions::new(limit),
            durable: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            unrecorded: AtomicU64::new(0),
            mirror_lost: AtomicU64::new(0),
            control_refused: AtomicU64::new(0),
            control_flaw: OnceLock::new(),
            last: Mutex::default(),
            scopes_unlisted: AtomicU64::new(0),
            sync_failures: AtomicU64::new(0),
            sync_failure: Mutex::default(),
            stopped: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            failure: Mutex::default(),
            set_aside: OnceLock::new(),
            relayed: AtomicBool::new(false),
            unrelayed: Mutex::default(),
        }
    }

    /// Shows how far the journal is durable.
    pub(super) fn show_durable(&self, last: Appended) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
        self.durable.store(last.seq + 1, Relaxed);
    }

    /// The last durable record.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    pub(super) fn last(&self) -> Option<Appended> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers the first failure of the journal.
    pub(super) fn fail(&self, reason: &Arc<str>) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.get_or_insert_with(|| Arc::clone(reason));
        self.failed.store(true, Relaxed);
    }

    /// Why the journal failed, if it did.
    pub(super) fn failure(&self) -> Option<Arc<str>> {
        if !self.failed.load(Relaxed) {
            return None;
        }
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.clone()
    }

    /// Says that a sync failed and its segment is left behind, and remembers it.
    pub(super) fn tell_failed_sync(&self, error: &journal::Error) {
        say::error(format_args!("a sync failed, so its segment is left for a new one: {error}"));
        let mut last = self.sync_failure.lock().unwrap_or_else(PoisonError::into_inner);
        *last = error.to_string();
        self.sync_failures.fetch_add(1, Relaxed);
    }

    /// Remembers that the journal was set aside, and says so: somebody must look at it.
    pub(super) fn report_set_aside(&self, epoch: &Epoch) {
        let Epoch { directory, reason, .. } = epoch;
        let (directory, reason) = (directory.escape_debug(), reason.escape_debug());
        let said = self.set_aside.get_or_init(|| {
            format!("the journal was set aside in {directory}, and a new epoch began: {reason}")
        });
        say::error(format_args!("{said}"));
    }

    fn unrelayed(&self) -> Option<String> {
        let unrelayed = self.unrelayed.lock().unwrap_or_else(PoisonError::into_inner);
        let (database, reason) = unrelayed.first_key_value()?;
        Some(format!("events wait in the outbox of {database}: {reason}"))
    }

    /// Judges the counters as they stand.
    pub(super) fn health(&self, levels: Levels) -> Health {
        let interruptions = &self.interruptions;
        let lost = self.lost.load(Relaxed);
        let unrecorded = self.unrecorded.load(Relaxed);
        let scopes_unlisted = self.scopes_unlisted.load(Relaxed);
        let mirror_lost = self.mirror_lost.load(Relaxed);
        let untold = unrecorded.saturating_sub(interruptions.told());
        let sync_failures = self.sync_failures.load(Relaxed);
        let (status, reason) = if let Some(failure) = self.failure() {
            (Status::Red, Some(format!("the journal failed: {failure}")))
        } else if self.stopped.load(Relaxed) {
            (Status::Red, Some("the recorder was shut down".to_owned()))
        } else if let Some(full) = interruptions.full() {
            (Status::Red, Some(full.to_string()))
        } else if let Some(silent) = interruptions.stalled() {
            let reason = format!("the disk has not answered for {} ms", silent.as_millis());
            (Status::Red, Some(reason))
        } else if let Some(reason) = self.unrelayed() {
            (Status::Red, Some(reason))
        } else if let Some(said) = self.set_aside.get() {
            (Status::Red, Some(said.clone()))
        } else if untold > 0 {
            let reason = format!("{untold} actions have no record, or none that is known of");
            (Status::Yellow, Some(reason))
        } else if lost > 0 {
            let reason = format!("{lost} events were lost; the journal says when and why");
            (Status::Yellow, Some(reason))
        } else if unrecorded > 0 {
            let reason = format!(
                "{unrecorded} actions were refused or not waited for; the journal says when and why"
            );
            (Status::Yellow, Some(reason))
        } else if sync_failures > 0 {
            let error = self.sync_failure.lock().unwrap_or_else(PoisonError::into_inner);
            let reason = format!(
                "{sync_failures} syncs failed, and the journal went on in a new segment; check the \
                 disk: {error}"
            );
            (Status::Yellow, Some(reason))
        } else if scopes_unlisted > 0 {
            let reason =
                format!("{scopes_unlisted} actions or requests were more than `scopes_max`");
            (Status::Yellow, Some(reason))
        } else if mirror_lost > 0 {
            let reason = format!("the mirror did not keep up; {mirror_lost} lines are not in it");
            (Status::Yellow, Some(reason))
        } else if let Some(flaw) = self.control_flaw.get() {
            (Status::Yellow, Some(flaw.clone()))
        } else {
            (Status::Green, None)
        };
        Health {
            reason,
            durable: self.durable.load(Relaxed),
            lost,
            unrecorded,
            scopes_unlisted,
            mirror_lost,
            sync_failures,
            control_refused: self.control_refused.load(Relaxed),
            ..levels.health(status)
        }
    }
}

impl Levels {
    /// A health of these levels, with nothing counted.
    fn health(self, status: Status) -> Health {
        Health {
            status,
            reason: None,
            durable: 0,
            queued_events: self.queued.0 as u64,
            queued_bytes: self.queued.1 as u64,
            lost: 0,
            unrecorded: 0,
            open_scopes: self.open_scopes as u64,
            scopes_max: self.scopes_max as u64,
            scopes_unlisted: 0,
            open_intents: self.open_intents as u64,
            intents_max: self.intents_max as u64,
            mirror_lost: 0,
            sync_failures: 0,
            control_refused: 0,
        }
    }
}

/// The health of a process that has no recorder at all.
pub(super) fn without_recorder(unrecorded: u64) -> Health {
    let reason = Some("no recorder is installed".to_owned());
    Health { reason, unrecorded, ..Levels::default().health(Status::Red) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_health_is_one_honest_line_of_json() {
        let counters = Counters::new(Duration::from_secs(5));
        counters.lost.store(3, Relaxed);
        let levels = Levels {
            queued: (1, 2),
            open_scopes: 4,
            scopes_max: 5,
            open_intents: 6,
            intents_max: 7,
        };
        assert_eq!(
            counters.health(levels).to_json(),
            "{\"status\":\"yellow\",\"reason\":\"3 events were lost; the journal says when and why\",\
             \"durable\":0,\"queued_events\":1,\"queued_bytes\":2,\"lost\":3,\"unrecorded\":0,\"open_scopes\":4,\"scopes_max\":5,\
             \"scopes_unlisted\":0,\"open_intents\":6,\"intents_max\":7,\"mirror_lost\":0,\"sync_failures\":0,\"control_refused\":0}"
        );
        counters.fail(&"a\"b\n\u{1b}[2J\u{202e}".into());
        let json = counters.health(Levels::default()).to_json();
        assert!(json.starts_with("{\"status\":\"red\","), "{json}");
        assert!(
            json.contains("a\\\"b\\n") && !json.contains(['\n', '\u{1b}', '\u{202e}']),
            "{json}"
        );
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read["reason"], "the journal failed: a\"b\n\u{1b}[2J\u{202e}");
    }
}
