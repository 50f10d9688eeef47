//! What can be wrong with the pipeline itself, as findings of rules of its own.

use audit_runtime::control::Finding;
use audit_runtime::journal::{self, Verification};
use audit_runtime::{Digest, Severity};

/// How many damaged places are told one by one; more are a number.
const PLACES_MAX: usize = 8;

/// The journal takes no records, for this reason; so many are durable.
pub(super) fn failing(origin: &str, durable: u64, reason: &str) -> Finding {
    let id = id(&["pipeline_failure", origin, &durable.to_string()]);
    let mut finding = finding("pipeline_failure", origin, id, Severity::Critical);
    finding.title = Some("The audit journal takes no records".to_owned());
    finding.note = Some(cut(&format!("The recorder's health is red: {reason}")));
    finding.remediation = sentences(&[
        "Run `audited health` and `audited doctor` on the machine.",
        "Mend what they name, then restart the service; until then actions that must be recorded are refused.",
    ]);
    finding
}

/// The journal takes records, and its recorder's health is red all the same; told once a day for each cause.
pub(super) fn alarmed(origin: &str, alarm: &str, day: &str, reason: &str) -> Finding {
    let id = id(&["pipeline_failure", origin, alarm, day]);
    let mut finding = finding("pipeline_failure", origin, id, Severity::Critical);
    finding.title = Some("The audit journal takes records, and its health is red".to_owned());
    finding.note = Some(cut(&format!("The recorder's health is red: {reason}")));
    finding.remediation = sentences(&[
        "Run `audited health` and `audited doctor` on the machine, and mend what they name.",
        "If the journal was set aside, find out who could write there: it is kept in `epochs`. The health is red until the next start.",
    ]);
    finding
}

/// The journal cannot be read, for this reason.
pub(super) fn unreadable(origin: &str, reason: &str) -> Finding {
    let id = id(&["pipeline_failure", origin, reason]);
    let mut finding = finding("pipeline_failure", origin, id, Severity::Critical);
    finding.title = Some("The audit journal cannot be read".to_owned());
    finding.note = Some(cut(reason));
    finding.remediation = sentences(&[
        "Look whether the journal's directory is there, and who has removed or replaced it.",
        "Run `audited doctor` on the machine.",
    ]);
    finding
}

/// Nothing was recorded for so many seconds, not even a heartbeat.
pub(super) fn silence(origin: &str, durable: u64, seconds: u64) -> Finding {
    let id = id(&["pipeline_silence", origin, &durable.to_string()]);
    let mut finding = finding("pipeline_silence", origin, id, Severity::High);
    (finding.count, finding.window_s) = (1, seconds);
    finding.title = Some("The audit journal is silent".to_owned());
    finding.note = Some(format!(
        "For {seconds} seconds nothing was recorded, not even a heartbeat, and the service was not stopped in order."
    ));
    finding.remediation = sentences(&[
        "Look whether the service that writes the journal still runs.",
        "If it was killed, find out by whom; start it again.",
    ]);
    finding
}

/// A consumer has not kept up for so many seconds.
pub(super) fn lag(origin: &str, consumer: &str, next_seq: u64, seconds: u64, why: &str) -> Finding {
    let id = id(&["pipeline_lag", origin, consumer, &next_seq.to_string()]);
    let severity = if why.is_empty() { Severity::Medium } else { Severity::High };
    let mut finding = finding("pipeline_lag", consumer, id, severity);
    (finding.count, finding.window_s) = (1, seconds);
    finding.title = Some("A consumer of the audit journal is behind".to_owned());
    finding.note = Some(cut(&format!(
        "The consumer `{consumer}` has not been abreast of the journal for {seconds} seconds; it is at record {next_seq}. {why}"
    )));
    finding.remediation = sentences(&[
        "If it says why it fails, mend that; else look at the machine's load and its disk.",
        "Until it has caught up, findings and alerts come late.",
    ]);
    finding
}

