//! Work done as somebody: a job, a program of the command line, a step in another's name.

use std::sync::Arc;

use super::Context;
use crate::event::Actor;

/// Runs `work` as `actor`: a job, or a step that somebody else does for whoever acts around it.
///
/// ```no_run
/// use audit_runtime::{Actor, audited, run_as};
///
/// #[audited(action = "SendReport", on_unrecorded = fail_open)]
/// async fn send_report() { /* … */ }
///
/// # async fn example() {
/// run_as(Actor::service("nightly-report"), send_report()).await;
/// # }
/// ```
///
/// Its records have a correlation id in common: that of the work around it, else one of their own.
/// They name the action around it as their cause, and whoever acts there as the one on whose behalf
/// `actor` acts, behind those that `actor` names itself. An actor that is set inside is not known outside.
///
/// A task that is spawned with this needs no [`Context`]: what that would take along is here, too.
///
/// `Context::current().actor(…)` is no way to do that: it sets who acts for the whole running request.
///
/// Where one person takes on the role of another, the first one acts:
/// `run_as(admin.on_behalf_of(user), …)`.
pub fn run_as<F: Future>(actor: Actor, work: F) -> impl Future<Output = F::Output> + use<F> {
    Context::current().acting(actor).scope(work)
}

/// Calls `work` as `actor`, as [`run_as`] runs a future: the `main` of a program of the command line.
///
/// ```no_run
/// use audit_runtime::{self as audit, Actor, audited};
///
/// #[audited(action = "RotateKeys", on_unrecorded = fail_open)]
/// fn rotate_keys() { /* … */ }
///
/// fn main() -> Result<(), audit::Error> {
///     let recorder = audit::open("audit-journal")?;
///     audit::enter_as(Actor::user("1000").named("ada"), rotate_keys);
///     recorder.shutdown(std::time::Duration::from_secs(5))
/// }
/// ```
pub fn enter_as<R>(actor: Actor, work: impl FnOnce() -> R) -> R {
    Context::current().acting(actor).enter(work)
}

impl Context {
    /// A context of its own in which `actor` acts in the stead of whoever does in this one.
    fn acting(&self, actor: Actor) -> Self {
        let own = self.fork();
        {
            let mut known = own.known();
            let actor = match &known.actor {
                Some(around) => actor.in_stead_of(around),
                None => actor,
            };
            known.actor = Some(Arc::new(actor));
        }
        own
    }
}
