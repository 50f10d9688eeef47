//! How a route's requests are recorded, where not as each other's: as activities, or by a waiver not at all.

use std::fmt;
use std::sync::Arc;

use crate::catalog::{self, Waived};
use crate::context::Open;
use crate::event::{Category, Draft, Http, METHODS, Operation, Outcome};
use crate::scope::Verdict;

/// The routes whose requests are activities.
#[derive(Clone, Default)]
pub(super) struct Activities(Option<Arc<[Route]>>);

struct Route {
    /// `None` stands for every method.
    method: Option<&'static str>,
    template: Box<str>,
}

impl Activities {
    /// These and those that are there already.
    pub(super) fn with<'a>(
        self,
        routes: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, InvalidRoute> {
        let mut all = Vec::new();
        for text in routes {
            all.push(Route::parse(text).ok_or_else(|| InvalidRoute(text.to_owned()))?);
        }
        let known = self.0.iter().flat_map(|routes| routes.iter());
        all.extend(known.map(|Route { method, template }| Route {
            method: *method,
            template: template.clone(),
        }));
        Ok(Self((!all.is_empty()).then(|| all.into())))
    }

    /// True if a request to this route is one.
    pub(super) fn have(&self, http: &Http) -> bool {
        let Some(routes) = &self.0 else { return false };
        let (method, template) = http.request_line();
        let is_method = |of: &str| Http::is_method(method, of);
        routes
            .iter()
            .any(|route| *route.template == *template && route.method.is_none_or(is_method))
    }
}

impl Route {
    fn parse(text: &str) -> Option<Self> {
        let (method, template) = match text.split_once(' ') {
            Some((word, template)) => {
                (Some(*METHODS.iter().find(|method| **method == word)?), template)
            }
            None => (None, text),
        };
        let is_template = template.starts_with('/') && !template.contains(char::is_whitespace);
        is_template.then(|| Self { method, template: template.into() })
    }
}

/// Makes an activity of the access that `draft` will record.
pub(super) fn make_activity(draft: &mut Draft) {
    let event = &mut draft.event;
    event.category = Category::Activity;
    event.operation = event.http.as_ref().map(|http| match http.request_line().0 {
        "GET" | "HEAD" | "OPTIONS" | "QUERY" | "TRACE" => Operation::Read,
        "PUT" | "PATCH" => Operation::Update,
        "DELETE" => Operation::Delete,
        _ => Operation::Execute,
    });
}

/// Makes an access again of the activity that `draft` would have recorded.
pub(super) fn make_access(draft: &mut Draft) {
    draft.event.category = Category::Access;
    draft.event.operation = None;
}

/// True if a waiver says that this end needs no access record: only what went well can be waived.
pub(super) fn is_waived(open: &Open, verdict: Verdict) -> bool {
    let event = &open.draft.event;
    let went_well = verdict.outcome == Outcome::Success && open.verdict.is_none();
    let Some(http) = event.http.as_ref().filter(|_| went_well) else { return false };
    let (method, template) = http.request_line();
    event.category == Category::Access
        && catalog::is_waived(Waived::Access, method, template, event.time)
}

/// A text that names no route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidRoute(String);

impl fmt::Display for InvalidRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` names no route: write its whole template as the router has it, with or without a \
             method in capitals before it, such as `GET /patients/{{id}}`",
            self.0.escape_debug()
        )
    }
}

impl std::error::Error for InvalidRoute {}

#[cfg(test)]
mod tests {
    use audit_journal::Timestamp;

    use super::*;
    use crate::catalog::Waiver;
    use crate::context::Running;
    use crate::event::Event;

    #[test]
    fn a_route_is_named_with_or_without_its_method() {
        let routes = ["GET /patients/{id}", "/exports/{id}"];
        let activities = Activities::default().with(routes).unwrap().with(["PUT /x"]).unwrap();
        let has = |method: &'static str, route: &'static str| {
            activities.have(&Http::routed(method, route))
        };
        assert!(has("GET", "/patients/{id}") && has("HEAD", "/patients/{id}"));
        assert!(!has("PUT", "/patients/{id}") && !has("GET", "/patients/{id}/"));
        assert!(has("DELETE", "/exports/{id}") && has("PUT", "/x") && !has("HEAD", "/x"));
        assert!(!activities.have(&Http::unrouted("GET", "/exports/{id}")));
        for wrong in ["", "exports", "get /x", "GET", "GET  /x", "GET /x y", "GET x"] {
            let error = Activities::default().with([wrong]).err().map(|error| error.to_string());
            assert!(error.unwrap_or_default().starts_with(&format!("`{wrong}` names no route")));
        }
    }

    inventory::submit! {
        Waiver::new("GET /probe", Waived::Access, "a test", "2031-01-31", 22_310, file!(), line!())
    }

    #[test]
    fn a_waiver_is_for_what_goes_well_until_its_last_day() {
        let waived = |time: &str, outcome, says: Option<&'static str>| {
            let http = Http::routed("GET", "/probe");
            let running = Running::begin(Event::access(http).time(Timestamp::parse(time).unwrap()));
            let verdict = says.map(|reason| (Outcome::Denied, reason.into()));
            running.change(|open| open.verdict = verdict);
            is_waived(&running.take().unwrap(), Verdict::of(outcome))
        };
        let (last, over) = ("2031-01-31T23:59:59.000000000Z", "2031-02-01T00:00:00.000000000Z");
        assert!(waived(last, Outcome::Success, None));
        assert!(!waived(over, Outcome::Success, None), "it has expired");
        assert!(!waived(last, Outcome::Success, Some("said")), "the handler says otherwise");
        for outcome in Outcome::ALL.iter().filter(|outcome| **outcome != Outcome::Success) {
            assert!(!waived(last, *outcome, None), "{outcome}");
        }
    }
}
