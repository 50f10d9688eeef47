//! What becomes of the anchors at a shutdown.

use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use super::Owner;
use crate::say;

/// How long a shutdown waits for anchors to have the last checkpoint.
const DEADLINE: Duration = Duration::from_secs(3);

impl Owner {
    /// Has the anchors given the last checkpoint, and says which have not taken it in time: the journal is closed by now.
    pub(super) fn finish_anchors(&self, due: Option<Instant>) {
        let left = due.map_or(DEADLINE, |due| due.saturating_duration_since(Instant::now()));
        self.shared.anchors.finish(left.min(DEADLINE));
        let durable = self.shared.counters.durable.load(Relaxed);
        for anchor in self.shared.anchors.statuses(durable) {
            let size = anchor.size.unwrap_or(0);
            if size < durable {
                let (name, why) =
                    (anchor.name, anchor.failure.unwrap_or_else(|| "it took too long".into()));
                say::warning(format_args!(
                    "the anchor `{name}` has {size} of {durable} records at the end: {why}"
                ));
            }
        }
    }
}
