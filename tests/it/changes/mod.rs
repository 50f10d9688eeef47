//! What an action changed, from real handlers over real rows to the record.

mod given_up;
mod rows;

use std::sync::{Mutex, MutexGuard};

use audit_runtime::{
    ChangeSet, Diff, Event, Record, Redact, audited, changed, public, set_changes,
};
use serde_json::{Value, json};

use crate::support::{Trail, block_on, only, run};

const CANARY: &str = "tangerine-4471-canary";

struct Shop {
    invoice: Invoice,
}

#[derive(Redact, Clone)]
#[redact(diff)]
struct Invoice {
    #[public]
    status: String,
    cents: u64,
}

impl Shop {
    #[audited(
        action = "PayInvoice",
        changes(before = self.invoice.clone(), after = self.invoice),
        on_unrecorded = fail_open
    )]
    fn pay(&mut self, cents: u64) -> Result<(), String> {
        "paid".clone_into(&mut self.invoice.status);
        if cents == 0 { Err(CANARY.to_owned()) } else { Ok(()) }
    }

    #[audited(action = "SendInvoice", on_unrecorded = fail_open)]
    fn send(&mut self) -> Result<(), String> {
        let before = self.invoice.clone();
        "sent".clone_into(&mut self.invoice.status);
        changed(&before, &self.invoice);
        set_changes(ChangeSet::new().change("cents", &1_u64, &2_u64).withheld("key"));
        Err(CANARY.to_owned())
    }

    #[audited(action = "LoseInvoice", changes(before = 1_u8, after = boom()), on_unrecorded = fail_open)]
    fn lose(&mut self) {}
}

#[audited(
    action = "TakeRow",
    changes(before = false, after = row.try_lock().is_ok()),
    on_unrecorded = fail_open
)]
fn take(mut count: MutexGuard<'_, u8>, row: &Mutex<u8>) {
    *count += 1;
}

#[expect(clippy::await_holding_lock, reason = "the body ends it, which is what is tested")]
#[audited(
    action = "TakeRow",
    changes(before = false, after = row.try_lock().is_ok()),
    on_unrecorded = fail_open
)]
async fn take_later(mut count: MutexGuard<'_, u8>, _held: (), row: &Mutex<u8>) {
    *count += 1;
}

/// Otherwise what is loaded afterwards would wait for it for ever.
#[test]
fn a_lock_that_the_body_only_borrows_ends_with_it() {
    let row = Mutex::new(0);
    let (_, mut records) = run(async { take(row.lock().unwrap(), &row) });
    records.extend(run(async { take_later(row.lock().unwrap(), (), &row).await }).1);
    let told = json!([{ "path": "", "old": false, "new": true }]);
    let told_of = |record: &Value| record["action"] == "TakeRow" && record["changes"] == told;
    assert_eq!(records.iter().filter(|record| told_of(record)).count(), 2, "{records:?}");
}

#[test]
fn further_bulks_are_kept_and_the_rest_is_confessed() {
    let bulk = |kind: &'static str| {
        let mut bulk = ChangeSet::bulk(kind);
        bulk.done("deleted", kind);
        bulk
    };
    let (_, records) = run(async {
        let event = Event::activity("Try").changes(bulk("User")).changes(bulk("Order"));
        audit_runtime::record(event.succeeded()).await.unwrap();
        let kinds = ["A", "B", "C", "D", "E"].map(bulk);
        let event = kinds.into_iter().fold(Event::activity("Many"), |event, it| event.changes(it));
        audit_runtime::record(event.succeeded()).await.unwrap();
    });
    let of = |action: &str| records.iter().find(|record| record["action"] == action).unwrap();
    let kinds = |record: &Value| {
        let bulks = record["bulk"].as_array().unwrap();
        bulks.iter().map(|bulk| bulk["type"].as_str().unwrap().to_owned()).collect::<String>()
    };
    assert_eq!((kinds(of("Try")), of("Try").get("truncated")), ("UserOrder".to_owned(), None));
    assert_eq!((kinds(of("Many")), &of("Many")["truncated"]), ("AB".to_owned(), &json!(["bulk"])));
}

fn boom() -> u8 {
    panic!("{CANARY}")
}

fn shop() -> Shop {
    Shop { invoice: Invoice { status: "draft".into(), cents: 1 } }
}

#[test]
fn a_method_compares_what_it_changed_in_itself() {
    let (_, records) = run(async { shop().pay(1) });
    assert_eq!(
        only(records)["changes"],
        json!([{ "path": "status", "old": "draft", "new": "paid" }])
    );
    let (_, records) = run(async { shop().pay(0) });
    assert_eq!(only(records).get("changes"), None);
}

#[test]
fn what_the_body_says_it_changed_is_recorded_whatever_it_returns() {
    let (_, records) = run(async { shop().send() });
    let record = only(records);
    assert_eq!(record["outcome"], "error");
    let expected = json!([
        { "path": "status", "old": "draft", "new": "sent" },
        { "path": "cents", "old": 1, "new": 2 },
        { "path": "key", "masked": true },
    ]);
    assert_eq!(record["changes"], expected);
    assert_eq!(record["redaction"]["fields"], json!(["changes.key"]));
}

