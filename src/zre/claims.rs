//! How many nodes are at each address that have not proven that they are there.

use std::collections::HashMap;
use std::net::IpAddr;

use super::Bounds;

/// Anybody can claim to be any number of nodes; whoever claims most has to make room for others.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    at: HashMap<IpAddr, usize>,
    all: usize,
}

/// Whether there is room for one more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Room {
    Yes,
    No,
    /// Once one at this address is forgotten.
    Instead(IpAddr),
}

impl Claims {
    pub(crate) fn add(&mut self, host: IpAddr) {
        *self.at.entry(host).or_default() += 1;
        self.all += 1;
    }

    pub(crate) fn remove(&mut self, host: IpAddr) {
        if let Some(count) = self.at.get_mut(&host) {
            *count -= 1;
            self.all -= 1;
            if *count == 0 {
                self.at.remove(&host);
            }
        }
    }

    pub(crate) fn room(&self, host: IpAddr, bounds: &Bounds) -> Room {
        let here = self.at.get(&host).copied().unwrap_or(0);
        if here >= bounds.unproven / 2 {
            return Room::No;
        }
        if self.all < bounds.unproven {
            return Room::Yes;
        }
        match self.at.iter().max_by_key(|(_, count)| **count) {
            Some((most, count)) if *count > here + 1 => Room::Instead(*most),
            _ => Room::No,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn who_claims_most_makes_room() {
        let bounds = Bounds {
            unproven: 8,
            ..Bounds::default()
        };
        let host = |n| IpAddr::from(Ipv4Addr::new(10, 0, 0, n));
        let mut claims = Claims::default();
        for n in [1, 1, 1, 1, 2, 2, 2] {
            assert_eq!(claims.room(host(n), &bounds), Room::Yes);
            claims.add(host(n));
        }
        assert_eq!(claims.room(host(1), &bounds), Room::No, "half of all");
        claims.add(host(3));
        assert_eq!(claims.room(host(3), &bounds), Room::Instead(host(1)));
        assert_eq!(claims.room(host(2), &bounds), Room::No);
        claims.remove(host(1));
        assert_eq!(claims.room(host(2), &bounds), Room::Yes);
    }
}
