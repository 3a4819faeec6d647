//! Forks: a child does not touch the things that its parent made.
//!
//! A child has one thread only. A lock that another thread held at the fork is never released there,
//! and there is no thread to wait for. So everything that a child can reach is behind one of these
//! types, which compare the number of forks before they do anything.

use parking_lot::{Mutex, MutexGuard};

use crate::error::{BoxedError, Error, Result};
use crate::ffi::{self, DroppedHere};

/// The process that made something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ForkOrigin {
    forks: u32,
}

impl ForkOrigin {
    /// This process.
    pub(crate) fn here() -> ForkOrigin {
        ffi::count_forks();
        ForkOrigin {
            forks: ffi::forks(),
        }
    }

    #[inline]
    pub(crate) fn is_here(self) -> bool {
        self.forks == ffi::forks()
    }

    /// An error in a child of the process.
    #[inline]
    pub(crate) fn check(self) -> Result<(), BoxedError> {
        match self.is_here() {
            true => Ok(()),
            false => Err(forked()),
        }
    }
}

#[cold]
fn forked() -> BoxedError {
    Error::Forked.into()
}

/// A mutex that a child does not lock; nor does it drop the value in it.
#[derive(Debug)]
pub(crate) struct ForkMutex<T> {
    origin: ForkOrigin,
    mutex: DroppedHere<Mutex<T>>,
}

impl<T> ForkMutex<T> {
    pub(crate) fn new(value: T) -> ForkMutex<T> {
        ForkMutex {
            origin: ForkOrigin::here(),
            mutex: DroppedHere::new(Mutex::new(value)),
        }
    }

    #[inline]
    pub(crate) fn lock(&self) -> Result<MutexGuard<'_, T>, BoxedError> {
        self.check()?;
        Ok(self.mutex.lock())
    }

    /// Locks it again, in a call that has had it.
    pub(crate) fn relock(&self) -> MutexGuard<'_, T> {
        self.mutex.lock()
    }

    #[inline]
    pub(crate) fn check(&self) -> Result<(), BoxedError> {
        self.origin.check()
    }

    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.mutex.get_mut()
    }
}

impl<T: Default> Default for ForkMutex<T> {
    fn default() -> ForkMutex<T> {
        ForkMutex::new(T::default())
    }
}

/// A value that a child can still read, as it was at the fork, but does not drop. There is none if
/// another thread was just changing it then.
#[derive(Debug)]
pub(crate) struct ForkShared<T> {
    origin: ForkOrigin,
    /// std's, which a child can try without touching anything else of this process.
    value: DroppedHere<std::sync::Mutex<T>>,
}

impl<T: Clone> ForkShared<T> {
    pub(crate) fn new(value: T) -> ForkShared<T> {
        ForkShared {
            origin: ForkOrigin::here(),
            value: DroppedHere::new(std::sync::Mutex::new(value)),
        }
    }

    /// A copy of it.
    pub(crate) fn get(&self) -> Option<T> {
        let value = match self.origin.is_here() {
            true => self.value.lock().ok(),
            false => self.value.try_lock().ok(),
        };
        value.map(|value| value.clone())
    }

    /// Puts another in its place.
    pub(crate) fn set(&self, value: T) -> Result<()> {
        self.origin.check()?;
        if let Ok(mut old) = self.value.lock() {
            *old = value;
        }
        Ok(())
    }
}

/// A value that a child neither uses nor drops: it may be half changed, and its drop may wait.
#[derive(Debug, Clone)]
pub(crate) struct ForkGuard<T> {
    origin: ForkOrigin,
    value: DroppedHere<T>,
}

impl<T> ForkGuard<T> {
    pub(crate) fn new(value: T) -> ForkGuard<T> {
        ForkGuard::by(ForkOrigin::here(), value)
    }

    /// Something that this process made.
    pub(crate) fn by(origin: ForkOrigin, value: T) -> ForkGuard<T> {
        ForkGuard {
            origin,
            value: DroppedHere::new(value),
        }
    }

    pub(crate) fn get(&self) -> Result<&T, BoxedError> {
        self.origin.check()?;
        Ok(&self.value)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_child_drops_nothing_that_may_be_half_changed() {
        let value = Arc::new(());
        let (own, mutex) = (ForkGuard::new(value.clone()), ForkMutex::new(value.clone()));
        assert!(ffi::tests::in_child(|| {
            drop((own, mutex));
            Arc::strong_count(&value) == 3
        }));
    }

    #[test]
    fn a_value_shared_with_a_child_can_be_read_there_and_not_changed() {
        let shared = ForkShared::new(1);
        shared.set(2).unwrap();
        assert_eq!(shared.get(), Some(2));
        assert!(ffi::tests::in_child(|| {
            shared.get() == Some(2) && shared.set(3).is_err()
        }));
    }

    #[test]
    fn a_value_just_changed_at_the_fork_is_not_there_in_a_child() {
        let shared = ForkShared::new(1);
        let changing = shared.value.lock().unwrap();
        assert!(ffi::tests::in_child(|| shared.get().is_none()));
        drop(changing);
        assert_eq!(shared.get(), Some(1));
    }

    #[test]
    fn its_maker_drops_it() {
        let value = Arc::new(());
        drop((ForkGuard::new(value.clone()), ForkMutex::new(value.clone())));
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
