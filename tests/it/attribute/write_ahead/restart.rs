//! A process that dies in the body of an action: the next start writes the end that nobody saw.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use audit_runtime::journal::{Journal, MemoryStorage, Options, verify};
use audit_runtime::{Actor, Context, Recorder};
use audit_tlog::{Signer, SigningKey};
use serde_json::Value;

use super::{all_records, begin_paying, pairs, restart, send};
use crate::storage::Failing;
use crate::support::block_on;

/// So small that each segment has a few records.
const SEGMENT_BYTES_MAX: u64 = 3_000;

fn open(storage: &MemoryStorage) -> Recorder {
    let settings = Recorder::over(Arc::new(storage.clone()));
    settings.segment_bytes_max(SEGMENT_BYTES_MAX).open().unwrap()
}

/// What a process leaves that is killed with two actions in their bodies, over several segments.
pub(super) fn killed() -> MemoryStorage {
    let storage = MemoryStorage::new();
    let recorder = open(&storage);
    let left = block_on(Context::new().actor(Actor::user("42")).scope({
        let (storage, recorder) = (storage.clone(), recorder.clone());
        async move {
            begin_paying(&recorder, 0).await;
            for id in 1..8 {
                recorder.scope(send(id)).await.unwrap();
            }
            begin_paying(&recorder, 9).await;
            recorder.scope(send(10)).await.unwrap();
            storage.snapshot()
        }
    }));
    drop(recorder);
    left
}

fn targets(record: &Value) -> &str {
    record["targets"][0]["id"].as_str().unwrap()
}

#[test]
fn what_was_on_its_way_ends_as_unknown_and_once() {
    let storage = killed();
    for _ in 0..3 {
        restart(&storage);
        let records = all_records(storage.clone());
        let pairs = pairs(&records);
        assert_eq!(pairs.len(), 10);
        for (intent, ends) in pairs.values() {
            assert_eq!(intent["outcome"], "unknown");
            let [end] = ends.as_slice() else { panic!("{intent}: {ends:?}") };
            for same in ["action", "actor", "targets", "args", "description", "time", "code"] {
                assert_eq!(intent[same], end[same], "{same}");
            }
            let broken_off = ["0", "9"].contains(&targets(intent));
            assert_eq!(end["outcome"], if broken_off { "unknown" } else { "success" });
            let completed_by = if broken_off { "recorder".into() } else { Value::Null };
            assert_eq!(end["completed_by"], completed_by);
            assert_eq!(intent["actor"]["id"], "42");
        }
        assert!(verify(&storage).unwrap().is_intact());
    }
}

#[test]
fn a_start_whose_sync_fails_knows_of_no_open_intent_yet_and_loses_none() {
    let mut went_on = 0;
    for before in 0..8 {
        let storage = killed();
        let failing = Failing::over(storage.clone());
        failing.fail_syncs_after(before, 1);
        let opened = Recorder::over(Arc::new(failing.clone())).open();
        // Killed before it could end anything.
        let left = storage.snapshot();
        went_on += u32::from(opened.is_ok_and(|recorder| recorder.health().sync_failures == 1));
        for storage in [storage, left] {
            restart(&storage);
            let records = all_records(storage);
            for (intent, ends) in pairs(&records).values() {
                assert_eq!(ends.len(), 1, "{before}: {intent}");
            }
        }
    }
    assert!(went_on > 0, "no failed sync was met in a new segment");
}

#[test]
fn each_header_names_what_is_open_when_its_segment_starts() {
    let records = all_records(killed());
    let headers: Vec<_> =
        records.iter().filter(|record| record["action"] == "JournalSegment").collect();
    assert!(headers.len() > 3, "{}", headers.len());
    for header in &headers {
        let before = &records[..usize::try_from(header["seq"].as_u64().unwrap()).unwrap()];
        let open = pairs(before).into_values().filter(|(_, ends)| ends.is_empty());
        let mut expected: Vec<_> =
            open.map(|(intent, _)| (&intent["id"], &intent["seq"])).collect();
        let list = header["journal"]["open"].as_array().unwrap();
        let mut listed: Vec<_> = list.iter().map(|entry| (&entry["id"], &entry["seq"])).collect();
        for entries in [&mut expected, &mut listed] {
            entries.sort_by_key(|(id, _)| id.as_str());
        }
        assert_eq!(listed, expected);
    }
    let last = headers.last().unwrap();
    assert!(!last["journal"]["open"].as_array().unwrap().is_empty());
}

/// The journal as a crash leaves it that loses everything from a byte of a segment on.
fn cut(storage: &MemoryStorage, segment: &str, length: usize) -> MemoryStorage {
    let copy = storage.snapshot();
    for name in copy.names().iter().filter(|name| name.as_str() > segment) {
        if name.starts_with("seg/") {
            copy.replace(name, None);
        }
    }
    copy.replace(segment, copy.file(segment).map(|bytes| bytes[..length].to_vec()));
    copy.replace("WATERMARK", None);
    copy
}

/// Where a crash may cut: at each line's end and around it, and in the middle of lines.
fn places(bytes: &[u8]) -> Vec<usize> {
    let ends = (0..bytes.len()).filter(|place| bytes[*place] == b'\n');
    let around = ends.flat_map(|place| [place, place + 1, place + 2]);
    let mut places: Vec<_> = around.chain((0..bytes.len()).step_by(101)).collect();
    places.retain(|place| *place <= bytes.len());
    places.sort_unstable();
    places.dedup();
    places
}

