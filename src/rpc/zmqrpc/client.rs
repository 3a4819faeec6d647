//! A client: a sender of commands.

use std::fmt;
use std::time::Duration;

use super::links::not_sent;
use super::request::{Unsendable, pack};
use super::sender::{Replies, Sender};
use super::{Reply, status};
use crate::codec::MAX_BODY;
use crate::error::Result;
use crate::into_endpoints::IntoEndpoints;
use crate::options::IntoSetting;
use crate::pattern::Publisher;
use crate::rpc::{CallError, Command, Failure};
use crate::security::{ClientSecurity, ServerSecurity};
use crate::wake::Deadline;

/// Calls the commands of servers of pyzmqrpc3 and of ours: over requests, and by publishing them. pyzmqrpc3's
/// `ZmqRpcClient`.
///
/// The wire has no types of errors, so each error of a service is a [`Failure`], of its text.
///
/// | status code | error |
/// |---|---|
/// | 200 | |
/// | 400 | [`BadRequest`](CallError::BadRequest): the server cannot read it, or knows no command of the name |
/// | 451 | [`NoSuchCommand`](CallError::NoSuchCommand): the server has no service for it |
/// | 463 | [`Service`](CallError::Service): the service's own |
/// | 482 and others | [`Other`](CallError::Other), with the code: a proxy's |
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use zeroless::rpc::{self, zmqrpc};
///
/// #[derive(Serialize, Deserialize)]
/// struct Greet { name: String }
/// rpc::command!(Greet -> String);
///
/// let server = zmqrpc::Server::bind(0)?.serve(|greet: Greet| Ok(format!("Hello, {}", greet.name))).start()?;
/// let client = zmqrpc::Client::connect(server.port())?;
/// assert_eq!(client.call(&Greet { name: "Ann".into() })?, "Hello, Ann");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Client {
    sender: Sender,
}

