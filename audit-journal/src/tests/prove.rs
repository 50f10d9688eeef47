//! Proofs of records and of checkpoints, from tiles and without them.

use std::time::{Duration, Instant};

use audit_tlog::{Checkpoint, Proof, Signer as _, is_consistent};

use super::naive::{checkpoint, edit, key, leaves, lines, rewrite, sign};
use super::signed::{key as signer, signed as signed_by_writer};
use super::verify_signed::signed;
use super::*;
use crate::{Error, prove, prove_consistency, prove_growth};

/// The line of a record.
fn line(storage: &MemoryStorage, seq: usize) -> Vec<u8> {
    lines(storage).into_iter().flat_map(|(_, lines)| lines).nth(seq).unwrap()
}

fn is_proved(storage: &MemoryStorage, seq: usize) -> bool {
    let proof = prove(storage, seq as u64).unwrap();
    let read = Proof::parse(&proof.to_string()).unwrap();
    assert_eq!(read, proof);
    read.check(&line(storage, seq), &[key(1).verifier().clone()]).is_ok()
}

#[test]
fn each_record_is_proved_with_tiles_without_them_and_with_wrong_ones() {
    for change in [None, Some(0), Some(32 * 6), Some(usize::MAX)] {
        let storage = signed();
        match change {
            None => {}
            Some(usize::MAX) => storage.replace("tiles/0", None),
            Some(at) => tamper(&storage, "tiles/0", |bytes| bytes[at] ^= 1),
        }
        for seq in 0..leaves(&storage).len() {
            assert!(is_proved(&storage, seq), "{seq} {change:?}");
        }
    }
}

#[test]
fn records_of_a_journal_with_several_levels_of_tiles_are_proved() {
    let storage = closed(600, Options { segment_bytes_max: 40_000, ..options() });
    let end = leaves(&storage).len();
    sign(&storage, &key(1), &[end]);
    for seq in [0, 1, 255, 256, 511, 512, 600, end - 1] {
        assert!(is_proved(&storage, seq), "{seq}");
    }
    tamper(&storage, "tiles/1", |bytes| bytes[0] ^= 1);
    assert!(is_proved(&storage, 300));
}

#[test]
fn what_cannot_be_proved_says_why() {
    let storage = signed();
    let end = leaves(&storage).len() as u64;
    assert!(matches!(prove(&storage, end), Err(Error::Unproven { .. })));
    assert!(matches!(prove(&finished(), 3), Err(Error::Unsigned { .. })));
    rewrite(&storage, |segments| edit(&mut segments[0][4]));
    assert!(matches!(prove(&storage, 4), Err(Error::Damaged { seq: 4, .. })));
    // Another record is proved all the same, by the hash of what stood there.
    assert!(is_proved(&storage, 3));
    storage.replace("tiles/0", None);
    assert!(matches!(prove(&storage, 3), Err(Error::Damaged { .. })));
}

#[test]
fn a_checkpoint_goes_on_from_every_earlier_one() {
    let storage = signed();
    let all = leaves(&storage);
    let of = |size: usize| Checkpoint::parse(&checkpoint(&key(1), &all[..size]).text).unwrap();
    for tiled in [true, false] {
        if !tiled {
            storage.replace("tiles/0", None);
        }
        for from in 1..=all.len() {
            let (from, to) = (of(from), of(all.len()));
            let proof = prove_consistency(&storage, &from, &to).unwrap();
            assert!(is_consistent((from.size, &from.root), (to.size, &to.root), &proof));
        }
    }
    let other = Checkpoint { root: all[0], ..of(7) };
    assert!(matches!(prove_consistency(&storage, &other, &of(9)), Err(Error::Damaged { .. })));
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

#[test]
fn a_proof_ends_in_time_where_the_records_must_be_read_for_it() {
    let storage = signed();
    let all = leaves(&storage);
    let to = Checkpoint::parse(&checkpoint(&key(1), &all).text).unwrap();
    let over = Instant::now();
    assert!(prove_growth(&storage, 3, &to, over).is_ok(), "the tiles have its hashes");
    tamper(&storage, "tiles/0", |bytes| bytes.clear());
    assert!(prove_growth(&storage, 3, &to, soon()).is_ok());
    let told = prove_growth(&storage, 3, &to, over).unwrap_err().to_string();
    assert!(told.contains("took too long") && told.contains("`audited verify`"), "{told}");
}

#[test]
fn a_journal_goes_on_from_as_many_records_as_somebody_names_and_from_no_others() {
    for wrong_at in [None, Some(1)] {
        let storage = signed();
        if let Some(at) = wrong_at {
            tamper(&storage, "tiles/0", |bytes| bytes[at] ^= 1);
        }
        let end = leaves(&storage).len();
        let of = |size| Checkpoint::parse(&checkpoint(&key(1), &leaves(&storage)[..size]).text);
        let to = of(end).unwrap();
        for from in 0..=end {
            let hashes = prove_growth(&storage, from as u64, &to, soon()).unwrap();
            let root = of(from).unwrap().root;
            assert!(is_consistent((from as u64, &root), (to.size, &to.root), &hashes), "{from}");
        }
        assert!(prove_growth(&storage, to.size + 1, &to, soon()).is_err());
        let edited = Checkpoint { root: of(3).unwrap().root, ..to };
        assert!(matches!(prove_growth(&storage, 3, &edited, soon()), Err(Error::Damaged { .. })));
    }
}

#[test]
fn what_a_failed_sync_has_left_is_not_taken_for_a_record() {
    let storage = Faulty::new();
    let options = signed_by_writer(options());
    let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    write(&mut journal, ["before"]);
    storage.fail_next_syncs(1);
    for text in ["one", "two", "three"] {
        journal.append(&body(text)).unwrap();
    }
    journal.commit().unwrap();
    journal.close().unwrap();
    storage.inner.replace("tiles/0", None);
    for seq in 0..read(&storage.inner).len() as u64 {
        let proof = prove(&storage.inner, seq).unwrap();
        let line = read(&storage.inner)[usize::try_from(seq).unwrap()].bytes().to_vec();
        let keys = [signer().verifier().clone()];
        assert!(proof.check(&line, &keys).is_ok(), "{seq}");
    }
}
