//! Verification of what was signed: a rewritten journal is told from the one that was written.

use audit_tlog::{Note, SigningKey};

use super::naive::{self, Segments, edit, key, leaves, lines, rewrite, sign};
use super::*;
use crate::{Error, Kind, Level, Trust, Verification, verify, verify_signed};

/// A closed journal of several segments, signed at some sizes and at its end.
pub(super) fn signed() -> MemoryStorage {
    let storage = finished();
    let end = leaves(&storage).len();
    sign(&storage, &key(1), &[3, 9, 14, end]);
    storage
}

pub(super) fn trust(keys: &[&SigningKey], anchors: &[Note]) -> Trust {
    use audit_tlog::Signer as _;
    let keys = keys.iter().map(|key| key.verifier().clone()).collect();
    Trust { keys, anchors: anchors.to_vec(), ..Trust::default() }
}

pub(super) fn check(storage: &MemoryStorage) -> Verification {
    verify_signed(storage, &trust(&[&key(1)], &[])).unwrap()
}

/// Kinds and numbers of what is no warning.
pub(super) fn damage(verification: &Verification) -> Vec<(Kind, u64)> {
    let damages = verification.findings.iter().filter(|finding| !finding.kind.is_warning());
    damages.map(|finding| (finding.kind, finding.seq)).collect()
}

fn found(storage: &MemoryStorage) -> Vec<(Kind, u64)> {
    damage(&check(storage))
}

/// The checkpoint of the first `size` records, kept elsewhere.
pub(super) fn anchor(storage: &MemoryStorage, size: usize) -> Note {
    naive::checkpoint(&key(1), &leaves(storage)[..size])
}

pub(super) fn against(storage: &MemoryStorage, anchor: &Note) -> Verification {
    verify_signed(storage, &trust(&[&key(1)], std::slice::from_ref(anchor))).unwrap()
}

#[test]
fn levels_and_sizes_say_what_was_shown() {
    let storage = signed();
    let end = leaves(&storage).len() as u64;
    let verification = check(&storage);
    assert_eq!(verification.findings, []);
    assert_eq!((verification.level(), verification.signed_size), (Some(Level::Signed), Some(end)));
    assert_eq!(verification.anchored_size, None);
    let verification = against(&storage, &anchor(&storage, 9));
    assert_eq!(verification.findings, []);
    assert_eq!(
        (verification.level(), verification.anchored_size),
        (Some(Level::Anchored), Some(9))
    );
    assert_eq!(verify(&storage).unwrap().level(), Some(Level::Chain));
}

#[test]
fn records_behind_the_newest_checkpoint_are_not_yet_signed() {
    let storage = finished();
    let end = leaves(&storage).len();
    sign(&storage, &key(1), &[3, end - 2]);
    let verification = check(&storage);
    assert_eq!(verification.findings, []);
    assert_eq!(verification.signed_size, Some(end as u64 - 2));
    assert_eq!(verification.records, end as u64);
}

#[test]
fn of_a_journal_without_signatures_nothing_is_said_but_against_an_anchor() {
    let storage = finished();
    let refused = verify_signed(&storage, &trust(&[&key(1)], &[])).unwrap_err();
    assert!(matches!(&refused, Error::Unsigned { .. }), "{refused}");
    let damages = damage(&against(&storage, &anchor(&storage, 9)));
    assert_eq!(damages, [(Kind::Unsigned, leaves(&storage).len() as u64 - 1)]);
    // What is damaged is damaged, signed or not.
    let name = segments(&storage).remove(0);
    tamper(&storage, &name, |bytes| bytes[700] ^= 1);
    assert_eq!(found(&storage).len(), 1);
}

#[test]
fn an_edited_and_chained_record_is_named_from_the_signatures() {
    let last = leaves(&signed()).len() - 1;
    for seq in (2..last).filter(|seq| !starts_segment(*seq as u64)) {
        let storage = signed();
        rewrite(&storage, |segments| edit(at(segments, seq)));
        assert!(verify(&storage).unwrap().is_intact(), "the chain alone shows nothing");
        let verification = check(&storage);
        assert_eq!(damage(&verification)[0], (Kind::Edited, seq as u64), "{verification:#?}");
        assert_eq!(verification.level(), None);
        let finding = &verification.findings[0];
        let (first, lines) =
            lines(&storage).into_iter().rfind(|(first, _)| *first <= seq as u64).unwrap();
        let line = seq - first as usize;
        let offset: usize = lines[..line].iter().map(|line| line.len() + 1).sum();
        assert_eq!((finding.line, finding.offset), (line as u64 + 1, offset as u64));
    }
}

