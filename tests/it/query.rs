//! Queries of journals on disk: beside a living writer, over segments, damage, gaps and epochs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use audit_consumers::query::{
    Match, Order, Query, Scan, Search, SearchError, Skip, Story, StoryOf,
};
use audit_runtime::journal::{DirectoryStorage, Journal, Modes, Options, Reader};
use audit_runtime::{Actor, Context, Event, Outcome, Recorder, Target, Timestamp, Unrecorded};
use tempfile::TempDir;

use crate::storage::Failing;

fn recorder(journal: &Path) -> Recorder {
    let builder = Recorder::builder(journal).origin("example/shop");
    builder.segment_bytes_max(4_000).open().unwrap()
}

fn event(number: u64) -> Event {
    let event = Event::activity("UpdateUser").target(Target::new("User", number));
    event.actor(Actor::user((number % 3).to_string())).succeeded()
}

/// A closed journal of so many events, in several segments.
fn journal(events: u64) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit");
    let recorder = recorder(&path);
    for number in 0..events {
        recorder.record(event(number)).wait().unwrap();
    }
    recorder.shutdown(Duration::from_secs(20)).unwrap();
    (dir, path)
}

fn segments(journal: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(journal.join("seg")).unwrap();
    let mut segments: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    segments.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    segments.sort();
    segments
}

fn first_seq(segment: &Path) -> u64 {
    segment.file_stem().unwrap().to_str().unwrap().parse().unwrap()
}

fn seqs(matches: &[Match]) -> Vec<u64> {
    matches.iter().map(|found| found.record.seq).collect()
}

/// The numbers of all events of the application, newest first, and what was read for them.
fn found(journal: &Path) -> (Vec<u64>, Scan) {
    let query = Query::new().action("UpdateUser");
    let reader = Reader::open(journal).unwrap();
    let search = Search::new(&reader, &query).limit(10_000);
    let page = search.page().unwrap();
    let oldest = search.order(Order::OldestFirst).page().unwrap();
    let mut reversed = seqs(&oldest.matches);
    reversed.reverse();
    assert_eq!(reversed, seqs(&page.matches));
    assert_eq!(oldest.scan.damage, page.scan.damage);
    (seqs(&page.matches), page.scan)
}

#[test]
fn pages_beside_a_living_writer_hold_what_was_there_at_the_first() {
    let (_dir, path) = journal(100);
    let recorder = recorder(&path);
    let is_done = Arc::new(AtomicBool::new(false));
    let writing = {
        let (recorder, is_done) = (recorder.clone(), Arc::clone(&is_done));
        thread::spawn(move || {
            for number in 0..3_000 {
                if is_done.load(Ordering::Relaxed) {
                    break;
                }
                recorder.record(event(number)).wait().unwrap();
            }
        })
    };
    let reader = Reader::open(&path).unwrap();
    let query = Query::parse("actor=user:1 target=User:* last 1h").unwrap();
    for order in [Order::NewestFirst, Order::OldestFirst] {
        let search = Search::new(&reader, &query).limit(7).order(order);
        let (mut shown, mut after) = (Vec::new(), None);
        let mut end = None;
        loop {
            let search = after.take().map_or(search.clone(), |token| search.clone().after(token));
            let page = search.page().unwrap();
            assert!(page.scan.is_whole(), "{}", page.scan);
            let durable = reader.watermark().unwrap().unwrap();
            assert!(page.scan.end <= durable);
            shown.extend(seqs(&page.matches));
            let first_end = *end.get_or_insert(page.scan.end);
            assert_eq!(page.scan.end, first_end);
            match page.next {
                Some(token) => after = Some(token),
                None => break,
            }
        }
        let end = end.unwrap();
        let mut cursor = reader.cursor(0).unwrap();
        let mut expected = Vec::new();
        while let Some(line) = cursor.next().unwrap().filter(|line| line.seq() < end) {
            let record = audit_runtime::Record::parse(&line).unwrap();
            if query.matches(&line, &record, Timestamp::now()) {
                expected.push(line.seq());
            }
        }
        if order == Order::NewestFirst {
            expected.reverse();
        }
        assert!(expected.len() > 30);
        assert_eq!(shown, expected, "{order:?}");
    }
    is_done.store(true, Ordering::Relaxed);
    writing.join().unwrap();
    recorder.shutdown(Duration::from_secs(20)).unwrap();
}

