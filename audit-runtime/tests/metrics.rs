//! What a collector of metrics gets to see of a recorder, and from which threads.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use audit_runtime::journal::MemoryStorage;
use audit_runtime::{Actor, Event, Http, Recorder, audited};
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata,
    SharedString, Unit,
};

/// A collector that keeps every value, and who brought it.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Collected>>);

#[derive(Default)]
struct Collected {
    described: BTreeSet<String>,
    values: BTreeMap<String, f64>,
    samples: BTreeMap<String, Vec<f64>>,
    threads: BTreeSet<String>,
    labels: usize,
}

impl Collector {
    fn change(&self, key: &Key, change: impl FnOnce(&mut Collected, String)) {
        let mut collected = self.0.lock().unwrap();
        collected.threads.insert(std::thread::current().name().unwrap_or("?").to_owned());
        collected.labels += key.labels().len();
        change(&mut collected, key.name().to_owned());
    }

    fn described(&self, name: &KeyName) {
        self.0.lock().unwrap().described.insert(name.as_str().to_owned());
    }

    fn value(&self, name: &str) -> f64 {
        self.0.lock().unwrap().values.get(name).copied().unwrap_or(f64::NAN)
    }

    fn samples(&self, name: &str) -> Vec<f64> {
        self.0.lock().unwrap().samples[name].clone()
    }

    /// Waits for a value, which is passed on once a second.
    #[track_caller]
    fn shows(&self, name: &str, expected: f64) {
        let due = Instant::now() + Duration::from_secs(20);
        while self.value(name) != expected {
            assert!(Instant::now() < due, "{name} is {}, not {expected}", self.value(name));
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

struct Metric(Collector, Key);

impl CounterFn for Metric {
    fn increment(&self, by: u64) {
        self.0.change(&self.1, |all, name| *all.values.entry(name).or_default() += by as f64);
    }

    fn absolute(&self, value: u64) {
        self.0.change(&self.1, |all, name| _ = all.values.insert(name, value as f64));
    }
}

impl GaugeFn for Metric {
    fn increment(&self, by: f64) {
        self.0.change(&self.1, |all, name| *all.values.entry(name).or_default() += by);
    }

    fn decrement(&self, by: f64) {
        GaugeFn::increment(self, -by);
    }

    fn set(&self, value: f64) {
        self.0.change(&self.1, |all, name| _ = all.values.insert(name, value));
    }
}

impl HistogramFn for Metric {
    fn record(&self, value: f64) {
        self.0.change(&self.1, |all, name| all.samples.entry(name).or_default().push(value));
    }
}

impl metrics::Recorder for Collector {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.described(&name);
    }

    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.described(&name);
    }

    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.described(&name);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Arc::new(Metric(self.clone(), key.clone())))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(Arc::new(Metric(self.clone(), key.clone())))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Arc::new(Metric(self.clone(), key.clone())))
    }
}

#[audited(action = "ChangeLight", on_unrecorded = fail_open)]
fn change_light() {}

#[audited(action = "CloseMonth", on_unrecorded = fail_open)]
fn close_month(begun: &SyncSender<()>, ended: &Receiver<()>) {
    pay_invoice(begun, ended);
}

#[audited(action = "PayInvoice", durability = write_ahead, on_unrecorded = fail_open)]
fn pay_invoice(begun: &SyncSender<()>, ended: &Receiver<()>) {
    begun.send(()).unwrap();
    // A test that fails meanwhile drops the other end, and this goes on.
    _ = ended.recv();
}

/// Two actions of the first recorder run, one with an intent, and the second has room for none.
fn show_what_is_open(collector: &Collector, recorder: &Recorder, narrow: &Recorder) {
    let ((begin, begun), (end, ended)) = (sync_channel(1), sync_channel(1));
    std::thread::scope(|scope| {
        let end = end;
        scope.spawn(move || recorder.enter(|| close_month(&begin, &ended)));
        begun.recv().unwrap();
        narrow.enter(change_light);
        collector.shows("audit_open_scopes", 2.0);
        collector.shows("audit_open_intents", 1.0);
        collector.shows("audit_scopes_unlisted_total", 1.0);
        let health = recorder.health();
        assert_eq!((health.open_scopes, health.scopes_max), (2, 65_536));
        assert_eq!((health.open_intents, health.intents_max), (1, 512));
        // The recorders of one process add up.
        collector.shows("audit_open_scopes_max", 65_536.0);
        collector.shows("audit_open_intents_max", 1024.0);
        end.send(()).unwrap();
    });
    collector.shows("audit_open_scopes", 0.0);
    collector.shows("audit_open_intents", 0.0);
}