fn starts_segment(seq: u64) -> bool {
    lines(&signed()).iter().any(|(first, _)| *first == seq)
}

fn at(segments: &mut [Vec<Vec<u8>>], seq: usize) -> &mut Vec<u8> {
    segments.iter_mut().flatten().nth(seq).unwrap()
}

#[test]
fn without_tiles_the_signed_sizes_around_a_change_are_named() {
    let storage = signed();
    rewrite(&storage, |segments| edit(at(segments, 5)));
    storage.replace("tiles/0", None);
    let verification = check(&storage);
    assert_eq!(damage(&verification)[0], (Kind::Edited, 3), "behind the checkpoint of 3 records");
    let reason = &verification.findings[0].reason;
    assert!(reason.contains("between seq 3 and 8"), "{reason}");
}

#[test]
fn a_record_that_is_deleted_swapped_doubled_or_added_and_chained_is_named() {
    let changes: [fn(&mut Segments); 4] = [
        |segments| _ = segments[0].remove(4),
        |segments| segments[0].swap(4, 5),
        |segments| {
            let double = segments[0][3].clone();
            segments[0].insert(4, double);
        },
        |segments| {
            let mut added = segments[0][3].clone();
            edit(&mut added);
            segments[0].insert(4, added);
        },
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let storage = signed();
        rewrite(&storage, change);
        assert!(verify(&storage).unwrap().is_intact());
        assert!(found(&storage).contains(&(Kind::Edited, 4)), "change {at}: {:?}", found(&storage));
    }
}

#[test]
fn a_cut_below_the_checkpoint_is_found_and_one_above_it_by_an_anchor() {
    let whole = signed();
    let end = leaves(&whole).len();
    let cut = |storage: &MemoryStorage| {
        rewrite(storage, |segments| _ = segments.last_mut().unwrap().pop())
    };
    let storage = whole.snapshot();
    cut(&storage);
    assert!(verify(&storage).unwrap().is_intact());
    assert_eq!(found(&storage), [(Kind::Truncated, end as u64 - 1)]);
    let storage = whole.snapshot();
    sign(&storage, &key(1), &[3, 9, end - 1]);
    cut(&storage);
    assert_eq!(check(&storage).findings, [], "nothing was signed of the last record");
    let damages = damage(&against(&storage, &anchor(&whole, end)));
    assert_eq!(damages, [(Kind::Truncated, end as u64 - 1)]);
}

#[test]
fn removed_segments_are_missed_by_the_seals_the_checkpoints_and_an_anchor() {
    let whole = signed();
    let (kept, gone): (Vec<_>, Vec<_>) =
        lines(&whole).into_iter().partition(|(first, _)| *first == 0);
    let end = leaves(&whole).len();
    let cut = |storage: &MemoryStorage| rewrite(storage, |segments| segments.truncate(1));
    let first_gone = kept[0].1.len() as u64;
    assert_eq!(gone[0].0, first_gone);
    let storage = whole.snapshot();
    cut(&storage);
    assert_eq!(found(&storage), [(Kind::Truncated, first_gone)]);
    // Without any checkpoint, the seal of the segment that is left says that others have followed.
    storage.replace("checkpoints", None);
    storage.replace("checkpoint", None);
    let found = found(&storage);
    assert!(found.contains(&(Kind::Truncated, first_gone)), "{found:?}");
    for name in names(&storage, "seg/").into_iter().filter(|name| name.ends_with(".seal")) {
        storage.replace(&name, None);
    }
    storage.replace("tiles/0", None);
    assert!(verify_signed(&storage, &trust(&[&key(1)], &[])).is_err(), "cannot decide");
    let damages = damage(&against(&storage, &anchor(&whole, end)));
    assert!(damages.contains(&(Kind::Truncated, first_gone)), "{damages:?}");
}

#[test]
fn each_of_two_removed_segments_is_missed() {
    let storage = closed(40, small_segments());
    sign(&storage, &key(1), &[leaves(&storage).len()]);
    let firsts: Vec<_> = lines(&storage).iter().map(|(first, _)| *first).collect();
    for first in &firsts[1..3] {
        storage.replace(&format!("seg/{first:020}.jsonl"), None);
    }
    let verification = check(&storage);
    assert_eq!(damage(&verification), [(Kind::Missing, firsts[1])]);
    assert!(verification.findings[0].reason.contains(&format!("up to seq {}", firsts[3] - 1)));
}

