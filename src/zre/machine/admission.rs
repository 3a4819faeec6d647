//! Admission: how many nodes may be known, in all and at each address, and how many bytes of them are kept.

use std::collections::HashMap;
use std::net::IpAddr;

use super::bounds::Bounds;

/// How many nodes are known at each address. Anybody can claim to be any number of nodes, so an unverified
/// node at the address with the most of them makes room for others.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    by_address: HashMap<IpAddr, Count>,
    unverified: usize,
    /// The bytes that are kept of all nodes.
    bytes: usize,
}

#[derive(Debug, Default)]
struct Count {
    all: usize,
    unverified: usize,
}

/// Whether one more node is admitted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Admit,
    Refuse,
    /// It is, once an unverified node at this address is forgotten.
    Replace(IpAddr),
}

impl Admission {
    /// A node at this address is known, and is not verified.
    pub(crate) fn add(&mut self, host: IpAddr) {
        let count = self.by_address.entry(host).or_default();
        count.all += 1;
        count.unverified += 1;
        self.unverified += 1;
    }

    /// A node at this address is verified.
    pub(crate) fn verify(&mut self, host: IpAddr) {
        if let Some(count) = self.by_address.get_mut(&host) {
            count.unverified -= 1;
            self.unverified -= 1;
        }
    }

    /// A node is forgotten, and this many bytes of it.
    pub(crate) fn remove(&mut self, host: IpAddr, verified: bool, bytes: usize) {
        if !verified {
            self.verify(host);
        }
        self.bytes -= bytes;
        if let Some(count) = self.by_address.get_mut(&host) {
            count.all -= 1;
            if count.all == 0 {
                self.by_address.remove(&host);
            }
        }
    }

    /// Changes the number of bytes that are kept of a node.
    pub(crate) fn replace_bytes(&mut self, before: usize, now: usize) {
        self.bytes = self.bytes - before + now;
    }

    /// Whether this many bytes more are too many.
    pub(crate) fn is_full(&self, more: usize, bounds: &Bounds) -> bool {
        self.bytes.saturating_add(more) > bounds.bytes
    }

    pub(crate) fn verdict(&self, host: IpAddr, bounds: &Bounds) -> Verdict {
        let count = self.by_address.get(&host);
        let (all, unverified_here) = count.map_or((0, 0), |count| (count.all, count.unverified));
        if all >= bounds.known_at_an_address() || unverified_here >= bounds.unverified / 2 {
            return Verdict::Refuse;
        }
        if self.unverified < bounds.unverified {
            return Verdict::Admit;
        }
        match self
            .by_address
            .iter()
            .max_by_key(|(_, count)| count.unverified)
        {
            Some((most, count)) if count.unverified > unverified_here + 1 => {
                Verdict::Replace(*most)
            }
            _ => Verdict::Refuse,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn host(n: u8) -> IpAddr {
        Ipv4Addr::new(10, 0, 0, n).into()
    }

    #[test]
    fn the_address_with_most_claims_makes_room() {
        let bounds = Bounds {
            unverified: 8,
            ..Bounds::default()
        };
        let mut admission = Admission::default();
        for n in [1, 1, 1, 1, 2, 2, 2] {
            assert_eq!(admission.verdict(host(n), &bounds), Verdict::Admit);
            admission.add(host(n));
        }
        assert_eq!(
            admission.verdict(host(1), &bounds),
            Verdict::Refuse,
            "half of all"
        );
        admission.add(host(3));
        assert_eq!(
            admission.verdict(host(3), &bounds),
            Verdict::Replace(host(1))
        );
        assert_eq!(admission.verdict(host(2), &bounds), Verdict::Refuse);
        admission.remove(host(1), false, 0);
        assert_eq!(admission.verdict(host(2), &bounds), Verdict::Admit);
    }

    #[test]
    fn one_address_leaves_room_for_others() {
        let bounds = Bounds::default();
        let mut admission = Admission::default();
        for _ in 0..bounds.known / 2 {
            assert_eq!(admission.verdict(host(1), &bounds), Verdict::Admit);
            admission.add(host(1));
            admission.verify(host(1));
        }
        assert_eq!(admission.verdict(host(1), &bounds), Verdict::Refuse);
        assert_eq!(admission.verdict(host(2), &bounds), Verdict::Admit);
        admission.remove(host(1), true, 0);
        assert_eq!(admission.verdict(host(1), &bounds), Verdict::Admit);
    }

    #[test]
    fn few_peers_may_all_be_at_one_address() {
        let bounds = Bounds {
            known: 3,
            ..Bounds::default()
        };
        assert_eq!(bounds.known_at_an_address(), 3);
    }
}
