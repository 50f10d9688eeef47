//! A writer that lives and dies many times over one disk, and what must be there after each end.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use audit_runtime::journal::{
    Error, Journal, Options, Prune, Reader, Trust, Verification, verify, verify_signed,
};
use audit_runtime::{Clock, Signer, SigningKey, Timestamp};

use crate::disk::{Disk, Keep, Lie};
use crate::random::Random;

/// A disk with a journal on it, beside the list of what was acknowledged.
pub(super) struct History {
    pub(super) disk: Disk,
    options: Options,
    appended: u64,
    /// The numbers and the bodies.
    acknowledged: Vec<(u64, String)>,
    /// The writer prunes all that it may, every now and then.
    pub(super) prunes: bool,
    /// The first record that nobody has asked to prune.
    asked_to: u64,
    /// Each start signs with a key of its own, which those before it vouch for.
    pub(super) signs: bool,
    keys: Vec<SigningKey>,
}

/// After how many batches a writer prunes.
const BATCHES_TO_PRUNE: usize = 4;

/// After how many batches a writer that signs does so, whether it must or not.
const BATCHES_TO_TICK: usize = 3;

/// How often a writer may be stopped while it starts, one time after the other.
const STOPPED_STARTS_MAX: usize = 4;

impl History {
    pub(super) fn new(disk: Disk, segment_bytes_max: u64) -> Self {
        let options = Options {
            origin: Some("crash/test".to_owned()),
            segment_bytes_max,
            clock: Arc::new(StepClock::default()),
            retention_days_min: 0,
            ..Options::default()
        };
        let acknowledged = Vec::new();
        let (prunes, asked_to, signs, keys) = (false, 0, false, Vec::new());
        Self { disk, options, appended: 0, acknowledged, prunes, asked_to, signs, keys }
    }

    /// How many records were acknowledged.
    pub(super) fn acknowledged(&self) -> usize {
        self.acknowledged.len()
    }

    /// Writes batches of records, of so many bytes each, until they are written or the process ends.
    ///
    /// Fails if the journal cannot be opened although the process lives.
    pub(super) fn live(&mut self, batches: &[Vec<usize>]) -> Result<(), String> {
        let before = self.last_segment();
        if self.signs {
            self.change_key();
        }
        let opened = Journal::open(Arc::new(self.disk.clone()), self.options.clone());
        let mut journal = match opened {
            Err(_) if self.disk.has_stopped() => return Ok(()),
            opened => opened.map_err(|error| format!("the journal does not open: {error}"))?,
        };
        self.check_quarantine(before)?;
        self.tick(&mut journal)?;
        for (number, batch) in batches.iter().enumerate() {
            let mut staged = Vec::new();
            for length in batch {
                let body =
                    format!("\"number\":{},\"fill\":\"{}\"", self.appended, "x".repeat(*length));
                self.appended += 1;
                // A journal whose disk is gone refuses what comes next.
                if journal.append(body.as_bytes()).is_err() {
                    return Ok(());
                }
                staged.push(body);
            }
            match journal.commit() {
                Ok(committed) => {
                    let seqs = committed.records.iter().map(|record| record.seq);
                    self.acknowledged.extend(seqs.zip(staged));
                }
                Err(_) if self.disk.has_stopped() => return Ok(()),
                Err(error) => return Err(format!("a commit failed: {error}")),
            }
            journal.sign_due();
            if number % BATCHES_TO_TICK == 0 {
                self.tick(&mut journal)?;
            }
            if self.prunes && number % BATCHES_TO_PRUNE == BATCHES_TO_PRUNE - 1 {
                self.prune(&mut journal)?;
            }
        }
        Ok(())
    }

    fn change_key(&mut self) {
        let seed = [u8::try_from(self.keys.len()).unwrap(); 32];
        let older =
            self.options.signer.replace(Arc::new(SigningKey::from_seed("crash", seed).unwrap()));
        self.options.older_signers.extend(older);
        self.keys.push(SigningKey::from_seed("crash", seed).unwrap());
    }

    /// Signs all that is there, if this history does.
    fn tick(&self, journal: &mut Journal) -> Result<(), String> {
        if !self.signs {
            return Ok(());
        }
        let ticked = journal.tick().and_then(|()| journal.commit().map(|_| ()));
        match (ticked, journal.unsigned()) {
            _ if self.disk.has_stopped() => Ok(()),
            (Ok(()), None) if journal.signed_size() > 0 => Ok(()),
            (ticked, unsigned) => Err(format!("not signed: {ticked:?}, {unsigned:?}")),
        }
    }

    /// As far as something is signed, also of that.
    fn verify(&self) -> Result<Verification, Error> {
        if !self.signs {
            return verify(&self.disk);
        }
        let keys = self.keys.iter().map(|key| key.verifier().clone()).collect();
        match verify_signed(&self.disk, &Trust { keys, ..Trust::default() }) {
            Err(Error::Unsigned { .. }) => verify(&self.disk),
            verified => verified,
        }
    }

    /// Prunes all segments but the one that is written.
    fn prune(&mut self, journal: &mut Journal) -> Result<(), String> {
        let before_seq = journal.next_seq();
        let asked = Prune { before_seq, asked_by: "crash".into(), reason: "a test".into() };
        self.asked_to = before_seq;
        match journal.prune(&asked) {
            Ok(_) | Err(Error::Kept { .. }) => Ok(()),
            Err(_) if self.disk.has_stopped() => Ok(()),
            Err(error) => Err(format!("a pruning failed: {error}")),
        }
    }

