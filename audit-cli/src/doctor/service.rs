//! How the living writer fares, as it says itself.

use std::path::Path;

use audit_runtime::control::Error;
use serde_json::Value;

use super::report::Report;
use crate::health;
use crate::terminal;

const CHECK: &str = "service";
const ANCHORS: &str = "anchors";

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
    // An older writer knows of none.
    if let Some(anchors) = health["anchors"].as_array() {
        tell_anchors(anchors, report);
    }
}

/// Tells of each anchor, and where nothing confirms that it has a checkpoint.
fn tell_anchors(anchors: &[Value], report: &mut Report) {
    for anchor in anchors {
        let name = terminal::escape(anchor["name"].as_str().unwrap_or("?")).into_owned();
        let has = match anchor["size"].as_u64() {
            Some(size) => format!("`{name}` was given {size} records"),
            None => format!("`{name}` was given nothing yet"),
        };
        let age = anchor["age_s"].as_u64().unwrap_or_default();
        let is = |member: &str| anchor[member].as_bool() == Some(true);
        let why = terminal::escape(anchor["failure"].as_str().unwrap_or("it does not answer"));
        match (is("contradicts"), is("is_stale"), is("confirms")) {
            (true, ..) => report.failure(
                ANCHORS,
                format!("`{name}` speaks against the journal: {why}; keep both as they are, and find out why"),
            ),
            (_, true, _) => {
                report.warning(ANCHORS, format!("{has}, and nothing new for {age} s: {why}; mend it"));
            }
            (.., true) => report.ok(ANCHORS, format!("{has}; newer ones have waited for {age} s")),
            (.., false) => report.ok(ANCHORS, format!("{has}, and confirms nothing")),
        }
    }
    if !anchors.iter().any(|anchor| anchor["confirms"].as_bool() == Some(true)) {
        report.ok(
            ANCHORS,
            "no anchor confirms that it has a checkpoint: set `anchor_directory` to a directory of another \
             machine, or `anchor_syslog` to a server of TCP",
        );
    }
}