impl Client {
    /// A client of no endpoint yet.
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Client;
    /// let client = Client::new().publish_at(0)?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn new() -> Client {
        Client::default()
    }

    /// A client of the servers at these endpoints: pyzmqrpc3's `zmq_req_endpoints`.
    ///
    /// # Errors
    ///
    /// As [`Sender::connect`].
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Client;
    /// let client = Client::connect(["tcp://127.0.0.1:30000", "tcp://127.0.0.1:30001"])?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn connect(endpoints: impl IntoEndpoints) -> Result<Client> {
        let sender = Sender::connect(endpoints)?;
        Ok(Client { sender })
    }

    fn set(self, change: impl FnOnce(Sender) -> Sender) -> Client {
        Client {
            sender: change(self.sender),
        }
    }

    /// Publishes commands, too; see [`Sender::publish_at`].
    ///
    /// # Errors
    ///
    /// As [`Sender::publish_at`].
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Client;
    /// let client = Client::connect(30000)?.publish_at(0)?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn publish_at(self, endpoints: impl IntoEndpoints) -> Result<Client> {
        let sender = self.sender.publish_at(endpoints)?;
        Ok(Client { sender })
    }

    /// How servers are told who calls; see [`Sender::security`].
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Client;
    /// use zeroless::security::{Password, Plain};
    ///
    /// let ann = Plain::user("ann", Password::new("secret")?);
    /// let client = Client::connect("tcp://127.0.0.1:30000")?.security(ann);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[doc(alias = "password")]
    pub fn security(self, security: ClientSecurity) -> Client {
        self.set(|sender| sender.security(security))
    }

    /// Who may subscribe; see [`Sender::publisher_security`].
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Client;
    /// use zeroless::security::{Access, Password, Plain};
    ///
    /// let access = Access::new().user("ann", Password::new("secret")?)?;
    /// let client = Client::new().publish_at("tcp://127.0.0.1:0")?.publisher_security(Plain::server(access));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn publisher_security(self, security: ServerSecurity) -> Client {
        self.set(|sender| sender.publisher_security(security))
    }

    /// How long a call may take. Default 30 s.
    ///
    /// ```
    /// use std::time::Duration;
    /// use zeroless::rpc::zmqrpc::Client;
    /// let client = Client::connect(30000)?.timeout(Duration::from_secs(600));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[doc(alias = "time_out_in_sec")]
    pub fn timeout(self, time: Duration) -> Client {
        self.set(|sender| sender.timeout(time))
    }

    /// How many commands wait while nobody is there for them; see [`Sender::queue`].
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Client;
    /// let client = Client::connect(30000)?.queue(10_000);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn queue(self, commands: usize) -> Client {
        self.set(|sender| sender.queue(commands))
    }

    /// Sends heartbeats to the subscribers; see [`Sender::heartbeats`].
    ///
    /// ```
    /// use std::time::Duration;
    /// use zeroless::rpc::zmqrpc::Client;
    /// let client = Client::new().publish_at(0)?.heartbeats(Duration::from_secs(10)).open()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn heartbeats(self, interval: impl IntoSetting<Duration>) -> Client {
        self.set(|sender| sender.heartbeats(interval))
    }

    /// Opens its connections now, rather than with the first call.
    ///
    /// # Errors
    ///
    /// As [`Sender::open`].
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Client;
    /// let client = Client::connect(30000)?.open()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn open(self) -> Result<Client> {
        let sender = self.sender.open()?;
        Ok(Client { sender })
    }

    /// Calls a command of one of the servers, in turn, and waits for its reply: pyzmqrpc3's `execute_remote`, for
    /// one server.
    ///
    /// # Errors
    ///
    /// See the table [above](Client); [`NotSent`](CallError::NotSent), [`MayHaveRun`](CallError::MayHaveRun),
    /// [`Busy`](CallError::Busy), [`BadReply`](CallError::BadReply); [`TooLarge`](CallError::TooLarge) for a command of
    /// more than 16 MiB, and [`BadRequest`](CallError::BadRequest) for one that JSON does not have.
    ///
    /// ```
    /// # use serde::{Deserialize, Serialize};
    /// # use zeroless::rpc::{self, zmqrpc};
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Add { a: i64, b: i64 }
    /// # rpc::command!(Add -> i64);
    /// # let server = zmqrpc::Server::bind(0)?.serve(|add: Add| Ok(add.a + add.b)).start()?;
    /// let client = zmqrpc::Client::connect(server.port())?;
    /// assert_eq!(client.call(&Add { a: 1, b: 2 })?, 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "execute_remote")]
    pub fn call<C: Command>(&self, command: &C) -> Result<C::Reply, CallError> {
        self.call_until(command, self.sender.deadline())
    }

    /// Calls a command, and waits for its reply no longer than this.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use serde::{Deserialize, Serialize};
    /// # use zeroless::rpc::{self, CallError, zmqrpc};
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Add { a: i64, b: i64 }
    /// # rpc::command!(Add -> i64);
    /// let client = zmqrpc::Client::connect(30000)?; // nobody is there
    /// let error = client.call_timeout(&Add { a: 1, b: 2 }, Duration::from_millis(1)).unwrap_err();
    /// assert!(matches!(error, CallError::NotSent { .. }));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn call_timeout<C: Command>(
        &self,
        command: &C,
        timeout: Duration,
    ) -> Result<C::Reply, CallError> {
        self.call_until(command, Deadline::after(timeout))
    }

    fn call_until<C: Command>(
        &self,
        command: &C,
        deadline: Deadline,
    ) -> Result<C::Reply, CallError> {
        let request = packed(command)?;
        value::<C>(self.sender.request_until(&request, deadline))
    }

    /// Calls a command of every server, and waits for all replies: each server's own, by its endpoint. pyzmqrpc3's
    /// `execute_remote`, for several servers.
    ///
    /// A server that is silent, or not there, costs the others nothing, but this waits for it until the
    /// [time](Self::timeout) is over.
    ///
    /// # Errors
    ///
    /// A command that cannot be sent, as of [`call`](Self::call); those of each server likewise.
    ///
    /// ```
    /// # use serde::{Deserialize, Serialize};
    /// # use zeroless::rpc::{self, zmqrpc};
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Add { a: i64, b: i64 }
    /// # rpc::command!(Add -> i64);
    /// # let serve = || zmqrpc::Server::bind(0)?.serve(|add: Add| Ok(add.a + add.b)).start();
    /// # let (one, two) = (serve()?, serve()?);
    /// let client = zmqrpc::Client::connect([one.port(), two.port()])?;
    /// for (server, sum) in client.all(&Add { a: 1, b: 2 })? {
    ///     assert_eq!(sum?, 3, "{server}");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn all<C: Command>(&self, command: &C) -> Result<Replies<C::Reply>, CallError> {
        let replies = self
            .sender
            .request_all(packed(command)?)
            .map_err(not_sent)?;
        let replies = replies.into_iter();
        Ok(replies.map(|(at, reply)| (at, value::<C>(reply))).collect())
    }

    /// Has a command sent to one of the servers, in turn, without waiting for it; see [`Sender::enqueue`].
    ///
    /// # Errors
    ///
    /// A command that cannot be sent, as of [`call`](Self::call).
    ///
    /// ```
    /// # use serde::{Deserialize, Serialize};
    /// # use zeroless::rpc::{self, zmqrpc};
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Measured { value: f64 }
    /// # rpc::command!(Measured -> ());
    /// # let (tell, told) = std::sync::mpsc::channel();
    /// # let keep = move |measured: Measured| Ok(tell.send(measured.value)?);
    /// let client = zmqrpc::Client::connect(30000)?;
    /// # let server = zmqrpc::Server::bind(0)?.serve(keep).start()?;
    /// # let client = zmqrpc::Client::connect(server.port())?;
    /// client.enqueue(&Measured { value: 1.5 })?; // whether the server is there now or not
    /// # assert_eq!(told.recv()?, 1.5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn enqueue<C: Command>(&self, command: &C) -> Result<(), CallError> {
        self.sender.enqueue(packed(command)?).map_err(not_sent)
    }

    /// Publishes a command, to all servers that have subscribed; nobody replies. If none has, it waits for the
    /// first: see [`Sender::publish`].
    ///
    /// # Errors
    ///
    /// A command that cannot be sent, as of [`call`](Self::call); [`NotSent`](CallError::NotSent).
    ///
    /// ```
    /// # use serde::{Deserialize, Serialize};
    /// # use zeroless::rpc::{self, zmqrpc};
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Measured { value: f64 }
    /// # rpc::command!(Measured -> ());
    /// # let (tell, told) = std::sync::mpsc::channel();
    /// # let keep = move |measured: Measured| Ok(tell.send(measured.value)?);
    /// let client = zmqrpc::Client::new().publish_at(0)?;
    /// client.publish(&Measured { value: 1.5 })?;
    /// let server = zmqrpc::Server::new().subscribe(client.port())?.serve(keep).start()?;
    /// # assert_eq!(told.recv()?, 1.5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn publish<C: Command>(&self, command: &C) -> Result<(), CallError> {
        self.sender.publish(packed(command)?).map_err(not_sent)
    }

    /// Publishes a heartbeat; see [`Sender::heartbeat`].
    ///
    /// # Errors
    ///
    /// As [`Sender::heartbeat`].
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Client;
    /// Client::new().publish_at(0)?.heartbeat()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[doc(alias = "send_heartbeat")]
    pub fn heartbeat(&self) -> Result<()> {
        self.sender.heartbeat()
    }

    /// The publisher, to wait for its subscribers; see [`Sender::publisher`].
    ///
    /// # Errors
    ///
    /// As [`Sender::publisher`].
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Client;
    /// let client = Client::new().publish_at(0)?;
    /// assert_eq!(client.publisher()?.connections_now(), 0);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn publisher(&self) -> Result<&Publisher> {
        self.sender.publisher()
    }

    /// How many commands wait; see [`Sender::waiting`].
    ///
    /// ```
    /// assert_eq!(zeroless::rpc::zmqrpc::Client::connect(30000)?.waiting(), 0);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn waiting(&self) -> usize {
        self.sender.waiting()
    }

    /// How many commands were dropped; see [`Sender::dropped`].
    ///
    /// ```
    /// assert_eq!(zeroless::rpc::zmqrpc::Client::connect(30000)?.dropped(), 0);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn dropped(&self) -> u64 {
        self.sender.dropped()
    }

    /// The port that it publishes at; 0 if it does not publish.
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Client;
    /// assert_ne!(Client::new().publish_at(0)?.port(), 0);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn port(&self) -> u16 {
        self.sender.port()
    }
}

