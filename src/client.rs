//! A client: endpoints connected to, which may come and go.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Weak};

use crate::endpoint::{Endpoint, Role};
use crate::error::{Error, Result};
use crate::fork::ForkMutex;
use crate::into_endpoints::IntoEndpoints;
use crate::options::{
    Options, all_options, client_setters, common_setters, security_setter, setters_doc,
};
use crate::pattern::{self, End, Kind, Pattern, patterns};
use crate::socket::{HandleCount, SharedSocket, Socket, SocketType, Target};

/// Endpoints that are connected to, to be given patterns.
///
/// Servers need not be there yet: connections come about, and are made again when they break,
/// in the background. More can be [connected](EndpointSet::connect) and
/// [disconnected](EndpointSet::disconnect) at any time, before and after a pattern is chosen,
/// from any thread: all handles made from this client (or its clones) follow, also while
/// somebody is blocked in them. The client itself may be dropped at any time; the handles live
/// on.
///
/// # Examples
///
/// ```no_run
/// use zeroless::Client;
///
/// let push = Client::connect(12345)?
///     .connect(("other.example", 12345))?
///     .push()?;
/// push.send(("id", b"payload"))?;
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Client {
    endpoints: EndpointSet,
}

/// The endpoints of a [`Client`], which dereferences to this.
///
/// ```
/// let client = zeroless::Client::new();
/// client.connect(12345)?;
/// assert_eq!(client.endpoints().len(), 1);
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct EndpointSet {
    state: Arc<ForkMutex<State>>,
}

#[derive(Default)]
struct State {
    targets: Vec<Target>,
    /// The sockets of the handles, each as long as it has handles.
    sockets: Vec<(Weak<HandleCount>, Weak<SharedSocket>)>,
    options: Options,
}

impl Client {
    /// A client of no endpoint yet.
    ///
    /// ```
    /// let push = zeroless::Client::new().push()?;
    /// assert!(push.try_send("nobody is there").is_err());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn new() -> Client {
        Client::default()
    }

    /// Connects to a port of this machine, to `("host", port)`, or to an endpoint in full; to
    /// several as a list.
    ///
    /// See [`IntoEndpoints`] for all that can be given.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidEndpoint`], with a reason; [`Error::HostNotFound`] for a name that
    /// cannot be resolved, unless it is [waited for](Options::wait_for_name); [`Error::AlreadyConnected`] if an endpoint is given twice.
    ///
    /// ```
    /// let client = zeroless::Client::connect(12345)?;
    /// assert_eq!(client.endpoints()[0].to_string(), "tcp://127.0.0.1:12345");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn connect(endpoints: impl IntoEndpoints) -> Result<Client> {
        Client::new().endpoints.connect(endpoints)
    }

    fn set(self, change: impl FnOnce(&mut Options)) -> Client {
        if let Ok(mut state) = self.endpoints.state.lock() {
            change(&mut state.options);
        }
        self
    }

    pub(crate) fn open<H: Pattern>(&self) -> Result<H> {
        self.open_prepared(|_| Ok(()))
    }

    /// Opens a handle, whose socket is given to this before it connects: whoever follows its events from there on
    /// misses none.
    pub(crate) fn open_prepared<H: Pattern>(
        &self,
        prepare: impl FnOnce(&Socket) -> Result<()>,
    ) -> Result<H> {
        let mut state = self.endpoints.state.lock()?;
        if H::KIND == Kind::Pair && state.targets.len() > 1 {
            return Err(Error::PairTaken);
        }
        let handle: H = pattern::open(End::Connects, &state.options, |socket| {
            prepare(socket)?;
            let others = state.targets.len().saturating_sub(1);
            let mut targets = state.targets.iter();
            targets.try_for_each(|target| socket.connect(target, others))
        })?;
        let socket = handle.socket();
        state
            .sockets
            .push((socket.handle_count(), socket.downgrade()));
        Ok(handle)
    }
}

impl Deref for Client {
    type Target = EndpointSet;

    fn deref(&self) -> &EndpointSet {
        &self.endpoints
    }
}

