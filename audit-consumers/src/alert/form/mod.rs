//! How a message looks: what of an alert is shown, and the forms of plain text, HTML, Slack and JSON.

#[cfg(feature = "email")]
mod html;
#[cfg(feature = "webhook")]
mod json;
#[cfg(feature = "email")]
mod plain;
#[cfg(feature = "webhook")]
mod slack;
#[cfg(test)]
#[cfg(all(feature = "email", feature = "webhook"))]
mod tests;

#[cfg(feature = "email")]
pub(crate) use html::html;
#[cfg(feature = "webhook")]
pub(crate) use json::json;
#[cfg(feature = "email")]
pub(crate) use plain::plain;
#[cfg(feature = "webhook")]
pub(crate) use slack::slack;

use super::text::{self, DRILL};
use super::{Alert, Detail, Message};

/// How many details, steps, addresses or records are shown of each alert; the journal has the rest.
const LISTED_MAX: usize = 20;

/// The longest name of a detail that is shown, in characters.
const NAME_CHARACTERS_MAX: usize = 60;

/// An alert as every form shows it: all parts in one line each, and short, but not yet escaped.
pub(crate) struct Shown {
    pub(crate) is_drill: bool,
    pub(crate) title: String,
    pub(crate) severity: &'static str,
    /// Names with values; a sentence has no name.
    pub(crate) facts: Vec<(String, String)>,
    pub(crate) steps: Vec<String>,
}

/// What stands above the alerts of a message, in words of our own but for the channel's name.
pub(crate) fn notices(message: &Message) -> Vec<String> {
    let mut notices = Vec::new();
    if message.is_drill() {
        notices.push(format!("{DRILL} This is a drill. Nobody has attacked anything."));
    }
    if let Some(from) = &message.escalated_from {
        notices.push(format!("The channel {} could not deliver this.", text::part(from)));
    }
    if message.alerts.len() > 1 {
        let count = message.alerts.len();
        notices
            .push(format!("{count} alerts came faster than this channel may send; here they are."));
    }
    notices
}

/// The alert as it is shown; in a digest without its steps, which would hide the other alerts.
pub(crate) fn shown(alert: &Alert, is_alone: bool) -> Shown {
    let steps: &[String] = if is_alone { &alert.remediation } else { &[] };
    let steps = listed(steps.iter().map(|step| text::part(step)), steps.len());
    Shown {
        is_drill: alert.drill.is_some(),
        title: text::part(&alert.title),
        severity: alert.severity.as_str(),
        facts: facts(alert, is_alone),
        steps,
    }
}

fn facts(alert: &Alert, is_alone: bool) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    let mut add = |name: &str, value: String| facts.push((name.to_owned(), value));
    add("Time", alert.time.to_string());
    if let Some(count) = alert.count {
        add("Events", count.to_string());
    }
    if let Some(key) = &alert.key {
        add("Key", text::part(key));
    }
    if !alert.addresses.is_empty() {
        let addresses = alert.addresses.iter().map(|address| text::part(address));
        add("Addresses", joined(addresses, alert.addresses.len()));
    }
    if !is_alone {
        add("Alert", text::part(&alert.id));
        return facts;
    }
    if let Some(first) = alert.first {
        add("First", first.to_string());
    }
    if let Some(last) = alert.last {
        add("Last", last.to_string());
    }
    let named = alert.details.iter().take(LISTED_MAX).map(detail);
    facts.extend(named);
    let unlisted = alert.details.len().saturating_sub(LISTED_MAX);
    if unlisted > 0 {
        facts.push((String::new(), format!("and {unlisted} details more")));
    }
    facts.extend(origin(alert));
    facts
}

/// Where to look further: rule, journal, records, and the ids.
fn origin(alert: &Alert) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    let mut add = |name: &str, value: String| facts.push((name.to_owned(), value));
    if let Some(rule) = &alert.rule {
        add("Rule", text::part(rule));
    }
    if let Some(journal) = &alert.journal {
        add("Journal", text::part(journal));
    }
    if !alert.records.is_empty() {
        let records = alert.records.iter().map(u64::to_string);
        add("Records", joined(records, alert.records.len()));
    }
    if let Some(drill) = &alert.drill {
        add("Drill", text::part(drill));
    }
    add("Alert", text::part(&alert.id));
    facts
}

fn detail(detail: &Detail) -> (String, String) {
    match detail {
        Detail::Sentence(sentence) => (String::new(), text::part(sentence)),
        Detail::Named { name, value } => {
            (text::line(&text::part(name), NAME_CHARACTERS_MAX), text::part(value))
        }
    }
}

/// The first of the parts in one line, which is no longer than one part may be.
fn joined(parts: impl Iterator<Item = String>, count: usize) -> String {
    text::line(&listed(parts, count).join(", "), text::PART_CHARACTERS_MAX)
}

/// The first of the parts, and how many more there are.
fn listed(parts: impl Iterator<Item = String>, count: usize) -> Vec<String> {
    let mut listed: Vec<String> = parts.take(LISTED_MAX).collect();
    if count > LISTED_MAX {
        listed.push(format!("and {} more", count - LISTED_MAX));
    }
    listed
}
