//! A message as a JSON object, in the frame that Standard Webhooks recommends.

use serde::Serialize;

use crate::alert::{Alert, Message};

/// The type that receivers tell the messages by.
const TYPE: &str = "audited.alert";

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    #[serde(rename = "data")]
    content: Content<'a>,
}

#[derive(Serialize)]
struct Content<'a> {
    alerts: &'a [Alert],
    #[serde(skip_serializing_if = "Option::is_none")]
    escalated_from: Option<&'a str>,
}

/// The message as a JSON object: every alert whole, with the time of the gravest.
///
/// # Errors
/// None are known: an alert has texts, numbers and times only.
pub(crate) fn json(message: &Message) -> Result<String, serde_json::Error> {
    let time = message.alerts.first().map(|alert| alert.time.to_string());
    let escalated_from = message.escalated_from.as_deref();
    serde_json::to_string(&Body {
        kind: TYPE,
        timestamp: time.unwrap_or_default(),
        content: Content { alerts: &message.alerts, escalated_from },
    })
}
