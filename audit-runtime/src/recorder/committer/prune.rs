//! Prunes the journal where another process has asked for it.

use audit_journal::Error;

use super::Committer;
use crate::say;

impl Committer<'_> {
    /// Does what was asked for, between two batches.
    pub(super) fn prune(&mut self) {
        let Some(asked) = self.shared.pruning.take() else {
            return;
        };
        let begun = self.shared.commits.begin();
        let outcome = asked.prune.apply(&mut self.journal, &asked.by);
        self.tell_failed_sync();
        match &outcome {
            Ok(pruned) if pruned.seq.is_none() => {}
            Ok(pruned) => {
                let committed = self.journal.committed();
                self.shared.commits.end(begun, committed.next_seq - committed.first_seq);
                self.show();
                self.pass_on();
                say::warning(format_args!(
                    "the records {} to {} of the journal were pruned, for {}",
                    pruned.first_seq, pruned.last_seq, asked.by
                ));
            }
            Err(Error::Full { .. }) => {
                self.show();
                self.pass_on();
            }
            // A look that failed has changed nothing; what else failed is final.
            Err(_) => {
                if let Err(Error::Poisoned { cause }) = self.journal.would_prune(0) {
                    self.fail(&cause.into());
                }
            }
        }
        self.shared.pruning.finish();
        asked.settle(outcome);
        self.sign_due();
    }
}