    /// How many records a check knows to be pruned.
    pub(super) fn pruned(&self) -> u64 {
        let verification = verify(&self.disk).ok();
        verification.and_then(|found| found.pruned).map_or(0, |pruned| pruned.last_seq + 1)
    }

    /// Checks what a dead writer has left, and that the next one opens it and loses nothing.
    pub(super) fn check(&mut self) -> Result<(), String> {
        if !self.is_interrupted() {
            self.check_left()?;
        }
        self.live(&[])?;
        self.disk.kill();
        self.check_left()
    }

    /// Every acknowledged record is in its place, and no crash is taken for damage.
    fn check_left(&self) -> Result<(), String> {
        let verification = match self.verify() {
            Err(_) if self.acknowledged.is_empty() => return Ok(()),
            verified => verified.map_err(|error| format!("verify fails: {error}"))?,
        };
        let (first, lines) = self.read()?;
        let pruned = self.pruned();
        if ![0, pruned].contains(&first) || pruned > self.asked_to {
            return Err(format!("it begins at {first}, where {pruned} were pruned"));
        }
        for (seq, body) in self.acknowledged.iter().filter(|(seq, _)| *seq >= first) {
            let place = usize::try_from(*seq - first).unwrap();
            if lines.get(place).is_none_or(|found| found != body) {
                return Err(format!("the acknowledged record {seq} is gone"));
            }
        }
        if !verification.is_intact() {
            return Err(format!("a crash is taken for damage: {:#?}", verification.findings));
        }
        Ok(())
    }

    /// The number of the first record that is there, and the bodies of all.
    fn read(&self) -> Result<(u64, Vec<String>), String> {
        let failed = |error| format!("the journal cannot be read: {error}");
        let reader = Reader::over(Arc::new(self.disk.clone()));
        let first = reader.first_seq().map_err(failed)?;
        let mut cursor = reader.cursor(first).map_err(failed)?;
        let mut lines = Vec::new();
        while let Some(line) = cursor.next().map_err(failed)? {
            lines.push(String::from_utf8(line.body().to_vec()).unwrap());
        }
        Ok((first, lines))
    }

    /// True if a start was interrupted while it wrote the last segment's end again: until the next
    /// one goes on with that, the end may be whole in its copy alone.
    fn is_interrupted(&self) -> bool {
        self.disk.file("REDO").is_some_and(|copy| !copy.is_empty())
    }

    fn last_segment(&self) -> Option<(String, Vec<u8>)> {
        if self.is_interrupted() {
            return None;
        }
        let name = self.disk.names().into_iter().rfind(|name| name.ends_with(".jsonl"))?;
        let bytes = self.disk.file(&name)?;
        Some((name, bytes))
    }

    /// Every byte that was there before a start is there after it: in place or in quarantine.
    fn check_quarantine(&self, before: Option<(String, Vec<u8>)>) -> Result<(), String> {
        let Some((name, before)) = before else { return Ok(()) };
        let after = self.disk.file(&name).unwrap_or_default();
        let names = self.disk.names();
        let torn = names.iter().filter(|name| name.starts_with("quarantine/"));
        let mut pieces = torn.filter_map(|name| self.disk.file(name));
        let is_whole = |piece: Vec<u8>| {
            before.strip_suffix(piece.as_slice()).is_some_and(|kept| after.starts_with(kept))
        };
        if after.starts_with(&before) || pieces.any(is_whole) {
            return Ok(());
        }
        Err(format!("bytes of {name} are neither in place nor in quarantine"))
    }
}

/// Lives, dies and comes back on one disk, all as the seed says, and is checked after each end.
pub(super) fn schedule(seed: u64, lie: Lie) -> Result<usize, String> {
    let mut random = Random::of(seed);
    let sector = [512, 4096][random.below(2)];
    let segment_bytes_max = 1_000 + random.below(30_000) as u64;
    let mut history = History::new(Disk::new(sector, lie, random.next()), segment_bytes_max);
    for _ in 0..1 + random.below(5) {
        if !random.one_in(6) {
            history.disk.stop_at(random.below(50) as u64);
        }
        history.live(&batches(&mut random))?;
        end(&history.disk, &mut random);
        for _ in 0..random.below(STOPPED_STARTS_MAX) {
            history.disk.stop_at(random.below(20) as u64);
            history.live(&[])?;
            end(&history.disk, &mut random);
        }
        history.check()?;
    }
    Ok(history.acknowledged())
}

/// Lets the process die, alone or with the machine.
fn end(disk: &Disk, random: &mut Random) {
    match random.below(8) {
        0 => disk.kill(),
        1 => disk.cut_power(Keep::Everything),
        2 => disk.cut_power(Keep::Nothing),
        3 => disk.cut_power(Keep::Lengths),
        _ => disk.cut_power(Keep::Any),
    }
}

/// The lengths of the records of some batches: mostly of less than a sector, some of many.
fn batches(random: &mut Random) -> Vec<Vec<usize>> {
    let length = |random: &mut Random| match random.below(120) {
        0 => random.below(64_000),
        1..=24 => random.below(6_000),
        _ => random.below(300),
    };
    let batch = |random: &mut Random| (0..1 + random.below(12)).map(|_| length(random)).collect();
    (0..random.below(12)).map(|_| batch(random)).collect()
}

/// A clock that moves by as much with each look, so that a seed gives the same bytes again.
#[derive(Default)]
struct StepClock(AtomicI64);

impl Clock for StepClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(self.0.fetch_add(1_000_000, Ordering::Relaxed))
    }

    fn monotonic_ns(&self) -> u64 {
        self.0.load(Ordering::Relaxed).unsigned_abs()
    }
}
