//! Where a socket binds or connects: the endpoint, and what can be turned into one.

mod address;
mod path;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

pub use address::{IntoEndpoints, Port};
pub(crate) use address::{Role, bare_port};
pub(crate) use path::Path;

use crate::error::{Error, Result};

/// The address of a socket, checked: `tcp://host:port`, `ipc://path` or `inproc://name`.
///
/// Whatever can be given to [`Server::bind`](crate::Server::bind) and
/// [`Client::connect`](crate::Client::connect) becomes one or several of these; see
/// [`IntoEndpoints`].
///
/// # Examples
///
/// ```
/// use zeroless::Endpoint;
///
/// let endpoint: Endpoint = "tcp://192.168.1.7:5555".parse()?;
/// assert_eq!(endpoint.port(), Some(5555));
/// assert_eq!(endpoint.to_string(), "tcp://192.168.1.7:5555");
/// assert!("tcp://192.168.1.7:99999".parse::<Endpoint>().is_err());
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint(Place);

/// What an endpoint names, transport by transport.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Place {
    Tcp { host: Host, port: u16 },
    Ipc(String),
    Inproc(String),
}

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

/// The longest path of a Unix socket: `sun_path` is 108 bytes, with the NUL.
const LONGEST_IPC: usize = 107;

/// The longest name libzmq keeps of an inproc endpoint.
const LONGEST_INPROC: usize = 255;

impl Endpoint {
    /// An endpoint at this address.
    pub(crate) fn at(address: SocketAddr) -> Endpoint {
        let zone = match address {
            SocketAddr::V6(v6) if v6.scope_id() != 0 => Some(v6.scope_id().to_string()),
            _ => None,
        };
        Endpoint::tcp(Host::Ip(address.ip(), zone), address.port())
    }

    /// The host's name and the port, if it has a name.
    pub(crate) fn host_name(&self) -> Option<(&str, u16)> {
        match &self.0 {
            Place::Tcp {
                host: Host::Name(name),
                port,
            } => Some((name, *port)),
            _ => None,
        }
    }

    pub(crate) fn tcp(host: Host, port: u16) -> Endpoint {
        Endpoint(Place::Tcp { host, port })
    }

    pub(crate) fn place(&self) -> &Place {
        &self.0
    }

    /// The port of a tcp endpoint, or `None` for the other transports.
    ///
    /// ```
    /// # use zeroless::Endpoint;
    /// assert_eq!("inproc://a".parse::<Endpoint>()?.port(), None);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn port(&self) -> Option<u16> {
        match &self.0 {
            Place::Tcp { port, .. } => Some(*port),
            _ => None,
        }
    }

    /// The transport: `"tcp"`, `"ipc"` or `"inproc"`.
    ///
    /// ```
    /// # use zeroless::Endpoint;
    /// assert_eq!("ipc:///tmp/a".parse::<Endpoint>()?.transport(), "ipc");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn transport(&self) -> &'static str {
        match &self.0 {
            Place::Tcp { .. } => "tcp",
            Place::Ipc(_) => "ipc",
            Place::Inproc(_) => "inproc",
        }
    }

    /// This endpoint as one connects to it: "any interface" is this very host.
    pub(crate) fn to_connect(&self) -> Endpoint {
        match &self.0 {
            Place::Tcp { host, port } => {
                let host = match host {
                    Host::Any => Host::Ip(std::net::Ipv4Addr::LOCALHOST.into(), None),
                    Host::Ip(ip, None) if ip.is_unspecified() => match ip {
                        IpAddr::V4(_) => Host::Ip(std::net::Ipv4Addr::LOCALHOST.into(), None),
                        IpAddr::V6(_) => Host::Ip(std::net::Ipv6Addr::LOCALHOST.into(), None),
                    },
                    other => other.clone(),
                };
                Endpoint::tcp(host, *port)
            }
            _ => self.clone(),
        }
    }

    /// The address, where it is given as one: not for a name, a zone, or another transport than tcp.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match &self.0 {
            Place::Tcp { host, port } => match host {
                Host::Any => Some(SocketAddr::from((Ipv4Addr::UNSPECIFIED, *port))),
                Host::Ip(ip, None) => Some(SocketAddr::from((*ip, *port))),
                Host::Ip(_, Some(_)) | Host::Name(_) => None,
            },
            _ => None,
        }
    }

    /// Whether it is all addresses of this machine.
    pub(crate) fn is_anywhere(&self) -> bool {
        match &self.0 {
            Place::Tcp { host, .. } => match host {
                Host::Any => true,
                Host::Ip(ip, _) => ip.is_unspecified(),
                Host::Name(_) => false,
            },
            _ => false,
        }
    }

    /// Whether anybody off this machine can reach it.
    pub(crate) fn is_open(&self) -> bool {
        match &self.0 {
            Place::Tcp { host, .. } => match host {
                Host::Any => true,
                Host::Ip(ip, _) => !ip.is_loopback(),
                Host::Name(name) => name != "localhost" && name != "lo",
            },
            _ => false,
        }
    }

    /// Reads an endpoint; `role` says which of its wildcards make sense.
    pub(crate) fn parse(text: &str, role: Role) -> Result<Endpoint> {
        let wrong = |reason: &str| Error::InvalidEndpoint {
            endpoint: text.chars().take(300).collect(),
            reason: reason.to_owned(),
        };
        if text.contains('\0') {
            return Err(wrong("it contains a NUL"));
        }
        let Some((transport, rest)) = text.split_once("://") else {
            return Err(wrong(
                "write a port as a number (12345, without quotes), or host:port, tcp://host:port, \
                 ipc://path or inproc://name",
            ));
        };
        let place = match transport {
            "tcp" => tcp(rest, role),
            "ipc" => ipc(rest, role),
            "inproc" => inproc(rest),
            _ => Err("unknown transport; use tcp, ipc or inproc".to_owned()),
        };
        place.map(Endpoint).map_err(|reason| wrong(&reason))
    }
}

