//! Tells of routes that change something and leave no record of it: once for each.

use super::Shared;
use crate::event::{Durability, Event, Http, Severity, Target};
use crate::say;

/// The action of the records that tell of one.
pub(crate) const ROUTE_UNAUDITED: &str = "RouteUnaudited";

impl Shared {
    /// Records that a request of this route has changed something without a record, and warns the operator.
    pub(crate) fn tell_unaudited(&self, method: &str, template: &str, http: &Http) {
        let route = format!("{method} {template}");
        if !self.told.is_new(format!("route {route}")) {
            return;
        }
        say::warning(format_args!(
            "`{}` changes something and leaves no record of it: write `#[audited]` on its handler, record an \
             event in it, or say why not with `waive!(route = …, audited = none, …)`",
            route.escape_debug()
        ));
        let event = Event::journal(ROUTE_UNAUDITED)
            .description(
                "A request that changes something was answered, and nothing but its access was recorded. \
                 Audit the handler of the route, or waive it.",
            )
            .target(Target::new("Route", route))
            .http(http.clone())
            .severity(Severity::Medium)
            .durability(Durability::Queued)
            .failed("no_record");
        // Nobody waits for it, and what it could not be written for has raised its alarm.
        drop(self.record(&event));
    }
}
