//! The server: commands, each run by its handler, on threads that take turns.

mod allow;
#[cfg(feature = "zre")]
mod announced;
mod asked;
mod call;
mod callers;
mod engine;
mod handler;
mod open_calls;
mod queue;
mod result;
mod running;
mod services;
mod statistics;
mod threads;
mod turns;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use allow::Allow;
#[cfg(feature = "zre")]
pub(super) use announced::PATTERN;
pub use call::{Answer, Call};
use engine::Engine;
pub use handler::{Handler, IntoOutcome, Later, Outcome};
use queue::QueueLimits;
pub use running::Running;
use serde::Serialize;
use serde::de::DeserializeOwned;
use services::Services;
pub use statistics::CommandStatistics;
use turns::Turns;

use super::{Command, Failure, is_name};
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::into_endpoints::{IntoEndpoints, Port};
use crate::options::Options;
use crate::security::ServerSecurity;

/// Runs the commands that [clients](super::Client) call.
///
/// Each call is run by one of its [`workers`](Self::workers), and calls that none is free for wait in a
/// [`queue`](Self::queue). A panic of a handler is an error for its caller, and ends nothing. What nobody waits for any more,
/// because its time is over or because it was cancelled, is dropped from the queue before it begins. The time counts from when
/// the server reads the call: one that was held up on the way, by a relay or while the server stood still, may run though its
/// caller has given up. Whether the server is there
/// ([`ping`](super::Client::ping)) and which commands it has ([`list`](super::Client::list)) is answered also while all
/// workers are busy.
///
/// The callers may be programs in any language: the wire is in docs/rpc.md.
///
/// # Examples
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use zeroless::rpc;
///
/// #[derive(Serialize, Deserialize)]
/// struct Add {
///     a: i64,
///     b: i64,
/// }
/// rpc::command!(Add -> i64);
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = rpc::Server::bind(0)?
///     .serve(|add: Add| Ok(add.a + add.b))
///     .start()?;
/// let client = rpc::Client::connect(server.port())?;
/// assert_eq!(client.call(&Add { a: 1, b: 2 })?, 3);
/// # Ok(())
/// # }
/// ```
#[must_use = "a server does nothing until it is started"]
pub struct Server {
    server: crate::Server,
    services: Services,
    allow: Option<Allow>,
    workers: usize,
    queue: QueueLimits,
    drain_timeout: Duration,
    /// A name that no command may have.
    no_name: Option<Arc<str>>,
}

/// How many workers a server may have: each is a thread.
const MAX_WORKERS: usize = 10_000;

