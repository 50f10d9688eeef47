//! A disk with a journal and its writer, readers beside it, and the naive model: takes the steps and compares.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use audit_runtime::OnDamage;
use audit_runtime::journal::{Error, Journal, Options, Reader};

use super::expect::{Rotation, is_serious};
use super::line;
use super::oracle::{Entry, Oracle};
use super::readers::Watched;
use super::signing::Signing;
use super::steps::{End, Setup, Step};
use super::time::{Clocks, Counted};
use crate::disk::{Disk, Fault, Keep, Lie};
use crate::random::Random;

/// Everything that a schedule acts on.
pub(super) struct World {
    pub(super) disk: Disk,
    pub(super) watched: Watched,
    pub(super) clocks: Arc<Clocks>,
    pub(super) options: Options,
    pub(super) journal: Option<Journal>,
    pub(super) oracle: Oracle,
    pub(super) signing: Signing,
    pub(super) rotation: Rotation,
    /// Both clocks when the writer last looked at them.
    pub(super) looked: Option<(i64, u64)>,
    /// Both clocks before a jump whose record is staged: if that is given up, the jump is seen again.
    pub(super) before_jump: Option<(i64, u64)>,
    /// How much was durable when that last changed, and the monotonic clock then.
    pub(super) recorded: Option<(u64, u64)>,
    /// How the process ends that comes to its end in the middle of a call.
    pub(super) end: End,
    /// How many epochs have been set aside.
    pub(super) epochs: u64,
    /// Acknowledged records were taken away, and the journal is refused until it is set aside.
    pub(super) is_lost: bool,
    /// WATERMARK, which is not synced, may be as old as the start that wrote it.
    pub(super) is_forgotten: bool,
    /// Bytes that are read back may not be on disk, also in an epoch that was set aside.
    pub(super) has_failed_sync: bool,
    /// Nothing told of the loss, so that there is nothing to hold the journal against.
    pub(super) is_over: bool,
    appended: u64,
    /// What the headers say is open: the number of the step.
    open: Arc<AtomicU64>,
}

impl World {
    pub(super) fn new(setup: &Setup, lie: Lie, signs: bool, random: &mut Random) -> Self {
        let disk = Disk::new(setup.sector, lie, random.next());
        disk.write_behind();
        let clocks = Arc::new(Clocks::new());
        let open = Arc::new(AtomicU64::new(0));
        let stated = Arc::clone(&open);
        let options = Options {
            origin: Some("model/simulation".to_owned()),
            segment_bytes_max: setup.segment_bytes_max,
            segment_age_max: setup.segment_age_max,
            reserve_bytes: setup.reserve_bytes,
            heartbeat: setup.heartbeat,
            clock: Arc::<Clocks>::clone(&clocks),
            entropy: Arc::new(Counted::default()),
            // The intent stands nowhere, so that nothing is kept for it.
            open: Arc::new(move || {
                let step = stated.load(Ordering::Relaxed);
                format!("[{{\"seq\":{},\"step\":{step}}}]", u64::MAX).into_bytes()
            }),
            retention_days_min: 0,
            ..Options::default()
        };
        let mut world = Self {
            watched: Watched::over(&disk, Random::of(random.next())),
            signing: Signing::of(signs),
            rotation: Rotation::of(setup),
            disk,
            clocks,
            options,
            journal: None,
            oracle: Oracle::default(),
            looked: None,
            before_jump: None,
            recorded: None,
            end: End::Kill,
            epochs: 0,
            is_lost: false,
            is_forgotten: false,
            has_failed_sync: false,
            is_over: false,
            appended: 0,
            open,
        };
        world.sign_with_newest();
        world
    }

    /// Takes one step, and compares what is there then.
    pub(super) fn take(&mut self, number: usize, step: &Step) -> Result<(), String> {
        if self.is_over {
            return Ok(());
        }
        self.open.store(number as u64, Ordering::Relaxed);
        self.oracle.begin_step(number as u64);
        match *step {
            Step::Pass(ms) => self.clocks.pass(ms),
            Step::Jump(ms) => self.clocks.jump(ms),
            Step::Meet(calls, fault) => self.disk.plan(calls, fault),
            Step::Leave(bytes) => self.disk.leave(bytes),
            Step::EndAt(change, end) => {
                self.end = end;
                self.disk.stop_at(change);
            }
            Step::End(end) => self.end(end)?,
            Step::Follow(back) if !self.is_interrupted() => {
                self.watched.follow(self.oracle.next().saturating_sub(back))?;
            }
            Step::Follow(_) => {}
            Step::NewKey => self.change_key(),
            Step::Spoil(spoilt) => self.spoil(spoilt)?,
            _ if self.journal.is_none() && !self.open()? => {}
            Step::Append(length) => self.append(length)?,
            Step::Refused(flaw) => self.append_refused(flaw)?,
            Step::Commit => self.commit()?,
            Step::Tick => self.tick()?,
            Step::WatchClock => self.watch_clock(),
            Step::Prune(back) => self.prune(back)?,
            Step::Resume(lost, unrecorded) => self.resume(lost, unrecorded)?,
            Step::Restart => self.restart()?,
            Step::Displace { .. } => self.displace(step)?,
        }
        self.see()?;
        match step {
            Step::Commit | Step::Resume(..) | Step::Prune(_) => self.check(),
            _ => Ok(()),
        }
    }

