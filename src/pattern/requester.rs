//! Request: many requests at once through one handle, each matched with its reply (DEALER).
//!
//! On the wire a request is `[id, empty, frames…]`. A REP or ROUTER peer takes what comes
//! before the empty frame for the envelope and sends it back with its reply, and so the id.

mod ids;
mod pending_requests;

use std::sync::Arc;
use std::time::Duration;

use log::debug;
use pending_requests::PendingRequests;

use super::sealed::Sealed;
use super::{Callable, Handle, SendError, Side};
use crate::error::{Error, Result, Wait};
use crate::message::{DynFrames, Frame, Frames, Message};
use crate::socket::{Interest, LockedSocket, Socket};
use crate::wake::{Deadline, Waker};

/// Sends requests and waits for their replies: any number at once, from any thread.
///
/// Requests go to the connected servers in turn; one that is down is passed over. A request
/// whose time runs out can be [repeated](crate::Options::request_retries); the handle stays
/// usable, and a reply that comes too late is dropped.
///
/// # Examples
///
/// ```
/// use zeroless::{Client, Server};
///
/// let server = Server::bind(0)?;
/// let replier = server.reply()?;
/// std::thread::spawn(move || {
///     for request in replier {
///         let _ = request.message().clone();
///         request.reply("the answer").ok();
///     }
/// });
/// let request = Client::connect(server.port())?.request()?;
/// assert_eq!(request.request("a question")?, "the answer");
/// assert_eq!(request(&"a question")?, "the answer"); // the handle itself is callable
/// # Ok::<(), zeroless::Error>(())
/// ```
pub type Requester = Handle<RequesterSide>;

/// The side of [`Requester`]: the requests under way.
#[derive(Debug, Clone, Default)]
pub struct RequesterSide {
    pending_requests: Arc<PendingRequests>,
}

/// With more requests than this under way, replies are taken in while sending.
const MANY: usize = 256;

impl Sealed for RequesterSide {}

impl Side for RequesterSide {
    type Call = Arc<Callable<Result<Message>>>;

    fn call(&self, socket: &Socket) -> Self::Call {
        let (pending_requests, socket) = (self.pending_requests.clone(), socket.clone());
        Arc::new(move |frames: &dyn DynFrames| {
            ask(&pending_requests, &socket, frames.to_message()?)
        })
    }
}

/// Sends a request, within the deadline; its reply is to be waited for.
fn start(
    pending_requests: &Arc<PendingRequests>,
    socket: &Socket,
    message: Message,
    deadline: Deadline,
) -> Result<Pending, SendError> {
    let pending = match Pending::begin(pending_requests, socket, &message, deadline) {
        Ok(pending) => pending,
        Err(error) => return Err(SendError::new(error, message)),
    };
    pending.send_first(message)?;
    Ok(pending)
}

/// Sends a request and waits for its reply, with its retries.
fn ask(
    pending_requests: &Arc<PendingRequests>,
    socket: &Socket,
    message: Message,
) -> Result<Message> {
    let deadline = Deadline::after_some(socket.options().request_timeout);
    let pending = Pending::begin(pending_requests, socket, &message, deadline)?;
    match pending.send_first(message) {
        Ok(()) => pending.wait(),
        Err(unsent) => pending.retry(Err(unsent.into())),
    }
}

impl Handle<RequesterSide> {
    /// Sends a request and waits for its reply.
    ///
    /// It waits for [`Options::request_timeout`](crate::Options::request_timeout), for a server
    /// and the reply together, and as many times more as there are
    /// [retries](crate::Options::request_retries).
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`] if there was no reply; [`Error::Stopped`];
    /// [`Error::EmptyMessage`]; [`Error::FrameTooLarge`]; [`Error::Forked`].
    ///
    /// ```
    /// # use zeroless::{Client, Server};
    /// # let server = Server::bind(0)?;
    /// # let replier = server.reply()?;
    /// # std::thread::spawn(move || replier.recv()?.reply("2").map_err(zeroless::Error::from));
    /// let request = Client::connect(server.port())?.request()?;
    /// assert_eq!(request.request(("add", "1", "1"))?, "2");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn request(&self, frames: impl Frames) -> Result<Message> {
        ask(
            &self.side.pending_requests,
            &self.socket,
            frames.into_message()?,
        )
    }

    /// Sends a request and waits for its reply no longer than this, without a retry.
    ///
    /// # Errors
    ///
    /// As [`request`](Self::request).
    ///
    /// ```
    /// use std::time::Duration;
    /// let request = zeroless::Client::new().request()?;
    /// let error = request.request_timeout("nobody is there", Duration::from_millis(1));
    /// assert!(error.unwrap_err().is_timeout());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn request_timeout(&self, frames: impl Frames, timeout: Duration) -> Result<Message> {
        let deadline = Deadline::after(timeout);
        let message = frames.into_message()?;
        start(&self.side.pending_requests, &self.socket, message, deadline)?.take_until(deadline)
    }

    /// Sends a request, and gives what its reply can be waited for with.
    ///
    /// # Errors
    ///
    /// A [`SendError`] that gives the request back, if no server was there to take it in
    /// [`Options::request_timeout`](crate::Options::request_timeout), or as
    /// [`request`](Self::request).
    ///
    /// ```
    /// # use zeroless::{Client, Server};
    /// # let server = Server::bind(0)?;
    /// # let replier = server.reply()?;
    /// # std::thread::spawn(move || {
    /// #     for request in replier { let n = request.to_string(); request.reply(n).ok(); }
    /// # });
    /// let request = Client::connect(server.port())?.request()?;
    /// let all = (0..10).map(|n| request.start(n.to_string()));
    /// let all = all.collect::<Result<Vec<_>, _>>()?; // ten requests under way
    /// for (n, pending) in all.into_iter().enumerate() {
    ///     assert_eq!(pending.wait()?, &n.to_string()[..]);
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn start(&self, frames: impl Frames) -> Result<Pending, SendError> {
        let deadline = Deadline::after_some(self.socket.options().request_timeout);
        let message = frames.into_message()?;
        start(&self.side.pending_requests, &self.socket, message, deadline)
    }
}

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
    id: u64,
    pending_requests: Arc<PendingRequests>,
    socket: Socket,
    /// The request, if it may have to be sent again.
    repeat: Option<Message>,
    /// When the time is over that it was given when it was started.
    deadline: Deadline,
}

