//! What is shown: every line goes to standard output and is kept, so that it can be searched.

use std::io::{self, Write};

use audit_consumers::alert::Alert;
use audit_runtime::Record;
use audit_runtime::record::Origin;
use serde_json::Value;

/// Standard output, and what was written to it.
pub(crate) struct Screen {
    pub(crate) shown: String,
    /// Whether all checks have held.
    pub(crate) held: bool,
}

impl Screen {
    /// Shows text; what an attacker sent may hold characters that a terminal obeys.
    pub(crate) fn say(&mut self, text: &str) -> io::Result<()> {
        let is_plain = |it: char| it == '\n' || it == ' ' || it.is_ascii_graphic();
        let plain: String = text.chars().map(|it| if is_plain(it) { it } else { '?' }).collect();
        self.shown.push_str(&plain);
        writeln!(io::stdout(), "{plain}")
    }

    /// A finding as it stands in the journal.
    pub(crate) fn finding(&mut self, record: &Record) -> io::Result<()> {
        let [rule, key, count, window_s] =
            ["rule", "key", "count", "window_s"].map(|name| said(record, name));
        let seq = record.seq;
        self.say(&format!("  {seq:>4}  {rule:<14} {key:<24} {count:>2} within {window_s} s"))
    }

    /// An alert as the people on duty read it.
    pub(crate) fn alert(&mut self, alert: &Alert) -> io::Result<()> {
        let key = alert.key.as_deref().unwrap_or_default();
        self.say(&format!("  [{}] {} ({key})", alert.severity.as_str(), alert.title))?;
        alert.remediation.iter().try_for_each(|step| self.say(&format!("    - {step}")))
    }

    /// A record, below the one that led to it by so many steps.
    pub(crate) fn record(&mut self, record: &Record, depth: usize) -> io::Result<()> {
        let action = format!("{}{}", "  ".repeat(depth), record.action);
        let target = record.targets.first().map(|it| format!("{} {}", it.kind, it.id));
        let route = || record.http.as_ref().and_then(|http| http.route.clone());
        let target = target.or_else(route).unwrap_or_default();
        let actor = record.actor.as_ref().and_then(|actor| actor.id.as_deref()).unwrap_or_default();
        let origin = record.origin.as_ref().and_then(Origin::place).unwrap_or_default();
        let (seq, outcome) = (record.seq, record.outcome.to_string());
        self.say(&format!("  {seq:>4}  {action:<12} {target:<10} {outcome:<8} {actor:<4} {origin}"))
    }

    /// A check; it holds if nothing is wrong.
    pub(crate) fn check(&mut self, what: &str, wrong: &[String]) -> io::Result<()> {
        self.held &= wrong.is_empty();
        self.say(&format!("  {:>3}  {what}", if wrong.is_empty() { "ok" } else { "NOT" }))?;
        wrong.iter().try_for_each(|wrong| self.say(&format!("       {wrong}")))
    }
}

/// What a finding says under this name.
pub(crate) fn said(finding: &Record, name: &str) -> String {
    match finding.arguments.get(name) {
        Some(Value::String(text)) => text.clone(),
        other => other.map(ToString::to_string).unwrap_or_default(),
    }
}
