//! A classifier of the user's own: what a returned value means where its type does not tell.

use super::{Basis, Verdict};
use crate::event::Outcome;
use crate::scope::Scope;

/// What `outcome = path` names: a function of what the call returned.
#[diagnostic::on_unimplemented(
    message = "this is no classifier of what the function returns",
    label = "`outcome` names a function `fn(&{T}) -> Outcome`",
    note = "it borrows the returned value, and returns an `audit_runtime::Outcome`"
)]
pub trait Classifier<T: ?Sized> {
    /// How the call ended.
    fn outcome(self, output: &T) -> Outcome;
}

// Hidden from the compiler's advice, which would speak of closures.
#[diagnostic::do_not_recommend]
impl<T: ?Sized, F: FnOnce(&T) -> Outcome> Classifier<T> for F {
    fn outcome(self, output: &T) -> Outcome {
        self(output)
    }
}

impl Verdict {
    /// Of a function with a classifier: nobody else is asked for the outcome, nor the response.
    ///
    /// The type of an error is told unless that is a success. A panic in the classifier is a panic of
    /// the call.
    #[must_use]
    pub fn told_by<T: ?Sized>(
        self,
        scope: &mut Scope,
        output: &T,
        classifier: impl Classifier<T>,
    ) -> Self {
        let outcome = scope.call(|| classifier.outcome(output));
        let error_type = self.error_type.filter(|_| outcome != Outcome::Success);
        Self { outcome, error_type, basis: Basis::Told }
    }
}
