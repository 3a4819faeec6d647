//! A socket as one of several things that a thread waits for.

use std::os::fd::RawFd;
use std::sync::Arc;

use super::{Interest, SharedSocket, Socket};
use crate::background::Source;
use crate::wake::Waker;

/// A socket, and the event that a thread waits for there; see [`WaitSet`](crate::background::WaitSet).
pub(crate) struct SocketSource {
    socket: Socket,
    interest: Interest,
}

impl Socket {
    /// This socket to wait for, among others. It keeps the socket open.
    pub(crate) fn source(&self, interest: Interest) -> SocketSource {
        let socket = self.clone();
        SocketSource { socket, interest }
    }
}

impl Source for SocketSource {
    fn fds(&self) -> [RawFd; 2] {
        let stop_signal = self.socket.stop_signal.get();
        [self.socket.fd, stop_signal.map_or(-1, |signal| signal.fd())]
    }

    fn register(&self, waker: &Arc<Waker>) -> bool {
        self.socket.register(self.interest, waker)
    }

    fn unregister(&self, waker: &Arc<Waker>) {
        self.socket.unregister(waker);
    }
}

impl SharedSocket {
    /// Whether the event is there. If not, registers the thread as a waiter: rule 2. A socket that is stopped or closed is ready: the next attempt says so.
    fn register(&self, interest: Interest, waker: &Arc<Waker>) -> bool {
        let Ok(mut inner) = self.lock() else {
            return true;
        };
        let events = match inner.locked() {
            Ok(locked) if !self.is_stopped() => locked.events(),
            _ => return true,
        };
        let ready = events.contains(interest.event());
        if ready {
            self.unlock_and_wake(inner);
        } else {
            inner.waiters.wake(events);
            inner.waiters.add(interest, waker);
        }
        ready
    }

    /// Ends a [`register`](Self::register).
    fn unregister(&self, waker: &Arc<Waker>) {
        if let Ok(mut inner) = self.lock() {
            inner.waiters.remove(waker);
            // A wake-up that was meant for another may have come to this thread.
            self.unlock_and_wake(inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;
    use std::time::Duration;

    use super::super::{NO_ENVELOPE, Profile, SocketSpec, SocketType, Target};
    use super::*;
    use crate::background::WaitSet;
    use crate::message::Message;
    use crate::options::Options;
    use crate::wake::Deadline;

    const SOON: Duration = Duration::from_secs(30);

    /// A socket of this type, bound or connected within the process.
    fn open(socket_type: SocketType, name: &str, bind: bool) -> Socket {
        let spec = SocketSpec::new(socket_type, "one", "other", Profile::default());
        let socket = Socket::open(&spec, &Options::default()).unwrap();
        let endpoint = format!("inproc://{name}").parse().unwrap();
        match bind {
            true => drop(socket.bind(&endpoint).unwrap()),
            false => socket
                .connect(&Target::find(endpoint, false).unwrap(), 0)
                .unwrap(),
        }
        socket
    }

    /// Lets others run. Linux sets a thread that yields again and again back by seconds.
    fn pause() {
        thread::park_timeout(Duration::from_micros(50));
    }

    #[test]
    fn a_message_to_any_of_several_sockets_ends_the_wait_though_others_take_the_signals() {
        const MESSAGES: usize = 2000;
        let names = ["source-1", "source-2"];
        let pulls = names.map(|name| open(SocketType::Pull, name, true));
        let over = Arc::new(AtomicBool::new(false));
        let meddlers = pulls.clone().map(|pull| {
            let over = over.clone();
            thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    let _ = pull.with(|locked| Ok(locked.events().bits()));
                    pause();
                }
            })
        });
        let pushers = names.map(|name| {
            thread::spawn(move || {
                let push = open(SocketType::Push, name, false);
                for _ in 0..MESSAGES {
                    let sent =
                        push.send(NO_ENVELOPE, &mut Message::from("x"), Deadline::after(SOON));
                    sent.unwrap();
                    pause();
                }
                push
            })
        });
        let waker = Waker::current().unwrap();
        let mut set = WaitSet::new(&waker);
        for (token, pull) in pulls.iter().enumerate() {
            set.insert(token, pull.source(Interest::Readable));
        }
        let (mut got, deadline) = ([0, 0], Deadline::after(SOON));
        while got != [MESSAGES; 2] && !deadline.is_over() {
            for token in set.wait(deadline) {
                while pulls[token].receive(Deadline::Now).is_ok() {
                    got[token] += 1;
                }
            }
        }
        over.store(true, Ordering::Relaxed);
        meddlers.into_iter().for_each(|it| it.join().unwrap());
        pushers.into_iter().for_each(|it| drop(it.join().unwrap()));
        assert_eq!(got, [MESSAGES; 2]);
    }

    #[test]
    fn a_socket_that_is_stopped_ends_the_wait() {
        let pull = open(SocketType::Pull, "source-stop", true);
        let waker = Waker::current().unwrap();
        let mut set = WaitSet::new(&waker);
        set.insert((), pull.source(Interest::Readable));
        let other = pull.clone();
        let stopping = thread::spawn(move || other.stop());
        while set.wait(Deadline::after(SOON)).is_empty() {}
        stopping.join().unwrap();
        assert!(pull.is_stopped());
    }

    #[test]
    fn a_signal_handler_that_stops_a_socket_ends_the_wait() {
        let pull = open(SocketType::Pull, "source-signal", true);
        let waker = Waker::current().unwrap();
        let mut set = WaitSet::new(&waker);
        set.insert((), pull.source(Interest::Readable));
        let other = pull.clone();
        let stopping = thread::spawn(move || {
            let (stopped, signal) = other.arm_stop_signal().unwrap();
            stopped.store(true, Ordering::SeqCst);
            signal.wake();
        });
        while set.wait(Deadline::after(SOON)).is_empty() {}
        stopping.join().unwrap();
        assert!(pull.is_stopped());
    }
}