/// What an anchor has speaks against the journal; told once a day for each.
pub(super) fn contradicted(origin: &str, anchor: &str, day: &str, why: &str) -> Finding {
    let id = id(&["pipeline_anchor", origin, anchor, day, "contradicts"]);
    let mut finding = finding("pipeline_anchor", anchor, id, Severity::Critical);
    finding.title =
        Some("An anchor has a checkpoint that speaks against the audit journal".to_owned());
    finding.note = Some(cut(&format!("The anchor `{anchor}` contradicts the journal: {why}")));
    finding.remediation = sentences(&[
        "Keep the machine and a copy of the journal as they are: it was rolled back, rewritten, or goes on from a copy.",
        "Run `audited verify` with the anchor's checkpoints, and find out who could write there.",
    ]);
    finding
}

/// An anchor has had no new checkpoint for so many seconds; told once a day for each.
pub(super) fn unanchored(
    origin: &str,
    anchor: &str,
    day: &str,
    seconds: u64,
    why: &str,
) -> Finding {
    let id = id(&["pipeline_anchor", origin, anchor, day]);
    let mut finding = finding("pipeline_anchor", anchor, id, Severity::High);
    (finding.count, finding.window_s) = (1, seconds);
    finding.title = Some("An anchor of the audit journal has no new checkpoint".to_owned());
    finding.note =
        Some(cut(&format!("The anchor `{anchor}` has had none for {seconds} seconds. {why}")));
    finding.remediation = sentences(&[
        "Run `audited doctor` on the machine: it says why.",
        "Mend the anchor, or the way to it; it catches up by itself.",
    ]);
    finding
}

/// The journal is not as it was written; `None` if it is.
pub(super) fn damage(origin: &str, verification: &Verification) -> Option<Finding> {
    if verification.is_intact() {
        return None;
    }
    let places: Vec<String> = verification.findings.iter().map(place).collect();
    let told = places.iter().take(PLACES_MAX).cloned().collect::<Vec<_>>().join("; ");
    let id = id(&["pipeline_damage", origin, &places.join(";")]);
    let mut finding = finding("pipeline_damage", origin, id, Severity::Critical);
    finding.count = places.len() as u64;
    finding.title = Some("The audit journal is not as it was written".to_owned());
    finding.note = Some(cut(&told));
    finding.records = verification.findings.iter().map(|damage| damage.seq).take(16).collect();
    finding.remediation = sentences(&[
        "Keep the machine and a copy of the journal as they are.",
        "Run `audited verify` for the whole list, and find out who could write there.",
    ]);
    Some(finding)
}

/// A channel has given an alert up, for this reason; told once a day for each channel.
pub(super) fn undelivered(origin: &str, channel: &str, day: &str, count: u64) -> Finding {
    let id = id(&["alert_undelivered", origin, channel, day]);
    let mut finding = finding("alert_undelivered", channel, id, Severity::High);
    finding.count = count;
    finding.title = Some("Alerts could not be delivered".to_owned());
    finding.note = Some(cut(&format!("The channel `{channel}` has given up {count} of them.")));
    finding.remediation = sentences(&[
        "Run `audited alerts`: it lists them, and says why.",
        "Mend the channel, then send them with `audited alerts --retry`.",
    ]);
    finding
}

fn place(damage: &journal::Finding) -> String {
    format!("{} seq={} {}", damage.kind, damage.seq, damage.reason)
}

fn finding(rule: &str, key: &str, id: String, severity: Severity) -> Finding {
    let mut finding = Finding::of(rule, key);
    finding.id = Some(id);
    finding.severity = severity.as_number();
    finding
}

/// The same trouble has the same id, so that a restart does not tell it again.
fn id(parts: &[&str]) -> String {
    Digest::of(parts.join("\n").as_bytes()).to_string()
}

fn sentences(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// What a finding's note holds.
fn cut(text: &str) -> String {
    super::finding::cut(text, 1024)
}
