//! Tells of routes that change something and leave no record of it: once for each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use super::Shared;
use crate::event::{Durability, Event, Http, Severity, Target};
use crate::say;

/// The action of the records that tell of one.
pub(crate) const ROUTE_UNAUDITED: &str = "RouteUnaudited";
/// Stands for the routes that there is no room to remember; it begins like no method.
pub(crate) const UNAUDITED_OTHERS: &str = "(others)";
/// More routes than a service has.
const ROUTES_MAX: usize = 1024;
/// More names than a service has for its logins.
const LOGINS_MAX: usize = 256;

/// A route, and a request of it.
#[cfg_attr(not(any(feature = "actix", feature = "tower")), allow(dead_code))]
pub(crate) struct Route<'a> {
    pub(crate) method: &'a str,
    pub(crate) template: &'a str,
    pub(crate) http: &'a Http,
}

/// What is known of routes that change something.
#[derive(Debug, Default)]
pub(super) struct Routes(Mutex<Known>);

#[derive(Debug, Default)]
#[cfg_attr(not(any(feature = "actix", feature = "tower")), allow(dead_code))]
struct Known {
    told: BTreeSet<String>,
    /// The one route that an action of category `authentication` comes with. One that came with two is what
    /// middleware records of each request, and not what either of them does.
    logins: BTreeMap<String, Option<String>>,
    /// Requests without another record than such a login's, by route.
    relying: BTreeMap<String, Http>,
}

#[cfg_attr(not(any(feature = "actix", feature = "tower")), allow(dead_code))]
impl Known {
    /// The routes that have to be told of now; none twice.
    fn judge<'a>(
        &mut self,
        route: &Route<'_>,
        logins: impl Iterator<Item = &'a str>,
        is_untold: bool,
    ) -> Vec<(String, Http)> {
        let name = format!("{} {}", route.method, route.template);
        let (mut is_login, mut left) = (false, Vec::new());
        for login in logins {
            let is_full = self.logins.len() == LOGINS_MAX;
            match self.logins.get_mut(login) {
                None if is_full => {}
                None => {
                    self.logins.insert(login.to_owned(), Some(name.clone()));
                    is_login = true;
                }
                Some(of) if of.as_ref() == Some(&name) => is_login = true,
                Some(of) => left.extend(of.take()),
            }
        }
        let mut untold = Vec::new();
        if is_untold {
            match is_login {
                true => _ = self.relying.insert(name, route.http.clone()),
                false => untold.push((name, route.http.clone())),
            }
        }
        // What relied on a login that is none.
        left.retain(|route| !self.logins.values().flatten().any(|of| of == route));
        untold.extend(left.into_iter().filter_map(|route| self.relying.remove_entry(&route)));
        untold.into_iter().filter_map(|it| self.is_new(it)).collect()
    }

    /// The route, if it was not told of; what there is no room for is told of once, as others.
    fn is_new(&mut self, (name, http): (String, Http)) -> Option<(String, Http)> {
        if self.told.contains(&name) {
            return None;
        }
        let name = if self.told.len() < ROUTES_MAX { name } else { UNAUDITED_OTHERS.to_owned() };
        self.told.insert(name.clone()).then_some((name, http))
    }
}

impl Shared {
    /// Takes note of a request of this route, and of the logins in it. `is_untold` says that it has changed
    /// something without a record, unless one of these tells of it: a route of which none does is told of.
    #[cfg_attr(not(any(feature = "actix", feature = "tower")), allow(dead_code))]
    pub(crate) fn note_route<'a>(
        &self,
        route: &Route<'_>,
        logins: impl Iterator<Item = &'a str>,
        is_untold: bool,
    ) {
        let mut logins = logins.peekable();
        if !is_untold && logins.peek().is_none() {
            return;
        }
        let untold = {
            let mut known = self.routes.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.judge(route, logins, is_untold)
        };
        for (name, http) in untold {
            self.tell_unaudited(name, http);
        }
    }

    /// Records that a request of this route has changed something without a record, and warns the operator.
    #[cfg_attr(not(any(feature = "actix", feature = "tower")), allow(dead_code))]
    fn tell_unaudited(&self, route: String, http: Http) {
        let event = Event::journal(ROUTE_UNAUDITED)
            .description(
                "A request that changes something was answered, and nothing tells what was done. \
                 Audit the handler of the route, or waive it.",
            )
            .target(Target::new("Route", route.clone()))
            .http(http)
            .severity(Severity::Medium)
            .durability(Durability::Queued)
            .failed("no_record");
        // Nobody waits for it, and what it could not be written for has raised its alarm.
        if self.record(&event).is_refused() {
            // The next request of the route tells.
            self.routes.0.lock().unwrap_or_else(PoisonError::into_inner).told.remove(&route);
            return;
        }
        say::warning(format_args!(
            "`{}` changes something and leaves no record of it: write `#[audited]` on its handler, record an \
             event in it, or say why not with `waive!(route = …, audited = none, …)`; if it is a login, or its \
             action of another category than `activity`, say `route = …` in its `#[audited]`",
            route.escape_debug()
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(known: &mut Known, template: &str, logins: &[&str], is_untold: bool) -> Vec<String> {
        let http = Http::unrouted("POST", template);
        let route = Route { method: "POST", template, http: &http };
        let told = known.judge(&route, logins.iter().copied(), is_untold);
        told.into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_login_tells_of_its_one_route_and_middleware_of_none() {
        let mut known = Known::default();
        let none = [""; 0];
        assert_eq!(judged(&mut known, "/login", &["LogIn"], true), none);
        assert_eq!(judged(&mut known, "/login", &["LogIn", "Check"], true), none);
        assert_eq!(judged(&mut known, "/a", &["Check"], true), ["POST /a"]);
        assert_eq!(judged(&mut known, "/login", &["LogIn", "Check"], true), none);
        // What relied on it before it was known as middleware's is told of, too.
        assert_eq!(judged(&mut known, "/b", &["Token"], true), none);
        assert_eq!(judged(&mut known, "/audited", &["Token"], false), ["POST /b"]);
        assert_eq!(judged(&mut known, "/b", &["Token"], true), none);
        assert_eq!(judged(&mut known, "/c", &[], true), ["POST /c"]);
    }

    #[test]
    fn what_there_is_no_room_for_is_told_of_all_the_same() {
        let mut known = Known::default();
        for n in 0..ROUTES_MAX {
            assert_eq!(judged(&mut known, &format!("/{n}"), &[], true).len(), 1);
        }
        assert_eq!(judged(&mut known, "/more", &[], true), [UNAUDITED_OTHERS]);
        assert_eq!(judged(&mut known, "/0", &[], true), [""; 0]);
        assert_eq!(judged(&mut known, "/still-more", &[], true), [""; 0]);
        for n in 0..LOGINS_MAX {
            judged(&mut known, "/login", &[&format!("LogIn{n}")], false);
        }
        let mut known = Known { told: BTreeSet::new(), ..known };
        assert_eq!(judged(&mut known, "/new", &["NoRoom"], true), ["POST /new"]);
    }
}
