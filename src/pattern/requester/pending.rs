//! A request under way.

use std::sync::Arc;
use std::time::{Duration, Instant};

use log::debug;

use super::Requesting;
use crate::error::{Error, Result, Wait};
use crate::message::{Frames, Message};
use crate::pattern::{SendError, sending};
use crate::socket::{Interest, LockedSocket};
use crate::wake::{Deadline, Waker};

/// With more requests than this under way, replies are taken in while sending.
const MANY: usize = 256;

/// A request under way; its reply can be waited for, from any thread.
///
/// If it is dropped, its reply is dropped when it comes.
///
/// ```
/// # use zeroless::{Client, Server};
/// # let server = Server::bind(0)?;
/// # let replier = server.reply()?;
/// # let request = Client::connect(server.port())?.request()?;
/// let pending = request.start("a question")?;
/// replier.recv()?.reply("the answer")?;
/// assert_eq!(pending.wait()?, "the answer");
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug)]
pub struct Pending {
    pub(super) id: u64,
    pub(super) requesting: Requesting,
    /// The request, if it may have to be sent again.
    repeat: Option<Box<Message>>,
    /// How often it may still be sent again.
    retries: u32,
    /// Whether a retry is still to be sent, when a server takes it.
    pub(super) is_late: bool,
    /// When the time is over that it was given when it was last sent.
    pub(super) deadline: Deadline,
}

impl Pending {
    /// A request of this id.
    pub(super) fn of(requesting: &Requesting, id: u64, deadline: Deadline) -> Pending {
        Pending {
            id,
            requesting: requesting.clone(),
            repeat: None,
            retries: requesting.socket.options().request_retries,
            is_late: false,
            deadline,
        }
    }

    /// A request that is to be sent by then.
    pub(super) fn begin(requesting: &Requesting, deadline: Deadline) -> Result<Pending> {
        let (id, under_way) = requesting.pending_requests.begin()?;
        let pending = Pending::of(requesting, id, deadline);
        if under_way > MANY && under_way.is_multiple_of(64) {
            // A program that only sends requests would make the servers wait, or drop their replies.
            let _ = pending.try_wait();
        }
        Ok(pending)
    }

    pub(super) fn send_first(&mut self, frames: impl Frames) -> Result<(), SendError> {
        if self.retries == 0 {
            return self.send(frames, self.deadline);
        }
        let message = frames.into_message()?;
        let repeat = self.repeat.insert(Box::new(message)).share();
        match self.send(repeat, self.deadline) {
            // No server has got it whole, so none handles it twice.
            Err(unsent) if *unsent.error() == Error::PeerLost => self.send_again(self.deadline),
            sent => sent,
        }
    }

    fn send(&self, frames: impl Frames, deadline: Deadline) -> Result<(), SendError> {
        if self.requesting.pending_requests.is_plain() {
            return self.send_plain(frames, deadline);
        }
        let envelope = [&self.id.to_be_bytes()[..], &[]];
        sending::send(&self.requesting.socket, &envelope, frames, deadline)
    }

    /// Sends the request anew, as often as a peer leaves in the middle of it.
    fn send_again(&mut self, deadline: Deadline) -> Result<(), SendError> {
        loop {
            let Some(message) = self.repeat.as_mut().map(|it| it.share()) else {
                return Ok(());
            };
            match self.send(message, deadline) {
                Err(unsent) if *unsent.error() == Error::PeerLost => {
                    if deadline.is_over() {
                        let error = Error::timeout(Wait::Reply);
                        return Err(SendError::new(error, unsent.into_message()));
                    }
                }
                sent => return sent,
            }
        }
    }

