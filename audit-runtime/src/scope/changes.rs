//! What the attribute compares before and after a call.

use super::{Scope, Verdict};
use crate::event::{ChangeSet, Outcome};

impl Scope {
    /// True if the call has not failed, as far as is known by now: only then is there an after.
    ///
    /// What comes now may be waited for, and whoever gives it up meanwhile takes back nothing of what
    /// the body did: the call ends as it returned, and what it changed is unknown.
    pub fn may_have_changed(&mut self, verdict: &Verdict) -> bool {
        let may = self.running.change(|open| {
            let may = verdict.outcome == Outcome::Success && open.verdict.is_none();
            if may {
                open.returned = Some(verdict.returned());
                open.compared = Some(Box::new(ChangeSet::unknown()));
            }
            may
        });
        may.unwrap_or(false)
    }

    /// Keeps what the attribute found; it is recorded if the call ends as a success.
    pub fn compared(&self, changes: ChangeSet) {
        self.running.change(|open| open.compared = Some(Box::new(changes)));
    }
}

/// A returned value, to be compared as `ret`: of a `Result` what its `Ok` holds.
///
/// The macros write `(&&Ret(&output)).get()`, see [`classify`](super::classify).
pub struct Ret<'a, T: ?Sized>(pub &'a T);

/// Of a `Result`.
pub trait RetOfResult<'a, T> {
    /// What `Ok` holds.
    fn get(&self) -> Option<&'a T>;
}

impl<'a, T, E> RetOfResult<'a, T> for &Ret<'a, Result<T, E>> {
    fn get(&self) -> Option<&'a T> {
        self.0.as_ref().ok()
    }
}

/// Of anything else.
pub trait RetOfAny<'a, T: ?Sized> {
    /// The value itself.
    fn get(&self) -> Option<&'a T>;
}

impl<'a, T: ?Sized> RetOfAny<'a, T> for Ret<'a, T> {
    fn get(&self) -> Option<&'a T> {
        Some(self.0)
    }
}
