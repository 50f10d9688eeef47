//! Journals to which nothing but accidents happened: nothing of them is called damage.
//!
//! A failing one prints its seed; `AUDITED_SEED=<seed> AUDITED_HONEST=1` repeats it, and greater numbers try more.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::thread;

use audit_runtime::journal::{
    Clock, Error, Journal, MemoryStorage, Options, Prune, Storage, Timestamp, Trust, verify,
    verify_epochs, verify_signed,
};
use audit_tlog::{Note, Signer, SigningKey, VerifierKey};

use super::made::{ORIGIN, key};
use super::{damage, number};
use crate::disk::{Cache, Disk, Fault, Keep, Lie};
use crate::random::Random;

/// How many journals are made.
const HONEST: u64 = 100;
/// One in so many is written by another thread while it is verified.
const LIVE: u64 = 20;
const STEPS: usize = 40;

/// A key in a system that is not always there.
struct Away(SigningKey, Arc<AtomicBool>);

impl Signer for Away {
    fn verifier(&self) -> &VerifierKey {
        self.0.verifier()
    }

    fn sign(&self, text: &str) -> io::Result<Vec<u8>> {
        if self.1.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.0.sign(text)
    }
}

/// The wall clock and the monotonic one, in milliseconds.
#[derive(Default)]
struct Clocks(AtomicI64, AtomicU64);

impl Clock for Clocks {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(
            1_767_225_600_000_000_000 + self.0.load(Ordering::Relaxed) * 1_000_000,
        )
    }

    fn monotonic_ns(&self) -> u64 {
        self.1.load(Ordering::Relaxed) * 1_000_000
    }
}

/// A disk, the service on it, and somebody who keeps its checkpoints.
struct Service {
    disk: Disk,
    journal: Option<Journal>,
    clocks: Arc<Clocks>,
    is_away: Arc<AtomicBool>,
    signers: Vec<SigningKey>,
    has_key: bool,
    anchors: Vec<Note>,
    segment_bytes_max: u64,
    /// What is read back may not be on the disk, also of an epoch that is set aside.
    has_failed_sync: bool,
    /// Records that were acknowledged were lost to the disk, and the journal is refused.
    is_over: bool,
}

impl Service {
    fn new(random: &mut Random) -> Self {
        let disk = Disk::new([512, 4096][random.below(2)], Lie::None, random.next());
        disk.write_behind();
        Self {
            disk,
            journal: None,
            clocks: Arc::default(),
            is_away: Arc::default(),
            signers: vec![key(random)],
            has_key: !random.one_in(10),
            anchors: Vec::new(),
            segment_bytes_max: 800 + random.below(6_000) as u64,
            has_failed_sync: false,
            is_over: false,
        }
    }

    fn options(&self) -> Options {
        let is_away = || Arc::clone(&self.is_away);
        let mut signers = self
            .signers
            .iter()
            .map(|key| Arc::new(Away(key.clone(), is_away())) as Arc<dyn Signer>);
        let signer = signers.next_back().filter(|_| self.has_key);
        Options {
            origin: Some(ORIGIN.to_owned()),
            older_signers: if self.has_key { signers.collect() } else { Vec::new() },
            signer,
            segment_bytes_max: self.segment_bytes_max,
            reserve_bytes: 2_000,
            retention_days_min: 0,
            clock: Arc::<Clocks>::clone(&self.clocks),
            ..Options::default()
        }
    }

    /// The journal, opened if it is not; nothing if the disk hinders that.
    fn journal(&mut self) -> Option<&mut Journal> {
        if self.journal.is_none() && !self.is_over {
            let opened = Journal::open(Arc::new(self.disk.clone()), self.options());
            self.is_over = matches!(opened, Err(Error::Lost { .. } | Error::Damaged { .. }));
            self.journal = opened.ok();
        }
        self.journal.as_mut()
    }

    fn end(&mut self, keep: Option<Keep>) {
        self.journal = None;
        match keep {
            Some(keep) => self.disk.cut_power(keep),
            None => self.disk.kill(),
        }
    }