#[test]
fn what_is_written_but_not_durable_is_not_found() {
    let storage = Failing::default();
    let options = Options { reserve_bytes: 0, ..Options::default() };
    let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    let body = |number: u32| {
        format!(
            "\"id\":\"019b76da-a800-7000-8000-{number:012}\",\"time\":\"2026-01-01T00:00:00.000000000Z\",\
             \"category\":\"activity\",\"action\":\"UpdateUser\",\"name\":\"user.update\",\
             \"outcome\":\"success\",\"severity\":1"
        )
    };
    journal.append(body(1).as_bytes()).unwrap();
    journal.commit().unwrap();
    storage.fail_syncs(true);
    journal.append(body(2).as_bytes()).unwrap();
    journal.commit().unwrap_err();
    let name = "seg/00000000000000000000.jsonl";
    let bytes = storage.memory.file(name).unwrap();
    assert!(String::from_utf8(bytes).unwrap().contains("000000000002"), "it is in the file");
    let query = Query::new().action("UpdateUser");
    let reader = Reader::over(Arc::new(storage));
    for order in [Order::NewestFirst, Order::OldestFirst] {
        let page = Search::new(&reader, &query).order(order).page().unwrap();
        assert_eq!((seqs(&page.matches), page.scan.end), (vec![2], 3), "{order:?}");
    }
    drop(journal);
}

#[test]
fn damage_in_the_middle_is_named_and_all_around_it_is_found() {
    let (_dir, path) = journal(60);
    let (whole, scan) = found(&path);
    assert!(scan.is_whole() && whole.len() == 60 && scan.segments_read > 5);
    let segments = segments(&path);
    let (first, next) = (first_seq(&segments[2]), first_seq(&segments[3]));
    let text = fs::read_to_string(&segments[2]).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let edited = text.replace(lines[2], &lines[2].replace("\"UpdateUser\"", "\"DeleteUser\""));
    fs::write(&segments[2], edited).unwrap();
    let (seen, scan) = found(&path);
    let lost: BTreeSet<u64> = (first + 2..next).collect();
    assert_eq!(seen, whole.iter().copied().filter(|seq| !lost.contains(seq)).collect::<Vec<_>>());
    let [damage] = &scan.damage[..] else { panic!("{scan}") };
    assert_eq!((damage.from_seq, damage.to_seq, damage.line), (first + 2, Some(next - 1), 3));
    assert!(damage.reason.contains("hash"), "{damage}");
    assert_eq!(scan.checked, [(0, first + 1), (next, scan.end - 1)]);
}

#[test]
fn a_missing_segment_and_a_broken_joint_are_named() {
    let (_dir, path) = journal(60);
    let (whole, _) = found(&path);
    let files = segments(&path);
    let (first, next) = (first_seq(&files[3]), first_seq(&files[4]));
    fs::remove_file(&files[3]).unwrap();
    let (seen, scan) = found(&path);
    assert_eq!(seen.len(), whole.iter().filter(|seq| !(first..next).contains(seq)).count());
    let [damage] = &scan.damage[..] else { panic!("{scan}") };
    assert_eq!((damage.from_seq, damage.to_seq), (first, Some(next - 1)));
    assert!(damage.reason.contains("missing"), "{damage}");

    // Another journal's segment of the same number follows from its own header, and from no other.
    let (_dir, path) = journal(60);
    let (_other_dir, other) = journal(60);
    let (own, others) = (segments(&path), segments(&other));
    let place =
        (1..own.len() - 1).find(|place| own[*place].file_name() == others[*place].file_name());
    let place = place.expect("the first segments hold as many records in both");
    fs::copy(&others[place], &own[place]).unwrap();
    let (_, scan) = found(&path);
    assert!(!scan.is_whole(), "{scan}");
    let first = first_seq(&own[place]);
    let places: Vec<u64> = scan.damage.iter().map(|damage| damage.from_seq).collect();
    assert_eq!(places, [first, first_seq(&own[place + 1])], "{scan}");
    let said = format!("record {first} does not continue the segment before it");
    assert!(scan.to_string().contains(&said), "{scan}");
}

#[test]
fn a_torn_end_is_no_damage_and_lost_records_are() {
    let (_dir, path) = journal(60);
    let last = segments(&path).pop().unwrap();
    let bytes = fs::read(&last).unwrap();
    let (whole, _) = found(&path);
    fs::write(&last, [&bytes[..], b"{\"v\":1,\"seq\""].concat()).unwrap();
    let (seen, scan) = found(&path);
    assert!(seen == whole && scan.is_whole(), "{scan}");
    fs::write(&last, &bytes[..bytes.len() - 40]).unwrap();
    let (_, scan) = found(&path);
    assert!(!scan.is_whole(), "{scan}");
    assert_eq!(scan.damage[0].to_seq, None);
}

#[test]
fn a_journal_that_begins_later_is_searched_and_says_so() {
    let (_dir, path) = journal(60);
    let (whole, _) = found(&path);
    let files = segments(&path);
    fs::remove_file(&files[0]).unwrap();
    fs::remove_file(&files[1]).unwrap();
    let begins_at = first_seq(&files[2]);
    let (seen, scan) = found(&path);
    let held: Vec<u64> = whole.into_iter().filter(|seq| *seq >= begins_at).collect();
    assert_eq!((seen, scan.begins_at), (held, begins_at));
    let said = format!("records 0 to {} are not here: pruned, or missing", begins_at - 1);
    assert!(scan.is_whole() && scan.to_string().contains(&said), "{scan}");
}

