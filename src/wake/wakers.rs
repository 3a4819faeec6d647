//! Threads that are to be woken together.

use std::sync::Arc;

use super::Waker;

/// The wakers of threads that wait for the same. A thread that has waited in vain need not take its own
/// out.
#[derive(Debug, Default)]
pub(crate) struct Wakers(Vec<Arc<Waker>>);

impl Wakers {
    /// Puts a waker in, once.
    pub(crate) fn add(&mut self, waker: &Arc<Waker>) {
        // Nobody else holds the waker of a thread that has ended, and it keeps files open.
        self.0.retain(|other| Arc::strong_count(other) > 1);
        if !self.0.iter().any(|other| Arc::ptr_eq(other, waker)) {
            self.0.push(waker.clone());
        }
    }

    /// Wakes all, and takes them out: they wait no longer.
    pub(crate) fn wake_all(&mut self) {
        self.0.drain(..).for_each(|waker| waker.wake());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waker() -> Arc<Waker> {
        Arc::new(Waker::new().unwrap())
    }

    #[test]
    fn all_are_woken_once() {
        let mut wakers = Wakers::default();
        let threads = [(); 3].map(|()| waker());
        threads.iter().for_each(|own| wakers.add(own));
        wakers.add(&threads[0]);
        assert_eq!(wakers.0.len(), threads.len());
        wakers.wake_all();
        for own in &threads {
            assert!(own.is_woken());
            own.clear();
        }
        wakers.wake_all();
        assert!(!threads.iter().any(|own| own.is_woken()));
    }

    #[test]
    fn threads_that_have_ended_leave_no_wakers() {
        let mut wakers = Wakers::default();
        let own = waker();
        wakers.add(&own);
        (0..100).for_each(|_| wakers.add(&waker()));
        wakers.add(&own);
        assert_eq!(wakers.0.len(), 1);
    }
}