    /// Waits for the reply, as long as [`request`](super::Requester::request) does, with its retries.
    ///
    /// Its time began when it was started: requests that were started together run out of time
    /// together, whichever is waited for first.
    ///
    /// # Errors
    ///
    /// As [`request`](super::Requester::request).
    ///
    /// ```
    /// # use zeroless::{Client, Server};
    /// # let server = Server::bind(0)?;
    /// # let replier = server.reply()?;
    /// # let request = Client::connect(server.port())?.request()?;
    /// # let pending = request.start("a question")?;
    /// # replier.recv()?.reply("the answer")?;
    /// assert_eq!(pending.wait()?, "the answer");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn wait(self) -> Result<Message> {
        let outcome = self.take_until(self.deadline);
        self.retry(outcome)
    }

    /// Sends a request again that got no reply in time, as often as it may be.
    pub(super) fn retry(mut self, mut outcome: Result<Message>) -> Result<Message> {
        while matches!(outcome, Err(Error::Timeout { .. })) && self.begin_retry() {
            let sent = self.send_again(self.deadline).map_err(Error::from);
            // A reply to an earlier try is as good.
            outcome = match (sent, self.take_until(self.deadline)) {
                (Err(unsent), Err(_)) => Err(unsent),
                (_, outcome) => outcome,
            };
        }
        outcome
    }

    /// Gives the request its time again, for a retry; false if there is none left.
    fn begin_retry(&mut self) -> bool {
        if self.retries == 0 {
            return false;
        }
        self.retries -= 1;
        let options = self.requesting.socket.options();
        let (timeout, left) = (options.request_timeout, self.retries);
        debug!("request: no reply in {timeout:?}; sent again, {left} retries left");
        self.deadline = Deadline::after_some(timeout);
        true
    }

    /// Sends the request again, if it has a retry left, without waiting. Where no server takes it
    /// now, this retry is spent; but a plain one is then sent [later](Self::send_late), since its
    /// connections have just been made anew.
    pub(super) fn retry_now(&mut self) -> bool {
        let begun = self.begin_retry();
        if begun {
            let sent = self.send_again(Deadline::Now);
            self.is_late = sent.is_err() && self.requesting.pending_requests.is_plain();
        }
        begun
    }

    /// Sends the request if it could not be sent when it was its turn to be.
    pub(super) fn send_late(&mut self) {
        if self.is_late {
            self.is_late = self.send_again(Deadline::Now).is_err();
        }
    }

    /// Waits for the reply no longer than this; the request stays under way if it has not
    /// come.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`]; [`Error::Stopped`]; [`Error::Unsupported`] if the reply was taken
    /// already, or is by another thread that waits for it too.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use zeroless::{Client, Server};
    /// # let server = Server::bind(0)?;
    /// # let replier = server.reply()?;
    /// # let request = Client::connect(server.port())?.request()?;
    /// let pending = request.start("a question")?;
    /// assert!(pending.wait_timeout(Duration::from_millis(1)).is_err());
    /// replier.recv()?.reply("the answer")?;
    /// assert_eq!(pending.wait_timeout(Duration::from_secs(5))?, "the answer");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn wait_timeout(&self, timeout: Duration) -> Result<Message> {
        self.take_until(Deadline::after(timeout))
    }

    /// Waits for the reply no longer than until then; the request stays under way if it has not
    /// come.
    ///
    /// # Errors
    ///
    /// As [`wait_timeout`](Self::wait_timeout).
    ///
    /// ```
    /// # use std::time::{Duration, Instant};
    /// # use zeroless::{Client, Server};
    /// # let server = Server::bind(0)?;
    /// # let replier = server.reply()?;
    /// # let request = Client::connect(server.port())?.request()?;
    /// let soon = Instant::now() + Duration::from_secs(5);
    /// let (one, two) = (request.start("one")?, request.start("two")?);
    /// replier.recv()?.reply("1")?;
    /// assert_eq!(one.wait_deadline(soon)?, "1");
    /// replier.recv()?.reply("2")?;
    /// assert_eq!(two.wait_deadline(soon)?, "2"); // the same time for both
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn wait_deadline(&self, deadline: Instant) -> Result<Message> {
        self.take_until(Deadline::At(deadline))
    }

    /// Takes the reply if it is there already.
    ///
    /// # Errors
    ///
    /// [`Error::WouldBlock`] if it is not.
    ///
    /// ```
    /// # use zeroless::{Client, Error, Server};
    /// # let server = Server::bind(0)?;
    /// # let replier = server.reply()?;
    /// # let request = Client::connect(server.port())?.request()?;
    /// let pending = request.start("a question")?;
    /// assert_eq!(pending.try_wait(), Err(Error::WouldBlock));
    /// # replier.recv()?.reply("the answer")?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn try_wait(&self) -> Result<Message> {
        self.take_until(Deadline::Now)
    }

    pub(crate) fn take_until(&self, deadline: Deadline) -> Result<Message> {
        if deadline != Deadline::Now && self.requesting.socket.is_stopped() {
            return Err(Error::Stopped);
        }
        let Requesting {
            pending_requests,
            socket,
        } = &self.requesting;
        let ids = [self.id];
        let attempt =
            |locked: &mut LockedSocket<'_>| pending_requests.attempt(locked, socket, &ids);
        let register = |waker: &Arc<Waker>| pending_requests.register(&ids, waker);
        let waited = socket.perform_registered(Interest::Readable, deadline, attempt, register);
        waited.map_err(|error| error.waiting_for(|wait| *wait = Wait::Reply))?;
        pending_requests.take(self.id)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.requesting.pending_requests.end(self.id);
    }
}
