//! Tells of secrets that the guard caught: once for each place and kind, and never what they were.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::Shared;
use crate::event::{Code, Draft, Durability, Event, Place, Severity, Target};
use audit_redact::public;

/// The action of the records that tell of a catch.
const ACTION: &str = "SecretCaught";
/// More places are caught as well, and not told.
const PLACES_MAX: usize = 1024;

/// The places that were told of.
#[derive(Debug, Default)]
pub(super) struct Told(Mutex<BTreeSet<String>>);

impl Told {
    /// True if the place was not told of before, and there is room to remember that it is now.
    pub(super) fn is_new(&self, place: String) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.len() < PLACES_MAX && told.insert(place)
    }
}

impl Shared {
    /// Records that the guard caught something in `event`.
    pub(super) fn tell_caught(&self, event: &Event, places: &[Place]) {
        if event.action == ACTION {
            return;
        }
        for place in places {
            let at = event.code.map(|code| format!("{}:{}", code.file, code.line));
            let key = format!("{} {} {} {at:?}", event.action, place.path, place.kind);
            if self.told.is_new(key) {
                // Nobody waits for it, and what it could not be written for has raised its alarm.
                drop(self.record(&told(event, place)));
            }
        }
    }
}

/// The record of one place and kind.
fn told(event: &Event, place: &Place) -> Event {
    let draft = Event::security(ACTION)
        .description(
            "The guard found what looks like a secret in a text, and wrote a mark instead. Keep the \
             value out of the text, or mark its field #[sensitive].",
        )
        .target(Target::new("Field", &place.path))
        .extra("kind", &public(place.kind.as_str()))
        .extra("action", &public(&*event.action))
        .caused_by(event.id);
    finished(draft, event.code)
}

/// A draft of this kind as an event, with the place in the source that the text came from.
pub(super) fn finished(mut draft: Draft, code: Option<Code>) -> Event {
    draft.event.code = code;
    draft.severity(Severity::Low).durability(Durability::Queued).denied("secret_in_text")
}

/// Where a log call stands: its target, its file and its line.
#[cfg(any(feature = "guard-tracing", feature = "guard-log"))]
#[derive(Debug)]
pub(crate) struct LogCall {
    pub(crate) target: String,
    pub(crate) file: Option<String>,
    pub(crate) line: Option<u32>,
}

#[cfg(feature = "guard-tracing")]
impl LogCall {
    pub(crate) fn of(event: &tracing::Metadata<'_>) -> Self {
        let (file, line) = (event.file().map(str::to_owned), event.line());
        Self { target: event.target().to_owned(), file, line }
    }
}

/// Records that the guard caught something in what a log call printed.
#[cfg(any(feature = "guard-tracing", feature = "guard-log"))]
pub(crate) fn tell_printed(from: Option<&LogCall>, caught: &audit_guard::Caught) {
    // Without a recorder nothing is told now, and another time it will be.
    let Some(recorder) = super::current().filter(|_| !caught.is_empty()) else { return };
    let (target, file, line) = match from {
        Some(LogCall { target, file, line }) => (target.as_str(), file.as_deref(), *line),
        None => ("", None, None),
    };
    let place = format!("{}:{}", file.unwrap_or("unknown"), line.unwrap_or_default());
    for (kind, _) in caught.iter() {
        if recorder.told.is_new(format!("log {target} {place} {kind}")) {
            let draft = Event::security(ACTION)
                .description(
                    "The guard found what looks like a secret in a log message, and a mark was \
                     printed instead. Keep the value out of the message.",
                )
                .target(Target::new("LogMessage", &place))
                .extra("kind", &public(kind.as_str()))
                .extra("target", &public(target));
            // Nobody waits for it, and what it could not be written for has raised its alarm.
            drop(recorder.record_here(finished(draft, None)));
        }
    }
}
