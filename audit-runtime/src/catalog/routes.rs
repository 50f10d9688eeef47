//! Which action a route leads to, as far as the attributes of its handler say.

use std::sync::OnceLock;

use super::{ActionSpec, actions};
use crate::event::Http;

/// The action whose handler answers to this method on this template, whole as the router told it.
///
/// What `route = "…"` says is a whole template. What a route macro says begins below the scopes that its handler
/// is in, so the template may be longer; then only one action may fit, and a part of its path is fixed: that
/// `/{id}` ends like any other path tells nothing. That is a guess: another handler may be under another scope.
#[cfg_attr(not(any(feature = "actix", feature = "tower")), allow(dead_code))]
pub(crate) fn action_of(method: &str, template: &str) -> Option<&'static ActionSpec> {
    first_of(&TRIES, method, template)
}

/// The one whose own path this is, which is no guess.
pub(crate) fn action_said(method: &str, template: &str) -> Option<&'static ActionSpec> {
    first_of(&TRIES[..2], method, template)
}

type Try = fn(&Route, &str) -> bool;

const TRIES: [Try; 3] = [
    |route, template| route.is_whole && route.path == template,
    |route, template| route.path == template,
    |route, template| !route.is_whole && route.has_fixed_part() && template.ends_with(route.path),
];

fn first_of(tries: &[Try], method: &str, template: &str) -> Option<&'static ActionSpec> {
    tries.iter().find_map(|path| {
        let fits = |route: &&Route| Http::is_method(method, route.method) && path(route, template);
        let mut found = routes().iter().filter(fits).map(|route| route.spec);
        let first = found.next()?;
        Some(found.all(|other| std::ptr::eq(first, other)).then_some(first))
    })?
}

/// One route of one action.
struct Route {
    method: &'static str,
    /// Begins with a slash.
    path: &'static str,
    is_whole: bool,
    spec: &'static ActionSpec,
}

impl Route {
    fn has_fixed_part(&self) -> bool {
        self.path.split('/').any(|part| !part.is_empty() && !part.contains('{'))
    }
}

fn routes() -> &'static [Route] {
    static ROUTES: OnceLock<Vec<Route>> = OnceLock::new();
    ROUTES.get_or_init(|| {
        let of = |spec: &'static ActionSpec| {
            let whole = spec.routes.iter().map(|route| (*route, true));
            // Where it is said, nothing has to be guessed.
            let scoped = spec.scoped_routes.iter().filter(|_| spec.routes.is_empty());
            let scoped = scoped.map(|route| (*route, false));
            whole.chain(scoped).filter_map(move |(route, is_whole)| {
                let (method, path) = route.split_once(' ')?;
                Some(Route { method, path, is_whole, spec })
            })
        };
        actions().into_iter().flat_map(of).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Registered;
    use crate::event::{Category, Durability, OnUnrecorded, Operation};

    const fn spec(action: &'static str) -> ActionSpec {
        let (durability, stance) = (Durability::Synced, OnUnrecorded::FailClosed);
        ActionSpec::new(action, Category::Activity, Operation::Update, durability, stance)
    }

    static READ: ActionSpec = spec("ReadUser").routes(&[], &["GET /test/users/{id}"]);
    static ADMIN: ActionSpec = spec("ReadAnyUser").routes(&[], &["GET /admin/test/users/{id}"]);
    static BARE: ActionSpec = spec("DeletePost").routes(&[], &["DELETE /{id}"]);
    static TOLD: ActionSpec =
        spec("DeleteNote").routes(&["DELETE /test/notes/{id}"], &["DELETE /{id}"]);
    static MARK: ActionSpec =
        spec("MarkNote").routes(&["PATCH /test/marks"], &["PATCH /test/marks"]);
    static TWIN: ActionSpec = spec("SendOne").routes(&[], &["POST /test/send", "PUT /test/send"]);
    static OTHER: ActionSpec = spec("SendOther").routes(&[], &["POST /test/send"]);

    inventory::submit! { Registered(&READ) }
    inventory::submit! { Registered(&ADMIN) }
    inventory::submit! { Registered(&BARE) }
    inventory::submit! { Registered(&TOLD) }
    inventory::submit! { Registered(&MARK) }
    inventory::submit! { Registered(&TWIN) }
    inventory::submit! { Registered(&OTHER) }

    #[test]
    fn one_action_fits_or_none() {
        for (method, template, expected) in [
            ("GET", "/test/users/{id}", Some("ReadUser")),
            ("GET", "/v1/test/users/{id}", Some("ReadUser")),
            ("HEAD", "/v1/test/users/{id}", Some("ReadUser")),
            ("HEAD", "/test/send", None),
            // The longer path is not a scope around the shorter one.
            ("GET", "/admin/test/users/{id}", Some("ReadAnyUser")),
            ("GET", "/v1/admin/test/users/{id}", None),
            ("GET", "/other-test/users/{id}", None),
            ("GET", "/othertest/users/{id}", None),
            ("PUT", "/test/users/{id}", None),
            ("GET", "/test/users/{name}", None),
            // What is all variable says nothing of its scope, unless it is told.
            ("DELETE", "/posts/{id}", None),
            ("DELETE", "/test/notes/{id}", Some("DeleteNote")),
            ("DELETE", "/v1/test/notes/{id}", None),
            // Nor is it guessed where it was told.
            ("PATCH", "/test/marks", Some("MarkNote")),
            ("PATCH", "/v1/test/marks", None),
            ("POST", "/test/send", None),
            ("PUT", "/test/send", Some("SendOne")),
            ("PUT", "/v1/test/send", Some("SendOne")),
        ] {
            let found = action_of(method, template).map(|spec| spec.action);
            assert_eq!(found, expected, "{method} {template}");
        }
    }
}
