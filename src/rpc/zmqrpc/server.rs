//! A server: a receiver with services.

use std::fmt::{self, Display};
use std::num::NonZeroUsize;
use std::time::Duration;

use super::receiver::Receiver;
use super::running::Running;
use super::services::Services;
use crate::error::{Error, Result};
use crate::into_endpoints::IntoEndpoints;
use crate::options::IntoSetting;
use crate::rpc::Command;
use crate::security::{ClientSecurity, ServerSecurity};

/// Runs commands for clients of pyzmqrpc3 and for ours, each by its service: over requests, which get a reply, and
/// from publishers. pyzmqrpc3's `ZmqRpcServer`.
///
/// | the client gets | |
/// |---|---|
/// | 200 | the service's value |
/// | 400 | the request cannot be read; or it is a command that the server does not know |
/// | 451 | a command that it [knows](Server::knows), and has no service for; or JSON that is not a command |
/// | 463 | the service's error, or that it panicked |
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use zeroless::rpc::{self, zmqrpc};
///
/// #[derive(Serialize, Deserialize)]
/// struct Add { a: i64, b: i64 }
/// rpc::command!(Add -> i64);
///
/// let server = zmqrpc::Server::bind(0)?.serve(|add: Add| Ok(add.a + add.b)).start()?;
/// let client = zmqrpc::Client::connect(server.port())?;
/// assert_eq!(client.call(&Add { a: 1, b: 2 })?, 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a server does nothing until it is started"]
#[derive(Default)]
pub struct Server {
    receiver: Receiver,
    services: Services,
}

