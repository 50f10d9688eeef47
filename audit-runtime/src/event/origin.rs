//! From where: the client's address, how far it can be believed, and the request it came with.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::sync::OnceLock;

use super::vocabulary::Trust;
use super::{Peer, TrustedProxies, Withheld};

/// How many forwarding hops are looked at and recorded, from the server's end.
pub(crate) const HOPS_MAX: usize = 8;

/// How much of a user agent is recorded, in bytes.
pub(crate) const USER_AGENT_BYTES_MAX: usize = 256;

/// From where an action came.
#[derive(Clone, Debug)]
pub struct Origin {
    /// `None` where nobody that is believed tells one.
    pub(super) ip: Option<IpAddr>,
    pub(super) port: Option<u16>,
    /// The connection itself is a Unix socket's, whoever is behind it.
    pub(super) over_unix: bool,
    pub(super) via: Vec<IpAddr>,
    pub(super) trust: Trust,
    pub(super) user_agent: Option<String>,
    /// Set once the guard has read the user agent and found nothing: a request's records share it.
    pub(super) is_clean: OnceLock<()>,
}

impl Origin {
    /// The other end of a connection.
    pub fn peer(address: SocketAddr) -> Self {
        Self::of(Peer::Address(address))
    }

    /// A process of this machine, over a Unix socket.
    pub fn unix() -> Self {
        Self::of(Peer::Unix)
    }

    /// The client behind `peer`, as far as the `proxies` can be believed.
    ///
    /// `forwarded_for` is the chain of addresses that the request's headers claim, the client's
    /// end first. It counts only when the peer is a trusted proxy; then the client is the rightmost
    /// address that is not itself a trusted proxy, because everything left of it can be forged.
    /// Where all of them are trusted, as for a client inside the network of the proxies, it is the
    /// leftmost; only the last 8 addresses are looked at. The proxies on the way are recorded, too,
    /// as far as they have addresses.
    pub fn behind(
        peer: impl Into<Peer>,
        forwarded_for: &[IpAddr],
        proxies: &TrustedProxies,
    ) -> Self {
        let peer = peer.into();
        let mut origin = Self::of(peer);
        let mut is_proxy = proxies.trusts(peer);
        for hop in forwarded_for.iter().rev().take(HOPS_MAX).map(IpAddr::to_canonical) {
            if !is_proxy {
                break;
            }
            origin.via.extend(origin.ip);
            origin = Self { ip: Some(hop), port: None, trust: Trust::TrustedProxy, ..origin };
            is_proxy = proxies.contains(hop);
        }
        origin
    }

    /// Adds the client's own description of itself; the first 256 bytes are recorded.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = Some(user_agent.into());
        self.is_clean = OnceLock::new();
        self
    }

    /// The client's address; `None` for a Unix socket that no trusted proxy forwards over.
    pub fn ip(&self) -> Option<IpAddr> {
        self.ip
    }

    /// How far the address can be believed.
    pub fn trust(&self) -> Trust {
        self.trust
    }

    fn of(peer: Peer) -> Self {
        Self {
            ip: peer.ip(),
            port: peer.port(),
            over_unix: peer == Peer::Unix,
            via: Vec::new(),
            trust: Trust::Peer,
            user_agent: None,
            is_clean: OnceLock::new(),
        }
    }
}

/// The methods of HTTP; a client may send any other word.
pub(crate) const METHODS: &[&str] =
    &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "QUERY"];

/// The request that an action came with. It has no place for headers, bodies or a raw query.
#[derive(Clone, Debug)]
pub struct Http {
    pub(super) method: Method,
    pub(super) route: Route,
    pub(crate) status: Option<u16>,
    pub(super) request_id: Option<String>,
    pub(crate) client_gone: bool,
}

/// How a request asked.
#[derive(Clone, Debug)]
pub(super) enum Method {
    Known(&'static str),
    /// A word of the client's own: keyed hash only.
    Other(Withheld),
}

impl Method {
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Self::Known(word) => word,
            Self::Other(_) => "(other)",
        }
    }
}

/// What a request asked for.
#[derive(Clone, Debug)]
pub(super) enum Route {
    Template(Cow<'static, str>),
    /// The path of a request that no route matches: keyed hash and length only.
    Unrouted(Withheld),
}

impl Http {
    /// A request to a route, given as its template: `/users/{id}`.
    pub fn routed(
        method: impl Into<Cow<'static, str>>,
        template: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(&method.into(), Route::Template(template.into()))
    }

    /// A request that no route matches; its path is recorded as keyed hash and length.
    pub fn unrouted(method: impl Into<Cow<'static, str>>, path: impl Into<String>) -> Self {
        Self::new(&method.into(), Route::Unrouted(Withheld::new(path.into())))
    }

    /// Adds the status of the response.
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Adds the id that the client or a proxy gave the request; never an identity.
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = Some(id.into());
        self
    }

    /// Says that the client was gone before it had the whole response.
    pub fn client_gone(mut self) -> Self {
        self.client_gone = true;
        self
    }

    /// The method, one of HTTP's, and the template of the route.
    #[cfg(any(feature = "actix", feature = "tower"))]
    pub(crate) fn matched(&self) -> Option<(&'static str, &str)> {
        match (&self.method, &self.route) {
            (Method::Known(method), Route::Template(template)) => Some((method, template)),
            _ => None,
        }
    }

    /// True if a request with this method is one to a route for `of`: HEAD asks what GET would answer, and
    /// counts as GET.
    pub(crate) fn is_method(method: &str, of: &str) -> bool {
        of == method || (of == "GET" && method == "HEAD")
    }

    /// True for an answer that has the client send the same elsewhere: nothing was done here.
    #[cfg(any(feature = "actix", feature = "tower"))]
    pub(crate) fn is_to_be_repeated(&self) -> bool {
        matches!(self.status, Some(307 | 308))
    }

