//! A message as plain text.

use super::{Shown, notices, shown};
use crate::alert::Message;
use crate::alert::text::DRILL;

/// The message as plain text.
pub(crate) fn plain(message: &Message) -> String {
    let mut text = String::new();
    for notice in notices(message) {
        text.push_str(&format!("{notice}\n\n"));
    }
    let is_alone = message.alerts.len() == 1;
    for alert in &message.alerts {
        write(&mut text, &shown(alert, is_alone));
    }
    text
}

fn write(text: &mut String, alert: &Shown) {
    let drill = if alert.is_drill { format!("{DRILL} ") } else { String::new() };
    text.push_str(&format!("{drill}{}\nSeverity: {}\n", alert.title, alert.severity));
    for (name, value) in &alert.facts {
        let colon = if name.is_empty() { "" } else { ": " };
        text.push_str(&format!("{name}{colon}{value}\n"));
    }
    if !alert.steps.is_empty() {
        text.push_str("\nWhat to do:\n");
    }
    for step in &alert.steps {
        text.push_str(&format!("- {step}\n"));
    }
    text.push('\n');
}
