//! The steps of a living writer, and what each must answer.

use audit_runtime::OnDamage;
use audit_runtime::journal::{BODY_BYTES_MAX, EpochState, Error, Journal, Refusal, verify_epochs};

use super::expect::is_serious;
use super::line;
use super::oracle::Entry;
use super::steps::{Displaced, Flaw, Step};
use super::world::World;
use crate::disk::Fault;

/// How far the wall clock may differ from the monotonic one before it is recorded.
const JUMP_NS_MAX: u64 = 5_000_000_000;

impl World {
    pub(super) fn append(&mut self, length: usize) -> Result<(), String> {
        let body = self.next_body(length);
        let is_full = self.journal().full().is_some();
        match self.journal().append(body.as_bytes()) {
            Ok(()) if !is_full => self.push(Entry::Body(body)),
            Err(Error::Full { .. }) if is_full => {}
            outcome => return Err(format!("full: {is_full}, and an append gives {outcome:?}")),
        }
        Ok(())
    }

    pub(super) fn append_refused(&mut self, flaw: Flaw) -> Result<(), String> {
        let long = "x".repeat(BODY_BYTES_MAX);
        let (body, refusal) = match flaw {
            Flaw::Empty => (Vec::new(), Refusal::Empty),
            Flaw::TooLong => {
                let body = format!("\"number\":\"{long}\"").into_bytes();
                let bytes = body.len();
                (body, Refusal::TooLong { bytes })
            }
            Flaw::Newline => {
                (b"\"number\":\n1".to_vec(), Refusal::Control { byte: b'\n', offset: 9 })
            }
            Flaw::NotUtf8 => (b"\"number\":\"\xff\"".to_vec(), Refusal::NotUtf8 { offset: 10 }),
            Flaw::NotMembers => (b"number".to_vec(), Refusal::NotMembers { offset: 0 }),
            Flaw::Reserved => {
                (b"\"number\":1,\"seq\":1".to_vec(), Refusal::Reserved { name: "seq" })
            }
        };
        let is_full = self.journal().full().is_some();
        match self.journal().append(&body) {
            Err(Error::Refused(found)) if found == refusal && !is_full => Ok(()),
            Err(Error::Full { .. }) if is_full => Ok(()),
            outcome => Err(format!("{refusal:?} is due, and an append gives {outcome:?}")),
        }
    }

    pub(super) fn commit(&mut self) -> Result<(), String> {
        let was_full = self.journal().full().is_some();
        let has_segment = self.oracle.segment_length() > 0 && !self.rotation.may_begin_segment();
        self.take_met();
        let outcome = self.journal().commit().map(|_| ());
        let met = self.take_met();
        let serious: Vec<Fault> = met.iter().copied().filter(is_serious).collect();
        let has_become_full = !was_full && self.journal().full().is_some();
        if has_become_full && !met.contains(&Fault::Room) {
            return Err(format!("the disk had room, and the writer is full: {met:?}"));
        }
        let is_mended = matches!(serious[..], [Fault::Sync(_)]) && has_segment;
        if outcome.is_err() && (serious.is_empty() || is_mended) && !self.disk.has_stopped() {
            return Err(format!("a commit has met {met:?} and gives {outcome:?}"));
        }
        match outcome {
            Ok(()) => {
                let mut due = std::mem::take(&mut self.oracle.staged);
                due.extend(has_become_full.then_some(Entry::Full));
                self.settle(&due)?;
                self.sign()
            }
            Err(Error::Full { .. }) if self.journal().full().is_some() => {
                self.oracle.staged.clear();
                self.looked = self.before_jump.take().or(self.looked);
                self.oracle.count("given up");
                if has_become_full && self.has_committed() {
                    return self.settle(&[Entry::Full]);
                }
                if serious.iter().any(|fault| matches!(fault, Fault::Sync(_))) {
                    self.rotation.may_give_up_after_failed_sync();
                }
                Ok(())
            }
            Err(error) => self.break_down(&error, &["JournalFull"]),
        }
    }

    /// Takes what the last call has made durable.
    pub(super) fn settle(&mut self, entries: &[Entry]) -> Result<(), String> {
        let Some(journal) = &self.journal else { return Ok(()) };
        if entries.is_empty() {
            return Ok(());
        }
        let committed = journal.committed();
        let first = line::all(committed.lines).first().cloned().unwrap_or_default();
        let reason = match journal.failed_sync() {
            Some(_) => Some("sync_failed"),
            None => self.rotation.reason(&first),
        };
        self.oracle.settle(&committed, reason, entries)?;
        self.before_jump = None;
        self.rotation.settle(&self.oracle, &self.clocks);
        let durable = (journal.watermark().durable(), journal.next_seq());
        match durable == (self.oracle.next(), self.oracle.next()) {
            true => Ok(()),
            false => Err(format!("{durable:?} records are durable, of {}", self.oracle.next())),
        }
    }

