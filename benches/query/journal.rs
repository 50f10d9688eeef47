//! A journal of many records of a usual size, over ten days.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use audit_runtime::journal::{DirectoryStorage, Journal, Modes, Options};
use audit_runtime::{Clock, Timestamp};

const BATCH: u64 = 512;
const SEGMENT_BYTES: u64 = 8 << 20;
const DAYS: i64 = 10;
const DAY_NS: i64 = 86_400_000_000_000;
/// 2026-01-01.
const FIRST_DAY: i64 = 20_454 * DAY_NS;
const ACTORS: u64 = 1_000;
/// The records of one request.
const REQUEST: u64 = 4;

/// A clock that goes as told.
struct Told(AtomicI64);

impl Clock for Told {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_nanos(self.0.load(Ordering::Relaxed))
    }

    fn monotonic_ns(&self) -> u64 {
        self.0.load(Ordering::Relaxed).unsigned_abs()
    }
}

/// Writes so many records, evenly over the days.
pub(crate) fn write(dir: &Path, records: u64) {
    let told = Arc::new(Told(AtomicI64::new(FIRST_DAY)));
    let clock: Arc<dyn Clock> = told.clone();
    let storage = DirectoryStorage::open(dir, Modes::default()).unwrap();
    let options = Options { segment_bytes_max: SEGMENT_BYTES, clock, ..Options::default() };
    let mut journal = Journal::open(Arc::new(storage), options).unwrap();
    let step = DAYS * DAY_NS / i64::try_from(records).unwrap();
    for number in 0..records {
        told.0.fetch_add(step, Ordering::Relaxed);
        journal.append(body(number, told.now()).as_bytes()).unwrap();
        if number % BATCH == BATCH - 1 {
            journal.commit().unwrap();
        }
    }
    journal.commit().unwrap();
    journal.close().unwrap();
}

/// The id of an actor.
pub(crate) fn actor(number: u64) -> String {
    format!("account-{}", number % ACTORS)
}

/// The correlation id of the request that a record is part of.
pub(crate) fn correlation(number: u64) -> String {
    format!("019b76da-a800-7000-9000-{:012x}", number / REQUEST)
}

/// The date of a day, the first being 0.
pub(crate) fn day(number: i64) -> String {
    let time = Timestamp::from_unix_nanos(FIRST_DAY + number * DAY_NS).to_string();
    time.split('T').next().unwrap().to_owned()
}

/// An event as a web service records it, with its parts in their order.
fn body(number: u64, time: Timestamp) -> String {
    let outcome = if number.is_multiple_of(50) { "denied" } else { "success" };
    let action = ["UpdateUser", "ViewInvoice", "ExportReport", "PlaceOrder"][number as usize % 4];
    format!(
        "\"id\":\"019b76da-a800-7000-8000-{number:012x}\",\"time\":\"{time}\",\"duration_ns\":184213,\
         \"category\":\"activity\",\"action\":\"{action}\",\"name\":\"shop.action\",\"op\":\"update\",\
         \"outcome\":\"{outcome}\",\"severity\":1,\"actor\":{{\"type\":\"user\",\"id\":\"{}\",\
         \"roles\":[\"clerk\"]}},\"targets\":[{{\"type\":\"Order\",\"id\":\"{}\"}}],\
         \"args\":{{\"quota\":\"[redacted]\",\"region\":\"eu-central-1\"}},\
         \"origin\":{{\"ip\":\"10.20.{}.{}\",\"port\":41234,\"trust\":\"peer\"}},\
         \"service\":{{\"name\":\"shop\",\"version\":\"1.4.2\",\"instance\":\"0123456789abcdef\"}},\
         \"code\":{{\"function\":\"update\",\"file\":\"src/orders.rs\",\"line\":214}},\
         \"correlation_id\":\"{}\",\"redaction\":{{\"fields\":[\"args.quota\"]}}",
        actor(number * 7),
        number % 90_000,
        number / 250 % 250,
        number % 250,
        correlation(number),
    )
}
