//! Random queries of random journals, whose clocks go where they like: held against a look at every record.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use audit_consumers::query::{Match, Order, PageToken, Query, Scan, Search, Skip};
use audit_runtime::journal::{Journal, MemoryStorage, Options, Reader};
use audit_runtime::{Clock, Record, Timestamp};
use proptest::prelude::*;

const HOUR_NS: i64 = 3_600_000_000_000;
/// Around this time the clocks go.
const NOON: i64 = 20_000 * 24 * HOUR_NS;

/// One record: by how many minutes the clock is moved before it, and what it says.
#[derive(Clone, Debug)]
struct Entry {
    minutes: i64,
    body: String,
}

#[derive(Default)]
struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(self.0.load(Ordering::Relaxed))
    }

    fn monotonic_ns(&self) -> u64 {
        0
    }
}

struct Trail {
    hands: Arc<Hands>,
    journal: Journal,
    reader: Reader,
    written: usize,
}

impl Trail {
    fn new(entries: &[Entry]) -> Self {
        let storage = MemoryStorage::new();
        let hands = Arc::new(Hands(AtomicI64::new(NOON)));
        let clock: Arc<dyn Clock> = hands.clone();
        let options =
            Options { segment_bytes_max: 3_000, reserve_bytes: 0, clock, ..Options::default() };
        let journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
        let reader = Reader::over(Arc::new(storage));
        let mut trail = Self { hands, journal, reader, written: 0 };
        trail.write(entries);
        trail
    }

    fn write(&mut self, entries: &[Entry]) {
        for entry in entries {
            self.hands.0.fetch_add(entry.minutes * HOUR_NS / 60, Ordering::Relaxed);
            let id = format!("019b76da-a800-7000-8000-{:012x}", self.written);
            self.journal.append(entry.body.replace("@ID@", &id).as_bytes()).unwrap();
            self.journal.commit().unwrap();
            self.written += 1;
        }
    }

    /// The numbers of all records that are meant, the oldest first, by a look at each.
    fn naive(&self, query: &Query, now: Timestamp) -> Vec<u64> {
        let mut cursor = self.reader.cursor(0).unwrap();
        let mut found = Vec::new();
        while let Some(line) = cursor.next().unwrap() {
            let record = Record::parse(&line);
            if record.is_ok_and(|record| query.matches(&line, &record, now)) {
                found.push(line.seq());
            }
        }
        found
    }
}

fn search<'a>(trail: &'a Trail, query: &'a Query, how: (Order, Skip)) -> Search<'a> {
    Search::new(&trail.reader, query).at(now()).order(how.0).skip(how.1)
}

fn now() -> Timestamp {
    Timestamp::from_unix_nanos(NOON + 3 * HOUR_NS)
}

fn seqs(matches: &[Match]) -> Vec<u64> {
    matches.iter().map(|found| found.record.seq).collect()
}

fn in_order(mut seqs: Vec<u64>, order: Order) -> Vec<u64> {
    if order == Order::NewestFirst {
        seqs.reverse();
    }
    seqs
}

/// Every segment is accounted for once, and every record that was not passed over was checked.
fn check(scan: &Scan, trail: &Trail) -> Result<(), TestCaseError> {
    let passed =
        [scan.outside_by_times, scan.outside_by_ends, scan.outside_by_seq, scan.not_reached];
    let segments = passed.iter().map(|passed| passed.segments).sum::<u64>() + scan.segments_read;
    prop_assert_eq!(segments, trail.reader.segments().unwrap().len() as u64);
    let checked: u64 = scan.checked.iter().map(|(from, to)| to - from + 1).sum();
    prop_assert_eq!(checked, scan.records_read);
    prop_assert!(scan.is_whole() && scan.begins_at == 0);
    Ok(())
}

proptest! {
    #![proptest_config(crate::config(400))]

    #[test]
    fn pages_are_what_a_look_at_every_record_finds(
        entries in prop::collection::vec(entry(), 1..60),
        later in prop::collection::vec(entry(), 0..6),
        query in query(),
        order in prop_oneof![Just(Order::NewestFirst), Just(Order::OldestFirst)],
        skip in prop_oneof![Just(Skip::ByTimes), Just(Skip::Never)],
        limit in 1_usize..9,
    ) {
        let mut trail = Trail::new(&entries);
        let expected = in_order(trail.naive(&query, now()), order);
        let mut found = Vec::new();
        let mut after: Option<PageToken> = None;
        for _ in 0..=expected.len() {
            let search = search(&trail, &query, (order, skip)).limit(limit);
            let search = after.clone().map_or(search.clone(), |token| search.after(token));
            let page = search.page().unwrap();
            check(&page.scan, &trail)?;
            prop_assert!(page.matches.len() <= limit);
            let parsed = search.clone().parsing_all().page().unwrap();
            prop_assert_eq!(seqs(&page.matches), seqs(&parsed.matches));
            found.extend(seqs(&page.matches));
            let again = after.map(|token| (token, seqs(&page.matches)));
            after = page.next;
            trail.write(&later);
            // A page that follows another one is the same whatever was appended since.
            if let Some((token, shown)) = again {
                let search = self::search(&trail, &query, (order, skip)).limit(limit);
                prop_assert_eq!(seqs(&search.after(token).page().unwrap().matches), shown);
            }
            let Some(token) = &after else { break };
            prop_assert_eq!(&token.to_string().parse::<PageToken>().unwrap(), token);
        }
        prop_assert_eq!(found, expected, "{}", query);
    }

    #[test]
    fn counting_is_what_a_look_at_every_record_counts(
        entries in prop::collection::vec(entry(), 1..60),
        query in query(),
        skip in prop_oneof![Just(Skip::ByTimes), Just(Skip::Never)],
    ) {
        let trail = Trail::new(&entries);
        let (count, scan) = search(&trail, &query, (Order::OldestFirst, skip)).count().unwrap();
        prop_assert_eq!(count, trail.naive(&query, now()).len() as u64, "{}", query);
        check(&scan, &trail)?;
    }

    #[test]
    fn a_look_at_the_ends_alone_is_enough_while_the_clock_only_goes_on(
        mut entries in prop::collection::vec(entry(), 1..60),
        query in query(),
    ) {
        for entry in &mut entries {
            entry.minutes = entry.minutes.abs();
        }
        let trail = Trail::new(&entries);
        let (count, scan) = search(&trail, &query, (Order::OldestFirst, Skip::ByEnds)).count().unwrap();
        prop_assert_eq!(count, trail.naive(&query, now()).len() as u64, "{}", query);
        check(&scan, &trail)?;
    }
}

