//! Pruning: what must go, what a fault leaves, and that a record says so first.

use audit_runtime::journal::{Error, Prune};

use super::expect::is_serious;
use super::line;
use super::oracle::Entry;
use super::world::World;

impl World {
    /// Prunes what stands before the record that is so many before the end.
    pub(super) fn prune(&mut self, back: u64) -> Result<(), String> {
        self.commit()?;
        if self.journal.is_none() || self.is_over {
            return Ok(());
        }
        let before_seq = self.oracle.next().saturating_sub(back);
        let due = self.due(before_seq);
        let was_full = self.journal().full().is_some();
        self.take_met();
        let asked = Prune { before_seq, asked_by: "model".into(), reason: "a step".into() };
        let outcome = self.journal().prune(&asked);
        let met = self.take_met();
        let is_hindered = met.iter().any(is_serious) || self.disk.has_stopped();
        let left_over = self.journal().left_over();
        if left_over > 0 {
            self.oracle.count("left over");
        }
        match (outcome, due) {
            (Ok(told), Some(due)) => {
                let entry = Entry::Pruned(told.first_seq, told.last_seq, told.h);
                if entry != due || told.asked_by != "model" {
                    return Err(format!("{entry:?} was pruned, where {due:?} is due"));
                }
                self.rotation.due.get_or_insert("prune");
                let mut entries = vec![entry];
                let has_become_full = !was_full && self.journal().full().is_some();
                entries.extend(has_become_full.then_some(Entry::Full));
                self.settle(&entries)?;
                if self.disk.has_stopped() { self.end_process(self.end) } else { self.sign() }
            }
            (Err(Error::Kept { .. }), None) => Ok(()),
            // Nothing goes that could not be sealed.
            (Err(Error::Kept { .. }), Some(_))
                if self.has_no_tiles() && !self.disk.has_stopped() =>
            {
                Ok(())
            }
            (Err(Error::Full { .. }), Some(_)) if is_hindered || was_full => {
                self.rotation.due.get_or_insert("prune");
                let committed = self.journal().committed();
                if !was_full && committed.next_seq > committed.first_seq {
                    return self.settle(&[Entry::Full]);
                }
                Ok(())
            }
            (Err(error), _) if is_hindered => {
                self.oracle.count("pruned before a fault");
                let again = self.journal().would_prune(0);
                if matches!(again, Err(Error::Poisoned { .. })) {
                    return self.break_down(&error, &["JournalPruned", "JournalFull"]);
                }
                // Nothing was begun, but the process may have died over what was left to be removed.
                if self.disk.has_stopped() { self.end_process(self.end) } else { Ok(()) }
            }
            (outcome, due) => Err(format!(
                "a pruning has met {met:?} and gives {outcome:?}, where {due:?} is due"
            )),
        }
    }

    /// What must be pruned: whole segments, from the first that is kept, and never the last.
    fn due(&self, before_seq: u64) -> Option<Entry> {
        let lines = &self.oracle.settled;
        let first = line::kept_from(lines);
        let is_header = |seq: &u64| {
            let line = usize::try_from(*seq).ok().and_then(|seq| lines.get(seq));
            line.is_some_and(|line| line::action(line) == line::HEADER)
        };
        let kept = (first + 1..=before_seq).rev().find(is_header)?;
        let last = lines.get(usize::try_from(kept - 1).ok()?)?;
        Some(Entry::Pruned(first, kept - 1, line::hash(last)))
    }
}