fn show_what_is_anchored(collector: &Collector) {
    let kept = tempfile::tempdir().unwrap();
    let anchored = Recorder::in_memory(MemoryStorage::new()).anchor_directory(kept.path());
    let anchored = anchored.anchor_every_ms(10).open().unwrap();
    let size = anchored.health().durable as f64;
    collector.shows("audit_anchored_records", size);
    collector.shows("audit_anchor_age_seconds", 0.0);
    drop(anchored);
    collector.shows("audit_anchored_records", 0.0);
}

#[test]
fn a_collector_sees_all_figures_and_nobody_waits_for_it() {
    let collector = Collector::default();
    metrics::set_global_recorder(collector.clone()).map_err(|_| ()).unwrap();
    let storage = MemoryStorage::new();
    let recorder = Recorder::in_memory(storage.clone()).open().unwrap();
    for number in 0..50 {
        let event = Event::activity("Tick").actor(Actor::user(format!("evil\"}}{number}\n")));
        recorder.record(event.succeeded()).wait().unwrap();
    }
    collector.shows("audit_records_durable_total", 50.0);
    assert_eq!(collector.samples("audit_commit_records").iter().sum::<f64>(), 50.0);
    let seconds = collector.samples("audit_commit_duration_seconds");
    assert!(seconds.iter().all(|took| (0.0..10.0).contains(took)), "{seconds:?}");

    // A second recorder, whose queue has no room, adds its losses and its colour.
    let narrow = Recorder::in_memory(MemoryStorage::new()).queue_bytes_max(1).open().unwrap();
    for _ in 0..7 {
        narrow.record(Event::activity("Tick").succeeded()).wait().unwrap_err();
    }
    collector.shows("audit_events_lost_total", 7.0);
    collector.shows("audit_recorders_yellow", 1.0);
    drop(narrow);
    collector.shows("audit_recorders_yellow", 0.0);

    let flooded = Recorder::in_memory(MemoryStorage::new()).flood_source_max(32).open().unwrap();
    for _ in 0..40 {
        let event = Event::access(Http::routed("GET", "/")).actor(Actor::anonymous());
        flooded.record(event.succeeded()).wait().unwrap();
    }
    collector.shows("audit_events_summarised_total", 8.0);
    drop(flooded);

    show_what_is_anchored(&collector);
    let narrow = Recorder::in_memory(MemoryStorage::new()).scopes_max(0).open().unwrap();
    show_what_is_open(&collector, &recorder, &narrow);
    drop(narrow);
    collector.shows("audit_open_intents_max", 512.0);

    recorder.shutdown(Duration::from_secs(10)).unwrap();
    recorder.enter(change_light);
    collector.shows("audit_actions_unrecorded_total", 1.0);
    collector.shows("audit_recorders_red", 1.0);
    drop(recorder);
    collector.shows("audit_recorders_red", 0.0);
    collector.shows("audit_open_scopes_max", 0.0);

    // A writer that looks once a second whether there is something to do has made no commit.
    let records = collector.samples("audit_commit_records");
    assert!(records.iter().all(|records| *records >= 1.0), "{records:?}");
    assert_eq!(records.len(), collector.samples("audit_commit_duration_seconds").len());

    // What a journal has already is not counted again.
    let before = collector.value("audit_records_durable_total");
    let again = Recorder::in_memory(storage).open().unwrap();
    again.record(Event::activity("Tick").succeeded()).wait().unwrap();
    collector.shows("audit_records_durable_total", before + 1.0);
    drop(again);

    let collected = collector.0.lock().unwrap();
    let shown: BTreeSet<_> =
        collected.values.keys().chain(collected.samples.keys()).cloned().collect();
    assert_eq!(collected.described, shown);
    assert!(shown.len() == 18 && shown.iter().all(|name| name.starts_with("audit_")), "{shown:?}");
    assert_eq!(collected.labels, 0);
    let threads: Vec<_> = collected.threads.iter().map(String::as_str).collect();
    assert_eq!(threads, ["audit-metrics"]);
}