#[test]
fn yesterdays_directory_and_a_rewrite_with_the_real_key_pass_but_against_an_anchor() {
    let (whole, old) = (signed(), MemoryStorage::new());
    let mut journal = Journal::open(Arc::new(old.clone()), small_segments()).unwrap();
    write(&mut journal, (0..4).map(|number| format!("record {number}")));
    journal.close().unwrap();
    let size = leaves(&old).len();
    sign(&old, &key(1), &[size]);
    assert_eq!(check(&old).level(), Some(Level::Signed));
    let anchored = against(&old, &anchor(&whole, leaves(&whole).len()));
    assert_eq!(damage(&anchored), [(Kind::Truncated, size as u64)]);

    let forged = whole.snapshot();
    rewrite(&forged, |segments| edit(at(segments, 5)));
    sign(&forged, &key(1), &[3, 7, leaves(&forged).len()]);
    assert_eq!(check(&forged).level(), Some(Level::Signed));
    for size in [4, 5] {
        assert_eq!(against(&forged, &anchor(&whole, size)).level(), Some(Level::Anchored));
    }
    for size in [6, 9, leaves(&whole).len()] {
        let verification = against(&forged, &anchor(&whole, size));
        let damages = damage(&verification);
        assert!(matches!(damages[0], (Kind::Edited | Kind::Fork, _)), "{size}: {damages:?}");
        assert_eq!(verification.level(), None);
    }
    // The forger's own checkpoint of 7 records does not narrow down what an anchor finds.
    let damages = damage(&against(&forged, &anchor(&whole, 8)));
    assert!(damages[0].1 <= 5, "{damages:?}");
}

#[test]
fn segments_that_were_written_while_the_key_was_away_lack_no_seal() {
    let storage = signed();
    let size = leaves(&storage).len() as u64;
    let mut journal = Journal::open(Arc::new(storage.clone()), small_segments()).unwrap();
    write(&mut journal, (0..30).map(|number| format!("unsigned {number}")));
    journal.close().unwrap();
    let verification = check(&storage);
    assert_eq!(damage(&verification), []);
    assert_eq!((verification.level(), verification.signed_size), (Some(Level::Signed), Some(size)));
}

#[test]
fn an_anchor_that_no_trusted_key_has_signed_says_nothing() {
    let storage = signed();
    let mut others = leaves(&storage)[..9].to_vec();
    others[5] = audit_tlog::leaf(b"another record");
    let injected = naive::checkpoint(&key(9), &others);
    let verification = against(&storage, &injected);
    assert_eq!((verification.level(), verification.anchored_size), (Some(Level::Signed), None));
    assert_eq!(damage(&verification), []);
}

#[test]
fn two_checkpoints_of_one_size_are_both_printed() {
    let storage = signed();
    let mut others = leaves(&storage)[..9].to_vec();
    let own = naive::root(&others);
    others[5] = audit_tlog::leaf(b"another record");
    let other = naive::checkpoint(&key(1), &others);
    tamper(&storage, "checkpoints", |bytes| {
        bytes.extend_from_slice(format!("{other}\n").as_bytes())
    });
    let verification = check(&storage);
    assert_eq!(damage(&verification), [(Kind::Fork, 8)]);
    let finding = &verification.findings[0];
    let roots = [finding.expected.as_ref().unwrap(), finding.actual.as_ref().unwrap()];
    assert_eq!(roots, [&own.to_string(), &naive::root(&others).to_string()]);
}

#[test]
fn other_keys_and_missing_seals_are_named() {
    let storage = signed();
    let wrong = verify_signed(&storage, &trust(&[&key(2)], &[])).unwrap();
    assert!(damage(&wrong).iter().all(|(kind, _)| *kind == Kind::Unsigned) && !wrong.is_intact());
    assert_eq!(wrong.signed_size, None);
    // Whoever swaps the key in the directory signs with it.
    let swapped = signed();
    sign(&swapped, &key(2), &[leaves(&swapped).len()]);
    assert!(!check(&swapped).is_intact());
    let firsts: Vec<_> = lines(&storage).iter().map(|(first, _)| *first).collect();
    for first in &firsts[..firsts.len() - 1] {
        let storage = signed();
        storage.replace(&format!("seg/{first:020}.seal"), None);
        assert_eq!(found(&storage), [(Kind::Unsigned, *first)]);
    }
    for (name, count) in [("checkpoint", 1), ("checkpoints", 0)] {
        let storage = signed();
        storage.replace(name, None);
        assert_eq!(found(&storage).len(), count, "{name}");
    }
}

