//! Waiting for a socket: awake for a while at first, if that promises to pay, and then asleep.

use std::os::fd::RawFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::MutexGuard;

use super::{Attempt, Core, Held, Inner, Way, fault};
use crate::error::{Error, Fault, Result, Wait};
use crate::wake::{Deadline, Waker, poll, readable};

/// How often a socket is asked that says it is ready when it is not.
const ASK_AGAIN: Duration = Duration::from_millis(1);

/// How often a thread looks again that has no wake-up, since there is no file descriptor for one.
const WITHOUT_WAKER: Duration = Duration::from_millis(10);

/// An operation whose first attempt did not do it, and the lock under which that was made.
pub(super) struct Begun<'a> {
    inner: MutexGuard<'a, Inner>,
    attempt: Attempt,
}

impl Inner {
    /// Whether an attempt is in the middle of a long message.
    fn goes_on(&self, tried: Attempt) -> bool {
        tried == Attempt::Again && self.long.is_some()
    }
}

impl Core {
    /// Does an operation as soon as it can be done, but waits no longer than the deadline.
    ///
    /// `attempt` must not block. It is called under the socket's lock, until it is
    /// [`Attempt::Done`] or fails. Its last touch of the socket, when it is blocked, must be the
    /// receive or send that came back empty.
    pub(crate) fn transact(
        &self,
        way: Way,
        deadline: Deadline,
        attempt: impl FnMut(&mut Held<'_>) -> Result<Attempt, Fault>,
    ) -> Result<(), Fault> {
        self.transact_awaited(way, deadline, attempt, |_| {})
    }

    /// The same for who waits for more than the socket: `register` is called, under the lock, with
    /// what wakes this thread before it sleeps.
    pub(crate) fn transact_awaited(
        &self,
        way: Way,
        deadline: Deadline,
        mut attempt: impl FnMut(&mut Held<'_>) -> Result<Attempt, Fault>,
        mut register: impl FnMut(&Arc<Waker>),
    ) -> Result<(), Fault> {
        match self.once(deadline, &mut attempt)? {
            None => Ok(()),
            Some(begun) => self.wait(begun, way, deadline, &mut attempt, &mut register),
        }
    }

    /// Whether a call that may wait until then has to end.
    fn is_over(&self, deadline: Deadline) -> bool {
        self.is_stopped() || deadline.is_over()
    }

    /// The first attempt of a [`transact`](Self::transact); what is to be handed to
    /// [`wait`](Self::wait) if it has to go on.
    ///
    /// Who cares for every instruction calls these two with a function each, so that the first
    /// can be compiled into its caller.
    #[inline]
    pub(super) fn once(
        &self,
        deadline: Deadline,
        attempt: impl FnOnce(&mut Held<'_>) -> Result<Attempt, Fault>,
    ) -> Result<Option<Begun<'_>>, Fault> {
        let mut inner = self.lock()?;
        let outcome = inner.held().and_then(|mut held| attempt(&mut held));
        if let Ok(attempt @ (Attempt::Blocked | Attempt::Again)) = outcome
            && (deadline != Deadline::Now || inner.goes_on(attempt))
        {
            return Ok(Some(Begun { inner, attempt }));
        }
        self.leave(inner);
        match outcome? {
            Attempt::Done => Ok(None),
            Attempt::Blocked | Attempt::Again => Err(fault(Error::WouldBlock)),
        }
    }

    #[cold]
    pub(super) fn wait<'a>(
        &'a self,
        begun: Begun<'a>,
        way: Way,
        deadline: Deadline,
        attempt: &mut dyn FnMut(&mut Held<'_>) -> Result<Attempt, Fault>,
        register: &mut dyn FnMut(&Arc<Waker>),
    ) -> Result<(), Fault> {
        let mut inner = begun.inner;
        let mut outcome = Ok(begun.attempt);
        let began = Instant::now();
        let most = match way {
            Way::In => self.kind.awake(&self.options),
            // Room comes many messages at a time: there is nothing to win by being early.
            Way::Out => Duration::ZERO,
        };
        if let Some(until) = inner.patience.begin(began, most) {
            self.leave(inner);
            (inner, outcome) = self.stay_awake(until, deadline, attempt);
            let in_vain = matches!(outcome, Ok(Attempt::Blocked | Attempt::Again));
            inner.patience.sleep(in_vain);
        }
        if let Ok(tried @ (Attempt::Blocked | Attempt::Again)) = outcome {
            (inner, outcome) = self.sleep(inner, tried, way, deadline, attempt, register);
        }
        if !most.is_zero() {
            inner.patience.end(began, Instant::now(), most);
        }
        self.leave(inner);
        outcome.map(|_| ())
    }

    /// Tries again and again for a while, letting others run between the tries. The last try
    /// is under the lock that is handed back.
    fn stay_awake(
        &self,
        until: Instant,
        deadline: Deadline,
        attempt: &mut dyn FnMut(&mut Held<'_>) -> Result<Attempt, Fault>,
    ) -> (MutexGuard<'_, Inner>, Result<Attempt, Fault>) {
        loop {
            std::thread::yield_now();
            let mut inner = self.inner.relock();
            let outcome = inner.held().and_then(|mut held| attempt(&mut held));
            let over = self.is_over(deadline) || Instant::now() >= until;
            match outcome {
                Ok(Attempt::Again) if !self.is_over(deadline) => {}
                Ok(Attempt::Blocked) if !over => {}
                outcome => return (inner, outcome),
            }
            self.leave(inner);
        }
    }

    /// Waits asleep: rule 2. An attempt was just made in vain, under the lock that is given.
    fn sleep<'a>(
        &'a self,
        mut inner: MutexGuard<'a, Inner>,
        mut tried: Attempt,
        way: Way,
        deadline: Deadline,
        attempt: &mut dyn FnMut(&mut Held<'_>) -> Result<Attempt, Fault>,
        register: &mut dyn FnMut(&Arc<Waker>),
    ) -> (MutexGuard<'a, Inner>, Result<Attempt, Fault>) {
        let mut waker = None;
        let mut deceived = false;
        loop {
            // Who does not wait takes a message all the same that is there, and long.
            let at_once = deadline == Deadline::Now;
            if self.is_stopped() && !at_once {
                return (inner, Err(Error::Stopped.into()));
            }
            if deadline.is_over() && !(at_once && inner.goes_on(tried)) {
                let error = deadline.error(|| self.out_of_time(&inner, way));
                return (inner, Err(fault(error)));
            }
            if tried == Attempt::Again {
                self.leave(inner);
                inner = self.inner.relock();
            } else {
                // A receive that came back empty was a look at the socket: nothing can have come
                // since. A send was not, and others want to know what there is for them.
                let looked = way == Way::In && inner.waiters.is_empty();
                let events = match inner.held() {
                    Ok(held) if !looked => held.events(),
                    Ok(_) => zmq::PollEvents::empty(),
                    Err(error) => return (inner, Err(error)),
                };
                let ready = events.contains(way.event());
                if !ready || deceived {
                    // Some sockets say that they are ready when they are not (XPUB does, if it
                    // may not drop): those must be asked again.
                    let mut deadline = if ready {
                        deadline.within(ASK_AGAIN)
                    } else {
                        deadline
                    };
                    // From here until the poll nobody of this thread touches the socket.
                    // An event that deceived us would deceive the others, too.
                    inner.waiters.wake(events - way.event());
                    waker = waker.or_else(|| Waker::current().ok());
                    match &waker {
                        Some(waker) => {
                            inner.waiters.add(way, waker);
                            register(waker);
                        }
                        None => deadline = deadline.within(WITHOUT_WAKER),
                    }
                    let bell = self.bell.get().cloned();
                    drop(inner);
                    self.poll(waker.as_deref(), bell.as_deref(), deadline);
                    inner = self.inner.relock();
                    if let Some(waker) = &waker {
                        inner.waiters.remove(waker);
                    }
                }
                deceived = ready;
            }
            match inner.held().and_then(|mut held| attempt(&mut held)) {
                Ok(attempt @ (Attempt::Blocked | Attempt::Again)) => tried = attempt,
                outcome => return (inner, outcome),
            }
        }
    }

    /// What a call waited for in vain, and the refusal that is known by then.
    fn out_of_time(&self, inner: &Inner, way: Way) -> Error {
        // The monitor tells nothing of inproc, and some sockets have none.
        let is_local = |endpoint: &String| endpoint.starts_with("inproc:");
        let is_seen = || self.kind.is_watched() && !inner.endpoints().any(is_local);
        self.sight.timeout(match way {
            Way::In => Wait::Message,
            Way::Out if is_seen() && self.sight.up() == 0 => Wait::Peer {
                endpoints: inner.endpoints().cloned().collect(),
            },
            Way::Out => Wait::Room,
        })
    }

    /// Waits until this many connections are up.
    pub(crate) fn wait_up(&self, count: usize, deadline: Deadline) -> Result<()> {
        let error = match self.sight()?.wait_up(count, deadline) {
            Err(error) => error,
            up => return up,
        };
        let mut at: Vec<String> = Vec::new();
        if error.is_timeout() {
            at.extend(self.lock()?.endpoints().cloned());
        }
        Err(error.waiting_for(|waited_for| {
            if let Wait::Connections { endpoints, .. } = waited_for {
                *endpoints = at;
            }
        }))
    }

    /// What tells that there may be something to receive: for a socket that nobody else receives
    /// from, and only after a receive has come back empty.
    pub(crate) fn fd(&self) -> RawFd {
        self.fd
    }

    fn poll(&self, waker: Option<&Waker>, bell: Option<&Waker>, deadline: Deadline) {
        // What is negative is passed over.
        let fd = |waker: Option<&Waker>| waker.map_or(-1, Waker::fd);
        let mut fds = [self.fd, fd(waker), fd(bell)].map(readable);
        poll(&mut fds, deadline);
        if let Some(waker) = waker
            && fds[1].revents != 0
        {
            waker.clear();
        }
    }
}
