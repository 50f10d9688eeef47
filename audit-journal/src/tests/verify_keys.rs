//! Verification across changes of the key: who is trusted, and for which records.

use audit_tlog::{Hash, Note, Signer, SigningKey};

use super::naive::{checkpoint, key, leaves, rewrite, root, sign};
use super::verify_signed::{check, damage, trust};
use super::*;
use crate::line::{self, Chain};
use crate::{Kind, Level, verify_signed};

/// What these have signed: that `old` hands its duty to `new` behind these records.
fn handover(leaves: &[Hash], old: &SigningKey, new: &SigningKey, signers: &[u8]) -> String {
    let [old, new] = [old, new].map(|key| key.verifier().clone());
    let (size, root) = (leaves.len(), root(leaves));
    let text = format!("audited key rotation\n{ORIGIN}\n{size}\n{root}\n{old}\n{new}\n");
    let keys: Vec<SigningKey> = signers.iter().map(|seed| key(*seed)).collect();
    let signers: Vec<&dyn Signer> = keys.iter().map(|key| key as &dyn Signer).collect();
    Note::sign(text, &signers).unwrap().to_string()
}

/// A line of the record of that.
fn line_of(note: &str, like: &[u8]) -> Vec<u8> {
    let parsed = line::parse(like).unwrap();
    let body = std::str::from_utf8(&like[parsed.body.clone()]).unwrap();
    let body = body.replace(
        "\"JournalStart\",\"name\":\"journal.start\"",
        "\"JournalKeyRotated\",\"name\":\"journal.key_rotated\"",
    );
    let (envelope, _) = body.split_once("\"journal\":").unwrap();
    let rotation = serde_json::json!({ "rotation": note });
    let mut line = Vec::new();
    let body = format!("{envelope}\"journal\":{rotation}");
    Chain::of_origin(ORIGIN).extend(&mut line, &parsed.stamp, body.as_bytes());
    line.pop();
    line
}

/// Puts the record of it at this place of the first segment.
fn insert(storage: &MemoryStorage, at: usize, note: &str) {
    rewrite(storage, |segments| {
        let line = line_of(note, &segments[0][1]);
        segments[0].insert(at, line);
    });
}

/// A journal in which the keys of these numbers hand over to each other, each with the record it is given with, as
/// far as those have signed that; the newest one has signed the end, and the first one 4 records.
fn rotated(rotations: &[(usize, u8, u8, &[u8])]) -> MemoryStorage {
    let storage = finished();
    for (at, old, new, signers) in rotations {
        let note = handover(&leaves(&storage)[..*at], &key(*old), &key(*new), signers);
        insert(&storage, *at, &note);
    }
    let (_, first, newest, _) = (rotations[0].0, rotations[0].1, rotations.last().unwrap().2, 0);
    let end = leaves(&storage).len();
    sign(&storage, &key(newest), &[9, end]);
    put_first(&storage, &key(first), 4);
    storage
}

/// Puts a checkpoint of the first `size` records at the start of the history.
fn put_first(storage: &MemoryStorage, key: &SigningKey, size: usize) {
    let note = format!("{}\n", checkpoint(key, &leaves(storage)[..size]));
    tamper(storage, "checkpoints", |bytes| drop(bytes.splice(..0, note.into_bytes())));
}

/// Appends a checkpoint of the first `size` records to the history.
fn put_last(storage: &MemoryStorage, key: &SigningKey, size: usize) {
    let note = format!("{}\n", checkpoint(key, &leaves(storage)[..size]));
    tamper(storage, "checkpoints", |bytes| bytes.extend_from_slice(note.as_bytes()));
}

fn found(storage: &MemoryStorage, seeds: &[u8]) -> Vec<(Kind, u64)> {
    let keys: Vec<SigningKey> = seeds.iter().map(|seed| key(*seed)).collect();
    let keys: Vec<&SigningKey> = keys.iter().collect();
    damage(&verify_signed(storage, &trust(&keys, &[])).unwrap())
}

#[test]
fn a_key_that_a_trusted_one_names_is_trusted_and_so_is_the_one_it_has_replaced() {
    let storage = rotated(&[(5, 1, 2, &[1, 2])]);
    let verification = check(&storage);
    assert_eq!(verification.level(), Some(Level::Signed), "{verification:#?}");
    for seeds in [&[1, 2][..], &[2]] {
        assert_eq!(found(&storage, seeds), [], "{seeds:?}");
    }
    // Of a rotation that one of them alone has signed nothing follows.
    for signers in [&[1][..], &[2]] {
        let storage = rotated(&[(5, 1, 2, signers)]);
        for seeds in [&[1][..], &[2]] {
            let kinds = found(&storage, seeds);
            assert!(kinds.contains(&(Kind::Unsigned, 5)), "{kinds:?}");
            assert!(kinds.len() > 1 && kinds.iter().all(|(kind, _)| *kind == Kind::Unsigned));
        }
    }
}

#[test]
fn whoever_holds_any_one_of_several_keys_checks_the_whole_journal() {
    let storage = rotated(&[(4, 1, 2, &[1, 2]), (6, 2, 3, &[2, 3]), (7, 3, 4, &[3, 4])]);
    for seed in 1..=4 {
        assert_eq!(found(&storage, &[seed]), [], "key {seed}");
    }
    assert!(!found(&storage, &[5]).is_empty());
}

