//! What witnesses have cosigned: it counts as kept elsewhere, and what only looks so does not.

use audit_tlog::{Note, Signer as _, WitnessKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::naive::{checkpoint, edit, key, leaves, lines, rewrite, sign};
use super::verify_epoch::{aside, damage_record, last_text, set_aside};
use super::verify_signed::{damage, signed, trust};
use super::*;
use crate::{Kind, Level, Trust, Verification, keep_cosigned, verify_epoch, verify_signed};

/// The witness with this seed: its key, and how it cosigns a text.
struct Witness(WitnessKey, audit_tlog::SigningKey);

impl Witness {
    fn new(name: &str, seed: u8) -> Self {
        let secret = audit_tlog::SigningKey::from_seed(name, [seed; 32]).unwrap();
        let own = secret.verifier().to_string();
        let mut typed = STANDARD.decode(own.splitn(3, '+').last().unwrap()).unwrap();
        typed[0] = 4;
        let id = Sha256::digest([name.as_bytes(), b"\n", &typed].concat());
        let id: String = id[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        Self(format!("{name}+{id}+{}", STANDARD.encode(typed)).parse().unwrap(), secret)
    }

    fn cosign(&self, note: &Note, time: u64) -> Note {
        let signed = format!("cosignature/v1\ntime {time}\n{}", note.text);
        let bytes = [&time.to_be_bytes()[..], &self.1.sign(&signed).unwrap()].concat();
        let id = self.0.id().to_be_bytes();
        let line = STANDARD.encode([&id[..], &bytes].concat());
        Note::parse(&format!("{note}\u{2014} {} {line}\n", self.0.name())).unwrap()
    }

    /// Has the checkpoint of so many records in `anchors/`.
    fn keep(&self, storage: &MemoryStorage, size: usize, time: u64) {
        let note = checkpoint(&key(1), &leaves(storage)[..size]);
        keep_cosigned(storage, &self.0, &self.cosign(&note, time)).unwrap();
    }
}

fn one() -> Witness {
    Witness::new("witness.example/one", 11)
}

fn against(storage: &MemoryStorage, witnesses: &[&Witness], anchors: &[Note]) -> Verification {
    let witnesses = witnesses.iter().map(|witness| witness.0.clone()).collect();
    verify_signed(storage, &Trust { witnesses, ..trust(&[&key(1)], anchors) }).unwrap()
}

/// Level, and how many records were cosigned, when and by whom.
fn shown(verification: &Verification) -> (Option<Level>, Option<u64>, Option<&str>, Option<&str>) {
    let Verification { anchored_size, anchored_at, anchored_by, .. } = verification;
    (verification.level(), *anchored_size, anchored_at.as_deref(), anchored_by.as_deref())
}

#[test]
fn what_a_trusted_witness_has_cosigned_counts_as_kept_elsewhere() {
    let (storage, one, two) = (signed(), one(), Witness::new("witness.example/two", 12));
    one.keep(&storage, 9, 1_700_000_000);
    let verification = against(&storage, &[&one], &[]);
    assert_eq!(verification.findings, []);
    let at = Some("2023-11-14T22:13:20.000000000Z");
    let by = Some("witness.example/one");
    assert_eq!(shown(&verification), (Some(Level::Anchored), Some(9), at, by));
    let none = (Some(Level::Signed), None, None, None);
    assert_eq!(shown(&against(&storage, &[], &[])), none, "without its key it is nothing");
    assert_eq!(shown(&against(&storage, &[&two], &[])), none, "nor is it with another's");
    // Of several the one of most records counts, and of that the first who has seen it.
    two.keep(&storage, 14, 1_700_000_100);
    let elsewhere = one.cosign(&checkpoint(&key(1), &leaves(&storage)[..14]), 1_700_000_050);
    let verification = against(&storage, &[&two, &one], &[elsewhere]);
    assert_eq!(
        shown(&verification),
        (Some(Level::Anchored), Some(14), Some("2023-11-14T22:14:10.000000000Z"), by)
    );
    let both = checkpoint(&key(1), &leaves(&storage)[..15]);
    let both = two.cosign(&one.cosign(&both, 1_700_000_000), 1_700_000_200);
    let verification = against(&storage, &[&one, &two], &[both]);
    assert_eq!(shown(&verification), (Some(Level::Anchored), Some(15), at, by));
    // What was copied by hand says no time, and still counts.
    let copied = checkpoint(&key(1), &leaves(&storage)[..16]);
    let verification = against(&storage, &[&two], &[copied]);
    assert_eq!(shown(&verification), (Some(Level::Anchored), Some(16), None, None));
}

#[test]
fn what_no_witness_has_cosigned_so_counts_for_nothing() {
    let (one, none) = (one(), (Some(Level::Signed), None, None, None));
    let impostor = Witness::new("witness.example/one", 13);
    let impostor = Witness(one.0.clone(), impostor.1);
    let kept = |note: &Note| {
        let storage = signed();
        keep_cosigned(&storage, &one.0, note).unwrap();
        storage
    };
    let of = |size: usize| checkpoint(&key(1), &leaves(&signed())[..size]);
    let mut moved = one.cosign(&of(9), 1_700_000_000);
    moved.text = of(3).text;
    let unsigned = Note { signatures: Vec::new(), ..of(9) };
    let other = checkpoint(&key(2), &leaves(&signed())[..9]);
    let text = of(9).text.replace(ORIGIN, "another/journal");
    let elsewhere = Note::sign(text, &[&key(1)]).unwrap();
    for (what, note) in [
        ("another key", impostor.cosign(&of(9), 1_700_000_000)),
        ("another text", moved),
        ("no time", one.cosign(&of(9), 0)),
        ("not signed by the journal", one.cosign(&unsigned, 1_700_000_000)),
        ("signed by another key", one.cosign(&other, 1_700_000_000)),
        ("another journal", one.cosign(&elsewhere, 1_700_000_000)),
        ("no cosignature", of(9)),
    ] {
        let verification = against(&kept(&note), &[&one], &[]);
        assert_eq!(
            (verification.findings.as_slice(), shown(&verification)),
            (&[][..], none),
            "{what}"
        );
    }
    // Nor is there anything to be read in what anybody may have put there.
    let storage = signed();
    for (name, bytes) in [("x", &b"\xff\0"[..]), ("24b5d9fe.new", b"half a note"), ("y", b"")] {
        storage.replace(&format!("anchors/{name}"), Some(bytes.to_vec()));
    }
    assert_eq!(shown(&against(&storage, &[&one], &[])), none);
    // What was kept elsewhere counts for nothing if it has a forged cosignature.
    let forged = impostor.cosign(&of(9), 1_700_000_000);
    assert_eq!(shown(&against(&signed(), &[&one], &[forged])), none);
}

#[test]
fn a_journal_that_was_rewritten_or_cut_is_found_by_what_was_cosigned() {
    let one = one();
    let kept = |size| {
        let storage = signed();
        one.keep(&storage, size, 1_700_000_000);
        storage
    };
    // All is written and signed anew with the real key, up to a part of what was there.
    let storage = kept(10);
    rewrite(&storage, |segments| edit(&mut segments[0][4]));
    sign(&storage, &key(1), &[12]);
    assert_eq!(damage(&against(&storage, &[], &[])), [], "the signatures alone show nothing");
    let verification = against(&storage, &[&one], &[]);
    assert_eq!(damage(&verification)[0].0, Kind::Edited);
    assert!(verification.findings[0].reason.contains("anchors/"), "{verification:?}");
    let whole = leaves(&signed()).len();
    let storage = kept(whole);
    rewrite(&storage, |segments| {
        segments.pop();
    });
    let left = leaves(&storage).len();
    sign(&storage, &key(1), &[left]);
    let (last, _) = lines(&storage).pop().unwrap();
    storage.replace(&format!("seg/{last:020}.seal"), None);
    assert_eq!(damage(&against(&storage, &[], &[])), []);
    let damages = damage(&against(&storage, &[&one], &[]));
    assert!(damages.contains(&(Kind::Truncated, left as u64)), "{damages:?}");
    // Without anything signed beside it, it still tells that something was.
    let storage = kept(9);
    for name in names(&storage, "")
        .into_iter()
        .filter(|name| name.contains("checkpoint") || name.ends_with(".seal"))
    {
        storage.replace(&name, None);
    }
    assert_eq!(damage(&against(&storage, &[&one], &[]))[0].0, Kind::Unsigned);
}

#[test]
fn what_was_cosigned_goes_with_its_epoch_and_is_held_against_it() {
    for is_rewritten in [false, true] {
        let (storage, one) = (signed(), one());
        one.keep(&storage, 10, 1_700_000_000);
        let last = last_text(&storage);
        if is_rewritten {
            rewrite(&storage, |segments| edit(&mut segments[0][4]));
        }
        damage_record(&storage, &last);
        let older = set_aside(&storage);
        assert_eq!(names(&storage, "anchors/"), [""; 0], "it is of the older epoch");
        let held = |witness: &Witness| {
            let trust = Trust { witnesses: vec![witness.0.clone()], ..trust(&[&key(1)], &[]) };
            verify_epoch(&storage, &aside(&storage), &older, &trust).unwrap()
        };
        assert_eq!(held(&Witness::new("witness.example/two", 12)), None);
        let found = held(&one).unwrap();
        assert_eq!(!found.is_intact(), is_rewritten, "{found:#?}");
        assert!(is_rewritten || found.anchored_size == Some(10), "{found:#?}");
    }
}