impl Server {
    /// A server of no endpoint yet.
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Server;
    /// let server = Server::new().subscribe(30001)?.start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn new() -> Server {
        Server::default()
    }

    /// A server of requests; see [`Receiver::bind`].
    ///
    /// # Errors
    ///
    /// As [`Receiver::bind`].
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Server;
    /// let server = Server::bind("tcp://127.0.0.1:0")?.start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn bind(endpoints: impl IntoEndpoints) -> Result<Server> {
        Ok(Server {
            receiver: Receiver::bind(endpoints)?,
            services: Services::default(),
        })
    }

    fn try_receiver(self, change: impl FnOnce(Receiver) -> Result<Receiver>) -> Result<Server> {
        let receiver = change(self.receiver)?;
        Ok(Server {
            receiver,
            services: self.services,
        })
    }

    /// Runs the commands of the publishers at these endpoints, too; see [`Receiver::subscribe`].
    ///
    /// # Errors
    ///
    /// As [`Receiver::subscribe`].
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Server;
    /// let server = Server::bind(0)?.subscribe([30001, 30002])?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn subscribe(self, endpoints: impl IntoEndpoints) -> Result<Server> {
        self.try_receiver(|receiver| receiver.subscribe(endpoints))
    }

    /// Runs the commands of the publishers at these endpoints, too, each of which may be silent for this
    /// time; see [`Receiver::subscribe_silent`].
    ///
    /// # Errors
    ///
    /// As [`Receiver::subscribe`].
    ///
    /// ```
    /// use std::time::Duration;
    /// use zeroless::rpc::zmqrpc::Server;
    /// let server = Server::new().subscribe_silent(30001, Duration::from_secs(5))?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn subscribe_silent(
        self,
        endpoints: impl IntoEndpoints,
        silence: impl IntoSetting<Duration>,
    ) -> Result<Server> {
        self.try_receiver(|receiver| receiver.subscribe_silent(endpoints, silence))
    }

    /// How long a publisher may be silent; see [`Receiver::silence`].
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Server;
    /// let server = Server::new().subscribe(30001)?.silence(None);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[doc(alias = "recreate_timeout")]
    pub fn silence(mut self, time: impl IntoSetting<Duration>) -> Server {
        self.receiver = self.receiver.silence(time);
        self
    }

    /// Who may call; see [`Receiver::security`].
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Server;
    /// use zeroless::security::{Access, Password, Plain};
    ///
    /// let access = Access::new().user("ann", Password::new("secret")?)?;
    /// let server = Server::bind("tcp://127.0.0.1:0")?.security(Plain::server(access));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[doc(alias = "password")]
    pub fn security(mut self, security: ServerSecurity) -> Server {
        self.receiver = self.receiver.security(security);
        self
    }

    /// How publishers are told who subscribes; see [`Receiver::subscriber_security`].
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Server;
    /// use zeroless::security::{Password, Plain};
    ///
    /// let ann = Plain::user("ann", Password::new("secret")?);
    /// let server = Server::new().subscribe(30001)?.subscriber_security(ann);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn subscriber_security(mut self, security: ClientSecurity) -> Server {
        self.receiver = self.receiver.subscriber_security(security);
        self
    }

    /// How many requests are handled at once; see [`Receiver::workers`].
    ///
    /// ```
    /// use std::num::NonZeroUsize;
    /// use zeroless::rpc::zmqrpc::Server;
    /// let one_after_the_other = Server::bind(0)?.workers(NonZeroUsize::MIN);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn workers(mut self, count: NonZeroUsize) -> Server {
        self.receiver = self.receiver.workers(count);
        self
    }

    /// Runs a command by this service: pyzmqrpc3's `register_service`.
    ///
    /// An error of the service, or its panic, is replied to with 463, as is a value that JSON does not have: a NaN,
    /// or an integer beyond 64 bits. The text names the service as its command; [`serve_as`](Self::serve_as) gives it
    /// another name.
    ///
    /// ```
    /// use serde::{Deserialize, Serialize};
    /// use zeroless::rpc::{self, zmqrpc};
    ///
    /// #[derive(Serialize, Deserialize)]
    /// struct Parse { text: String }
    /// rpc::command!(Parse -> i64);
    ///
    /// let server = zmqrpc::Server::bind(0)?.serve(|parse: Parse| Ok(parse.text.parse()?)).start()?;
    /// let client = zmqrpc::Client::connect(server.port())?;
    /// assert_eq!(client.call(&Parse { text: "12".into() })?, 12);
    /// let failed = client.call(&Parse { text: "x".into() }).unwrap_err();
    /// assert!(failed.to_string().contains("invalid digit"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias = "register_service")]
    pub fn serve<C, F>(self, service: F) -> Server
    where
        C: Command,
        C::Error: Display,
        F: Fn(C) -> Result<C::Reply, C::Error> + Send + Sync + 'static,
    {
        self.serve_as(C::NAME, service)
    }

    /// Runs a command by this service, whose name is in the texts of its errors: pyzmqrpc3 has the name of its
    /// class there.
    ///
    /// ```
    /// use serde::{Deserialize, Serialize};
    /// use zeroless::rpc::{self, Failure, zmqrpc};
    ///
    /// #[derive(Serialize, Deserialize)]
    /// struct Print;
    /// rpc::command!(Print -> ());
    ///
    /// let print = |_: Print| Err(Failure::new("out of paper"));
    /// let server = zmqrpc::Server::bind(0)?.serve_as("Printer", print).start()?;
    /// let failed = zmqrpc::Client::connect(server.port())?.call(&Print).unwrap_err();
    /// let text = "Exception raised when calling service Printer. Exception: out of paper ";
    /// assert_eq!(failed.to_string(), text);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn serve_as<C, F>(mut self, name: impl Into<String>, service: F) -> Server
    where
        C: Command,
        C::Error: Display,
        F: Fn(C) -> Result<C::Reply, C::Error> + Send + Sync + 'static,
    {
        self.services.serve(name.into(), service);
        self
    }

    /// Knows a command that it has no service for: it is replied to with 451, and any other name with 400.
    ///
    /// ```
    /// use serde::{Deserialize, Serialize};
    /// use zeroless::rpc::{self, CallError, zmqrpc};
    ///
    /// #[derive(Serialize, Deserialize)]
    /// struct Elsewhere;
    /// rpc::command!(Elsewhere -> ());
    ///
    /// let server = zmqrpc::Server::bind(0)?.knows::<Elsewhere>().start()?;
    /// let failed = zmqrpc::Client::connect(server.port())?.call(&Elsewhere).unwrap_err();
    /// assert!(matches!(failed, CallError::NoSuchCommand { .. }));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn knows<C: Command>(mut self) -> Server {
        self.services.know::<C>();
        self
    }

    /// Ends when a client sends `ShutdownServer`, as every server of pyzmqrpc3 does. Default off: it is replied to with
    /// 451.
    ///
    /// Anybody who may call can end it then. The reply goes out first.
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::{Client, Server, ShutdownServer};
    ///
    /// let server = Server::bind(0)?.allow_shutdown(true).start()?;
    /// Client::connect(server.port())?.call(&ShutdownServer)?;
    /// server.wait()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn allow_shutdown(mut self, on: bool) -> Server {
        self.services.is_shutdown_allowed = on;
        self
    }

    /// Runs commands until it is stopped, in the caller's place.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start); and the error that has ended it, if it could not go on.
    ///
    /// ```no_run
    /// use zeroless::rpc::zmqrpc::Server;
    /// Server::bind(30000)?.run()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn run(self) -> Result<()> {
        self.start()?.wait()
    }

    /// Runs commands from now on, in threads of its own.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] if a command was given two services; otherwise as [`Receiver::start`].
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Server;
    /// let server = Server::bind(0)?.start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn start(self) -> Result<Running> {
        if let Some(name) = self.services.given_twice {
            let what = format!("two services for the command {name}; give it one");
            return Err(Error::Unsupported { what });
        }
        self.receiver.start_with(self.services)
    }

    /// The port that it is bound to; 0 if it only subscribes.
    ///
    /// ```
    /// use zeroless::rpc::zmqrpc::Server;
    /// assert_ne!(Server::bind(0)?.port(), 0);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn port(&self) -> u16 {
        self.receiver.port()
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("receiver", &self.receiver)
            .finish_non_exhaustive()
    }
}
