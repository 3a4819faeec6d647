//! The handles of the patterns: what all of them share.

mod channel;
mod connections;
mod pair;
mod pub_sub;
mod push_pull;
mod receiving;
mod replier;
mod requester;
mod sending;
mod stopper;

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

pub use channel::Channel;
pub use connections::Connections;
pub use pair::{Pair, PairSide};
pub use pub_sub::{Publisher, PublisherSide, Subscriber, SubscriberSide};
pub use push_pull::{Pull, PullSide, Push, PushSide};
pub use receiving::{IntoIter, Iter, Parts, Receiving, TryIter};
pub use replier::{Delivery, Replier, ReplierSide, Request};
pub use requester::{Pending, Requester, RequesterSide};
pub use sending::{SendError, Sending};
pub use stopper::Stopper;

use crate::error::{Error, Result};
use crate::message::DynFrames;
use crate::socket::{Kind, Socket};
use crate::wake::Deadline;

/// One end of a pattern, for any number of threads: clones share the socket.
///
/// [`Push`], [`Pull`], [`Publisher`], [`Subscriber`], [`Requester`], [`Replier`] and [`Pair`]
/// are all this handle, each with the calls that suit its side: those of a [`Sending`] side,
/// of a [`Receiving`] one, or its own. Any of them may be called from any thread, also while
/// another is blocked in one.
///
/// The socket closes with its last handle. What was sent and is still queued is then
/// delivered, for the [linger](crate::Options::linger) time at most: 30 s as long as somebody
/// takes it, and 1 s where nobody is.
///
/// # Examples
///
/// ```
/// use zeroless::{Client, Server};
///
/// let server = Server::bind(0)?;
/// let pull = server.pull()?;
/// let push = Client::connect(server.port())?.push()?;
///
/// let other = push.clone();
/// std::thread::spawn(move || other.send("from a thread"));
/// push.send("from here")?;
/// assert_eq!(pull.iter().take(2).count(), 2);
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Clone)]
pub struct Handle<P: Side> {
    socket: Socket,
    side: P,
    call: P::Call,
}

/// One side of a pattern: what a [`Handle`] can do.
///
/// ```
/// use zeroless::{Handle, Side};
/// fn is_stopped<P: Side>(handle: &Handle<P>) -> bool {
///     handle.status().is_err_and(|error| error.is_stopped())
/// }
/// let pair = zeroless::Server::bind(0)?.pair()?;
/// assert!(!is_stopped(&pair));
/// # Ok::<(), zeroless::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no side of a pattern",
    note = "`zeroless::Push` is a handle itself (`Handle<PushSide>`), and so are the others"
)]
pub trait Side: sealed::Sealed + Clone + fmt::Debug + Send + Sync + 'static {
    /// What calling the handle does; `()` if it cannot be called.
    #[doc(hidden)]
    type Call: Clone + Send + Sync;

    #[doc(hidden)]
    fn call(&self, socket: &Socket) -> Self::Call;

    /// Sees to what the side needs of a socket that was just made for it.
    #[doc(hidden)]
    fn attach(&self, _socket: &Socket) {}
}

pub(crate) mod sealed {
    /// Keeps the set of sides closed, so that it can grow without breaking anybody.
    pub trait Sealed {}
}

/// A function that a handle dereferences to, so that it can be called.
pub type Callable<A> = dyn Fn(&dyn DynFrames) -> A + Send + Sync;

impl<P: Side> Handle<P> {
    pub(crate) fn new(socket: Socket, side: P) -> Handle<P> {
        let call = side.call(&socket);
        Handle { socket, side, call }
    }

