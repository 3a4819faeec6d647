//! The place of a node: its interface, its inbox there, and the endpoint and headers that peers are given.

use std::net::IpAddr;
use std::time::Duration;

use log::debug;

use super::announced::AnnouncedService;
use super::interface::Interface;
use super::node_security::NodeSecurity;
use super::spec;
use crate::endpoint::{Endpoint, Host, Place};
use crate::error::{Error, Result};
use crate::options::{KeepAlive, Options};
use crate::socket::{Socket, take_ports};

#[derive(Debug)]
pub(crate) struct LocalAddress {
    /// The interface that was asked for.
    pub(crate) wanted: Option<String>,
    pub(crate) interface: Interface,
    /// Where the inbox is to be bound, if the user says so.
    pub(crate) endpoint: Option<Endpoint>,
    /// The endpoint that peers are given instead of the bound one.
    pub(crate) advertised: Option<Endpoint>,
    /// The headers of the node, without those of its services.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) services: Vec<AnnouncedService>,
    /// When a peer that is silent is given up.
    pub(crate) expired: Duration,
    /// The largest frame that peers may send.
    pub(crate) max_frame: u64,
    pub(crate) security: Option<NodeSecurity>,
}

impl LocalAddress {
    /// The headers, and why a service that is not in them cannot be announced here.
    pub(crate) fn headers(&self) -> (Vec<(String, String)>, Vec<Error>) {
        let mut headers = self.headers.clone();
        let mut wrong = Vec::new();
        for service in &self.services {
            match service.header(&self.interface) {
                Ok((key, value)) => put_header(&mut headers, key, value),
                Err(error) => wrong.push(error),
            }
        }
        (headers, wrong)
    }

    /// Opens an inbox; with where it is bound.
    pub(crate) fn open_inbox(&self) -> Result<(Socket, Endpoint)> {
        let here = self.here(0);
        let wanted = self.endpoint.as_ref().unwrap_or(&here);
        let Some(listeners) = take_ports(wanted)? else {
            return Err(Error::InvalidEndpoint {
                endpoint: wanted.to_string(),
                reason: "a node's inbox is at a tcp address of this machine".to_owned(),
            });
        };
        let inbox = Socket::open(&spec::inbox(), &self.options())?;
        let mut bound = wanted.clone();
        for (listener, endpoint) in listeners.into_iter().rev() {
            inbox.bind_listener(listener, &endpoint)?;
            bound = endpoint;
        }
        Ok((inbox, bound))
    }

    /// Sees to it that beacons come from where the inbox is bound: others look for it there. So they
    /// are sent on the interface of its address.
    pub(crate) fn beacon_from(&mut self, bound: &Endpoint) -> Result<()> {
        let address = match bound.place() {
            Place::Tcp {
                host: Host::Ip(ip, _),
                ..
            } if !ip.is_unspecified() => *ip,
            _ => return Ok(()),
        };
        if address == self.interface.address {
            return Ok(());
        }
        let own = match (&self.wanted, address) {
            (None, IpAddr::V4(_)) => Interface::find(Some(&address.to_string())).ok(),
            _ => None,
        };
        match own {
            Some(own) => {
                (self.wanted, self.interface) = (Some(address.to_string()), own);
                Ok(())
            }
            None => Err(Error::InvalidEndpoint {
                endpoint: bound.to_string(),
                reason: format!(
                    "beacons come from {}, and others would look for the inbox there: bind it there, \
                     or everywhere (tcp://*:*), or find each other by gossip",
                    self.interface
                ),
            }),
        }
    }

    /// A connection is found dead before its peer is given up. If the peer came back on another
    /// first, bytes that are still under way on the old one would keep libzmq from ever closing it.
    fn options(&self) -> Options {
        let probes = KeepAlive {
            idle: (self.expired / 3).min(KeepAlive::LONGEST),
            interval: (self.expired / 6).min(KeepAlive::LONGEST),
            count: 3,
        };
        let options = Options::default()
            .keep_alive(Some(probes))
            .max_frame(self.max_frame);
        match &self.security {
            Some(security) => security.secure(options),
            None => options,
        }
    }

    /// Whether an inbox may stay where it is bound when the interface is another.
    pub(crate) fn keeps_inbox(&self) -> bool {
        self.endpoint.is_some()
    }

    /// The endpoint that peers are given for an inbox that is bound there.
    pub(crate) fn advertised_endpoint(&self, bound: &Endpoint) -> Endpoint {
        match &self.advertised {
            Some(advertised) => advertised.clone(),
            None if bound.is_anywhere() => self.here(bound.port().unwrap_or(0)),
            None => bound.clone(),
        }
    }

    fn here(&self, port: u16) -> Endpoint {
        Endpoint::at((self.interface.address, port).into())
    }

    /// The interface to move to, if ours has changed, as when a network comes or goes.
    pub(crate) fn find_change(&self) -> Option<Interface> {
        if self.endpoint.as_ref().is_some_and(|it| !it.is_anywhere()) {
            return None;
        }
        match Interface::find_beside(&self.interface, self.wanted.as_deref()) {
            Ok(now) if now != self.interface => Some(now),
            Ok(_) => None,
            Err(error) => {
                debug!("{}: {error}", self.interface);
                None
            }
        }
    }
}

/// Sets a header; one that was there has the new value.
pub(crate) fn put_header(headers: &mut Vec<(String, String)>, key: String, value: String) {
    match headers.iter_mut().find(|(known, _)| *known == key) {
        Some((_, known)) => *known = value,
        None => headers.push((key, value)),
    }
}
