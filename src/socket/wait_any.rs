//! Waiting for any of several sockets: one thread, registered with all of them.
//!
//! The rules of the shared socket hold for each of them. A thread that has registered does not touch
//! that socket again before it waits. One that ends its wait passes on a wake-up that it may have
//! taken from others.

use std::sync::Arc;

use super::wait::{ASK_AGAIN, WITHOUT_WAKER};
use super::{Interest, LockedSocket, Progress, SharedSocket};
use crate::error::{BoxedError, Error};
use crate::wake::{Deadline, Waker, poll, readable};

/// A receive from one of several sockets.
pub(crate) trait ReceiveOperation {
    fn socket(&self) -> &SharedSocket;

    /// As for [`SharedSocket::perform`].
    fn attempt(&self, locked: &mut LockedSocket<'_>) -> Result<Progress, BoxedError>;

    /// As for [`SharedSocket::perform_registered`].
    fn register(&self, waker: &Arc<Waker>);
}

/// The outcome of an attempt, for a thread that goes on to the next socket.
enum Tried {
    Done,
    /// It must be made again before the thread may sleep.
    Again,
    /// The thread is registered, and may sleep no longer than until then.
    Registered(Deadline),
}

/// Does any of these operations, each on a socket of its own, as soon as one can be done: its place,
/// and its outcome. `None` if none can be done by the deadline.
pub(crate) fn perform_any<O: ReceiveOperation>(
    operations: &[O],
    deadline: Deadline,
) -> Option<(usize, Result<(), BoxedError>)> {
    let waker = Waker::current().ok();
    let outcome = perform_with_waker(operations, waker.as_ref(), deadline);
    if let Some(waker) = &waker {
        for operation in operations {
            stop_waiting(operation.socket(), waker);
        }
    }
    outcome
}

fn perform_with_waker<O: ReceiveOperation>(
    operations: &[O],
    waker: Option<&Arc<Waker>>,
    deadline: Deadline,
) -> Option<(usize, Result<(), BoxedError>)> {
    loop {
        let mut until = Some(deadline);
        for (place, operation) in operations.iter().enumerate() {
            match try_or_register(operation, waker, deadline) {
                Ok(Tried::Registered(limit)) => until = until.map(|until| until.min(limit)),
                Ok(Tried::Again) => until = None,
                Ok(Tried::Done) => return Some((place, Ok(()))),
                Err(error) => return Some((place, Err(error))),
            }
        }
        if deadline.is_over() {
            return None;
        }
        if let Some(until) = until {
            sleep(operations, waker.map(|waker| &**waker), until);
        }
    }
}

/// Attempts an operation; if it cannot be done now, registers the thread to be woken when it can.
fn try_or_register(
    operation: &impl ReceiveOperation,
    waker: Option<&Arc<Waker>>,
    deadline: Deadline,
) -> Result<Tried, BoxedError> {
    let socket = operation.socket();
    let mut inner = socket.lock()?;
    if let Some(waker) = waker {
        inner.waiters.remove(waker);
    }
    // Under the lock: a stop wakes the registered threads.
    if socket.is_stopped() {
        socket.unlock_and_wake(inner);
        return Err(Error::Stopped.into());
    }
    let receive = |locked: &mut LockedSocket<'_>| operation.attempt(locked);
    let tried = inner.attempt(Interest::Readable, receive);
    if tried != Ok(Progress::Blocked) {
        socket.unlock_and_log(inner);
        return tried.map(|progress| match progress {
            Progress::Done => Tried::Done,
            Progress::Blocked | Progress::Again => Tried::Again,
        });
    }
    // The empty receive has consumed the signal. The events are read for the other waiters.
    let event = Interest::Readable.event();
    let events = match inner.waiters.is_empty() {
        true => zmq::PollEvents::empty(),
        false => inner.locked()?.events(),
    };
    inner.waiters.wake(events - event);
    let mut until = deadline;
    if events.contains(event) {
        // Something came in between, or the socket says so in vain.
        until = until.within(ASK_AGAIN);
    }
    match waker {
        Some(waker) => {
            inner.waiters.add(Interest::Readable, waker);
            operation.register(waker);
        }
        None => until = until.within(WITHOUT_WAKER),
    }
    Ok(Tried::Registered(until))
}

/// Waits until there may be something to do with one of these sockets.
fn sleep<O: ReceiveOperation>(operations: &[O], waker: Option<&Waker>, until: Deadline) {
    let sockets = operations.iter().map(ReceiveOperation::socket);
    let mut fds: Vec<_> = sockets
        .flat_map(|socket| {
            let stop_signal = socket.stop_signal.get().map(|signal| signal.fd());
            // `poll` ignores negative numbers.
            [socket.fd, stop_signal.unwrap_or(-1)]
        })
        .map(readable)
        .collect();
    fds.push(readable(waker.map_or(-1, Waker::fd)));
    poll(&mut fds, until);
    if let Some(waker) = waker
        && fds.last().is_some_and(|own| own.revents != 0)
    {
        waker.clear();
    }
}

/// Ends waiting for a socket, and passes on a wake-up that may have been meant for others.
fn stop_waiting(socket: &SharedSocket, waker: &Arc<Waker>) {
    if let Ok(mut inner) = socket.lock() {
        inner.waiters.remove(waker);
        socket.unlock_and_wake(inner);
    }
}
