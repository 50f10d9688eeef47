//! The record of an action that was denied before it began: its handler was never called.

use super::{draft, recorder};
use crate::catalog::ActionSpec;
use crate::context::Context;
use crate::event::{BLOCKED, Durability, Event, Http, Outcome, Reason};
use crate::recorder::{Shared, Unrecorded};
use audit_journal::EventId;

/// Records that `spec` was denied to the request `cause`, and why if somebody told.
///
/// Queued, whatever the action demands of its other records: nothing was done that could be refused for want
/// of a record, and whoever may not enter must not be able to have the disk synced at will.
pub(crate) fn record_blocked(
    spec: &'static ActionSpec,
    cause: EventId,
    http: Http,
    why: Option<&Reason>,
    context: &Context,
    recorder: Option<&Shared>,
) {
    let Some(recorder) = recorder else {
        return recorder::count_unrecorded(None, spec.action, &Unrecorded::NoRecorder);
    };
    let mut event = blocked(spec, cause, http, why);
    context.complete(&mut event);
    // Nobody waits for it, and what it could not be written for has raised its alarm.
    drop(recorder.record(&event));
}

fn blocked(spec: &'static ActionSpec, cause: EventId, http: Http, why: Option<&Reason>) -> Event {
    let reason = match why {
        Some(why) => Reason::new(BLOCKED).message(why.code().to_owned()),
        None => Reason::new(BLOCKED),
    };
    let draft =
        draft(spec).durability(Durability::Queued).http(http).caused_by(cause).reason(reason);
    let mut event = draft.ended(Outcome::Denied);
    // Its sentence tells of what was not done, to targets that nobody knows.
    event.sentence = &[];
    event.is_blocked = true;
    event
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Category, OnUnrecorded, Operation};

    #[test]
    fn a_blocked_action_is_queued_whatever_it_demands_and_no_failed_login() {
        static LOGIN: ActionSpec = ActionSpec::new(
            "LogIn",
            Category::Authentication,
            Operation::Execute,
            Durability::WriteAhead,
            OnUnrecorded::FailClosed,
        );
        let http = Http::unrouted("POST", "/login").status(403);
        let mut event = blocked(&LOGIN, EventId::nil(), http, None);
        assert_eq!(event.durability(), Durability::Queued);
        let context = Context::new();
        context.complete(&mut event);
        assert!(event.is_blocked && !event.is_unproven);
        let mut failed = Event::authentication("password").failed("wrong");
        context.complete(&mut failed);
        assert!(failed.is_unproven);
    }
}
