//! Cosignatures, as two other implementations have made them, and what is taken for none.

use crate::{
    Checkpoint, Frontier, Note, Signer as _, SigningKey, Untrusted, VerifierKey, WitnessKey, leaf,
};

/// Made with Python's `cryptography`, and the same by the witness of tests/services: its seed is 32 times 9.
const WITNESS: &str = "witness.example/w1+24b5d9fe+BP0XJDhaoMdbZPt4zWAvodmR/ev3axPFjtcC6sg16fYY";
const COSIGNED: &str = "JLXZ/gAAAABlU/EAhHVYflHO1r+Fk3gh13Fz4zDuZjzAEg1AvVBrVF4LkfWc1qwAPV9+HicvZSsdNkg+vBtURN/YfbE1uJvJcgTjBg==";
/// The same checkpoint with the times 0 and 2^63.
const UNDATED: [&str; 2] = [
    "JLXZ/gAAAAAAAAAAoCNvh2sPCDKN0Rcu2mE8+F37h1x8VL7MTduoAcZYk7SSdwDIYPcouK7Lm0rc+wPvfb2IEtM2gd9nTG/qwUOkBQ==",
    "JLXZ/oAAAAAAAAAAiuIUmhhjHThzHH/K7K6Kg5IJfoYqRs6Wu4XQCV7vskVaxqbkDCRmt3mgee4uyPsrrg2QZmOyLdQBRaf8BpMhDg==",
];

fn note(text: &str, cosignatures: &[&str]) -> Note {
    let lines = cosignatures.iter().map(|it| format!("\u{2014} witness.example/w1 {it}\n"));
    Note::parse(&format!("{text}\n{}", lines.collect::<String>())).unwrap()
}

fn text(record: &[u8]) -> String {
    let mut tree = Frontier::default();
    tree.push(leaf(record));
    Checkpoint::of("shop.example/audit", &tree).to_string()
}

#[test]
fn a_cosignature_tells_when_the_witness_saw_the_checkpoint_and_another_one_nothing() {
    let key: WitnessKey = WITNESS.parse().unwrap();
    assert_eq!((key.to_string().as_str(), key.name()), (WITNESS, "witness.example/w1"));
    let ours = text(b"one record");
    assert_eq!(key.cosigned(&note(&ours, &[COSIGNED])), Ok(1_700_000_000));
    let forged = Err(Untrusted::Forged { name: key.name().to_owned() });
    assert_eq!(key.cosigned(&note(&text(b"another"), &[COSIGNED])), forged, "of another text");
    for at in [0, 7, 8, 71] {
        let mut changed = note(&ours, &[COSIGNED]);
        changed.signatures[0].bytes[at] ^= 1;
        assert_eq!(key.cosigned(&changed), forged, "byte {at}");
    }
    let mut short = note(&ours, &[COSIGNED]);
    short.signatures[0].bytes.truncate(7);
    assert_eq!(key.cosigned(&short), forged);
    for undated in UNDATED {
        assert_eq!(key.cosigned(&note(&ours, &[undated])), Err(Untrusted::Unknown));
        assert_eq!(key.cosigned(&note(&ours, &[undated, COSIGNED])), Ok(1_700_000_000));
    }
    let mut others = note(&ours, &[COSIGNED]);
    others.signatures[0].id ^= 1;
    assert_eq!(key.cosigned(&others), Err(Untrusted::Unknown));
    let mut renamed = note(&ours, &[COSIGNED]);
    renamed.signatures[0].name = "witness.example/w2".to_owned();
    assert_eq!(key.cosigned(&renamed), Err(Untrusted::Unknown));
}

#[test]
fn the_key_of_a_witness_signs_no_journal_and_that_of_a_journal_cosigns_nothing() {
    let told = WITNESS.parse::<VerifierKey>().unwrap_err().to_string();
    assert!(told.starts_with("this is the key of a witness"), "{told}");
    let journal = SigningKey::from_seed("shop.example/audit", [9; 32]).unwrap();
    let told = journal.verifier().to_string().parse::<WitnessKey>().unwrap_err().to_string();
    assert!(told.contains("one byte 4"), "{told}");
    assert!(journal.to_text().parse::<WitnessKey>().unwrap_err().to_string().contains("private"));
    assert!(WITNESS.replace("24b5", "24b6").parse::<WitnessKey>().is_err());
}
