//! Reading an endpoint.

use super::{Endpoint, Host, Place};

/// The use of an endpoint: it decides what a bare port and a wildcard mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// To bind; a bare port is bound on all interfaces.
    Bind,
    /// To bind; a bare port is bound on loopback.
    BindLocal,
    /// To connect; a bare port is this machine's.
    Connect,
}

impl Role {
    pub(crate) fn binds(self) -> bool {
        self != Role::Connect
    }
}

/// A text that is not an endpoint.
#[derive(Debug)]
pub(crate) struct InvalidEndpoint {
    pub(crate) endpoint: String,
    pub(crate) reason: String,
}

/// The longest path of a Unix socket: `sun_path` is 108 bytes, with the NUL.
const LONGEST_IPC: usize = 107;

/// The longest name libzmq keeps of an inproc endpoint.
const LONGEST_INPROC: usize = 255;

/// The handler that lets clients into secured servers is bound to this name: another socket there would let
/// in anybody, or end the process.
const AUTHENTICATION: &str = "zeromq.zap.01";

impl Endpoint {
    /// Reads an endpoint; `role` says which of its wildcards make sense.
    pub(crate) fn parse(text: &str, role: Role) -> Result<Endpoint, InvalidEndpoint> {
        let wrong = |reason: &str| InvalidEndpoint {
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
            return Err(format!("`{port}` is not a port number"));
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
        _ if name == AUTHENTICATION => {
            Err("it is reserved: clients are let into secured servers there".to_owned())
        }
        _ => Ok(Place::Inproc(name.to_owned())),
    }
}
