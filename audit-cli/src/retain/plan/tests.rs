//! Plans from records that a real journal has taken.

use std::sync::{Arc, Mutex};

use audit_runtime::journal::{Journal, MemoryStorage, Options, Reader};
use audit_runtime::{Clock, Record};

use super::*;

const DAY: i64 = NANOS_PER_DAY;

/// A clock that stands where it is put.
#[derive(Default)]
struct Set(Mutex<i64>);

impl Clock for Set {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(*self.0.lock().unwrap())
    }

    fn monotonic_ns(&self) -> u64 {
        self.0.lock().unwrap().unsigned_abs()
    }
}

/// The fates of segments, each with records of these members on a day; the last is empty.
fn fates(policy: &Policy, now_day: i64, segments: &[(i64, &[&str])]) -> (Vec<Fate>, Option<u64>) {
    let (storage, clock) = (MemoryStorage::new(), Arc::new(Set::default()));
    let options = Options { segment_bytes_max: 1, clock: clock.clone(), ..Options::default() };
    let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    for (day, members) in segments {
        *clock.0.lock().unwrap() = day * DAY;
        for (index, members) in members.iter().enumerate() {
            let id = format!("00000000-0000-7000-8000-0000000{day:03}{index:02}");
            let body = format!(
                "\"id\":\"{id}\",\"time\":\"1970-01-01T00:00:00.000000000Z\",{members},\
                 \"action\":\"X\",\"name\":\"x\",\"outcome\":\"success\",\"severity\":1"
            );
            journal.append(body.as_bytes()).unwrap();
        }
        journal.commit().unwrap();
    }
    let mut planner = Planner::new(policy);
    let mut cursor = Reader::over(Arc::new(storage)).cursor(0).unwrap();
    while let Some(line) = cursor.next().unwrap() {
        planner.see(line.seq(), line.observed(), Record::parse(&line).ok().as_ref());
    }
    let plan = planner.plan(Timestamp::from_unix_nanos(now_day * DAY));
    let before_seq = plan.before_seq();
    // The first segment is that of the start.
    (plan.segments.into_iter().skip(1).map(|row| row.fate).collect(), before_seq)
}

fn policy(default_days: Option<u64>, classes: &[(&str, u64)], days_min: u32) -> Policy {
    let classes = classes.iter().map(|(name, days)| ((*name).to_owned(), *days)).collect();
    Policy { default_days, classes, days_min }
}

const ACCESS: &str = "\"category\":\"access\"";
const ACTIVITY: &str = "\"category\":\"activity\"";

#[test]
fn a_segment_goes_when_the_last_of_its_records_may() {
    let policy = policy(Some(30), &[("access", 10)], 0);
    let segments: &[(i64, &[&str])] =
        &[(1, &[ACCESS]), (2, &[ACCESS, ACTIVITY]), (3, &[ACCESS]), (3, &[])];
    let stays = Fate::Class {
        class: "activity".into(),
        seq: 6,
        until: Some("1970-02-02T00:00:00.000000000Z".into()),
    };
    // On the day on which it is ten days old.
    let (found, before) = fates(&policy, 10, segments);
    assert!(matches!(&found[0], Fate::Class { class, .. } if class == "access"), "{found:?}");
    assert_eq!(before, Some(2), "only that of the start goes");
    let (found, before) = fates(&policy, 31, segments);
    assert_eq!(found, [Fate::Goes, stays, Fate::Written]);
    assert_eq!(before, Some(4));
    let (found, before) = fates(&policy, 32, segments);
    assert_eq!((&found[1], before), (&Fate::Goes, Some(7)));
}

#[test]
fn without_days_a_class_is_kept_for_ever_and_the_front_keeps_the_rest() {
    let policy = policy(None, &[("access", 1)], 0);
    let segments: &[(i64, &[&str])] = &[(1, &[ACTIVITY]), (1, &[ACCESS]), (1, &[ACCESS])];
    let (found, before) = fates(&policy, 10_000, segments);
    let ever = Fate::Class { class: "activity".into(), seq: 3, until: None };
    assert_eq!(found, [ever, Fate::Behind, Fate::Written]);
    assert_eq!(before, Some(2));
}

#[test]
fn what_a_record_says_of_its_class_comes_before_its_category() {
    let policy = policy(Some(1), &[("payments", 100)], 0);
    let said = "\"category\":\"access\",\"class\":{\"retention\":\"payments\"}";
    let (found, _) = fates(&policy, 50, &[(1, &[said]), (1, &[])]);
    assert!(matches!(&found[..], [Fate::Written]), "{found:?}");
    let (found, _) = fates(&policy, 50, &[(1, &[said]), (1, &[ACCESS])]);
    assert!(matches!(&found[0], Fate::Class { class, .. } if class == "payments"), "{found:?}");
}

#[test]
fn no_segment_goes_below_the_minimum() {
    let policy = policy(Some(1), &[], 20);
    let segments: &[(i64, &[&str])] = &[(5, &[ACCESS]), (5, &[ACCESS])];
    let until = "1970-01-26T00:00:00.000000000Z".to_owned();
    assert_eq!(fates(&policy, 24, segments).0[0], Fate::Minimum { until });
    assert_eq!(fates(&policy, 25, segments).0[0], Fate::Goes);
}

#[test]
fn what_has_begun_and_not_ended_keeps_its_segment_and_those_behind() {
    let policy = policy(Some(1), &[], 0);
    let intent = "\"category\":\"activity\",\"phase\":\"intent\"";
    let end = "\"category\":\"activity\",\"phase\":\"end\",\
               \"intent_id\":\"00000000-0000-7000-8000-000000000100\"";
    let open: &[(i64, &[&str])] = &[(1, &[intent]), (2, &[ACCESS]), (3, &[ACCESS])];
    let (found, before) = fates(&policy, 99, open);
    assert_eq!(found, [Fate::Intent { seq: 3 }, Fate::Intent { seq: 3 }, Fate::Written]);
    assert_eq!(before, Some(2));
    let closed: &[(i64, &[&str])] = &[(1, &[intent]), (2, &[end]), (3, &[ACCESS])];
    assert_eq!(fates(&policy, 99, closed).0, [Fate::Goes, Fate::Goes, Fate::Written]);
}

#[test]
fn what_cannot_be_read_has_the_default() {
    let opaque: &[(i64, &[&str])] = &[(1, &["\"category\":7"]), (1, &[ACCESS])];
    assert_eq!(fates(&policy(Some(3), &[], 0), 9, opaque).0[0], Fate::Goes);
    let (found, _) = fates(&policy(None, &[("access", 1)], 0), 9, opaque);
    assert!(matches!(&found[0], Fate::Class { until: None, .. }), "{found:?}");
}
