//! Values that can be given as an endpoint: a port, a host with a port, a text, or a list of them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::str::FromStr;

use crate::endpoint::{Endpoint, Host, Role};
use crate::error::{Error, Result};

/// A value that can be given to [`Server::bind`](crate::Server::bind) and
/// [`Client::connect`](crate::Client::connect).
///
/// | given | bound | connected |
/// |---|---|---|
/// | `12345`, any integer type | all interfaces; 1024–65535, or 0 for a free one | 127.0.0.1; 1024–65535 |
/// | `("host", 80)`, also with an [`IpAddr`] | that address; any port | that host; 1–65535 |
/// | [`SocketAddr`] | that address | that address |
/// | `"tcp://host:80"`, `"ipc://path"`, `"inproc://name"`, `"host:80"` | as it says; `*` and port 0 allowed | as it says |
/// | [`Endpoint`] | as it says | as it says |
/// | array, slice or `Vec` of these | all of them | all of them |
///
/// # Examples
///
/// ```
/// use zeroless::Client;
///
/// let client = Client::connect(12345)?;                     // this machine
/// client.connect(("localhost", 12346))?.connect("inproc://a")?;
/// client.connect(["tcp://127.0.0.1:7001", "tcp://[::1]:7001"])?;
/// assert_eq!(client.endpoints().len(), 5);
/// # Ok::<(), zeroless::Error>(())
/// ```
pub trait IntoEndpoints {
    /// The endpoints, checked for their use.
    #[doc(hidden)]
    fn into_endpoints(self, role: Role) -> Result<Vec<Endpoint>>;
}

/// An integer that is a port: all integer types are, so that no cast can wrap a wrong one.
///
/// ```
/// use zeroless::{Client, Error};
///
/// let wrong = Client::connect(99999).unwrap_err();
/// assert!(wrong.to_string().contains("between 1024 and 65535"), "{wrong}");
/// ```
pub trait Port: Copy {
    #[doc(hidden)]
    fn number(self) -> i128;
}

/// Reads an endpoint in full; wildcards (`*`, port 0) are allowed, as they are in `bind`.
impl FromStr for Endpoint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Endpoint> {
        Ok(Endpoint::parse(text, Role::Bind)?)
    }
}

fn wrong(endpoint: impl ToString, reason: impl ToString) -> Error {
    Error::InvalidEndpoint {
        endpoint: endpoint.to_string(),
        reason: reason.to_string(),
    }
}

/// A bare port number: 1024–65535, as in Python zeroless, or 0 to bind any free one.
pub(crate) fn bare_port(port: impl Port, role: Role) -> Result<Endpoint> {
    let number = port.number();
    let checked = match u16::try_from(number) {
        Ok(port @ 1024..) => port,
        Ok(0) if role.binds() => 0,
        _ if role.binds() => {
            return Err(wrong(
                number,
                "choose a port between 1024 and 65535, or 0 for any free one",
            ));
        }
        _ => {
            return Err(wrong(
                number,
                "choose a port between 1024 and 65535 (or name the host, too, for any: \
                 (\"localhost\", 80))",
            ));
        }
    };
    let host = match role {
        Role::Bind => Host::Any,
        Role::BindLocal | Role::Connect => Host::Ip(Ipv4Addr::LOCALHOST.into(), None),
    };
    Ok(Endpoint::tcp(host, checked))
}

/// A port that stands beside its host: any there is, and 0 to bind.
fn full_port(port: impl Port, role: Role, host: &dyn std::fmt::Display) -> Result<u16> {
    let number = port.number();
    match u16::try_from(number) {
        Ok(0) if !role.binds() => Err(wrong(
            format_args!("{host}:{number}"),
            "port 0 can be bound (any free port), but not connected to",
        )),
        Ok(port) => Ok(port),
        Err(_) => Err(wrong(
            format_args!("{host}:{number}"),
            "choose a port between 1 and 65535",
        )),
    }
}

macro_rules! ports {
    ($($integer:ty)*) => {$(
        impl Port for $integer {
            fn number(self) -> i128 {
                // Only a u128 can be too large, and no port is near that.
                i128::try_from(self).unwrap_or(i128::MAX)
            }
        }

        impl IntoEndpoints for $integer {
            fn into_endpoints(self, role: Role) -> Result<Vec<Endpoint>> {
                bare_port(self, role).map(|endpoint| vec![endpoint])
            }
        }
    )*};
}

