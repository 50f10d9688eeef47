//! Rules for the times of the crate `jiff`, in the ISO 8601 forms it writes itself.

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Span, Timestamp, Zoned};

use super::{compared, mark, shown_as_text};
use crate::{Diff, Differences};

shown_as_text! { Date, DateTime, SignedDuration, Span, Time, Timestamp, Zoned }
compared! { Date, DateTime, SignedDuration, Time, Timestamp, Zoned }
mark! { MapKey: Date, DateTime, Time, Timestamp, Zoned }

/// Compared unit by unit: one hour is another span than sixty minutes.
impl Diff for Span {
    fn diff(&self, after: &Self, into: &mut Differences<'_>) {
        if self.fieldwise() != after.fieldwise() {
            into.changed(self, after);
        }
    }
}
