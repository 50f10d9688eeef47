//! What a channel delivers at once: one alert, or a digest of several.

use audit_runtime::{Digest, Severity};

use super::Alert;
use super::text::{self, DRILL};

/// How many alerts a digest lists at most.
pub(crate) const DIGEST_MAX: usize = 100;

/// One alert, or several that came faster than the channel may send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What this message is told apart by, fit for a header. It is the alert's id for a single one, and
    /// stays the same however often the message is sent.
    pub id: String,
    /// What it tells, the gravest first; never empty.
    pub alerts: Vec<Alert>,
    /// The channel that could not deliver this, if it was handed over.
    pub escalated_from: Option<String>,
}

impl Message {
    /// A message of one alert.
    pub fn of(alert: Alert) -> Self {
        Self { id: text::token(&alert.id), alerts: vec![alert], escalated_from: None }
    }

    /// A message of several; its id is made of theirs, whatever their order.
    pub fn digest(mut alerts: Vec<Alert>) -> Self {
        alerts.sort_by(|one, other| {
            (other.severity, one.time, &one.id).cmp(&(one.severity, other.time, &other.id))
        });
        let id = match alerts.as_slice() {
            [only] => text::token(&only.id),
            several => digest_id(several.iter().map(|alert| alert.id.as_str())),
        };
        Self { id, alerts, escalated_from: None }
    }

    /// The one line that stands for the whole.
    pub fn subject(&self) -> String {
        let drill = if self.is_drill() { format!("{DRILL} ") } else { String::new() };
        let handed = if self.escalated_from.is_some() { "Escalated: " } else { "" };
        format!("[Security Alert] {drill}{handed}{}", self.headline())
    }

    /// The title of the alert, or what is in the digest.
    pub(crate) fn headline(&self) -> String {
        match self.alerts.as_slice() {
            [only] => text::part(&only.title),
            several => {
                let gravest = self.severity().as_str();
                format!("{} alerts, the gravest {gravest}", several.len())
            }
        }
    }

    /// The severity of the gravest alert.
    pub fn severity(&self) -> Severity {
        self.alerts.iter().map(|alert| alert.severity).max().unwrap_or(Severity::Informational)
    }

    /// True if all of it belongs to drills.
    pub fn is_drill(&self) -> bool {
        !self.alerts.is_empty() && self.alerts.iter().all(|alert| alert.drill.is_some())
    }
}

/// The id of a digest of these alerts.
pub(crate) fn digest_id<'a>(ids: impl Iterator<Item = &'a str>) -> String {
    let mut ids: Vec<&str> = ids.collect();
    ids.sort_unstable();
    let mut bytes = Vec::new();
    for id in ids {
        bytes.extend((id.len() as u64).to_be_bytes());
        bytes.extend(id.as_bytes());
    }
    format!("digest-{}", Digest::of(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use audit_runtime::Timestamp;

    fn alert(id: &str, severity: Severity) -> Alert {
        Alert::new(id, format!("title of {id}"), severity, Timestamp::from_unix_nanos(0))
    }

    #[test]
    fn the_id_of_a_digest_is_that_of_its_alerts_in_any_order() {
        let (one, other) = (alert("a", Severity::Low), alert("b", Severity::High));
        let first = Message::digest(vec![one.clone(), other.clone()]);
        assert_eq!(first, Message::digest(vec![other.clone(), one.clone()]));
        assert_eq!(first.alerts, [other.clone(), one.clone()]);
        assert_ne!(first.id, Message::digest(vec![one.clone(), alert("c", Severity::Low)]).id);
        assert_eq!(Message::digest(vec![one]).id, "a");
        assert_ne!(digest_id(["ab", "c"].into_iter()), digest_id(["a", "bc"].into_iter()));
    }

    #[test]
    fn the_subject_says_what_it_is() {
        let mut one = alert("a", Severity::High);
        assert_eq!(Message::of(one.clone()).subject(), "[Security Alert] title of a");
        one.drill = Some("d".to_owned());
        assert_eq!(Message::of(one.clone()).subject(), "[Security Alert] [DRILL] title of a");
        let mixed = Message::digest(vec![one.clone(), alert("b", Severity::Critical)]);
        assert_eq!(mixed.subject(), "[Security Alert] 2 alerts, the gravest critical");
        one.drill = None;
        one.title = "[DRILL] nothing\r\nBcc: all".to_owned();
        let subject = Message::of(one).subject();
        assert_eq!(subject, "[Security Alert] (DRILL) nothing\\u{d}\\u{a}Bcc: all");
    }
}
