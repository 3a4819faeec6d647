//! Sending messages: requests, and to subscribers.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::Reply;
use super::links::{Links, not_sent};
use super::outbox::Outbox;
use super::publishing::Publishing;
use super::queued::ToReceivers;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::fork::ForkMutex;
use crate::into_endpoints::IntoEndpoints;
use crate::message::Message;
use crate::options::IntoSetting;
use crate::pattern::Publisher;
use crate::rpc::client::distinct;
use crate::rpc::{ByEndpoint, CallError};
use crate::security::{ClientSecurity, ServerSecurity};
use crate::server::Server;
use crate::wake::Deadline;

/// How long a reply is waited for by default.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How many messages wait by default while nobody is there.
const QUEUE: usize = 1000;

/// Sends messages as they are: to receivers, each of which replies, and to subscribers. pyzmqrpc3's `ZmqSender`.
///
/// ```
/// use zeroless::rpc::zmqrpc::{Receiver, Reply, Sender};
///
/// let receiver = Receiver::bind(0)?.start(|message| Reply::new(200, message.to_string_lossy()))?;
/// let sender = Sender::connect(receiver.port())?;
/// assert_eq!(sender.request("hello")?.text(), "hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Its connections are opened with the first message, and its clones share them. A message waits for one of the
/// receivers to be connected, and is never handed to a connection that is not up. If its connection ends before the
/// reply has come, that is an [error](CallError::MayHaveRun) at once.
#[derive(Clone)]
pub struct Sender {
    config: Config,
    opened: Arc<Opened>,
}

#[derive(Clone)]
struct Config {
    endpoints: Vec<Endpoint>,
    publisher: Option<Server>,
    security: Option<ClientSecurity>,
    timeout: Duration,
    queue: usize,
    heartbeats: Option<Duration>,
}

/// What the first message opens.
#[derive(Default)]
struct Opened {
    // Dropped first: its thread sends over the links.
    queued: OnceLock<Outbox<ToReceivers>>,
    links: OnceLock<Arc<Links>>,
    publishing: OnceLock<Publishing>,
    opening: ForkMutex<()>,
}

impl Opened {
    /// Opens one of them, once.
    fn get<'a, T>(&self, cell: &'a OnceLock<T>, open: impl FnOnce() -> Result<T>) -> Result<&'a T> {
        let _opening = self.opening.lock()?;
        match cell.get() {
            Some(there) => Ok(there),
            None => {
                let opened = open()?;
                Ok(cell.get_or_init(|| opened))
            }
        }
    }
}

/// The reply of each receiver, by its endpoint.
pub type Replies<T> = ByEndpoint<Result<T, CallError>>;