impl Pending {
    /// A request that is to be sent by then.
    fn begin(
        pending_requests: &Arc<PendingRequests>,
        socket: &Socket,
        message: &Message,
        deadline: Deadline,
    ) -> Result<Pending> {
        let (id, under_way) = pending_requests.begin()?;
        let pending = Pending {
            id,
            pending_requests: pending_requests.clone(),
            socket: socket.clone(),
            repeat: (socket.options().request_retries > 0).then(|| message.clone()),
            deadline,
        };
        if under_way > MANY && under_way.is_multiple_of(64) {
            // Or those who only ask would make the servers wait, or drop their replies.
            let _ = pending.try_wait();
        }
        Ok(pending)
    }

    fn send_first(&self, message: Message) -> Result<(), SendError> {
        match self.send(message, self.deadline) {
            // Nobody has got it whole, so that nobody handles it twice.
            Err(unsent) if *unsent.error() == Error::PeerLost && self.repeat.is_some() => {
                self.send_again(self.deadline)
            }
            sent => sent,
        }
    }

    fn send(&self, mut message: Message, deadline: Deadline) -> Result<(), SendError> {
        let envelope = [Frame::from(self.id.to_be_bytes()), Frame::new()];
        let sent = self.socket.send(&envelope, &mut message, deadline);
        sent.map_err(|error| SendError::new(*error, message))
    }

    /// Sends the request anew, as often as a peer leaves in the middle of it.
    fn send_again(&self, deadline: Deadline) -> Result<(), SendError> {
        loop {
            let Some(message) = self.repeat.clone() else {
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

    /// Waits for the reply, as long as [`request`](Handle::request) does, with its retries.
    ///
    /// Its time began when it was started: requests that were started together run out of time
    /// together, whichever is waited for first.
    ///
    /// # Errors
    ///
    /// As [`request`](Handle::request).
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

    /// Tries as often as it may what did not come out in time.
    fn retry(self, mut outcome: Result<Message>) -> Result<Message> {
        let options = self.socket.options();
        let (timeout, retries) = (options.request_timeout, options.request_retries);
        for retry in 1..=retries {
            if !matches!(outcome, Err(Error::Timeout { .. })) {
                break;
            }
            debug!("request: no reply in {timeout:?}, retry {retry} of {retries}");
            let deadline = Deadline::after_some(timeout);
            let sent = self.send_again(deadline).map_err(Error::from);
            // A reply to an earlier try is as good.
            outcome = match (sent, self.take_until(deadline)) {
                (Err(unsent), Err(_)) => Err(unsent),
                (_, outcome) => outcome,
            };
        }
        outcome
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

    fn take_until(&self, deadline: Deadline) -> Result<Message> {
        if deadline != Deadline::Now && self.socket.is_stopped() {
            return Err(Error::Stopped);
        }
        let (pending_requests, socket) = (&self.pending_requests, &self.socket);
        let attempt =
            |locked: &mut LockedSocket<'_>| pending_requests.attempt(locked, socket, self.id);
        let register = |waker: &Arc<Waker>| pending_requests.register(self.id, waker);
        let waited = socket.perform_registered(Interest::Readable, deadline, attempt, register);
        waited.map_err(|error| error.waiting_for(|wait| *wait = Wait::Reply))?;
        pending_requests.take(self.id)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.pending_requests.end(self.id);
    }
}