    pub(crate) fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Ends every wait in this handle and its clones, now and later.
    ///
    /// Calls that may wait return [`Error::Stopped`] and loops end, in whatever thread they are.
    /// Those that do not wait go on until the handle is closed or dropped: what has arrived can
    /// still be had with `try_recv` and `try_iter`, requests can be replied to, and `try_send`
    /// sends.
    ///
    /// ```
    /// let pull = zeroless::Server::bind(0)?.pull()?;
    /// let other = pull.clone();
    /// let waiting = std::thread::spawn(move || other.iter().count());
    /// pull.stop();
    /// assert_eq!(waiting.join().unwrap(), 0);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn stop(&self) {
        self.socket.stop();
    }

    /// Something that stops this handle from elsewhere, a signal handler even.
    ///
    /// It does not keep the socket open.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfFiles`]: the first one of a socket needs two file descriptors.
    ///
    /// ```
    /// let pull = zeroless::Server::bind(0)?.pull()?;
    /// let stopper = pull.stopper()?;
    /// std::thread::spawn(move || stopper.stop());
    /// assert_eq!(pull.iter().count(), 0); // waits until stopped
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn stopper(&self) -> Result<Stopper> {
        let (stopped, stop_signal) = self.socket.stop_signal()?;
        Ok(Stopper::new(stopped, stop_signal))
    }

    /// Whether the handle works, and if not, why.
    ///
    /// # Errors
    ///
    /// The fatal error that ended a loop, if one did; [`Error::Stopped`] after a stop;
    /// [`Error::Refused`] while a server is connected to that does not take us. That one is
    /// tried again, more and more rarely, and the status is `Ok` once it does.
    /// [`Error::Forked`].
    ///
    /// ```
    /// let push = zeroless::Client::new().push()?;
    /// assert!(push.status().is_ok());
    /// push.stop();
    /// assert!(push.status().unwrap_err().is_stopped());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn status(&self) -> Result<()> {
        if let Some(failure) = self.socket.failure()? {
            return Err(failure);
        }
        if self.socket.is_stopped() {
            return Err(Error::Stopped);
        }
        match self.socket.status()?.refusal() {
            Some(refusal) => Err(refusal),
            None => Ok(()),
        }
    }

    /// How many messages were passed over because they did not fit what was asked for: the
    /// wrong number of parts, or a request or reply without an envelope.
    ///
    /// ```
    /// assert_eq!(zeroless::Server::bind(0)?.pull()?.skipped(), 0);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn skipped(&self) -> u64 {
        self.socket.skipped()
    }

    /// Waits until this many connections are up.
    ///
    /// It counts tcp and ipc connections whose handshake is done, as
    /// [`connections`](Self::connections) tells them; inproc has none to tell.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`] if there are fewer by then; [`Error::Stopped`].
    ///
    /// ```
    /// use std::time::Duration;
    /// use zeroless::{Client, Server};
    ///
    /// let server = Server::bind(0)?;
    /// let push = server.push()?;
    /// let pull = Client::connect(server.port())?.pull()?;
    /// push.wait_connected(1, Duration::from_secs(5))?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn wait_connected(&self, count: usize, timeout: Duration) -> Result<()> {
        let deadline = Deadline::after(timeout);
        self.socket.wait_up(count, deadline)
    }

    /// An iterator over what happens to the connections, from now on.
    ///
    /// It begins with what is so now: where the handle listens, and which connections are
    /// up. It waits for the next event, and ends when the handle is stopped or gone. For a
    /// reader that falls 1024 events behind, some are lost (and logged).
    ///
    /// # Errors
    ///
    /// [`Error::Stopped`] if the handle is stopped already.
    ///
    /// ```
    /// use zeroless::ConnectionEvent;
    /// let pull = zeroless::Server::bind(0)?.pull()?;
    /// let first = pull.connections()?.next();
    /// assert!(matches!(first, Some(ConnectionEvent::Listening { .. })));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn connections(&self) -> Result<Connections> {
        if self.socket.is_stopped() {
            return Err(Error::Stopped);
        }
        let events = self.socket.status()?.listen(&self.socket.bound()?);
        Ok(Connections::new(events))
    }

    /// Stops the handle and its clones, and waits until what was sent is delivered.
    ///
    /// Delivered means: handed to the system for a peer that is connected, not read by it.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`] if something could not be delivered in this time, and is lost;
    /// [`Error::Stopped`] if it is closed already.
    ///
    /// ```
    /// use std::time::Duration;
    /// use zeroless::{Client, Server};
    ///
    /// let server = Server::bind(0)?;
    /// let pull = server.pull()?;
    /// let push = Client::connect(server.port())?.push()?;
    /// push.send("last words")?;
    /// push.close(Duration::from_secs(5))?;
    /// assert_eq!(pull.recv()?, "last words");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn close(self, timeout: Duration) -> Result<()> {
        self.socket.close(timeout)
    }
}

