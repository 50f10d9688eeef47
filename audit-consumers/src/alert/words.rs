//! How severities and times are written in alerts and settings.

use audit_runtime::{Severity, Timestamp};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

/// A severity as its word, for serde.
pub(crate) mod severity {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(value: &Severity, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(value.as_str())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Severity, D::Error> {
        let word = String::deserialize(from)?;
        Severity::parse(&word).ok_or_else(|| D::Error::custom("this is no severity"))
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
