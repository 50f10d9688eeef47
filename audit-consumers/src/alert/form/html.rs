//! A message as HTML that holds no picture, no link and no script.

use super::{Shown, notices, shown};
use crate::alert::Message;
use crate::alert::text::DRILL;

/// The message as HTML.
pub(crate) fn html(message: &Message) -> String {
    let title = escape(&message.subject());
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         </head>\n<body>\n"
    );
    for notice in notices(message) {
        page.push_str(&format!("<p><strong>{}</strong></p>\n", escape(&notice)));
    }
    let is_alone = message.alerts.len() == 1;
    for alert in &message.alerts {
        write(&mut page, &shown(alert, is_alone));
    }
    page.push_str("</body></html>\n");
    page
}

fn write(page: &mut String, alert: &Shown) {
    let drill = if alert.is_drill { format!("{DRILL} ") } else { String::new() };
    page.push_str(&format!("<h2>{drill}{}</h2>\n<table>\n", escape(&alert.title)));
    row(page, "Severity", alert.severity);
    for (name, value) in &alert.facts {
        row(page, name, value);
    }
    page.push_str("</table>\n");
    if alert.steps.is_empty() {
        return;
    }
    page.push_str("<p><strong>What to do</strong></p>\n<ul>\n");
    for step in &alert.steps {
        page.push_str(&format!("<li>{}</li>\n", escape(step)));
    }
    page.push_str("</ul>\n");
}

fn row(page: &mut String, name: &str, value: &str) {
    let (name, value) = (escape(name), escape(value));
    page.push_str(&format!("<tr><td><strong>{name}</strong></td><td>{value}</td></tr>\n"));
}

/// The text as a text of HTML, between tags as well as in a quoted attribute.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