impl Sender {
    /// A sender of no endpoint yet.
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Sender;
    /// let sender = Sender::new().publish_at(0)?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn new() -> Sender {
        Sender {
            config: Config {
                endpoints: Vec::new(),
                publisher: None,
                security: None,
                timeout: TIMEOUT,
                queue: QUEUE,
                heartbeats: None,
            },
            opened: Arc::default(),
        }
    }

    /// A sender to the receivers at these endpoints: pyzmqrpc3's `zmq_req_endpoints`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidEndpoint`], with a reason; [`Error::AlreadyConnected`] if one is given twice.
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Sender;
    /// let sender = Sender::connect(["tcp://127.0.0.1:30000", "tcp://127.0.0.1:30001"])?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn connect(endpoints: impl IntoEndpoints) -> Result<Sender> {
        let endpoints = distinct(endpoints)?;
        Ok(Sender::new().set(|config| config.endpoints = endpoints))
    }

    /// The same, with other settings: nothing is open yet.
    pub(super) fn set_with(self, change: impl FnOnce(&mut Self)) -> Sender {
        let mut sender = self;
        change(&mut sender);
        sender.opened = Arc::default();
        sender
    }

    fn set(self, change: impl FnOnce(&mut Config)) -> Sender {
        self.set_with(|sender| change(&mut sender.config))
    }

    /// Publishes, too, at this endpoint, which is bound: pyzmqrpc3's `zmq_pub_endpoint`.
    ///
    /// # Errors
    ///
    /// As [`zeroless::Server::bind`](crate::Server::bind).
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Sender;
    /// let sender = Sender::connect(30000)?.publish_at(0)?;
    /// assert_ne!(sender.port(), 0);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn publish_at(self, endpoints: impl IntoEndpoints) -> Result<Sender> {
        let publisher = Server::bind(endpoints)?;
        Ok(self.set(|config| config.publisher = Some(publisher)))
    }

    /// How receivers are told who sends: pyzmqrpc3's `username` and `password`, or keys, which it has not.
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Sender;
    /// use zeroless::security::{Password, Plain};
    ///
    /// let ann = Plain::user("ann", Password::new("secret")?);
    /// let sender = Sender::connect("tcp://127.0.0.1:30000")?.security(ann);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[doc(alias = "password")]
    pub fn security(self, security: ClientSecurity) -> Sender {
        self.set(|config| config.security = Some(security))
    }

    /// Who may subscribe. pyzmqrpc3's subscribers know no password; ours do.
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Sender;
    /// use zeroless::security::{Access, Password, Plain};
    ///
    /// let access = Access::new().user("ann", Password::new("secret")?)?;
    /// let sender = Sender::new().publish_at("tcp://127.0.0.1:0")?.publisher_security(Plain::server(access));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn publisher_security(self, security: ServerSecurity) -> Sender {
        self.set(|config| {
            let publisher = config.publisher.take();
            config.publisher = publisher.map(|server| server.security(security));
        })
    }

    /// How long a message may take, with its reply: pyzmqrpc3's `time_out_in_sec`. Default 30 s.
    ///
    /// ```
    /// use std::time::Duration;
    /// use zeroless::rpc::zmqrpc::Sender;
    /// let sender = Sender::connect(30000)?.timeout(Duration::from_secs(60));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[doc(alias = "time_out_in_sec")]
    pub fn timeout(self, time: Duration) -> Sender {
        self.set(|config| config.timeout = time)
    }

    /// How many messages wait while nobody is there for them. Default 1000, and 64 MiB of them.
    ///
    /// A message that is to be [published](Self::publish) waits while there is no subscriber, and one that is
    /// [queued](Self::enqueue) until its turn: beyond the limit the oldest is dropped, [counted](Self::dropped) and
    /// logged. So many [requests](Self::request) may wait for a connection at once, each in its own thread; more are
    /// [`Busy`](CallError::Busy).
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Sender;
    /// let sender = Sender::connect(30000)?.queue(10_000);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn queue(self, messages: usize) -> Sender {
        self.set(|config| config.queue = messages)
    }

    /// Sends a [heartbeat](super::HEARTBEAT) to the subscribers again and again, so that a silence tells them that
    /// the connection is lost. Default: none.
    ///
    /// They begin with the first message that is published, or with [`open`](Self::open).
    ///
    /// ```
    /// use std::time::Duration;
    /// use zeroless::rpc::zmqrpc::Sender;
    /// let sender = Sender::new().publish_at(0)?.heartbeats(Duration::from_secs(10)).open()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn heartbeats(self, interval: impl IntoSetting<Duration>) -> Sender {
        self.set(|config| config.heartbeats = interval.into_setting())
    }

    /// Opens its connections now, rather than with the first message.
    ///
    /// # Errors
    ///
    /// As a pattern of [`zeroless::Server`](crate::Server) and [`zeroless::Client`](crate::Client).
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Sender;
    /// let sender = Sender::connect(30000)?.publish_at(0)?.open()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn open(self) -> Result<Sender> {
        if !self.config.endpoints.is_empty() {
            self.links()?;
        }
        if self.config.publisher.is_some() {
            self.publishing()?;
        }
        Ok(self)
    }

    fn links(&self) -> Result<&Arc<Links>> {
        let config = &self.config;
        self.opened.get(&self.opened.links, || {
            if config.endpoints.is_empty() {
                let what = "a request without an endpoint; `connect` to one".to_owned();
                return Err(Error::Unsupported { what });
            }
            let links = Links::open(&config.endpoints, config.security.as_ref(), config.queue)?;
            Ok(Arc::new(links))
        })
    }

    fn publishing(&self) -> Result<&Publishing> {
        let config = &self.config;
        self.opened.get(&self.opened.publishing, || {
            let Some(server) = config.publisher.clone() else {
                let what = "publishing without an endpoint; give one with `publish_at`".to_owned();
                return Err(Error::Unsupported { what });
            };
            Publishing::open(server, config.queue, config.heartbeats)
        })
    }

    fn queued(&self) -> Result<&Outbox<ToReceivers>> {
        let links = self.links()?.clone();
        self.opened.get(&self.opened.queued, || {
            let outlet = ToReceivers::new(links, self.config.timeout);
            // The one that is being sent comes out of it, too.
            Ok(Outbox::new(outlet, self.config.queue.max(1)))
        })
    }

    pub(super) fn deadline(&self) -> Deadline {
        Deadline::after(self.config.timeout)
    }

    /// Sends a message to one of the receivers, in turn; its reply, whatever its status code.
    ///
    /// # Errors
    ///
    /// [`NotSent`](CallError::NotSent), [`MayHaveRun`](CallError::MayHaveRun), [`Busy`](CallError::Busy) and
    /// [`BadReply`](CallError::BadReply).
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::{Receiver, Reply, Sender};
    /// let receiver = Receiver::bind(0)?.start(|_message| Reply::new(463, "out of paper"))?;
    /// let reply = Sender::connect(receiver.port())?.request("hello")?;
    /// assert_eq!(reply.code(), 463);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn request(&self, message: impl AsRef<[u8]>) -> Result<Reply, CallError> {
        self.request_until(message.as_ref(), self.deadline())
    }

    pub(super) fn request_until(
        &self,
        message: &[u8],
        deadline: Deadline,
    ) -> Result<Reply, CallError> {
        let links = self.links().map_err(not_sent)?;
        read(links.request(message, deadline))
    }

    /// Sends a message to every receiver; the reply of each, by its endpoint.
    ///
    /// pyzmqrpc3's `send` does so, but one receiver that is silent makes it lose the replies of all.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfFiles`] and the like, if the connections cannot be opened; those of each receiver as
    /// [`request`](Self::request).
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::{Receiver, Reply, Sender};
    ///
    /// let one = Receiver::bind(0)?.start(|_message| Reply::ok())?;
    /// let two = Receiver::bind(0)?.start(|_message| Reply::new(463, "out of paper"))?;
    /// let replies = Sender::connect([one.port(), two.port()])?.request_all("hello")?;
    /// let codes = replies.into_iter().map(|(_, reply)| reply.map(|reply| reply.code()));
    /// assert_eq!(codes.collect::<Result<Vec<_>, _>>()?, [200, 463]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn request_all(&self, message: impl AsRef<[u8]>) -> Result<Replies<Reply>> {
        let links = self.links()?;
        let replies = links.request_all(message.as_ref(), self.deadline())?;
        let replies = replies.into_iter();
        Ok(replies.map(|(at, reply)| (at, read(reply))).collect())
    }

    /// Has a message sent to one of the receivers, in turn, and does not wait for it: it waits in a
    /// [queue](Self::queue) until those before it have their replies, and a receiver is there.
    ///
    /// Those that were queued are sent in order, each once the one before it is done. A reply other than
    /// [`Reply::ok`], and a message whose reply has not come in [time](Self::timeout) or before its connection ended, are
    /// logged, and the next is sent. A message that was not sent yet is tried on.
    ///
    /// # Errors
    ///
    /// [`Error::FrameTooLarge`] for one of more than 16 MiB; as a pattern of [`zeroless::Client`](crate::Client).
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use zeroless::rpc::zmqrpc::{Receiver, Reply, Sender};
    ///
    /// let receiver = Receiver::bind(0)?; // it does not run yet
    /// let sender = Sender::connect(receiver.port())?;
    /// sender.enqueue("hello")?;
    /// let (tell, told) = mpsc::channel();
    /// let receiver = receiver.start(move |message| {
    ///     let _ = tell.send(message.to_string());
    ///     Reply::ok()
    /// })?;
    /// assert_eq!(told.recv()?, "hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn enqueue(&self, message: impl Into<Vec<u8>>) -> Result<()> {
        self.queued()?.push(message.into())
    }

    /// Publishes a message, to all subscribers that are there. If none is, it waits in a [queue](Self::queue) for
    /// the first.
    ///
    /// Receivers of pyzmqrpc3 and of ours subscribe to all there is. Once a subscriber is there that wants only what begins in a
    /// certain way, what nobody wants is not kept: it is dropped, as by any publisher.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] without an endpoint to publish at; [`Error::FrameTooLarge`] for one of more than 16 MiB; as
    /// [`zeroless::Server::publish`](crate::Server::publish).
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Sender;
    /// let sender = Sender::new().publish_at(0)?;
    /// sender.publish("hello")?;
    /// assert_eq!(sender.waiting(), 1); // for the first subscriber
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn publish(&self, message: impl Into<Vec<u8>>) -> Result<()> {
        self.publishing()?.publish(message.into())
    }

    /// Publishes a [heartbeat](super::HEARTBEAT), to those that are there.
    ///
    /// It is never sent as a request: there it ends the service of pyzmqrpc3's receivers.
    ///
    /// # Errors
    ///
    /// As [`publish`](Self::publish).
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Sender;
    /// Sender::new().publish_at(0)?.heartbeat()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[doc(alias = "send_heartbeat")]
    pub fn heartbeat(&self) -> Result<()> {
        self.publishing()?.heartbeat()
    }

    /// The publisher, to wait for its subscribers, or to look at its connections.
    ///
    /// # Errors
    ///
    /// As [`publish`](Self::publish).
    ///
    /// ```
    /// use std::time::Duration;
    /// use zeroless::rpc::zmqrpc::Sender;
    /// let sender = Sender::new().publish_at(0)?;
    /// let subscriber = zeroless::Client::connect(sender.port())?.subscribe("")?;
    /// sender.publisher()?.wait_for_subscribers(1, Duration::from_secs(5))?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn publisher(&self) -> Result<&Publisher> {
        Ok(self.publishing()?.publisher())
    }

    /// How many messages wait for a subscriber, or for their turn as requests.
    ///
    /// ```
    /// assert_eq!(zeroless::rpc::zmqrpc::Sender::connect(30000)?.waiting(), 0);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn waiting(&self) -> usize {
        let publishing = self.opened.publishing.get().map_or(0, Publishing::waiting);
        publishing + self.opened.queued.get().map_or(0, Outbox::waiting)
    }

    /// How many messages were dropped, the oldest first, because too many waited.
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Sender;
    /// let sender = Sender::new().publish_at(0)?.queue(1);
    /// sender.publish("old")?;
    /// sender.publish("new")?;
    /// assert_eq!((sender.waiting(), sender.dropped()), (1, 1));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn dropped(&self) -> u64 {
        let publishing = self.opened.publishing.get().map_or(0, Publishing::dropped);
        publishing + self.opened.queued.get().map_or(0, Outbox::dropped)
    }

    /// The port that it publishes at; 0 if it does not publish.
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Sender;
    /// assert_ne!(Sender::new().publish_at(0)?.port(), 0);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn port(&self) -> u16 {
        self.config.publisher.as_ref().map_or(0, Server::port)
    }
}

impl Default for Sender {
    fn default() -> Sender {
        Sender::new()
    }
}

/// Reads a reply that has come.
fn read(reply: Result<Message, CallError>) -> Result<Reply, CallError> {
    Reply::read(reply?.frames()).map_err(|mistake| CallError::BadReply {
        path: mistake.path.into(),
        reason: mistake.reason.into(),
    })
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("endpoints", &self.config.endpoints)
            .field("publisher", &self.config.publisher)
            .finish_non_exhaustive()
    }
}
