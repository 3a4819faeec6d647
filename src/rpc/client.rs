//! The client: calls to servers, each with a deadline, over connections that come and go.

mod answer;
mod backend;
mod backends;
mod balance;
#[cfg(feature = "zre")]
mod discovered;
mod ongoing;
mod outgoing;
mod pending_call;
mod race;
mod several;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use answer::{UntypedError, typed};
#[cfg(feature = "zmqrpc")]
pub(super) use backend::{Backend, in_time};
pub(super) use backends::Backends;
pub use balance::Balance;
use ongoing::Ongoing;
use outgoing::{Ask, Outgoing};
pub use pending_call::PendingCall;
pub use several::ByEndpoint;

use super::command::MAX_NAME;
use super::{CallError, Command, Failure, is_name};
use crate::codec::{MAX_BODY, cut};
use crate::endpoint::{Endpoint, Role};
use crate::error::{Error, Result};
use crate::fork::ForkMutex;
use crate::into_endpoints::IntoEndpoints;
use crate::monitor::OnDown;
use crate::options::Options;
use crate::security::ClientSecurity;
use crate::wake::Deadline;

/// The result of a call of this command.
pub type CallResult<C> = Result<<C as Command>::Reply, CallError<<C as Command>::Error>>;

/// Calls the commands of servers.
///
/// A client has any number of servers, each with a connection of its own, and any number of calls under way, from
/// any thread. Its clones share the connections. They are made with the first call, and made anew when they
/// break, in the background.
///
/// **Each call ends by its deadline**, which is [30 s](Self::timeout) away unless something else is said. It goes to one
/// of the servers that are connected ([`Balance`]), and waits for one if none is. So a server that is down is passed
/// over, and one that comes back gets no calls that nobody waits for any more. (A relay keeps calls, and hands them over late.)
///
/// **Its error tells whether it may have run.** A call that was handed to no connection is
/// [`NotSent`](CallError::NotSent), for certain. If a connection ends, its calls end at once, with
/// [`MayHaveRun`](CallError::MayHaveRun). Calls that were not sent, or that a server was too
/// [busy](CallError::Busy) for, go to another server if there is one. Commands that are
/// [idempotent](Command::IDEMPOTENT), and only those, are called again if they may have run.
///
/// Over inproc nobody tells of connections: a call is handed over at once, also where no server is bound yet, and one whose server
/// has gone ends by its deadline.
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
/// # fn main() {}
/// # fn calls() -> Result<(), Box<dyn std::error::Error>> {
/// let client = rpc::Client::connect(30000)?;
/// assert_eq!(client.call(&Add { a: 1, b: 2 })?, 3);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    source: Source,
    options: Options,
    timeout: Duration,
    balance: Balance,
    opened: Arc<Opened>,
}

/// Where the servers are.
#[derive(Debug, Clone)]
enum Source {
    Endpoints(Vec<Endpoint>),
    #[cfg(feature = "zre")]
    Discovery(Box<crate::zre::Discovery>),
}

/// The connections, which the first call opens.
#[derive(Default)]
struct Opened {
    backends: OnceLock<Arc<Backends>>,
    opening: ForkMutex<()>,
}

/// Makes the function that is called when a server's connection has ended.
type OnDownMaker = Arc<dyn Fn() -> OnDown + Send + Sync>;

/// How long a call may take, unless something else is said.
const TIMEOUT: Duration = Duration::from_secs(30);

