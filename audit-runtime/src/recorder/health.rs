//! The recorder's health: what it has recorded, what it could not, and since when.

mod signing;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use audit_journal::{self as journal, Appended, Epoch, encode};
use serde::Serialize;

use super::interruption::Interruptions;
use super::levels::Levels;
use crate::say;
use signing::Signing;

/// How a recorder fares, at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// The judgement.
    pub status: Status,
    /// Why the status is not green.
    pub reason: Option<String>,
    /// What that is about, if the status is red.
    pub alarm: Option<RedAlarm>,
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
    /// How many values were to be sealed and are hidden, because there was no key, or it could not be
    /// had.
    pub unsealed: u64,
    /// How many lines the mirror did not pass on.
    pub mirror_lost: u64,
    /// How many syncs of the journal failed. Their records are in a new segment, each time.
    pub sync_failures: u64,
    /// How many peers and requests on the socket `CONTROL` were refused.
    pub control_refused: u64,
    /// How many events of strangers were counted in place of written, because they came in a flood; the
    /// records `AccessFlood`, `DenialFlood` and `LoginFlood` tell of them.
    pub summarised: u64,
    /// How many records the newest signed checkpoint vouches for; 0 if the journal is not signed.
    pub signed_size: u64,
    /// Why no checkpoint can be signed or written now, if so.
    pub unsigned: Option<String>,
    /// How many records the largest checkpoint vouches for that an anchor has confirmed to this process; `None` if none has.
    pub anchored_size: Option<u64>,
    /// For how many seconds there have been durable records that no anchor which confirms has a checkpoint of; 0 if it has all,
    /// `None` without such an anchor.
    pub anchor_age_s: Option<u64>,
    /// How each anchor fares.
    pub anchors: Vec<audit_anchor::Status>,
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

/// What a red health is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RedAlarm {
    /// The journal takes no records.
    Unrecorded,
    /// Events wait in the outbox of a database, and the journal takes others.
    Unrelayed,
    /// The start has set the journal aside for damage; the new epoch takes records.
    SetAside,
    /// An anchor has what speaks against the journal, which takes records.
    Contradicted,
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
    pub(super) summarised: AtomicU64,
    /// Why other processes cannot ask this writer, if they cannot.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    pub(super) control_flaw: OnceLock<String>,
    pub(super) signing: Signing,
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
            summarised: AtomicU64::new(0),
            control_flaw: OnceLock::new(),
            signing: Signing::default(),
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
        let contradiction = || Some((RedAlarm::Contradicted, levels.contradiction()?));
        let (alarm, alarming) = self.alarm().or_else(contradiction).unzip();
        let (status, reason) = match alarming {
            Some(reason) => (Status::Red, Some(reason)),
            None => match self.loss().or_else(|| self.shortcoming(&levels)) {
                Some(reason) => (Status::Yellow, Some(reason)),
                None => (Status::Green, None),
            },
        };
        Health {
            reason,
            alarm,
            durable: self.durable.load(Relaxed),
            lost: self.lost.load(Relaxed),
            unrecorded: self.unrecorded.load(Relaxed),
            scopes_unlisted: self.scopes_unlisted.load(Relaxed),
            mirror_lost: self.mirror_lost.load(Relaxed),
            sync_failures: self.sync_failures.load(Relaxed),
            control_refused: self.control_refused.load(Relaxed),
            summarised: self.summarised.load(Relaxed),
            signed_size: self.signing.size(),
            unsigned: self.signing.unsigned(),
            ..levels.health(status)
        }
    }

    /// Why something is not being recorded, or what was recorded before was found damaged.
    fn alarm(&self) -> Option<(RedAlarm, String)> {
        let set_aside = || Some((RedAlarm::SetAside, self.set_aside.get()?.clone()));
        let unrelayed = || Some((RedAlarm::Unrelayed, self.unrelayed()?));
        let unrecorded = self.unrecorded().map(|reason| (RedAlarm::Unrecorded, reason));
        unrecorded.or_else(unrelayed).or_else(set_aside)
    }

    /// Why the journal takes no records.
    fn unrecorded(&self) -> Option<String> {
        if let Some(failure) = self.failure() {
            return Some(format!("the journal failed: {failure}"));
        }
        if self.stopped.load(Relaxed) {
            return Some("the recorder was shut down".to_owned());
        }
        if let Some(full) = self.interruptions.full() {
            return Some(full.to_string());
        }
        let silent = self.interruptions.stalled()?;
        Some(format!("the disk has not answered for {} ms", silent.as_millis()))
    }

    /// What was not recorded, and that a sync failed.
    fn loss(&self) -> Option<String> {
        let (lost, unrecorded) = (self.lost.load(Relaxed), self.unrecorded.load(Relaxed));
        let untold = unrecorded.saturating_sub(self.interruptions.told());
        if untold > 0 {
            return Some(format!("{untold} actions have no record, or none that is known of"));
        }
        if lost > 0 {
            return Some(format!("{lost} events were lost; the journal says when and why"));
        }
        if unrecorded > 0 {
            return Some(format!(
                "{unrecorded} actions were refused or not waited for; the journal says when and why"
            ));
        }
        let sync_failures = self.sync_failures.load(Relaxed);
        (sync_failures > 0).then(|| {
            let error = self.sync_failure.lock().unwrap_or_else(PoisonError::into_inner);
            format!(
                "{sync_failures} syncs failed, and the journal went on in a new segment; check the \
                 disk: {error}"
            )
        })
    }

    /// What else is not as it should be, although everything is recorded.
    fn shortcoming(&self, levels: &Levels) -> Option<String> {
        let (unlisted, unsealed) = (self.scopes_unlisted.load(Relaxed), levels.unsealed);
        if unlisted > 0 {
            return Some(format!("{unlisted} actions or requests were more than `scopes_max`"));
        }
        if unsealed > 0 {
            return Some(format!(
                "{unsealed} values were to be sealed and are hidden for good, as no key could be had; \
                 make one with `audited keys new`, and restart the service"
            ));
        }
        let mirror_lost = self.mirror_lost.load(Relaxed);
        if mirror_lost > 0 {
            return Some(format!("the mirror did not keep up; {mirror_lost} lines are not in it"));
        }
        let signing = self.signing.shortcoming();
        signing.or_else(|| levels.stale()).or_else(|| self.control_flaw.get().cloned())
    }
}

/// The health of a process that has no recorder at all.
pub(super) fn without_recorder(unrecorded: u64) -> Health {
    let reason = Some("no recorder is installed".to_owned());
    let alarm = Some(RedAlarm::Unrecorded);
    Health { reason, alarm, unrecorded, ..Levels::default().health(Status::Red) }
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
            unsealed: 8,
            anchors: Vec::new(),
        };
        assert_eq!(
            counters.health(levels).to_json(),
            "{\"status\":\"yellow\",\"reason\":\"3 events were lost; the journal says when and why\",\"alarm\":null,\
             \"durable\":0,\"queued_events\":1,\"queued_bytes\":2,\"lost\":3,\"unrecorded\":0,\"open_scopes\":4,\"scopes_max\":5,\
             \"scopes_unlisted\":0,\"open_intents\":6,\"intents_max\":7,\"unsealed\":8,\"mirror_lost\":0,\"sync_failures\":0,\"control_refused\":0,\"summarised\":0,\"signed_size\":0,\"unsigned\":null,\"anchored_size\":null,\"anchor_age_s\":null,\"anchors\":[]}"
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
        assert_eq!(read["alarm"], "unrecorded");
    }
}
