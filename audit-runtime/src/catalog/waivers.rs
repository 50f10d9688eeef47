//! What the program deliberately leaves unrecorded, route by route: with a reason, and for a time.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use audit_journal::Timestamp;

use super::routes;
use crate::event::Http;
use crate::say;

const DAY_NS: i64 = 86_400_000_000_000;
/// Two years, a leap day among them: what nobody has agreed on anew for longer has no end.
const DAYS_MAX: i64 = 2 * 365 + 1;

/// A route for which a record is left out, as [`waive!`](crate::waive) says it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Waiver {
    /// Method and whole template, as access records have them: `GET /health`.
    pub route: &'static str,
    /// Which record is left out.
    pub waived: Waived,
    /// Why.
    pub reason: &'static str,
    /// The last day, in UTC, on which it holds: `2028-06-30`.
    pub until: &'static str,
    /// The source file.
    pub file: &'static str,
    /// The line of the macro, from 1.
    pub line: u32,
    ends: Timestamp,
}

/// Which record a [`Waiver`] is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Waived {
    /// `access = none`: the access record of each request.
    Access,
    /// `audited = none`: the record of what the route changes.
    Audit,
}

inventory::collect!(Waiver);

impl Waiver {
    /// What macro output builds a waiver from; not meant to be called by hand.
    #[doc(hidden)]
    pub const fn new(
        route: &'static str,
        waived: Waived,
        reason: &'static str,
        until: &'static str,
        last_day: i64,
        file: &'static str,
        line: u32,
    ) -> Self {
        let ends = Timestamp::from_unix_nanos((last_day + 1) * DAY_NS);
        Self { route, waived, reason, until, file, line, ends }
    }

    /// True once its last day is over: from then on it waives nothing.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        now >= self.ends
    }

    /// True if its last day is more than two years away, so that in effect it would never expire.
    pub fn is_too_long(&self, now: Timestamp) -> bool {
        self.ends.unix_nanos().saturating_sub(now.unix_nanos()) > (DAYS_MAX + 1) * DAY_NS
    }
}

impl fmt::Display for Waived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Access => "access = none",
            Self::Audit => "audited = none",
        })
    }
}

/// Leaves a record out for one route: why, and until when, is part of the catalogue.
///
/// ```
/// audit_runtime::waive!(
///     route = "GET /health", // method and whole template, as access records have them
///     access = none,         // no access record; or `audited = none`: it changes something, unaudited
///     reason = "the load balancer asks ten times a second",
///     until = "2028-06-30",  // the last day, in UTC
/// );
/// ```
///
/// It stands where an item can stand, and holds for this route alone: neither for what is below it, nor under
/// another scope. After its last day it waives nothing any more, and [`catalog::check`](crate::catalog::check) fails.
#[macro_export]
macro_rules! waive {
    ($($options:tt)*) => { $crate::catalog::__waiver!($crate; $($options)*); };
}

/// All waivers that are linked into this program, by route; those that have expired, too.
///
/// As with [`actions`](super::actions), a crate that is never mentioned is not linked.
pub fn waivers() -> Vec<&'static Waiver> {
    let mut waivers: Vec<_> = inventory::iter::<Waiver>.into_iter().collect();
    waivers.sort_by_key(|it| (it.route, it.waived, it.until, it.file, it.line));
    waivers
}

/// True if that record of the route is left out at the time.
#[cfg_attr(not(any(feature = "actix", feature = "tower")), allow(dead_code))]
pub(crate) fn is_waived(waived: Waived, method: &str, template: &str, now: Timestamp) -> bool {
    /// Each with whether its end has been told, and that it is too far away.
    static WAIVERS: OnceLock<Vec<(&Waiver, [AtomicBool; 2])>> = OnceLock::new();
    let known = || waivers().into_iter().map(|it| (it, Default::default())).collect();
    let is_for = |waiver: &Waiver| {
        let route = waiver.route.split_once(' ');
        waiver.waived == waived
            && route.is_some_and(|(of, path)| Http::is_method(method, of) && path == template)
    };
    let meant = WAIVERS.get_or_init(known).iter().filter(|(waiver, _)| is_for(waiver));
    let (mut holds, mut over) = (false, None);
    for (waiver, [is_end_told, is_length_told]) in meant {
        match waiver.has_expired(now) {
            true => over = Some((waiver, is_end_told)),
            false => holds = true,
        }
        if waiver.is_too_long(now) && !is_length_told.swap(true, Relaxed) {
            say::warning(format_args!("{}", too_long(waiver)));
        }
    }
    if let (false, Some((waiver, is_told))) = (holds, over)
        && !is_told.swap(true, Relaxed)
    {
        say::warning(format_args!("{} and waives nothing any more", expired(waiver)));
    }
    holds
}

