//! Giving up ports: libzmq closes a socket's listener some time after the socket was closed.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use log::debug;
use socket2::{Domain, Protocol, Socket, Type};

use crate::endpoint::Endpoint;

/// How long somebody may have a port that we have given up, before it is taken for somebody else's.
const LONGEST: Duration = Duration::from_secs(1);

/// How often it is looked.
const LOOK: Duration = Duration::from_micros(100);

/// Waits until others can bind where sockets were bound that are closed now.
pub(crate) fn wait_until_free(bound: &[Endpoint]) {
    let until = Instant::now() + LONGEST;
    for endpoint in bound {
        // Only the system knows the address of a name, or the interface of a zone.
        let Some(address) = endpoint.address() else {
            continue;
        };
        while is_listened_to(address) {
            if Instant::now() >= until {
                return debug!("{endpoint} is in use still, or again");
            }
            std::thread::sleep(LOOK);
        }
    }
}

/// Tries to bind there, as the next program will; but does not listen, so that nobody connects to
/// a socket that is closed at once. Connections that were accepted there are in nobody's way.
fn is_listened_to(address: SocketAddr) -> bool {
    let bind = || {
        let domain = Domain::for_address(address);
        let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())
    };
    bind().is_err_and(|error| error.kind() == std::io::ErrorKind::AddrInUse)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_port_is_free_when_nobody_listens() {
        for host in ["127.0.0.1", "0.0.0.0"] {
            let listener = TcpListener::bind((host, 0)).unwrap();
            let address = listener.local_addr().unwrap();
            assert!(is_listened_to(address));
            let _client = std::net::TcpStream::connect(address).unwrap();
            let _accepted = listener.accept().unwrap();
            drop(listener);
            assert!(!is_listened_to(address));
        }
    }
}