ports! { u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize }

impl IntoEndpoints for &str {
    fn into_endpoints(self, role: Role) -> Result<Vec<Endpoint>> {
        // "host:80" can only mean one thing.
        let bare = self.contains(':') && !self.contains(":/");
        let text = match bare {
            true => format!("tcp://{self}"),
            false => self.to_owned(),
        };
        Ok(vec![Endpoint::parse(&text, role)?])
    }
}

impl IntoEndpoints for String {
    fn into_endpoints(self, role: Role) -> Result<Vec<Endpoint>> {
        self.as_str().into_endpoints(role)
    }
}

impl IntoEndpoints for &String {
    fn into_endpoints(self, role: Role) -> Result<Vec<Endpoint>> {
        self.as_str().into_endpoints(role)
    }
}

impl IntoEndpoints for Endpoint {
    fn into_endpoints(self, role: Role) -> Result<Vec<Endpoint>> {
        // Checked again: it may have been read as one to bind.
        self.to_string().into_endpoints(role)
    }
}

impl IntoEndpoints for &Endpoint {
    fn into_endpoints(self, role: Role) -> Result<Vec<Endpoint>> {
        self.to_string().into_endpoints(role)
    }
}

impl<P: Port> IntoEndpoints for (&str, P) {
    fn into_endpoints(self, role: Role) -> Result<Vec<Endpoint>> {
        let (host, port) = self;
        let port = full_port(port, role, &host)?;
        // An address without brackets is unambiguous here, where the port stands apart.
        let bracketed = match host.contains(':') && !host.starts_with('[') {
            true => format!("tcp://[{host}]:{port}"),
            false => format!("tcp://{host}:{port}"),
        };
        Ok(vec![Endpoint::parse(&bracketed, role)?])
    }
}

impl<P: Port> IntoEndpoints for (String, P) {
    fn into_endpoints(self, role: Role) -> Result<Vec<Endpoint>> {
        (self.0.as_str(), self.1).into_endpoints(role)
    }
}

impl<P: Port> IntoEndpoints for (&String, P) {
    fn into_endpoints(self, role: Role) -> Result<Vec<Endpoint>> {
        (self.0.as_str(), self.1).into_endpoints(role)
    }
}

macro_rules! addresses {
    ($($address:ty)*) => {$(
        impl<P: Port> IntoEndpoints for ($address, P) {
            fn into_endpoints(self, role: Role) -> Result<Vec<Endpoint>> {
                let (ip, port) = self;
                let port = full_port(port, role, &ip)?;
                Endpoint::tcp(Host::Ip(ip.into(), None), port).into_endpoints(role)
            }
        }
    )*};
}

addresses! { IpAddr Ipv4Addr std::net::Ipv6Addr }

macro_rules! socket_addresses {
    ($($address:ty)*) => {$(
        impl IntoEndpoints for $address {
            fn into_endpoints(self, role: Role) -> Result<Vec<Endpoint>> {
                let address = SocketAddr::from(self);
                full_port(address.port(), role, &address.ip())?;
                Endpoint::at(address).into_endpoints(role)
            }
        }
    )*};
}

socket_addresses! { SocketAddr SocketAddrV4 SocketAddrV6 }

fn each<T: IntoEndpoints>(list: impl IntoIterator<Item = T>, role: Role) -> Result<Vec<Endpoint>> {
    let lists = list.into_iter().map(|item| item.into_endpoints(role));
    lists
        .collect::<Result<Vec<_>>>()
        .map(|lists| lists.concat())
}

impl<T: IntoEndpoints> IntoEndpoints for Vec<T> {
    fn into_endpoints(self, role: Role) -> Result<Vec<Endpoint>> {
        each(self, role)
    }
}

impl<T: IntoEndpoints, const N: usize> IntoEndpoints for [T; N] {
    fn into_endpoints(self, role: Role) -> Result<Vec<Endpoint>> {
        each(self, role)
    }
}

impl<T: IntoEndpoints + Clone> IntoEndpoints for &[T] {
    fn into_endpoints(self, role: Role) -> Result<Vec<Endpoint>> {
        each(self.iter().cloned(), role)
    }
}

impl<T: IntoEndpoints + Clone> IntoEndpoints for &Vec<T> {
    fn into_endpoints(self, role: Role) -> Result<Vec<Endpoint>> {
        each(self.iter().cloned(), role)
    }
}
