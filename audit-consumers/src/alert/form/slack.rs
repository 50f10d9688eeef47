//! A message as an incoming webhook of Slack takes it, and Mattermost and others that do as Slack does.
//!
//! What may come from an attacker stands in code spans: nothing in them is a link, a mention or markup,
//! neither for Slack nor for those who read Markdown.

use serde_json::{Value, json};

use super::{Shown, notices, shown};
use crate::alert::Message;
use crate::alert::text::DRILL;

/// The longest text that Slack shows in one section, with some room; and of a whole message.
const SECTION_CHARACTERS_MAX: usize = 2_800;
const SECTIONS_MAX: usize = 40;

/// The message as the body of an incoming webhook.
pub(crate) fn slack(message: &Message) -> String {
    let mut lines = vec![format!("*[Security Alert]* {}", code(&message.headline()))];
    lines.extend(notices(message).iter().map(|notice| code(notice)));
    let is_alone = message.alerts.len() == 1;
    for alert in &message.alerts {
        write(&mut lines, &shown(alert, is_alone), is_alone);
    }
    let sections = sections(&lines);
    let blocks: Vec<Value> = sections.iter().map(|text| block(text)).collect();
    // What shows blocks takes the text for the notice only; the others show it.
    let text = if blocks.len() == 1 { sections[0].clone() } else { sections.join("\n") };
    json!({ "text": text, "blocks": blocks }).to_string()
}

fn block(text: &str) -> Value {
    // `verbatim`: Slack makes no links and mentions of its own.
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text, "verbatim": true } })
}

fn write(lines: &mut Vec<String>, alert: &Shown, is_alone: bool) {
    if !is_alone {
        let drill = if alert.is_drill { format!("{DRILL} ") } else { String::new() };
        lines.push(format!("*{}* {drill}{}", alert.severity, code(&alert.title)));
    } else {
        lines.push(format!("Severity: *{}*", alert.severity));
    }
    for (name, value) in &alert.facts {
        let name = if name.is_empty() { String::new() } else { format!("{}: ", code(name)) };
        lines.push(format!("{name}{}", code(value)));
    }
    if !alert.steps.is_empty() {
        lines.push("*What to do*".to_owned());
    }
    lines.extend(alert.steps.iter().map(|step| format!("• {}", code(step))));
}

/// The lines in sections that Slack takes; what is too much is counted.
fn sections(lines: &[String]) -> Vec<String> {
    let mut sections = vec![String::new()];
    for (index, line) in lines.iter().enumerate() {
        let full = sections.last().is_some_and(|section| {
            !section.is_empty()
                && section.chars().count() + line.chars().count() + 1 > SECTION_CHARACTERS_MAX
        });
        if full && sections.len() == SECTIONS_MAX {
            sections.push(format!("and {} lines more, in the journal", lines.len() - index));
            break;
        }
        if full {
            sections.push(String::new());
        }
        if let Some(section) = sections.last_mut() {
            if !section.is_empty() {
                section.push('\n');
            }
            section.push_str(line);
        }
    }
    sections
}

/// The text in a code span, which nothing in it can end.
fn code(text: &str) -> String {
    // An empty span would be two marks that join with the next ones.
    let text = if text.is_empty() { " " } else { text };
    format!("`{}`", escape(&text.replace('`', "'")))
}

/// Slack's own three characters, by which mentions and links begin.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