    /// What fails for good ends the process.
    fn outlive<T>(&mut self, outcome: Option<Result<T, Error>>) {
        if matches!(
            outcome,
            Some(Err(Error::Poisoned { .. } | Error::Io { .. } | Error::Displaced { .. }))
        ) {
            self.end(None);
        }
    }

    fn step(&mut self, random: &mut Random) {
        match random.below(30) {
            0..12 => {
                for _ in 0..random.below(8) {
                    let body =
                        format!("\"number\":1,\"fill\":\"{}\"", "x".repeat(random.below(300)));
                    _ = self.journal().map(|journal| journal.append(body.as_bytes()));
                }
                let outcome = self.journal().map(|journal| journal.commit().map(|_| ()));
                self.outlive(outcome);
            }
            12..18 => {
                let outcome = self.journal().map(Journal::tick);
                self.outlive(outcome);
            }
            18 => self.keep_anchor(),
            19 => {
                let ms = [900, 70_000, 90_000_000][random.below(3)];
                self.clocks.0.fetch_add(ms, Ordering::Relaxed);
                self.clocks.1.fetch_add(ms.unsigned_abs(), Ordering::Relaxed);
            }
            20 => {
                _ = self
                    .clocks
                    .0
                    .fetch_add([-3_600_000, 86_400_000][random.below(2)], Ordering::Relaxed)
            }
            21 => _ = self.journal.take().map(Journal::close),
            22 => self.end(None),
            23 => {
                let keep = [Keep::Everything, Keep::Nothing, Keep::Lengths, Keep::Any, Keep::Any];
                self.end(Some(keep[random.below(5)]));
            }
            rare => self.rare_step(rare, random),
        }
        self.note_faults();
    }

    /// What befalls keys, old segments, the disk and whole epochs.
    fn rare_step(&mut self, step: usize, random: &mut Random) {
        match step {
            24 => self.is_away.store(random.one_in(2), Ordering::Relaxed),
            25 => {
                _ = self.journal.take().map(Journal::close);
                match random.below(3) {
                    0 => self.has_key = !self.has_key,
                    _ => self.signers.push(key(random)),
                }
            }
            26 => {
                let before = self.journal().map_or(0, |journal| journal.next_seq() / 2);
                let asked =
                    Prune { before_seq: before, asked_by: "model".into(), reason: "old".into() };
                let outcome = self.journal().map(|journal| journal.prune(&asked));
                self.outlive(outcome);
            }
            27 => {
                let faults = [
                    Fault::Short,
                    Fault::Interrupted,
                    Fault::Change,
                    Fault::Sync(Cache::Kept),
                    Fault::Sync(Cache::Dropped),
                    Fault::Name,
                ];
                self.disk.plan(u32::try_from(random.below(4)).unwrap(), faults[random.below(6)]);
            }
            28 if random.one_in(2) => self.disk.leave(Some(random.below(3_000))),
            28 => {
                self.disk.leave(None);
                let outcome = self.journal().map(|journal| journal.resume(1, 0));
                self.outlive(outcome);
            }
            _ if random.one_in(4) => {
                _ = self.journal.take().map(Journal::close);
                self.note_faults();
                if self.has_failed_sync {
                    return;
                }
                self.disk.mend();
                let storage = Arc::new(self.disk.clone());
                self.journal = Journal::adopt(storage, self.options(), "a test").ok();
            }
            _ => {}
        }
    }

    fn note_faults(&mut self) {
        let met = self.disk.take_met();
        self.has_failed_sync |= met.iter().any(|fault| matches!(fault, Fault::Sync(_)));
    }

    fn keep_anchor(&mut self) {
        let text = self.disk.file("checkpoint").and_then(|bytes| String::from_utf8(bytes).ok());
        self.anchors.extend(text.and_then(|text| Note::parse(&text).ok()));
    }

    fn accusation(&self) -> Option<String> {
        let keys = self.signers.iter().map(|key| key.verifier().clone()).collect();
        accusation(&self.disk.outside(), keys, &self.anchors)
    }
}

