//! Receiving messages: requests, and those of any number of publishers, at once.

mod threads;

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use threads::{Function, Subscription, serve_replies, serve_subscription};
pub(super) use threads::{Handled, Handler};

use super::Reply;
use super::running::Running;
use crate::client::Client;
use crate::endpoint::{Endpoint, Role};
use crate::error::{Error, Result};
use crate::into_endpoints::IntoEndpoints;
use crate::message::Message;
use crate::options::IntoSetting;
use crate::rpc::stop::Stop;
use crate::security::{ClientSecurity, ServerSecurity};
use crate::server::Server;

/// How long a publisher may be silent by default, as with `ZmqReceiver`.
const SILENCE: Duration = Duration::from_secs(600);

/// How many requests are handled at once by default.
const WORKERS: usize = 4;

/// Receives messages as they are: from requesters, each of which gets a reply, and from publishers. pyzmqrpc3's
/// `ZmqReceiver`.
///
/// [Heartbeats](super::HEARTBEAT) are understood, and not told of: a requester's is replied to with
/// [`Reply::ok`]. A request is one frame; one of more is replied to with
/// [`BAD_REQUEST`](super::status::BAD_REQUEST).
///
/// ```
/// use zeroless::rpc::zmqrpc::{Receiver, Reply, Sender};
///
/// let receiver = Receiver::bind(0)?.start(|message| {
///     println!("{message}");
///     Reply::ok()
/// })?;
/// let sender = Sender::connect(receiver.port())?;
/// assert!(sender.request("hello")?.is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a receiver does nothing until it is started"]
pub struct Receiver {
    server: Option<Server>,
    subscriptions: Vec<(Endpoint, Option<Option<Duration>>)>,
    silence: Option<Duration>,
    subscriber_security: Option<ClientSecurity>,
    workers: NonZeroUsize,
}

impl Default for Receiver {
    fn default() -> Receiver {
        Receiver {
            server: None,
            subscriptions: Vec::new(),
            silence: Some(SILENCE),
            subscriber_security: None,
            workers: NonZeroUsize::new(WORKERS).unwrap_or(NonZeroUsize::MIN),
        }
    }
}

