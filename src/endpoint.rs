//! Where a socket binds or connects.

mod host;
mod parse;
mod path;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

pub(crate) use host::Host;
pub(crate) use parse::{InvalidEndpoint, Role};
pub(crate) use path::Path;

/// The address of a socket, checked: `tcp://host:port`, `ipc://path` or `inproc://name`.
///
/// Every argument of [`Server::bind`](crate::Server::bind) and
/// [`Client::connect`](crate::Client::connect) becomes one or several of these; see
/// [`IntoEndpoints`](crate::IntoEndpoints).
///
/// Over inproc there is no handshake, so nothing checks that the patterns of the two ends fit: a push handle can be
/// connected to a subscriber, which takes what it sends for publications, and receives those it has subscribed to.
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

/// The place that an endpoint names, transport by transport.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Place {
    Tcp { host: Host, port: u16 },
    Ipc(String),
    Inproc(String),
}

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
                    Host::Any => Host::Ip(Ipv4Addr::LOCALHOST.into(), None),
                    Host::Ip(ip, None) if ip.is_unspecified() => match ip {
                        IpAddr::V4(_) => Host::Ip(Ipv4Addr::LOCALHOST.into(), None),
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

    /// Whether other machines can reach it.
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

/// Whether it is written so.
///
/// ```
/// let endpoint: zeroless::Endpoint = "tcp://[::1]:5555".parse()?;
/// assert_eq!(endpoint, "tcp://[::1]:5555");
/// # Ok::<(), zeroless::Error>(())
/// ```
impl PartialEq<str> for Endpoint {
    fn eq(&self, text: &str) -> bool {
        let written = self.to_string();
        written == text
    }
}

/// Whether it is written so.
impl PartialEq<&str> for Endpoint {
    fn eq(&self, text: &&str) -> bool {
        *self == **text
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string(), f)
    }
}
