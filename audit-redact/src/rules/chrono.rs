//! Rules for the times of the crate `chrono`, in RFC 3339 where they are points in time.

use chrono::{DateTime, Month, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Weekday};
use serde::{Serialize, Serializer};

use super::{compared, mark, shown, shown_as_text};
use crate::{Element, MapKey, Redact, Redaction};

shown! { NaiveDate, NaiveDateTime, NaiveTime, Month, Weekday }
compared! { NaiveDate, NaiveDateTime, NaiveTime, Month, Weekday, TimeDelta }
mark! { Element: NaiveDate, NaiveDateTime, NaiveTime, Month, Weekday }
mark! { MapKey: NaiveDate, NaiveDateTime, NaiveTime, Month, Weekday }

// ISO 8601, as the standard library's `Duration` is written.
shown_as_text! { TimeDelta }

impl<Tz: TimeZone> Redact for DateTime<Tz> {
    fn redact<S: Serializer>(&self, serializer: S, _how: Redaction<'_>) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }
}

compared! { [Tz: TimeZone] DateTime<Tz> }
impl<Tz: TimeZone> Element for DateTime<Tz> {}
impl<Tz: TimeZone> MapKey for DateTime<Tz> {}
