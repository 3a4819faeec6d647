//! Starting a node: its settings are checked, and its sockets opened.

use std::sync::Arc;
use std::time::Duration;

use super::Builder;
use crate::background::Background;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::security::PublicKey;
use crate::zre::machine::{CONTEST_HEADER, Machine};
use crate::zre::net::{
    BeaconSocket, Driver, EventQueue, Finder, GossipSockets, Interface, LocalAddress, NodeSecurity,
    SharedNode,
};
use crate::zre::node::{Node, RunningNode, SendLimits};
use crate::zre::uuid::Uuid;
use crate::zre::wire::{LARGEST, LONGEST, MOST, PUBLIC_KEY_HEADER};

/// How many bytes all headers may have: half of the bytes that a peer takes in one message.
const HEADERS: usize = 512 << 10;

/// The first frame of a message may be so long.
const MAX_FRAME_MIN: u64 = LARGEST as u64;

impl Builder {
    /// Starts the node: when this returns, it can be found.
    ///
    /// # Errors
    ///
    /// [`zre::Error::NoInterface`](crate::zre::Error::NoInterface); [`Error::InvalidOption`] for names, headers, times and bounds that
    /// cannot be, and a [`security`](Builder::security) other than CURVE; [`Error::Unsupported`] for CURVE where the linked
    /// libzmq has none; [`Error::InvalidEndpoint`] and [`Error::AddressInUse`]; [`Error::OutOfFiles`].
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # let builder = zeroless::zre::Node::builder("alice");
    /// let node = builder.start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn start(mut self) -> Result<Node> {
        if !self.contests.is_empty() {
            let groups = Vec::from_iter(self.contests.clone()).join("\n");
            self = self.header(CONTEST_HEADER, groups);
        }
        let security = self.security.take().map(NodeSecurity::new).transpose()?;
        let key = security.as_ref().map(NodeSecurity::public_key);
        if let Some(key) = key {
            self = self.header(PUBLIC_KEY_HEADER, key.to_string());
        }
        let mut local_address = LocalAddress {
            interface: Interface::find(self.interface.as_deref())?,
            wanted: self.interface.take(),
            endpoint: one(self.endpoint.take())?,
            advertised: one(self.advertised.take())?,
            headers: std::mem::take(&mut self.headers),
            services: std::mem::take(&mut self.services)
                .into_iter()
                .collect::<Result<_>>()?,
            expired: self.timing.expired,
            max_frame: self.max_frame,
            security: security.clone(),
        };
        let (gossip_bind, gossip_connect) = (
            all(std::mem::take(&mut self.gossip_bind))?,
            servers(std::mem::take(&mut self.gossip_connect), key.is_some())?,
        );
        let gossips = !(gossip_bind.is_empty() && gossip_connect.is_empty());
        let (inbox, bound) = local_address.open_inbox()?;
        if !gossips {
            local_address.beacon_from(&bound)?;
        }
        let (headers, wrong) = local_address.headers();
        if let Some(error) = wrong.into_iter().next() {
            return Err(error);
        }
        self.check(&headers)?;
        let endpoint = local_address.advertised_endpoint(&bound);
        let uuid = Uuid::random()?;
        let finder = match gossips {
            false => Finder::Beacons(BeaconSocket::open(
                local_address.interface.clone(),
                self.port,
                local_address.wanted.is_none(),
            )?),
            true => {
                let mut gossip =
                    GossipSockets::open(&gossip_bind, &gossip_connect, security.as_ref())?;
                gossip.publish(uuid, &endpoint, key);
                Finder::Gossip(Box::new(gossip))
            }
        };
        let gossip = finder.bound();
        let (timing, bounds) = (self.timing, self.bounds);
        let machine = Machine::new(uuid, endpoint, self.name, headers, key, timing, bounds);
        let events = EventQueue::new(self.events);
        let shared = SharedNode::new(machine, events, self.verbose, security)?;
        let shared = Arc::new(shared);
        let on_revoke = local_address.security.as_ref().map(|security| {
            let tasks = shared.tasks().clone();
            security.on_revoke(move || tasks.push(Box::new(SharedNode::part_from_refused)))
        });
        let driver = Driver {
            shared: shared.clone(),
            inbox,
            bound,
            local_address,
            finder,
            interval: self.timing.interval,
        };
        let stopped = shared.clone();
        let thread = Background::start(
            "zeroless-zre",
            move || stopped.stop(),
            || Ok(move || driver.run()),
        )?;
        let limits = SendLimits {
            timeout: self.send_timeout,
            max_frame: self.max_frame,
        };
        let handle = RunningNode::new(shared, thread, limits, gossip, on_revoke);
        Ok(Node::from(Arc::new(handle)))
    }

    fn check(&self, headers: &[(String, String)]) -> Result<()> {
        let refuse = |option, reason: &str| {
            Err(Error::InvalidOption {
                option,
                reason: reason.to_owned(),
            })
        };
        if self.name.len() > LONGEST {
            return refuse("name", "choose one of at most 255 bytes");
        }
        if headers.iter().any(|(key, _)| key.len() > LONGEST) {
            return refuse("header", "choose keys of at most 255 bytes");
        }
        let long = |(key, value): &(String, String)| key.len() + value.len();
        if headers.len() > MOST || headers.iter().map(long).sum::<usize>() > HEADERS {
            return refuse("header", "at most 1024 of them, and 512 KiB in all");
        }
        if self.port == 0 {
            return refuse("port", "choose the one that the others use");
        }
        if self.bounds.unverified < 2 {
            return refuse("max_unconfirmed_peers", "at least 2");
        }
        if self.max_frame < MAX_FRAME_MIN {
            return refuse(
                "max_frame",
                "at least 1 MiB, which a node may tell of itself",
            );
        }
        if self.events == 0 {
            return refuse("event_queue", "at least 1");
        }
        let is_short = |group: &String| group.len() <= LONGEST && !group.contains('\n');
        if !self.contests.iter().all(is_short) {
            return refuse(
                "contest",
                "a group's name of at most 255 bytes, in one line",
            );
        }
        let times = [
            ("interval", self.timing.interval),
            ("evasive", self.timing.evasive),
            ("expired", self.timing.expired),
        ];
        let sensible = Duration::from_millis(1)..=Duration::from_secs(24 * 3600);
        match times.iter().find(|(_, time)| !sensible.contains(time)) {
            Some((option, _)) => refuse(option, "between 1 ms and a day"),
            None => Ok(()),
        }
    }
}

