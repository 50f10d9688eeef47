//! What a trail says of its own coverage: actions that a denial kept from beginning, and changes without a record.

mod actix;
mod axum;
mod middleware;
mod tested;

use std::net::SocketAddr;

use audit_runtime::record::Record;
use audit_runtime::testing::Trail;
use audit_runtime::{Outcome, Severity, waive};

use crate::web::client::{request, status};

/// Who asks, as the middleware of both services reads it.
const ANYBODY: &str = "";
const ADMIN: &str = "x-as: admin";
/// Answered with 401.
const NOBODY: &str = "x-as: nobody";
/// Answered with 403.
const GUEST: &str = "x-as: guest";
/// Sent to the login with 303, and denied by the middleware's own word.
const SENT_BACK: &str = "x-as: sent-back";

const REASON: &str = "blocked_before_handler";

waive!(route = "POST /waived", audited = none, reason = "a test", until = "2199-12-31");

/// Asks for each in turn, and answers with the statuses.
fn ask(address: SocketAddr, requests: &[(&str, &str)]) -> Vec<u16> {
    let asked = requests.iter().map(|(line, who)| {
        let headers: &[&str] = if who.is_empty() { &[] } else { &[*who] };
        status(&request(address, line, headers, ""))
    });
    asked.collect()
}

/// The records of actions.
fn actions(trail: &Trail) -> Vec<Record> {
    let mut records = trail.records();
    records.retain(|record| record.action != "HttpRequest");
    records
}

/// That the one action of one request was denied before its handler, with all that is known of both.
#[track_caller]
fn assert_blocked(trail: &Trail, action: &str, route: &str, status: u16) {
    let records = trail.records();
    assert_eq!(records.len(), 2, "{records:#?}");
    let (blocked, access) = (&records[0], &records[1]);
    assert_eq!((blocked.action.as_str(), access.action.as_str()), (action, "HttpRequest"));
    assert!(blocked.outcome == Outcome::Denied, "{blocked:#?}");
    assert_eq!(blocked.reason.as_ref().unwrap().code, REASON);
    assert_eq!(blocked.severity, Severity::High.as_number());
    assert_eq!(blocked.retention.as_deref(), Some("accounts"));
    assert!(blocked.targets.is_empty() && blocked.arguments.is_empty());
    assert!(blocked.description.is_none(), "its sentence tells of what was not done");
    assert!(blocked.phase.is_none(), "nothing was intended");
    let code = blocked.code.as_ref().unwrap();
    assert!(code.function.ends_with("delete_user") && code.version == 3, "{code:?}");
    for http in [blocked.http.as_ref().unwrap(), access.http.as_ref().unwrap()] {
        assert_eq!((http.method.as_str(), http.route.as_deref()), ("DELETE", Some(route)));
        assert_eq!(http.status, Some(status));
    }
    assert_eq!(blocked.causation_id.as_ref(), Some(&access.id));
    assert_eq!(blocked.correlation_id, access.correlation_id);
    assert_eq!(blocked.actor, access.actor);
    assert!(blocked.origin.is_some() && blocked.origin == access.origin);
}