    /// Corrects the route, once the router has told it.
    #[cfg(any(feature = "actix", feature = "tower"))]
    pub(crate) fn set_route(&mut self, template: String) {
        self.route = Route::Template(template.into());
    }

    /// The request to a route, if it has this template, and else to none.
    #[cfg(any(feature = "actix", feature = "tower"))]
    pub(crate) fn of(method: &str, template: Option<String>, path: &str) -> Self {
        let unrouted = || Route::Unrouted(Withheld::new(path.to_owned()));
        Self::new(method, template.map_or_else(unrouted, |it| Route::Template(it.into())))
    }

    fn new(method: &str, route: Route) -> Self {
        let method = match METHODS.iter().find(|known| **known == method) {
            Some(known) => Method::Known(known),
            None => Method::Other(Withheld::new(method.to_owned())),
        };
        Self { method, route, status: None, request_id: None, client_gone: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(peer: &str, forwarded: &[&str], proxies: &[&str]) -> (String, Trust) {
        let peer = SocketAddr::new(peer.parse().unwrap(), 4000);
        let forwarded: Vec<IpAddr> = forwarded.iter().map(|ip| ip.parse().unwrap()).collect();
        let proxies = TrustedProxies::parse(proxies.iter().copied()).unwrap();
        let origin = Origin::behind(peer, &forwarded, &proxies);
        (origin.ip().unwrap().to_string(), origin.trust())
    }

    #[test]
    fn a_forwarded_address_counts_only_from_a_trusted_proxy() {
        let forged = ["9.9.9.9"];
        let cases = [
            (origin("1.2.3.4", &forged, &[]), ("1.2.3.4", Trust::Peer)),
            (origin("1.2.3.4", &forged, &["10.0.0.0/8"]), ("1.2.3.4", Trust::Peer)),
            (origin("10.1.1.1", &forged, &["10.0.0.0/8"]), ("9.9.9.9", Trust::TrustedProxy)),
            (origin("10.1.1.1", &[], &["10.0.0.0/8"]), ("10.1.1.1", Trust::Peer)),
            (origin("::ffff:10.1.1.1", &forged, &["10.0.0.0/8"]), ("9.9.9.9", Trust::TrustedProxy)),
        ];
        for ((ip, trust), (expected_ip, expected_trust)) in cases {
            assert_eq!((ip.as_str(), trust), (expected_ip, expected_trust));
        }
    }

    #[test]
    fn the_client_is_the_rightmost_hop_that_no_proxy_vouches_against() {
        let chain = ["6.6.6.6", "7.7.7.7", "10.0.0.9"];
        let (ip, trust) = origin("10.1.1.1", &chain, &["10.0.0.0/8"]);
        assert_eq!((ip.as_str(), trust), ("7.7.7.7", Trust::TrustedProxy));
    }

    #[test]
    fn a_client_inside_the_network_of_the_proxies_is_the_leftmost_hop() {
        let chain = ["10.7.7.7", "10.0.0.9"];
        let (ip, trust) = origin("10.1.1.1", &chain, &["10.0.0.0/8"]);
        assert_eq!((ip.as_str(), trust), ("10.7.7.7", Trust::TrustedProxy));
    }

    #[test]
    fn the_proxies_on_the_way_are_kept_and_of_an_endless_chain_only_the_last() {
        let chain: Vec<IpAddr> = (0..=255).map(|n| IpAddr::from([10, 0, 0, n])).collect();
        let proxies = TrustedProxies::parse(["10.0.0.0/8"]).unwrap();
        let origin = Origin::behind(SocketAddr::from(([10, 1, 1, 1], 4000)), &chain, &proxies);
        assert_eq!(origin.ip, Some(IpAddr::from([10, 0, 0, 248])));
        assert_eq!(origin.via.len(), HOPS_MAX);
        assert_eq!(origin.via[0], IpAddr::from([10, 1, 1, 1]));
        assert_eq!(origin.via[1], IpAddr::from([10, 0, 0, 255]));
    }

    #[test]
    fn a_unix_socket_is_a_proxy_only_if_it_is_named_as_one() {
        let chain: Vec<IpAddr> = ["6.6.6.6", "7.7.7.7"].map(|ip| ip.parse().unwrap()).into();
        let behind = |hops: &[IpAddr], proxies: &[&str]| {
            let proxies = TrustedProxies::parse(proxies.iter().copied()).unwrap();
            let origin = Origin::behind(Peer::Unix, hops, &proxies);
            assert!(origin.over_unix && origin.port.is_none());
            (origin.ip.map(|ip| ip.to_string()), origin.trust, origin.via.len())
        };
        let client = |ip: &str, via| (Some(ip.to_owned()), Trust::TrustedProxy, via);
        assert_eq!(behind(&chain, &[]), (None, Trust::Peer, 0));
        assert_eq!(behind(&chain, &["0.0.0.0/0", "::/0"]), (None, Trust::Peer, 0));
        assert_eq!(behind(&chain, &["unix"]), client("7.7.7.7", 0));
        assert_eq!(behind(&chain, &["unix", "7.0.0.0/8"]), client("6.6.6.6", 1));
        assert_eq!(behind(&[], &["unix"]), (None, Trust::Peer, 0));
        // Whoever comes over the network is no Unix socket.
        let unix = TrustedProxies::parse(["unix"]).unwrap();
        let origin = Origin::behind(SocketAddr::from(([127, 0, 0, 1], 4000)), &chain, &unix);
        assert_eq!((origin.ip, origin.trust), (Some([127, 0, 0, 1].into()), Trust::Peer));
        assert!(!origin.over_unix);
    }
}
