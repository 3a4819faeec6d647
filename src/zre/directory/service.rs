//! A server that was found, as its peer announces it.

use crate::endpoint::{Endpoint, Place};
use crate::zre::peer::Peer;
use crate::zre::wire::ServiceHeader;

/// How many servers a peer can announce under one name: each of them is connected to.
const MOST_SERVICES: usize = 64;

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
    pattern: String,
    endpoint: Endpoint,
}

impl Service {
    /// The peer that announces it.
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

    /// The pattern of the server: `"pull"` where clients push, and so on.
    ///
    /// ```no_run
    /// for service in zeroless::zre::discover("jobs")?.services() {
    ///     println!("{}", service.pattern());
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Where it is, `tcp://host:port`.
    ///
    /// ```no_run
    /// for service in zeroless::zre::discover("jobs")?.services() {
    ///     println!("{}", service.endpoint());
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }
}

impl Service {
    /// The services that a peer announces under a name.
    pub(super) fn of(peer: &Peer, name: &str) -> Vec<Service> {
        let headers = peer.headers().iter();
        let announced = headers.filter_map(|(key, value)| {
            let header = ServiceHeader::decode(key, value)?;
            let is_named = header.name.eq_ignore_ascii_case(name);
            is_named.then_some((header.pattern, header.addresses))
        });
        let each = announced.flat_map(|(pattern, addresses)| {
            addresses.into_iter().map(move |address| Service {
                peer: peer.clone(),
                pattern: pattern.clone(),
                endpoint: Endpoint::at(address),
            })
        });
        each.take(MOST_SERVICES).collect()
    }

    /// Those of this pattern that a peer announces at its own address, each with its name.
    #[cfg(feature = "station")]
    pub(crate) fn of_pattern(peer: &Peer, pattern: &str) -> Vec<(String, Service)> {
        let headers = peer.headers().iter();
        let headers = headers.filter_map(|(key, value)| ServiceHeader::decode(key, value));
        let headers = headers.filter(|it| it.pattern.eq_ignore_ascii_case(pattern));
        let each = headers.flat_map(|header| {
            let ServiceHeader {
                name,
                pattern,
                addresses,
            } = header;
            addresses.into_iter().map(move |address| {
                let service = Service {
                    peer: peer.clone(),
                    pattern: pattern.clone(),
                    endpoint: Endpoint::at(address),
                };
                (name.clone(), service)
            })
        });
        let own = each.filter(|(_, service)| service.is_own());
        own.take(MOST_SERVICES).collect()
    }

    /// Whether it is where its peer is.
    pub(super) fn is_own(&self) -> bool {
        match (self.endpoint.place(), self.peer.endpoint().place()) {
            (Place::Tcp { host, .. }, Place::Tcp { host: own, .. }) => host == own,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::zre::peer::Profile;
    use crate::zre::uuid::Uuid;

    #[test]
    fn headers_of_any_case_and_nothing_else_announce() {
        let headers = [
            ("X-JOBS-PULL", "tcp://10.0.0.7:1 tcp://10.0.0.7:2"),
            ("x-jobs-reply", "tcp://10.0.0.7:3"),
            ("X-jobs", "tcp://10.0.0.7:4"),
            ("X-other-pull", "tcp://10.0.0.7:5"),
            ("jobs-pull", "tcp://10.0.0.7:6"),
            ("X-jobs-calls", "tcp://10.0.0.7:7"),
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
            endpoint: "tcp://10.0.0.7:9".parse().unwrap(),
            public_key: None,
            headers: BTreeMap::from_iter(headers.map(own)),
        });
        let found = Service::of(&peer, "Jobs");
        let found: Vec<_> = found
            .iter()
            .map(|it| (it.pattern(), it.endpoint().to_string()))
            .collect();
        let expected = [
            ("pull", "tcp://10.0.0.7:1"),
            ("pull", "tcp://10.0.0.7:2"),
            ("calls", "tcp://10.0.0.7:7"),
            ("reply", "tcp://10.0.0.7:3"),
        ];
        assert_eq!(
            found,
            expected.map(|(pattern, it)| (pattern, it.to_owned()))
        );
    }
}
