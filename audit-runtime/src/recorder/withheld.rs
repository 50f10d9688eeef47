//! Tells of fields that were serialized outside any disclosure scope, where a responder was forgotten.

use std::collections::BTreeSet;
use std::panic::Location;
use std::sync::{Mutex, PoisonError};

use super::current;
use crate::event::{Durability, Event, Severity, Target};

/// Has such fields recorded by the running task's recorder, in builds with debug assertions.
pub(super) fn watch() {
    audit_redact::on_withheld(record);
}

/// The places that are recorded: as many, at the most, as the program's source has such fields.
static RECORDED: Mutex<BTreeSet<&'static Location<'static>>> = Mutex::new(BTreeSet::new());

/// Records the place, once in a process.
fn record(place: &'static Location<'static>) {
    // Without a recorder nothing is told now, and another time it will be.
    let Some(recorder) = current() else { return };
    if !RECORDED.lock().unwrap_or_else(PoisonError::into_inner).insert(place) {
        return;
    }
    let event = Event::security("SensitiveWithheld")
        .description(
            "A sensitive field was serialized outside any disclosure scope, as [redacted]. If that \
             was a response, return it in Disclosed.",
        )
        .target(Target::new("SerializedField", place))
        .severity(Severity::Low)
        .durability(Durability::Queued)
        .denied("not_disclosed");
    // Nobody waits for it, and what it could not be written for has raised its alarm.
    drop(recorder.record_here(event));
}
