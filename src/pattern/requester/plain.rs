//! Requests in REQ's own envelope: an empty frame, and no id.
//!
//! Nothing in a reply says which request it belongs to. So one request of a handle is on its way at a
//! time. When it is given up, the connections are made anew before the next is sent, and a late reply
//! is lost with the old ones.

use std::sync::Arc;
use std::time::Duration;

use super::pending::Pending;
use super::{PendingRequests, Requesting};
use crate::error::{BoxedError, Error, Result, Wait};
use crate::message::Frames;
use crate::pattern::{SendError, sending};
use crate::socket::{BUDGET, Interest, LockedSocket, Progress};
use crate::wake::{Deadline, Waker};

/// How long a request waits for one server at most, before it goes to whichever there is.
const MOST_HEAD_START: Duration = Duration::from_secs(1);

/// The time that one server has to take the request, before the others are connected to as well.
fn head_start(deadline: Deadline) -> Duration {
    let left = deadline.left().unwrap_or(Duration::MAX);
    MOST_HEAD_START.min(left / 2)
}

/// The frames before a request.
const ENVELOPE: [&[u8]; 1] = [&[]];

impl Pending {
    /// Sends the request when it is its turn.
    pub(super) fn send_plain(
        &self,
        frames: impl Frames,
        deadline: Deadline,
    ) -> Result<(), SendError> {
        let Requesting {
            socket,
            pending_requests,
        } = &self.requesting;
        if let Err(error) = self.begin_turn(deadline) {
            return Err(SendError::new(error, frames.into_message()?));
        }
        let sent = sending::send(socket, &ENVELOPE, frames, deadline);
        if let Err(unsent) = &sent
            && *unsent.error() != Error::PeerLost
        {
            pending_requests
                .turn(|turn| turn.unsend(self.id))
                .map_err(Error::from)?;
        }
        sent
    }

    /// Waits for the turn, and sees to it that the next reply can only be to this request.
    fn begin_turn(&self, deadline: Deadline) -> Result<()> {
        let Requesting {
            socket,
            pending_requests,
        } = &self.requesting;
        socket.check_waiting(deadline)?;
        loop {
            self.wait_turn(deadline)?;
            let is_stale = pending_requests.turn(|turn| turn.is_stale())?;
            if is_stale || !self.drain()? {
                socket.renew_connections(head_start(deadline))?;
            }
            if pending_requests.turn(|turn| turn.send(self.id))? {
                return Ok(());
            }
        }
    }

    /// Waits until no other request has the turn, or its time is over. Meanwhile it takes in replies, so
    /// one thread may start several requests.
    fn wait_turn(&self, deadline: Deadline) -> Result<()> {
        let Requesting {
            socket,
            pending_requests,
        } = &self.requesting;
        let attempt = |locked: &mut LockedSocket<'_>| {
            for _ in 0..BUDGET {
                if pending_requests.turn(|turn| turn.take(self.id, self.deadline))? {
                    return Ok(Progress::Done);
                }
                let (attempt, _) = pending_requests.take_in(locked, socket)?;
                if attempt != Progress::Done {
                    return Ok(attempt);
                }
            }
            Ok(Progress::Again)
        };
        let register = |waker: &Arc<Waker>| {
            let _ = pending_requests.turn(|turn| turn.register(waker));
        };
        loop {
            let due = pending_requests.turn(|turn| turn.due())?;
            let until = due.map_or(deadline, |due| deadline.min(due));
            match socket.perform_registered(Interest::Readable, until, attempt, register) {
                Ok(()) => return Ok(()),
                // The time of the request that has the turn is over.
                Err(error) if error.is_timeout() && !deadline.is_over() => {}
                Err(error) => return Err(error.waiting_for(|wait| *wait = Wait::Turn)),
            }
        }
    }

    /// Drops the messages that are there and that no request has asked for; false if they do not end.
    fn drain(&self) -> Result<bool, BoxedError> {
        let Requesting {
            socket,
            pending_requests,
        } = &self.requesting;
        let drain = |locked: &mut LockedSocket<'_>| {
            for _ in 0..BUDGET {
                if PendingRequests::take_in(pending_requests, locked, socket)?.0 != Progress::Done {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        socket.with(drain)
    }
}
