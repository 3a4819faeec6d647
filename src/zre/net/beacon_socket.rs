//! The UDP socket of beacons.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};

use log::debug;
use socket2::{Domain, Protocol, Type};

use super::interface::Interface;
use crate::error::Result;
use crate::wake::io_error;
use crate::zre::wire::{Beacon, LONGEST_BEACON};

/// How many are heard at once, before anything else gets its turn.
const TURN: usize = 64;

/// A UDP port, and the interface that others are on.
#[derive(Debug)]
pub(crate) struct BeaconSocket {
    socket: UdpSocket,
    interface: Interface,
    port: u16,
    /// Whether nodes on this machine's loopback are heard wherever ours is.
    hears_loopback: bool,
}

impl BeaconSocket {
    /// Listens to a port. `hears_loopback` says whether nodes on this machine's loopback are heard
    /// as well as those on the interface: others cannot send from there.
    pub(crate) fn open(
        interface: Interface,
        port: u16,
        hears_loopback: bool,
    ) -> Result<BeaconSocket> {
        let open = || {
            let socket = socket2::Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
            // Others on this machine listen to the same port.
            socket.set_reuse_address(true)?;
            socket.set_reuse_port(true)?;
            socket.set_broadcast(true)?;
            socket.set_nonblocking(true)?;
            let anywhere = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port);
            socket.bind(&SocketAddr::from(anywhere).into())?;
            Ok(socket.into())
        };
        let socket = open().map_err(|error| io_error("listening for beacons", &error))?;
        Ok(BeaconSocket {
            socket,
            interface,
            port,
            hears_loopback,
        })
    }

    pub(crate) fn fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }

    pub(crate) fn move_to(&mut self, interface: Interface) {
        self.interface = interface;
    }

    /// Sends a beacon, if that can be now; false if our address is gone. The beacon would come from
    /// another then, at which our inbox is not.
    pub(crate) fn send(&self, beacon: Beacon) -> bool {
        let here = UdpSocket::bind((self.interface.address, 0));
        if here.is_err_and(|error| error.kind() == ErrorKind::AddrNotAvailable) {
            return false;
        }
        let to = SocketAddrV4::new(self.interface.broadcast, self.port);
        if let Err(error) = self.socket.send_to(&beacon.encode(), to) {
            debug!("a beacon on {}: {error}", self.interface);
        }
        true
    }

    /// Receives beacons; false if there are no more.
    pub(crate) fn receive(&self, mut received: impl FnMut(Beacon, IpAddr)) -> bool {
        let mut datagram = [0; LONGEST_BEACON + 1];
        for _ in 0..TURN {
            match self.socket.recv_from(&mut datagram) {
                Ok((len, from)) => {
                    if let Some(beacon) = Beacon::decode(&datagram[..len])
                        && self.is_near(from.ip())
                    {
                        received(beacon, from.ip());
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
        true
    }

    fn is_near(&self, address: IpAddr) -> bool {
        self.interface.reaches(address) || (self.hears_loopback && address.is_loopback())
    }
}