impl EndpointSet {
    /// Connects to more endpoints; gives the client, to go on from there.
    ///
    /// If one of several cannot be connected to, none is.
    ///
    /// # Errors
    ///
    /// As [`Client::connect`]; [`Error::PairTaken`] for a second endpoint of a pair.
    ///
    /// ```
    /// use zeroless::{Client, Server};
    /// let (one, two) = (Server::bind(0)?, Server::bind(0)?);
    /// let push = Client::connect(one.port())?.connect(two.port())?.push()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn connect(&self, endpoints: impl IntoEndpoints) -> Result<Client> {
        let wait = self.state.lock()?.options.wait_for_name;
        let mut added: Vec<Target> = Vec::new();
        for endpoint in endpoints.into_endpoints(Role::Connect)? {
            added.push(Target::find(endpoint, wait)?);
        }
        let mut state = self.state.lock()?;
        for (place, target) in added.iter().enumerate() {
            let known = state.targets.iter().chain(&added[..place]);
            if known
                .into_iter()
                .any(|known| known.endpoint == target.endpoint)
            {
                return Err(Error::AlreadyConnected {
                    endpoint: target.endpoint.clone(),
                });
            }
        }
        let sockets = state.sockets();
        let is_pair = |socket: &Arc<SharedSocket>| socket.socket_type() == SocketType::Pair;
        if state.targets.len() + added.len() > 1 && sockets.iter().any(is_pair) {
            return Err(Error::PairTaken);
        }
        let others = state.targets.len() + added.len() - added.len().min(1);
        for target in &added {
            for socket in &sockets {
                if let Err(error) = socket.connect(target, others)
                    && error != Error::Stopped
                {
                    // All or nothing.
                    for target in &added {
                        sockets
                            .iter()
                            .for_each(|socket| drop(socket.disconnect(&target.endpoint)));
                    }
                    return Err(error);
                }
            }
        }
        state.targets.extend(added);
        Ok(self.client())
    }

    /// Disconnects from endpoints; gives the client, to go on from there.
    ///
    /// Messages that are still queued for them are delivered, within the linger time. Messages that have
    /// come from them and were not received are lost: receive them first.
    ///
    /// # Errors
    ///
    /// [`Error::NotConnected`] for one that was not connected to; the others stay.
    ///
    /// ```
    /// use zeroless::{Client, Error};
    /// let client = Client::connect([12345, 12346])?;
    /// client.disconnect(12345)?;
    /// let again = client.disconnect(12345).unwrap_err();
    /// assert!(matches!(again, Error::NotConnected { .. }));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn disconnect(&self, endpoints: impl IntoEndpoints) -> Result<Client> {
        let gone = endpoints.into_endpoints(Role::Connect)?;
        let mut state = self.state.lock()?;
        let known = |endpoint: &&Endpoint| state.targets.iter().any(|t| t.endpoint == **endpoint);
        if let Some(unknown) = gone.iter().find(|endpoint| !known(endpoint)) {
            return Err(Error::NotConnected {
                endpoint: unknown.clone(),
            });
        }
        state
            .targets
            .retain(|target| !gone.contains(&target.endpoint));
        for socket in state.sockets() {
            for endpoint in &gone {
                match socket.disconnect(endpoint) {
                    Ok(()) | Err(Error::Stopped) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        drop(state);
        Ok(self.client())
    }

    /// Disconnects from all endpoints; gives the client, to go on from there.
    ///
    /// # Errors
    ///
    /// [`Error::Forked`].
    ///
    /// ```
    /// let client = zeroless::Client::connect([12345, 12346])?;
    /// assert!(client.disconnect_all()?.endpoints().is_empty());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn disconnect_all(&self) -> Result<Client> {
        self.disconnect(self.endpoints())
    }

    /// The endpoints that are connected to, whether their servers are there or not.
    ///
    /// ```
    /// let client = zeroless::Client::connect(12345)?;
    /// assert_eq!(client.endpoints()[0].port(), Some(12345));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn endpoints(&self) -> Vec<Endpoint> {
        // A child has none: its parent's connections are not its own.
        let Ok(state) = self.state.lock() else {
            return Vec::new();
        };
        let targets = state.targets.iter();
        targets.map(|target| target.endpoint.clone()).collect()
    }

    fn client(&self) -> Client {
        let endpoints = self.clone();
        Client { endpoints }
    }
}

impl State {
    /// The sockets that are there still.
    fn sockets(&mut self) -> Vec<Arc<SharedSocket>> {
        self.sockets
            .retain(|(handle_count, _)| handle_count.strong_count() > 0);
        let sockets = self.sockets.iter();
        sockets.filter_map(|(_, socket)| socket.upgrade()).collect()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoints = self.endpoints();
        f.debug_struct("Client")
            .field("endpoints", &endpoints)
            .finish()
    }
}

impl fmt::Debug for EndpointSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.endpoints()).finish()
    }
}

patterns!(
    Client,
    "let client = zeroless::Client::connect(12345)?;\nlet (push, news) = (client.push()?, client.subscribe(\"news\")?);"
);

common_setters!(Client, setters_doc!("Client::connect(12345)"));

client_setters!(
    Client,
    "How the handles made from now on connect; see [`Options`](crate::Options) for each."
);

security_setter!(
    Client,
    ClientSecurity,
    "How the handles made from now on prove who they are, and know their servers.

```
use zeroless::Client;
use zeroless::security::{Password, Plain};

let ann = Plain::user(\"ann\", Password::new(\"secret\")?);
let push = Client::connect(12345)?.security(ann).push()?;
# Ok::<(), zeroless::Error>(())
```"
);

all_options!(Client, "Client::connect(12345)");

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Server;
    use crate::pattern::Push;
    use crate::pattern::sealed::Sealed;
    use crate::wake::Deadline;

    #[test]
    fn a_handle_is_prepared_before_it_connects() {
        let server = Server::bind(0).unwrap();
        let _pull = server.pull().unwrap();
        let client = Client::connect(server.port()).unwrap();
        let wait_up = |socket: &Socket, milliseconds| {
            let deadline = Deadline::after(Duration::from_millis(milliseconds));
            socket.status().unwrap().wait_up(1, deadline)
        };
        let prepare = |socket: &Socket| {
            assert!(wait_up(socket, 100).is_err());
            Ok(())
        };
        let push: Push = client.open_prepared(prepare).unwrap();
        wait_up(push.socket(), 20_000).unwrap();
    }
}