/// The endpoints that were given.
fn all(given: Vec<Result<Vec<Endpoint>>>) -> Result<Vec<Endpoint>> {
    let lists: Vec<_> = given.into_iter().collect::<Result<_>>()?;
    Ok(lists.into_iter().flatten().collect())
}

/// The nodes to gossip with, each with its key if our node is secured, and without one if it is not.
fn servers(
    given: Vec<(Result<Vec<Endpoint>>, Option<PublicKey>)>,
    is_secured: bool,
) -> Result<Vec<(Endpoint, Option<PublicKey>)>> {
    let mut servers = Vec::new();
    for (endpoints, key) in given {
        let refuse = |option, reason: &str| {
            Err(Error::InvalidOption {
                option,
                reason: reason.to_owned(),
            })
        };
        match (key.is_some(), is_secured) {
            (false, true) => {
                return refuse(
                    "gossip_connect",
                    "with security the other node's key is needed: gossip_connect_curve",
                );
            }
            (true, false) => {
                return refuse(
                    "gossip_connect_curve",
                    "it needs the node's own keys: security(Curve::server(&keys, access))",
                );
            }
            _ => servers.extend(endpoints?.into_iter().map(|endpoint| (endpoint, key))),
        }
    }
    Ok(servers)
}

/// The only one that was given, if any was.
fn one(given: Option<Result<Vec<Endpoint>>>) -> Result<Option<Endpoint>> {
    let mut endpoints = all(given.into_iter().collect())?.into_iter();
    match (endpoints.next(), endpoints.next()) {
        (_, Some(second)) => Err(Error::InvalidEndpoint {
            endpoint: second.to_string(),
            reason: "a node has one inbox".to_owned(),
        }),
        (one, None) => Ok(one),
    }
}
