//! Rules for the times of the crate `time`, in RFC 3339 where they are points in time.

use serde::Serializer;
use time::format_description::well_known::Rfc3339;
use time::{Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset, Weekday};

use super::{compared, shown_as_text};
use crate::{Element, Redact, Redaction};

shown_as_text! { Date, Duration, Month, PrimitiveDateTime, Time, UtcOffset, Weekday }

compared! {
    Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset, Weekday,
}

impl Redact for OffsetDateTime {
    fn redact<S: Serializer>(&self, serializer: S, _how: Redaction<'_>) -> Result<S::Ok, S::Error> {
        match self.format(&Rfc3339) {
            Ok(text) => serializer.serialize_str(&text),
            // RFC 3339 ends with the year 9999.
            Err(_) => serializer.collect_str(self),
        }
    }
}

impl Element for OffsetDateTime {}
