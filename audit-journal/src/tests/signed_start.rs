//! How a start finds the tree again, what it makes good, and what it refuses.

use audit_tlog::{Signer, Untrusted};

use super::signed::{check_files, checkpoint, key, leaves, open_signed, signed};
use super::*;
use crate::{OnDamage, verify};

fn reopen(storage: &MemoryStorage) -> Result<Journal, Error> {
    Journal::open(Arc::new(storage.clone()), signed(small_segments()))
}

/// A closed signed journal of several segments.
fn finished_signed() -> MemoryStorage {
    closed(30, signed(small_segments()))
}

/// Opens and closes the journal, after which all files must be as if nothing had happened to them.
pub(super) fn assert_made_good(storage: &MemoryStorage) {
    let mut journal = reopen(storage).unwrap();
    journal.tick().unwrap();
    assert!(journal.unsigned().is_none(), "{:?}", journal.unsigned());
    write(&mut journal, (0..10).map(|number| format!("later {number}")));
    journal.close().unwrap();
    let leaves = leaves(storage);
    assert_eq!(check_files(storage, &leaves), leaves.len() as u64);
    assert!(verify(storage).unwrap().is_intact());
}

#[test]
fn a_start_goes_on_with_the_tree() {
    let storage = finished_signed();
    for _ in 0..3 {
        assert_made_good(&storage);
    }
}

#[test]
fn seals_that_are_gone_torn_or_wrong_are_made_again() {
    let whole = finished_signed();
    let seals: Vec<String> =
        names(&whole, "seg/").into_iter().filter(|name| name.ends_with("seal")).collect();
    assert!(seals.len() >= 3);
    let other = whole.file(&seals[1]);
    for seal in &seals {
        let bytes = whole.file(seal).unwrap();
        // Also of the name of the key and its number: another key's seal is not trusted.
        let mut flipped: Vec<Option<Vec<u8>>> = (0..bytes.len())
            .step_by(3)
            .map(|place| {
                let mut bytes = bytes.clone();
                bytes[place] ^= 1;
                Some(bytes)
            })
            .collect();
        flipped.extend((0..bytes.len()).step_by(7).map(|end| Some(bytes[..end].to_vec())));
        flipped.push(None);
        for changed in flipped {
            let storage = whole.snapshot();
            storage.replace(seal, changed);
            drop(reopen(&storage).unwrap());
            assert_eq!(storage.file(seal).as_ref(), Some(&bytes), "{seal}");
        }
    }
    let storage = whole.snapshot();
    seals.iter().for_each(|seal| storage.replace(seal, other.clone()));
    assert_made_good(&storage);
    let storage = whole.snapshot();
    seals.iter().for_each(|seal| storage.replace(seal, None));
    assert_made_good(&storage);
}

#[test]
fn the_lines_of_sealed_segments_are_read_only_where_a_seal_is_missing() {
    let storage = finished_signed();
    let first = segments(&storage).remove(0);
    tamper(&storage, &first, |bytes| bytes[1000] ^= 1);
    assert!(reopen(&storage).unwrap().unsigned().is_none());
    storage.replace(&first.replace("jsonl", "seal"), None);
    let mut journal = reopen(&storage).unwrap();
    let told = journal.unsigned().unwrap().to_string();
    assert!(told.contains(&first), "{told}");
    // The next seal has the tree, so what comes is signed; what is damaged is for a verification to name.
    write(&mut journal, ["later".to_owned()]);
    let watermark = journal.watermark();
    journal.close().unwrap();
    assert_eq!(checkpoint(&storage).size, watermark.durable());
    assert!(!verify(&storage).unwrap().is_intact());
}

#[test]
fn a_segment_that_is_not_what_this_key_has_sealed_is_damage() {
    // The same journal, written with another record.
    let storage = finished_signed();
    let other = MemoryStorage::new();
    let mut journal = open_signed(&other);
    write(&mut journal, (0..30).map(|number| format!("rewrote {number}")));
    journal.close().unwrap();
    for name in segments(&storage) {
        storage.replace(&name, other.file(&name));
    }
    storage.replace("WATERMARK", other.file("WATERMARK"));
    let before = storage.snapshot();
    let error = reopen(&storage).unwrap_err().to_string();
    assert!(error.contains("00000000000000000000.seal was signed over other records"), "{error}");
    for name in before.names() {
        assert_eq!(storage.file(&name), before.file(&name), "{name}");
    }
    let options = Options { on_damage: OnDamage::NewEpoch, ..signed(small_segments()) };
    let journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    assert!(journal.set_aside().unwrap().reason.contains("was signed over other records"));
}