#[test]
fn wherever_it_was_cut_each_intent_has_one_end_after_two_starts() {
    let storage = killed();
    // The ends of the first restart are cut as well, and those of the second.
    drop(open(&storage));
    let segments: Vec<_> =
        storage.names().into_iter().filter(|name| name.starts_with("seg/")).collect();
    assert!(segments.len() > 3);
    for segment in segments {
        for length in places(&storage.file(&segment).unwrap()) {
            let copy = cut(&storage, &segment, length);
            drop(open(&copy));
            let again = copy.snapshot();
            drop(open(&again));
            for storage in [copy, again] {
                let records = all_records(storage);
                for (intent, ends) in pairs(&records).into_values() {
                    assert_eq!(ends.len(), 1, "{segment} cut at {length}: {intent}");
                }
            }
        }
    }
}

#[test]
fn an_intent_that_cannot_be_read_stays_open_and_stops_nobody() {
    let storage = killed();
    let first = storage.names().into_iter().find(|name| name.starts_with("seg/")).unwrap();
    let mut bytes = storage.file(&first).unwrap();
    let place = bytes.windows(7).position(|bytes| bytes == b"Invoice").unwrap();
    bytes[place] = b'J';
    storage.replace(&first, Some(bytes));
    let recorder = open(&storage);
    recorder.shutdown(Duration::from_secs(20)).unwrap();
    assert!(!verify(&storage).unwrap().is_intact());
    let segments = storage.names().into_iter().filter(|name| name.starts_with("seg/"));
    let text: Vec<_> = segments.flat_map(|name| storage.file(&name).unwrap()).collect();
    // The other one, whose record is whole, has its end.
    let completed = String::from_utf8(text).unwrap().matches("\"completed_by\"").count();
    assert_eq!(completed, 1);
}

/// The records that stand in the segments, damaged or not.
pub(super) fn lines(storage: &MemoryStorage) -> Vec<Value> {
    let segments = storage.names().into_iter().filter(|name| name.ends_with(".jsonl"));
    let bytes: Vec<_> = segments.flat_map(|name| storage.file(&name).unwrap()).collect();
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
}

/// The same, and a segment without a list behind it; with the records of the segment that has the
/// newest one, but for its first and its last: damage in those refuses the journal.
pub(super) fn unlisted() -> (MemoryStorage, Range<u64>) {
    let storage = killed();
    // A writer that has not read what was open begins a segment, so the newest list is older.
    let unknown = Arc::new(|| b"null".to_vec());
    // What it seals, no later start reads again.
    let key = SigningKey::from_seed("test/writer", [3; 32]).unwrap();
    let signer: Option<Arc<dyn Signer>> = Some(Arc::new(key));
    let options = Options { segment_bytes_max: 1, open: unknown, signer, ..Options::default() };
    let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    journal.append(b"\"text\":\"behind\"").unwrap();
    journal.commit().unwrap();
    journal.close().unwrap();
    let records = lines(&storage);
    let header = records.iter().rfind(|record| !record["journal"]["open"].is_null());
    let listed = header.unwrap()["seq"].as_u64().unwrap();
    let segment = format!("seg/{listed:020}.jsonl");
    let mut segments = storage.names().into_iter().filter(|name| name.ends_with(".jsonl"));
    let next = segments.find(|name| *name > segment).unwrap();
    let behind: u64 = next[4..24].parse().unwrap();
    assert!(next.starts_with("seg/") && behind > listed + 3, "{next}");
    (storage, listed + 1..behind - 1)
}

/// Changes one record of these.
pub(super) fn damage(storage: &MemoryStorage, records: &Range<u64>, damaged: u64) {
    let segment = format!("seg/{:020}.jsonl", records.start - 1);
    let mut bytes = storage.file(&segment).unwrap();
    let line = format!("\"seq\":{damaged},\"observed\":\"2");
    let place = bytes.windows(line.len()).position(|found| found == line.as_bytes()).unwrap();
    bytes[place + line.len() - 1] = b'3';
    storage.replace(&segment, Some(bytes));
}

#[test]
fn damage_before_the_last_segment_is_told_of_and_stops_nobody() {
    let (storage, records) = unlisted();
    let last = records.end;
    for damaged in records.clone() {
        let storage = storage.snapshot();
        damage(&storage, &records, damaged);
        for starts in 1..=2 {
            restart(&storage);
            let mut records = lines(&storage);
            let unread = records.iter().filter(|record| record["action"] == "JournalUnread");
            let told: Vec<_> = unread.map(|record| record["args"].clone()).collect();
            let expected = serde_json::json!({ "from_seq": damaged, "to_seq": last });
            assert_eq!(told, vec![expected; starts]);
            records.retain(|record| record["seq"] != damaged);
            for intent in records.iter().filter(|record| record["phase"] == "intent") {
                let ends = records.iter().filter(|end| end["intent_id"] == intent["id"]);
                let ends: Vec<_> = ends.map(|end| &end["completed_by"]).collect();
                assert!(ends.is_empty() || ends == [&Value::Null], "{damaged}: {intent} {ends:?}");
            }
        }
    }
}
