//! Frozen journals, whose bytes never change and which a reader written from the documentation reads, and frozen findings.
//!
//! After a deliberate change of the format, `GOLDEN=write cargo test -p audit-tests --test golden`
//! writes the files anew.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use audit_runtime::journal::{
    DirectoryStorage, Entropy, EpochState, Journal, Kind, Level, MemoryStorage, OnDamage, Options,
    Reader, Trust, prove, verify, verify_epochs, verify_signed,
};
use audit_runtime::{Clock, Digest, EventId, Timestamp};

use audit_tlog::{Note, Signer as _, SigningKey};
use storage::Failing;

mod detect;

#[path = "../it/storage.rs"]
mod storage;

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

fn options() -> Options {
    Options {
        origin: Some("example.com/golden".into()),
        segment_bytes_max: 1_500,
        reserve_bytes: 0,
        clock: Arc::new(Counted::default()),
        writer: "golden 1.0.0 pid 1".into(),
        entropy: Arc::new(Counted::default()),
        ..Options::default()
    }
}

fn key() -> SigningKey {
    SigningKey::from_seed("example.com/golden", [1; 32]).unwrap()
}

/// Writes two runs, the first of which is torn, into more than one segment.
fn written(options: Options) -> MemoryStorage {
    let storage = MemoryStorage::new();
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

/// Writes a run in which one sync fails.
fn written_past_a_failed_sync() -> MemoryStorage {
    let storage = Failing::default();
    let mut journal = Journal::open(Arc::new(storage.clone()), options()).unwrap();
    for number in 0..4 {
        if number == 2 {
            storage.fail_syncs_after(0, 1);
        }
        journal.append(format!("\"number\":{number}").as_bytes()).unwrap();
        journal.commit().unwrap();
    }
    journal.close().unwrap();
    storage.memory
}

/// Damages the same journal, goes on in a new epoch, and in a third one because a person says so.
fn renewed() -> MemoryStorage {
    let (storage, options) = (written(options()), options());
    let last = storage.names().into_iter().rfind(|name| name.starts_with("seg/")).unwrap();
    let damaged = String::from_utf8(storage.file(&last).unwrap()).unwrap();
    assert!(damaged.contains("\"number\":2"));
    let damaged = damaged.replace("\"number\":2", "\"number\":7");
    storage.replace(&last, Some(damaged.into_bytes()));
    let shared = || Arc::new(storage.clone());
    let going_on = Options { on_damage: OnDamage::NewEpoch, ..options.clone() };
    let mut journal = Journal::open(shared(), going_on).unwrap();
    journal.append(br#""note":"after the damage""#).unwrap();
    journal.close().unwrap();
    let reason = "the disk was \"replaced\" \u{202e}";
    Journal::adopt(shared(), options, reason).unwrap().close().unwrap();
    storage
}

const WITNESS: &str = "witness.example/w1+24b5d9fe+BP0XJDhaoMdbZPt4zWAvodmR/ev3axPFjtcC6sg16fYY";

fn frozen(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name)
}

fn files_of(storage: &MemoryStorage) -> BTreeMap<String, Vec<u8>> {
    let file = |name: String| (name.clone(), storage.file(&name).unwrap());
    storage.names().into_iter().map(file).collect()
}

/// Compares with the frozen files, or freezes them, and returns their names.
fn compare(directory: &str, written: &MemoryStorage) -> Vec<String> {
    let written = files_of(written);
    for (name, content) in &written {
        let path = frozen(directory).join(name);
        if std::env::var("GOLDEN").is_ok_and(|value| value == "write") {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, content).unwrap();
        }
        let expected = std::fs::read(&path).unwrap();
        let shown = [content, &expected].map(|bytes| String::from_utf8_lossy(bytes));
        assert!(*content == expected, "{directory}/{name}: {shown:#?}");
    }
    written.into_keys().collect()
}

#[test]
fn the_writer_writes_the_frozen_bytes() {
    let names = compare("journal", &written(options()));
    let segments = names.iter().filter(|name| name.starts_with("seg/")).count();
    assert!(segments >= 2 && names.iter().any(|name| name.starts_with("quarantine/")));
    let names = compare("superseded", &written_past_a_failed_sync());
    assert_eq!(names, ["WATERMARK", FIRST, "seg/00000000000000000004.jsonl"]);
}

#[test]
fn the_writer_signs_the_frozen_bytes() {
    let signed = Options { signer: Some(Arc::new(key())), ..options() };
    let names = compare("signed", &written(signed));
    let kept = ["checkpoint", "checkpoints", "seg/00000000000000000000.seal", "tiles/0"];
    assert!(kept.iter().all(|name| names.iter().any(|it| it == name)), "{names:?}");
}

#[test]
fn the_frozen_signed_journal_verifies_and_proves() {
    let storage = DirectoryStorage::read_only(frozen("signed"));
    let anchor = std::fs::read_to_string(frozen("signed").join("checkpoint")).unwrap();
    let anchors = vec![Note::parse(&anchor).unwrap()];
    let keys = vec![key().verifier().clone()];
    let trust = Trust { keys: keys.clone(), ..Trust::default() };
    let verification = verify_signed(&storage, &Trust { anchors, ..trust.clone() }).unwrap();
    assert_eq!(verification.findings, []);
    assert_eq!(verification.level(), Some(Level::Anchored));
    // What lies in `anchors/` was cosigned by a program in Python: its seed is 32 times 9.
    let witnesses = vec![WITNESS.parse().unwrap()];
    let witnessed = verify_signed(&storage, &Trust { witnesses, ..trust }).unwrap();
    assert_eq!((witnessed.findings.as_slice(), witnessed.anchored_size), (&[][..], Some(8)));
    assert_eq!(witnessed.anchored_at.as_deref(), Some("2026-01-01T00:00:10.000000000Z"));
    assert_eq!(witnessed.anchored_by.as_deref(), Some("witness.example/w1"));
    let mut cursor = Reader::open(frozen("signed")).unwrap().cursor(0).unwrap();
    for line in std::iter::from_fn(|| cursor.next().unwrap()) {
        let proof = prove(&storage, line.seq()).unwrap();
        assert_eq!(proof.check(line.bytes(), &keys).unwrap().size, verification.records);
    }
}

