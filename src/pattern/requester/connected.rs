//! Requests that belong to a connection: they are sent only while it is up, and end with it.
//!
//! A DEALER of one endpoint sends each request over one connection, and the monitor tells of its beginning
//! and its end. The table of the requests under way has one flag, whether the connection is up. It is read and
//! changed under the table's lock:
//!
//! - A request is entered while the connection is up, and then sent. When the monitor tells of the
//!   connection's end, all requests that are in the table end. One that is entered later is of a later
//!   connection: the socket has been pumped before the flag is set, so it has the new connection's pipe, and
//!   no other. So no request that was handed over is waited for in vain.
//! - Under the socket's lock, just before it is handed over, a request must still be under way. So what has
//!   ended before was not sent, for certain.
//! - A server that ends in good order says so before it closes: its reply to number 0 is the reply to all requests
//!   that have none, and none is entered from then on until the next connection is up.
//! - The connection may have ended, and the next one begun, while the event of that is on its way. A
//!   request that is handed over meanwhile ends with the event: it may have been handled.
//!
//! The socket is immediate: libzmq drops requests that wait for a connection when that ends, and none of them
//! reaches the server when it comes back. Replies that have come are taken in before the requests end.
//!
//! A plain request pays nothing for this: an end is told as a reply without frames, which no peer can send.

use std::sync::{Arc, Weak};

use super::pending::Pending;
use super::pending_requests::Connection;
use super::{PendingRequests, Requester, Requesting};
use crate::error::{BoxedError, Error, Result, Wait};
use crate::message::Message;
use crate::monitor::{ConnectionEvent, OnDown, OnEvent};
use crate::socket::{BUDGET, LockedSocket, Progress, SharedSocket};
use crate::wake::{Deadline, Waker};

/// A requester of one endpoint, each request of which belongs to a connection.
#[derive(Debug, Clone)]
pub(crate) struct ConnectedRequester {
    requesting: Requesting,
}

/// A change of the connection to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// It is up.
    Up,
    /// It has ended, and with it all requests that were under way.
    Down,
    /// An attempt to connect has failed.
    Failed,
}

/// Why a request was not handed over; it cannot have been handled.
#[derive(Debug)]
pub(crate) enum Unsent {
    /// There is no connection, or it has just ended.
    Down,
    /// There was no room for it until the deadline.
    Full,
    /// It cannot be sent at all.
    Failed(Error),
}

/// How many times [`BUDGET`] replies are taken in at most when a connection has ended: more than a
/// queue of the default length.
const ROUNDS: usize = 64;

impl ConnectedRequester {
    /// Takes a requester that has no endpoint yet, and is to get one. It calls this with each change, in the
    /// monitor thread, which must not be held up.
    pub(crate) fn new(
        requester: &Requester,
        on_change: impl Fn(Change) + Send + Sync + 'static,
    ) -> Result<ConnectedRequester> {
        let requesting = requester.requesting.clone();
        let socket = requesting.socket.downgrade();
        let requests = Arc::downgrade(&requesting.pending_requests);
        let status = requesting.socket.status()?;
        status.set_on_event(follow(socket, requests, on_change));
        Ok(ConnectedRequester { requesting })
    }

    /// Takes the connection for one that is always up: nobody tells of those within the process.
    pub(crate) fn assume_up(&self) -> Result<()> {
        let requests = &self.requesting.pending_requests;
        requests.connect(Connection::Assumed)
    }

    /// Whether the server has said that it ends, so that nothing is handed over to it any more.
    pub(crate) fn is_ending(&self) -> bool {
        self.requesting.pending_requests.is_ending()
    }

    /// Why there is no connection, as far as that is known.
    pub(crate) fn refusal(&self) -> Option<Error> {
        let status = self.requesting.socket.status().ok()?;
        match status.timeout_error(Wait::Reply) {
            Error::Timeout { refused, .. } => refused.map(|error| *error),
            _ => None,
        }
    }

