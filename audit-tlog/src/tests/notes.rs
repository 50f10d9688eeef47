//! Notes, keys, checkpoints and proofs as texts: read by others, read back, and refused where they are none.

use std::convert::Infallible;

use proptest::prelude::*;
use signed_note::{Note as TheirNote, StandardSigner, StandardVerifier, VerifierList};

use crate::{
    Checkpoint, Frontier, Malformed, Note, Proof, Signer, SigningKey, Unproven, Untrusted,
    VerifierKey, inclusion, leaf,
};

const NAME: &str = "shop.example/audit";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(NAME, [seed; 32]).unwrap()
}

fn checkpoint(records: u64) -> Checkpoint {
    let mut tree = Frontier::default();
    (0..records).for_each(|seq| tree.push(leaf(&seq.to_be_bytes())));
    Checkpoint::of(NAME, &tree)
}

#[test]
fn another_implementation_reads_and_checks_our_notes_and_we_read_its() {
    let (ours, text) = (key(1), checkpoint(9).to_string());
    let note = Note::sign(text.clone(), &[&ours]).unwrap();
    let known = || {
        let vkey = StandardVerifier::new(&ours.verifier().to_string()).unwrap();
        VerifierList::new(vec![Box::new(vkey)])
    };
    let read = TheirNote::from_bytes(note.to_string().as_bytes()).unwrap();
    assert_eq!(read.verify(&known()).unwrap().0.len(), 1);
    let stated = tlog_tiles::Checkpoint::from_bytes(text.as_bytes()).unwrap();
    assert_eq!((stated.origin(), stated.size()), (NAME, 9));

    let theirs = StandardSigner::new(&ours.to_text()).unwrap();
    let mut signed = TheirNote::new(text.as_bytes(), &[]).unwrap();
    signed.add_sigs(&[&theirs]).unwrap();
    let signed = String::from_utf8(signed.to_bytes()).unwrap();
    assert_eq!(Note::parse(&signed), Ok(note));
}

#[test]
fn a_note_counts_only_by_a_trusted_key_and_not_if_that_is_forged() {
    let (ours, other) = (key(1), key(2));
    let note = Note::sign("some\n\ntext\n", &[&other, &ours]).unwrap();
    let note = Note::parse(&note.to_string()).unwrap();
    let trusted = [ours.verifier().clone()];
    assert_eq!(note.signers(&trusted), Ok(vec![ours.verifier()]));
    assert_eq!(note.signers(&[]), Err(Untrusted::Unknown));
    let both = [ours.verifier().clone(), other.verifier().clone()];
    let mut forged = note.clone();
    forged.signatures[0].bytes[5] ^= 1;
    let name = NAME.to_owned();
    assert_eq!(forged.signers(&both), Err(Untrusted::Forged { name }));
    assert_eq!(forged.signers(&trusted).unwrap().len(), 1, "what is unknown is passed over");
    let changed = Note { text: "some\n\ntexts\n".to_owned(), ..note };
    assert!(changed.signers(&trusted).is_err());
}

/// One whose answers are another key's.
struct Mistaken(SigningKey, SigningKey);

impl Signer for Mistaken {
    fn verifier(&self) -> &VerifierKey {
        self.0.verifier()
    }

    fn sign(&self, text: &str) -> std::io::Result<Vec<u8>> {
        self.1.sign(text)
    }
}

#[test]
fn what_no_signature_of_the_key_is_signs_no_note() {
    let refused = Note::sign("text\n", &[&Mistaken(key(1), key(2))]).unwrap_err().to_string();
    assert!(refused.contains("no signature of the key shop.example/audit+"), "{refused}");
}

#[test]
fn keys_read_back_and_a_changed_one_is_refused() {
    let ours = key(3);
    let text = ours.verifier().to_string();
    assert_eq!(text.parse::<VerifierKey>().as_ref(), Ok(ours.verifier()));
    let private = ours.to_text();
    assert_eq!(private.parse::<SigningKey>().unwrap().to_text(), private);
    assert!(!format!("{ours:?}").contains(&private[private.len() - 20..]));
    let last = text.len() - 3;
    for at in [0, text.find('+').unwrap(), text.find('+').unwrap() + 1, last] {
        let changed = format!("{}x{}", &text[..at], &text[at + 1..]);
        assert!(changed.parse::<VerifierKey>().is_err(), "{changed}");
    }
    let told = private.parse::<VerifierKey>().unwrap_err().to_string();
    assert!(told.starts_with("this is a private key"), "{told}");
    assert!(text.parse::<SigningKey>().is_err());
    for name in ["", "a b", "a+b", "a\u{2003}b", "a\nb"] {
        assert!(SigningKey::from_seed(name, [0; 32]).is_err(), "{name:?}");
    }
}

