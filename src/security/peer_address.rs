//! The address of a peer that asks to enter, as libzmq tells it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// Where a peer connects from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PeerAddress {
    /// By tcp. An IPv4 address is never in the form of IPv6 (`::ffff:10.0.0.7`).
    Ip(IpAddr),
    /// By ipc, from a process of this user, if the system tells.
    Local(Option<u32>),
    /// In words that are not known here.
    Unknown,
}

/// The part of an address by which guesses are counted: an attacker has the whole of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Source {
    V4(u32),
    /// A /64: one host of IPv6 may take any address in it.
    V6(u64),
    /// A user of this machine, who may start any number of processes.
    Local(Option<u32>),
    Unknown,
}

impl PeerAddress {
    /// Reads an address as libzmq spells it: `10.0.0.7`, `::ffff:10.0.0.7`, `fe80::1%eth0`, or over ipc
    /// `localhost:UID:GID:PID`, of which older ones leave out the numbers.
    pub(crate) fn read(text: &[u8]) -> PeerAddress {
        let Ok(text) = str::from_utf8(text) else {
            return PeerAddress::Unknown;
        };
        if let Some(process) = text.strip_prefix("localhost") {
            let uid = process.split(':').nth(1).and_then(|uid| uid.parse().ok());
            return PeerAddress::Local(uid);
        }
        let address = text.split('%').next().map(str::parse::<IpAddr>);
        match address {
            Some(Ok(address)) => PeerAddress::Ip(address.to_canonical()),
            _ => PeerAddress::Unknown,
        }
    }

    /// The address of IP; that of loopback for a peer on this machine, by ipc.
    pub(crate) fn ip(self) -> Option<IpAddr> {
        match self {
            PeerAddress::Ip(address) => Some(address),
            PeerAddress::Local(_) => Some(Ipv4Addr::LOCALHOST.into()),
            PeerAddress::Unknown => None,
        }
    }

    pub(super) fn source(self) -> Source {
        match self {
            PeerAddress::Ip(IpAddr::V4(address)) => Source::V4(address.to_bits()),
            PeerAddress::Ip(IpAddr::V6(address)) => Source::V6((address.to_bits() >> 64) as u64),
            PeerAddress::Local(uid) => Source::Local(uid),
            PeerAddress::Unknown => Source::Unknown,
        }
    }
}

impl fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PeerAddress::Ip(address) => address.fmt(f),
            PeerAddress::Local(Some(uid)) => write!(f, "a process of user {uid} on this machine"),
            PeerAddress::Local(None) => f.write_str("a process on this machine"),
            PeerAddress::Unknown => f.write_str("an unknown address"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_all_spellings() {
        let ip = |text: &str| PeerAddress::Ip(text.parse().unwrap());
        for (text, address) in [
            ("10.0.0.7", ip("10.0.0.7")),
            ("::ffff:10.0.0.7", ip("10.0.0.7")),
            ("2001:db8::1", ip("2001:db8::1")),
            ("fe80::1%eth0", ip("fe80::1")),
            ("localhost:1000:100:4711", PeerAddress::Local(Some(1000))),
            ("localhost", PeerAddress::Local(None)),
            ("localhost:x:", PeerAddress::Local(None)),
            ("", PeerAddress::Unknown),
            ("a host", PeerAddress::Unknown),
        ] {
            assert_eq!(PeerAddress::read(text.as_bytes()), address, "{text}");
        }
        assert_eq!(PeerAddress::read(b"\xff"), PeerAddress::Unknown);
    }

    #[test]
    fn a_source_is_all_that_one_attacker_has() {
        let source = |text: &str| PeerAddress::read(text.as_bytes()).source();
        assert_eq!(source("2001:db8::1"), source("2001:db8::ffff:1:2:3"));
        assert_ne!(source("2001:db8::1"), source("2001:db8:0:1::1"));
        assert_eq!(source("::ffff:10.0.0.7"), source("10.0.0.7"));
        assert_ne!(source("10.0.0.7"), source("10.0.0.8"));
        assert_eq!(source("localhost:7:7:1"), source("localhost:7:8:2"));
        assert_ne!(source("localhost:7:7:1"), source("localhost:8:7:1"));
    }
}