impl Client {
    /// A client of the servers at these endpoints.
    ///
    /// They are given as to [`zeroless::Client::connect`](crate::Client::connect): a port of this machine,
    /// `("host", port)`, an endpoint in full, or a list of them. The connections are made with the first call.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidEndpoint`], with a reason; [`Error::AlreadyConnected`] if one is given twice.
    ///
    /// ```
    /// let client = zeroless::rpc::Client::connect([30000, 30001])?;
    /// assert_eq!(client.endpoints().len(), 2);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn connect(endpoints: impl IntoEndpoints) -> Result<Client> {
        let endpoints = distinct(endpoints)?;
        Ok(Client::of(Source::Endpoints(endpoints), Options::default()))
    }

    fn of(source: Source, options: Options) -> Client {
        Client {
            source,
            options,
            timeout: TIMEOUT,
            balance: Balance::default(),
            opened: Arc::default(),
        }
    }

    /// How long a call may take, from its beginning to its end. Default 30 s.
    ///
    /// The client that is returned has the same connections as this one.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let client = zeroless::rpc::Client::connect(30000)?.timeout(Duration::from_secs(2));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Client {
        self.timeout = timeout;
        self
    }

    /// Which of several servers is called next. Default: [each in turn](Balance::RoundRobin).
    ///
    /// The client that is returned has the same connections as this one.
    ///
    /// ```
    /// use zeroless::rpc::{self, Balance};
    ///
    /// let client = rpc::Client::connect([30000, 30001])?.balance(Balance::LeastInFlight);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[must_use]
    pub fn balance(mut self, balance: Balance) -> Client {
        self.balance = balance;
        self
    }

    /// How this client proves who it is, and knows its servers: see [`Options::security`].
    ///
    /// The client that is returned has connections of its own.
    ///
    /// ```
    /// use zeroless::rpc;
    /// use zeroless::security::{Password, Plain};
    ///
    /// let ann = Plain::user("ann", Password::new("secret")?);
    /// let client = rpc::Client::connect(30000)?.security(ann);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[must_use]
    pub fn security(mut self, security: ClientSecurity) -> Client {
        self.options.security = Some(security.into());
        self.opened = Arc::default();
        self
    }

    /// Sets all [options](Options) of its connections; those that were set before are forgotten.
    ///
    /// `request_timeout` has no effect: see [`timeout`](Self::timeout). The client that is returned has connections of
    /// its own. Options that calls cannot use (`plain_envelope`, `request_retries`, and `immediate` switched off) are
    /// refused by the first call.
    ///
    /// ```
    /// use zeroless::{Options, rpc};
    ///
    /// let client = rpc::Client::connect(30000)?.options(Options::default().max_frame(1 << 20));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[must_use]
    pub fn options(mut self, options: Options) -> Client {
        self.options = options;
        self.opened = Arc::default();
        self
    }

    /// The endpoints of its servers, whether they are there or not. Those that are discovered are known from the first call on.
    ///
    /// ```
    /// let client = zeroless::rpc::Client::connect(30000)?;
    /// assert_eq!(client.endpoints()[0].port(), Some(30000));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn endpoints(&self) -> Vec<Endpoint> {
        match &self.source {
            Source::Endpoints(endpoints) => endpoints.clone(),
            #[cfg(feature = "zre")]
            Source::Discovery(_) => {
                let backends = self.opened.backends.get();
                let endpoints = backends.and_then(|it| it.endpoints().ok());
                endpoints.unwrap_or_default()
            }
        }
    }

    /// Waits until so many servers are connected. A call does so by itself, for one of them.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`] if there are fewer by then; as [`connect`](Self::connect) where the connections cannot be made.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let client = zeroless::rpc::Client::connect(30000)?;
    /// if let Err(error) = client.wait_connected(1, Duration::from_millis(1)) {
    ///     println!("not yet: {error}");
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn wait_connected(&self, servers: usize, timeout: Duration) -> Result<()> {
        let until = Deadline::after(timeout);
        self.backends()?.wait_up(servers, until)
    }

    /// Calls a command, and waits for its reply.
    ///
    /// # Errors
    ///
    /// See [`CallError`]; [`may_have_run`](CallError::may_have_run) tells whether it may have run.
    ///
    /// ```no_run
    /// # use serde::{Deserialize, Serialize};
    /// # use zeroless::rpc;
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Add { a: i64, b: i64 }
    /// # rpc::command!(Add -> i64);
    /// let sum = rpc::Client::connect(30000)?.call(&Add { a: 1, b: 2 })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn call<C: Command>(&self, command: &C) -> CallResult<C> {
        self.call_until(command, Deadline::after(self.timeout))
    }

    /// Calls a command, and waits for its reply no longer than this.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    ///
    /// ```no_run
    /// # use serde::{Deserialize, Serialize};
    /// # use zeroless::rpc;
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Add { a: i64, b: i64 }
    /// # rpc::command!(Add -> i64);
    /// use std::time::Duration;
    ///
    /// let client = rpc::Client::connect(30000)?;
    /// let sum = client.call_timeout(&Add { a: 1, b: 2 }, Duration::from_millis(100))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn call_timeout<C: Command>(&self, command: &C, timeout: Duration) -> CallResult<C> {
        self.call_until(command, Deadline::after(timeout))
    }

    /// Calls a command, and waits for its reply no longer than until then.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    ///
    /// ```no_run
    /// # use serde::{Deserialize, Serialize};
    /// # use zeroless::rpc;
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Add { a: i64, b: i64 }
    /// # rpc::command!(Add -> i64);
    /// use std::time::{Duration, Instant};
    ///
    /// let client = rpc::Client::connect(30000)?;
    /// let soon = Instant::now() + Duration::from_millis(100);
    /// let three = client.call_deadline(&Add { a: 1, b: 2 }, soon)?;
    /// let six = client.call_deadline(&Add { a: three, b: 3 }, soon)?; // the same time for both
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn call_deadline<C: Command>(&self, command: &C, deadline: Instant) -> CallResult<C> {
        self.call_until(command, Deadline::At(deadline))
    }

    fn call_until<C: Command>(&self, command: &C, deadline: Deadline) -> CallResult<C> {
        self.start_until(command, deadline)?.wait()
    }

    /// Begins a call, and returns a [`PendingCall`], by which its reply can be waited for.
    ///
    /// It waits until a server is connected that the call can be handed to.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call); as a rule [`NotSent`](CallError::NotSent).
    ///
    /// ```no_run
    /// # use serde::{Deserialize, Serialize};
    /// # use zeroless::rpc;
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Add { a: i64, b: i64 }
    /// # rpc::command!(Add -> i64);
    /// let client = rpc::Client::connect(30000)?;
    /// let calls = (0..10).map(|n| client.start(&Add { a: n, b: n }));
    /// let calls = calls.collect::<Result<Vec<_>, _>>()?; // ten calls under way
    /// for call in calls {
    ///     println!("{}", call.wait()?);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn start<C: Command>(&self, command: &C) -> Result<PendingCall<C>, CallError<C::Error>> {
        self.start_until(command, Deadline::after(self.timeout))
    }

    fn start_until<C: Command>(
        &self,
        command: &C,
        deadline: Deadline,
    ) -> Result<PendingCall<C>, CallError<C::Error>> {
        let outgoing = self.outgoing(Ask::Call(C::NAME.into()), command, deadline)?;
        let mut ongoing = self.ongoing(outgoing, C::IDEMPOTENT)?;
        ongoing.start().map_err(without_service)?;
        Ok(PendingCall::new(ongoing))
    }

    /// Sends a command that gets no reply, so nobody learns whether it has run. It returns once the command is
    /// handed to a connection.
    ///
    /// # Errors
    ///
    /// [`NotSent`](CallError::NotSent), [`TooLarge`](CallError::TooLarge), or [`BadRequest`](CallError::BadRequest) for a value
    /// that cannot be encoded.
    ///
    /// ```no_run
    /// # use serde::{Deserialize, Serialize};
    /// # use zeroless::rpc;
    /// #[derive(Serialize, Deserialize)]
    /// struct Count(u64);
    /// rpc::command!(Count -> ());
    ///
    /// rpc::Client::connect(30000)?.cast(&Count(1))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cast<C: Command>(&self, command: &C) -> Result<(), CallError<C::Error>> {
        let deadline = Deadline::after(self.timeout);
        let outgoing = self.outgoing(Ask::Cast(C::NAME.into()), command, deadline)?;
        let cast = self.ongoing(outgoing, false)?.cast();
        cast.map_err(|reason| CallError::NotSent { reason })
    }

    /// Calls a command by its name, with any value as its body, where there is no type for it.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    ///
    /// ```no_run
    /// let client = zeroless::rpc::Client::connect(30000)?;
    /// let double: i64 = client.call_by_name("double", &21)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn call_by_name<R: DeserializeOwned>(
        &self,
        name: &str,
        value: &(impl Serialize + ?Sized),
    ) -> Result<R, CallError<Failure>> {
        if !is_name(name) {
            let (name, nearest) = (cut(name, MAX_NAME).into(), None);
            return Err(CallError::NoSuchCommand { name, nearest });
        }
        let deadline = Deadline::after(self.timeout);
        let outgoing = self.outgoing(Ask::Call(name.to_owned().into()), value, deadline)?;
        let mut ongoing = self.ongoing(outgoing, false)?;
        ongoing.start().map_err(without_service)?;
        typed(ongoing.finish())
    }

    /// A command as it is sent.
    fn outgoing<E>(
        &self,
        ask: Ask,
        command: &(impl Serialize + ?Sized),
        deadline: Deadline,
    ) -> Result<Outgoing, CallError<E>> {
        let max = self.options.max_frame.min(MAX_BODY as u64);
        Outgoing::command(ask, command, max, deadline)
    }

    /// A call that is handed to no server yet.
    fn ongoing<E>(&self, outgoing: Outgoing, is_idempotent: bool) -> Result<Ongoing, CallError<E>> {
        let backends = self.backends();
        let backends = backends.map_err(|reason| CallError::NotSent { reason })?;
        Ok(Ongoing::new(
            backends.clone(),
            self.balance,
            outgoing,
            is_idempotent,
        ))
    }

    /// The connections, which are opened if they are not yet.
    fn backends(&self) -> Result<&Arc<Backends>> {
        let Opened { backends, opening } = &*self.opened;
        if let Some(backends) = backends.get() {
            return Ok(backends);
        }
        let _opening = opening.lock()?;
        if let Some(backends) = backends.get() {
            return Ok(backends);
        }
        let opened = self.open()?;
        Ok(backends.get_or_init(|| opened))
    }

    fn open(&self) -> Result<Arc<Backends>> {
        let mut options = self.options.clone();
        check(&options)?;
        // Calls wait for a connection here, and not in a queue from which they would go out later.
        options.immediate = Some(true);
        match &self.source {
            Source::Endpoints(endpoints) => {
                let backends = Backends::new(options, None);
                for endpoint in endpoints {
                    backends.add(endpoint.clone())?;
                }
                Ok(Arc::new(backends))
            }
            #[cfg(feature = "zre")]
            Source::Discovery(discovery) => discovered::open(discovery, options),
        }
    }
}

