//! Binding and unbinding.

use std::net::TcpListener;
use std::os::fd::{AsRawFd, IntoRawFd};
use std::time::Duration;

use log::{debug, info};

use super::listen::bind_error;
use super::{SharedSocket, system};
use crate::background::guarded;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::ffi::{self, IntOption};
use crate::wake::Deadline;

/// An endpoint that is bound.
#[derive(Debug, Clone)]
pub(super) struct Bound {
    /// In its user's spelling.
    pub(super) endpoint: Endpoint,
    /// In libzmq's spelling.
    address: String,
}

/// How long libzmq may take to close a listener: its thread does that.
const CLOSING: Duration = Duration::from_secs(1);

impl SharedSocket {
    /// Binds to a port whose listener exists already.
    pub(crate) fn bind_listener(&self, listener: TcpListener, endpoint: &Endpoint) -> Result<()> {
        self.check_security(endpoint)?;
        let mut inner = self.lock()?;
        self.status.spell(|spellings| spellings.bind(endpoint));
        let socket = inner.locked()?.socket;
        let use_fd = |socket: &mut zmq::Socket, fd| {
            ffi::set_int(socket, IntOption::UseFd, fd).map_err(|errno| system("binding", errno))
        };
        use_fd(socket, listener.as_raw_fd())?;
        let bound = ffi::bind(socket, &numeric(endpoint));
        let address = last_endpoint(socket);
        // Sockets that libzmq makes later are its own.
        let reset = use_fd(socket, -1);
        if bound.is_ok() {
            // libzmq closes it, with the socket.
            let _ = listener.into_raw_fd();
            self.status.listening(endpoint);
            inner.bound.push(Bound {
                endpoint: endpoint.clone(),
                address: address.unwrap_or_default(),
            });
        }
        self.unlock_and_wake(inner);
        bound.map_err(|errno| bind_error(endpoint, errno))?;
        self.log_bound(endpoint);
        reset
    }

    /// Binds; gives the endpoint with its wildcards filled in.
    pub(crate) fn bind(&self, endpoint: &Endpoint) -> Result<Endpoint> {
        self.check_security(endpoint)?;
        let address = self.with(|locked| {
            ffi::bind(locked.socket, &endpoint.to_string())
                .map_err(|errno| bind_error(endpoint, errno))?;
            Ok(last_endpoint(locked.socket)?)
        })?;
        let bound = address.parse().unwrap_or_else(|_| endpoint.clone());
        self.status.spell(|spellings| spellings.bind(&bound));
        if bound.transport() != "inproc" {
            self.status.listening(&bound);
        }
        self.lock()?.bound.push(Bound {
            endpoint: bound.clone(),
            address,
        });
        self.log_bound(&bound);
        Ok(bound)
    }

    fn log_bound(&self, endpoint: &Endpoint) {
        let name = self.name();
        self.warn_if_readable(endpoint, endpoint.is_open());
        match endpoint.is_open() && self.options.security.is_none() {
            true => {
                info!("{name}: ready on {endpoint}, open to the network without authentication")
            }
            false => info!("{name}: ready on {endpoint}"),
        }
    }

    /// Unbinds, and waits until others can bind there. Connections that were made there end once their queues
    /// are sent, within the linger time; over inproc they stay.
    pub(crate) fn unbind(&self, endpoint: &Endpoint) -> Result<()> {
        self.note("unbinding from", endpoint);
        let mut inner = self.lock()?;
        let mut bound = inner.bound.iter();
        let place = bound.position(|known| known.endpoint == *endpoint);
        let known = place.map(|place| inner.bound.remove(place));
        let result = inner.locked().map(|mut locked| match &known {
            Some(known) => locked.unbind(&known.address),
            None => Ok(()),
        });
        self.unlock_and_wake(inner);
        result?.map_err(|error| Error::system("unbinding", error))?;
        if !self
            .status
            .wait_listener_closed(endpoint, Deadline::after(CLOSING))
        {
            debug!("{}: {endpoint} is not closed yet", self.name());
        }
        self.status.unbound(endpoint);
        Ok(())
    }

    /// Logs an operation that is about to begin. A user's logger that panics does not keep it from beginning.
    pub(super) fn note(&self, doing: &str, endpoint: &Endpoint) {
        guarded("logging", || info!("{}: {doing} {endpoint}", self.name()));
    }
}

/// The endpoint that the socket was bound to last, in libzmq's spelling.
fn last_endpoint(socket: &zmq::Socket) -> Result<String> {
    let last = socket.get_last_endpoint();
    let last = last.map_err(|error| Error::system("binding", error))?;
    last.map_err(|_| Error::system("binding", "the endpoint is not text"))
}

/// The endpoint as libzmq wants it to bind: without a name.
fn numeric(endpoint: &Endpoint) -> String {
    format!("tcp://127.0.0.1:{}", endpoint.port().unwrap_or(0))
}
