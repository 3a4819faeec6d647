//! A static that each process has for itself.

use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering};

use super::{count_forks, forks};

/// A static of which a forked child has a new one, since the one of its parent may be locked for ever
/// by a thread that the child does not have.
pub(crate) struct PerProcess<T: 'static> {
    current: AtomicPtr<(u32, T)>,
}

impl<T: Default + Sync> PerProcess<T> {
    pub(crate) const fn new() -> PerProcess<T> {
        PerProcess {
            current: AtomicPtr::new(null_mut()),
        }
    }

    /// This process's own, made when first needed.
    pub(crate) fn get(&'static self) -> &'static T {
        count_forks();
        loop {
            let current = self.current.load(Ordering::Acquire);
            // SAFETY: the pointer is NULL or to a value that was put there below, which is never freed nor
            // changed; T is Sync, so any thread may refer to it.
            if let Some((made, value)) = unsafe { current.as_ref() }
                && *made == forks()
            {
                return value;
            }
            let new = Box::into_raw(Box::new((forks(), T::default())));
            let order = (Ordering::AcqRel, Ordering::Acquire);
            let put = self
                .current
                .compare_exchange(current, new, order.0, order.1);
            if put.is_err() {
                // SAFETY: it is from Box::into_raw, and nobody else has seen it.
                drop(unsafe { Box::from_raw(new) });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use parking_lot::Mutex;

    use super::*;

    #[test]
    fn all_threads_have_the_same_one() {
        static COUNT: PerProcess<Mutex<u32>> = PerProcess::new();
        let threads = [(); 8].map(|()| {
            std::thread::spawn(|| {
                *COUNT.get().lock() += 1;
            })
        });
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(*COUNT.get().lock(), 8);
    }
}
