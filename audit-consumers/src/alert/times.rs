//! Wall-clock times as the outbox keeps them, in whole milliseconds.

use std::time::Duration;

use audit_runtime::Timestamp;

const NANOS_PER_MS: i64 = 1_000_000;

/// The system clock's time in milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> i64 {
    ms(Timestamp::now())
}

/// The time in milliseconds since the Unix epoch.
pub(crate) fn ms(time: Timestamp) -> i64 {
    time.unix_nanos().div_euclid(NANOS_PER_MS)
}

/// The time of so many milliseconds since the Unix epoch.
pub(crate) fn time(ms: i64) -> Timestamp {
    Timestamp::from_unix_nanos(ms.saturating_mul(NANOS_PER_MS))
}

/// A span in milliseconds.
pub(crate) fn span_ms(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