#[test]
fn a_panic_in_the_value_afterwards_is_one_of_the_call() {
    let trail = Trail::new();
    let lost = || trail.recorder.enter(|| shop().lose());
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(lost)).is_err());
    let record = only(trail.records());
    assert_eq!((&record["outcome"], record.get("changes")), (&json!("panic"), None));
    assert!(!record.to_string().contains(CANARY));
}

/// Records one event by hand, and answers with its record.
fn recorded(changes: impl FnOnce() -> ChangeSet) -> Value {
    let event = move || Event::activity("Try").changes(changes()).succeeded();
    let (receipt, records) = run(async { audit_runtime::record(event()).await });
    receipt.unwrap();
    records.into_iter().find(|record| record["action"] == "Try").unwrap()
}

#[test]
fn the_guard_reads_what_is_shown_of_a_change() {
    let key = "AKIAIOSFODNN7EXAMPLX";
    let record = recorded(|| {
        let texts = [format!("use {key}"), format!("or {key}")];
        ChangeSet::new().change("note", &public(&texts[0]), &public(&texts[1]))
    });
    assert!(!record.to_string().contains(key), "{record}");
    assert_eq!(record["changes"][0]["path"], "note");
    assert_eq!(record["redaction"]["fields"], json!(["changes.note"]));
}

#[test]
fn any_number_of_changes_of_any_size_fits_a_record() {
    let list = |word: &str| (0..500).map(|_| word.repeat(2_000)).collect::<Vec<_>>();
    let record =
        recorded(|| ChangeSet::new().change("notes", &public(list("a ")), &public(list("b "))));
    let told = record["changes"].as_array().unwrap();
    assert!((7..=64).contains(&told.len()), "{}", told.len());
    assert_eq!(record["truncated"], json!(["changes"]));
    assert!(record.to_string().len() < 12_000);
    let many = |start: u64| (start..start + 500).collect::<Vec<_>>();
    let record = recorded(|| ChangeSet::between(&many(0), &many(1000)));
    assert_eq!(record["changes"].as_array().unwrap().len(), 64);
    assert_eq!(record["changes_total"], 500);
    assert_eq!(record["truncated"], json!(["changes"]));
}

#[test]
fn changes_read_back_typed() {
    let trail = Trail::new();
    let event = || {
        let mut bulk = ChangeSet::bulk("User");
        bulk.done("deleted", 7);
        let bulk = ChangeSet::from(bulk)
            .change("left", &Some(1_u8), &None)
            .withheld("key")
            .added("tag", &2_u8);
        Event::activity("Try").changes(bulk).succeeded()
    };
    block_on(trail.recorder.scope(async { audit_runtime::record(event()).await })).unwrap();
    trail.recorder.shutdown(std::time::Duration::from_secs(20)).unwrap();
    let reader = audit_runtime::journal::Reader::over(std::sync::Arc::new(trail.storage));
    let mut cursor = reader.cursor(0).unwrap();
    let record = std::iter::from_fn(|| cursor.next().unwrap())
        .map(|line| Record::parse(&line).unwrap())
        .find(|record| record.action == "Try")
        .unwrap();
    let told: Vec<_> =
        record.changes.iter().map(|it| (&*it.path, &it.old, &it.new, it.masked)).collect();
    assert_eq!(
        told,
        [
            ("left", &Some(json!(1)), &Some(Value::Null), false),
            ("key", &None, &None, true),
            ("tag", &None, &Some(json!(2)), false),
        ]
    );
    let bulk = &record.bulk[0];
    assert_eq!((bulk.total, bulk.counts["deleted"], &*bulk.first), (1, 1, &["7".to_owned()][..]));
}

/// A type from elsewhere is compared by hand.
#[test]
fn a_rule_by_hand_has_a_comparison_by_hand() {
    struct Version(u8, &'static str);
    impl Redact for Version {
        fn redact<S: serde::Serializer>(
            &self,
            serializer: S,
            _: audit_runtime::Redaction<'_>,
        ) -> Result<S::Ok, S::Error> {
            serializer.serialize_u8(self.0)
        }
    }
    impl Diff for Version {
        fn diff(&self, after: &Self, into: &mut audit_runtime::redact::Differences<'_>) {
            if (self.0, self.1) != (after.0, after.1) {
                into.changed(self, after);
            }
        }
    }
    let record = recorded(|| ChangeSet::between(&Version(1, "a"), &Version(1, "b")));
    assert_eq!(record["changes"], json!([{ "path": "", "masked": true }]));
}

#[test]
fn what_is_one_word_in_the_record_is_counted_as_one() {
    let trail = Trail::new();
    let mut bulk = ChangeSet::bulk("User");
    let long = "x".repeat(100);
    let card = ["4242424242424242", "5555555555554444"];
    for end in 0..3 {
        bulk.done(format!("{long}{end}"), end);
        bulk.done(card[end % 2], end);
    }
    trail.recorder.record(Event::activity("Many").changes(bulk).succeeded()).wait().unwrap();
    // Beside it stands what tells of the numbers that were caught.
    let record = trail.records().into_iter().find(|record| record["action"] == "Many").unwrap();
    let counts = record["bulk"][0]["counts"].as_object().unwrap();
    assert_eq!(counts.values().map(|it| it.as_u64().unwrap()).sum::<u64>(), 6, "{record}");
}
