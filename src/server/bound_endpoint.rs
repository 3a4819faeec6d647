//! An endpoint of a server: taken before there is a socket, and given to one.

use std::net::TcpListener;

use log::info;

use crate::endpoint::{Endpoint, Host};
use crate::error::Result;
use crate::socket::{SharedSocket, check_path, take_ports};
use crate::wake::io_error;

/// An endpoint, and the listener that holds its port.
pub(super) struct BoundEndpoint {
    /// The port itself, taken already; without one libzmq binds when the pattern is chosen.
    listener: Option<TcpListener>,
    /// As the user has given it, with its port: perhaps by a name.
    given: Endpoint,
    /// As it is bound, or is to be.
    endpoint: Endpoint,
}

impl BoundEndpoint {
    /// Takes an endpoint: several, if it is a name with several addresses.
    pub(super) fn take(endpoint: Endpoint) -> Result<Vec<BoundEndpoint>> {
        info!("binding to {endpoint}");
        check_path(&endpoint)?;
        let endpoints = match take_ports(&endpoint)? {
            Some(listeners) => {
                let listeners = listeners.into_iter();
                let endpoints = listeners.map(|(listener, endpoint)| (Some(listener), endpoint));
                endpoints.collect()
            }
            None => vec![(None, endpoint.clone())],
        };
        let endpoints = endpoints
            .into_iter()
            .map(|(listener, bound)| BoundEndpoint {
                listener,
                given: match (endpoint.host_name(), bound.port()) {
                    (Some((name, _)), Some(port)) => {
                        Endpoint::tcp(Host::Name(name.to_owned()), port)
                    }
                    _ => bound.clone(),
                },
                endpoint: bound,
            });
        Ok(endpoints.collect())
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Whether it is the one that is called so: as it was given, is bound, or can be connected to.
    pub(super) fn is_called(&self, endpoint: &Endpoint) -> bool {
        [&self.given, &self.endpoint, &self.endpoint.to_connect()].contains(&endpoint)
    }

    /// Whether libzmq binds it, which then has all of it.
    pub(super) fn is_libzmqs(&self) -> bool {
        self.listener.is_none()
    }

    /// Lets a socket accept the connections made here.
    pub(super) fn give(&mut self, socket: &SharedSocket) -> Result<()> {
        match &self.listener {
            Some(listener) => {
                let listener = listener.try_clone();
                let listener = listener.map_err(|error| io_error("binding", &error))?;
                socket.bind_listener(listener, &self.endpoint)
            }
            None => {
                // Again: something may have come there meanwhile.
                check_path(&self.endpoint)?;
                // Wildcards are filled in the first time.
                self.endpoint = socket.bind(&self.endpoint)?;
                Ok(())
            }
        }
    }
}
