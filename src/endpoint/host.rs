//! The host of a tcp endpoint.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// The host of a tcp endpoint.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Host {
    /// `*`, all interfaces: only to bind.
    Any,
    /// An address, with the zone of a link-local one.
    Ip(IpAddr, Option<String>),
    /// A host's name, or (to bind) an interface's.
    Name(String),
}

impl Host {
    pub(super) fn parse(text: &str) -> Result<Host, String> {
        if text == "*" {
            return Ok(Host::Any);
        }
        let bare = match text.strip_prefix('[') {
            Some(rest) => rest.strip_suffix(']').ok_or("a `[` is not closed")?,
            None => text,
        };
        let (address, zone) = match bare.split_once('%') {
            Some((address, zone)) => (address, Some(zone)),
            None => (bare, None),
        };
        match IpAddr::from_str(address) {
            Ok(IpAddr::V4(_)) if bare.len() < text.len() || zone.is_some() => {
                Err("only an IPv6 address may be in brackets or have a zone".to_owned())
            }
            Ok(ip) => match zone {
                Some(zone) if !is_zone(zone) => Err(format!("`{zone}` is not a zone")),
                _ => Ok(Host::Ip(ip, zone.map(str::to_owned))),
            },
            Err(_) => host_name(text).map(Host::Name),
        }
    }

    pub(super) fn check_target(&self) -> Result<(), String> {
        match self {
            Host::Any => Err("`*` can be bound, but not connected to; name a host".to_owned()),
            Host::Ip(ip, _) if ip.is_unspecified() => Err(format!(
                "{ip} can be bound (all interfaces), but not connected to; name a host"
            )),
            _ => Ok(()),
        }
    }
}

fn is_zone(zone: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    (1..=15).contains(&zone.len()) && zone.bytes().all(fits)
}

/// Checks a host name as RFC 1123 has it, with the `_` that networks use all the same.
fn host_name(name: &str) -> Result<String, String> {
    if name.is_empty() {
        return Err("it has no host".to_owned());
    }
    if name.len() > 253 {
        return Err("a host name has 253 characters at most".to_owned());
    }
    if name.contains(';') {
        return Err("a source address (`source;target`) is not supported".to_owned());
    }
    let label_fits = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let absolute = name.strip_suffix('.').unwrap_or(name);
    if !absolute.split('.').all(label_fits) {
        return Err(format!("`{name}` is neither a host name nor an address"));
    }
    // Resolvers read these as odd spellings of an IPv4 address: 1.2.3, 0x7f.1, 1.2.3.999. But
    // eth0.100 is a VLAN's interface.
    let number = |label: &str| label.bytes().all(|b| b.is_ascii_digit()) || label.starts_with("0x");
    if absolute.split('.').all(number) {
        return Err(format!(
            "`{name}` is not an IPv4 address (four numbers up to 255)"
        ));
    }
    Ok(name.to_owned())
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Any => write!(f, "*"),
            Host::Ip(IpAddr::V4(ip), _) => write!(f, "{ip}"),
            Host::Ip(IpAddr::V6(ip), None) => write!(f, "[{ip}]"),
            Host::Ip(IpAddr::V6(ip), Some(zone)) => write!(f, "[{ip}%{zone}]"),
            Host::Name(name) => write!(f, "{name}"),
        }
    }
}
