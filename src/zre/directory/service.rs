//! What is announced: the headers of those who offer it, and what others read in them.

use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::server::Server;
use crate::socket::Kind;
use crate::zre::Peer;
use crate::zre::interface::Interface;
use crate::zre::node::address;

/// How many servers a peer can announce under one name: each of them is connected to.
const MOST_SERVICES: usize = 64;

/// What a server offers, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    name: String,
    kind: Kind,
    endpoint: Endpoint,
}

/// What a server offers; an error where nobody could find it.
pub(crate) fn offer(name: String, server: &Server) -> Result<Offer> {
    let refuse = |reason: &str| {
        Err(Error::InvalidOption {
            option: "announce",
            reason: reason.to_owned(),
        })
    };
    if name.is_empty() || name.len() > 200 || name.contains(char::is_whitespace) {
        return refuse("choose a name of 1 to 200 bytes without spaces");
    }
    let Some(kind) = server.kind() else {
        return refuse("choose the server's pattern first, as by server.pull()");
    };
    match server
        .bound()
        .into_iter()
        .find(|it| it.transport() == "tcp")
    {
        Some(endpoint) => Ok(Offer {
            name,
            kind,
            endpoint,
        }),
        None => refuse("bind the server to a tcp port: others cannot reach any else"),
    }
}

impl Offer {
    /// The header that announces it on this interface.
    pub(crate) fn header(&self, interface: &Interface) -> Result<(String, String)> {
        let key = format!("X-{}-{}", self.name, self.kind.name());
        let value = match self.endpoint.is_anywhere() {
            true => format!(
                "tcp://{}:{}",
                interface.address,
                self.endpoint.port().unwrap_or(0)
            ),
            false => self.endpoint.to_string(),
        };
        match address(&value) {
            Some(it) if it.ip() == interface.address => Ok((key, value)),
            _ => Err(Error::InvalidOption {
                option: "announce",
                reason: format!(
                    "the server is at {value}, but the node at {}: bind the server to a port of \
                     all interfaces, or choose its interface for the node",
                    interface.address
                ),
            }),
        }
    }
}

/// A server that was found.
///
/// ```no_run
/// for service in zeroless::zre::discover("jobs")?.services() {
///     println!("{} at {}, by {}", service.pattern(), service.endpoint(), service.peer().name());
/// }
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    peer: Peer,
    kind: Kind,
    endpoint: String,
}

impl Service {
    /// Who announces it.
    ///
    /// ```no_run
    /// for service in zeroless::zre::discover("jobs")?.services() {
    ///     println!("{}", service.peer().name());
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// What the server does: `"pull"` where clients push, and so on.
    ///
    /// ```no_run
    /// for service in zeroless::zre::discover("jobs")?.services() {
    ///     println!("{}", service.pattern());
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn pattern(&self) -> &'static str {
        self.kind.name()
    }

    /// Where it is, `tcp://host:port`.
    ///
    /// ```no_run
    /// for service in zeroless::zre::discover("jobs")?.services() {
    ///     println!("{}", service.endpoint());
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }
}

impl Service {
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// What a peer announces under a name.
    pub(super) fn of(peer: &Peer, name: &str) -> Vec<Service> {
        let values = peer.headers().iter().filter_map(|(key, value)| {
            let (announced, pattern) = key
                .get(..2)
                .filter(|x| x.eq_ignore_ascii_case("X-"))
                .and_then(|_| key[2..].rsplit_once('-'))?;
            let kind = Kind::named(&pattern.to_ascii_lowercase())?;
            announced
                .eq_ignore_ascii_case(name)
                .then_some((kind, value))
        });
        let each = values.flat_map(|(kind, value)| {
            let addresses = value.split_whitespace().filter_map(address);
            addresses.map(move |address| Service {
                peer: peer.clone(),
                kind,
                endpoint: Endpoint::at(address).to_string(),
            })
        });
        each.take(MOST_SERVICES).collect()
    }

    /// Whether it is where its peer is.
    pub(super) fn is_own(&self) -> bool {
        let host = |endpoint: &str| address(endpoint).map(|it| it.ip());
        host(&self.endpoint) == host(self.peer.address())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::net::Ipv4Addr;

    use super::*;
    use crate::zre::Uuid;
    use crate::zre::event::Profile;

    #[test]
    fn a_server_at_one_address_is_announced_there_or_not_at_all() {
        let interface = |address| Interface::of_tests("eth0", address);
        let offer = |endpoint: &str| Offer {
            name: "jobs".to_owned(),
            kind: Kind::Pull,
            endpoint: endpoint.parse().unwrap(),
        };
        let here = interface(Ipv4Addr::new(10, 0, 0, 7));
        let header = ("X-jobs-pull".to_owned(), "tcp://10.0.0.7:9000".to_owned());
        for endpoint in ["tcp://10.0.0.7:9000", "tcp://0.0.0.0:9000"] {
            assert_eq!(offer(endpoint).header(&here).as_ref(), Ok(&header));
        }
        for endpoint in ["tcp://10.0.0.8:9000", "tcp://127.0.0.1:9000"] {
            let error = offer(endpoint).header(&here).unwrap_err();
            assert!(error.to_string().contains(endpoint), "{error}");
        }
    }

    #[test]
    fn headers_of_any_case_and_nothing_else_announce() {
        let headers = [
            ("X-JOBS-PULL", "tcp://10.0.0.7:1 tcp://10.0.0.7:2"),
            ("x-jobs-reply", "tcp://10.0.0.7:3"),
            ("X-jobs", "tcp://10.0.0.7:4"),
            ("X-other-pull", "tcp://10.0.0.7:5"),
            ("jobs-pull", "tcp://10.0.0.7:6"),
            ("X-jobs-inbox", "tcp://10.0.0.7:7"),
            (
                "X-jobs-pair",
                "ipc:///tmp/x tcp://nowhere:8 tcp://0.0.0.0:9",
            ),
            ("\u{e9}-jobs-pull", "tcp://10.0.0.7:10"),
        ];
        let own = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        let peer = Peer::new(Profile {
            id: Uuid::from([1; 16]),
            name: "peer".to_owned(),
            address: "tcp://10.0.0.7:9".to_owned(),
            headers: BTreeMap::from_iter(headers.map(own)),
        });
        let found = Service::of(&peer, "Jobs");
        let found: Vec<_> = found
            .iter()
            .map(|it| (it.pattern(), it.endpoint()))
            .collect();
        let expected = [
            ("pull", "tcp://10.0.0.7:1"),
            ("pull", "tcp://10.0.0.7:2"),
            ("reply", "tcp://10.0.0.7:3"),
        ];
        assert_eq!(found, expected);
    }
}