impl<P: Side> fmt::Debug for Handle<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("pattern", &self.socket.kind().name())
            .field("stopped", &self.socket.is_stopped())
            .finish_non_exhaustive()
    }
}

/// The handle is callable, with a reference to what is to be sent: `push(&("id", "body"))`.
impl<P, A> Deref for Handle<P>
where
    P: Side<Call = Arc<Callable<A>>>,
    A: 'static,
{
    type Target = Callable<A>;

    fn deref(&self) -> &Callable<A> {
        &*self.call
    }
}

/// Gives a type that can open sockets the patterns as methods: the same for those who bind
/// and those who connect.
macro_rules! patterns {
    ($opens:ty, $example:literal) => {
        #[doc = concat!("The patterns; each opens a socket of its own.\n\n```\n", $example, "\n# Ok::<(), zeroless::Error>(())\n```")]
        impl $opens {
            /// A handle that pushes messages, each to one of the pullers in turn.
            ///
            /// # Errors
            ///
            /// As the endpoints are bound or connected to: see the type.
            pub fn push(&self) -> crate::Result<crate::Push> {
                self.open(crate::socket::Kind::Push, crate::pattern::PushSide)
            }

            /// A handle that pulls messages, from all pushers in turn.
            ///
            /// # Errors
            ///
            /// As the endpoints are bound or connected to: see the type.
            pub fn pull(&self) -> crate::Result<crate::Pull> {
                self.open(crate::socket::Kind::Pull, crate::pattern::PullSide)
            }

            /// A handle that publishes messages, each to all who subscribe to its topic.
            ///
            /// # Errors
            ///
            /// As the endpoints are bound or connected to: see the type.
            #[doc(alias = "pub")]
            pub fn publish(&self) -> crate::Result<crate::Publisher> {
                let side = crate::pattern::PublisherSide::default();
                self.open(crate::socket::Kind::Publisher, side)
            }

            /// A handle that receives what is published under these topics.
            ///
            /// A topic is what a message's first frame begins with; `""` is all of them.
            /// Several are given as an array, a tuple or a `Vec`, as [frames](crate::Frames)
            /// are; more can be [added](crate::Subscriber::subscribe) later.
            ///
            /// # Errors
            ///
            /// As the endpoints are bound or connected to: see the type.
            #[doc(alias = "sub")]
            pub fn subscribe(&self, topics: impl crate::Frames) -> crate::Result<crate::Subscriber> {
                let side = crate::pattern::SubscriberSide::default();
                let handle = self.open(crate::socket::Kind::Subscriber, side)?;
                handle.subscribe(topics)?;
                Ok(handle)
            }

            /// A handle that sends requests and waits for their replies.
            ///
            /// # Errors
            ///
            /// As the endpoints are bound or connected to: see the type.
            #[doc(alias = "req")]
            pub fn request(&self) -> crate::Result<crate::Requester> {
                let side = crate::pattern::RequesterSide::default();
                self.open(crate::socket::Kind::Requester, side)
            }

            /// A handle that receives requests and replies to them.
            ///
            /// # Errors
            ///
            /// As the endpoints are bound or connected to: see the type.
            #[doc(alias = "rep")]
            pub fn reply(&self) -> crate::Result<crate::Replier> {
                self.open(crate::socket::Kind::Replier, crate::pattern::ReplierSide)
            }

            /// A handle that talks to exactly one other pair.
            ///
            /// # Errors
            ///
            /// As the endpoints are bound or connected to: see the type.
            pub fn pair(&self) -> crate::Result<crate::Pair> {
                self.open(crate::socket::Kind::Pair, crate::pattern::PairSide)
            }
        }
    };
}

pub(crate) use patterns;

/// Opens a side's socket with a function that gives it its endpoints.
pub(crate) fn open<P: Side>(
    kind: Kind,
    side: P,
    options: &crate::options::Options,
    attach: impl FnOnce(&Socket) -> Result<()>,
) -> Result<Handle<P>> {
    let socket = Socket::open(kind, options)?;
    side.attach(&socket);
    attach(&socket)?;
    Ok(Handle::new(socket, side))
}
