//! An alert: what somebody must know, with what they can do about it.

use audit_runtime::{Severity, Timestamp};
use serde::{Deserialize, Serialize};

use super::words;

/// What somebody must know at once, made from records of a journal.
///
/// Every text in it may come from an attacker; each channel escapes it for the place where it lands.
///
/// ```
/// use audit_consumers::alert::Alert;
/// use audit_runtime::{Severity, Timestamp};
///
/// let alert = Alert::new("probe-1", "Too many failed logins", Severity::High, Timestamp::now())
///     .detail("user", "alice")
///     .remedy("Lock the account until its owner has been reached.");
/// assert_eq!(alert.id, "probe-1");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// What this alert is told apart by: the same one, however often it is made, has the same id.
    pub id: String,
    /// What happened, in one line.
    pub title: String,
    /// How much it matters.
    #[serde(with = "words::severity")]
    pub severity: Severity,
    /// When it happened.
    #[serde(with = "words::time")]
    pub time: Timestamp,
    /// What else is known of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Detail>,
    /// What to do, one step each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remediation: Vec<String>,
    /// The rule that raised it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// What the rule counted by, such as a user or an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// How many events it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// When the first of them happened.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "words::optional_time")]
    pub first: Option<Timestamp>,
    /// When the last of them happened.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "words::optional_time")]
    pub last: Option<Timestamp>,
    /// The network addresses that they came from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// The numbers of records to look at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<u64>,
    /// The name of the journal that they stand in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<String>,
    /// The name of the drill that this belongs to, if nobody has attacked anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drill: Option<String>,
}

/// Something that is known of an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Detail {
    /// A sentence.
    Sentence(String),
    /// A value and its name.
    Named {
        /// What it is called.
        name: String,
        /// The value.
        value: String,
    },
}

impl Alert {
    /// An alert with nothing but what each must have.
    pub fn new(
        id: impl Into<String>,
        title: impl Into<String>,
        severity: Severity,
        time: Timestamp,
    ) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            severity,
            time,
            details: Vec::new(),
            remediation: Vec::new(),
            rule: None,
            key: None,
            count: None,
            first: None,
            last: None,
            addresses: Vec::new(),
            records: Vec::new(),
            journal: None,
            drill: None,
        }
    }

    /// With a value that is known of it.
    #[must_use]
    pub fn detail(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.details.push(Detail::Named { name: name.into(), value: value.into() });
        self
    }

    /// With a sentence about it.
    #[must_use]
    pub fn sentence(mut self, sentence: impl Into<String>) -> Self {
        self.details.push(Detail::Sentence(sentence.into()));
        self
    }

    /// With one step of what to do.
    #[must_use]
    pub fn remedy(mut self, step: impl Into<String>) -> Self {
        self.remediation.push(step.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_reads_back_as_it_was_written() {
        let mut alert = Alert::new("a", "t", Severity::Critical, Timestamp::from_unix_nanos(1));
        let small = serde_json::to_string(&alert).unwrap();
        assert_eq!(
            small,
            r#"{"id":"a","title":"t","severity":"critical","time":"1970-01-01T00:00:00.000000001Z"}"#
        );
        assert_eq!(serde_json::from_str::<Alert>(&small).unwrap(), alert);
        alert = alert.detail("user", "x").sentence("So it is.").remedy("Look.");
        alert.first = Some(Timestamp::from_unix_nanos(0));
        alert.records = vec![1, 7];
        alert.drill = Some("d".to_owned());
        let large = serde_json::to_string(&alert).unwrap();
        assert_eq!(serde_json::from_str::<Alert>(&large).unwrap(), alert);
        assert!(serde_json::from_str::<Alert>(&small.replace("critical", "dire")).is_err());
        assert!(serde_json::from_str::<Alert>(&small.replace("1970", "x")).is_err());
    }
}