#[test]
fn who_keeps_the_newest_key_alone_learns_of_those_before_it_although_nothing_they_signed_is_left() {
    let storage = rotated(&[(4, 1, 2, &[1, 2]), (6, 2, 3, &[2, 3])]);
    let end = leaves(&storage).len();
    tamper(&storage, "checkpoints", |bytes| {
        *bytes = format!("{}\n", checkpoint(&key(3), &leaves(&storage)[..end])).into_bytes();
    });
    assert_eq!(found(&storage, &[3]), []);
    // One that no later one vouches for is told all the same.
    let storage = rotated(&[(4, 1, 2, &[1, 2]), (6, 4, 3, &[4, 3])]);
    assert!(found(&storage, &[3]).contains(&(Kind::Unsigned, 4)));
}

#[test]
fn what_the_new_key_has_signed_again_below_its_record_counts() {
    let storage = rotated(&[(5, 1, 2, &[1, 2])]);
    put_first(&storage, &key(2), 3);
    for seeds in [&[1][..], &[2], &[1, 2]] {
        assert_eq!(found(&storage, seeds), [], "{seeds:?}");
    }
}

#[test]
fn a_key_that_was_replaced_signs_nothing_more() {
    let storage = rotated(&[(5, 1, 2, &[1, 2])]);
    let end = leaves(&storage).len();
    put_last(&storage, &key(1), end);
    for seeds in [&[1][..], &[2], &[1, 2]] {
        assert_eq!(found(&storage, seeds), [(Kind::Unsigned, end as u64 - 1)], "{seeds:?}");
    }
    let verification = check(&storage);
    let reason = &verification.findings[0].reason;
    assert!(reason.contains("another one has replaced from record 5 on"), "{reason}");
    // Nor does it name another successor, or hand its duty over once more.
    for rotation in [(7, 1, 3, &[1, 3][..]), (7, 3, 1, &[1, 3])] {
        let storage = rotated(&[(5, 1, 2, &[1, 2]), rotation]);
        for seeds in [&[1][..], &[2], &[1, 2]] {
            let kinds = found(&storage, seeds);
            assert!(kinds.contains(&(Kind::Unsigned, 7)), "{seeds:?}: {kinds:?}");
        }
    }
    let storage = rotated(&[(5, 1, 2, &[1, 2]), (8, 1, 2, &[1, 2])]);
    assert_eq!(found(&storage, &[1]), [], "the writer had died before the new key signed");
    put_first(&storage, &key(1), 7);
    assert_eq!(found(&storage, &[1]), [(Kind::Unsigned, 6)]);
}

#[test]
fn a_key_that_was_replaced_signs_no_other_history_by_what_it_has_handed_over() {
    let honest = rotated(&[(5, 1, 2, &[1, 2])]);
    let note = handover(&leaves(&honest)[..5], &key(1), &key(2), &[1, 2]);
    // Its holder writes all anew, and puts the record as far back as there are records.
    let storage = finished();
    rewrite(&storage, |segments| segments[0].swap(2, 3));
    let end = leaves(&storage).len();
    insert(&storage, 9, &note);
    sign(&storage, &key(1), &[4, 9, end + 1]);
    for seeds in [&[2][..], &[1, 2]] {
        let found = found(&storage, seeds);
        for expected in [(Kind::Edited, 5), (Kind::Unsigned, 8), (Kind::Unsigned, end as u64)] {
            assert!(found.contains(&expected), "{seeds:?}: {found:?}");
        }
    }
    // Nor may it stand before the records that it was signed over.
    let storage = finished();
    insert(&storage, 4, &note);
    sign(&storage, &key(2), &[leaves(&storage).len()]);
    put_first(&storage, &key(1), 3);
    assert!(found(&storage, &[2]).contains(&(Kind::Unsigned, 4)));
}

#[test]
fn a_key_that_comes_back_is_trusted_again() {
    let storage = rotated(&[(5, 1, 2, &[1, 2]), (7, 2, 1, &[2, 1])]);
    for seeds in [&[1][..], &[2], &[1, 2]] {
        assert_eq!(found(&storage, seeds), [], "{seeds:?}");
    }
    // Where the one between is lost, whoever has it from outside trusts it, and nobody else.
    let storage = finished();
    insert(&storage, 5, &handover(&leaves(&storage)[..5], &key(1), &key(2), &[1, 2]));
    let lost = key(2).verifier().clone();
    let text = handover(&leaves(&storage)[..7], &key(2), &key(1), &[1]);
    let (text, _) = text.split_once("\n\n").unwrap();
    let named = format!("{}+{:08x}", lost.name(), lost.id());
    let text = text.replace(&lost.to_string(), &named) + "\n";
    insert(&storage, 7, &Note::sign(text, &[&key(1)]).unwrap().to_string());
    sign(&storage, &key(1), &[4, leaves(&storage).len()]);
    for seeds in [&[1][..], &[1, 2]] {
        assert_eq!(found(&storage, seeds), [], "{seeds:?}");
    }
    assert!(!found(&storage, &[2]).is_empty());
}
