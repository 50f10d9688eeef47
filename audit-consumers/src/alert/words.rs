//! How severities and times are written in alerts and settings.

use audit_runtime::{Severity, Timestamp};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

/// Every severity with its word, the mildest first.
pub(crate) const SEVERITIES: [(Severity, &str); 6] = [
    (Severity::Informational, "informational"),
    (Severity::Low, "low"),
    (Severity::Medium, "medium"),
    (Severity::High, "high"),
    (Severity::Critical, "critical"),
    (Severity::Fatal, "fatal"),
];

/// The word for a severity: `high`.
pub fn severity_word(severity: Severity) -> &'static str {
    let found = SEVERITIES.iter().find(|(known, _)| *known == severity);
    found.map_or("informational", |(_, word)| word)
}

/// The severity of this word, if there is one.
pub fn severity_named(word: &str) -> Option<Severity> {
    SEVERITIES.iter().find(|(_, known)| *known == word).map(|(severity, _)| *severity)
}

/// A severity as its word, for serde.
pub(crate) mod severity {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(value: &Severity, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(severity_word(*value))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Severity, D::Error> {
        let word = String::deserialize(from)?;
        severity_named(&word).ok_or_else(|| D::Error::custom("this is no severity"))
    }
}

/// A time as RFC 3339 in UTC, for serde.
pub(crate) mod time {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(value: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(from)?;
        Timestamp::parse(&text).ok_or_else(|| D::Error::custom("this is no time"))
    }
}

/// A time that may be missing, for serde.
pub(crate) mod optional_time {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(
        value: &Option<Timestamp>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(time) => to.collect_str(time),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        let read = |text: String| {
            Timestamp::parse(&text).ok_or_else(|| D::Error::custom("this is no time"))
        };
        text.map(read).transpose()
    }
}
