//! Which records are of a drill.

use audit_runtime::Record;
use audit_runtime::control::Drill;
use serde_json::Value;

/// True if the record is one of an exercise: its extra [`Drill::MARK`] is there, and not `false`.
///
/// Queries show such records; what counts and what alarms leaves them out.
pub fn is_drill(record: &Record) -> bool {
    record.extras.get(Drill::MARK).is_some_and(|marked| *marked != Value::Bool(false))
}
