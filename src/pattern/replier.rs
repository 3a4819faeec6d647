//! Reply: requests of any peer, answered in any order (ROUTER).
//!
//! A plain REP socket answers in turn and loses replies when a connection misbehaves between
//! a request and its reply; ROUTER has neither fault, and REQ peers cannot tell them apart.

#[cfg(feature = "rpc")]
mod lost_replies;
mod parts;
mod reply_sender;
mod request;
mod serve;

use std::sync::Arc;

use log::warn;
#[cfg(feature = "rpc")]
use lost_replies::LostReplies;
pub use parts::RequestParts;
use reply_sender::Unreplied;
pub use reply_sender::{Delivery, ReplySender};
pub use request::Request;

use super::receiving::receiving;
#[cfg(feature = "rpc")]
use super::requester::TO_ALL;
#[cfg(feature = "rpc")]
use super::sending;
use super::{Kind, Pattern, shared};
use crate::error::{BoxedError, Error, Result};
use crate::message::{Frame, Frames, Message};
use crate::socket::{BUDGET, Interest, LockedSocket, Progress, Socket};
use crate::throttle::Throttle;
use crate::wake::Deadline;

/// Receives requests, each to be replied to: now or later, in any order, from any thread.
///
/// Any REQ socket can ask it, and any DEALER that puts an empty frame before its request, as
/// [`Requester`](super::Requester) does.
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
///         let answer = format!("{request}, too");
///         request.reply(answer)?;
///     }
///     Ok::<(), zeroless::Error>(())
/// });
/// let reply = Client::connect(server.port())?.request()?.request("hello")?;
/// assert_eq!(reply, "hello, too");
/// # Ok::<(), zeroless::Error>(())
/// ```
#[doc(alias = "rep")]
#[doc(alias = "router")]
#[derive(Clone)]
pub struct Replier {
    shared: Arc<SharedReplier>,
    /// The reply to a request that was not handled; see [`Replier::on_panic`].
    on_panic: Option<Arc<Message>>,
}

/// Shared by a replier, its clones, and the requests that they have received.
struct SharedReplier {
    socket: Socket,
    /// Limits the log lines on replies that their requester does not read.
    unread: Throttle,
    /// Limits the log lines on requests that were not replied to.
    unanswered: Throttle,
    #[cfg(feature = "rpc")]
    lost_replies: LostReplies,
}

impl Pattern for Replier {
    const KIND: Kind = Kind::Replier;

    fn new(socket: Socket) -> Replier {
        let shared = SharedReplier {
            socket,
            unread: Throttle::new(),
            unanswered: Throttle::new(),
            #[cfg(feature = "rpc")]
            lost_replies: LostReplies::default(),
        };
        Replier {
            shared: Arc::new(shared),
            on_panic: None,
        }
    }
}

receiving! {
    Replier of Request, "request", "replier", "zeroless::Server::bind(0)?.reply()?",
    arrives: "# use zeroless::{Client, Server};
# let server = Server::bind(0)?;
# let replier = server.reply()?;
# let requester = Client::connect(server.port())?.request()?;
# let pending = requester.start(\"hello\")?;",
    receive: "let request = replier.recv()?;\nrequest.reply(\"the answer\")?;",
    each: "request" => "request.reply(\"the answer\")?;"
}

