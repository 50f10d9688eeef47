//! How the living writer fares, as it says itself.

use std::path::Path;

use audit_runtime::control::Error;
use serde_json::Value;

use super::report::Report;
use crate::health;
use crate::terminal;

const CHECK: &str = "service";

/// Asks the writer of the journal for its health.
pub(super) fn check(journal: &Path, report: &mut Report) {
    match health::ask(journal).map(|json| serde_json::from_str::<Value>(&json).unwrap_or_default()) {
        Ok(health) => tell(&health, report),
        // As on systems where no writer listens, or for one that could not make the socket.
        Err(Error::NoWriter { .. }) => report.warning(
            CHECK,
            "the writer cannot be asked how it fares, because nobody listens at CONTROL: look at its \
             health where the service shows it, and restart it if CONTROL was removed",
        ),
        Err(error) => {
            report.warning(CHECK, format!("the writer cannot be asked how it fares: {error}"));
        }
    }
}

fn tell(health: &Value, report: &mut Report) {
    let status = terminal::escape(health["status"].as_str().unwrap_or("unknown")).into_owned();
    let reason = terminal::escape(health["reason"].as_str().unwrap_or("no reason is told"));
    match status.as_str() {
        "green" => report.ok(CHECK, "its health is green"),
        "yellow" => report.warning(CHECK, format!("its health is yellow: {reason}")),
        _ => report.failure(CHECK, format!("its health is {status}: {reason}")),
    }
}
