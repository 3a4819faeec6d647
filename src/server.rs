//! A server: endpoints bound, for others to connect to.

use std::fmt;
use std::net::TcpListener;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use log::info;

use crate::endpoint::{Endpoint, Role};
use crate::error::{Error, Result};
use crate::fork::ForkMutex;
use crate::into_endpoints::{IntoEndpoints, Port, bare_port};
use crate::monitor::ConnectionStatus;
use crate::options::{Options, common_setters};
use crate::pattern::{self, Kind, Pattern, patterns};
use crate::socket::{HandleCount, Linger, Socket, check_path, listen};
use crate::wake::{Deadline, io_error};

/// Endpoints that clients connect to, to be given a pattern.
///
/// The port is taken from the moment of [`bind`](Server::bind); clients that come before the
/// pattern is chosen wait. It carries one pattern at a time: the handle (with its clones) must
/// be dropped before another can be chosen. The server itself may be dropped at any time; the
/// handle lives on.
///
/// # Examples
///
/// ```no_run
/// use zeroless::Server;
///
/// for message in Server::bind(12345)?.pull()? {
///     println!("{message}");
/// }
/// # Ok::<(), zeroless::Error>(())
/// ```
pub struct Server {
    endpoints: Vec<BoundEndpoint>,
    options: Options,
    active: ForkMutex<Option<ActiveHandle>>,
}

/// An endpoint, and what holds it.
struct BoundEndpoint {
    /// The port itself, taken already; without one libzmq binds when the pattern is chosen.
    listener: Option<TcpListener>,
    /// As it is to be bound.
    wanted: Endpoint,
    /// As it is bound, once that is known. No lock: a forked child may ask where its parent is.
    bound: OnceLock<Endpoint>,
}

/// The pattern that the port carries, or carried last.
struct ActiveHandle {
    kind: Kind,
    linger: Linger,
    handle_count: Weak<HandleCount>,
    status: Arc<ConnectionStatus>,
}

