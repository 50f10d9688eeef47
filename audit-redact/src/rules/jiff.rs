//! Rules for the times of the crate `jiff`, in the ISO 8601 forms it writes itself.

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Span, Timestamp, Zoned};

use super::{mark, shown_as_text};

shown_as_text! { Date, DateTime, SignedDuration, Span, Time, Timestamp, Zoned }
mark! { MapKey: Date, DateTime, Time, Timestamp, Zoned }