#[test]
fn what_is_no_note_and_no_checkpoint_is_refused_with_its_line() {
    let whole = Note::sign("a\nb\n", &[&key(1)]).unwrap().to_string();
    let cases: [(&str, String, usize); 7] = [
        ("a carriage return", format!("{}\r\n", whole.trim_end()), 4),
        ("no signatures", "a\nb\n\n".to_owned(), 4),
        ("cut", whole[..whole.len() - 1].to_owned(), 4),
        ("no dash", whole.replace('\u{2014}', "-"), 4),
        ("no base64", whole.replace("== ", "").replace('=', "!"), 4),
        ("a control", whole.replacen('b', "\u{1b}", 1), 2),
        ("no empty line", "a\nb\n".to_owned(), 0),
    ];
    for (what, note, line) in cases {
        assert_eq!(Note::parse(&note).map_err(|it| it.line), Err(line), "{what}");
    }
    let root = checkpoint(1).root;
    let refused = |text: &str| Checkpoint::parse(text).unwrap_err().line;
    assert_eq!(refused(&format!("o\n01\n{root}\n")), 2);
    assert_eq!(refused(&format!("o\n+1\n{root}\n")), 2);
    assert_eq!(refused(&format!("o\n18446744073709551616\n{root}\n")), 2);
    assert_eq!(refused("o\n1\nAAAA\n"), 3);
    assert_eq!(refused("o\n1\n"), 3);
    assert_eq!(refused(&format!("\n1\n{root}\n")), 1);
    assert_eq!(refused(&format!("o\n1\n{root}\n\nmore\n")), 4);
    assert_eq!(refused(&format!("o\n1\n{root}")), 0);
}

#[test]
fn a_proof_is_for_its_record_only() {
    let leaves: Vec<_> = (0..7_u64).map(|seq| leaf(&seq.to_be_bytes())).collect();
    let subtree = &mut |level: u32, index: u64| -> Result<_, Infallible> {
        let mut part = Frontier::default();
        let width = 1 << level;
        leaves.iter().skip(index as usize * width).take(width).for_each(|leaf| part.push(*leaf));
        Ok(part.root())
    };
    let Ok(hashes) = inclusion(7, 4, subtree);
    let ours = key(1);
    let trusted = [ours.verifier().clone()];
    let checkpoint = Note::sign(checkpoint(7).to_string(), &[&ours]).unwrap();
    let proof = Proof { index: 4, hashes, checkpoint };
    let text = proof.to_string();
    assert_eq!(Proof::parse(&text).as_ref(), Ok(&proof));
    let with_extra = text.replacen("index", "extra AAAA\nindex", 1);
    assert_eq!(Proof::parse(&with_extra).as_ref(), Ok(&proof));
    assert_eq!(proof.check(&4_u64.to_be_bytes(), &trusted).unwrap().size, 7);
    assert_eq!(proof.check(&5_u64.to_be_bytes(), &trusted), Err(Unproven::OtherRecord));
    let unknown = Err(Unproven::Untrusted(Untrusted::Unknown));
    assert_eq!(proof.check(&4_u64.to_be_bytes(), &[]), unknown);

    let line = |text: &str| Proof::parse(text).map_err(|malformed: Malformed| malformed.line);
    assert_eq!(line(&text.replacen("@v1", "@v2", 1)), Err(1));
    assert_eq!(line(&text.replacen("index 4", "index 04", 1)), Err(2));
    assert_eq!(line(&text.replacen("index 4\n", "index 4\nx\n", 1)), Err(3));
    let signature = text.lines().count();
    assert_eq!(line(text.trim_end()), Err(signature), "{text}");
}

proptest! {
    #[test]
    fn no_text_breaks_the_readers_and_what_they_read_reads_back(text in "[a-c0-9=+\u{2014} \n]{0,80}") {
        if let Ok(note) = Note::parse(&text) {
            prop_assert_eq!(note.to_string(), text.clone());
        }
        if let Ok(checkpoint) = Checkpoint::parse(&text) {
            prop_assert_eq!(checkpoint.to_string(), text.clone());
        }
        let _ = (Proof::parse(&text), text.parse::<VerifierKey>(), text.parse::<SigningKey>());
    }
}