fn entry() -> impl Strategy<Value = Entry> {
    let minutes = prop_oneof![4 => 0_i64..30, 1 => -90_i64..90];
    let body = prop_oneof![
        8 => event(),
        1 => Just(r#""note":"UpdateUser denied user:42""#.to_owned()),
        1 => Just(r#""id":7,"action":"UpdateUser","outcome":"denied""#.to_owned()),
    ];
    (minutes, body).prop_map(|(minutes, body)| Entry { minutes, body })
}

fn event() -> impl Strategy<Value = String> {
    // The same names with and without escapes, and some that begin like others.
    let action = prop::sample::select(
        &["UpdateUser", "Update", "\\u0055pdateUser", "Delete\\\"User", "Gr\u{fc}\u{df}e", "x"][..],
    );
    let actor = prop::sample::select(
        &[
            r#""actor":{"type":"user","id":"42","name":"ada"},"#,
            r#""actor":{"type":"user","id":"4\u0032"},"#,
            r#""actor":{"id":"ada","type":"service","on_behalf_of":[{"type":"user","id":"42"}]},"#,
            r#""actor":{"type":"a:b","id":"c:42"},"#,
            r#""actor":{"type":"anonymous"},"#,
            r#""targets":[{"type":"User","id":"7"},{"type":"Team","id":"42","name":"ada"}],"#,
            r#""origin":{"ip":"10.1.2.3","trust":"peer"},"#,
            r#""origin":{"ip":"::ffff:10.1.2.3","trust":"peer"},"correlation_id":"r-1","#,
            r#""http":{"method":"GET","route":"/users/{id}","status":404},"ext":{"audit.drill":true},"#,
            "",
        ][..],
    );
    let outcome = prop::sample::select(&["success", "denied", "d\\u0065nied", "newer_word"][..]);
    let category = prop::sample::select(&["activity", "access"][..]);
    (action, actor, outcome, category, 1_u8..7).prop_map(
        |(action, actor, outcome, category, severity)| {
            format!(
                "\"id\":\"@ID@\",\"time\":\"2026-01-01T00:00:00.000000000Z\",{actor}\
             \"category\":\"{category}\",\"action\":\"{action}\",\"name\":\"x.y\",\
             \"outcome\":\"{outcome}\",\"severity\":{severity}"
            )
        },
    )
}

fn query() -> impl Strategy<Value = Query> {
    let condition = prop::sample::select(
        &[
            "action=UpdateUser",
            "action=Update*",
            "action=\"Delete\\\"User\"",
            "action=Gr*",
            "action=x.y",
            "actor=user:42",
            "actor=42",
            "actor=ada",
            "actor=user:*",
            "actor=a:b:c:42",
            "actor=a:b:c:4*",
            "actor=a:*",
            "actor=anonymous",
            "actor=*",
            "actor!=*",
            "actor!=user:42,ada",
            "on_behalf_of=user:42",
            "target=User:7",
            "target=Team:ada",
            "target=4*",
            "outcome=denied",
            "outcome!=denied",
            "outcome=success,denied",
            "category=access",
            "category=journal",
            "severity>=4",
            "severity=1,2",
            "status=404",
            "status>=400",
            "route=/users/*",
            "origin=10.0.0.0/8",
            "origin!=10.1.2.3",
            "correlation=r-1",
            "drill=yes",
            "drill=no",
            "seq>=20",
            "seq<12",
            "seq=3,30",
            "seq!=5",
            "id=019b76da-a800-7000-8000-000000000007",
        ][..],
    );
    let time = prop::option::of((-4_i64..6, 1_i64..5));
    (prop::collection::vec(condition, 0..3), time, 0..4).prop_map(|(conditions, time, way)| {
        let query = Query::parse(&conditions.join(" ")).unwrap();
        let Some((hours, span)) = time else {
            return query;
        };
        let at = |hours: i64| Timestamp::from_unix_nanos(NOON + hours * HOUR_NS);
        match way {
            0 => query.since(at(hours)),
            1 => query.until(at(hours)),
            2 => query.last(std::time::Duration::from_secs(span.unsigned_abs() * 3600)),
            _ => query.since(at(hours)).until(at(hours + span)),
        }
    })
}
