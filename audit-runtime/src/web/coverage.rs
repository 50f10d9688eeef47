//! What a request says about coverage: the action that a denial kept from beginning, and a change without a record.

use crate::catalog::{self, Waived};
use crate::context::{Context, Open};
use crate::event::{Category, Http, Outcome};
use crate::recorder::Shared;
use crate::scope::{self, Verdict};
use audit_journal::{EventId, Timestamp};

/// Records the action that a denial with this status kept from beginning, if it can be known.
pub(super) fn blocked(
    request: (EventId, &Open),
    status: u16,
    context: &Context,
    recorder: Option<&Shared>,
) {
    let (cause, open) = request;
    let why = open.verdict.as_ref().filter(|(outcome, _)| *outcome == Outcome::Denied);
    if why.is_none() && !matches!(status, 401 | 403 | 407) {
        return;
    }
    let Some((http, method, template)) = matched(open) else { return };
    let made = context.made();
    if made.has_action() {
        return;
    }
    if let Some(spec) = catalog::action_of(method, template)
        && !made.has_event(spec.action)
    {
        let why = why.map(|(_, reason)| reason);
        scope::record_blocked(spec, cause, http.clone(), why, context, recorder);
    }
}

/// Tells of a request that has changed something, as far as its method and its end say, and of which no record
/// but that of the access will tell what.
pub(super) fn unaudited(open: &Open, verdict: Verdict, context: &Context, recorder: &Shared) {
    let Some((http, method, template)) = matched(open) else { return };
    let changes = matches!(method, "POST" | "PUT" | "PATCH" | "DELETE");
    let is_done =
        verdict.outcome == Outcome::Success && open.verdict.is_none() && !http.is_to_be_repeated();
    // A request that is an activity by policy tells of itself.
    let is_told = open.draft.event.category != Category::Access;
    if !changes
        || is_told
        || !is_done
        || !context.made().is_nothing()
        || catalog::action_of(method, template).is_some()
        || catalog::is_waived(Waived::Audit, method, template, Timestamp::now())
    {
        return;
    }
    recorder.tell_unaudited(method, template, http);
}

/// The request with its method and template, if a router knows it.
fn matched(open: &Open) -> Option<(&Http, &'static str, &str)> {
    let http = open.draft.event.http.as_deref()?;
    let (method, template) = http.matched()?;
    Some((http, method, template))
}
