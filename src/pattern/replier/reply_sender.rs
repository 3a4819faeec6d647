//! Replying to a request: once, now or later, from any thread.

use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use log::{debug, warn};

use super::SharedReplier;
use crate::error::Error;
use crate::message::{DynFrames, Frame, Frames};
use crate::pattern::{SendError, sending};
use crate::wake::Deadline;

/// The outcome of a reply.
///
/// A requester that has gone or does not read is at fault itself, and a server need not end for
/// that. So these are not errors.
///
/// ```
/// # use zeroless::{Client, Delivery, Server};
/// # let server = Server::bind(0)?;
/// # let replier = server.reply()?;
/// # let requester = Client::connect(server.port())?.request()?;
/// # let pending = requester.start("hello")?;
/// let delivery = replier.recv()?.reply("hello")?;
/// assert_eq!(delivery, Delivery::Queued);
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// It is on its way.
    Queued,
    /// The requester has disconnected; the reply was dropped.
    Gone,
    /// The requester has [1000](crate::Options::send_queue) replies waiting that it does not
    /// read; the reply was dropped.
    Full,
}

/// The way back to a requester, and whether it was replied to.
///
/// If it is dropped without a reply, that is logged: the requester waits in vain.
pub(super) struct Unreplied {
    envelope: Vec<Frame>,
    replier: Arc<SharedReplier>,
    replied: AtomicBool,
    /// Whether the fate of the reply is known: by the log, or by the caller, who got an error.
    is_told: AtomicBool,
}

impl Unreplied {
    pub(super) fn new(envelope: Vec<Frame>, replier: Arc<SharedReplier>) -> Unreplied {
        Unreplied {
            envelope,
            replier,
            replied: AtomicBool::new(false),
            is_told: AtomicBool::new(false),
        }
    }

    /// Gives the reply up, which is logged elsewhere.
    pub(super) fn give_up(&self) {
        self.is_told.store(true, Ordering::Relaxed);
    }

    /// Forgets a reply that ended in a panic: another can follow.
    pub(super) fn forget(&self) {
        self.replied.store(false, Ordering::Relaxed);
    }

    /// Replies, unless that was done before. After an error another reply can follow; if none does, the
    /// caller knows that.
    pub(super) fn reply(&self, frames: impl Frames) -> Result<Delivery, SendError> {
        if self.replied.swap(true, Ordering::Relaxed) {
            let what = "replying twice to a request".to_owned();
            return Err(SendError::new(
                Error::Unsupported { what },
                frames.into_message()?,
            ));
        }
        let delivery = self.deliver(frames);
        self.is_told.store(true, Ordering::Relaxed);
        if delivery.is_err() {
            self.replied.store(false, Ordering::Relaxed);
        }
        #[cfg(feature = "rpc")]
        if let Some(requester) = self.requester()
            && !matches!(delivery, Ok(Delivery::Queued | Delivery::Gone))
        {
            self.replier.lost_replies.add(requester);
        }
        delivery
    }

    /// Where it has come from: the envelope without the empty frame, and without the number of a requester of ours, which has
    /// eight bytes (an identity that libzmq gives has five).
    #[cfg(feature = "rpc")]
    fn path(&self) -> &[Frame] {
        match &*self.envelope {
            [path @ .., number, _] if !path.is_empty() && number.len() == 8 => path,
            [path @ .., _] => path,
            [] => &[],
        }
    }

    /// The requester, if it is a peer of its own.
    #[cfg(feature = "rpc")]
    fn requester(&self) -> Option<&[u8]> {
        match &*self.envelope {
            [peer, number, _] if number.len() == 8 => Some(peer),
            _ => None,
        }
    }

    fn deliver(&self, frames: impl Frames) -> Result<Delivery, SendError> {
        match sending::send(&self.replier.socket, &self.envelope, frames, Deadline::Now) {
            Ok(()) => Ok(Delivery::Queued),
            Err(unsent) if *unsent.error() == Error::PeerLost => {
                debug!("reply: the requester has gone");
                Ok(Delivery::Gone)
            }
            Err(unsent) if *unsent.error() == Error::WouldBlock => {
                if let Some(left_out) = self.replier.unread.admit() {
                    warn!("reply: dropped, the requester does not read its replies{left_out}");
                }
                Ok(Delivery::Full)
            }
            Err(unsent) => Err(unsent),
        }
    }
}