/// The endpoints that are to be connected to; an error if one is given twice.
pub(super) fn distinct(endpoints: impl IntoEndpoints) -> Result<Vec<Endpoint>> {
    let endpoints = endpoints.into_endpoints(Role::Connect)?;
    for (place, endpoint) in endpoints.iter().enumerate() {
        if endpoints[..place].contains(endpoint) {
            let endpoint = endpoint.clone();
            return Err(Error::AlreadyConnected { endpoint });
        }
    }
    Ok(endpoints)
}

/// Refuses options that calls cannot use.
fn check(options: &Options) -> Result<()> {
    let refuse = |option, reason: &str| {
        Err(Error::InvalidOption {
            option,
            reason: reason.to_owned(),
        })
    };
    if options.plain_envelope {
        return refuse(
            "plain_envelope",
            "a call has an id, by which its reply is found",
        );
    }
    if options.request_retries != 0 {
        return refuse(
            "request_retries",
            "idempotent commands are repeated by themselves, and no others",
        );
    }
    if options.immediate == Some(false) {
        return refuse(
            "immediate",
            "a call is sent only while its connection is up",
        );
    }
    Ok(())
}

/// The error of a call that no service has had.
fn without_service<E>(error: UntypedError) -> CallError<E> {
    error.or_else(|_| CallError::Cancelled)
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("endpoints", &self.endpoints())
            .field("timeout", &self.timeout)
            .field("balance", &self.balance)
            .finish_non_exhaustive()
    }
}