/// What is called damage in an honest journal, at any level.
fn accusation(storage: &dyn Storage, keys: Vec<VerifierKey>, anchors: &[Note]) -> Option<String> {
    let trust = |anchors: &[Note]| Trust {
        keys: keys.clone(),
        anchors: anchors.to_vec(),
        ..Trust::default()
    };
    let checks = [
        ("L1", verify(storage)),
        ("L2", verify_signed(storage, &trust(&[]))),
        ("L3", verify_signed(storage, &trust(anchors))),
    ];
    for (level, checked) in checks {
        match checked.map(|checked| damage(&checked)) {
            Err(Error::Unsigned { .. } | Error::NoJournal { .. }) => {}
            Err(error) => return Some(format!("{level}: {error}")),
            Ok(found) if found.is_empty() => {}
            Ok(found) => return Some(format!("{level}: {found:#?}")),
        }
    }
    match verify_epochs(storage) {
        Err(error) => Some(format!("epochs: {error}")),
        Ok(epochs) => epochs.into_iter().find_map(|older| older.change),
    }
}

/// One life of a service, verified on the way and at its end; tells how many records it had.
fn live(seed: u64) -> Result<u64, String> {
    let mut random = Random::of(seed);
    let mut service = Service::new(&mut random);
    for step in 0..STEPS {
        service.step(&mut random);
        if service.is_over {
            return Ok(0);
        }
        if random.one_in(6) {
            let accused = service.accusation();
            accused.map_or(Ok(()), |what| {
                Err(format!("AUDITED_SEED={seed} AUDITED_HONEST=1: step {step}: {what}"))
            })?;
        }
    }
    service.disk.mend();
    service.disk.leave(None);
    service.end(None);
    let records = service.journal().map_or(0, |journal| journal.next_seq());
    _ = service.journal.take().map(Journal::close);
    let accused = service.accusation().filter(|_| !service.is_over);
    accused.map_or(Ok(records), |what| {
        Err(format!("AUDITED_SEED={seed} AUDITED_HONEST=1: at the end: {what}"))
    })
}

/// A writer in a thread of its own, and verifications beside it until it has ended.
fn live_in_thread(seed: u64) -> Result<u64, String> {
    let mut random = Random::of(seed);
    let storage = MemoryStorage::new();
    let signer = key(&mut random);
    let options = Options {
        origin: Some(ORIGIN.to_owned()),
        signer: Some(Arc::new(signer.clone())),
        segment_bytes_max: 3_000,
        reserve_bytes: 0,
        retention_days_min: 0,
        ..Options::default()
    };
    let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    let writer = thread::spawn(move || {
        for number in 0..300_u64 {
            journal.append(format!("\"number\":{number}").as_bytes()).unwrap();
            if random.one_in(3) {
                journal.commit().unwrap();
                journal.tick().unwrap();
            }
            if random.one_in(60) {
                let before_seq = journal.next_seq() / 2;
                let asked = Prune { before_seq, asked_by: "model".into(), reason: "old".into() };
                _ = journal.prune(&asked);
            }
        }
        let records = journal.next_seq();
        journal.close().unwrap();
        records
    });
    let mut anchors = Vec::new();
    loop {
        let is_over = writer.is_finished();
        let text = storage.file("checkpoint").and_then(|bytes| String::from_utf8(bytes).ok());
        anchors.extend(
            text.and_then(|text| Note::parse(&text).ok())
                .filter(|note| anchors.last() != Some(note)),
        );
        if let Some(what) = accusation(&storage, vec![signer.verifier().clone()], &anchors) {
            return Err(format!("AUDITED_SEED={seed} AUDITED_HONEST=1, beside a thread: {what}"));
        }
        if is_over {
            return Ok(writer.join().unwrap());
        }
    }
}

#[test]
fn no_honest_journal_is_accused() {
    let first = number("AUDITED_SEED", 1);
    let count = number("AUDITED_HONEST", HONEST);
    let mut failures = Vec::new();
    let mut sizes: BTreeMap<u64, u64> = BTreeMap::new();
    for seed in first..first + count {
        let lived = if seed % LIVE == 0 { live_in_thread(seed) } else { live(seed) };
        match lived {
            Ok(records) => *sizes.entry(records / 100).or_default() += 1,
            Err(failure) => failures.push(failure),
        }
    }
    println!("journals by hundreds of records: {sizes:?}");
    assert!(failures.is_empty(), "{} of {count}: {}", failures.len(), failures.join("\n"));
}