impl fmt::Debug for Unreplied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unreplied")
            .field("envelope", &self.envelope)
            .field("replied", &self.replied)
            .finish_non_exhaustive()
    }
}

impl Drop for Unreplied {
    fn drop(&mut self) {
        if !*self.is_told.get_mut()
            && let Some(left_out) = self.replier.unanswered.admit()
        {
            warn!("reply: a request was never replied to: call `reply` on it{left_out}");
        }
    }
}

/// The half of a request that sends the reply; see [`Request::split`](crate::Request::split).
///
/// It is callable, with a reference to the reply: `reply(&"text")`. A request is replied to once:
/// [`send`](ReplySender::send) takes it, and a second call of it is
/// [`Error::Unsupported`]. If it is dropped without a reply, that is logged: the requester waits in
/// vain.
///
/// # Examples
///
/// ```
/// use zeroless::{Client, Server};
///
/// let server = Server::bind(0)?;
/// let replier = server.reply()?;
/// let requester = Client::connect(server.port())?.request()?;
/// let pending = requester.start("hello")?;
///
/// let (message, reply) = replier.recv()?.split();
/// let answering = std::thread::spawn(move || reply(&format!("{message}, too")));
/// assert_eq!(pending.wait()?, "hello, too");
/// # answering.join().unwrap()?;
/// # Ok::<(), zeroless::Error>(())
/// ```
pub struct ReplySender {
    unreplied: Arc<Unreplied>,
    /// Made when it is first called.
    call: OnceLock<ReplyCall>,
}

/// The function that a [`ReplySender`] dereferences to.
type ReplyCall = Box<dyn Fn(&dyn DynFrames) -> Result<Delivery, SendError> + Send + Sync>;

impl ReplySender {
    pub(super) fn new(unreplied: Unreplied) -> ReplySender {
        ReplySender {
            unreplied: Arc::new(unreplied),
            call: OnceLock::new(),
        }
    }

    pub(crate) fn give_up(&self) {
        self.unreplied.give_up();
    }

    /// Sends the reply, as [`send`](Self::send) does.
    #[cfg(feature = "rpc")]
    pub(crate) fn reply(&self, frames: impl Frames) -> Result<Delivery, SendError> {
        self.unreplied.reply(frames)
    }

    /// Whether both requests are of one requester: they have come the same way, up to the number that a requester of ours
    /// gives to each.
    #[cfg(feature = "rpc")]
    pub(crate) fn is_from_where(&self, other: &ReplySender) -> bool {
        self.unreplied.path() == other.unreplied.path()
    }

    /// The requester that has sent the request, if that is a peer of its own: no relay has passed it on.
    #[cfg(feature = "rpc")]
    pub(crate) fn requester(&self) -> Option<&[u8]> {
        self.unreplied.requester()
    }

    /// Sends the reply, without waiting, also when the handle was stopped.
    ///
    /// # Errors
    ///
    /// A [`SendError`] that gives the reply back, for [`Error::EmptyMessage`],
    /// [`Error::FrameTooLarge`], [`Error::Forked`], [`Error::Stopped`] if the handle was closed,
    /// and [`Error::Unsupported`] if the request was replied to by a call before. A requester that
    /// is gone is not an error: see [`Delivery`].
    ///
    /// ```
    /// # use zeroless::{Client, Server};
    /// # let server = Server::bind(0)?;
    /// # let replier = server.reply()?;
    /// # let requester = Client::connect(server.port())?.request()?;
    /// # let pending = requester.start("hello")?;
    /// let (message, reply) = replier.recv()?.split();
    /// reply.send(message)?; // the same back, without a copy
    /// assert_eq!(pending.wait()?, "hello");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn send(self, frames: impl Frames) -> Result<Delivery, SendError> {
        self.unreplied.reply(frames)
    }
}

/// It is callable, with a reference to the reply: `reply(&("id", "body"))`.
impl Deref for ReplySender {
    type Target = dyn Fn(&dyn DynFrames) -> Result<Delivery, SendError> + Send + Sync;

    fn deref(&self) -> &Self::Target {
        self.call.get_or_init(|| {
            let unreplied = self.unreplied.clone();
            Box::new(move |frames| unreplied.reply(frames))
        })
    }
}

impl fmt::Debug for ReplySender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplySender")
            .field("unreplied", &self.unreplied)
            .finish_non_exhaustive()
    }
}
