//! The alert that an anchor keeps no checkpoints, or speaks against the journal: once for each time that it does.

use std::sync::atomic::Ordering::Relaxed;

use audit_anchor::{Status, Turn};

use super::Committer;
use crate::event::{Event, Severity};
use crate::recorder::alert;
use crate::say;

impl Committer<'_> {
    /// Looks at the anchors, as soon as there is room for what is to be told of them.
    pub(super) fn tell_anchors(&mut self) {
        if self.journal.full().is_some() || self.shared.counters.failure().is_some() {
            return;
        }
        let durable = self.shared.counters.durable.load(Relaxed);
        let turns = self.shared.anchors.look(durable);
        for turn in &turns {
            let (anchor, alert) = match turn {
                Turn::Stale(anchor) => (anchor, stale(anchor)),
                Turn::Contradicts(anchor) => (anchor, contradicting(anchor)),
                Turn::Back(Status { name, .. }) => {
                    say::warning(format_args!("the anchor `{name}` keeps checkpoints again"));
                    continue;
                }
            };
            say::error(format_args!("{}", anchor.trouble().unwrap_or_default()));
            self.stage_own(&alert);
        }
        if !turns.is_empty() {
            self.settle();
        }
    }
}

/// Why it fails may be the words of another machine, so the record leaves that to the health.
fn stale(Status { name, age_s, .. }: &Status) -> Event {
    let title = format!(
        "The anchor `{name}` has had no checkpoint of the audit journal for {age_s} seconds"
    );
    let remediation = [
        "Run `audited health` on the machine: it says why.",
        "Mend the anchor, or the way to it; it is given the newest checkpoint by itself then.",
        "Until then nobody can tell whether the records since were rewritten by who holds the machine and its key.",
    ];
    alert::raised(title, Severity::High, remediation)
}

fn contradicting(Status { name, .. }: &Status) -> Event {
    let title =
        format!("The anchor `{name}` has a checkpoint that speaks against the audit journal");
    let remediation = [
        "Keep the machine and a copy of the journal as they are.",
        "Run `audited health` for what the anchor has, and `audited verify` with its checkpoints.",
        "Find out whether a backup was restored, or who has rolled the journal back.",
    ];
    alert::raised(title, Severity::Critical, remediation)
}
