//! What somebody has made to look well beside what was kept elsewhere is not taken for that.

use audit_tlog::leaf;

use super::naive::{checkpoint, edit, key, leaves, lines, rewrite, sign};
use super::verify_epoch::{aside, damage_record, last_text, set_aside};
use super::verify_moving::{Moving, pruned};
use super::verify_signed::{against, anchor, check, damage, signed, trust};
use super::*;
use crate::{EpochState, Kind, Level, segment, verify_epoch, verify_epochs, verify_signed};

#[test]
fn what_no_trusted_key_has_signed_is_told_unless_more_is_borne_out() {
    let storage = signed();
    let mut notes = vec![anchor(&storage, 9), checkpoint(&key(2), &leaves(&storage)[..14])];
    let verification = verify_signed(&storage, &trust(&[&key(1)], &notes)).unwrap();
    assert_eq!((verification.anchored_size, verification.uncompared), (Some(9), 1));
    let reasons = &verification.uncompared_reasons;
    assert!(reasons.len() == 1 && reasons[0].contains("line 2, of 14 records: "), "{reasons:?}");
    notes.push(anchor(&storage, 15));
    let verification = verify_signed(&storage, &trust(&[&key(1)], &notes)).unwrap();
    assert_eq!((verification.anchored_size, verification.uncompared), (Some(15), 0));
    assert_eq!(verification.uncompared_reasons, [""; 0]);
}

#[test]
fn checkpoints_of_other_journals_are_named() {
    let storage = signed();
    let of = |name: &str, seed: u8| {
        let text = anchor(&storage, 9).text.replace(ORIGIN, name);
        audit_tlog::Note::sign(text, &[&key(seed)]).unwrap()
    };
    let notes = [of("another/journal", 1), of("of/nobody", 2), anchor(&storage, 3)];
    let verification = verify_signed(&storage, &trust(&[&key(1)], &notes)).unwrap();
    assert_eq!((verification.anchored_size, verification.uncompared), (Some(3), 0));
    assert_eq!(Vec::from_iter(&verification.passed_over), ["another/journal"]);
    assert_eq!(verification.origin.as_deref(), Some(ORIGIN));
}

#[test]
fn a_journal_that_was_put_back_is_found_beside_its_busy_writer() {
    for (signer, trusted) in [(1, 1), (2, 1)] {
        let storage = MemoryStorage::new();
        let options = Options { signer: Some(Arc::new(key(signer))), ..small_segments() };
        let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
        let mut stage = |text: &str| {
            write(&mut journal, [format!("record {text}")]);
            journal.tick().unwrap();
            storage.snapshot()
        };
        let stages = [stage("one"), stage("two")];
        let _held = stages.each_ref().map(|stage| stage.lock("a writer").unwrap());
        let end = leaves(&stages[1]).len() as u64;
        let moving = Moving::of(stages);
        let later: Vec<_> = (0..40).map(|number: u8| leaf(&[number])).collect();
        let notes = [checkpoint(&key(trusted), &later)];
        let verification = verify_signed(&moving, &trust(&[&key(1)], &notes)).unwrap();
        let damages = damage(&verification);
        assert!(damages.contains(&(Kind::Truncated, end)), "{damages:?}");
        let is_swapped = verification.findings.iter().any(|it| it.segment == "checkpoint");
        assert_eq!(is_swapped, signer != trusted, "{damages:?}");
    }
}

#[test]
fn what_the_signatures_alone_tell_is_excused_by_nothing_that_was_written_down() {
    let whole = signed();
    let storage = whole.snapshot();
    let last = last_text(&storage);
    rewrite(&storage, |segments| edit(&mut segments[0][4]));
    damage_record(&storage, &last);
    let mut older = set_aside(&storage);
    let notes = [anchor(&whole, 9)];
    let against = |older: &crate::OlderEpoch| {
        verify_epoch(&storage, &aside(&storage), older, &trust(&[&key(1)], &notes))
            .unwrap()
            .unwrap()
    };
    let found = against(&older).findings;
    assert!(!found.is_empty());
    let stated = older.stated.as_mut().unwrap();
    stated.places.extend(
        found
            .into_iter()
            .map(|it| crate::Finding { segment: it.segment["epochs/0/".len()..].to_owned(), ..it }),
    );
    assert!(!against(&older).is_intact(), "whoever rewrites writes that, too");
}

/// A journal whose records are gone, and which a service has begun anew behind an EPOCH that was made by hand.
fn begun_anew(origin: &str) -> MemoryStorage {
    let (whole, storage) = (signed(), MemoryStorage::new());
    damage_record(&whole, &last_text(&whole));
    set_aside(&whole);
    let stated = whole.file("epochs/0/EPOCH").unwrap();
    let mut stated: serde_json::Value = serde_json::from_slice(&stated).unwrap();
    stated["files"] = serde_json::json!([]);
    stated["places"] = serde_json::json!([]);
    stated["origin"] = origin.into();
    storage.replace("epochs/0/EPOCH", Some(format!("{stated}\n").into_bytes()));
    let options = Options { signer: Some(Arc::new(key(1))), ..options() };
    Journal::open(Arc::new(storage.clone()), options).unwrap().close().unwrap();
    storage
}

