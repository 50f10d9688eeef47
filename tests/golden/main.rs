//! One frozen journal: its bytes never change, and a reader written from the documentation reads it.
//!
//! After a deliberate change of the format, `GOLDEN=write cargo test -p audit-tests --test golden`
//! writes the files anew.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use audit_runtime::journal::{
    DirectoryStorage, Entropy, Journal, MemoryStorage, Options, Reader, verify,
};
use audit_runtime::{Clock, Digest, EventId, Timestamp};

const FIRST: &str = "seg/00000000000000000000.jsonl";

/// Everything that is random elsewhere, counted up here.
#[derive(Default)]
struct Counted(AtomicU64);

impl Counted {
    fn count(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

impl Clock for Counted {
    fn now(&self) -> Timestamp {
        let seconds = i64::try_from(self.count()).unwrap();
        Timestamp::from_unix_nanos(1_767_225_600_000_000_000 + seconds * 1_000_000_001)
    }

    fn monotonic_ns(&self) -> u64 {
        self.count() * 1_000
    }
}

impl Entropy for Counted {
    fn bits(&self) -> u64 {
        0x0123_4567_89ab_cd00 + self.count()
    }

    fn id(&self, _time: Timestamp) -> EventId {
        EventId::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0000 + u128::from(self.count()))
    }
}

/// Writes two runs, the first of which is torn, into more than one segment.
fn written() -> MemoryStorage {
    let storage = MemoryStorage::new();
    let options = Options {
        origin: Some("example.com/golden".into()),
        segment_bytes_max: 1_500,
        clock: Arc::new(Counted::default()),
        writer: "golden 1.0.0 pid 1".into(),
        entropy: Arc::new(Counted::default()),
        ..Options::default()
    };
    let open = || Journal::open(Arc::new(storage.clone()), options.clone()).unwrap();
    let mut journal = open();
    journal.append(br#""action":"UpdateUser","note":"plain""#).unwrap();
    journal.append("\"note\":\"Grüße \\u202e 🦀 \\\"quoted\\\"\"".as_bytes()).unwrap();
    journal.commit().unwrap();
    drop(journal);
    let torn = [storage.file(FIRST).unwrap().as_slice(), b"{\"v\":1,\"seq\":4,\"obs"].concat();
    storage.replace(FIRST, Some(torn));
    let mut journal = open();
    for number in 0..3 {
        journal.append(format!("\"number\":{number}").as_bytes()).unwrap();
        journal.commit().unwrap();
    }
    journal.close().unwrap();
    storage
}

fn frozen() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/journal")
}

fn files_of(storage: &MemoryStorage) -> BTreeMap<String, String> {
    let file = |name: String| {
        let bytes = storage.file(&name).unwrap();
        (name, String::from_utf8(bytes).unwrap())
    };
    storage.names().into_iter().map(file).collect()
}

#[test]
fn the_writer_writes_the_frozen_bytes() {
    let written = files_of(&written());
    for (name, content) in &written {
        let path = frozen().join(name);
        if std::env::var("GOLDEN").is_ok_and(|value| value == "write") {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, content).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap();
        assert_eq!(*content, expected, "{name}");
    }
    let names: Vec<_> = written.keys().map(String::as_str).collect();
    let segments = names.iter().filter(|name| name.starts_with("seg/")).count();
    assert!(segments >= 2 && names.iter().any(|name| name.starts_with("quarantine/")));
}

#[test]
fn the_frozen_journal_verifies_and_reads() {
    let verification = verify(&DirectoryStorage::read_only(frozen())).unwrap();
    assert_eq!(verification.findings, []);
    assert_eq!(verification.unfinished, None);
    let reader = Reader::open(frozen()).unwrap();
    assert_eq!(reader.origin().unwrap(), "example.com/golden");
    let mut cursor = reader.cursor(0).unwrap();
    let lines: Vec<_> = std::iter::from_fn(|| cursor.next().unwrap()).collect();
    assert_eq!(lines.len() as u64, verification.records);
    assert_eq!(lines[2].body(), br#""action":"UpdateUser","note":"plain""#);
    assert_eq!(lines[2].observed().to_string(), "2026-01-01T00:00:09.000000009Z");
}

/// Knows of the format only what `docs/design.md` says.
#[test]
fn a_second_reader_follows_the_chain_through_the_frozen_files() {
    let mut segments: Vec<_> = std::fs::read_dir(frozen().join("seg"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    segments.sort();
    let mut previous = *Digest::of(b"example.com/golden").as_bytes();
    let mut seq = 0;
    for path in segments {
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(path.file_stem().unwrap().to_str().unwrap(), format!("{seq:020}"));
        for line in text.lines() {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(record["v"], 1);
            assert_eq!(record["seq"], seq);
            let covered = &line.as_bytes()[..line.len() - 51];
            let hash = Digest::of(&[&[2], previous.as_slice(), covered].concat());
            assert_eq!(record["h"], hash.to_string());
            previous = *hash.as_bytes();
            seq += 1;
        }
    }
}