#[test]
fn fewer_records_than_were_signed_are_a_loss() {
    let whole = finished_signed();
    let size = checkpoint(&whole).size;
    let last = segments(&whole).pop().unwrap();
    let cut = |bytes: &mut Vec<u8>| {
        bytes.pop();
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        bytes.truncate(end);
    };
    let storage = whole.snapshot();
    tamper(&storage, &last, cut);
    storage.replace("WATERMARK", None);
    assert!(open(&storage.snapshot()).is_ok(), "without the key nothing tells of it");
    let error = reopen(&storage).unwrap_err();
    let Error::Lost { found, acknowledged, .. } = error else { panic!("{error}") };
    assert_eq!((found, acknowledged), (size - 1, size));
    let options = Options { on_damage: OnDamage::NewEpoch, ..signed(small_segments()) };
    let journal = Journal::open(Arc::new(storage), options).unwrap();
    assert!(journal.set_aside().unwrap().reason.contains("were acknowledged as durable"));
    // With nothing left, too.
    let storage = whole.snapshot();
    segments(&storage).iter().for_each(|name| storage.replace(name, None));
    storage.replace("WATERMARK", None);
    let error = reopen(&storage).unwrap_err();
    assert!(matches!(error, Error::Lost { found: 0, .. }), "{error}");
    let options = || Options { on_damage: OnDamage::NewEpoch, ..signed(small_segments()) };
    let begun = Journal::open(Arc::new(storage.snapshot()), options()).unwrap();
    assert!(begun.set_aside().unwrap().reason.contains("it ends after 0 records"));
    let begun = Journal::repair(Arc::new(storage.snapshot()), options()).unwrap();
    assert_eq!(begun.set_aside().unwrap().records, 0);
}

#[test]
fn other_records_than_were_signed_are_damage() {
    let storage = MemoryStorage::new();
    Journal::open(Arc::new(storage.clone()), signed(options())).unwrap().close().unwrap();
    let other = MemoryStorage::new();
    let later = Arc::new(StepClock::default());
    later.advance(1);
    let options = Options { clock: later, ..options() };
    Journal::open(Arc::new(other.clone()), options).unwrap().close().unwrap();
    let name = &segments(&storage)[0];
    assert_ne!(storage.file(name), other.file(name));
    storage.replace(name, other.file(name));
    storage.replace("WATERMARK", other.file("WATERMARK"));
    let error = reopen(&storage).unwrap_err();
    let Error::Damaged { seq, line, offset, reason, .. } = error else { panic!("{error}") };
    let bytes = storage.file(name).unwrap();
    let start = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    assert_eq!((seq, line, offset), (2, 3, start as u64), "{reason}");
    assert!(reason.contains("are not those that were signed"), "{reason}");
}

#[test]
fn a_checkpoint_that_is_no_note_of_this_key_is_told_of_and_replaced() {
    let whole = finished_signed();
    let bytes = whole.file("checkpoint").unwrap();
    let flip = |place: usize| {
        let mut bytes = bytes.clone();
        bytes[place] ^= 1;
        bytes
    };
    let changed =
        (0..bytes.len()).step_by(3).flat_map(|place| [bytes[..place].to_vec(), flip(place)]);
    for changed in changed {
        let storage = whole.snapshot();
        storage.replace("checkpoint", Some(changed.clone()));
        let mut journal = reopen(&storage).unwrap();
        let told = journal.unsigned().map(ToString::to_string);
        // One with another name than the key's looks like another key's, and a record says so.
        let text = String::from_utf8(changed.clone()).unwrap_or_default();
        let is_other = audit_tlog::Note::parse(&text)
            .is_ok_and(|note| note.signers(&[key().verifier().clone()]) == Err(Untrusted::Unknown));
        let is_told = told.is_some_and(|told| told.contains("checkpoint"));
        assert!(is_told || is_other, "{changed:?}");
        journal.tick().unwrap();
        assert!(journal.unsigned().is_none());
        assert_eq!(check_files(&storage, &leaves(&storage)), journal.watermark().durable());
    }
}

