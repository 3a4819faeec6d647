//! libzmq spells endpoints otherwise than the user: this translates.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use crate::endpoint::{Endpoint, Host, Place};

/// The endpoints of a socket as its user spells them.
///
/// libzmq's events have an endpoint as it was given, or with the address that a name was resolved to, or,
/// if it is bound to all interfaces, with the address that the peer has connected to.
#[derive(Debug, Default)]
pub(crate) struct Spellings {
    /// Each with the addresses that its name was resolved to last.
    connected: HashMap<Endpoint, Vec<IpAddr>>,
    bound: HashSet<Endpoint>,
}

impl Spellings {
    /// Takes in an endpoint that is about to be connected to, and the addresses of its name.
    pub(crate) fn connect(&mut self, endpoint: &Endpoint, addresses: &[IpAddr]) {
        self.connected.insert(endpoint.clone(), addresses.to_vec());
    }

    /// Takes in an endpoint that is about to be bound.
    pub(crate) fn bind(&mut self, endpoint: &Endpoint) {
        self.bound.insert(endpoint.clone());
    }

    /// Forgets an endpoint that was unbound.
    pub(crate) fn unbind(&mut self, endpoint: &Endpoint) {
        self.bound.remove(endpoint);
    }

    /// Takes in the addresses of the name of an endpoint that is connected to.
    pub(crate) fn resolve(&mut self, endpoint: &Endpoint, addresses: &[IpAddr]) {
        if self.is_connected(endpoint) {
            self.connect(endpoint, addresses);
        }
    }

    /// Forgets an endpoint that was disconnected.
    pub(crate) fn forget(&mut self, endpoint: &Endpoint) {
        self.connected.remove(endpoint);
    }

    /// Whether an endpoint, as its user spells it, is connected to.
    pub(crate) fn is_connected(&self, endpoint: &Endpoint) -> bool {
        self.connected.contains_key(endpoint)
    }

    /// The user's spelling of libzmq's endpoint; `None` for one that was disconnected meanwhile.
    pub(crate) fn users_spelling(&self, theirs: &str) -> Option<Endpoint> {
        let theirs: Endpoint = theirs.parse().ok()?;
        if self.connected.contains_key(&theirs) || self.bound.contains(&theirs) {
            return Some(theirs);
        }
        let known = match theirs.place() {
            Place::Tcp {
                host: Host::Ip(ip, zone),
                port,
            } => self.by_address(ip.to_canonical(), zone.as_deref(), *port),
            _ => None,
        };
        match known {
            // libzmq may report a bound endpoint by an address that we do not know.
            None if !self.bound.is_empty() => Some(theirs),
            known => known,
        }
    }

    fn by_address(&self, ip: IpAddr, zone: Option<&str>, port: u16) -> Option<Endpoint> {
        // The better a description fits, the higher.
        let fit = |endpoint: &Endpoint, addresses: &[IpAddr]| match endpoint.place() {
            Place::Tcp { host, port: own } if *own == port => match host {
                Host::Ip(own, own_zone) if own.to_canonical() == ip => {
                    Some(if own_zone.as_deref() == zone { 4 } else { 3 })
                }
                Host::Name(_) if addresses.contains(&ip) => Some(2),
                // The name may have been given to another address since.
                Host::Name(_) => Some(1),
                _ => None,
            },
            _ => None,
        };
        let everywhere = |it: &Endpoint| (it.port() == Some(port) && it.is_anywhere()).then_some(1);
        let connected = self.connected.iter();
        let connected = connected
            .filter_map(|(endpoint, addresses)| Some((fit(endpoint, addresses)?, endpoint)));
        let bound = self.bound.iter().filter_map(|endpoint| {
            let fit = fit(endpoint, &[]).or_else(|| everywhere(endpoint));
            Some((fit?, endpoint))
        });
        let best = connected.chain(bound).max();
        best.map(|(_, endpoint)| endpoint.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(text: &str) -> Endpoint {
        text.parse().expect("an endpoint")
    }

    fn connected(list: &[(&str, &[&str])]) -> Spellings {
        let mut spellings = Spellings::default();
        for (text, addresses) in list {
            let addresses: Vec<IpAddr> = addresses.iter().map(|a| a.parse().unwrap()).collect();
            spellings.connect(&endpoint(text), &addresses);
        }
        spellings
    }

    #[test]
    fn a_name_is_known_by_its_addresses() {
        let spellings = connected(&[
            ("tcp://one:5555", &["10.0.0.1", "fd00::1"]),
            ("tcp://two:5555", &["10.0.0.2"]),
        ]);
        for (theirs, ours) in [
            ("tcp://one:5555", "tcp://one:5555"),
            ("tcp://10.0.0.1:5555", "tcp://one:5555"),
            ("tcp://[fd00::1]:5555", "tcp://one:5555"),
            ("tcp://[::ffff:10.0.0.2]:5555", "tcp://two:5555"),
        ] {
            assert_eq!(
                spellings.users_spelling(theirs),
                Some(endpoint(ours)),
                "{theirs}"
            );
        }
    }

    #[test]
    fn a_name_is_known_though_its_address_has_changed() {
        let spellings = connected(&[
            ("tcp://db:5555", &["10.0.0.1"]),
            ("tcp://10.0.0.2:5555", &[]),
            ("tcp://db:5556", &["10.0.0.1"]),
        ]);
        for (theirs, ours) in [
            ("tcp://10.0.0.9:5555", "tcp://db:5555"),
            ("tcp://10.0.0.2:5555", "tcp://10.0.0.2:5555"),
        ] {
            assert_eq!(
                spellings.users_spelling(theirs),
                Some(endpoint(ours)),
                "{theirs}"
            );
        }
    }

    #[test]
    fn a_zone_has_several_spellings() {
        let spellings = connected(&[("tcp://[fe80::1%eth0]:5555", &[])]);
        for theirs in ["tcp://[fe80::1%3]:5555", "tcp://[fe80::1%eth0]:5555"] {
            let ours = spellings.users_spelling(theirs);
            assert_eq!(ours, Some(endpoint("tcp://[fe80::1%eth0]:5555")));
        }
    }

    #[test]
    fn an_endpoint_bound_everywhere_is_known_by_every_address() {
        let mut spellings = Spellings::default();
        spellings.bind(&endpoint("tcp://*:5555"));
        spellings.bind(&endpoint("tcp://[::]:5556"));
        for (theirs, ours) in [
            ("tcp://0.0.0.0:5555", "tcp://*:5555"),
            ("tcp://10.0.0.1:5555", "tcp://*:5555"),
            ("tcp://[::1]:5556", "tcp://[::]:5556"),
            ("tcp://10.0.0.1:5557", "tcp://10.0.0.1:5557"),
        ] {
            assert_eq!(
                spellings.users_spelling(theirs),
                Some(endpoint(ours)),
                "{theirs}"
            );
        }
    }

    #[test]
    fn a_disconnected_endpoint_has_no_spelling() {
        let mut spellings = connected(&[("tcp://db:5555", &["10.0.0.1"]), ("ipc:///tmp/a", &[])]);
        spellings.forget(&endpoint("tcp://db:5555"));
        spellings.forget(&endpoint("ipc:///tmp/a"));
        for theirs in ["tcp://db:5555", "tcp://10.0.0.1:5555", "ipc:///tmp/a"] {
            assert_eq!(spellings.users_spelling(theirs), None);
        }
    }
}