/// One sentence for each waiver that should not be there any more.
pub(super) fn stale(waivers: &[&Waiver], now: Timestamp) -> Vec<String> {
    let over = waivers.iter().filter(|waiver| waiver.has_expired(now));
    let over = over.map(|waiver| expired(waiver));
    let long = waivers.iter().filter(|waiver| waiver.is_too_long(now)).map(|it| too_long(it));
    over.chain(long).chain(waivers.iter().filter_map(|waiver| needless(waiver))).collect()
}

/// What is said of a waiver whose route leads to an audited action after all.
fn needless(waiver: &Waiver) -> Option<String> {
    let (method, template) = waiver.route.split_once(' ')?;
    let spec = routes::action_said(method, template).filter(|_| waiver.waived == Waived::Audit)?;
    Some(format!("{} is for what `{}` records", named(waiver), spec.action))
}

fn expired(waiver: &Waiver) -> String {
    format!("{} has held until {}", named(waiver), waiver.until)
}

fn too_long(waiver: &Waiver) -> String {
    let (named, until) = (named(waiver), waiver.until);
    format!("{named} holds until {until}, more than two years from now: agree on an earlier day")
}

fn named(waiver: &Waiver) -> String {
    let Waiver { route, waived, file, line, .. } = waiver;
    format!("the waiver `{waived}` of `{route}` ({file}:{line})")
}

#[cfg(test)]
mod tests {
    use super::*;

    waive!(route = "GET /waived", access = none, reason = "a test", until = "2031-01-31");
    waive!(route = "GET /waived", access = none, reason = "older", until = "2030-01-31");
    waive!(route = "PUT /waived", audited = none, reason = "a test", until = "2031-01-31");

    fn time(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn a_waiver_holds_for_its_route_and_record_until_the_end_of_its_last_day() {
        let last = time("2031-01-31T23:59:59.999999999Z");
        assert!(is_waived(Waived::Access, "GET", "/waived", last));
        assert!(!is_waived(
            Waived::Access,
            "GET",
            "/waived",
            time("2031-02-01T00:00:00.000000000Z")
        ));
        for (waived, method, template) in [
            (Waived::Audit, "GET", "/waived"),
            (Waived::Access, "POST", "/waived"),
            (Waived::Audit, "HEAD", "/waived"),
            (Waived::Access, "GET", "/waived/"),
            (Waived::Access, "GET", "/scope/waived"),
            (Waived::Access, "GET", "/waived/{id}"),
        ] {
            assert!(!is_waived(waived, method, template, last), "{waived} {method} {template}");
        }
        assert!(is_waived(Waived::Audit, "PUT", "/waived", last));
        assert!(is_waived(Waived::Access, "HEAD", "/waived", last), "HEAD counts as GET");
    }

    #[test]
    fn the_expired_are_told_with_their_place() {
        let all: Vec<_> = waivers().into_iter().filter(|it| it.file == file!()).collect();
        let words: Vec<_> = all.iter().map(|it| (it.route, it.waived, it.until)).collect();
        assert_eq!(
            words,
            [
                ("GET /waived", Waived::Access, "2030-01-31"),
                ("GET /waived", Waived::Access, "2031-01-31"),
                ("PUT /waived", Waived::Audit, "2031-01-31")
            ]
        );
        assert_eq!(stale(&all, time("2030-01-31T12:00:00.000000000Z")), [""; 0]);
        assert_eq!(stale(&all, time("2029-01-30T00:00:00.000000000Z")), [""; 0]);
        let long = stale(&all, time("2029-01-29T00:00:00.000000000Z"));
        assert!(long.iter().all(|it| it.contains("until 2031-01-31, more than two years")));
        assert_eq!(long.len(), 2, "{long:?}");
        let told = stale(&all, time("2030-02-01T00:00:00.000000000Z"));
        assert_eq!(told.len(), 1);
        assert!(
            told[0].starts_with("the waiver `access = none` of `GET /waived` (")
                && told[0].contains("waivers.rs:")
                && told[0].ends_with(") has held until 2030-01-31"),
            "{told:?}"
        );
    }

    #[test]
    fn a_waiver_is_needless_where_an_action_says_its_whole_route() {
        let waiver = |route| Waiver::new(route, Waived::Audit, "a test", "", 0, "a.rs", 1);
        // The actions are those of the tests of routes.
        let told = needless(&waiver("GET /test/users/{id}"));
        assert!(told.is_some_and(|it| it.ends_with("is for what `ReadUser` records")));
        // Another handler may stand there, which nobody audits.
        assert!(needless(&waiver("GET /v2/test/users/{id}")).is_none());
    }
}
