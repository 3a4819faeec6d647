//! The clients that have called a server: they are told when it ends.

use std::collections::HashSet;

use parking_lot::Mutex;

/// The clients that have called, those aside that have done so by a relay.
#[derive(Debug, Default)]
pub(super) struct Callers(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// The name of each on the server's socket, which has 255 bytes at most.
    names: HashSet<Box<[u8]>>,
    /// The one that was the last to call: most calls come from the same one as the call before.
    last: Box<[u8]>,
}

/// How many are known at most. Those that have gone are among them, since nobody tells of that; so all are forgotten when
/// there are too many, and each is known again with its next call.
const MOST: usize = 10_000;

impl Callers {
    pub(super) fn add(&self, name: &[u8]) {
        let known = &mut *self.0.lock();
        if *known.last == *name {
            return;
        }
        known.last = name.into();
        if known.names.contains(name) {
            return;
        }
        if known.names.len() >= MOST {
            known.names.clear();
        }
        known.names.insert(name.into());
    }

    /// All, of whom none is known any more.
    pub(super) fn take(&self) -> HashSet<Box<[u8]>> {
        std::mem::take(&mut *self.0.lock()).names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_known_once_and_there_are_no_more_than_so_many() {
        let callers = Callers::default();
        for name in [b"a", b"a", b"b", b"a"] {
            callers.add(name);
        }
        assert_eq!(callers.take().len(), 2);
        assert!(callers.take().is_empty());
        for number in 0..=MOST {
            callers.add(&number.to_be_bytes());
        }
        let known = callers.take();
        assert!(known.len() <= MOST && known.contains(&MOST.to_be_bytes()[..]));
    }
}