fn tcp(rest: &str, role: Role) -> Result<Place, String> {
    let Some((host, port)) = rest.rsplit_once(':') else {
        return Err("it has no port; write tcp://host:port".to_owned());
    };
    let port = match port {
        "*" if role.binds() => 0,
        "*" => return Err("a port to connect to must be a number".to_owned()),
        _ if port.is_empty() || !port.bytes().all(|b| b.is_ascii_digit()) => {
            return Err(format!("`{port}` is no port number"));
        }
        _ => port
            .parse::<u16>()
            .map_err(|_| format!("port {port} is not between 0 and 65535"))?,
    };
    if port == 0 && !role.binds() {
        return Err("port 0 can be bound (any free port), but not connected to".to_owned());
    }
    let host = Host::parse(host)?;
    if !role.binds() {
        host.check_target()?;
    }
    Ok(Place::Tcp { host, port })
}

impl Host {
    pub(crate) fn parse(text: &str) -> Result<Host, String> {
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
                Some(zone) if !is_zone(zone) => Err(format!("`{zone}` is no zone")),
                _ => Ok(Host::Ip(ip, zone.map(str::to_owned))),
            },
            Err(_) => host_name(text).map(Host::Name),
        }
    }

    fn check_target(&self) -> Result<(), String> {
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
        return Err(format!("`{name}` is no host name and no address"));
    }
    // Resolvers read these as odd spellings of an IPv4 address: 1.2.3, 0x7f.1, 1.2.3.999. The
    // interface of a VLAN is none: eth0.100.
    let number = |label: &str| label.bytes().all(|b| b.is_ascii_digit()) || label.starts_with("0x");
    if absolute.split('.').all(number) {
        return Err(format!(
            "`{name}` is no IPv4 address (four numbers up to 255)"
        ));
    }
    Ok(name.to_owned())
}

fn ipc(path: &str, role: Role) -> Result<Place, String> {
    match path {
        "" => Err("it has no path".to_owned()),
        "*" if !role.binds() => Err("`*` can be bound, but not connected to".to_owned()),
        "@" => Err("an abstract name (`@name`) needs a name".to_owned()),
        _ if path.len() > LONGEST_IPC => Err(format!(
            "a path has {LONGEST_IPC} bytes at most, this one {}",
            path.len()
        )),
        _ => Ok(Place::Ipc(path.to_owned())),
    }
}

fn inproc(name: &str) -> Result<Place, String> {
    match name.len() {
        0 => Err("it has no name".to_owned()),
        length if length > LONGEST_INPROC => Err(format!(
            "a name has {LONGEST_INPROC} bytes at most, this one {length}"
        )),
        _ => Ok(Place::Inproc(name.to_owned())),
    }
}

/// Reads an endpoint in full; wildcards (`*`, port 0) are allowed, as they are in `bind`.
impl FromStr for Endpoint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Endpoint> {
        Endpoint::parse(text, Role::Bind)
    }
}

/// As libzmq reads it.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Tcp { host, port } => write!(f, "tcp://{host}:{port}"),
            Place::Ipc(path) => write!(f, "ipc://{path}"),
            Place::Inproc(name) => write!(f, "inproc://{name}"),
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string(), f)
    }
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
