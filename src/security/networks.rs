//! The networks that may come in, or may not.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use super::PeerAddress;
use crate::error::{Error, Result};

/// Networks, each allowed or denied. Their order does not matter: of those that an address is in, the narrowest
/// decides.
#[derive(Debug, Default)]
pub(super) struct Networks(Vec<(IpNet, Passage)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passage {
    Allowed,
    Denied,
}

impl Networks {
    /// Adds a network, in the place of the same one.
    pub(super) fn set(&mut self, network: IpNet, passage: Passage) {
        self.remove(network);
        self.0.push((network, passage));
    }

    pub(super) fn remove(&mut self, network: IpNet) {
        self.0.retain(|(known, _)| *known != network);
    }

    /// Whether a peer may come in from there. Where nothing is said of its address it may, unless any
    /// network is allowed.
    pub(super) fn admit(&self, address: PeerAddress) -> bool {
        let ip = address.ip();
        let around = self
            .0
            .iter()
            .filter(|(network, _)| ip.is_some_and(|ip| network.contains(&ip)));
        let narrowest = around.max_by_key(|(network, _)| network.prefix_len());
        match narrowest {
            Some((_, passage)) => *passage == Passage::Allowed,
            None => self
                .0
                .iter()
                .all(|(_, passage)| *passage == Passage::Denied),
        }
    }
}

/// Reads an address, or a network as `10.0.0.0/8`.
pub(super) fn read(text: &str) -> Result<IpNet> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    let network = text.parse().or_else(|_| address());
    let network: IpNet = network.map_err(|_| Error::InvalidOption {
        option: "network",
        reason: format!(
            "`{text}` is neither an address nor a network, as 10.0.0.7, 10.0.0.0/8 or 2001:db8::/32"
        ),
    })?;
    Ok(canonical(network.trunc()))
}

/// IPv4 in the form of IPv6 is IPv4.
fn canonical(network: IpNet) -> IpNet {
    let IpNet::V6(mapped) = network else {
        return network;
    };
    let address = mapped.addr().to_ipv4_mapped();
    let prefix = mapped.prefix_len().checked_sub(96);
    let network4 = address
        .zip(prefix)
        .map(|(address, prefix)| Ipv4Net::new(address, prefix));
    match network4 {
        Some(Ok(network4)) => network4.into(),
        _ => network,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(networks: &[(&str, Passage)], address: &str) -> bool {
        let mut all = Networks::default();
        for (network, passage) in networks {
            all.set(read(network).unwrap(), *passage);
        }
        all.admit(PeerAddress::read(address.as_bytes()))
    }

    #[test]
    fn the_narrowest_network_decides_in_any_order() {
        use Passage::{Allowed, Denied};
        let mut rules = [
            ("10.0.0.0/8", Allowed),
            ("10.1.0.0/16", Denied),
            ("10.1.0.7", Allowed),
            ("2001:db8::/32", Allowed),
        ];
        for _ in 0..rules.len() {
            rules.rotate_left(1);
            for (address, admitted) in [
                ("10.0.0.1", true),
                ("10.1.0.1", false),
                ("10.1.0.7", true),
                ("::ffff:10.1.0.7", true),
                ("::ffff:10.1.0.8", false),
                ("11.0.0.1", false),
                ("2001:db8::1", true),
                ("2001:db9::1", false),
                ("localhost:1:2:3", false),
                ("nonsense", false),
            ] {
                assert_eq!(admits(&rules, address), admitted, "{address}: {rules:?}");
            }
        }
    }

    #[test]
    fn where_nothing_is_allowed_all_but_the_denied_may_come() {
        let rules = [("10.0.0.7", Passage::Denied)];
        assert!(!admits(&rules, "10.0.0.7"));
        for address in ["10.0.0.8", "::1", "localhost:1:2:3", "nonsense"] {
            assert!(admits(&rules, address), "{address}");
            assert!(admits(&[], address), "{address}");
        }
    }

    #[test]
    fn a_peer_by_ipc_is_on_loopback() {
        assert!(admits(
            &[("127.0.0.0/8", Passage::Allowed)],
            "localhost:1:2:3"
        ));
        assert!(!admits(
            &[("127.0.0.1", Passage::Denied)],
            "localhost:1:2:3"
        ));
    }

    #[test]
    fn what_is_said_last_of_a_network_counts() {
        let rules = [
            ("10.0.0.1/8", Passage::Allowed),
            ("::ffff:10.0.0.0/104", Passage::Denied),
        ];
        assert!(!admits(&rules, "10.0.0.7"));
        assert!(admits(&rules, "11.0.0.7"), "the first was replaced");
    }

    #[test]
    fn what_is_not_a_network_is_refused() {
        for text in [
            "",
            "10.0.0",
            "10.0.0.0/33",
            "localhost",
            "10.0.0.0/",
            "::/129",
            "*",
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(
                error.contains("neither an address nor a network"),
                "{error}"
            );
        }
    }
}
