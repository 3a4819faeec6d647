//! Stations that are found by ZRE, and that are announced to be found.

use std::time::{Duration, Instant};

use crate::client::Client;
use crate::endpoint::{Endpoint, Place};
use crate::error::{Error, Result};
use crate::options::Options;
use crate::security::Mechanism;
use crate::server::Server;
use crate::station::net::{FindStations, Parent};
use crate::zre::{self, BoundService, Peer, Service, Uuid};

/// The word that a station is announced with: `X-<id>-station`.
const PATTERN: &str = "station";

/// The header with a station's rank: the smaller, the nearer it is to the top.
const RANK: &str = "X-STATION-RANK";

/// The rank of a station that tells none.
const USUAL_RANK: u32 = 1;

/// Finds the stations that may be connected to.
pub(super) struct Finder {
    node: zre::Node,
    /// That of this station: it connects to none that is not smaller, or stations would stand behind each other.
    own: Option<(u32, Uuid)>,
    options: Options,
    /// The id of the station that is preferred, and until when it is waited for.
    preferred: Option<(String, Instant)>,
}

/// How long the station that is preferred is waited for, while there are others.
const PATIENCE: Duration = Duration::from_secs(3);

/// The rank of a station that was given none.
pub(super) fn usual_rank(is_top: bool) -> u32 {
    if is_top { 0 } else { USUAL_RANK }
}

/// Starts a node of ZRE, which announces a station if it is one.
pub(super) fn start(
    mut builder: zre::Builder,
    id: &str,
    server: Option<&Server>,
    rank: u32,
) -> Result<zre::Node> {
    if let Some(server) = server {
        builder = builder
            .announce(id, &BoundService::new(PATTERN, server.bound()))
            .header(RANK, rank.to_string());
    }
    builder.start()
}

impl Finder {
    /// One that finds them for a node, or for a station of this rank.
    pub(super) fn new(
        node: zre::Node,
        rank: Option<u32>,
        preferred: Option<String>,
        options: Options,
    ) -> Result<Finder> {
        let security = options.security.as_ref();
        let sends_password = security.is_some_and(|it| it.mechanism() == Mechanism::Plain);
        if sends_password && node.public_key().is_none() {
            return Err(Error::InvalidOption {
                option: "security",
                reason: "anybody on the network can announce a station, and would be sent the password: take \
                         Curve::client(&keys, station), or discover by a node of ZRE with security"
                    .to_owned(),
            });
        }
        let own = rank.map(|rank| (rank, node.id()));
        let preferred = preferred.map(|id| (id, Instant::now() + PATIENCE));
        Ok(Finder {
            node,
            own,
            options,
            preferred,
        })
    }
}

impl Finder {
    fn is_preferred(&self, id: &str) -> bool {
        let preferred = self.preferred.as_ref();
        preferred.is_some_and(|(preferred, _)| preferred.eq_ignore_ascii_case(id))
    }
}

impl FindStations for Finder {
    fn find(&self) -> Vec<Endpoint> {
        let here = host(&self.node.endpoint());
        let mut found: Vec<_> = self
            .node
            .peers()
            .iter()
            .map(|peer| (rank(peer), peer))
            .filter(|(rank, peer)| self.own.is_none_or(|own| (*rank, peer.id()) < own))
            .flat_map(|(rank, peer)| {
                let services = Service::of_pattern(peer, PATTERN).into_iter();
                services.map(move |it| (rank, peer.id(), it))
            })
            .map(|(rank, id, (name, service))| {
                let is_other = !self.is_preferred(&name);
                let endpoint = service.endpoint().clone();
                ((is_other, host(&endpoint) != here, rank, id), endpoint)
            })
            .collect();
        found.sort_by_key(|(order, _)| *order);
        if let (Some((_, until)), Some(((true, ..), _))) = (&self.preferred, found.first())
            && Instant::now() < *until
        {
            found.clear();
        }
        found.into_iter().map(|(_, endpoint)| endpoint).collect()
    }

    fn client(&self, endpoint: &Endpoint) -> Result<Client> {
        Parent::client(endpoint, self.options.clone())
    }
}

fn host(endpoint: &Endpoint) -> Option<String> {
    match endpoint.place() {
        Place::Tcp { host, .. } => Some(host.to_string()),
        _ => None,
    }
}

/// The rank that a peer tells.
fn rank(peer: &Peer) -> u32 {
    let mut headers = peer.headers().iter();
    let told = headers.find(|(key, _)| key.eq_ignore_ascii_case(RANK));
    let told = told.and_then(|(_, rank)| rank.trim().parse().ok());
    told.unwrap_or(USUAL_RANK)
}
