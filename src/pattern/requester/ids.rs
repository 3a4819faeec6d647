//! Ids of requests. They are random, so a server that has got some cannot guess others.

use std::fmt;

use crate::error::{Error, Result};

/// How many ids are drawn at once: a draw is a system call.
const DRAWN: usize = 64;

const BYTES: usize = size_of::<u64>();

/// Ids to come.
pub(crate) struct Ids {
    bytes: [u8; DRAWN * BYTES],
    /// How many of the bytes are still to be used.
    left: usize,
}

impl Default for Ids {
    fn default() -> Ids {
        Ids {
            bytes: [0; DRAWN * BYTES],
            left: 0,
        }
    }
}

/// Without the ids, which are a secret.
impl fmt::Debug for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ids").finish_non_exhaustive()
    }
}

impl Ids {
    /// The next id, of 64 random bits.
    pub(crate) fn next(&mut self) -> Result<u64> {
        let (rest, id) = match self.bytes[..self.left].split_last_chunk::<BYTES>() {
            Some((rest, id)) => (rest.len(), *id),
            None => {
                let drawn = getrandom::fill(&mut self.bytes);
                drawn.map_err(|error| Error::system("drawing random numbers", error))?;
                let (rest, id) = self
                    .bytes
                    .split_last_chunk::<BYTES>()
                    .unwrap_or((&[], &[0; 8]));
                (rest.len(), *id)
            }
        };
        self.left = rest;
        Ok(u64::from_ne_bytes(id))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_id_follows_from_another() {
        let mut ids = Ids::default();
        let drawn: Vec<u64> = (0..10 * DRAWN).map(|_| ids.next().unwrap()).collect();
        assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), drawn.len());
        let near = |pair: &[u64]| pair[0].abs_diff(pair[1]) < 1 << 32;
        assert!(!drawn.windows(2).any(near));
        // Each bit is as often set as not, more or less.
        for bit in 0..64 {
            let set = drawn.iter().filter(|id| *id >> bit & 1 == 1).count();
            assert!((200..440).contains(&set), "bit {bit}: {set} of 640");
        }
    }
}