    /// Calls this from now on when the endpoint is not connected, or no longer.
    pub(crate) fn set_on_down(&self, on_down: OnDown) -> Result<()> {
        self.requesting.socket.status()?.set_on_down(on_down);
        Ok(())
    }

    /// Ends all waits and requests, for good.
    #[cfg(feature = "zmqrpc")]
    pub(crate) fn stop(&self) {
        self.requesting.socket.stop();
    }

    /// Sends a request over the connection that is up now. It is made anew for each attempt, as there may
    /// not be room for it at once. The deadline is that of sending.
    pub(crate) fn start(
        &self,
        make: impl FnMut() -> Message,
        deadline: Deadline,
    ) -> Result<Pending, Unsent> {
        let requests = &self.requesting.pending_requests;
        let id = requests.begin_connected().map_err(Unsent::Failed)?;
        let id = id.ok_or(Unsent::Down)?;
        // From here on it ends when this is dropped.
        let pending = Pending::of(&self.requesting, id, Deadline::Never);
        let envelope = [&id.to_be_bytes()[..], &[]];
        let is_under_way = || requests.is_waiting(id);
        let register = |waker: &Arc<Waker>| requests.register(&[id], waker);
        self.send(&envelope, make, deadline, is_under_way, register)?;
        Ok(pending)
    }

    /// Sends a message that gets no reply over the connection that is up now.
    pub(crate) fn send_one_way(
        &self,
        make: impl FnMut() -> Message,
        deadline: Deadline,
    ) -> Result<(), Unsent> {
        let requests = &self.requesting.pending_requests;
        let id = requests.draw_id().map_err(Unsent::Failed)?;
        let envelope = [&id.to_be_bytes()[..], &[]];
        // Nobody wakes it when the connection ends, so it waits no longer than for a moment.
        let is_up = || Ok(requests.is_connected());
        self.send(&envelope, make, deadline, is_up, |_| {})
    }

    fn send(
        &self,
        envelope: &[&[u8]],
        mut make: impl FnMut() -> Message,
        deadline: Deadline,
        is_wanted: impl Fn() -> Result<bool, BoxedError>,
        register: impl FnMut(&Arc<Waker>),
    ) -> Result<(), Unsent> {
        let attempt = |locked: &mut LockedSocket<'_>, message: &mut Message| {
            if !is_wanted()? {
                return Err(Error::PeerLost.into());
            }
            if message.frame_count() == 0 {
                *message = make();
            }
            let sent = locked.send(envelope, message)?;
            if sent == Progress::Blocked {
                message.clear();
            }
            Ok(sent)
        };
        let sent = self
            .requesting
            .socket
            .send_registered(deadline, attempt, register);
        sent.map_err(|error| match *error {
            // Also in the middle of it: then no peer has got it whole.
            Error::PeerLost => Unsent::Down,
            error if error.is_timeout() => Unsent::Full,
            error => Unsent::Failed(error),
        })
    }
}

/// The function that the connection's events are told to.
fn follow(
    socket: Weak<SharedSocket>,
    requests: Weak<PendingRequests>,
    on_change: impl Fn(Change) + Send + Sync + 'static,
) -> OnEvent {
    Box::new(move |event| {
        let (Some(socket), Some(requests)) = (socket.upgrade(), requests.upgrade()) else {
            return;
        };
        let change = match event {
            ConnectionEvent::Connected { .. } => Change::Up,
            ConnectionEvent::Disconnected { .. } => Change::Down,
            ConnectionEvent::Retrying { .. } | ConnectionEvent::HandshakeFailed { .. } => {
                Change::Failed
            }
            ConnectionEvent::Listening { .. } | ConnectionEvent::Accepted { .. } => return,
        };
        match change {
            Change::Up => drop(requests.connect(Connection::Up)),
            Change::Down => {
                take_in_all(&socket, &requests);
                requests.end_connected();
            }
            Change::Failed => {}
        }
        on_change(change);
    })
}

