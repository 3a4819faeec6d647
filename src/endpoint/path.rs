//! The state of a path of ipc.

use std::io;
use std::os::unix::net::UnixDatagram;

/// Whether a path of ipc is served, as far as the system says.
#[derive(Debug)]
pub(crate) enum Path {
    /// Nobody: there is nothing, or a socket that a server has left behind.
    Nobody,
    /// Somebody serves it, or something that is not ours to take.
    Served,
    /// It is not for us to know.
    NoPermission,
    /// The system does not say.
    Unknown(io::Error),
}

impl Path {
    /// Asks by a socket of another type, which never waits: a server refuses its type, and nobody
    /// refuses any.
    pub(crate) fn probe(path: &str) -> Path {
        let connect = || UnixDatagram::unbound()?.connect(path);
        let Err(error) = connect() else {
            return Path::Served;
        };
        match error.raw_os_error() {
            Some(libc::ECONNREFUSED | libc::ENOENT) => Path::Nobody,
            Some(libc::EPROTOTYPE) => Path::Served,
            Some(libc::EACCES | libc::EPERM) => Path::NoPermission,
            _ => Path::Unknown(error),
        }
    }
}
