//! Who is at a path of ipc.

use std::io;

use socket2::{Domain, SockAddr, Socket, Type};

/// Who is at a path of ipc, as far as the system tells.
#[derive(Debug)]
pub(crate) enum Path {
    /// Nobody: there is nothing, or what a server has left behind.
    Nobody,
    /// Somebody serves it, or something that is not ours to take.
    Served,
    /// It is not for us to know.
    NoPermission,
    /// It cannot be told.
    Unknown(io::Error),
}

impl Path {
    /// Asks, without waiting: a server whose queue of connections is full serves, too.
    pub(crate) fn probe(path: &str) -> Path {
        let connect = || {
            let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
            socket.set_nonblocking(true)?;
            socket.connect(&SockAddr::unix(path)?)
        };
        let Err(error) = connect() else {
            return Path::Served;
        };
        match error.raw_os_error() {
            Some(libc::ECONNREFUSED | libc::ENOENT) => Path::Nobody,
            // A full queue; a connection that is not there at once; a socket of another type.
            Some(libc::EAGAIN | libc::EINPROGRESS | libc::EPROTOTYPE) => Path::Served,
            Some(libc::EACCES | libc::EPERM) => Path::NoPermission,
            _ => Path::Unknown(error),
        }
    }
}
