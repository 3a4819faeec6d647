//! The network interface that a node finds others by.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use crate::error::Result;
use crate::ffi::interfaces;
use crate::wake::io_error;

/// An interface that beacons can be broadcast on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interface {
    pub(crate) name: String,
    pub(crate) address: Ipv4Addr,
    pub(crate) broadcast: Ipv4Addr,
    netmask: Ipv4Addr,
    loopback: bool,
}

impl Interface {
    /// Finds the one that is asked for, by its name or its address; without one, the one that
    /// others are most likely to be on: that of the default route, then any that is not one of
    /// a container's, then loopback.
    pub(crate) fn find(wanted: Option<&str>) -> Result<Interface> {
        Interface::choose(all()?, wanted)
    }

    /// The same for a node that is on one already, and leaves it only for one as good if it is gone, or
    /// for a better one: a network that comes back is waited for.
    pub(crate) fn find_beside(current: &Interface, wanted: Option<&str>) -> Result<Interface> {
        Interface::choose_beside(current, all()?, wanted)
    }

    fn choose_beside(
        current: &Interface,
        all: Vec<Interface>,
        wanted: Option<&str>,
    ) -> Result<Interface> {
        let is_there = all.contains(current);
        let new = Interface::choose(all, wanted)?;
        let stays = match is_there {
            true => current.rank() <= new.rank(),
            false => current.rank() < new.rank(),
        };
        match wanted.is_none() && stays {
            true => Ok(current.clone()),
            false => Ok(new),
        }
    }

    fn choose(all: Vec<Interface>, wanted: Option<&str>) -> Result<Interface> {
        let found = match wanted {
            Some(wanted) => all.into_iter().find(|it| it.is(wanted)),
            None => {
                let outward = outward();
                let rank = |it: &Interface| (it.rank(), Some(it.address) != outward);
                all.into_iter().min_by_key(rank)
            }
        };
        let wanted = || wanted.unwrap_or("any").to_owned();
        Ok(found.ok_or_else(|| crate::zre::Error::NoInterface { wanted: wanted() })?)
    }

    /// How unlikely it is that others are on it.
    fn rank(&self) -> (bool, bool) {
        (self.loopback, is_of_containers(&self.name))
    }

    fn is(&self, wanted: &str) -> bool {
        self.name == wanted || wanted.parse() == Ok(self.address)
    }

    /// Whether an address is on the network that this interface is on.
    pub(crate) fn reaches(&self, address: IpAddr) -> bool {
        let network = |address: Ipv4Addr| u32::from(address) & u32::from(self.netmask);
        matches!(address, IpAddr::V4(address) if network(address) == network(self.address))
    }
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.address)
    }
}

/// All interfaces with IPv4 that are up and can broadcast, and loopback.
fn all() -> Result<Vec<Interface>> {
    let addresses = interfaces().map_err(|error| io_error("looking for interfaces", &error))?;
    let usable = addresses.into_iter().filter_map(|it| {
        let loopback = it.has(libc::IFF_LOOPBACK);
        if !it.has(libc::IFF_UP) || !(loopback || it.has(libc::IFF_BROADCAST)) {
            return None;
        }
        let IpAddr::V4(address) = it.address.ip() else {
            return None;
        };
        let IpAddr::V4(netmask) = it.netmask?.ip() else {
            return None;
        };
        Some(Interface {
            name: it.name,
            address,
            broadcast: Ipv4Addr::from(u32::from(address) | !u32::from(netmask)),
            netmask,
            loopback,
        })
    });
    Ok(usable.collect())
}

/// Our address on the way to everywhere else, if there is one. Nothing is sent for that.
fn outward() -> Option<Ipv4Addr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    // An address for documentation (RFC 5737), that nobody has.
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    match socket.local_addr().ok()?.ip() {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}

/// Whether an interface is called as the bridges of containers and virtual machines are.
fn is_of_containers(name: &str) -> bool {
    const BEGINNINGS: [&str; 9] = [
        "docker", "br-", "veth", "virbr", "podman", "cni", "flannel", "lxc", "vmnet",
    ];
    BEGINNINGS
        .iter()
        .any(|beginning| name.starts_with(beginning))
}

#[cfg(test)]
impl Interface {
    /// One of this name, with this address in a network of 256.
    pub(crate) fn of_tests(name: &str, address: Ipv4Addr) -> Interface {
        let netmask = Ipv4Addr::new(255, 255, 255, 0);
        Interface {
            name: name.to_owned(),
            address,
            broadcast: Ipv4Addr::from(u32::from(address) | 255),
            netmask,
            loopback: name == "lo",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_found_by_its_address() {
        let lo = Interface::find(Some("127.0.0.1")).unwrap();
        assert_eq!(lo.broadcast, Ipv4Addr::new(127, 255, 255, 255));
        assert!(lo.reaches(Ipv4Addr::new(127, 3, 2, 1).into()));
        assert!(!lo.reaches(Ipv4Addr::new(128, 0, 0, 1).into()));
        assert_eq!(Interface::find(Some(&lo.name)).unwrap(), lo);
    }

    fn interface(name: &str, last: u8) -> Interface {
        Interface::of_tests(name, Ipv4Addr::new(10, 0, 0, last))
    }

    #[test]
    fn a_node_leaves_its_interface_for_a_better_one_or_when_it_is_gone() {
        let [lo, bridge, eth] = [
            interface("lo", 1),
            interface("docker0", 2),
            interface("eth0", 3),
        ];
        let other = interface("eth1", 4);
        let moved = interface("eth0", 5);
        let beside = |current: &Interface, all: &[&Interface]| {
            let all = all.iter().map(|it| (*it).clone()).collect();
            Interface::choose_beside(current, all, None).unwrap()
        };
        assert_eq!(beside(&eth, &[&lo, &other, &eth]), eth, "it is as good");
        assert_eq!(beside(&lo, &[&lo, &eth]), eth, "a network has come");
        assert_eq!(beside(&bridge, &[&lo, &bridge, &eth]), eth);
        assert_eq!(
            beside(&eth, &[&lo, &moved]),
            moved,
            "its address is another"
        );
        assert_eq!(beside(&eth, &[&lo, &other]), other, "it is gone");
        assert_eq!(beside(&eth, &[&lo, &bridge]), eth, "it may come back");
        let all = vec![lo, moved.clone()];
        let named = Interface::choose_beside(&eth, all, Some("eth0"));
        assert_eq!(named.unwrap(), moved, "it is asked for");
    }

    #[test]
    fn there_is_always_one() {
        assert!(Interface::find(None).is_ok());
    }

    #[test]
    fn one_that_is_not_there_is_an_error() {
        let error = Interface::find(Some("nowhere0")).unwrap_err();
        assert!(error.to_string().contains("nowhere0"));
    }
}
