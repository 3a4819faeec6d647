//! Request: many requests at once through one handle, each matched with its reply (DEALER).
//!
//! On the wire a request is `[id, empty, frames…]`. For a REP or ROUTER peer the frames before the
//! empty one are the envelope. It sends them back with its reply, and so the id. In REQ's own
//! envelope it is `[empty, frames…]`: replies have no id, so there is one request at a time (plain.rs).

#[cfg(feature = "rpc")]
mod connected;
mod ids;
mod pending;
mod pending_requests;
mod plain;
mod turn;
mod wait_any;

use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[cfg(feature = "rpc")]
pub(crate) use connected::{Change, ConnectedRequester, Unsent, reply_or_lost};
pub(crate) use ids::Ids;
pub use pending::Pending;
use pending_requests::PendingRequests;

use super::{Kind, Pattern, SendError, shared};
use crate::error::Result;
use crate::message::{DynFrames, Frames, Message};
use crate::socket::Socket;
use crate::wake::Deadline;

/// The number of a reply to all requests of a connection that have none; no request has it.
pub(super) const TO_ALL: u64 = 0;

/// Sends requests and waits for their replies: any number at once, from any thread.
///
/// Requests go to the connected servers in turn; one that is down is passed over. A request
/// whose time runs out can be [repeated](crate::Options::request_retries); the handle stays
/// usable, and a reply that comes too late is dropped.
///
/// A request has an id frame, an empty frame and then its own. Servers written with a ROUTER that
/// take exactly `[who, empty, body]` need the [plain envelope](crate::Options::plain_envelope).
///
/// # Examples
///
/// ```
/// use zeroless::{Client, Server};
///
/// let server = Server::bind(0)?;
/// let replier = server.reply()?;
/// std::thread::spawn(move || replier.serve(|_| "the answer"));
///
/// let request = Client::connect(server.port())?.request()?;
/// assert_eq!(request.request("a question")?, "the answer");
/// assert_eq!(request(&"a question")?, "the answer"); // the handle itself is callable
/// # Ok::<(), zeroless::Error>(())
/// ```
#[doc(alias = "req")]
#[doc(alias = "dealer")]
#[derive(Clone)]
pub struct Requester {
    requesting: Requesting,
    call: RequestCall,
}

/// The function that a requester dereferences to.
type RequestCall = Arc<dyn Fn(&dyn DynFrames) -> Result<Message> + Send + Sync>;

/// The state that a requester, the function that it can be called as, and its requests under way
/// share.
#[derive(Debug, Clone)]
struct Requesting {
    socket: Socket,
    pending_requests: Arc<PendingRequests>,
}

impl Pattern for Requester {
    const KIND: Kind = Kind::Requester;

    fn new(socket: Socket) -> Requester {
        let is_plain = socket.options().plain_envelope;
        let requesting = Requesting {
            socket,
            pending_requests: Arc::new(PendingRequests::new(is_plain)),
        };
        let own = requesting.clone();
        let call = Arc::new(move |frames: &dyn DynFrames| own.request(frames));
        Requester { requesting, call }
    }
}

impl Requesting {
    /// Sends a request and waits for its reply, with its retries.
    fn request(&self, frames: impl Frames) -> Result<Message> {
        let mut pending = Pending::begin(self, self.default_deadline())?;
        match pending.send_first(frames) {
            Ok(()) => pending.wait(),
            Err(unsent) => pending.retry(Err(unsent.into())),
        }
    }

    /// Sends a request, within the deadline; its reply is to be waited for.
    fn start(&self, frames: impl Frames, deadline: Deadline) -> Result<Pending, SendError> {
        let mut pending = match Pending::begin(self, deadline) {
            Ok(pending) => pending,
            Err(error) => return Err(SendError::new(error, frames.into_message()?)),
        };
        pending.send_first(frames)?;
        Ok(pending)
    }

    fn default_deadline(&self) -> Deadline {
        Deadline::after_some(self.socket.options().request_timeout)
    }
}

impl Requester {
    /// Sends a request and waits for its reply.
    ///
    /// It waits for [`Options::request_timeout`](crate::Options::request_timeout), for a server
    /// and the reply together, and as many times more as there are
    /// [retries](crate::Options::request_retries).
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`](crate::Error::Timeout) if there was no reply; also
    /// [`Stopped`](crate::Error::Stopped), [`EmptyMessage`](crate::Error::EmptyMessage),
    /// [`FrameTooLarge`](crate::Error::FrameTooLarge) and [`Forked`](crate::Error::Forked).
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
        self.requesting.request(frames)
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
        self.request_until(frames, Deadline::after(timeout))
    }

    /// Sends a request and waits for its reply no longer than until then, without a retry.
    ///
    /// # Errors
    ///
    /// As [`request`](Self::request).
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    ///
    /// let request = zeroless::Client::new().request()?;
    /// let soon = Instant::now() + Duration::from_millis(1);
    /// let error = request.request_deadline("nobody is there", soon);
    /// assert!(error.unwrap_err().is_timeout());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn request_deadline(&self, frames: impl Frames, deadline: Instant) -> Result<Message> {
        self.request_until(frames, Deadline::At(deadline))
    }

    fn request_until(&self, frames: impl Frames, deadline: Deadline) -> Result<Message> {
        let pending = self.start_until(frames, deadline)?;
        pending.take_until(deadline)
    }

    /// Sends a request, within the deadline; its reply is to be waited for.
    pub(crate) fn start_until(
        &self,
        frames: impl Frames,
        deadline: Deadline,
    ) -> Result<Pending, SendError> {
        self.requesting.start(frames, deadline)
    }

    /// Sends a request, and returns a [`Pending`], by which its reply can be waited for.
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
        self.start_until(frames, self.requesting.default_deadline())
    }
}

shared! { Requester.requesting.socket, "requester", "zeroless::Server::bind(0)?.request()?" }

/// The handle is callable, with a reference to frames: `request(&("id", "body"))`.
impl Deref for Requester {
    type Target = dyn Fn(&dyn DynFrames) -> Result<Message> + Send + Sync;

    fn deref(&self) -> &Self::Target {
        &*self.call
    }
}
