//! Which of two ways to one node is the newer one.

use std::cmp::Ordering;

/// How a list of moves is beside the one that is known, for one life of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    /// It is to be used from now on.
    Newer,
    /// The other is newer.
    Older,
    /// It begins with what is known: it has come round to where it was told.
    Echo,
}

/// How `theirs` is beside `mine`: the first number that differs decides, and the larger is newer. A shorter list that
/// mine begins with is the way that mine has come round; an equal one is the same way, told by a newer connection.
pub(super) fn age(mine: &[u32], theirs: &[u32]) -> Age {
    let mut pairs = mine.iter().zip(theirs);
    match pairs.find(|(mine, theirs)| mine != theirs) {
        Some((mine, theirs)) if mine < theirs => Age::Newer,
        Some(_) => Age::Older,
        None => match theirs.len().cmp(&mine.len()) {
            Ordering::Greater => Age::Echo,
            Ordering::Equal | Ordering::Less => Age::Newer,
        },
    }
}
