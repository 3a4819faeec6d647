//! The network interface that a node finds others by.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};

use nix::ifaddrs::getifaddrs;
use nix::net::if_::InterfaceFlags;

use crate::error::{Error, Result};

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
        let all = all()?;
        let found = match wanted {
            Some(wanted) => all.into_iter().find(|it| it.is(wanted)),
            None => {
                let outward = outward();
                let rank = |it: &Interface| {
                    (
                        it.loopback,
                        is_of_containers(&it.name),
                        Some(it.address) != outward,
                    )
                };
                all.into_iter().min_by_key(rank)
            }
        };
        found.ok_or_else(|| Error::NoInterface {
            wanted: wanted.unwrap_or("any").to_owned(),
        })
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

/// All interfaces with IPv4 that are up and can broadcast, and loopback.
fn all() -> Result<Vec<Interface>> {
    let addresses = getifaddrs().map_err(|error| Error::system("looking for interfaces", error))?;
    Ok(addresses
        .filter_map(|it| {
            let flags = it.flags;
            let loopback = flags.contains(InterfaceFlags::IFF_LOOPBACK);
            let up = flags.contains(InterfaceFlags::IFF_UP);
            if !up || !(loopback || flags.contains(InterfaceFlags::IFF_BROADCAST)) {
                return None;
            }
            let address = it.address?.as_sockaddr_in()?.ip();
            let netmask = it.netmask?.as_sockaddr_in()?.ip();
            Some(Interface {
                name: it.interface_name,
                address,
                broadcast: Ipv4Addr::from(u32::from(address) | !u32::from(netmask)),
                netmask,
                loopback,
            })
        })
        .collect())
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
