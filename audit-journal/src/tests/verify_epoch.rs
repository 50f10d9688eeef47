//! An epoch that was set aside is held against what was kept elsewhere, however it was when it was set aside.

use audit_tlog::Note;

use super::naive::{self, checkpoint, edit, key, leaves, rewrite};
use super::verify_signed::{anchor, damage, signed, trust};
use super::*;
use crate::{Kind, OlderEpoch, OnDamage, Verification, verify_epoch, verify_epochs, verify_signed};

/// The older epoch alone.
pub(super) fn aside(storage: &MemoryStorage) -> MemoryStorage {
    let older = MemoryStorage::new();
    for name in names(storage, "epochs/0/") {
        older.replace(&name["epochs/0/".len()..], storage.file(&name));
    }
    older
}

/// Sets the journal aside for its damage.
pub(super) fn set_aside(storage: &MemoryStorage) -> OlderEpoch {
    let signer = Some(Arc::new(key(1)) as _);
    let going_on = Options { on_damage: OnDamage::NewEpoch, signer, ..options() };
    let journal = Journal::open(Arc::new(storage.clone()), going_on).unwrap();
    assert!(journal.set_aside().is_some());
    journal.close().unwrap();
    verify_epochs(storage).unwrap().remove(0)
}

fn against(storage: &MemoryStorage, older: &OlderEpoch, anchors: &[Note]) -> Option<Verification> {
    verify_epoch(storage, &aside(storage), older, &trust(&[&key(1)], anchors)).unwrap()
}

/// Changes a byte of a record, so that the chain breaks there.
pub(super) fn damage_record(storage: &MemoryStorage, text: &str) {
    for name in segments(storage) {
        tamper(storage, &name, |bytes| {
            let found = bytes.windows(text.len()).position(|at| at == text.as_bytes());
            if let Some(at) = found {
                bytes[at] = b'R';
            }
        });
    }
}

/// The text of a record in the last segment, which a start checks.
pub(super) fn last_text(storage: &MemoryStorage) -> String {
    story(storage).into_iter().rfind(|text| text.starts_with("record")).unwrap()
}

#[test]
fn a_rewrite_is_not_hidden_by_damage_for_which_the_epoch_was_set_aside() {
    let whole = signed();
    let end = leaves(&whole).len();
    let last = last_text(&whole);
    for (is_rewritten, without_tiles) in
        [(false, false), (true, false), (false, true), (true, true)]
    {
        let storage = whole.snapshot();
        if is_rewritten {
            rewrite(&storage, |segments| edit(&mut segments[0][4]));
        }
        damage_record(&storage, &last);
        if without_tiles {
            storage.replace("tiles/0", None);
        }
        let older = set_aside(&storage);
        assert!(older.stated.as_ref().unwrap().damage > 0);
        for size in [3, 9, end] {
            let found = against(&storage, &older, &[anchor(&whole, size)]).unwrap();
            assert_eq!(!found.is_intact(), is_rewritten, "{without_tiles} {size}: {found:#?}");
            let is_compared = !(without_tiles && size == end);
            assert!(is_rewritten || found.anchored_size.is_some() == is_compared, "{found:#?}");
            assert_eq!(found.uncompared, u64::from(!is_compared));
            let is_in_epoch = |it: &crate::Finding| it.segment.starts_with("epochs/0/");
            assert!(found.findings.iter().all(is_in_epoch));
        }
    }
    let other = checkpoint(&key(1), &leaves(&whole)[..3]);
    let other = other.text.replace(ORIGIN, "another/journal");
    let other = Note::sign(other, &[&key(1)]).unwrap();
    let older = {
        damage_record(&whole, &last);
        set_aside(&whole)
    };
    assert_eq!(against(&whole, &older, &[other]), None);
}

#[test]
fn a_rewrite_in_the_damaged_segment_is_told_from_what_was_written_down() {
    let whole = signed();
    let end = leaves(&whole).len();
    let storage = whole.snapshot();
    let last = last_text(&storage);
    // Behind the damage the chain cannot vouch for anything, but the tiles do.
    let (first, lines) = naive::lines(&storage).pop().unwrap();
    let at = lines.iter().position(|line| line.windows(last.len()).any(|it| it == last.as_bytes()));
    let at = at.unwrap();
    rewrite(&storage, |segments| {
        let lines = segments.last_mut().unwrap();
        let parsed = crate::line::parse(&lines[at + 1]).unwrap();
        let stop =
            std::str::from_utf8(&lines[at + 1]).unwrap().replace("journal.stop", "journal.spot");
        assert!(parsed.stamp.seq > first);
        lines[at + 1] = stop.into_bytes();
    });
    damage_record(&storage, &last);
    let older = set_aside(&storage);
    let found = against(&storage, &older, &[anchor(&whole, end)]).unwrap();
    assert!(damage(&found).contains(&(Kind::Edited, first + at as u64 + 1)), "{found:#?}");
}

#[test]
fn an_epoch_is_known_by_the_name_that_was_written_down() {
    let whole = signed();
    let storage = whole.snapshot();
    rewrite(&storage, |segments| edit(&mut segments[1][3]));
    // Its own first line does not tell any more.
    tamper(&storage, &segments(&storage)[0], |bytes| bytes[0] = b'(');
    let older = set_aside(&storage);
    let found = against(&storage, &older, &[anchor(&whole, leaves(&whole).len())]);
    assert!(found.is_some_and(|found| !found.is_intact()));
    // What is gone from the end behind that which was written down is told as well.
    let storage = whole.snapshot();
    let last = segments(&storage).pop().unwrap();
    tamper(&storage, &last, |bytes| {
        let cut = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap();
        bytes.truncate(cut + 1);
    });
    let older = set_aside(&storage);
    let end = leaves(&whole).len();
    let found = against(&storage, &older, &[anchor(&whole, end)]).unwrap();
    assert_eq!(damage(&found), [], "as it was written down: {:#?}", older.stated);
    assert!(!verify_signed(&aside(&storage), &trust(&[&key(1)], &[])).unwrap().is_intact());
}