/// Takes in all replies that have come.
fn take_in_all(socket: &SharedSocket, requests: &PendingRequests) {
    let take_in = |locked: &mut LockedSocket<'_>| {
        for _ in 0..BUDGET {
            if requests.take_in(locked, socket)?.0 == Progress::Blocked {
                return Ok(true);
            }
        }
        Ok(false)
    };
    for _ in 0..ROUNDS {
        // A socket that fails has no more.
        if socket.with(take_in).unwrap_or(true) {
            return;
        }
    }
}

/// The reply to a request that has ended; an error if that was with its connection.
pub(crate) fn reply_or_lost(reply: Message) -> Result<Message> {
    match reply.frame_count() {
        0 => Err(Error::ConnectionLost),
        _ => Ok(reply),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_entered_only_while_the_connection_is_up() {
        let requests = PendingRequests::new(false);
        assert_eq!(requests.begin_connected(), Ok(None));
        requests.connect(Connection::Up).unwrap();
        assert!(requests.begin_connected().unwrap().is_some());
        requests.end_connected();
        assert_eq!(requests.begin_connected(), Ok(None));
    }

    #[test]
    fn the_end_of_the_connection_ends_the_requests_that_have_no_reply() {
        let requests = PendingRequests::new(false);
        requests.connect(Connection::Up).unwrap();
        let [old, replied, waker] = [(); 3].map(|()| requests.begin_connected().unwrap().unwrap());
        let own = Waker::current().unwrap();
        requests.register(&[waker], &own);
        assert_eq!(requests.is_waiting(old), Ok(true));
        requests.route(&replied.to_be_bytes(), "reply".into());
        requests.end_connected();
        assert!(own.is_woken());
        own.clear();
        // One that was entered and not yet handed over must not be any more.
        assert_eq!(requests.is_waiting(old), Ok(false));
        // The next connection changes nothing about that.
        requests.connect(Connection::Up).unwrap();
        let new = requests.begin_connected().unwrap().unwrap();
        assert_eq!(requests.is_waiting(old), Ok(false));
        assert_eq!(requests.is_waiting(new), Ok(true));
        let take = |id| requests.take(id).and_then(reply_or_lost);
        assert_eq!(take(old), Err(Error::ConnectionLost));
        assert_eq!(take(replied).unwrap(), "reply");
    }

    #[test]
    fn a_server_that_ends_replies_to_all_requests_and_gets_no_more() {
        let requests = PendingRequests::new(false);
        requests.connect(Connection::Up).unwrap();
        let [one, replied, two] = [(); 3].map(|()| requests.begin_connected().unwrap().unwrap());
        requests.route(&replied.to_be_bytes(), "reply".into());
        assert_eq!(requests.route(&[0; 8], "it ends".into()), Some(0));
        assert!(requests.is_ending());
        assert_eq!(requests.begin_connected(), Ok(None));
        requests.end_connected();
        for (id, reply) in [(one, "it ends"), (replied, "reply"), (two, "it ends")] {
            assert_eq!(requests.take(id).unwrap(), reply);
        }
        requests.connect(Connection::Up).unwrap();
        assert!(!requests.is_ending());
        assert!(requests.begin_connected().unwrap().is_some());
    }

    #[test]
    fn a_reply_to_all_is_none_where_requests_belong_to_no_connection() {
        let requests = PendingRequests::new(false);
        let (id, _) = requests.begin().unwrap();
        assert_eq!(requests.route(&[0; 8], "it ends".into()), None);
        assert_eq!(requests.is_waiting(id), Ok(true));
    }

    #[test]
    fn a_late_reply_does_not_come_to_a_request_that_has_ended() {
        let requests = PendingRequests::new(false);
        requests.connect(Connection::Up).unwrap();
        let id = requests.begin_connected().unwrap().unwrap();
        requests.end_connected();
        assert_eq!(requests.route(&id.to_be_bytes(), "late".into()), None);
        let reply = requests.take(id).and_then(reply_or_lost);
        assert_eq!(reply, Err(Error::ConnectionLost));
    }
}
