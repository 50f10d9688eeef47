//! `#[audited]` on functions of every shape: exactly one record for each call, and the right one.

mod captures;
mod classifier;
mod handlers;
mod nested;
mod order;
mod outcomes;
mod refusal;
mod renamed;
mod shapes;
mod shutdown;
mod tasks;
mod write_ahead;

use audit_runtime::Unrecorded;

/// An error that can say that an action was refused.
#[derive(Debug)]
enum Failure {
    Refused(Unrecorded),
    Broken,
}

impl From<Unrecorded> for Failure {
    fn from(unrecorded: Unrecorded) -> Self {
        Self::Refused(unrecorded)
    }
}