    /// The writer has failed: it takes nothing more, and its process goes on without it or ends.
    pub(super) fn break_down(
        &mut self,
        error: &Error,
        more: &[&'static str],
    ) -> Result<(), String> {
        self.oracle.doubt(more);
        self.oracle.count("broken");
        let again = [self.journal().append(b"\"number\":0"), self.journal().commit().map(|_| ())];
        if !again.iter().all(|outcome| matches!(outcome, Err(Error::Poisoned { .. }))) {
            return Err(format!("a writer goes on after {error}: {again:?}"));
        }
        if self.disk.has_stopped() {
            return self.end_process(self.end);
        }
        self.journal = None;
        self.see()?;
        self.check()
    }

    pub(super) fn tick(&mut self) -> Result<(), String> {
        self.take_met();
        let outcome = self.journal().tick();
        let met = self.take_met();
        if let Err(error) = outcome {
            return match met.iter().any(is_serious) {
                true => self.break_down(&error, &[]),
                false => Err(format!("a tick has met {met:?} and gives {error}")),
            };
        }
        if self.journal().full().is_none() {
            self.see_clocks();
            self.see_idle();
        }
        self.check_signed(&met)?;
        if self.disk.has_stopped() {
            // It died while it removed what is pruned.
            self.end_process(self.end)?;
        }
        Ok(())
    }

    pub(super) fn watch_clock(&mut self) {
        self.journal().watch_clock();
        if self.journal().full().is_none() {
            self.see_clocks();
        }
    }

    /// What a look at the clocks must have staged.
    fn see_clocks(&mut self) {
        let now = self.clocks.both();
        if let Some(before) = self.looked.replace(now) {
            let passed = i64::try_from(now.1 - before.1).unwrap();
            let jump = now.0 - before.0 - passed;
            if jump.unsigned_abs() > JUMP_NS_MAX {
                self.before_jump.get_or_insert(before);
                self.push(Entry::Clock(jump));
            }
        }
    }

    /// What a look at the time without records must have staged.
    fn see_idle(&mut self) {
        let (durable, now) = (self.oracle.next(), self.clocks.both().1);
        let since = self.recorded.filter(|(seen, _)| *seen == durable).map_or(now, |seen| seen.1);
        self.recorded = Some((durable, since));
        let idle = now - since;
        if u128::from(idle) >= self.options.heartbeat.as_nanos() && self.oracle.staged.is_empty() {
            self.push(Entry::Heartbeat(idle));
        }
    }

    pub(super) fn resume(&mut self, lost: u64, unrecorded: u64) -> Result<(), String> {
        let was_full = self.journal().full().is_some();
        self.take_met();
        let outcome = self.journal().resume(lost, unrecorded);
        let met = self.take_met();
        let is_hindered = met.iter().any(is_serious) || self.disk.has_stopped();
        match outcome {
            Ok(false) if self.disk.has_stopped() => {
                self.oracle.doubt(&["JournalResumed"]);
                self.end_process(self.end)
            }
            Ok(false) if !was_full => Ok(()),
            // A sync has failed, and the new segment has room for the record of that alone.
            Ok(false) if is_hindered && self.has_committed() => self.settle(&[Entry::Full]),
            Ok(false) if is_hindered => {
                self.rotation.look_if_room(&self.oracle, &self.clocks);
                if met.iter().any(|fault| matches!(fault, Fault::Sync(_))) {
                    self.rotation.may_give_up_after_failed_sync();
                }
                Ok(())
            }
            Ok(true) if was_full => {
                self.rotation.look(&self.oracle, &self.clocks);
                let mut due = vec![Entry::Resumed(lost, unrecorded)];
                // A new segment after a failed sync may find room in the reserve only.
                due.extend(self.journal().full().is_some().then_some(Entry::Full));
                self.settle(&due)
            }
            Err(error) if is_hindered => self.break_down(&error, &["JournalResumed"]),
            outcome => Err(format!("full: {was_full}, met {met:?}, and resume gives {outcome:?}")),
        }
    }

    fn has_committed(&mut self) -> bool {
        let committed = self.journal().committed();
        committed.next_seq > committed.first_seq
    }

    /// Closes the journal in order, if that goes, and lets the next writer open it.
    pub(super) fn restart(&mut self) -> Result<(), String> {
        if let Err(error) = self.journal().stop() {
            return Err(format!("a writer that lives cannot stop: {error}"));
        }
        self.push(Entry::Stop);
        self.commit()?;
        let Some(journal) = self.journal.take() else { return Ok(()) };
        // A full disk may not have had room for the record of the end.
        let is_stopped = self.oracle.settled.last().map(|line| line::action(line))
            == Some("JournalStop".to_owned());
        if is_stopped {
            journal.close().map_err(|error| format!("a stopped writer cannot close: {error}"))?;
        } else {
            drop(journal);
        }
        self.see()?;
        self.check()?;
        self.open().map(|_| ())
    }

    /// Takes a file away under the writer, which must find that out at its next look.
    pub(super) fn displace(&mut self, step: &Step) -> Result<(), String> {
        let Step::Displace { file, by_copy, appends, is_put_back } = *step else { return Ok(()) };
        if !self.come_to_rest()? {
            return Ok(());
        }
        let last = self.oracle.segment_start().unwrap_or(0) as u64;
        let name = match file {
            Displaced::Segment => line::segment(last),
            Displaced::Watermark => "WATERMARK".to_owned(),
            Displaced::Lock => "LOCK".to_owned(),
        };
        self.watched.send_away(true);
        match self.disk.file(&name).filter(|_| by_copy) {
            Some(bytes) => self.disk.put(&name, &bytes),
            None => self.disk.remove(&name),
        }
        // Nothing is staged, so this tells whether the next record stays in this file.
        self.rotation.look(&self.oracle, &self.clocks);
        // Without its lock a writer writes nothing more.
        let is_locked = !matches!(file, Displaced::Lock);
        let is_astray = appends && is_locked && self.rotation.due.is_none();
        if is_astray {
            self.append(10)?;
            self.commit()?;
        }
        match self.journal().tick() {
            Err(Error::Displaced { name: found, .. }) if found == name => {}
            outcome => return Err(format!("{name} was taken away, and a tick gives {outcome:?}")),
        }
        self.oracle.count("displaced");
        if is_put_back {
            self.disk.put_back(&name);
        }
        let is_damaged = matches!(file, Displaced::Segment) && (is_astray || !by_copy);
        self.is_lost = is_damaged && !is_put_back;
        self.break_down(&Error::Displaced { journal: String::new(), name }, &[])?;
        match self.is_lost {
            true => self.refuse_loss(),
            false => {
                self.watched.send_away(false);
                Ok(())
            }
        }
    }

    /// Commits what is staged, with nothing in the way; false if the writer has none left to lose.
    fn come_to_rest(&mut self) -> Result<bool, String> {
        self.disk.mend();
        self.disk.leave(None);
        self.disk.stop_at(u64::MAX);
        self.resume(0, 0)?;
        if self.journal.is_some() {
            self.commit()?;
        }
        Ok(self.journal.is_some())
    }

    /// Acknowledged records are gone: a start refuses, changes nothing, and sets it aside if asked to.
    fn refuse_loss(&mut self) -> Result<(), String> {
        self.is_forgotten = false;
        let before = self.disk.contents("");
        if self.open()? || self.is_over {
            return Ok(());
        }
        if self.disk.contents("") != before {
            return Err("a refused journal was changed".into());
        }
        self.options.on_damage = OnDamage::NewEpoch;
        Ok(())
    }

    /// The journal has been set aside for the loss, unless nothing tells of it any more.
    pub(super) fn go_on_after_loss(&mut self, journal: &Journal) -> Result<(), String> {
        self.is_lost = false;
        self.options.on_damage = OnDamage::Refuse;
        self.watched.send_away(false);
        // What a failed sync left in the segment before may stand in for what was taken away.
        let is_unnoticed = self.is_forgotten || self.has_failed_sync;
        if is_unnoticed && journal.origin() == self.origin() {
            self.oracle.count("loss without a trace");
            self.is_over = true;
            return Ok(());
        }
        self.oracle.begin_epoch();
        self.signing.begin_epoch();
        self.oracle.count("epoch");
        self.epochs += 1;
        let older = verify_epochs(&self.disk.outside());
        let older = older.map_err(|error| format!("the epochs cannot be verified: {error}"))?;
        let are_unchanged = older.iter().all(|epoch| epoch.state == EpochState::Unchanged)
            // What a failed sync left in memory was read for them, and a power cut takes it.
            || self.has_failed_sync;
        match older.len() as u64 == self.epochs
            && are_unchanged
            && journal.origin() == self.origin()
        {
            true => Ok(()),
            false => Err(format!("{} after {older:#?}", journal.origin())),
        }
    }

    /// What the journal is called, by the epochs that have been set aside.
    fn origin(&self) -> String {
        match self.epochs {
            0 => "model/simulation".to_owned(),
            number => format!("model/simulation#{number}"),
        }
    }
}
