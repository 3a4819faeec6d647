//! Router: raw messages from many peers, and to each of them by its identity (ROUTER).

use std::time::{Duration, Instant};

use super::receiving::receiving;
use super::sending::{self, default_deadline};
use super::{Kind, Pattern, SendError, shared};
use crate::error::{BoxedError, Error, Result, Wait};
use crate::message::{Frame, Frames, Message};
use crate::peer_id::PeerId;
use crate::socket::{Interest, LockedSocket, Progress, Socket};
use crate::wake::Deadline;

/// Receives messages from many peers, and sends to each of them by its identity: brokers are
/// written with it.
///
/// Its peers are [`Dealer`](crate::Dealer)s, other routers and [`Requester`](crate::Requester)s; in other
/// languages DEALER, ROUTER and REQ sockets. Each message comes with the [`PeerId`] of its sender, in
/// turn from all of them.
///
/// **Frames** are sent and received as they are, with no envelope; the identity is not one of them. A REQ
/// socket puts an empty frame before its request, and expects one before the reply. A
/// [`Requester`](crate::Requester) puts an id before the empty frame, and expects both. So a hand-written
/// server sends back all frames up to the empty one; a [`Replier`](crate::Replier) does that by itself.
///
/// **Identities.** A peer that [sets](crate::Options::identity) none has another at each connection. When
/// a second peer comes with the identity of one that is connected, it takes its place (libzmq's
/// `ZMQ_ROUTER_HANDOVER`): a worker that is started anew is served at once, though its old connection may
/// still look alive. The first is not heard any more, and gets nothing. When it sends again it is
/// disconnected, connects anew, and takes its place back: an [event](Router::connection_events) at both
/// ends. (With a libzmq other than ours its connection stays, and it does not notice.) So each peer needs an
/// identity of its own. It proves nothing: any peer can take one, with security also that of another user, and then gets
/// what is sent to it. [`Message::user`](crate::Message::user) tells who has sent a message.
///
/// **Nobody there.** A message to a peer that is not connected is an error, [`Error::NoPeer`], and comes
/// back in it. Messages that are queued for a peer when it leaves are lost with it, as in all patterns. A peer
/// that we connect to, as a client, keeps its identity and its queue while its connection is made anew.
///
/// **Nobody reads.** Each peer has a [queue](crate::Options::send_queue) of its own. When it is full,
/// [`send_to`](Router::send_to) waits for room there and holds up its thread; a broker that serves others
/// meanwhile uses [`try_send_to`](Router::try_send_to).
///
/// Clones share the socket, and may be used from any thread, also while another is blocked in one. The
/// socket closes with the last of them, and queued messages are then
/// [delivered](crate::Options::linger), for 5 s at most.
///
/// # Examples
///
/// A server for REQ sockets, written by hand:
///
/// ```
/// use zeroless::{Client, Server};
///
/// let server = Server::bind(0)?;
/// let router = server.router()?;
/// # let pending = Client::connect(server.port())?.request()?.start("hello")?;
/// for (peer, message) in &router {
///     let empty = message.iter().position(|frame| frame.is_empty());
///     let Some(empty) = empty else { continue }; // it is not a request
///     let (envelope, request) = message.frames().split_at(empty + 1);
///     router.send_to(&peer, [envelope, request].concat())?; // the same back
///     router.stop(); // or it would wait for the next
/// }
/// # assert_eq!(pending.wait()?, "hello");
/// # Ok::<(), zeroless::Error>(())
/// ```
///
/// A broker has two of them: the example `broker_server` shares the requests of any clients among the
/// workers that are free.
#[derive(Clone)]
pub struct Router {
    socket: Socket,
}

impl Pattern for Router {
    const KIND: Kind = Kind::Router;

    fn new(socket: Socket) -> Router {
        Router { socket }
    }
}