#[test]
fn records_that_were_anchored_are_not_gone_because_an_epoch_says_so() {
    let storage = begun_anew(ORIGIN);
    let older = &verify_epochs(&storage).unwrap()[0];
    assert_eq!(older.state, EpochState::Unchanged);
    let trust = trust(&[&key(1)], &[anchor(&signed(), 9)]);
    let found = verify_epoch(&storage, &aside(&storage), older, &trust).unwrap().unwrap();
    assert_eq!(damage(&found), [(Kind::Truncated, 0)]);
    let storage = begun_anew("x");
    let older = &verify_epochs(&storage).unwrap()[0];
    assert_eq!(older.state, EpochState::Changed, "{older:?}");
}

#[test]
fn an_older_epoch_without_its_signatures_is_held_against_what_was_kept() {
    let storage = signed();
    let notes = [anchor(&storage, 9)];
    damage_record(&storage, &last_text(&storage));
    let older = set_aside(&storage);
    let bare = aside(&storage);
    for name in names(&bare, "") {
        if name.contains("checkpoint") || name.ends_with(".seal") || name.contains("tiles") {
            bare.replace(&name, None);
        }
    }
    let found = verify_epoch(&storage, &bare, &older, &trust(&[&key(1)], &notes)).unwrap();
    assert!(damage(&found.unwrap()).iter().any(|(kind, _)| *kind == Kind::Unsigned));
}

#[test]
fn tiles_that_do_not_lead_to_the_seal_bear_nothing_out() {
    let (storage, kept, whole) = pruned();
    let notes = [anchor(&whole, 3)];
    assert_eq!(against(&storage, &notes[0]).anchored_size, Some(3));
    // All behind record 5 is another history of the same key; the tiles below are as they were.
    let other = whole.snapshot();
    rewrite(&other, |segments| edit(&mut segments[0][5]));
    sign(&other, &key(1), &[leaves(&other).len()]);
    let tiles = storage.file("tiles/0").unwrap();
    for name in
        names(&storage, "seg/").into_iter().chain(["checkpoint".into(), "checkpoints".into()])
    {
        storage.replace(&name, other.file(&name));
    }
    tamper(&storage, "tiles/0", |bytes| bytes.clone_from(&tiles));
    tamper(&storage, &segments(&storage)[0], |_| ());
    let verification = against(&storage, &notes[0]);
    assert_eq!((verification.anchored_size, verification.uncompared), (None, 1), "{kept}");
}

#[test]
fn signatures_say_little_where_many_records_behind_them_have_none() {
    let options = Options { segment_bytes_max: 300_000, ..options() };
    let storage = closed(4200, options);
    let end = leaves(&storage).len();
    let firsts: Vec<u64> = lines(&storage).iter().map(|(first, _)| *first).collect();
    for (size, level) in [(end - 4096, Level::Signed), (end - 4097, Level::Chain)] {
        sign(&storage, &key(1), &[3, size]);
        for ends in firsts.windows(2).filter(|ends| ends[1] >= size as u64) {
            storage.replace(&segment::seal(ends[0]), None);
        }
        let verification = check(&storage);
        assert_eq!((damage(&verification), verification.level()), (vec![], Some(level)), "{size}");
    }
}

#[test]
fn what_was_pruned_is_held_against_notes_of_its_own_name_alone() {
    let (storage, _, whole) = pruned();
    let other = checkpoint(&key(1), &[leaf(b"another one's")]).text.replace(ORIGIN, "another/one");
    let notes = [audit_tlog::Note::sign(other, &[&key(1)]).unwrap(), anchor(&whole, 3)];
    let verification = verify_signed(&storage, &trust(&[&key(1)], &notes)).unwrap();
    assert_eq!((verification.findings, verification.anchored_size), (vec![], Some(3)));
}

#[test]
fn seals_alone_are_what_a_killed_start_leaves() {
    let storage = signed();
    let kept = anchor(&storage, 9);
    ["checkpoint", "checkpoints"].iter().for_each(|name| storage.replace(name, None));
    let refused = verify_signed(&storage, &trust(&[&key(1)], &[])).unwrap_err();
    assert!(matches!(refused, Error::Unsigned { .. }), "{refused}");
    assert!(!against(&storage, &kept).is_intact(), "there was more, as the anchor shows");
}

#[test]
fn of_a_history_of_rubbish_a_part_is_told_and_proofs_go_on() {
    let storage = signed();
    let more = anchor(&storage, 9).text.replace(ORIGIN, "another/one").replace("\n9\n", "\n99\n");
    let more = audit_tlog::Note::sign(more, &[&key(2)]).unwrap();
    tamper(&storage, "checkpoints", |bytes| {
        bytes.extend_from_slice(format!("{more}\n").as_bytes());
        bytes.extend_from_slice("\u{2014} \n\n".repeat(1500).as_bytes());
    });
    let told = check(&storage).findings;
    assert!(told.len() < 1010, "{}", told.len());
    assert!(told.iter().any(|it| it.reason == "and 500 more"), "{:?}", told.last());
    assert!(crate::prove(&storage, 5).is_ok());
    storage.replace("checkpoint", None);
    assert!(crate::prove(&storage, 5).is_ok(), "the greatest of this journal is taken");
}

#[test]
fn a_header_that_names_another_journal_is_edited() {
    let storage = finished();
    rewrite(&storage, |segments| {
        let header = String::from_utf8(segments[1][0].clone()).unwrap();
        segments[1][0] = header.replace(ORIGIN, "another/one").into_bytes();
    });
    let found = crate::verify(&storage).unwrap();
    assert_eq!(damage(&found), [(Kind::Edited, lines(&storage)[1].0)]);
}
