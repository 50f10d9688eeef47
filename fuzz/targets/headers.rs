//! Lines that are chained as they should be, with any bytes in them: what reads segment headers and the journal's own records behind a right hash.

#![no_main]

use std::sync::Arc;

use audit_journal::{
    Digest, Journal, MemoryStorage, Options, Reader, Trust, verify, verify_signed,
};
use audit_tlog::{Signer as _, SigningKey};
use libfuzzer_sys::fuzz_target;

const ORIGIN: &str = "fuzz";

/// How a line begins whose input does not begin so itself.
const STAMP: &str =
    r#""observed":"2026-01-01T00:00:00.000000000Z","boot":"0000000000000000","mono":1,"#;

/// Stands for the hash of the line before.
const TIP: u8 = 1;

fuzz_target!(|input: &[u8]| {
    let storage = Arc::new(MemoryStorage::new());
    let (mut tip, mut seq, mut file, mut name) =
        (Digest::of(ORIGIN.as_bytes()), 0, Vec::new(), segment(0));
    for text in input.split(|byte| *byte == b'\n').take(12) {
        // An empty line ends a segment.
        if text.is_empty() && !file.is_empty() {
            storage.replace(&name, Some(std::mem::take(&mut file)));
            name = segment(seq);
            continue;
        }
        let mut line = format!(r#"{{"v":1,"seq":{seq},{STAMP}"#).into_bytes();
        for byte in text {
            match *byte {
                TIP => line.extend(tip.to_string().bytes()),
                byte => line.push(byte),
            }
        }
        tip = Digest::of_parts(&[&[2], tip.as_bytes(), &line]);
        file.extend([&line[..], format!(",\"h\":\"{tip}\"}}\n").as_bytes()].concat());
        seq += 1;
    }
    storage.replace(&name, Some(file));
    // A start reads the last segment; damage before it is for a check to find.
    let is_intact = verify(&*storage).is_ok_and(|verification| verification.is_intact());
    let _ = verify_signed(&*storage, &trust());
    let reader = Reader::over(storage.clone());
    let _ = (reader.origin(), reader.first_seq(), reader.epoch(), reader.checkpoint());
    if let Ok(mut cursor) = reader.cursor_past_damage(0) {
        while let Ok(Some(_)) = cursor.next() {}
    }
    let signer = SigningKey::from_seed(ORIGIN, [1; 32]).unwrap();
    let options = Options { signer: Some(Arc::new(signer)), ..Options::default() };
    if let Ok(journal) = Journal::open(storage.clone(), options)
        && is_intact
    {
        journal.close().unwrap();
        assert!(verify(&*storage).unwrap().is_intact());
        let verification = verify_signed(&*storage, &trust()).unwrap();
        assert!(verification.is_intact(), "{verification:?}");
        assert_eq!(verification.signed_size, verification.last_seq.map(|last| last + 1));
    }
});

fn segment(first: u64) -> String {
    format!("seg/{first:020}.jsonl")
}

fn trust() -> Trust {
    let signer = SigningKey::from_seed(ORIGIN, [1; 32]).unwrap();
    Trust { keys: vec![signer.verifier().clone()], ..Trust::default() }
}