impl Router {
    /// Sends a message to the peer of this identity, waiting until its queue has room.
    ///
    /// Sent means queued: it is delivered in the background, and lost if the peer leaves before that. It
    /// waits while the peer does not read, for ever unless
    /// [`Options::send_timeout`](crate::Options::send_timeout) says otherwise, or the peer leaves.
    ///
    /// # Errors
    ///
    /// A [`SendError`] that gives the message back, for [`NoPeer`](Error::NoPeer) if no such peer is
    /// connected, for [`Timeout`](Error::Timeout), which names the peer, [`Stopped`](Error::Stopped),
    /// [`EmptyMessage`](Error::EmptyMessage), [`FrameTooLarge`](Error::FrameTooLarge) and
    /// [`Forked`](Error::Forked).
    ///
    /// ```
    /// use zeroless::{Client, Error, Server};
    ///
    /// let server = Server::bind(0)?;
    /// let router = server.router()?;
    /// let worker = Client::connect(server.port())?.identity("worker").dealer()?;
    /// worker.send("ready")?;
    ///
    /// let (peer, _ready) = router.recv()?;
    /// router.send_to(&peer, ("job", "dig"))?;
    /// router.send_to("worker", "the same peer")?;
    /// assert_eq!(worker.recv()?, ["job", "dig"]);
    ///
    /// let unsent = router.send_to("nobody", "lost?").unwrap_err();
    /// assert!(matches!(unsent.error(), Error::NoPeer { .. }));
    /// assert_eq!(unsent.into_message(), "lost?");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn send_to(&self, peer: impl AsRef<[u8]>, frames: impl Frames) -> Result<(), SendError> {
        self.send_until(peer.as_ref(), frames, default_deadline(&self.socket))
    }

    /// Sends a message to a peer if its queue has room now, also when the handle was stopped.
    ///
    /// # Errors
    ///
    /// As [`send_to`](Self::send_to), with [`WouldBlock`](Error::WouldBlock) where that would wait.
    ///
    /// ```
    /// let router = zeroless::Server::bind(0)?.router()?;
    /// if let Err(unsent) = router.try_send_to("worker", "a job") {
    ///     println!("{unsent}");
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn try_send_to(
        &self,
        peer: impl AsRef<[u8]>,
        frames: impl Frames,
    ) -> Result<(), SendError> {
        self.send_until(peer.as_ref(), frames, Deadline::Now)
    }

    /// Sends a message to a peer, waiting no longer than this until its queue has room.
    ///
    /// # Errors
    ///
    /// As [`send_to`](Self::send_to).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let router = zeroless::Server::bind(0)?.router()?;
    /// if let Err(unsent) = router.send_to_timeout("worker", "a job", Duration::from_millis(1)) {
    ///     println!("{unsent}");
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn send_to_timeout(
        &self,
        peer: impl AsRef<[u8]>,
        frames: impl Frames,
        timeout: Duration,
    ) -> Result<(), SendError> {
        self.send_until(peer.as_ref(), frames, Deadline::after(timeout))
    }

    /// Sends a message to a peer, waiting no longer than until then for room in its queue.
    ///
    /// # Errors
    ///
    /// As [`send_to`](Self::send_to).
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    ///
    /// let router = zeroless::Server::bind(0)?.router()?;
    /// let soon = Instant::now() + Duration::from_millis(1);
    /// if let Err(unsent) = router.send_to_deadline("worker", "a job", soon) {
    ///     println!("{unsent}");
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn send_to_deadline(
        &self,
        peer: impl AsRef<[u8]>,
        frames: impl Frames,
        deadline: Instant,
    ) -> Result<(), SendError> {
        self.send_until(peer.as_ref(), frames, Deadline::At(deadline))
    }

    fn send_until(
        &self,
        peer: &[u8],
        frames: impl Frames,
        deadline: Deadline,
    ) -> Result<(), SendError> {
        let sent = sending::send(&self.socket, &[peer], frames, deadline);
        sent.map_err(|unsent| unsent.map_error(|error| name_peer(error, peer)))
    }

    fn receive_until(&self, deadline: Deadline) -> Result<(PeerId, Message)> {
        let socket = &self.socket;
        let (mut peer, mut message) = (Frame::new(), Message::new());
        socket.check_waiting(deadline)?;
        socket.perform(Interest::Readable, deadline, |locked| {
            take(locked, &mut peer, &mut message)
        })?;
        socket.log("received", || message.size());
        Ok((PeerId::from(peer.as_bytes()), message))
    }
}

receiving! {
    Router of (PeerId, Message), "message", "router", "zeroless::Server::bind(0)?.router()?",
    arrives: "# use zeroless::{Client, Server};
# let server = Server::bind(0)?;
# let router = server.router()?;
# Client::connect(server.port())?.identity(\"peer\").dealer()?.send(\"hello\")?;",
    receive: "let (peer, message) = router.recv()?;\nassert_eq!((peer.as_bytes(), message.as_str()?), (&b\"peer\"[..], \"hello\"));",
    each: "(peer, message)" => "println!(\"{peer}: {message}\");"
}

shared! { Router.socket, "router", "zeroless::Server::bind(0)?.router()?" }

/// Receives the identity of a peer, and its message.
fn take(
    locked: &mut LockedSocket<'_>,
    peer: &mut Frame,
    message: &mut Message,
) -> Result<Progress, BoxedError> {
    let attempt = locked.recv_first(peer)?;
    // libzmq gives a message's first frame after the identity, always.
    if attempt != Progress::Done || !locked.more {
        return Ok(match attempt {
            Progress::Done => Progress::Again,
            attempt => attempt,
        });
    }
    let attempt = locked.recv(message)?;
    if attempt == Progress::Again {
        locked.set_aside([std::mem::take(peer)]);
    }
    Ok(attempt)
}

/// An error of sending, with the peer that it is about.
fn name_peer(error: Error, peer: &[u8]) -> Error {
    let peer = || PeerId::from(peer).to_string();
    match error {
        Error::PeerLost => Error::NoPeer { peer: peer() },
        error => error.waiting_for(|waited_for| *waited_for = Wait::PeerRoom { peer: peer() }),
    }
}