impl Receiver {
    /// A receiver of no endpoint yet.
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::{Receiver, Reply};
    /// let receiver = Receiver::new().subscribe([30001, 30002])?.start(|_message| Reply::ok())?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn new() -> Receiver {
        Receiver::default()
    }

    /// A receiver of requests: pyzmqrpc3's `zmq_rep_bind_address`.
    ///
    /// # Errors
    ///
    /// As [`zeroless::Server::bind`](crate::Server::bind).
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::{Receiver, Reply};
    /// let receiver = Receiver::bind("tcp://127.0.0.1:0")?.start(|_message| Reply::ok())?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn bind(endpoints: impl IntoEndpoints) -> Result<Receiver> {
        let server = Some(Server::bind(endpoints)?);
        Ok(Receiver {
            server,
            ..Receiver::default()
        })
    }

    /// Subscribes to the publishers at these endpoints, too, to all that they send: pyzmqrpc3's
    /// `zmq_sub_connect_addresses`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidEndpoint`]; [`Error::AlreadyConnected`] for one that is subscribed to already.
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Receiver;
    /// let receiver = Receiver::bind(0)?.subscribe(["tcp://127.0.0.1:30001", "ipc:///tmp/news"])?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn subscribe(self, endpoints: impl IntoEndpoints) -> Result<Receiver> {
        self.add(endpoints, None)
    }

    /// Subscribes to the publishers at these endpoints, too, each of which may be silent for this time:
    /// pyzmqrpc3's `(address, seconds)`.
    ///
    /// See [`silence`](Self::silence); `None` lets them be silent for ever.
    ///
    /// # Errors
    ///
    /// As [`subscribe`](Self::subscribe).
    ///
    /// ```
    /// use std::time::Duration;
    /// use zeroless::rpc::zmqrpc::Receiver;
    /// let receiver = Receiver::new()
    ///     .subscribe_silent(30001, Duration::from_secs(5))?
    ///     .subscribe_silent(30002, None)?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn subscribe_silent(
        self,
        endpoints: impl IntoEndpoints,
        silence: impl IntoSetting<Duration>,
    ) -> Result<Receiver> {
        self.add(endpoints, Some(silence.into_setting()))
    }

    fn add(
        mut self,
        endpoints: impl IntoEndpoints,
        silence: Option<Option<Duration>>,
    ) -> Result<Receiver> {
        for endpoint in endpoints.into_endpoints(Role::Connect)? {
            if self
                .subscriptions
                .iter()
                .any(|(known, _)| *known == endpoint)
            {
                return Err(Error::AlreadyConnected { endpoint });
            }
            self.subscriptions.push((endpoint, silence));
        }
        Ok(self)
    }

    /// How long a publisher may be silent, without so much as a heartbeat, before it is connected to anew:
    /// pyzmqrpc3's `recreate_timeout`. Default 600 s; `None` lets it be silent for ever.
    ///
    /// It holds for each that has no time of its own. A connection that is lost without a word, as behind a
    /// router that was restarted, comes back by it; TCP's own probes find most of them earlier.
    ///
    /// ```
    /// use std::time::Duration;
    /// use zeroless::rpc::zmqrpc::Receiver;
    /// let receiver = Receiver::new().subscribe(30001)?.silence(Duration::from_secs(60));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[doc(alias = "recreate_timeout")]
    pub fn silence(mut self, time: impl IntoSetting<Duration>) -> Receiver {
        self.silence = time.into_setting();
        self
    }

    /// Who may send requests: pyzmqrpc3's `username` and `password`, or keys, which it has not.
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Receiver;
    /// use zeroless::security::{Access, Password, Plain};
    ///
    /// let access = Access::new().user("ann", Password::new("secret")?)?;
    /// let receiver = Receiver::bind("tcp://127.0.0.1:0")?.security(Plain::server(access));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[doc(alias = "password")]
    pub fn security(mut self, security: ServerSecurity) -> Receiver {
        self.server = self.server.map(|server| server.security(security));
        self
    }

    /// How publishers are told who subscribes. pyzmqrpc3's publishers know no password; ours do.
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Receiver;
    /// use zeroless::security::{Password, Plain};
    ///
    /// let ann = Plain::user("ann", Password::new("secret")?);
    /// let receiver = Receiver::new().subscribe(30001)?.subscriber_security(ann);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn subscriber_security(mut self, security: ClientSecurity) -> Receiver {
        self.subscriber_security = Some(security);
        self
    }

    /// How many requests are handled at once. Default 4; pyzmqrpc3 handles one after the other.
    ///
    /// The messages of each publisher are handled one after the other, beside those.
    ///
    /// ```
    /// use std::num::NonZeroUsize;
    /// use zeroless::rpc::zmqrpc::Receiver;
    /// let one_after_the_other = Receiver::bind(0)?.workers(NonZeroUsize::MIN);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn workers(mut self, count: NonZeroUsize) -> Receiver {
        self.workers = count;
        self
    }

    /// Receives until it is stopped, in the caller's place; each message is given to this function, whose reply
    /// a requester gets.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start); and the error that has ended it, if it could not go on.
    ///
    /// ```no_run
    /// use zeroless::rpc::zmqrpc::{Receiver, Reply};
    /// Receiver::bind(30000)?.run(|message| {
    ///     println!("{message}");
    ///     Reply::ok()
    /// })?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn run(self, handle: impl Fn(&Message) -> Reply + Send + Sync + 'static) -> Result<()> {
        self.start(handle)?.wait()
    }

    /// Receives from now on, in threads of its own; each message is given to this function, whose reply
    /// a requester gets.
    ///
    /// If the function panics, that is logged, and a requester gets
    /// [`SERVICE_FAILED`](super::status::SERVICE_FAILED).
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for a receiver without endpoints; otherwise as [`Server::reply`] and
    /// [`Client::subscribe`](crate::Client::subscribe).
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::{Receiver, Reply};
    /// let receiver = Receiver::bind(0)?.start(|_message| Reply::ok())?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn start(
        self,
        handle: impl Fn(&Message) -> Reply + Send + Sync + 'static,
    ) -> Result<Running> {
        self.start_with(Function(handle))
    }

    /// The port that it is bound to; 0 if it only subscribes.
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Receiver;
    /// assert_ne!(Receiver::bind(0)?.port(), 0);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn port(&self) -> u16 {
        self.server.as_ref().map_or(0, Server::port)
    }

    /// Opens all sockets, and then starts the threads.
    pub(super) fn start_with(self, handler: impl Handler) -> Result<Running> {
        if self.server.is_none() && self.subscriptions.is_empty() {
            let what = "receiving without an endpoint; bind one, or subscribe to one".to_owned();
            return Err(Error::Unsupported { what });
        }
        let replier = self.server.as_ref().map(Server::reply).transpose()?;
        let subscriptions = self.subscriptions.iter().map(|(endpoint, own)| {
            let mut client = Client::new();
            if let Some(security) = &self.subscriber_security {
                client = client.security(security.clone());
            }
            Subscription::open(client, endpoint, own.unwrap_or(self.silence))
        });
        let subscriptions = subscriptions.collect::<Result<Vec<_>>>()?;

        let mut sockets: Vec<Box<dyn Fn() + Send + Sync>> = Vec::new();
        if let Some(replier) = replier.clone() {
            sockets.push(Box::new(move || replier.stop()));
        }
        for subscription in &subscriptions {
            let subscriber = subscription.subscriber().clone();
            sockets.push(Box::new(move || subscriber.stop()));
        }
        let mut running = Running {
            stop: Arc::new(Stop::new("zmqrpc: the receiver", sockets)),
            threads: Vec::new(),
            server: self.server,
        };
        let handler = Arc::new(handler);
        if let Some(replier) = replier {
            for _ in 0..self.workers.get() {
                let (replier, handler) = (replier.clone(), handler.clone());
                running.start(move |stop| serve_replies(&replier, &*handler, stop))?;
            }
        }
        for subscription in subscriptions {
            let handler = handler.clone();
            running.start(move |stop| serve_subscription(&subscription, &*handler, stop))?;
        }
        Ok(running)
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("server", &self.server)
            .field("subscriptions", &self.subscriptions)
            .finish_non_exhaustive()
    }
}
