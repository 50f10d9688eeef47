//! Where something came from: one address, or a network of them.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net};

/// A network of addresses; an IPv4 address that is mapped into IPv6 counts as itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network(IpNet);

impl Network {
    /// Reads `10.0.0.0/8`, `fd00::/8` or a single address; what lies behind the prefix is cleared.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let network = match text.parse::<IpAddr>() {
            Ok(address) => IpNet::from(address),
            Err(_) => text.parse().ok()?,
        };
        Some(Self(canonical(network).trunc()))
    }

    /// True if `address`, as a record has it, lies in the network. A hidden one lies in none.
    pub(super) fn contains(&self, address: &str) -> bool {
        let parsed = address.parse::<IpAddr>();
        parsed.is_ok_and(|address| self.0.contains(&address.to_canonical()))
    }
}

/// Makes of a network of mapped addresses the IPv4 network that they stand for.
fn canonical(network: IpNet) -> IpNet {
    let IpNet::V6(mapped) = network else {
        return network;
    };
    const MAPPED_BITS: u8 = 96;
    let (address, bits): (Ipv6Addr, u8) = (mapped.addr(), mapped.prefix_len());
    let inner = address.to_ipv4_mapped().zip(bits.checked_sub(MAPPED_BITS));
    let inner = inner.and_then(|(address, bits)| Ipv4Net::new(address, bits).ok());
    inner.map_or(network, IpNet::V4)
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() {
            return self.0.addr().fmt(f);
        }
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(network: &str, address: &str) -> bool {
        Network::parse(network).unwrap().contains(address)
    }

    #[test]
    fn addresses_lie_in_their_networks_however_they_are_written() {
        assert!(contains("10.0.0.0/8", "10.9.8.7"));
        assert!(contains("10.9.8.7", "10.9.8.7"));
        assert!(!contains("10.0.0.0/8", "11.0.0.1"));
        assert!(contains("10.0.0.0/8", "::ffff:10.9.8.7"));
        assert!(contains("::ffff:10.0.0.0/104", "10.9.8.7"));
        assert!(contains("::ffff:10.9.8.7", "10.9.8.7"));
        assert!(contains("fd00::/8", "fd12::1"));
        assert!(contains("fd00::1", "fd00:0:0::0001"));
        assert!(!contains("fd00::/8", "10.9.8.7"));
        assert!(!contains("0.0.0.0/0", "fd00::1"));
        assert!(!contains("0.0.0.0/0", "hidden"));
    }

    #[test]
    fn a_network_prints_as_it_reads_and_without_what_lies_behind_its_prefix() {
        for (text, printed) in [
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("10.1.2.3/32", "10.1.2.3"),
            ("fd00::1/128", "fd00::1"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("0.0.0.0/0", "0.0.0.0/0"),
        ] {
            let network = Network::parse(text).unwrap();
            assert_eq!(network.to_string(), printed);
            assert_eq!(Network::parse(printed), Some(network));
        }
        for nonsense in ["", "10.0.0.0/33", "10.0.0", "host"] {
            assert_eq!(Network::parse(nonsense), None, "{nonsense}");
        }
    }
}
