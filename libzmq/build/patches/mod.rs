//! What we change in libzmq, and why. One more is one more entry, and a module of its name in
//! tests/patches, whose test fails without it.

mod faults;
mod losses;
mod reports;
mod speed;

use crate::patch::Patch;

/// All of them, in the order in which they are made.
pub(crate) fn all() -> impl Iterator<Item = &'static Patch> + Clone {
    let all = [
        faults::PATCHES,
        losses::PATCHES,
        reports::PATCHES,
        speed::PATCHES,
    ];
    all.into_iter().flatten()
}
