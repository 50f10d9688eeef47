//! What a request says about coverage: the action that a denial kept from beginning, and a change without a record.

use crate::catalog::{self, ActionSpec, Waived};
use crate::context::{Context, Open};
use crate::event::{Category, Http, Outcome, Reason};
use crate::recorder::{Route, Shared};
use crate::scope::{self, Verdict};
use audit_journal::{EventId, Timestamp};

/// The action that a denial kept from beginning.
pub(super) struct Blocked {
    spec: &'static ActionSpec,
    http: Http,
    why: Option<Reason>,
}

impl Blocked {
    /// That of the request `open`, if it was denied with this status and its action can be known.
    pub(super) fn of(open: &Open, status: u16, context: &Context) -> Option<Self> {
        let why = open.verdict.as_ref().filter(|(outcome, _)| *outcome == Outcome::Denied);
        if why.is_none() && !matches!(status, 401 | 403 | 407) {
            return None;
        }
        let (http, method, template) = matched(open)?;
        let spec = catalog::action_of(method, template)?;
        let blocked = || Self { spec, http: http.clone(), why: why.map(|(_, why)| why.clone()) };
        (!context.has_made(spec.action)).then(blocked)
    }

    pub(super) fn record(self, cause: EventId, context: &Context, recorder: Option<&Shared>) {
        let Self { spec, http, why } = self;
        scope::record_blocked(spec, cause, http, why.as_ref(), context, recorder);
    }
}

/// Tells of a request that has changed something, as far as its method and its end say, and of which no record
/// will tell what.
pub(super) fn unaudited(open: &Open, verdict: Verdict, context: &Context, recorder: &Shared) {
    let Some((http, method, template)) = matched(open) else { return };
    let changes = matches!(method, "POST" | "PUT" | "PATCH" | "DELETE");
    let is_done =
        verdict.outcome == Outcome::Success && open.verdict.is_none() && !http.is_to_be_repeated();
    // A request that is an activity by policy tells of itself.
    let is_told = open.draft.event.category != Category::Access;
    let made = context.take_made();
    let is_untold = changes
        && is_done
        && !is_told
        && !made.has_activity()
        && catalog::action_said(method, template).is_none()
        && !catalog::action_of(method, template).is_some_and(|spec| made.has(spec.action))
        && !catalog::is_waived(Waived::Audit, method, template, Timestamp::now());
    recorder.note_route(&Route { method, template, http }, made.authentications(), is_untold);
}

/// The request with its method and template, if a router knows it.
fn matched(open: &Open) -> Option<(&Http, &'static str, &str)> {
    let http = open.draft.event.http.as_deref()?;
    let (method, template) = http.matched()?;
    Some((http, method, template))
}