#[test]
fn an_older_epoch_is_named_and_its_token_refused() {
    let (_dir, path) = journal(20);
    let query = Query::new();
    let search = |reader: &Reader| Search::new(reader, &query).limit(2).page().unwrap();
    let token = search(&Reader::open(&path).unwrap()).next.unwrap();
    let storage = DirectoryStorage::open(&path, Modes::default()).unwrap();
    let options = Options { reserve_bytes: 0, ..Options::default() };
    Journal::adopt(Arc::new(storage), options, "a test").unwrap().close().unwrap();
    let reader = Reader::open(&path).unwrap();
    let page = search(&reader);
    let older = page.scan.older_epoch.as_ref().unwrap();
    assert_eq!((older.number, older.directory.as_str()), (0, "epochs/0"));
    assert!(page.scan.to_string().contains("older records lie in epochs/0"));
    let refused = Search::new(&reader, &query).after(token).page().unwrap_err();
    assert!(matches!(refused, SearchError::OtherJournal { .. }), "{refused}");
    assert_eq!(found(&path.join("epochs/0")).0.len(), 20);
}

#[test]
fn segments_outside_the_time_or_the_numbers_are_passed_over_and_counted() {
    let (_dir, path) = journal(60);
    let reader = Reader::open(&path).unwrap();
    let files = segments(&path);
    let mut cursor = reader.cursor(first_seq(&files[3])).unwrap();
    let middle = cursor.next().unwrap().unwrap().observed();
    let read = |query: &Query, skip| Search::new(&reader, query).skip(skip).count().unwrap();
    for query in [Query::new().since(middle), Query::new().until(middle)] {
        let (count, all) = read(&query, Skip::Never);
        let (by_times, times) = read(&query, Skip::ByTimes);
        let (by_ends, ends) = read(&query, Skip::ByEnds);
        assert!(count > 5 && count == by_times && count == by_ends);
        assert!(times.outside_by_times.segments >= 2, "{times}");
        assert_eq!(times.outside_by_times, ends.outside_by_ends);
        assert_eq!(all.segments_read, times.segments_read + times.outside_by_times.segments);
        assert!(all.bytes_read > times.bytes_read);
    }
    let (count, scan) = read(&Query::parse("seq>=10 seq<20").unwrap(), Skip::Never);
    assert_eq!(count, 10);
    assert!(scan.outside_by_seq.segments as usize >= files.len() - 4, "{scan}");
}

#[test]
fn a_write_ahead_action_is_one_story_with_its_intent_first() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit");
    let recorder = recorder(&path);
    let context = Context::new()
        .correlation_id(audit_runtime::CorrelationId::from_client("request-7").unwrap());
    let work = context.scope(transfer(7));
    crate::support::block_on(recorder.scope(work)).unwrap();
    recorder.shutdown(Duration::from_secs(20)).unwrap();
    let reader = Reader::open(&path).unwrap();
    let of = StoryOf::Correlation("request-7".to_owned());
    let story = Story::find(&reader, &of).unwrap();
    let told: Vec<_> = story
        .told
        .iter()
        .map(|told| (told.depth, told.found.record.phase.as_ref().map(ToString::to_string)))
        .collect();
    assert_eq!(told, [(0, Some("intent".to_owned())), (1, Some("end".to_owned()))]);
    assert!(story.told[1].found.record.outcome == Outcome::Success);
    let by_end = StoryOf::Seq(story.told[1].found.record.seq);
    assert_eq!(Story::find(&reader, &by_end).unwrap().told.len(), 2);
}

#[audit_runtime::audited(action = "TransferMoney", durability = write_ahead, target(Account, id = account))]
async fn transfer(account: u64) -> Result<(), Unrecorded> {
    Ok(())
}

#[test]
fn what_ran_inside_an_action_stands_under_it_though_it_ended_before() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit");
    let recorder = recorder(&path);
    let joined = || audit_runtime::CorrelationId::from_client("request-8").unwrap();
    let outer = Event::activity("Outer").correlation_id(joined()).succeeded();
    let inner = Event::activity("Inner").correlation_id(joined()).caused_by(outer.id());
    recorder.record(inner.succeeded()).wait().unwrap();
    recorder.record(outer).wait().unwrap();
    recorder.shutdown(Duration::from_secs(20)).unwrap();
    let of = StoryOf::Correlation("request-8".to_owned());
    let story = Story::find(&Reader::open(&path).unwrap(), &of).unwrap();
    let told = story.told.iter().map(|told| (told.depth, told.found.record.action.as_str()));
    assert_eq!(told.collect::<Vec<_>>(), [(0, "Outer"), (1, "Inner")]);
}
