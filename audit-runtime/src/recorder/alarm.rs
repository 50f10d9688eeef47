//! The alarm: an audited action has no record, and nobody else is told of it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::answer::Unrecorded;
use super::health::Counters;
use crate::say;

/// Who is to be told of one action, should it turn out to have no record.
pub(super) struct Alarm {
    pub(super) counters: Arc<Counters>,
    pub(super) action: Cow<'static, str>,
}

impl Alarm {
    pub(super) fn raise(&self, why: &Unrecorded) {
        raise(&self.counters, &self.action, why);
    }
}

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Alarm").field(&self.action).finish()
    }
}

/// Counts an action of a recorder that has no record, and says so.
pub(super) fn raise(counters: &Counters, action: &str, why: &Unrecorded) {
    counters.interruptions.count_unrecorded(why);
    count(&counters.unrecorded, action, why);
}

/// Counts an action that has no record, and names it now and then.
pub(super) fn count(counter: &AtomicU64, action: &str, why: &Unrecorded) {
    if let Some(count) = say::seldom(counter) {
        say::error(format_args!(
            "the audited action {action:?} has no record ({count} so far): {why}"
        ));
    }
}
