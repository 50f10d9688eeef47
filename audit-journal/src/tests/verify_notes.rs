//! The files of notes: what of them a power cut may leave, and what no honest writer does.

use audit_tlog::Note;

use super::naive::{checkpoint, key, leaves};
use super::verify_signed::{against, check, damage, signed};
use super::*;
use crate::{Kind, Level};

const SECTOR: usize = 512;

/// A signed journal with a history of several sectors.
fn long_history() -> MemoryStorage {
    let storage = signed();
    let leaves = leaves(&storage);
    let notes = (2..leaves.len()).map(|size| format!("{}\n", checkpoint(&key(1), &leaves[..size])));
    storage.replace("checkpoints", Some(notes.collect::<String>().into_bytes()));
    assert_eq!(check(&storage).findings, []);
    storage
}

#[test]
fn whatever_sectors_of_the_last_note_a_power_cut_takes_nothing_is_found() {
    let whole = long_history();
    let leaves = leaves(&whole);
    let mut torn = 0;
    for earlier in 0..8 {
        let before = whole.snapshot();
        // The note begins at several places of its first sector.
        let more =
            format!("{}\n", checkpoint(&key(1), &leaves[..leaves.len() - 1])).repeat(earlier);
        tamper(&before, "checkpoints", |bytes| bytes.extend_from_slice(more.as_bytes()));
        let start = before.file("checkpoints").unwrap().len();
        let note = format!("{}\n", checkpoint(&key(1), &leaves));
        let after = [before.file("checkpoints").unwrap(), note.into_bytes()].concat();
        let sectors: Vec<usize> = (start / SECTOR..after.len().div_ceil(SECTOR)).collect();
        for kept in 0..1_usize << sectors.len() {
            let mut bytes = after.clone();
            for (at, sector) in sectors.iter().enumerate().filter(|(at, _)| kept >> at & 1 == 0) {
                let end = bytes.len().min((sector + 1) * SECTOR);
                bytes[start.max(sector * SECTOR)..end].fill(0);
                torn += at;
            }
            before.replace("checkpoints", Some(bytes));
            assert_eq!(check(&before).findings, [], "{earlier} {kept:b}");
        }
        // Shorter, it is begun.
        for length in start..after.len() {
            before.replace("checkpoints", Some(after[..length].to_vec()));
            assert_eq!(check(&before).findings, [], "{earlier} {length}");
        }
    }
    assert!(torn > 0);
}

#[test]
fn zeros_before_other_notes_are_no_crash() {
    let storage = long_history();
    tamper(&storage, "checkpoints", |bytes| bytes[1000] = 0);
    let kinds = damage(&check(&storage));
    assert!(kinds.len() == 1 && kinds[0].0 == Kind::Unsigned, "{kinds:?}");
}

#[test]
fn a_seal_is_no_checkpoint_and_no_anchor() {
    let storage = signed();
    let seal = storage.file(&format!("seg/{:020}.seal", 0)).unwrap();
    let note = Note::parse(std::str::from_utf8(&seal).unwrap()).unwrap();
    let verification = against(&storage, &note);
    assert_eq!((verification.level(), verification.anchored_size), (Some(Level::Signed), None));
    for name in ["checkpoint", "checkpoints"] {
        let storage = storage.snapshot();
        storage.replace(
            name,
            Some([&seal[..], if name == "checkpoint" { b"" } else { b"\n" }].concat()),
        );
        let verification = check(&storage);
        let kinds = damage(&verification);
        assert!(kinds.len() == 1 && kinds[0].0 == Kind::Unsigned, "{name}: {kinds:?}");
        assert!(verification.findings[0].reason.contains("further lines"), "{name}");
    }
}

#[test]
fn a_checkpoint_that_is_older_than_the_history_was_put_back() {
    let storage = signed();
    let old = checkpoint(&key(1), &leaves(&storage)[..9]);
    storage.replace("checkpoint", Some(old.to_string().into_bytes()));
    assert_eq!(damage(&check(&storage)), [(Kind::Truncated, 9)]);
    // One of another key says nothing, so that it does not count either.
    let foreign = checkpoint(&key(2), &leaves(&storage)[..9]);
    storage.replace("checkpoint", Some(foreign.to_string().into_bytes()));
    assert_eq!(damage(&check(&storage)), [(Kind::Unsigned, 8)]);
}
