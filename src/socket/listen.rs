//! Taking ports and paths for a server, before there is a socket.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::FileTypeExt;

use log::warn;

use super::resolve::resolve;
use super::system;
use crate::endpoint::{Endpoint, Host, Path, Place};
use crate::error::{Error, Result};
use crate::ffi;

/// How many ports are tried until one is free at all addresses of a name.
const ATTEMPTS: usize = 20;

/// The listeners taken for one endpoint, each with the endpoint of its own address.
pub(crate) type Listeners = Vec<(TcpListener, Endpoint)>;

/// Takes the port of a tcp endpoint, so that nobody else can, before there is a socket: at all
/// addresses of a host's name, at the first of an interface's.
///
/// `None` for other transports, which only libzmq can bind.
pub(crate) fn take_ports(endpoint: &Endpoint) -> Result<Option<Listeners>> {
    let Place::Tcp { host, port } = endpoint.place() else {
        return Ok(None);
    };
    let addresses = match host {
        Host::Any => vec![SocketAddr::from((Ipv4Addr::UNSPECIFIED, *port))],
        Host::Ip(ip, None) => vec![SocketAddr::from((*ip, *port))],
        Host::Ip(ip, Some(zone)) => {
            let zoned = resolve(&format!("{ip}%{zone}"), *port);
            zoned.map_err(|_| no_interface(endpoint, zone))?
        }
        Host::Name(name) => match of_interface(name, *port) {
            Some(address) => vec![address],
            None => resolve(name, *port).map_err(|error| {
                let reason = format!("there is no such host or interface ({error})");
                invalid(endpoint, &reason)
            })?,
        },
    };
    let literal_host = match host {
        Host::Name(_) => None,
        host => Some(host),
    };
    for _ in 1..ATTEMPTS {
        match listen_at_all(endpoint, literal_host, &addresses) {
            // The port is free at one address, and not at another: another port may be free at both.
            Err(Error::AddressInUse { .. }) if *port == 0 => {}
            outcome => return outcome.map(Some),
        }
    }
    listen_at_all(endpoint, literal_host, &addresses).map(Some)
}

/// Takes the port at all these addresses that the machine has, or at none.
fn listen_at_all(
    endpoint: &Endpoint,
    literal_host: Option<&Host>,
    addresses: &[SocketAddr],
) -> Result<Listeners> {
    let mut listeners = Listeners::new();
    let mut missing = libc::ENODEV;
    let mut port = addresses.first().map_or(0, SocketAddr::port);
    for address in addresses {
        let own = |port| match literal_host {
            Some(host) => Endpoint::tcp(host.clone(), port),
            None => Endpoint::at(SocketAddr::new(address.ip(), port)),
        };
        let mut at = *address;
        at.set_port(port);
        let listened = TcpListener::bind(at).and_then(|listener| {
            listener.set_nonblocking(true)?;
            port = listener.local_addr()?.port();
            Ok(listener)
        });
        let failed = |error: io::Error| error.raw_os_error().unwrap_or(0);
        match listened.map_err(failed) {
            Ok(listener) => listeners.push((listener, own(port))),
            // A name may have an address that this machine does not use, such as ::1.
            Err(errno @ (libc::EADDRNOTAVAIL | libc::EAFNOSUPPORT)) => missing = errno,
            Err(errno) => return Err(bind_error(&own(port), errno)),
        }
    }
    match listeners.is_empty() {
        true => Err(bind_error(endpoint, missing)),
        false => Ok(listeners),
    }
}

/// The address of a network interface: its first of IPv4, or of IPv6 if it has no other.
fn of_interface(name: &str, port: u16) -> Option<SocketAddr> {
    let all = ffi::interfaces().ok()?;
    let own = all.into_iter().filter(|it| it.name == name);
    let mut first = own.map(|it| it.address).min_by_key(SocketAddr::is_ipv6)?;
    first.set_port(port);
    Some(first)
}

/// The endpoint as libzmq is given it: with a zone's index, since not every libzmq takes its name.
pub(super) fn with_index(endpoint: &Endpoint) -> Result<String> {
    match endpoint.place() {
        Place::Tcp {
            host: Host::Ip(IpAddr::V6(ip), Some(zone)),
            port,
        } if zone.parse::<u32>().is_err() => {
            let index = ffi::interface_index(zone).ok_or_else(|| no_interface(endpoint, zone))?;
            Ok(format!("tcp://[{ip}%{index}]:{port}"))
        }
        _ => Ok(endpoint.to_string()),
    }
}

fn invalid(endpoint: &Endpoint, reason: &str) -> Error {
    Error::InvalidEndpoint {
        endpoint: endpoint.to_string(),
        reason: reason.to_owned(),
    }
}

fn no_interface(endpoint: &Endpoint, zone: &str) -> Error {
    invalid(
        endpoint,
        &format!("this machine has no network interface `{zone}`"),
    )
}

pub(super) fn bind_error(endpoint: &Endpoint, errno: ffi::Errno) -> Error {
    match errno {
        libc::EADDRINUSE => Error::AddressInUse {
            endpoint: endpoint.clone(),
        },
        libc::ENODEV => invalid(endpoint, "there is no such host or interface"),
        libc::EADDRNOTAVAIL | libc::EAFNOSUPPORT => {
            invalid(endpoint, "this machine has no such address")
        }
        libc::EACCES => invalid(endpoint, "permission denied"),
        libc::ENOENT | libc::ENOTDIR => invalid(endpoint, "there is no such directory"),
        errno => system("binding", errno),
    }
}

/// Refuses an ipc path that others use: libzmq would delete their socket.
pub(crate) fn check_path(endpoint: &Endpoint) -> Result<()> {
    let Place::Ipc(path) = endpoint.place() else {
        return Ok(());
    };
    if path == "*" || path.starts_with('@') {
        return Ok(());
    }
    let Ok(found) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    if !found.file_type().is_socket() {
        let reason = "there is a file of this name that is not a socket";
        return Err(invalid(endpoint, reason));
    }
    match Path::probe(path) {
        Path::Nobody => {
            warn!("{endpoint}: taking over a socket that nobody serves");
            Ok(())
        }
        Path::Served => Err(Error::AddressInUse {
            endpoint: endpoint.clone(),
        }),
        Path::NoPermission => Err(invalid(
            endpoint,
            "permission denied: another user's socket is there and may be served; remove it if \
             nobody serves it",
        )),
        Path::Unknown(error) => {
            let reason = format!("it is unknown whether the socket there is served ({error})");
            Err(invalid(endpoint, &reason))
        }
    }
}