fn packed<C: Command>(command: &C) -> Result<Vec<u8>, CallError> {
    pack(command).map_err(|unsendable| match unsendable {
        Unsendable::Json(reason) => CallError::BadRequest {
            path: "".into(),
            reason: reason.into(),
        },
        Unsendable::TooLarge(size) => CallError::TooLarge {
            is_reply: false,
            size: size as u64,
            max: MAX_BODY as u64,
        },
    })
}

/// The value of a reply, or the error that its status code means.
fn value<C: Command>(reply: Result<Reply, CallError>) -> Result<C::Reply, CallError> {
    let reply = reply?;
    let text = reply.text().to_owned();
    match reply.code() {
        status::OK => reply.read_value().map_err(|mistake| CallError::BadReply {
            path: mistake.path.into(),
            reason: mistake.reason.into(),
        }),
        status::BAD_REQUEST => Err(CallError::BadRequest {
            path: "".into(),
            reason: text.into(),
        }),
        status::NO_SERVICE => Err(CallError::NoSuchCommand {
            name: C::NAME.into(),
            nearest: None,
        }),
        status::SERVICE_FAILED => Err(CallError::Service(Failure::new(text))),
        code => Err(CallError::Other {
            code: code.into(),
            text: text.into(),
        }),
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("sender", &self.sender)
            .finish()
    }
}