impl Replier {
    /// Goes over requests of exactly `N` frames: each as an array to destructure, and the
    /// [`ReplySender`] that replies to it.
    ///
    /// A request with another number is passed over, logged and [counted](Self::skipped). Its
    /// requester gets no reply, so its time runs out. To send it an error instead, take requests apart
    /// one by one, with [`Request::parts`](crate::Request::parts).
    ///
    /// ```
    /// # use zeroless::{Client, Server};
    /// # let server = Server::bind(0)?;
    /// # let replier = server.reply()?;
    /// # let requester = Client::connect(server.port())?.request()?;
    /// # let pending = requester.start(("1", "2"))?;
    /// for ([one, two], reply) in replier.parts() {
    ///     reply(&format!("{one} and {two}"))?;
    ///     replier.stop(); // or it would wait for the next
    /// }
    /// assert_eq!(pending.wait()?, "1 and 2");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn parts<const N: usize>(&self) -> RequestParts<'_, N> {
        RequestParts { replier: self }
    }

    /// Replies to each request with the value that the handler returns, until the handle is stopped.
    ///
    /// The reply is anything that is [`Frames`]. A handler that can fail makes a reply of its
    /// errors: `.unwrap_or_else(|error| format!("error: {error}"))`. How a requester is told of
    /// them is up to your protocol, and its mistakes need not end the server.
    ///
    /// If the handler panics, that is logged, and the loop goes on. The requester gets the frames of
    /// [`on_panic`](Self::on_panic), or nothing if they are not set. The same holds for a reply that
    /// cannot be sent, because it is empty or above [`max_frame`](crate::Options::max_frame).
    ///
    /// Requests are handled one after the other; clones of the handle can serve in further threads.
    /// After a stop, requests that have come are still there for [`try_iter`](Self::try_iter).
    ///
    /// # Errors
    ///
    /// It is `Ok` after a stop; otherwise the error that ended receiving, as of
    /// [`recv`](Self::recv).
    ///
    /// ```
    /// use zeroless::{Client, Server};
    ///
    /// let server = Server::bind(0)?;
    /// let replier = server.reply()?;
    /// let stopper = replier.stopper()?; // for a Ctrl-C handler
    /// let serving = std::thread::spawn(move || replier.serve(|message| format!("{message}, too")));
    ///
    /// let requester = Client::connect(server.port())?.request()?;
    /// assert_eq!(requester.request("hello")?, "hello, too");
    /// stopper.stop();
    /// serving.join().unwrap()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn serve<R: Frames>(&self, mut handler: impl FnMut(Message) -> R) -> Result<()> {
        loop {
            match self.recv() {
                Ok(request) => self.handle(request, &mut handler),
                Err(Error::Stopped) => return Ok(()),
                Err(failure) => return Err(failure),
            }
        }
    }

    /// A replier on the same socket whose [`serve`](Self::serve) replies with these frames when the
    /// handler panics.
    ///
    /// # Errors
    ///
    /// [`Error::EmptyMessage`], or [`Error::FrameTooLarge`].
    ///
    /// ```
    /// use zeroless::{Client, Server};
    ///
    /// let server = Server::bind(0)?;
    /// let replier = server.reply()?.on_panic("internal error")?;
    /// let divide = |message: zeroless::Message| (100 / message.byte_count()).to_string();
    /// std::thread::spawn(move || replier.serve(divide));
    ///
    /// let requester = Client::connect(server.port())?.request()?;
    /// assert_eq!(requester.request("")?, "internal error");
    /// assert_eq!(requester.request("ten")?, "33");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn on_panic(&self, frames: impl Frames) -> Result<Replier> {
        let message = frames.into_message()?;
        self.shared.socket.check_frames(&message)?;
        Ok(Replier {
            shared: self.shared.clone(),
            on_panic: Some(Arc::new(message)),
        })
    }

    /// Gives a requester, which is a peer of its own, this reply to all its requests that have none. Not if it has ever lost
    /// one: the request might be one of these.
    #[cfg(feature = "rpc")]
    pub(crate) fn reply_to_all(&self, requester: &[u8], message: Message) {
        if self.shared.lost_replies.has(requester) {
            return;
        }
        let envelope = [requester, &TO_ALL.to_be_bytes(), &[]];
        // One that has gone, or does not read, learns of it by the end of its connection.
        let _ = sending::send(&self.shared.socket, &envelope, message, Deadline::Now);
    }

    /// Closes the socket for all handles; what is queued is delivered in the background.
    #[cfg(feature = "rpc")]
    pub(crate) fn end(&self) {
        self.shared.socket.end();
    }

    fn receive_until(&self, deadline: Deadline) -> Result<Request> {
        let socket = &self.shared.socket;
        let mut envelope = Vec::with_capacity(3);
        let mut message = Message::new();
        let mut skipped = 0;
        socket.check_waiting(deadline)?;
        let received = socket.perform(Interest::Readable, deadline, |locked| {
            for _ in 0..BUDGET {
                match take(locked, &mut envelope, &mut message)? {
                    Taken::Request => return Ok(Progress::Done),
                    Taken::Nothing => return Ok(Progress::Blocked),
                    Taken::Part => return Ok(Progress::Again),
                    Taken::NoRequest => skipped += 1,
                }
            }
            Ok(Progress::Again)
        });
        if skipped > 0 {
            socket.skip(skipped);
            if let Some(left_out) = socket.skip_throttle.admit() {
                warn!("reply: passed over {skipped} messages that are not requests{left_out}");
            }
        }
        received?;
        socket.log("received", || message.size());
        let unreplied = Unreplied::new(envelope, self.shared.clone());
        Ok(Request::new(message, unreplied))
    }
}

shared! { Replier.shared.socket, "replier", "zeroless::Server::bind(0)?.reply()?" }

/// The outcome of an attempt to receive a request.
#[derive(Debug, PartialEq, Eq)]
enum Taken {
    Request,
    /// A message without an empty frame before the request, or without a request after it.
    NoRequest,
    /// A part of a message, which was set aside.
    Part,
    Nothing,
}

/// Receives the envelope, up to the first empty frame, and the request.
fn take(
    locked: &mut LockedSocket<'_>,
    envelope: &mut Vec<Frame>,
    message: &mut Message,
) -> Result<Taken, BoxedError> {
    envelope.clear();
    let mut peer = Frame::new();
    match locked.recv_first(&mut peer)? {
        Progress::Done => {}
        Progress::Blocked => return Ok(Taken::Nothing),
        Progress::Again => return Ok(Taken::Part),
    }
    // The first frame is the peer's routing id, which may be empty: it ends no envelope.
    envelope.push(peer);
    while locked.more {
        let mut frame = Frame::new();
        if locked.recv_next(&mut frame)? == Progress::Again {
            locked.set_aside(envelope.drain(..));
            return Ok(Taken::Part);
        }
        let ends = frame.is_empty();
        envelope.push(frame);
        if ends {
            break;
        }
    }
    if !locked.more {
        return Ok(Taken::NoRequest);
    }
    *message = Message::new();
    if locked.recv(message)? == Progress::Again {
        locked.set_aside(envelope.drain(..));
        return Ok(Taken::Part);
    }
    Ok(Taken::Request)
}