#[test]
fn a_torn_end_of_the_history_is_cut_off() {
    let whole = finished_signed();
    let bytes = whole.file("checkpoints").unwrap();
    let notes: Vec<usize> = (1..=bytes.len())
        .filter(|end| *end == bytes.len() || bytes[*end..].starts_with(ORIGIN.as_bytes()))
        .collect();
    for end in (0..bytes.len()).step_by(2) {
        for zeros in [0, 100] {
            let storage = whole.snapshot();
            storage.replace("checkpoints", Some([&bytes[..end], &vec![0; zeros]].concat()));
            let mut journal = reopen(&storage).unwrap();
            journal.tick().unwrap();
            let kept = notes.iter().rev().find(|whole| **whole <= end).copied().unwrap_or(0);
            let found = storage.file("checkpoints").unwrap();
            assert!(found.starts_with(&bytes[..kept]) && found.len() > kept, "{end}");
            check_files(&storage, &leaves(&storage));
        }
    }
    // Sectors of the last one were lost, and its end is there.
    let storage = whole.snapshot();
    let end = bytes.len();
    tamper(&storage, "checkpoints", |bytes| bytes[end - 80..end - 40].fill(0));
    assert_made_good(&storage);
}

#[test]
fn tiles_that_are_gone_short_long_or_wrong_at_their_end_are_made_again() {
    let storage = MemoryStorage::new();
    let mut journal = open_signed(&storage);
    for number in 0..140 {
        for record in 0..5 {
            journal.append(&body(&format!("record {number} {record}"))).unwrap();
        }
        journal.commit().unwrap();
    }
    journal.close().unwrap();
    let leaves = leaves(&storage);
    assert!(leaves.len() > 768);
    let check = |change: &dyn Fn(&mut Vec<u8>), level: usize| {
        let storage = storage.snapshot();
        tamper(&storage, &format!("tiles/{level}"), change);
        assert_made_good(&storage);
    };
    for level in [0, 1] {
        let length = storage.file(&format!("tiles/{level}")).unwrap().len();
        for end in [0, 1, 32, length - 33, length - 32, length - 1] {
            check(&|bytes| bytes.truncate(end), level);
        }
        check(&|bytes| bytes.extend_from_slice(&[0; 100]), level);
        check(&|bytes| bytes.fill(0), level);
        // Those of the last segment, and those of the tile that it began in.
        for back in [1, 33, 65] {
            check(&|bytes| bytes[length - back] ^= 1, level);
        }
    }
    for level in ["tiles/0", "tiles/1"] {
        let storage = storage.snapshot();
        storage.replace(level, None);
        assert_made_good(&storage);
    }
}

#[test]
fn an_unsigned_journal_gets_all_files_with_its_key() {
    let storage = closed(400, small_segments());
    assert_made_good(&storage);
    // And again after a time without the key.
    let mut journal = Journal::open(Arc::new(storage.clone()), small_segments()).unwrap();
    write(&mut journal, (0..30).map(|number| format!("unsigned {number}")));
    journal.close().unwrap();
    assert_made_good(&storage);
}

#[test]
fn a_new_epoch_begins_a_tree_of_its_own_and_the_old_one_is_kept() {
    let storage = finished_signed();
    let before = storage.snapshot();
    let journal =
        Journal::adopt(Arc::new(storage.clone()), signed(small_segments()), "a test").unwrap();
    journal.close().unwrap();
    for name in before.names().iter().filter(|name| *name != "REDO") {
        assert_eq!(storage.file(&format!("epochs/0/{name}")), before.file(name), "{name}");
    }
    let leaves = leaves(&storage);
    assert_eq!(check_files(&storage, &leaves), leaves.len() as u64);
    assert_eq!(checkpoint(&storage).origin, format!("{ORIGIN}#1"));
    let epochs = crate::verify_epochs(&storage).unwrap();
    assert_eq!(epochs[0].state, crate::EpochState::Unchanged, "{:?}", epochs[0].change);
    tamper(&storage, "epochs/0/checkpoint", |bytes| bytes[0] ^= 1);
    let epochs = crate::verify_epochs(&storage).unwrap();
    assert_eq!(epochs[0].state, crate::EpochState::Changed);
}

#[test]
fn an_epoch_that_had_begun_and_is_gone_is_no_epoch_that_is_about_to_begin() {
    let storage = finished();
    let options = signed(small_segments());
    Journal::adopt(Arc::new(storage.clone()), options.clone(), "a test").unwrap().close().unwrap();
    // A power cut can leave WATERMARK as it was before anything was recorded.
    storage.replace("WATERMARK", None);
    segments(&storage).iter().for_each(|name| storage.replace(name, None));
    let open = |options: Options| Journal::open(Arc::new(storage.clone()), options);
    let lost = open(options.clone()).unwrap_err();
    assert!(matches!(lost, Error::Lost { found: 0, .. }), "{lost}");
    let going_on = Options { on_damage: OnDamage::NewEpoch, ..options };
    let journal = open(going_on).unwrap();
    assert_eq!(journal.set_aside().map(|epoch| epoch.epoch), Some(1));
}
