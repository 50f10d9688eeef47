//! Files of a journal with any bytes in them: no reader panics, and a start that succeeds leaves a whole journal.

#![no_main]

use std::io::Cursor;
use std::sync::{Arc, OnceLock};

use audit_journal::{Journal, MemoryStorage, Options, Reader, Storage as _, verify, verify_lines};
use libfuzzer_sys::fuzz_target;

/// How much of each file of the journal is kept before the input's bytes.
const FILES: &[(&str, Keep)] = &[
    ("seg/00000000000000000000.jsonl", Keep::Nothing),
    ("seg/00000000000000000000.jsonl", Keep::All),
    ("seg/00000000000000000000.jsonl", Keep::Half),
    ("WATERMARK", Keep::Nothing),
    ("WATERMARK", Keep::Half),
    ("EPOCH", Keep::Nothing),
];

#[derive(Clone, Copy)]
enum Keep {
    Nothing,
    Half,
    All,
}

fuzz_target!(|input: &[u8]| {
    let Some((choice, bytes)) = input.split_first() else { return };
    let _ = verify_lines(Cursor::new(bytes.to_vec()));
    let (name, keep) = FILES[usize::from(*choice) % FILES.len()];
    let storage = written().snapshot();
    let kept = storage.file(name).unwrap_or_default();
    let kept = match keep {
        Keep::Nothing => &[],
        Keep::Half => &kept[..kept.len() / 2],
        Keep::All => &kept[..],
    };
    storage.replace(name, Some([kept, bytes].concat()));
    let storage = Arc::new(storage);
    let _ = verify(&*storage);
    let reader = Reader::over(storage.clone());
    let _ = (reader.origin(), reader.first_seq(), reader.epoch(), reader.watermark());
    if let Ok(mut cursor) = reader.cursor_past_damage(0) {
        while let Ok(Some(_)) = cursor.next() {}
    }
    if let Ok(journal) = Journal::open(storage.clone(), Options::default()) {
        let last = journal.last().seq;
        drop(journal);
        let verification = verify(&*storage).unwrap();
        assert!(verification.is_intact(), "{verification:?}");
        assert_eq!(verification.last_seq, Some(last));
    }
});

/// A small journal that its writer has closed.
fn written() -> &'static MemoryStorage {
    static WRITTEN: OnceLock<MemoryStorage> = OnceLock::new();
    WRITTEN.get_or_init(|| {
        let storage = Arc::new(MemoryStorage::new());
        let options = Options { origin: Some("fuzz".to_owned()), ..Options::default() };
        let mut journal = Journal::open(storage.clone(), options).unwrap();
        (0..3).for_each(|n| journal.append(format!("\"n\":{n}").as_bytes()).unwrap());
        journal.close().unwrap();
        storage.snapshot()
    })
}
