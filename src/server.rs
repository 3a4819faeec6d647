//! A server: endpoints bound, for others to connect to.

mod bound_endpoint;
mod state;

use std::fmt;
use std::sync::Arc;

use bound_endpoint::BoundEndpoint;
use state::{ActiveHandle, State, bound, take_all};

use crate::endpoint::{Endpoint, Role};
use crate::error::{Error, Result};
use crate::fork::{ForkMutex, ForkShared};
use crate::into_endpoints::{IntoEndpoints, Port, bare_port};
use crate::options::{Options, all_options, common_setters, security_setter, setters_doc};
use crate::pattern::{self, End, Kind, Pattern, patterns};
use crate::security::{Access, Security};
use crate::socket::Socket;

/// Endpoints that clients connect to, to be given a pattern.
///
/// The port is taken from the moment of [`bind`](Server::bind); clients that come before the
/// pattern is chosen wait. It carries one pattern at a time: the handle (with its clones) must
/// be dropped before another can be chosen. More endpoints can be [bound](Server::bind_more) and
/// [unbound](Server::unbind) at any time, before and after that, from any thread: the handle follows, also
/// while somebody is blocked in it. The server itself (with its clones) may be dropped at any time; the
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
#[derive(Clone)]
pub struct Server {
    shared: Arc<SharedServer>,
}

/// A server, shared by its clones.
struct SharedServer {
    state: ForkMutex<State>,
    /// As they are bound. A forked child may ask where its parent is.
    bound: ForkShared<Vec<Endpoint>>,
    /// The endpoint that it had first, which it tells when it has none.
    first: Endpoint,
}