    /// Ends all that hinders, and lets a last writer find what is there.
    pub(super) fn finish(&mut self) -> Result<(), String> {
        if self.is_over {
            return Ok(());
        }
        self.disk.mend();
        self.disk.leave(None);
        self.end(End::PowerCut(Keep::Any))?;
        if !self.open()? {
            if self.is_over {
                return Ok(());
            }
            return Err("the journal does not open although nothing hinders".into());
        }
        self.restart()?;
        self.check()
    }

    pub(super) fn journal(&mut self) -> &mut Journal {
        self.journal.as_mut().unwrap()
    }

    pub(super) fn next_body(&mut self, length: usize) -> String {
        let body = format!("\"number\":{},\"fill\":\"{}\"", self.appended, "x".repeat(length));
        self.appended += 1;
        body
    }

    /// The faults that were met since this was last asked.
    pub(super) fn take_met(&mut self) -> Vec<Fault> {
        let met = self.disk.take_met();
        self.has_failed_sync |= met.iter().any(|fault| matches!(fault, Fault::Sync(_)));
        met
    }

    /// Opens the journal; false if it is refused for a good reason.
    pub(super) fn open(&mut self) -> Result<bool, String> {
        let (before, signed) = (self.last_segment(), self.before_start());
        self.take_met();
        // Before a start has published WATERMARK, which a power cut leaves behind, it holds LOCK already: what was
        // signed past that then looks to others as if it was gone.
        self.watched.trust(Vec::new());
        let opened = Journal::open(Arc::new(self.watched.clone()), self.options.clone());
        self.watched.trust(self.signing.verifiers());
        let met = self.take_met();
        if met.iter().any(|fault| matches!(fault, Fault::Sync(_))) {
            self.forget_unfirm()?;
            self.is_forgotten = true;
        }
        let journal = match opened {
            Ok(journal) => journal,
            Err(error) => {
                self.check_refusal(&error, &met)?;
                self.oracle.fail_start();
                if self.disk.has_stopped() {
                    self.end_process(self.end)?;
                }
                return Ok(false);
            }
        };
        if self.is_lost {
            self.go_on_after_loss(&journal)?;
        } else if journal.set_aside().is_some() {
            return Err("a journal without damage was set aside".into());
        }
        if self.is_over {
            return Ok(false);
        }
        let lines = self.read()?;
        self.oracle.open(lines, &journal.committed())?;
        self.check_start(&signed, &journal)?;
        self.rotation.settle(&self.oracle, &self.clocks);
        (self.looked, self.before_jump, self.recorded) = (None, None, None);
        self.journal = Some(journal);
        self.check_quarantine(before)?;
        self.see()?;
        self.check()?;
        if self.disk.has_stopped() {
            // It died while it removed what is pruned.
            self.end_process(self.end)?;
            return Ok(false);
        }
        Ok(true)
    }

    fn check_refusal(&mut self, error: &Error, met: &[Fault]) -> Result<(), String> {
        let is_told = match error {
            _ if self.disk.has_stopped() => true,
            Error::Io { .. } => met.iter().any(is_serious),
            Error::Full { .. } => met.contains(&Fault::Room),
            Error::Damaged { .. } | Error::Lost { .. } => {
                self.is_lost && self.options.on_damage == OnDamage::Refuse
            }
            _ => false,
        };
        self.oracle.count("refused start");
        match is_told {
            true => Ok(()),
            false => Err(format!("the journal does not open: {error}; it has met {met:?}")),
        }
    }

    /// Ends the process, if it has not ended.
    pub(super) fn end(&mut self, end: End) -> Result<(), String> {
        if self.journal.is_some() {
            // What is staged and was never to be committed is gone with the process.
            self.oracle.staged.clear();
        }
        self.end_process(end)
    }

    /// Ends the process, and checks what it leaves.
    pub(super) fn end_process(&mut self, end: End) -> Result<(), String> {
        self.disk.kill();
        self.journal = None;
        self.see()?;
        if let End::PowerCut(keep) = end {
            self.watched.end_past(0);
            self.oracle.forget_unfirm();
            self.disk.cut_power(keep);
            self.is_forgotten = true;
            self.clocks.reboot();
        }
        self.check()
    }

    /// Compares what readers have seen since.
    pub(super) fn see(&mut self) -> Result<(), String> {
        if self.is_over {
            return Ok(());
        }
        for _ in 0..self.watched.take_pruned() {
            self.oracle.count("pruned for a reader");
        }
        let is_alone = self.journal.is_none();
        let seen = self.watched.take_seen(!self.is_interrupted())?;
        self.oracle.see(seen, is_alone)
    }

