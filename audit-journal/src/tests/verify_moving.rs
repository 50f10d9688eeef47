//! Verification of what was signed while the journal goes on: other keys, a pruned front, a living writer.

use std::sync::atomic::AtomicBool;

use audit_tlog::{Note, Signer as _, SigningKey};

use super::naive::{checkpoint, key, leaves, lines, rewrite, sign};
use super::prune::{before, firsts, living};
use super::verify_signed::{check, damage, signed, trust};
use super::*;
use crate::line::{self, Chain};
use crate::{Kind, Level, verify_signed};

/// A line of the record that `old` hands its duty to `new`, signed by these.
fn rotation(
    like: &[u8],
    old: &SigningKey,
    new: &SigningKey,
    signers: &[&dyn audit_tlog::Signer],
) -> Vec<u8> {
    let [old, new] = [old, new].map(|key| key.verifier().clone());
    let text = format!("audited key rotation\n{ORIGIN}\n{old}\n{new}\n");
    let note = Note::sign(text, signers).unwrap().to_string();
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

/// A journal in which key 2 follows key 1 with record 5, as far as these have signed that.
fn rotated(signers: &[&dyn audit_tlog::Signer]) -> MemoryStorage {
    let storage = finished();
    rewrite(&storage, |segments| {
        let line = rotation(&segments[0][1], &key(1), &key(2), signers);
        segments[0].insert(5, line);
    });
    let end = leaves(&storage).len();
    sign(&storage, &key(2), &[9, end]);
    let history = storage.file("checkpoints").unwrap();
    let first = format!("{}\n", checkpoint(&key(1), &leaves(&storage)[..4]));
    storage.replace("checkpoints", Some([first.into_bytes(), history].concat()));
    storage
}

#[test]
fn a_key_that_a_trusted_one_names_is_trusted_from_there_on() {
    let both = [&key(1) as &dyn audit_tlog::Signer, &key(2)];
    let storage = rotated(&both);
    let verification = check(&storage);
    assert_eq!(verification.level(), Some(Level::Signed), "{verification:#?}");
    assert!(verify_signed(&storage, &trust(&[&key(1), &key(2)], &[])).unwrap().is_intact());
    // Of a rotation that one of them alone has signed, or that comes later, nothing follows.
    for signers in [&both[..1], &both[1..]] {
        let kinds = damage(&check(&rotated(signers)));
        assert!(kinds.contains(&(Kind::Unsigned, 5)), "{kinds:?}");
        assert!(
            kinds.len() > 1 && kinds.iter().all(|(kind, _)| *kind == Kind::Unsigned),
            "{kinds:?}"
        );
    }
    let early = format!("{}\n", checkpoint(&key(2), &leaves(&storage)[..3]));
    tamper(&storage, "checkpoints", |bytes| drop(bytes.splice(..0, early.into_bytes())));
    assert_eq!(damage(&check(&storage)), [(Kind::Unsigned, 2)]);
    // Whoever knows the new key alone cannot tell who was before.
    assert!(!verify_signed(&storage, &trust(&[&key(2)], &[])).unwrap().is_intact());
}

/// A pruned journal with the seals of what was pruned, and how many records are kept from where on.
fn pruned() -> (MemoryStorage, u64) {
    let (storage, mut journal) = living();
    let whole = storage.snapshot();
    let kept = firsts(&storage)[2];
    journal.prune(&before(kept)).unwrap();
    write(&mut journal, (0..12).map(|number| format!("record {number}")));
    journal.close().unwrap();
    let gone: Vec<_> = segments(&whole).into_iter().take(2).collect();
    for name in &gone {
        storage.replace(name, whole.file(name));
    }
    sign(&storage, &key(1), &[3, 20, leaves(&storage).len()]);
    gone.iter().for_each(|name| storage.replace(name, None));
    (storage, kept)
}

#[test]
fn a_pruned_journal_is_followed_from_the_seal_before_it() {
    let (storage, kept) = pruned();
    let verification = check(&storage);
    assert_eq!(verification.findings, []);
    assert!(verification.pruned.is_some() && verification.first_seq == Some(kept));
    assert_eq!(verification.level(), Some(Level::Signed));
    let before = names(&storage, "seg/").into_iter().filter(|name| name.ends_with(".seal")).nth(1);
    storage.replace(&before.unwrap(), None);
    assert_eq!(damage(&check(&storage)), [(Kind::Unsigned, kept)]);
}

#[test]
fn a_change_behind_damage_is_found_from_the_next_seal_on() {
    let storage = signed();
    let segments = lines(&storage);
    let (second, last) = (segments[1].0, segments.last().unwrap().0);
    // The bytes of record 3 alone, and all from the last segment on.
    tamper(&storage, &format!("seg/{:020}.jsonl", 0), |bytes| {
        let at = bytes.windows(8).position(|at| at == b"record 1").unwrap();
        bytes[at] = b'R';
    });
    assert!(last > second);
    let end = leaves(&storage).len() as u64;
    let verification = check(&storage);
    assert_eq!(damage(&verification), [(Kind::Edited, 3)], "no more than what was changed");
    assert_eq!(verification.signed_size, Some(end), "what follows a seal is borne out again");
}

#[test]
fn beside_a_living_writer_nothing_is_found() {
    let storage = MemoryStorage::new();
    let is_over = Arc::new(AtomicBool::new(false));
    let options = Options { signer: Some(Arc::new(key(1))), ..small_segments() };
    let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    journal.tick().unwrap();
    std::thread::scope(|scope| {
        let over = Arc::clone(&is_over);
        scope.spawn(move || {
            for number in 0..600 {
                write(&mut journal, [format!("record {number}")]);
                if number % 3 == 0 {
                    journal.tick().unwrap();
                }
            }
            journal.close().unwrap();
            over.store(true, Ordering::Release);
        });
        let mut looks = 0;
        while !is_over.load(Ordering::Acquire) || looks < 10 {
            let verification = check(&storage);
            assert_eq!(verification.findings, []);
            assert_eq!(verification.level(), Some(Level::Signed));
            looks += 1;
        }
    });
    assert_eq!(check(&storage).signed_size, Some(leaves(&storage).len() as u64));
}
