//! Addresses, as the system writes them.

use std::mem::{size_of, zeroed};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::os::fd::RawFd;
use std::ptr;

/// The address at the other end of a connection over tcp; `None` if there is none. A file descriptor
/// that is closed or another's by now does no harm: this only looks.
pub(crate) fn peer_address(fd: RawFd) -> Option<SocketAddr> {
    // SAFETY: zeros are an address, of no family.
    let mut address: libc::sockaddr_storage = unsafe { zeroed() };
    let mut length = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
    // SAFETY: the pointers are to an address and to how large it is, which nobody else uses.
    match unsafe { libc::getpeername(fd, (&raw mut address).cast(), &raw mut length) } {
        // SAFETY: the pointer is to an address that is larger than any.
        0 => unsafe { read((&raw const address).cast(), address.ss_family.into()) },
        _ => None,
    }
}

/// Reads an address of this family; `None` for another than those of IP.
///
/// # Safety
///
/// The pointer is NULL, or to an address as large as its family (or its own length) says.
pub(super) unsafe fn read(address: *const libc::sockaddr, family: i32) -> Option<SocketAddr> {
    if address.is_null() {
        return None;
    }
    match family {
        libc::AF_INET => {
            // SAFETY: as the caller promises; zeros are a `sockaddr_in`.
            let v4: libc::sockaddr_in = unsafe { copy(address) };
            let ip = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
            Some(SocketAddr::from((ip, u16::from_be(v4.sin_port))))
        }
        libc::AF_INET6 => {
            // SAFETY: as the caller promises; zeros are a `sockaddr_in6`.
            let v6: libc::sockaddr_in6 = unsafe { copy(address) };
            let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
            let port = u16::from_be(v6.sin6_port);
            let v6 = SocketAddrV6::new(ip, port, v6.sin6_flowinfo, v6.sin6_scope_id);
            Some(SocketAddr::V6(v6))
        }
        _ => None,
    }
}

/// Copies an address of any alignment; the bytes that a shorter one lacks are zero, as of a netmask.
///
/// # Safety
///
/// The pointer is to a `T`, or to an address whose own length says how much of it there is; zeros
/// are a `T`.
unsafe fn copy<T>(address: *const libc::sockaddr) -> T {
    // SAFETY: as the caller promises.
    let mut copied: T = unsafe { zeroed() };
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let length = size_of::<T>();
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    // SAFETY: as the caller promises: an address of these systems begins with its length.
    let length = size_of::<T>().min(unsafe { (*address).sa_len }.into());
    // SAFETY: there are `length` bytes at the one, and room for them at the other.
    unsafe { ptr::copy_nonoverlapping(address.cast::<u8>(), (&raw mut copied).cast(), length) };
    copied
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn the_other_end_of_a_connection_has_its_address() {
        for host in ["127.0.0.1", "::1"] {
            let Ok(listener) = TcpListener::bind((host, 0)) else {
                continue; // without IPv6
            };
            let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            assert_eq!(peer_address(client.as_raw_fd()), listener.local_addr().ok());
        }
        let (one, _two) = UnixStream::pair().unwrap();
        assert_eq!(peer_address(one.as_raw_fd()), None);
        assert_eq!(peer_address(-1), None);
    }
}