impl Server {
    /// A server at these endpoints, which are given as to [`zeroless::Server::bind`](crate::Server::bind): a port of all
    /// interfaces, 0 for any that is free, an endpoint in full, or a list of them.
    ///
    /// # Errors
    ///
    /// As [`zeroless::Server::bind`](crate::Server::bind).
    ///
    /// ```
    /// let server = zeroless::rpc::Server::bind("tcp://127.0.0.1:0")?;
    /// assert_ne!(server.port(), 0);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn bind(endpoints: impl IntoEndpoints) -> Result<Server> {
        Ok(Server::of(crate::Server::bind(endpoints)?))
    }

    /// A server that this machine alone can reach; see [`zeroless::Server::bind_local`](crate::Server::bind_local).
    ///
    /// # Errors
    ///
    /// As [`zeroless::Server::bind_local`](crate::Server::bind_local).
    ///
    /// ```
    /// let server = zeroless::rpc::Server::bind_local(0)?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn bind_local(port: impl Port) -> Result<Server> {
        Ok(Server::of(crate::Server::bind_local(port)?))
    }

    fn of(server: crate::Server) -> Server {
        Server {
            server,
            services: Services::default(),
            allow: None,
            workers: 4,
            queue: QueueLimits {
                calls: 1024,
                bytes: 64 << 20,
            },
            drain_timeout: Duration::from_secs(5),
            no_name: None,
        }
    }

    /// Who may call; see [`zeroless::Server::security`](crate::Server::security). [`Call::user`] tells who does.
    ///
    /// ```
    /// use zeroless::rpc;
    /// use zeroless::security::{Access, Password, Plain};
    ///
    /// let access = Access::new().user("ann", Password::new("secret")?)?;
    /// let server = rpc::Server::bind_local(0)?.security(Plain::server(access));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn security(mut self, security: ServerSecurity) -> Server {
        self.server = self.server.security(security);
        self
    }

    /// The options of its sockets.
    ///
    /// ```
    /// use zeroless::{Options, rpc};
    ///
    /// let mut options = Options::default();
    /// options.max_frame = 1 << 20;
    /// let server = rpc::Server::bind(0)?.options(options);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn options(mut self, options: Options) -> Server {
        self.server = self.server.options(options);
        self
    }

    /// How many calls are run at once, at most: 1 to 10,000. Default 4.
    ///
    /// There is a thread for each, and one more: there is always one that receives.
    ///
    /// ```
    /// let one_after_the_other = zeroless::rpc::Server::bind(0)?.workers(1);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn workers(mut self, count: usize) -> Server {
        self.workers = count;
        self
    }

    /// How many calls may wait while all workers are busy, and how many bytes their bodies may have in all. Default
    /// 1024 calls and 64 MiB.
    ///
    /// A call that finds no room is refused at once, as [`Busy`](super::CallError::Busy) with the limit's name: its client calls
    /// another server, if there is one. One call may wait whatever its size.
    ///
    /// ```
    /// let server = zeroless::rpc::Server::bind(0)?.queue(100, 1 << 20);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn queue(mut self, calls: usize, bytes: usize) -> Server {
        self.queue = QueueLimits { calls, bytes };
        self
    }

    /// How long the server waits for its calls to finish when it is stopped. Default 5 s.
    ///
    /// ```
    /// use std::time::Duration;
    /// let server = zeroless::rpc::Server::bind(0)?.drain_timeout(Duration::from_secs(30));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn drain_timeout(mut self, time: Duration) -> Server {
        self.drain_timeout = time;
        self
    }

    /// Asks this function about each call before it is run; its error is the reason that the caller gets, as
    /// [`Denied`](super::CallError::Denied).
    ///
    /// It is called by the thread that receives, so it must be quick.
    ///
    /// ```
    /// use zeroless::rpc::{self, CallError, Failure};
    ///
    /// let server = rpc::Server::bind(0)?
    ///     .function("read", |x: i64| Ok::<_, Failure>(x))
    ///     .function("write", |x: i64| Ok::<_, Failure>(x))
    ///     .allow(|call| match call.name() {
    ///         "read" => Ok(()),
    ///         name => Err(format!("{name} is not for everybody")),
    ///     })
    ///     .start()?;
    /// let client = rpc::Client::connect(server.port())?;
    /// assert_eq!(client.call_by_name::<i64>("read", &1), Ok(1));
    /// let denied = client.call_by_name::<i64>("write", &1).unwrap_err();
    /// assert!(matches!(denied, CallError::Denied { .. }));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn allow<F>(mut self, check: F) -> Server
    where
        F: Fn(&Call) -> Result<(), String> + Send + Sync + 'static,
    {
        self.allow = Some(Allow::new(check));
        self
    }

    /// Runs a command by this handler: a function `|add: Add|` or `|add: Add, call: &Call|`, or a type that is a
    /// [`Handler`].
    ///
    /// ```
    /// use serde::{Deserialize, Serialize};
    /// use zeroless::rpc::{self, Call, CallError};
    ///
    /// #[derive(Serialize, Deserialize)]
    /// struct Divide { a: i64, by: i64 }
    /// #[derive(Serialize, Deserialize, Debug, PartialEq)]
    /// enum MathError { DividedByZero }
    /// rpc::command!(Divide -> i64, MathError);
    ///
    /// fn divide(divide: Divide, call: &Call) -> Result<i64, MathError> {
    ///     println!("{:?} asks", call.user());
    ///     divide.a.checked_div(divide.by).ok_or(MathError::DividedByZero)
    /// }
    ///
    /// let server = rpc::Server::bind(0)?.serve(divide).start()?;
    /// let client = rpc::Client::connect(server.port())?;
    /// let error = client.call(&Divide { a: 1, by: 0 }).unwrap_err();
    /// assert_eq!(error, CallError::Service(MathError::DividedByZero));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn serve<C, Form, H>(mut self, handler: H) -> Server
    where
        C: Command + 'static,
        Form: 'static,
        H: Handler<C, Form>,
    {
        self.services.serve(handler);
        self
    }

    /// Runs a command that is a name alone: its value is the function's argument. Clients call it by
    /// [`call_by_name`](super::Client::call_by_name).
    ///
    /// ```
    /// use zeroless::rpc;
    ///
    /// let server = rpc::Server::bind(0)?
    ///     .function("parse", |text: String| Ok(text.parse::<i64>()?))
    ///     .start()?;
    /// let client = rpc::Client::connect(server.port())?;
    /// assert_eq!(client.call_by_name::<i64>("parse", "12")?, 12);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn function<T, R, F>(mut self, name: impl Into<String>, function: F) -> Server
    where
        T: DeserializeOwned + 'static,
        R: Serialize + 'static,
        F: Fn(T) -> Result<R, Failure> + Send + Sync + 'static,
    {
        let name: Arc<str> = name.into().into();
        if !is_name(&name) {
            self.no_name.get_or_insert_with(|| name.clone());
        }
        self.services.function(name, function);
        self
    }

    /// The port that it is bound to; 0 if it is bound to none.
    ///
    /// ```
    /// assert_ne!(zeroless::rpc::Server::bind(0)?.port(), 0);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// The endpoints that it is bound to, as they can be connected to from this machine.
    ///
    /// ```
    /// assert_eq!(zeroless::rpc::Server::bind([0, 0])?.endpoints().len(), 2);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn endpoints(&self) -> Vec<Endpoint> {
        self.server.endpoints()
    }

    /// Runs commands until the process ends, in the caller's place.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start); and the error that has ended it, if it could not go on.
    ///
    /// ```no_run
    /// use zeroless::rpc;
    /// rpc::Server::bind(30000)?.function("double", |x: i64| Ok(2 * x)).run()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn run(self) -> Result<()> {
        self.start()?.wait()
    }

    /// Runs commands from now on, in threads of its own.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidOption`] if a command was given two handlers, a name has not 1 to 255 bytes, or there are no workers, or too many;
    /// otherwise as [`zeroless::Server::reply`](crate::Server::reply).
    ///
    /// ```
    /// let running = zeroless::rpc::Server::bind(0)?.start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn start(self) -> Result<Running> {
        let refuse = |option, reason| Err(Error::InvalidOption { option, reason });
        if let Some(name) = &self.services.given_twice {
            return refuse(
                "serve",
                format!("there are two handlers of {name}; give it one"),
            );
        }
        if let Some(name) = &self.no_name {
            let bytes = name.len();
            return refuse(
                "function",
                format!("a name has 1 to 255 bytes, and one has {bytes}"),
            );
        }
        if !(1..=MAX_WORKERS).contains(&self.workers) {
            let reason = format!("there are 1 to {MAX_WORKERS} of them, not {}", self.workers);
            return refuse("workers", reason);
        }
        let threads = self.workers + 1;
        let replier = self.server.reply()?;
        let turns = Turns::new(self.queue, threads);
        let engine = Engine::new(self.server, replier, self.services, self.allow, turns)?;
        Running::start(engine, threads, self.drain_timeout)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("endpoints", &self.endpoints())
            .field("commands", &self.services.names().collect::<Vec<_>>())
            .field("workers", &self.workers)
            .finish_non_exhaustive()
    }
}