impl Server {
    /// Binds to a port on all interfaces, or to an endpoint in full; several as a list.
    ///
    /// Port 0 takes any free port, told by [`port`](Server::port). A host's name is bound at all its
    /// addresses, as `localhost` may be 127.0.0.1 and ::1; an interface's, at its first. See [`IntoEndpoints`] for
    /// all that can be given. A port on all interfaces is open to the network without
    /// authentication; [`bind_local`](Server::bind_local) is not.
    ///
    /// # Errors
    ///
    /// [`Error::AddressInUse`] if somebody has it; [`Error::InvalidEndpoint`], with a reason.
    /// For ipc and inproc some of it is told only when the pattern is chosen.
    ///
    /// ```
    /// use zeroless::{Error, Server};
    ///
    /// let server = Server::bind(0)?;
    /// let taken = Server::bind(server.port()).unwrap_err();
    /// assert!(matches!(taken, Error::AddressInUse { .. }));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn bind(endpoints: impl IntoEndpoints) -> Result<Server> {
        Server::take(endpoints.into_endpoints(Role::Bind)?)
    }

    /// Binds to a port on loopback: only programs on this machine can connect.
    ///
    /// # Errors
    ///
    /// As [`bind`](Server::bind).
    ///
    /// ```
    /// let server = zeroless::Server::bind_local(0)?;
    /// assert!(server.endpoint().to_string().starts_with("tcp://127.0.0.1:"));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn bind_local(port: impl Port) -> Result<Server> {
        Server::take(vec![bare_port(port, Role::BindLocal)?])
    }

    fn take(endpoints: Vec<Endpoint>) -> Result<Server> {
        if endpoints.is_empty() {
            return Err(Error::InvalidEndpoint {
                endpoint: "[]".to_owned(),
                reason: "a server needs an endpoint at least".to_owned(),
            });
        }
        let endpoints = endpoints.into_iter().map(BoundEndpoint::take);
        Ok(Server {
            endpoints: endpoints
                .collect::<Result<Vec<_>>>()?
                .into_iter()
                .flatten()
                .collect(),
            options: Options::default(),
            active: ForkMutex::new(None),
        })
    }

    /// The port bound, as it can be connected to; 0 if no endpoint is tcp.
    ///
    /// ```
    /// use zeroless::{Client, Server};
    /// let server = Server::bind(0)?;
    /// let pull = server.pull()?;
    /// Client::connect(server.port())?.push()?.send("hello")?;
    /// assert_eq!(pull.recv()?, "hello");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn port(&self) -> u16 {
        self.endpoints()
            .iter()
            .find_map(Endpoint::port)
            .unwrap_or(0)
    }

    /// The first endpoint, as it can be connected to from this machine.
    ///
    /// ```
    /// use zeroless::{Client, Server};
    /// let server = Server::bind("tcp://[::1]:0")?;
    /// let pull = server.pull()?;
    /// Client::connect(server.endpoint())?.push()?.send("hello")?;
    /// assert_eq!(pull.recv()?, "hello");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn endpoint(&self) -> Endpoint {
        // There is one: `take` sees to that.
        self.endpoints[0].endpoint().to_connect()
    }

    /// All endpoints, as they can be connected to from this machine.
    ///
    /// ```
    /// use zeroless::Server;
    /// let server = Server::bind(["tcp://127.0.0.1:0", "inproc://endpoints"])?;
    /// assert_eq!(server.endpoints().len(), 2);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn endpoints(&self) -> Vec<Endpoint> {
        let endpoints = self.endpoints.iter();
        endpoints
            .map(|endpoint| endpoint.endpoint().to_connect())
            .collect()
    }

    /// The endpoints as they are bound, which may be to all interfaces.
    pub(crate) fn bound(&self) -> Vec<Endpoint> {
        let endpoints = self.endpoints.iter();
        endpoints
            .map(|endpoint| endpoint.endpoint().clone())
            .collect()
    }

    /// What it serves, if it does.
    pub(crate) fn kind(&self) -> Option<Kind> {
        let active = self.active.lock().ok()?;
        let active = active
            .as_ref()
            .filter(|it| it.handle_count.strong_count() > 0);
        active.map(|active| active.kind)
    }

    fn set(mut self, change: impl FnOnce(&mut Options)) -> Server {
        change(&mut self.options);
        self
    }

    fn open<H: Pattern>(&self) -> Result<H> {
        let mut active = self.active.lock()?;
        if let Some(last) = active.as_ref() {
            self.wait_for_leave(last)?;
        }
        let handle: H = pattern::open(&self.options, |socket| {
            self.endpoints
                .iter()
                .try_for_each(|endpoint| endpoint.give(socket))
        })?;
        *active = Some(ActiveHandle {
            kind: H::KIND,
            linger: handle.socket().linger(),
            handle_count: handle.socket().handle_count(),
            status: handle.socket().status()?.clone(),
        });
        Ok(handle)
    }

    fn wait_for_leave(&self, last: &ActiveHandle) -> Result<()> {
        if last.handle_count.strong_count() > 0 {
            return Err(Error::PatternTaken {
                endpoint: self.endpoint(),
                pattern: last.kind.name(),
            });
        }
        // What libzmq has bound it lets go in the background, when all is delivered.
        if self
            .endpoints
            .iter()
            .any(|endpoint| endpoint.listener.is_none())
        {
            let patience = last.linger.most.saturating_add(Duration::from_secs(1));
            last.status.wait_end(Deadline::after(patience));
        }
        Ok(())
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoints = self.endpoints();
        f.debug_struct("Server")
            .field("endpoints", &endpoints)
            .finish()
    }
}

impl BoundEndpoint {
    /// Takes an endpoint: several, if it is a name with several addresses.
    fn take(endpoint: Endpoint) -> Result<Vec<BoundEndpoint>> {
        info!("binding to {endpoint}");
        check_path(&endpoint)?;
        let endpoints = match listen(&endpoint)? {
            Some(listeners) => {
                let listeners = listeners.into_iter();
                let endpoints = listeners.map(|(listener, endpoint)| (Some(listener), endpoint));
                endpoints.collect()
            }
            None => vec![(None, endpoint)],
        };
        let endpoints = endpoints
            .into_iter()
            .map(|(listener, wanted)| BoundEndpoint {
                listener,
                wanted,
                bound: OnceLock::new(),
            });
        Ok(endpoints.collect())
    }

    fn endpoint(&self) -> &Endpoint {
        self.bound.get().unwrap_or(&self.wanted)
    }

    /// Lets a socket accept what connects here.
    fn give(&self, socket: &Socket) -> Result<()> {
        let endpoint = self.endpoint();
        match &self.listener {
            Some(listener) => {
                let listener = listener.try_clone();
                let listener = listener.map_err(|error| io_error("binding", &error))?;
                socket.bind_listener(listener, endpoint)
            }
            None => {
                // Again: something may have come there meanwhile.
                check_path(endpoint)?;
                let bound = socket.bind(endpoint)?;
                // Wildcards are filled in the first time.
                let _ = self.bound.set(bound);
                Ok(())
            }
        }
    }
}

patterns!(
    Server,
    "let server = zeroless::Server::bind(0)?;\nlet pull = server.pull()?;\nassert!(server.push().is_err()); // one at a time\ndrop(pull);\nlet push = server.push()?;"
);

common_setters!(Server, "Server::bind(0)");
