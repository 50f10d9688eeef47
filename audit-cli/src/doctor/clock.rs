//! The clock against the newest record.

use std::time::Duration;

use audit_runtime::Timestamp;

use super::report::Report;

const CHECK: &str = "clock";

/// By how much a record may be newer than now, for clocks that are being slewed.
const TOLERATED: Duration = Duration::from_secs(1);

pub(super) fn check(newest: Timestamp, now: Timestamp, report: &mut Report) {
    let ahead =
        Duration::from_nanos(newest.unix_nanos().saturating_sub(now.unix_nanos()).max(0) as u64);
    if ahead > TOLERATED {
        report.warning(
            CHECK,
            format!(
                "the newest record, of {newest}, lies {} s in the future; set this machine's clock \
                 right, or find out when it was wrong",
                ahead.as_secs()
            ),
        );
    } else {
        report.ok(CHECK, format!("it is {now}, and no record lies in the future"));
    }
}
