//! Strangers: who sent an event is not proven, so that of a flood of them a count may stand for the rest.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::actor::Identity;
use super::origin::Route;
use super::{Actor, ActorKind, Category, Durability, Event, Http, Origin, Outcome};

/// What there can be a flood of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flood {
    /// Requests, of which there would be access records.
    Access,
    /// Denials before the handler of an audited action.
    Denials,
    /// Logins that failed.
    Logins,
}

impl Flood {
    pub(crate) const ALL: [Self; 3] = [Self::Access, Self::Denials, Self::Logins];
}

/// The reason of a denial that kept an action from beginning.
pub(crate) const BLOCKED: &str = "blocked_before_handler";

/// The extra that marks an event of a drill.
pub(crate) const DRILL_MARK: &str = "audit.drill";

/// From where a stranger's events come, as far as it is one party's to choose: of IPv6 the /64. What finds no
/// room of its own is part of a wider prefix, which has so many bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Source {
    V4(u32, u8),
    V6(u64, u8),
    Unix,
    /// Nobody tells.
    Untold,
    /// All for which there is no room any more.
    Others,
}

impl Source {
    pub(crate) fn of(origin: Option<&Origin>) -> Self {
        match origin {
            None => Self::Untold,
            Some(origin) => match origin.ip.map(|ip| ip.to_canonical()) {
                Some(IpAddr::V4(ip)) => Self::V4(ip.to_bits(), 32),
                Some(IpAddr::V6(ip)) => Self::V6((ip.to_bits() >> 64) as u64, 64),
                None if origin.over_unix => Self::Unix,
                None => Self::Untold,
            },
        }
    }

    /// What it is part of: a /24 and a /16 of IPv4, a /48 and a /32 of IPv6, and then all others.
    pub(crate) fn wider(self) -> Self {
        match self {
            Self::V4(bits, 32) => Self::V4(bits & 0xffff_ff00, 24),
            Self::V4(bits, 24) => Self::V4(bits & 0xffff_0000, 16),
            Self::V6(bits, 64) => Self::V6(bits & !0xffff, 48),
            Self::V6(bits, 48) => Self::V6(bits & !0xffff_ffff, 32),
            _ => Self::Others,
        }
    }

    /// How often it was widened: 0 for what is one party's.
    pub(crate) fn width(self) -> usize {
        match self {
            Self::V4(_, 32) | Self::V6(_, 64) | Self::Unix | Self::Untold => 0,
            Self::V4(_, 24) | Self::V6(_, 48) => 1,
            Self::V4(..) | Self::V6(..) => 2,
            Self::Others => 3,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(bits, 32) => Ipv4Addr::from_bits(*bits).fmt(f),
            Self::V4(bits, of) => write!(f, "{}/{of}", Ipv4Addr::from_bits(*bits)),
            Self::V6(bits, of) => {
                write!(f, "{}/{of}", Ipv6Addr::from_bits(u128::from(*bits) << 64))
            }
            Self::Unix => f.write_str("unix"),
            Self::Untold => f.write_str("unknown"),
            Self::Others => f.write_str("others"),
        }
    }
}

impl Event {
    /// The kind of flood that this may be part of; `None` for what is always written.
    pub(crate) fn flood(&self) -> Option<Flood> {
        if self.unseen || self.phase.is_some() || !self.is_strangers() {
            return None;
        }
        let is_request = self.http.is_some() && self.durability() == Durability::Queued;
        match self.category {
            _ if is_request && self.is_blocked => Some(Flood::Denials),
            Category::Access if is_request => Some(Flood::Access),
            // A drill's logins are waited for, by their mark.
            Category::Authentication
                if !self.is_blocked
                    && !self.has_succeeded()
                    && self.extras.json_of(DRILL_MARK).is_none() =>
            {
                Some(Flood::Logins)
            }
            _ => None,
        }
    }

    /// True if nobody has proven to be who sent it.
    ///
    /// A name that was only claimed proves nothing: in a login that did not succeed, in the request of one, and where
    /// the answer asks for a login (401). The service itself is no stranger, and neither is an event without an
    /// actor, which only the recorder makes.
    pub(crate) fn is_strangers(&self) -> bool {
        let Some(actor) = &self.actor else { return false };
        match actor.identity {
            Identity::Unknown(_) => true,
            Identity::None => actor.kind == ActorKind::Anonymous,
            Identity::Known(_) => {
                let asked = self.http.as_ref().is_some_and(|http| http.status == Some(401));
                let is_login = self.category == Category::Authentication && !self.is_blocked;
                let failed = is_login && !self.has_succeeded();
                actor.authenticated.is_none() && (asked || failed || self.is_unproven)
            }
        }
    }

    /// False for what broke off, too: whoever hangs up before the answer has proven nothing.
    pub(crate) fn has_succeeded(&self) -> bool {
        self.outcome == Outcome::Success
    }
}