    /// Records that a reader saw past the watermark, without a writer, may be gone.
    fn forget_unfirm(&mut self) -> Result<(), String> {
        let durable = self.published()?;
        self.watched.end_past(durable);
        let seen = self.watched.take_seen(false)?;
        self.oracle.see(seen, true)?;
        self.oracle.forget_unfirm();
        Ok(())
    }

    /// Reads and verifies the whole journal.
    pub(super) fn check(&mut self) -> Result<(), String> {
        if self.is_over || self.is_lost || self.is_interrupted() {
            return Ok(());
        }
        let lines = self.read()?;
        self.oracle.check_prefix(&lines)?;
        let extra = &lines[self.oracle.settled.len()..];
        match self.journal.is_some() {
            true if !extra.is_empty() => return Err("a reader goes past the end".into()),
            _ => self.oracle.check_extra(extra)?,
        }
        let verification = match self.verify() {
            Err(Error::NoJournal { .. }) if self.oracle.settled.is_empty() => return Ok(()),
            verified => verified.map_err(|error| format!("verify fails: {error}"))?,
        };
        let kept_from = line::kept_from(&lines);
        if verification.pruned.as_ref().map_or(0, |pruned| pruned.last_seq + 1) != kept_from {
            return Err(format!("verify does not know that {kept_from} records were pruned"));
        }
        if verification.records + kept_from != lines.len() as u64 {
            return Err(format!("verify counts {} of {}", verification.records, lines.len()));
        }
        if self.journal.is_some() && verification.unfinished.is_some() {
            return Err(format!("a writer left {:?} in place", verification.unfinished));
        }
        self.oracle.check_findings(kept_from, &verification.findings)?;
        self.check_level(&verification)
    }

    /// All lines that a reader is given, behind those of what was pruned.
    pub(super) fn read(&self) -> Result<Vec<Vec<u8>>, String> {
        let failed = |error| format!("the journal cannot be read: {error}");
        let reader = Reader::over(Arc::new(self.disk.outside()));
        let first = reader.first_seq().map_err(failed)?;
        let mut cursor = reader.cursor(first).map_err(failed)?;
        let known = usize::try_from(first).ok().and_then(|first| self.oracle.settled.get(..first));
        let mut lines = known.ok_or("more was pruned than there was")?.to_vec();
        while let Some(line) = cursor.next().map_err(failed)? {
            lines.push(line.bytes().to_vec());
        }
        match first == 0 || first == line::kept_from(&lines) {
            true => Ok(lines),
            false => Err(format!("the journal begins at {first}, as no record says")),
        }
    }

    fn published(&self) -> Result<u64, String> {
        let watermark = Reader::over(Arc::new(self.disk.outside())).watermark();
        Ok(watermark.map_err(|error| format!("WATERMARK cannot be read: {error}"))?.unwrap_or(0))
    }

    /// True if a start was interrupted while it wrote the last segment's end again: until the next
    /// one goes on with that, the end may be whole in its copy alone.
    pub(super) fn is_interrupted(&self) -> bool {
        let is_copied = self.disk.file("REDO").is_some_and(|copy| !copy.is_empty());
        self.journal.is_none() && is_copied
    }

    fn last_segment(&self) -> Option<(String, Vec<u8>)> {
        if self.is_interrupted() || self.is_lost {
            return None;
        }
        let is_segment = |name: &String| name.starts_with("seg/") && name.ends_with(".jsonl");
        let name = self.disk.names().into_iter().rfind(is_segment)?;
        let bytes = self.disk.file(&name)?;
        Some((name, bytes))
    }

    /// Every byte that was there before a start is there after it, in place or in quarantine; and
    /// each file there has one record.
    fn check_quarantine(&mut self, before: Option<(String, Vec<u8>)>) -> Result<(), String> {
        let names = self.disk.names();
        let torn: Vec<&String> =
            names.iter().filter(|name| name.starts_with("quarantine/")).collect();
        self.oracle.check_recovered(&torn)?;
        let Some((name, before)) = before else { return Ok(()) };
        let after = self.disk.file(&name).unwrap_or_default();
        let mut pieces = torn.into_iter().filter_map(|name| self.disk.file(name));
        let is_whole = |piece: Vec<u8>| {
            before.strip_suffix(piece.as_slice()).is_some_and(|kept| after.starts_with(kept))
        };
        match after.starts_with(&before) || pieces.any(is_whole) {
            true => Ok(()),
            false => Err(format!("bytes of {name} are neither in place nor in quarantine")),
        }
    }

    pub(super) fn push(&mut self, entry: Entry) {
        if self.oracle.staged.is_empty() {
            self.rotation.look(&self.oracle, &self.clocks);
        }
        self.oracle.staged.push(entry);
    }
}
