//! The terms of OWASP's Logging Vocabulary: each has a call, leaves its record and is found again.

mod actions;
mod page;
mod rows;
mod terms;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use audit_consumers::query::{Query, Search};
use audit_runtime::journal::Reader;
use audit_runtime::{Actor, Category, Context, Record, Severity, Signal};

use crate::support::Trail;
use rows::{Call, ROWS, Row};
use terms::{Level, TERMS};

#[test]
fn every_term_is_recorded_by_its_call_and_found_by_its_query() {
    let trail = Trail::new();
    let context = Context::new().actor(Actor::user("42").named("ada").role("admin"));
    trail.recorder.enter(|| context.enter(|| ROWS.iter().for_each(run)));
    trail.recorder.shutdown(Duration::from_secs(20)).unwrap();
    let reader = Reader::over(Arc::new(trail.storage));
    let seen = records(&reader);
    for row in ROWS {
        assert_eq!(found(&reader, row.query), [seen[row.term].seq], "{}: {}", row.term, row.query);
    }
    for signal in Signal::ALL {
        let record = seen.get(signal.term()).unwrap_or_else(|| panic!("{signal} has no term"));
        let said = (record.name.as_str(), record.action.as_str(), record.severity);
        let expected = (signal.name(), signal.action(), signal.severity().as_number());
        assert_eq!(said, expected);
    }
    for (term, level) in TERMS {
        let severity = seen[*term].severity;
        let least =
            if *level == Level::Critical { Severity::Medium } else { Severity::Informational };
        assert!(
            severity >= least.as_number(),
            "{term} matters to OWASP, but has severity {severity}"
        );
    }
    page::compare(&seen);
}

#[test]
fn the_rows_are_the_terms_in_their_order() {
    let rows: Vec<_> = ROWS.iter().map(|row| row.term).collect();
    let terms: Vec<_> = TERMS.iter().map(|(term, _)| *term).collect();
    assert_eq!(rows, terms);
    assert_eq!(terms.len(), 57);
}

fn run(row: &Row) {
    match row.call {
        Call::Event(event, _) => _ = audit_runtime::record(event()).wait().unwrap(),
        Call::Action(call, _) => {
            let panicked = catch_unwind(AssertUnwindSafe(call)).is_err();
            assert_eq!(panicked, row.term == "sys_crash", "{}", row.term);
        }
        Call::Journal(_) => {}
    }
}

/// The record that each row has left: they stand in the order of the rows.
fn records(reader: &Reader) -> BTreeMap<&'static str, Record> {
    let mut cursor = reader.cursor(0).unwrap();
    let mut records = Vec::new();
    while let Some(line) = cursor.next().unwrap() {
        records.push(Record::parse(&line).unwrap());
    }
    let (journal, events): (Vec<_>, Vec<_>) =
        records.into_iter().partition(|record| record.category.known() == Some(Category::Journal));
    let recorded = ROWS.iter().filter(|row| !matches!(row.call, Call::Journal(_)));
    assert_eq!(events.len(), recorded.clone().count(), "each call leaves one record");
    let mut seen: BTreeMap<_, _> = recorded.map(|row| row.term).zip(events).collect();
    for (term, action) in [("sys_startup", "JournalStart"), ("sys_shutdown", "JournalStop")] {
        let record = journal.iter().find(|record| record.action == action).unwrap();
        seen.insert(term, record.clone());
    }
    seen
}

/// The numbers of the records that a query finds.
fn found(reader: &Reader, query: &str) -> Vec<u64> {
    let query = Query::parse(query).unwrap();
    let page = Search::new(reader, &query).limit(1_000).page().unwrap();
    page.matches.iter().map(|found| found.record.seq).collect()
}
