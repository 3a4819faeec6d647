//! A service that a node announces: one header, which depends on where the node is.

use std::net::{IpAddr, SocketAddr};

use super::interface::Interface;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::zre::wire::ServiceHeader;

/// A service, by its name and pattern, and where it is bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AnnouncedService {
    pub(crate) name: String,
    pub(crate) pattern: String,
    /// The tcp endpoints, as they are bound: at all interfaces, or at one address.
    pub(crate) endpoints: Vec<Endpoint>,
}

impl AnnouncedService {
    /// The header that announces it on this interface.
    ///
    /// Peers take only services that are announced at the address of their node, so there is no header for
    /// one that is bound elsewhere.
    pub(crate) fn header(&self, interface: &Interface) -> Result<(String, String)> {
        let here = |endpoint: &Endpoint| {
            let address = endpoint.address()?;
            let is_here = address.ip().is_unspecified() || address.ip() == interface.address;
            is_here.then(|| SocketAddr::from((interface.address, address.port())))
        };
        let Some(address) = self.endpoints.iter().find_map(here) else {
            return Err(self.elsewhere_error(interface));
        };
        let header = ServiceHeader {
            name: self.name.clone(),
            pattern: self.pattern.clone(),
            addresses: vec![address],
        };
        Ok(header.encode())
    }

    /// The address that its node has to be at, if it is not bound at all interfaces: the first of IPv4.
    pub(crate) fn only_address(&self) -> Option<IpAddr> {
        if self.endpoints.iter().any(Endpoint::is_anywhere) {
            return None;
        }
        let addresses = self.endpoints.iter().filter_map(Endpoint::address);
        addresses.map(|it| it.ip()).find(IpAddr::is_ipv4)
    }

    fn elsewhere_error(&self, interface: &Interface) -> Error {
        let bound = self.endpoints.iter().map(Endpoint::to_string);
        let bound = Vec::from_iter(bound).join(" and ");
        let advice = match self.only_address() {
            Some(ip) => format!("start the node with .interface(\"{ip}\")"),
            None => "beacons are of IPv4".to_owned(),
        };
        Error::InvalidOption {
            option: "announce",
            reason: format!(
                "the server is at {bound}, but the node at {}: {advice}, or bind the server to a \
                 port of all interfaces, as Server::bind(0) does",
                interface.address
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn service(endpoints: &[&str]) -> AnnouncedService {
        let endpoints = endpoints.iter().map(|it| it.parse().unwrap());
        AnnouncedService {
            name: "jobs".to_owned(),
            pattern: "pull".to_owned(),
            endpoints: endpoints.collect(),
        }
    }

    #[test]
    fn a_server_at_one_address_is_announced_there_or_not_at_all() {
        let here = Interface::of_tests("eth0", Ipv4Addr::new(10, 0, 0, 7));
        let header = ("X-jobs-pull".to_owned(), "tcp://10.0.0.7:9000".to_owned());
        for endpoints in [
            &["tcp://10.0.0.7:9000"][..],
            &["tcp://0.0.0.0:9000"],
            &["tcp://*:9000"],
            &["tcp://127.0.0.1:9000", "tcp://10.0.0.7:9000"],
        ] {
            assert_eq!(service(endpoints).header(&here).as_ref(), Ok(&header));
        }
        for endpoint in ["tcp://10.0.0.8:9000", "tcp://127.0.0.1:9000"] {
            let error = service(&[endpoint]).header(&here).unwrap_err().to_string();
            assert!(error.contains(endpoint), "{error}");
            let host = &endpoint["tcp://".len()..endpoint.len() - ":9000".len()];
            let call = format!(".interface(\"{host}\")");
            assert!(error.contains(&call), "{error}");
        }
    }
}
