//! The other end of a connection, and which of them are proxies that can be believed.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

/// The other end of a connection.
///
/// Servers of tower put it into the request's extensions. With axum it is what the service is made with,
/// `into_make_service_with_connect_info::<Peer>()`, for listeners of both kinds; `SocketAddr` does as well
/// where there is no Unix socket. For actix-web there is `note_peer`. Where nobody tells, the record has no
/// `origin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// An address of the network.
    Address(SocketAddr),
    /// A process of this machine, over a Unix socket. It has no address; the permissions of the
    /// socket's file say who may connect.
    Unix,
}

impl Peer {
    pub(super) fn ip(self) -> Option<IpAddr> {
        match self {
            Self::Address(address) => Some(address.ip().to_canonical()),
            Self::Unix => None,
        }
    }

    pub(super) fn port(self) -> Option<u16> {
        match self {
            Self::Address(address) => Some(address.port()),
            Self::Unix => None,
        }
    }
}

impl From<SocketAddr> for Peer {
    fn from(address: SocketAddr) -> Self {
        Self::Address(address)
    }
}

/// The proxies whose forwarding headers are believed.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies {
    networks: Vec<IpNet>,
    unix: bool,
}

/// What stands among the networks for the peers on Unix sockets.
const UNIX: &str = "unix";

impl TrustedProxies {
    /// Believes nobody: the origin is always the connection's peer.
    pub fn none() -> Self {
        Self::default()
    }

    /// Believes the proxies in `networks`, written as `10.0.0.0/8`, `fd00::/8` or one address, and
    /// with `unix` the peers on Unix sockets: whoever may connect to such a socket can then claim any
    /// address, so its file must be the proxy's alone.
    ///
    /// ```
    /// use audit_runtime::TrustedProxies;
    ///
    /// // nginx on this machine, which passes on what a load balancer of this network sends.
    /// let proxies = TrustedProxies::parse(["unix", "10.0.0.0/8"])?;
    /// # Ok::<(), audit_runtime::InvalidNetwork>(())
    /// ```
    ///
    /// # Errors
    /// Fails on the first text that is neither a network nor an address nor `unix`.
    pub fn parse<'a>(networks: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidNetwork> {
        let mut proxies = Self::none();
        for text in networks {
            match text.trim() {
                UNIX => proxies.unix = true,
                bare => proxies
                    .networks
                    .push(network(bare).ok_or_else(|| InvalidNetwork(text.to_owned()))?),
            }
        }
        Ok(proxies)
    }

    /// True if `address` belongs to a trusted proxy.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address))
    }

    /// True if `peer` is a trusted proxy.
    pub fn trusts(&self, peer: Peer) -> bool {
        peer.ip().map_or(self.unix, |address| self.contains(address))
    }
}

fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse().ok().map(|address: IpAddr| address.into()))
}

/// A text that names no network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidNetwork(String);

impl fmt::Display for InvalidNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a network: write it as 10.0.0.0/8, fd00::/8 or a single address, or `unix` \
             for the peers on Unix sockets",
            self.0.escape_debug()
        )
    }
}

impl std::error::Error for InvalidNetwork {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_no_network() {
        for nonsense in ["10.0.0.0/99", "Unix", "unix:/run/app.sock", ""] {
            let error = TrustedProxies::parse(["10.0.0.0/8", nonsense]).unwrap_err();
            assert!(error.to_string().starts_with(&format!("`{nonsense}` is not a network")));
        }
    }
}