impl Actor {
    /// The id, where it is written in clear.
    pub(crate) fn known_id(&self) -> Option<&str> {
        match &self.identity {
            Identity::Known(id) => Some(id),
            Identity::None | Identity::Unknown(_) => None,
        }
    }
}

impl Http {
    /// Method and route as one text: `POST /login`. What the client made up is not in it.
    pub(crate) fn request_line(&self) -> (&str, &str) {
        let route = match &self.route {
            Route::Template(template) => template,
            Route::Unrouted(_) => "(unrouted)",
        };
        (self.method.as_str(), route)
    }

    /// The class of the response's status: 2 for 204; 0 without one.
    pub(crate) fn status_class(&self) -> usize {
        self.status.map_or(0, |status| usize::from(status / 100))
    }
}

impl Origin {
    /// The same for many requests: without the port, which is one connection's.
    pub(crate) fn without_port(&self) -> Self {
        Self { port: None, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Authenticated;
    use super::*;

    fn source(ip: &str) -> String {
        let peer = std::net::SocketAddr::new(ip.parse().unwrap(), 4000);
        Source::of(Some(&Origin::peer(peer))).to_string()
    }

    #[test]
    fn a_source_is_an_address_or_what_one_party_has_of_them() {
        assert_eq!(source("192.0.2.7"), "192.0.2.7");
        assert_eq!(source("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(source("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(source("2001:db8:1:2:ffff::"), "2001:db8:1:2::/64");
        assert_eq!(Source::of(Some(&Origin::unix())).to_string(), "unix");
        assert_eq!(Source::of(None).to_string(), "unknown");
    }

    #[test]
    fn a_source_is_part_of_wider_ones_and_at_last_of_all_others() {
        let wider = |ip: &str| {
            let peer = std::net::SocketAddr::new(ip.parse().unwrap(), 4000);
            let of = |source: &Source| Some(source.wider());
            let all = std::iter::successors(Some(Source::of(Some(&Origin::peer(peer)))), of);
            let all = all.take(4).enumerate().inspect(|(width, of)| assert_eq!(of.width(), *width));
            all.map(|(_, of)| of.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(wider("192.0.2.7"), ["192.0.2.7", "192.0.2.0/24", "192.0.0.0/16", "others"]);
        let v6 = ["2001:db8:1:2::/64", "2001:db8:1::/48", "2001:db8::/32", "others"];
        assert_eq!(wider("2001:db8:1:2:3::"), v6);
        assert_eq!((Source::Unix.wider(), Source::Untold.width()), (Source::Others, 0));
    }

    #[test]
    fn whoever_has_only_claimed_a_name_is_a_stranger() {
        let access = |actor: Actor, status| {
            let http = Http::routed("GET", "/").status(status);
            Event::access(http).actor(actor).succeeded().flood()
        };
        let proven = || Actor::user("1").authenticated(Authenticated::by("session"));
        assert_eq!(access(Actor::anonymous(), 200), Some(Flood::Access));
        assert_eq!(access(Actor::unknown_user("x"), 200), Some(Flood::Access));
        assert_eq!(access(Actor::user("1"), 401), Some(Flood::Access));
        assert_eq!(access(Actor::user("1"), 200), None);
        assert_eq!(access(proven(), 401), None);
        assert_eq!(access(Actor::system(), 200), None);
        let login = |actor| Event::authentication("password").actor(actor);
        assert_eq!(login(Actor::user("1")).failed("wrong").flood(), Some(Flood::Logins));
        assert_eq!(login(Actor::anonymous()).denied("locked").flood(), Some(Flood::Logins));
        assert_eq!(login(proven()).failed("wrong").flood(), None);
        assert_eq!(login(Actor::anonymous()).succeeded().flood(), None);
        let marked = login(Actor::anonymous()).extra("audit.drill", &1_u8).failed("wrong");
        assert_eq!(marked.flood(), None);
        let told = login(Actor::anonymous()).extra("acme.shard", &7_u8).failed("wrong");
        assert_eq!(told.flood(), Some(Flood::Logins), "any other extra is no mark");
    }

    #[test]
    fn what_somebody_did_is_never_counted_only() {
        let anonymous = Actor::anonymous;
        assert_eq!(Event::activity("Pay").actor(anonymous()).denied("no").flood(), None);
        let by_hand = Event::activity("Pay").http(Http::routed("GET", "/")).actor(anonymous());
        let by_hand = by_hand.durability(Durability::Queued).denied(BLOCKED);
        assert_eq!(by_hand.flood(), None, "a word that anybody may use");
        assert_eq!(Event::security("Probe").actor(anonymous()).failed("no").flood(), None);
        let http = Http::routed("GET", "/");
        let synced = Event::access(http).actor(anonymous()).durability(Durability::Synced);
        assert_eq!(synced.succeeded().flood(), None);
    }
}
