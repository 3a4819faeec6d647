//! The network interfaces of this machine.

use std::ffi::{CStr, CString};
use std::io;
use std::net::SocketAddr;
use std::ptr::null_mut;

use super::address::read;

/// One address of an interface, which has several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InterfaceAddress {
    pub(crate) name: String,
    /// Without a port.
    pub(crate) address: SocketAddr,
    pub(crate) netmask: Option<SocketAddr>,
    flags: u32,
}

impl InterfaceAddress {
    /// Whether the interface has all these flags, such as `libc::IFF_UP`.
    pub(crate) fn has(&self, flags: i32) -> bool {
        self.flags & flags as u32 == flags as u32
    }
}

/// All addresses of all interfaces.
pub(crate) fn interfaces() -> io::Result<Vec<InterfaceAddress>> {
    let mut first = null_mut();
    // SAFETY: gives a list in `first`, or fails.
    if unsafe { libc::getifaddrs(&raw mut first) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let mut found = Vec::new();
    let mut next = first;
    // SAFETY: each entry of the list is there until the list is freed, below; NULL follows the last.
    while let Some(entry) = unsafe { next.as_ref() } {
        next = entry.ifa_next;
        // SAFETY: an entry's address is NULL, or one of its family, and as large as that says.
        let family = unsafe { entry.ifa_addr.as_ref() }.map_or(0, |it| it.sa_family.into());
        // SAFETY: as above.
        let Some(address) = (unsafe { read(entry.ifa_addr, family) }) else {
            continue;
        };
        found.push(InterfaceAddress {
            // SAFETY: an entry's name is a text that ends with NUL.
            name: unsafe { CStr::from_ptr(entry.ifa_name) }
                .to_string_lossy()
                .into_owned(),
            address,
            // SAFETY: as above; not all systems tell the family of a netmask.
            netmask: unsafe { read(entry.ifa_netmask, family) },
            flags: entry.ifa_flags,
        });
    }
    // SAFETY: the list is ours, and freed once; nothing refers to it any more.
    unsafe { libc::freeifaddrs(first) };
    Ok(found)
}

/// The number of the interface of this name, if there is one.
pub(crate) fn interface_index(name: &str) -> Option<u32> {
    let name = CString::new(name).ok()?;
    // SAFETY: the name ends with NUL.
    let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
    (index != 0).then_some(index)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn loopback_is_there_with_its_netmask_and_its_number() {
        let all = interfaces().unwrap();
        let lo = all.iter().find(|it| it.address.ip() == Ipv4Addr::LOCALHOST);
        let lo = lo.expect("loopback");
        assert!(lo.has(libc::IFF_UP | libc::IFF_LOOPBACK) && !lo.has(libc::IFF_BROADCAST));
        let netmask = lo.netmask.map(|it| it.ip());
        assert_eq!(netmask, Some(Ipv4Addr::new(255, 0, 0, 0).into()));
        assert!(interface_index(&lo.name).is_some());
        assert_eq!(interface_index("nowhere0"), None);
        assert_eq!(interface_index("no\0where"), None);
    }
}
