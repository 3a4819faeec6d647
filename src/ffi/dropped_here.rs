//! Values that a forked child does not drop.

use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};

use super::{count_forks, forks};

/// Something that only the process that made it drops: in a child it may be half changed, by a thread
/// that the child does not have.
#[derive(Debug, Clone)]
pub(crate) struct DroppedHere<T> {
    value: ManuallyDrop<T>,
    forks: u32,
}

impl<T> DroppedHere<T> {
    pub(crate) fn new(value: T) -> DroppedHere<T> {
        count_forks();
        DroppedHere {
            value: ManuallyDrop::new(value),
            forks: forks(),
        }
    }
}

impl<T> Deref for DroppedHere<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for DroppedHere<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T> Drop for DroppedHere<T> {
    fn drop(&mut self) {
        if self.forks == forks() {
            // SAFETY: it is dropped nowhere else, and nobody uses it after this.
            unsafe { ManuallyDrop::drop(&mut self.value) }
        }
    }
}
