//! Waiting for a socket: awake for a while first, where that has paid off, and then asleep.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::MutexGuard;

use super::{Inner, Interest, LockedSocket, Progress, SharedSocket, boxed};
use crate::endpoint::Endpoint;
use crate::error::{BoxedError, Error, Result, Wait};
use crate::wake::{Deadline, Waker, poll, readable};

/// How often an operation is tried again on a socket that says it is ready when it is not.
pub(super) const ASK_AGAIN: Duration = Duration::from_millis(1);

/// How often a thread without a waker tries again: there was no file descriptor for one.
pub(super) const WITHOUT_WAKER: Duration = Duration::from_millis(10);

/// An operation whose first attempt did not do it, and the lock under which that was made.
pub(super) struct FirstTry<'a> {
    inner: MutexGuard<'a, Inner>,
    attempt: Progress,
}

impl Inner {
    /// Makes an attempt at an operation. A receive that finds nothing has event loops wait for a message.
    #[inline]
    pub(super) fn attempt(
        &mut self,
        interest: Interest,
        attempt: impl FnOnce(&mut LockedSocket<'_>) -> Result<Progress, BoxedError>,
    ) -> Result<Progress, BoxedError> {
        let outcome = self.locked().and_then(|mut locked| attempt(&mut locked));
        if interest == Interest::Readable && matches!(outcome, Ok(Progress::Blocked)) {
            self.waiters.found_nothing();
        }
        outcome
    }

    /// Whether an attempt is to go on, though it may not wait: see
    /// [`ReceiveState::is_to_go_on`](super::receive_state::ReceiveState::is_to_go_on).
    fn is_to_go_on(&self, tried: Progress) -> bool {
        let state = self.receive_state.as_ref();
        tried == Progress::Again && state.is_some_and(|state| state.is_to_go_on())
    }
}

impl SharedSocket {
    /// Does an operation as soon as it can be done, but waits no longer than the deadline.
    ///
    /// `attempt` must not block. It is called under the socket's lock, until it is
    /// [`Progress::Done`] or fails. Its last touch of the socket, when it is blocked, must be the
    /// receive or send that came back empty.
    pub(crate) fn perform(
        &self,
        interest: Interest,
        deadline: Deadline,
        attempt: impl FnMut(&mut LockedSocket<'_>) -> Result<Progress, BoxedError>,
    ) -> Result<(), BoxedError> {
        self.perform_registered(interest, deadline, attempt, |_| {})
    }

    /// The same for a caller that waits for more than the socket: `register` is called under the lock,
    /// with this thread's waker, before the thread sleeps.
    pub(crate) fn perform_registered(
        &self,
        interest: Interest,
        deadline: Deadline,
        mut attempt: impl FnMut(&mut LockedSocket<'_>) -> Result<Progress, BoxedError>,
        mut register: impl FnMut(&Arc<Waker>),
    ) -> Result<(), BoxedError> {
        match self.try_once(interest, deadline, &mut attempt)? {
            None => Ok(()),
            Some(first_try) => {
                self.finish(first_try, interest, deadline, &mut attempt, &mut register)
            }
        }
    }

    /// Whether a call that may wait until then has to end.
    fn is_over(&self, deadline: Deadline) -> bool {
        self.is_stopped() || deadline.is_over()
    }

    /// The first attempt of a [`perform`](Self::perform); `Some` is to be handed to
    /// [`finish`](Self::finish). Separate, so that the hot path can inline it.
    #[inline]
    pub(super) fn try_once(
        &self,
        interest: Interest,
        deadline: Deadline,
        attempt: impl FnOnce(&mut LockedSocket<'_>) -> Result<Progress, BoxedError>,
    ) -> Result<Option<FirstTry<'_>>, BoxedError> {
        let mut inner = self.lock()?;
        let attempt = match inner.attempt(interest, attempt) {
            Ok(Progress::Done) => {
                self.unlock_and_wake(inner);
                return Ok(None);
            }
            Ok(attempt) => attempt,
            Err(error) => {
                self.unlock_and_wake(inner);
                return Err(error);
            }
        };
        if deadline != Deadline::Now || inner.is_to_go_on(attempt) {
            return Ok(Some(FirstTry { inner, attempt }));
        }
        if attempt == Progress::Again {
            inner.waiters.gave_up();
        }
        self.unlock_and_wake(inner);
        Err(boxed(Error::WouldBlock))
    }

    #[cold]
    pub(super) fn finish<'a>(
        &'a self,
        first_try: FirstTry<'a>,
        interest: Interest,
        deadline: Deadline,
        attempt: &mut dyn FnMut(&mut LockedSocket<'_>) -> Result<Progress, BoxedError>,
        register: &mut dyn FnMut(&Arc<Waker>),
    ) -> Result<(), BoxedError> {
        let mut inner = first_try.inner;
        let mut outcome = Ok(first_try.attempt);
        let began = Instant::now();
        let most = match interest {
            Interest::Readable => self.spec.profile.spin(&self.options),
            // Room comes many messages at a time: to be early gains nothing.
            Interest::Writable => Duration::ZERO,
        };
        if let Some(until) = inner.spin.begin(began, most) {
            self.unlock_and_wake(inner);
            (inner, outcome) = self.spin_until(until, interest, deadline, attempt);
            let in_vain = matches!(outcome, Ok(Progress::Blocked | Progress::Again));
            inner.spin.stop_spinning(in_vain);
        }
        if let Ok(tried @ (Progress::Blocked | Progress::Again)) = outcome {
            (inner, outcome) = self.sleep(inner, tried, interest, deadline, attempt, register);
        }
        if !most.is_zero() {
            inner.spin.end(began, Instant::now(), most);
        }
        self.unlock_and_log(inner);
        outcome.map(|_| ())
    }

    /// Tries again and again for a while, letting others run between the tries. The last try
    /// is under the lock that is handed back.
    fn spin_until(
        &self,
        until: Instant,
        interest: Interest,
        deadline: Deadline,
        attempt: &mut dyn FnMut(&mut LockedSocket<'_>) -> Result<Progress, BoxedError>,
    ) -> (MutexGuard<'_, Inner>, Result<Progress, BoxedError>) {
        loop {
            std::thread::yield_now();
            let mut inner = self.inner.relock();
            let outcome = inner.attempt(interest, &mut *attempt);
            let over = self.is_over(deadline) || Instant::now() >= until;
            match outcome {
                Ok(Progress::Again) if !self.is_over(deadline) => {}
                Ok(Progress::Blocked) if !over => {}
                outcome => return (inner, outcome),
            }
            self.unlock_and_log(inner);
        }
    }

    /// Waits asleep: rule 2. An attempt was just made in vain, under the lock that is given.
    fn sleep<'a>(
        &'a self,
        mut inner: MutexGuard<'a, Inner>,
        mut tried: Progress,
        interest: Interest,
        deadline: Deadline,
        attempt: &mut dyn FnMut(&mut LockedSocket<'_>) -> Result<Progress, BoxedError>,
        register: &mut dyn FnMut(&Arc<Waker>),
    ) -> (MutexGuard<'a, Inner>, Result<Progress, BoxedError>) {
        let mut waker = None;
        let mut spurious = false;
        // ROUTER says that there is room if any peer has some, and never for which. A thread that waits for
        // one peer is not woken for others, so it asks again each millisecond.
        let polls_for_room =
            interest == Interest::Writable && self.spec.socket_type.sends_to_named_peers();
        loop {
            // A call that does not wait still receives all of a long message that is there, and the one
            // behind a message that was dropped.
            let does_not_wait = deadline == Deadline::Now;
            if self.is_stopped() && !does_not_wait {
                return (inner, Err(Error::Stopped.into()));
            }
            if deadline.is_over() && !(does_not_wait && inner.is_to_go_on(tried)) {
                if tried == Progress::Again {
                    inner.waiters.gave_up();
                }
                let error = deadline.error(|| self.timeout_error(&inner, interest));
                return (inner, Err(boxed(error)));
            }
            if tried == Progress::Again {
                self.unlock_and_log(inner);
                inner = self.inner.relock();
            } else {
                // A receive that came back empty has read the events: nothing can have come since. A send
                // may not have, since libzmq handles commands only now and then there; and other
                // waiters may have an event.
                let is_fresh = interest == Interest::Readable && inner.waiters.is_empty();
                let events = match inner.locked() {
                    Ok(locked) if !is_fresh => locked.events(),
                    Ok(_) => zmq::PollEvents::empty(),
                    Err(error) => return (inner, Err(error)),
                };
                let ready = polls_for_room || events.contains(interest.event());
                if !ready || spurious || polls_for_room {
                    // Some sockets say that they are ready when they are not (XPUB does, if it
                    // may not drop): those must be asked again.
                    let mut deadline = if ready {
                        deadline.within(ASK_AGAIN)
                    } else {
                        deadline
                    };
                    // From here until the poll this thread does not touch the socket. An event that
                    // was spurious for it would be so for the others too.
                    inner.waiters.wake(events - interest.event());
                    waker = waker.or_else(|| Waker::current().ok());
                    match &waker {
                        Some(waker) => {
                            if !polls_for_room {
                                inner.waiters.add(interest, waker);
                            }
                            register(waker);
                        }
                        None => deadline = deadline.within(WITHOUT_WAKER),
                    }
                    let stop_signal = self.stop_signal.get().cloned();
                    drop(inner);
                    self.poll(waker.as_deref(), stop_signal.as_deref(), deadline);
                    inner = self.inner.relock();
                    if let Some(waker) = &waker {
                        inner.waiters.remove(waker);
                    }
                }
                spurious = ready;
            }
            match inner.attempt(interest, &mut *attempt) {
                Ok(attempt @ (Progress::Blocked | Progress::Again)) => tried = attempt,
                outcome => return (inner, outcome),
            }
        }
    }

    /// The timeout error of a call: the thing that it waited for, and the known refusal.
    fn timeout_error(&self, inner: &Inner, interest: Interest) -> Error {
        // A monitor does not report inproc connections, and some sockets have no monitor.
        let is_local = |endpoint: &Endpoint| endpoint.transport() == "inproc";
        let is_reported = || self.spec.profile.is_monitored && !inner.endpoints().any(is_local);
        self.status.timeout_error(match interest {
            Interest::Readable => Wait::Message,
            Interest::Writable if is_reported() && self.status.up() == 0 => Wait::Peer {
                endpoints: inner.endpoints().cloned().collect(),
            },
            Interest::Writable => Wait::Room,
        })
    }

    /// Waits until this many connections are up.
    pub(crate) fn wait_up(&self, count: usize, deadline: Deadline) -> Result<()> {
        let error = match self.status()?.wait_up(count, deadline) {
            Err(error) => error,
            up => return up,
        };
        let mut at: Vec<Endpoint> = Vec::new();
        if error.is_timeout() {
            at.extend(self.lock()?.endpoints().cloned());
        }
        Err(error.waiting_for(|waited_for| {
            if let Wait::Connections { endpoints, .. } = waited_for {
                *endpoints = at;
            }
        }))
    }

    fn poll(&self, waker: Option<&Waker>, stop_signal: Option<&Waker>, deadline: Deadline) {
        // `poll` ignores negative numbers.
        let fd = |waker: Option<&Waker>| waker.map_or(-1, Waker::fd);
        let mut fds = [self.fd, fd(waker), fd(stop_signal)].map(readable);
        poll(&mut fds, deadline);
        if let Some(waker) = waker
            && fds[1].revents != 0
        {
            waker.clear();
        }
    }
}
