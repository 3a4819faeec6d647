//! Where one input ends and the next begins.

use crate::format::{Format, find};

/// An input that is longer than this is a mistake: nothing can take it.
const LONGEST: usize = 1 << 30;

/// How inputs are told from each other.
#[derive(Debug)]
pub(super) enum Splitter {
    /// Each ends with this.
    Ends(Vec<u8>),
    /// All is one.
    Whole,
    /// Whatever is there, no more than this.
    Blocks(usize),
    /// Each says where it ends.
    Frames,
}

/// Where the first input ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// After so many bytes; so many more are not part of any.
    At { length: usize, skipped: usize },
    /// It is not there yet.
    Unknown,
}

impl Splitter {
    /// Finds the end of the first input, of which `searched` bytes are known to have none.
    pub(super) fn cut(&self, bytes: &[u8], searched: usize) -> Result<Cut, String> {
        let cut = match self {
            Splitter::Ends(end) => {
                let searched = searched.min(bytes.len());
                let found = find(&bytes[searched..], end);
                found.map(|at| (searched + at, end.len()))
            }
            Splitter::Whole => None,
            Splitter::Blocks(_) if bytes.is_empty() => None,
            Splitter::Blocks(size) => Some((bytes.len().min(*size), 0)),
            Splitter::Frames => Format::end_of_frames(bytes)?.map(|end| (end, 0)),
        };
        match cut {
            Some((length, skipped)) => Ok(Cut::At { length, skipped }),
            None if bytes.len() > LONGEST => {
                Err("an input is longer than 1 GiB (--in raw sends it in blocks)".to_owned())
            }
            None => Ok(Cut::Unknown),
        }
    }

    /// Up to where no end can begin, if none was found in so many bytes.
    pub(super) fn searched(&self, bytes: usize) -> usize {
        match self {
            Splitter::Ends(end) => (bytes + 1).saturating_sub(end.len()),
            _ => 0,
        }
    }
}
