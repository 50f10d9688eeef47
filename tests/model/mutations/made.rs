//! Journals to be changed: several segments, keys that took each other's place, a pruned front, an older epoch, and what was kept of them on the way.

use std::collections::BTreeMap;
use std::sync::Arc;

use audit_runtime::journal::{Journal, MemoryStorage, Options, Prune, Trust};
use audit_tlog::{Note, Signer, SigningKey, VerifierKey};

use super::shown;
use crate::random::Random;

pub(super) const ORIGIN: &str = "model/mutations";

/// A journal that was closed in order.
pub(super) struct Made {
    pub(super) storage: MemoryStorage,
    /// What it was on the way, the oldest first.
    pub(super) past: Vec<MemoryStorage>,
    /// Checkpoints that were kept elsewhere.
    pub(super) anchors: Vec<Note>,
    /// The keys that have signed it, the newest last, and the number from which on each has.
    pub(super) signers: Vec<(u64, SigningKey)>,
    /// All records, those that were pruned included.
    pub(super) records: BTreeMap<u64, Vec<u8>>,
}

impl Made {
    pub(super) fn of(random: &mut Random) -> Self {
        let storage = MemoryStorage::new();
        let mut made = Self {
            storage: storage.clone(),
            past: Vec::new(),
            anchors: Vec::new(),
            signers: vec![(0, key(random))],
            records: BTreeMap::new(),
        };
        let segment_bytes_max = 1_500 + random.below(5_000) as u64;
        let mut journal = made.open(segment_bytes_max);
        if random.one_in(4) {
            write(&mut journal, random);
            journal.close().unwrap();
            let options = made.options(segment_bytes_max, 1);
            journal = Journal::adopt(Arc::new(storage.clone()), options, "a test").unwrap();
        }
        for phase in 0..3 + random.below(4) {
            write(&mut journal, random);
            made.note(random);
            if phase > 0 && random.one_in(4) {
                let before_seq = journal.committed().next_seq / 2;
                let asked = Prune { before_seq, asked_by: "model".into(), reason: "a test".into() };
                // Where nothing is old enough, nothing goes.
                _ = journal.prune(&asked);
            }
            if random.one_in(3) {
                journal.close().unwrap();
                if random.one_in(2) {
                    made.note(random);
                    let next = made.records.len() as u64;
                    made.signers.push((next, key(random)));
                }
                journal = made.open(segment_bytes_max);
            }
        }
        write(&mut journal, random);
        journal.close().unwrap();
        made.note(random);
        made.past.pop();
        made
    }

    pub(super) fn keys(&self) -> Vec<VerifierKey> {
        self.signers.iter().map(|(_, key)| key.verifier().clone()).collect()
    }

    pub(super) fn trust(&self, anchors: &[Note]) -> Trust {
        Trust { keys: self.keys(), anchors: anchors.to_vec(), ..Trust::default() }
    }

    /// The key that signed first, and no other.
    pub(super) fn trust_first(&self) -> Trust {
        Trust { keys: self.keys()[..1].to_vec(), ..Trust::default() }
    }

    pub(super) fn kept_from(&self) -> u64 {
        shown::seq(&self.kept()[0]).unwrap()
    }

    pub(super) fn kept(&self) -> Vec<Vec<u8>> {
        shown::lines(&self.storage)
    }

    /// Keeps what there is now, and sometimes a checkpoint elsewhere.
    fn note(&mut self, random: &mut Random) {
        let numbered = shown::lines(&self.storage).into_iter();
        self.records.extend(numbered.map(|line| (shown::seq(&line).unwrap(), line)));
        self.past.push(self.storage.snapshot());
        let newest = self.storage.file("checkpoint").filter(|_| random.one_in(2));
        let note = newest.map(|bytes| Note::parse(&String::from_utf8(bytes).unwrap()).unwrap());
        self.anchors.extend(note);
    }

    /// The same journal, gone on with from what it once was, by whoever has the key of then.
    pub(super) fn forked(&self, past: usize, random: &mut Random) -> MemoryStorage {
        let storage = self.past[past].snapshot();
        let size = shown::lines(&storage).last().and_then(|line| shown::seq(line)).unwrap();
        let signers = self.signers.iter().filter(|(from, _)| *from <= size).count();
        let options = self.options(1_500 + random.below(5_000) as u64, signers);
        let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
        for _ in 0..random.below(4) {
            write(&mut journal, random);
        }
        journal.close().unwrap();
        storage
    }

    fn open(&self, segment_bytes_max: u64) -> Journal {
        let storage = Arc::new(self.storage.clone());
        Journal::open(storage, self.options(segment_bytes_max, self.signers.len())).unwrap()
    }

    /// With the first of the keys, so many.
    fn options(&self, segment_bytes_max: u64, signers: usize) -> Options {
        let signers = self.signers.iter().take(signers);
        let mut signers = signers.map(|(_, key)| Arc::new(key.clone()) as Arc<dyn Signer>);
        let signer = signers.next_back();
        Options {
            origin: Some(ORIGIN.to_owned()),
            signer,
            older_signers: signers.collect(),
            segment_bytes_max,
            reserve_bytes: 0,
            retention_days_min: 0,
            ..Options::default()
        }
    }
}

pub(super) fn key(random: &mut Random) -> SigningKey {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&random.next().to_le_bytes());
    SigningKey::from_seed(ORIGIN, seed).unwrap()
}

fn write(journal: &mut Journal, random: &mut Random) {
    for _ in 0..5 + random.below(20) {
        let number = random.next();
        let body = format!("\"number\":{number},\"fill\":\"{}\"", "x".repeat(random.below(200)));
        journal.append(body.as_bytes()).unwrap();
        if random.one_in(3) {
            journal.commit().unwrap();
        }
        if random.one_in(6) {
            journal.tick().unwrap();
        }
    }
    journal.commit().unwrap();
    journal.tick().unwrap();
}