impl Server {
    /// Binds to a port on all interfaces, or to an endpoint in full; several as a list.
    ///
    /// Port 0 takes any free port, told by [`port`](Server::port). A host's name is bound at all its
    /// addresses, as `localhost` may be 127.0.0.1 and ::1; an interface's, at its first. See [`IntoEndpoints`] for
    /// all that can be given. A port on all interfaces is open to the network, without
    /// authentication unless [`security`](crate::Options::security) is set; [`bind_local`](Server::bind_local) is not.
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
        let endpoints = take_all(endpoints, &[])?;
        let bound = bound(&endpoints);
        Ok(Server {
            shared: Arc::new(SharedServer {
                first: bound[0].clone(),
                bound: ForkShared::new(bound),
                state: ForkMutex::new(State {
                    endpoints,
                    options: Options::default(),
                    active: None,
                }),
            }),
        })
    }

    /// Binds to more endpoints; gives the server, to go on from there.
    ///
    /// Those that connect there are peers of the handle like all others. If one of several cannot be bound,
    /// none is. An announcement that was made before does not follow: announce the new endpoints, too.
    ///
    /// # Errors
    ///
    /// As [`bind`](Server::bind).
    ///
    /// ```
    /// use zeroless::{Client, Server};
    ///
    /// let server = Server::bind(0)?.bind_more("inproc://jobs")?;
    /// let pull = server.pull()?;
    /// server.bind_more("tcp://127.0.0.1:0")?; // the handle follows
    /// for endpoint in server.endpoints() {
    ///     Client::connect(endpoint)?.push()?.send("hello")?;
    ///     assert_eq!(pull.recv()?, "hello");
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn bind_more(&self, endpoints: impl IntoEndpoints) -> Result<Server> {
        let endpoints = endpoints.into_endpoints(Role::Bind)?;
        let mut state = self.shared.state.lock()?;
        let mut added = take_all(endpoints, &state.endpoints)?;
        if let Some(socket) = state.socket() {
            for place in 0..added.len() {
                match added[place].give(&socket) {
                    Ok(()) | Err(Error::Stopped) => {}
                    Err(error) => {
                        // All or nothing.
                        for given in &added[..place] {
                            let _ = socket.unbind(given.endpoint());
                        }
                        return Err(error);
                    }
                }
            }
        }
        state.endpoints.extend(added);
        self.tell_bound(&state)?;
        drop(state);
        Ok(self.clone())
    }

    /// Unbinds endpoints; gives the server, to go on from there.
    ///
    /// When it returns, others can bind there. Connections that were made there end: messages that are still
    /// queued for their peers are delivered, within the linger time, and messages that have come from them and
    /// were not received are lost, so receive them first. Their peers try to connect again. Over inproc connections
    /// stay. An endpoint is named as it was bound, or as [`endpoints`](Server::endpoints) tells it. If it is
    /// announced, withdraw that before.
    ///
    /// # Errors
    ///
    /// [`Error::NotBound`] for one that is not bound; the others stay.
    ///
    /// ```
    /// use zeroless::{Error, Server};
    ///
    /// let server = Server::bind(0)?.bind_more("tcp://127.0.0.1:0")?;
    /// let port = server.port();
    /// server.unbind(port)?;
    /// let other = Server::bind(port)?; // it is free
    /// assert!(matches!(server.unbind(port), Err(Error::NotBound { .. })));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn unbind(&self, endpoints: impl IntoEndpoints) -> Result<Server> {
        let gone = endpoints.into_endpoints(Role::Bind)?;
        let mut state = self.shared.state.lock()?;
        let is_known =
            |endpoint: &&Endpoint| state.endpoints.iter().any(|it| it.is_called(endpoint));
        if let Some(unknown) = gone.iter().find(|endpoint| !is_known(endpoint)) {
            return Err(Error::NotBound {
                endpoint: unknown.clone(),
            });
        }
        let is_gone = |it: &mut BoundEndpoint| gone.iter().any(|endpoint| it.is_called(endpoint));
        let gone = state.endpoints.extract_if(.., is_gone);
        // Each port that is ours is given up here.
        let gone: Vec<Endpoint> = gone.map(|it| it.endpoint().clone()).collect();
        self.tell_bound(&state)?;
        for endpoint in &gone {
            state.unbind(endpoint)?;
        }
        drop(state);
        Ok(self.clone())
    }

    /// Unbinds all endpoints; gives the server, to go on from there.
    ///
    /// # Errors
    ///
    /// [`Error::Forked`].
    ///
    /// ```
    /// let server = zeroless::Server::bind(0)?;
    /// assert!(server.unbind_all()?.endpoints().is_empty());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn unbind_all(&self) -> Result<Server> {
        self.unbind(self.endpoints())
    }

    /// Tells which endpoints there are now.
    fn tell_bound(&self, state: &State) -> Result<()> {
        self.shared.bound.set(bound(&state.endpoints))
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

    /// The first endpoint, as it can be connected to from this machine; the first that there was, if all are
    /// unbound.
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
        let bound = self.bound();
        let first = bound.first().unwrap_or(&self.shared.first);
        first.to_connect()
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
        self.bound().iter().map(Endpoint::to_connect).collect()
    }

    /// The endpoints as they are bound, which may be to all interfaces.
    pub(crate) fn bound(&self) -> Vec<Endpoint> {
        self.shared.bound.get().unwrap_or_default()
    }

    /// The pattern that it serves, if it does.
    pub(crate) fn kind(&self) -> Option<Kind> {
        let state = self.shared.state.lock().ok()?;
        let active = state.active.as_ref().filter(|it| it.is_there());
        active.map(|active| active.kind)
    }

    fn set(self, change: impl FnOnce(&mut Options)) -> Server {
        if let Ok(mut state) = self.shared.state.lock() {
            change(&mut state.options);
        }
        self
    }

    pub(crate) fn open<H: Pattern>(&self) -> Result<H> {
        let mut state = self.shared.state.lock()?;
        if let Some(last) = &state.active {
            if last.is_there() {
                return Err(Error::PatternTaken {
                    endpoint: self.endpoint(),
                    pattern: last.kind.name(),
                });
            }
            // libzmq lets its endpoints go in the background, when all is delivered.
            if state.endpoints.iter().any(BoundEndpoint::is_libzmqs) {
                last.wait_end();
            }
        }
        let options = state.options.clone();
        let access = access_to_watch(&options, H::KIND);
        let revision = access.as_ref().map(Access::revision);
        let handle: H = pattern::open(End::Binds, &options, |socket| {
            let mut endpoints = state.endpoints.iter_mut();
            endpoints.try_for_each(|endpoint| endpoint.give(socket))
        })?;
        self.tell_bound(&state)?;
        let socket = handle.socket();
        state.active = Some(ActiveHandle {
            kind: H::KIND,
            linger: socket.linger(),
            handle_count: socket.handle_count(),
            socket: socket.downgrade(),
            status: socket.status()?.clone(),
        });
        if let Some(access) = &access {
            self.watch_revocations(access, socket);
        }
        // One that came meanwhile has cut nothing.
        if access.as_ref().map(Access::revision) != revision {
            state.bind_anew();
        }
        Ok(handle)
    }

    /// Has the connections cut when a user is revoked.
    fn watch_revocations(&self, access: &Access, socket: &Socket) {
        let server = Arc::downgrade(&self.shared);
        let on_revoke = access.on_revoke(move || {
            if let Some(server) = server.upgrade()
                && let Ok(mut state) = server.state.lock()
            {
                state.bind_anew();
            }
        });
        // The server may be dropped before the handle, and its ports are needed then.
        socket.keep(Arc::new((on_revoke, self.shared.clone())));
    }
}

/// The access whose revocations cut connections: that of a pattern that sends, since its socket does not know to whom.
fn access_to_watch(options: &Options, kind: Kind) -> Option<Access> {
    match &options.security {
        Some(Security::OfServer(security)) if kind.sends_unasked() => {
            Some(security.access().clone())
        }
        _ => None,
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

patterns!(
    Server,
    "let server = zeroless::Server::bind(0)?;\nlet pull = server.pull()?;\nassert!(server.push().is_err()); // one at a time\ndrop(pull);\nlet push = server.push()?;"
);

common_setters!(Server, setters_doc!("Server::bind(0)"));

security_setter!(
    Server,
    ServerSecurity,
    "How the handles made from now on know their peers, and which they let in.

```
use zeroless::Server;
use zeroless::security::{Access, Password, Plain};

let access = Access::new().user(\"ann\", Password::new(\"secret\")?)?;
let pull = Server::bind_local(0)?.security(Plain::server(access)).pull()?;
# Ok::<(), zeroless::Error>(())
```"
);

all_options!(Server, "Server::bind(0)");