#[test]
fn the_frozen_journal_verifies_and_reads() {
    let verification = verify(&DirectoryStorage::read_only(frozen("journal"))).unwrap();
    assert_eq!(verification.findings, []);
    assert_eq!(verification.unfinished, None);
    let reader = Reader::open(frozen("journal")).unwrap();
    assert_eq!(reader.origin().unwrap(), "example.com/golden");
    let mut cursor = reader.cursor(0).unwrap();
    let lines: Vec<_> = std::iter::from_fn(|| cursor.next().unwrap()).collect();
    assert_eq!(lines.len() as u64, verification.records);
    assert_eq!(lines[2].body(), br#""action":"UpdateUser","note":"plain""#);
    assert_eq!(lines[2].observed().to_string(), "2026-01-01T00:00:09.000000009Z");
}

#[test]
fn the_frozen_journal_past_a_failed_sync_verifies_and_reads() {
    let verification = verify(&DirectoryStorage::read_only(frozen("superseded"))).unwrap();
    let [finding] = verification.findings.as_slice() else { panic!("{verification:?}") };
    assert_eq!((finding.kind, finding.seq, finding.line), (Kind::Superseded, 4, 5));
    let mut cursor = Reader::open(frozen("superseded")).unwrap().cursor(0).unwrap();
    let lines: Vec<_> = std::iter::from_fn(|| cursor.next().unwrap()).collect();
    assert_eq!(lines.len() as u64, verification.records);
    assert_eq!(lines[5].body(), b"\"number\":2");
}

#[test]
fn the_writer_sets_epochs_aside_as_it_did() {
    compare("epochs", &renewed());
}

/// Follows the digests by what `docs/design.md` says, from the first header to the oldest file.
#[test]
fn the_frozen_epochs_are_vouched_for_to_the_last_byte() {
    let directory = frozen("epochs");
    let read = |name: &str| std::fs::read(directory.join(name)).unwrap();
    let header: serde_json::Value =
        serde_json::from_slice(read(FIRST).split(|byte| *byte == b'\n').next().unwrap()).unwrap();
    assert_eq!(header["journal"]["origin"], "example.com/golden#2");
    let mut named = header["journal"]["epoch"].clone();
    assert_eq!((&named["number"], &named["previous"]["cause"]), (&2.into(), &"adopted".into()));
    named["epoch"] = named["previous"]["epoch"].take();
    for (number, cause) in [(1, "adopted"), (0, "damage")] {
        assert_eq!(named["epoch"], number);
        let epoch = read(&format!("epochs/{number}/EPOCH"));
        assert_eq!(named["sha256"], hex(&epoch));
        let epoch: serde_json::Value = serde_json::from_slice(&epoch).unwrap();
        assert_eq!((&epoch["v"], &epoch["cause"]), (&1.into(), &cause.into()));
        for file in epoch["files"].as_array().unwrap() {
            let name = file["file"].as_str().unwrap();
            let bytes = read(&format!("epochs/{number}/{name}"));
            assert_eq!(file["bytes"], bytes.len(), "{number}/{name}");
            assert_eq!(file["sha256"], hex(&bytes), "{number}/{name}");
        }
        named = epoch["earlier"].clone();
    }
    assert!(named.is_null());
    let storage = DirectoryStorage::read_only(&directory);
    assert!(verify(&storage).unwrap().is_intact());
    let older = verify_epochs(&storage).unwrap();
    assert!(older.len() == 2 && older.iter().all(|older| older.state == EpochState::Unchanged));
    let oldest = verify(&DirectoryStorage::read_only(directory.join("epochs/0"))).unwrap();
    assert_eq!(oldest.findings, older[1].stated.as_ref().unwrap().places);
    assert_eq!(oldest.findings.len(), 1);
}

fn hex(bytes: &[u8]) -> String {
    Digest::of(bytes).as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Knows of the format only what `docs/design.md` says.
#[test]
fn a_second_reader_follows_the_chain_through_the_frozen_files() {
    assert_eq!(follow("journal"), 0);
    assert!(follow("superseded") > 0);
}

/// Follows the chain through all segments, and returns how many bytes are superseded.
fn follow(directory: &str) -> usize {
    let mut segments: Vec<_> = std::fs::read_dir(frozen(directory).join("seg"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    segments.sort();
    let texts: Vec<_> =
        segments.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let mut previous = *Digest::of(b"example.com/golden").as_bytes();
    let (mut seq, mut superseded) = (0, 0);
    for (index, text) in texts.iter().enumerate() {
        assert_eq!(segments[index].file_stem().unwrap().to_str().unwrap(), format!("{seq:020}"));
        let end = texts.get(index + 1).map_or(text.len(), |next| stated_end(next, text.len()));
        superseded += text.len() - end;
        for line in text[..end].lines() {
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
    superseded
}

/// Where the segment before `next` ends, which has so many bytes.
fn stated_end(next: &str, bytes: usize) -> usize {
    let header: serde_json::Value = serde_json::from_str(next.lines().next().unwrap()).unwrap();
    match header["journal"]["reason"].as_str().unwrap() {
        "sync_failed" => {
            usize::try_from(header["journal"]["previous"]["length"].as_u64().unwrap()).unwrap()
        }
        _ => bytes,
    }
}
