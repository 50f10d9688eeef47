//! Random changes of a signed journal, by somebody without the key: whatever happens to a record, it is named.

use audit_tlog::Note;

use super::naive::{edit, key, leaves, lines, rewrite, sign};
use super::verify_signed::{against, anchor, damage, trust};
use super::*;
use crate::{Effort, Kind, Level, Verification, verify_with};

/// How many changes are tried; `AUDIT_MUTATIONS` says another number.
const CHANGES: u64 = 300;

/// Numbers that look random and are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }
}

/// A journal, the same as it was earlier, and a checkpoint of all of it that is kept elsewhere.
fn before_and_after() -> (MemoryStorage, MemoryStorage, Note) {
    let storage = MemoryStorage::new();
    let mut journal = Journal::open(Arc::new(storage.clone()), small_segments()).unwrap();
    write(&mut journal, (0..30).map(|number| format!("record {number}")));
    let old = storage.snapshot();
    sign(&old, &key(1), &[5, 17, leaves(&old).len()]);
    write(&mut journal, (30..60).map(|number| format!("record {number}")));
    journal.close().unwrap();
    let end = leaves(&storage).len();
    sign(&storage, &key(1), &[5, 17, leaves(&old).len(), 50, end]);
    let anchor = anchor(&storage, end);
    (old, storage, anchor)
}

/// Changes lines and puts everything in order behind that.
fn rewritten(storage: &MemoryStorage, random: &mut Random) {
    rewrite(storage, |segments| {
        let at = random.below(segments.len());
        let lines = &mut segments[at];
        // A header stays where it is, and records of the journal's own have no text to change.
        let text = |line: &Vec<u8>| line.windows(7).any(|bytes| bytes == b"record ");
        let texts: Vec<_> = (1..lines.len()).filter(|at| text(&lines[*at])).collect();
        let (one, other) = (texts[random.below(texts.len())], texts[random.below(texts.len())]);
        match random.below(6) {
            0 => edit(&mut lines[one]),
            1 => drop(lines.remove(one)),
            2 => lines.insert(one, lines[other].clone()),
            3 => lines.swap(one, other),
            4 => lines.truncate(one + 1),
            _ => segments.truncate(at.max(1)),
        }
    });
}

/// Changes the bytes of any file but WATERMARK, or gives it back an older state.
fn changed(storage: &MemoryStorage, old: &MemoryStorage, random: &mut Random) {
    let mut names = storage.names();
    names.retain(|name| name != "WATERMARK");
    let name = &names[random.below(names.len())];
    let mut bytes = storage.file(name).unwrap();
    let (one, other) = (random.below(bytes.len()), random.below(bytes.len()));
    match random.below(6) {
        0 => bytes[one] ^= 1 << random.below(8),
        1 => bytes.truncate(one),
        2 => drop(bytes.drain(one.min(other)..one.max(other))),
        3 => drop(bytes.splice(one..one, bytes[one.min(other)..one.max(other)].to_vec())),
        4 => return storage.replace(name, old.file(name)),
        _ => return storage.replace(name, None),
    }
    storage.replace(name, Some(bytes));
}

fn on_threads(storage: &MemoryStorage, anchor: &Note, threads: usize) -> Verification {
    let trust = trust(&[&key(1)], std::slice::from_ref(anchor));
    verify_with(storage, Some(&trust), Effort { threads, ..Effort::default() }).unwrap()
}

/// The first record that is not what it was.
fn first_changed(storage: &MemoryStorage, whole: &MemoryStorage) -> Option<u64> {
    let bytes = |storage: &MemoryStorage| {
        let mut names = segments(storage);
        names.retain(|name| name.ends_with(".jsonl"));
        names.into_iter().map(|name| (storage.file(&name).unwrap(), name)).collect::<Vec<_>>()
    };
    if bytes(storage) == bytes(whole) {
        return None;
    }
    let flat = |storage: &MemoryStorage| {
        let named = lines(storage).into_iter();
        named.flat_map(|(_, lines)| lines).collect::<Vec<_>>()
    };
    let (now, then) = (flat(storage), flat(whole));
    Some(then.iter().zip(&now).take_while(|(then, now)| then == now).count() as u64)
}

#[test]
fn whatever_is_done_to_a_record_is_named() {
    let (old, whole, anchor) = before_and_after();
    assert_eq!(against(&whole, &anchor).level(), Some(Level::Anchored));
    let rolled_back = damage(&against(&old, &anchor));
    assert_eq!(rolled_back, [(Kind::Truncated, leaves(&old).len() as u64)]);
    let count = std::env::var("AUDIT_MUTATIONS").map_or(CHANGES, |count| count.parse().unwrap());
    for seed in 1..=count {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let storage = whole.snapshot();
        match seed % 2 {
            0 => rewritten(&storage, &mut random),
            _ => changed(&storage, &old, &mut random),
        }
        let verification = against(&storage, &anchor);
        assert_eq!(on_threads(&storage, &anchor, 3), verification, "seed {seed}");
        let damages = damage(&verification);
        let Some(first) = first_changed(&storage, &whole) else {
            let of_records = |(kind, _): &(Kind, u64)| !matches!(kind, Kind::Unsigned);
            assert!(!damages.iter().any(of_records), "seed {seed}: {verification:#?}");
            continue;
        };
        assert_eq!(verification.level(), None, "seed {seed}");
        let named = damages.iter().map(|(_, seq)| *seq).min();
        assert!(
            named.is_some_and(|named| named <= first),
            "seed {seed}: {first} {verification:#?}"
        );
        assert!(damages.iter().any(|(_, seq)| *seq == first), "seed {seed}: {first} {damages:?}");
    }
}
