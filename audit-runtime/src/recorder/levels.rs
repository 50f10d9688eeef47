//! What of the health is true at one moment, and counted nowhere.

use std::sync::atomic::Ordering::Relaxed;

use audit_anchor::Status as Anchored;

use super::Shared;
use super::health::{Health, Status};
use super::intents::INTENTS_MAX;

/// What is on its way at one moment, and how much of it may be.
#[derive(Clone, Debug, Default)]
pub(super) struct Levels {
    /// Events and bytes.
    pub(super) queued: (usize, usize),
    pub(super) open_scopes: usize,
    pub(super) scopes_max: usize,
    pub(super) open_intents: usize,
    pub(super) intents_max: usize,
    /// Values that could not be sealed.
    pub(super) unsealed: u64,
    pub(super) anchors: Vec<Anchored>,
}

impl Shared {
    /// How the recorder fares.
    pub(super) fn health(&self) -> Health {
        self.counters.health(Levels {
            queued: self.queue.depth(),
            open_scopes: self.scopes.len(),
            scopes_max: self.scopes.max(),
            open_intents: self.intents.len(),
            intents_max: INTENTS_MAX,
            unsealed: self.redactor.unsealed(),
            anchors: self.anchors.statuses(self.counters.durable.load(Relaxed)),
        })
    }
}

impl Levels {
    /// A health of these levels, with nothing counted.
    pub(super) fn health(self, status: Status) -> Health {
        let confirming = || self.anchors.iter().filter(|anchor| anchor.confirms);
        Health {
            status,
            reason: None,
            alarm: None,
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
            unsealed: self.unsealed,
            mirror_lost: 0,
            sync_failures: 0,
            control_refused: 0,
            summarised: 0,
            signed_size: 0,
            unsigned: None,
            anchored_size: confirming().filter_map(|anchor| anchor.size).max(),
            anchor_age_s: confirming().map(|anchor| anchor.age_s).min(),
            anchors: self.anchors.clone(),
        }
    }

    /// What an anchor has that speaks against the journal.
    pub(super) fn contradiction(&self) -> Option<String> {
        self.anchors.iter().find(|anchor| anchor.contradicts)?.trouble()
    }

    pub(super) fn stale(&self) -> Option<String> {
        self.anchors.iter().find(|anchor| anchor.is_stale)?.trouble()
    }
}
