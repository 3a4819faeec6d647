//! Waiting for several things at once: sockets, file descriptors, and a wake-up.

use std::os::fd::RawFd;
use std::sync::Arc;

use crate::wake::{Deadline, Waker, poll, readable};

/// The sources that a thread waits for, each with a token that says which of them is ready.
///
/// A thread must drain a source before it waits for it: a socket's file descriptor signals once, and
/// messages that were left in the socket then are not signalled again. So a source that is a socket is asked
/// whether it is ready before each wait.
pub(crate) struct WaitSet<T> {
    waker: Arc<Waker>,
    sources: Vec<(T, Entry)>,
}

enum Entry {
    Fd(RawFd),
    Source(Box<dyn Source>),
}

/// Something to wait for that others use, too, and may have taken the signal of.
pub(crate) trait Source {
    /// The file descriptors that signal, and -1 for none.
    fn fds(&self) -> [RawFd; 2];

    /// Whether it is ready now. If it is not, this wakes the thread from now on when somebody else
    /// has taken a signal that was meant for it.
    fn register(&self, waker: &Arc<Waker>) -> bool;

    /// Takes back a [`register`](Source::register).
    fn unregister(&self, waker: &Arc<Waker>);
}

impl<T: Clone> WaitSet<T> {
    /// A set without sources. Waking the waker ends the wait, or the next one.
    pub(crate) fn new(waker: &Arc<Waker>) -> WaitSet<T> {
        WaitSet {
            waker: waker.clone(),
            sources: Vec::new(),
        }
    }

    /// Waits for a file descriptor that can be read; it is the caller's to keep it open.
    pub(crate) fn insert_fd(&mut self, token: T, fd: RawFd) {
        self.sources.push((token, Entry::Fd(fd)));
    }

    /// Waits for a source.
    pub(crate) fn insert(&mut self, token: T, source: impl Source + 'static) {
        self.sources.push((token, Entry::Source(Box::new(source))));
    }

    /// Waits until a source is ready, the thread is woken, or the deadline is over; gives the tokens of those
    /// that are ready. There may be none, and then the caller looks why it was woken.
    pub(crate) fn wait(&self, mut deadline: Deadline) -> Vec<T> {
        let mut fds = vec![readable(self.waker.fd())];
        let mut ready = vec![false; self.sources.len()];
        for ((_, entry), ready) in self.sources.iter().zip(&mut ready) {
            let signals = match entry {
                Entry::Fd(fd) => [*fd, -1],
                Entry::Source(source) => {
                    *ready = source.register(&self.waker);
                    source.fds()
                }
            };
            fds.extend(signals.map(readable));
        }
        if ready.contains(&true) {
            deadline = Deadline::Now;
        }
        // Since it has registered, this thread has touched none of the sources.
        poll(&mut fds, deadline);
        for (_, entry) in &self.sources {
            if let Entry::Source(source) = entry {
                source.unregister(&self.waker);
            }
        }
        if fds[0].revents != 0 {
            self.waker.clear();
        }
        let signals = fds[1..].chunks(2);
        let signalled = signals.map(|fds| fds.iter().any(|fd| fd.revents != 0));
        let ready = ready.into_iter().zip(signalled);
        let sources = self.sources.iter().zip(ready);
        let sources = sources.filter(|(_, (ready, signalled))| *ready || *signalled);
        sources.map(|((token, _), _)| token.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;
    use std::time::Duration;

    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    #[test]
    fn the_source_that_can_be_read_is_ready_and_no_other() {
        let waker = Arc::new(Waker::new().unwrap());
        let (mut one, first) = UnixStream::pair().unwrap();
        let (mut two, second) = UnixStream::pair().unwrap();
        let mut set = WaitSet::new(&waker);
        set.insert_fd('1', first.as_raw_fd());
        set.insert_fd('2', second.as_raw_fd());
        assert_eq!(set.wait(Deadline::Now), []);
        two.write_all(b"x").unwrap();
        assert_eq!(set.wait(Deadline::after(SOON)), ['2']);
        one.write_all(b"x").unwrap();
        assert_eq!(set.wait(Deadline::after(SOON)), ['1', '2']);
    }

    #[test]
    fn a_wake_up_ends_one_wait_though_it_came_before() {
        let waker = Arc::new(Waker::new().unwrap());
        let set = WaitSet::<()>::new(&waker);
        waker.wake();
        set.wait(Deadline::Never);
        assert!(!waker.is_woken());
        let other = waker.clone();
        let waking = std::thread::spawn(move || other.wake());
        set.wait(Deadline::Never);
        waking.join().unwrap();
    }

    #[test]
    fn a_source_that_is_ready_is_not_waited_for() {
        struct Ready(UnixStream);
        impl Source for Ready {
            fn fds(&self) -> [RawFd; 2] {
                [self.0.as_raw_fd(), -1]
            }

            fn register(&self, _: &Arc<Waker>) -> bool {
                true
            }

            fn unregister(&self, _: &Arc<Waker>) {}
        }
        let waker = Arc::new(Waker::new().unwrap());
        let (_other, one) = UnixStream::pair().unwrap();
        let mut set = WaitSet::new(&waker);
        set.insert(1, Ready(one));
        assert_eq!(set.wait(Deadline::Never), [1]);
    }
}
