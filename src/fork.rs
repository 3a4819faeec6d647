//! Forks: what a process made is not touched in a child of that process.
//!
//! A child has one thread only. A lock that another thread held at the fork is never released there,
//! and nobody is there to be waited for. So whatever a child may meet is behind one of these, which
//! look at the number of forks before they do anything.

use parking_lot::{Mutex, MutexGuard};

use crate::error::{Error, Fault, Result};
use crate::raw;

/// The process that made something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Origin {
    forks: u32,
}

impl Origin {
    /// This process.
    pub(crate) fn here() -> Origin {
        raw::count_forks();
        Origin {
            forks: raw::forks(),
        }
    }

    #[inline]
    pub(crate) fn is_here(self) -> bool {
        self.forks == raw::forks()
    }

    /// An error in a child of the process.
    #[inline]
    pub(crate) fn check(self) -> Result<(), Fault> {
        match self.is_here() {
            true => Ok(()),
            false => Err(forked()),
        }
    }
}

#[cold]
fn forked() -> Fault {
    Error::Forked.into()
}

/// A mutex that a child does not lock.
#[derive(Debug)]
pub(crate) struct OwnMutex<T> {
    origin: Origin,
    mutex: Mutex<T>,
}

impl<T> OwnMutex<T> {
    pub(crate) fn new(value: T) -> OwnMutex<T> {
        OwnMutex {
            origin: Origin::here(),
            mutex: Mutex::new(value),
        }
    }

    #[inline]
    pub(crate) fn lock(&self) -> Result<MutexGuard<'_, T>, Fault> {
        self.check()?;
        Ok(self.mutex.lock())
    }

    /// Locks it again, in a call that has had it.
    pub(crate) fn relock(&self) -> MutexGuard<'_, T> {
        self.mutex.lock()
    }

    #[inline]
    pub(crate) fn check(&self) -> Result<(), Fault> {
        self.origin.check()
    }

    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.mutex.get_mut()
    }
}

impl<T: Default> Default for OwnMutex<T> {
    fn default() -> OwnMutex<T> {
        OwnMutex::new(T::default())
    }
}

/// Something that a child neither uses nor drops: it may be half changed, and its drop may wait.
#[derive(Debug, Clone)]
pub(crate) struct Own<T> {
    origin: Origin,
    /// Always there until the drop.
    value: Option<T>,
}

impl<T> Own<T> {
    pub(crate) fn new(value: T) -> Own<T> {
        Own::by(Origin::here(), value)
    }

    /// Something that this process made.
    pub(crate) fn by(origin: Origin, value: T) -> Own<T> {
        Own {
            origin,
            value: Some(value),
        }
    }

    pub(crate) fn get(&self) -> Result<&T, Fault> {
        self.origin.check()?;
        self.value.as_ref().ok_or_else(forked)
    }
}

impl<T> Drop for Own<T> {
    fn drop(&mut self) {
        if !self.origin.is_here() {
            std::mem::forget(self.value.take());
        }
    }
}
