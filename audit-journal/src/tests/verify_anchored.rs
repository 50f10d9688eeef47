//! What anchors tell where whoever has the key has signed other records anew.

use audit_tlog::Note;

use super::naive::{self, edit, key, leaves, rewrite, sign};
use super::verify_signed::{anchor, damage, signed, trust};
use super::*;
use crate::{Kind, Verification, verify_signed};

fn against(storage: &MemoryStorage, anchors: &[Note]) -> Verification {
    verify_signed(storage, &trust(&[&key(1)], anchors)).unwrap()
}

/// Record 5 is another one, and checkpoints of these sizes and of all are signed anew.
fn forged(whole: &MemoryStorage, sizes: &[usize]) -> MemoryStorage {
    let forged = whole.snapshot();
    rewrite(&forged, |segments| edit(segments.iter_mut().flatten().nth(5).unwrap()));
    sign(&forged, &key(1), &[sizes, &[leaves(&forged).len()]].concat());
    forged
}

#[test]
fn a_fork_is_told_from_the_last_anchor_that_agrees_on() {
    let whole = signed();
    let anchors = [anchor(&whole, 4), anchor(&whole, 8)];
    // The forger has signed a checkpoint of the anchor's size as well, or has left the one that was there.
    let both = forged(&whole, &[3, 7, 8]);
    assert_eq!(damage(&against(&both, &anchors))[0], (Kind::Edited, 4));
    let left = forged(&whole, &[3, 7]);
    tamper(&left, "checkpoints", |bytes| {
        let other = naive::checkpoint(&key(1), &leaves(&whole)[..8]);
        bytes.extend_from_slice(format!("{other}\n").as_bytes());
    });
    let verification = against(&left, &anchors);
    assert!(damage(&verification).contains(&(Kind::Edited, 4)), "{verification:#?}");
    assert!(!damage(&verification).iter().any(|(_, seq)| *seq == 7), "{verification:#?}");
}

#[test]
fn from_where_on_nothing_tells_is_told_where_anchored_records_are_gone() {
    let whole = signed();
    let end = leaves(&whole).len();
    let forged = whole.snapshot();
    rewrite(&forged, |segments| _ = segments[0].remove(5));
    for name in names(&forged, "seg/").into_iter().filter(|name| name.ends_with(".seal")) {
        forged.replace(&name, None);
    }
    sign(&forged, &key(1), &[3, 7, end - 1]);
    let told = |storage: &MemoryStorage, anchors: &[Note]| {
        let verification = against(storage, anchors);
        assert_eq!(damage(&verification), [(Kind::Truncated, end as u64 - 1)]);
        let reason = verification.findings.into_iter().find(|it| it.kind == Kind::Truncated);
        reason.unwrap().reason
    };
    let reason = told(&forged, &[anchor(&whole, 4), anchor(&whole, end)]);
    assert!(reason.contains("of those from seq 4 on nothing tells"), "{reason}");
    // What the tiles lead to from the records that are there needs no such words.
    let cut = whole.snapshot();
    rewrite(&cut, |segments| _ = segments.last_mut().unwrap().pop());
    let reason = told(&cut, &[anchor(&whole, 4), anchor(&whole, end)]);
    assert!(!reason.contains("nothing tells"), "{reason}");
}