#[test]
fn wrong_and_missing_tiles_are_a_warning_each() {
    for (name, change) in [("tiles/0", 40), ("tiles/0", usize::MAX)] {
        let storage = signed();
        match change {
            usize::MAX => storage.replace(name, None),
            at => tamper(&storage, name, |bytes| bytes[at] ^= 1),
        }
        let verification = check(&storage);
        assert_eq!(verification.level(), Some(Level::Signed));
        let kinds: Vec<_> = verification.findings.iter().map(|it| (it.kind, it.seq)).collect();
        assert_eq!(kinds, [(Kind::Tiles, if change == 40 { 1 } else { 0 })]);
    }
    let storage = closed(600, Options { segment_bytes_max: 40_000, ..options() });
    sign(&storage, &key(1), &[300, leaves(&storage).len()]);
    assert_eq!(check(&storage).findings, []);
    tamper(&storage, "tiles/1", |bytes| bytes[32] ^= 1);
    let verification = check(&storage);
    assert_eq!(verification.findings.len(), 1);
    assert_eq!((verification.findings[0].kind, verification.findings[0].seq), (Kind::Tiles, 256));
}

#[test]
fn every_flipped_byte_of_every_file_is_found() {
    let whole = closed(4, Options { segment_bytes_max: 900, ..options() });
    let end = leaves(&whole).len();
    sign(&whole, &key(1), &[2, 5, end]);
    assert_eq!(check(&whole).findings, []);
    let firsts: Vec<_> = lines(&whole).into_iter().collect();
    for name in whole.names().into_iter().filter(|name| name != "WATERMARK") {
        for place in 0..whole.file(&name).unwrap().len() {
            let storage = whole.snapshot();
            tamper(&storage, &name, |bytes| bytes[place] ^= 1 << (place % 8));
            let verification = check(&storage);
            let (kind, seq) = verification
                .findings
                .first()
                .map(|it| (it.kind, it.seq))
                .unwrap_or_else(|| panic!("{name} byte {place}: nothing is found"));
            let is_damage = !verification.is_intact();
            match name.split_once('/') {
                Some(("tiles", _)) => {
                    assert_eq!((kind, seq, is_damage), (Kind::Tiles, place as u64 / 32, false));
                }
                Some((_, segment)) if segment.ends_with(".jsonl") => {
                    let first: u64 = segment[..20].parse().unwrap();
                    let lines = &firsts.iter().find(|(it, _)| *it == first).unwrap().1;
                    let mut left = place;
                    let line = lines.iter().position(|line| {
                        let is_here = left <= line.len();
                        left = left.saturating_sub(line.len() + 1);
                        is_here
                    });
                    let line = line.unwrap() as u64;
                    assert_eq!((kind, seq), (Kind::Edited, first + line), "{name} byte {place}");
                }
                Some((_, segment)) => {
                    let first: u64 = segment[..20].parse().unwrap();
                    let unsigned =
                        verification.findings.iter().find(|it| it.kind == Kind::Unsigned);
                    let named = unsigned.unwrap_or_else(|| panic!("{name} byte {place}"));
                    assert!(
                        named.segment == name && named.seq >= first,
                        "{name} byte {place}: {named:?}"
                    );
                }
                None => {
                    assert_eq!((kind, is_damage), (Kind::Unsigned, true), "{name} byte {place}");
                    assert_eq!(verification.findings[0].segment, name);
                }
            }
        }
    }
}

#[test]
fn notes_of_another_journal_and_seals_of_other_bytes_are_named() {
    let whole = signed();
    let storage = whole.snapshot();
    let end = leaves(&storage).len();
    let text = format!("other/journal\n{end}\n{}\n", naive::root(&leaves(&storage)));
    let other = Note::sign(text, &[&key(1)]).unwrap();
    let passed_over = against(&storage, &other);
    assert_eq!((passed_over.findings.len(), passed_over.level()), (0, Some(Level::Signed)));
    storage.replace("checkpoint", Some(other.to_string().into_bytes()));
    assert_eq!(found(&storage), [(Kind::Unsigned, end as u64 - 1)]);
    // Only who has the key can write such a seal, and it is as wrong as any other.
    let name = format!("seg/{:020}.seal", 0);
    let seal = String::from_utf8(whole.file(&name).unwrap()).unwrap();
    let text = Note::parse(&seal).unwrap().text;
    let bytes = text.lines().nth(3).unwrap().split(' ').nth(3).unwrap();
    let before = text.lines().nth(4).unwrap().split(' ').nth(1).unwrap();
    for (old, new) in [(bytes, "7"), (before, &"A".repeat(43))] {
        let storage = whole.snapshot();
        let forged = Note::sign(text.replace(old, new), &[&key(1)]).unwrap();
        storage.replace(&name, Some(forged.to_string().into_bytes()));
        assert_eq!(found(&storage), [(Kind::Edited, 0)], "{new} for {old}");
    }
}
