//! The sockets by which a node gossips.

use std::sync::Arc;
use std::time::Instant;

use log::{debug, warn};

use super::lookups::Lookups;
use super::node_security::NodeSecurity;
use super::shared_node::SharedNode;
use super::spec;
use crate::background::WaitSet;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::message::{Frame, Message};
use crate::options::Options;
use crate::security::{ClientSecurity, PublicKey, Security};
use crate::socket::{Interest, Socket, Target, take_ports};
use crate::wake::Deadline;
use crate::zre::machine::Machine;
use crate::zre::machine::gossip::{Gossip, GossipPeer, MOST};
use crate::zre::uuid::Uuid;
use crate::zre::wire::{GossipMessage, address};

/// How many rounds of sending and receiving follow each other before anything else gets its turn.
const TURN: usize = 64;

/// The state machine of gossip, and its sockets.
pub(crate) struct GossipSockets {
    gossip: Gossip,
    /// The socket that our clients are connected to.
    bound: Option<Socket>,
    endpoints: Vec<Endpoint>,
    servers: Vec<GossipServer>,
    lookups: Lookups,
}

/// A node that we are connected to, for gossip.
struct GossipServer {
    target: Target,
    security: Option<ClientSecurity>,
    socket: Socket,
}

impl GossipSockets {
    /// Binds and connects. With security, each of those we connect to has a key.
    pub(crate) fn open(
        bind: &[Endpoint],
        connect: &[(Endpoint, Option<PublicKey>)],
        security: Option<&NodeSecurity>,
    ) -> Result<GossipSockets> {
        let mut of_server = Options::default();
        if let Some(security) = security {
            of_server = security.secure(of_server);
        }
        let mut bound = None;
        let mut endpoints = Vec::new();
        for endpoint in bind {
            let socket = match &bound {
                Some(socket) => socket,
                None => bound.insert(Socket::open(&spec::gossip_server(), &of_server)?),
            };
            let Some(listeners) = take_ports(endpoint)? else {
                endpoints.push(socket.bind(endpoint)?);
                continue;
            };
            for (listener, endpoint) in listeners {
                socket.bind_listener(listener, &endpoint)?;
                endpoints.push(endpoint);
            }
        }
        let servers = connect.iter().map(|(endpoint, key)| {
            let target = Target::find(endpoint.clone(), false)?;
            let security = security.zip(*key).map(|(own, key)| own.client(key));
            Ok(GossipServer {
                socket: connected(&target, &security)?,
                target,
                security,
            })
        });
        Ok(GossipSockets {
            gossip: Gossip::new(connect.len(), Instant::now()),
            bound,
            endpoints,
            servers: servers.collect::<Result<_>>()?,
            lookups: Lookups::new(),
        })
    }

    /// The endpoints that clients connect to.
    pub(crate) fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// Has a thread wait for messages of others, once it has taken in all that there are.
    pub(crate) fn insert_into<T: Clone>(&self, set: &mut WaitSet<T>, token: T) {
        let servers = self.servers.iter().map(|server| &server.socket);
        for socket in self.bound.iter().chain(servers) {
            set.insert(token.clone(), socket.source(Interest::Readable));
        }
    }

    /// When time comes for something next.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.gossip.next_tick()
    }

    /// Tells where we are.
    pub(crate) fn publish(&mut self, uuid: Uuid, endpoint: &Endpoint, key: Option<PublicKey>) {
        self.gossip.publish(uuid, endpoint, key);
    }

    /// Sends and receives; false if there is nothing more to do now.
    pub(crate) fn turn(&mut self, shared: &Arc<SharedNode>, now: Instant) -> bool {
        for node in shared.update(Machine::take_goodbyes) {
            self.gossip.forget_node(node);
        }
        let is_here = |node| shared.read(|machine| machine.peer(node).is_some());
        let trying = || shared.read(Machine::trying);
        for (node, location) in self.gossip.tick(now, is_here, trying) {
            match address(&location.endpoint) {
                Some(address) => {
                    let key = location.key;
                    shared.update(|machine| machine.located(node, address, key, now));
                }
                None => self.lookups.begin(node, location, shared),
            }
        }
        for at in self.gossip.take_unresponsive() {
            let server = &mut self.servers[at];
            match connected(&server.target, &server.security) {
                Ok(new) => std::mem::replace(&mut server.socket, new).discard_queue(),
                Err(error) => warn!("gossip: connecting anew: {error}"),
            }
        }
        for (node, (address, key)) in self.lookups.done() {
            shared.update(|machine| machine.located(node, address, key, now));
        }
        for _ in 0..TURN {
            let outgoing = self.gossip.take_outgoing();
            let (silent, much) = (outgoing.is_empty(), outgoing.len() >= TURN);
            outgoing
                .into_iter()
                .for_each(|(peer, message)| self.send(peer, message, now));
            // Nothing more is heard before all of it is answered.
            if much {
                return true;
            }
            if !self.receive(now) && silent {
                return false;
            }
        }
        true
    }

    fn send(&mut self, peer: GossipPeer, said: GossipMessage, now: Instant) {
        let mut message = Message::from(said.encode());
        let (socket, prefix) = match &peer {
            GossipPeer::Server(at) => (self.servers.get(*at).map(|it| &it.socket), Vec::new()),
            GossipPeer::Client(client) => (self.bound.as_ref(), vec![Frame::from(client.clone())]),
        };
        let Some(socket) = socket else { return };
        let sent = socket.perform(Interest::Writable, Deadline::Now, |locked| {
            locked.send(&prefix, &mut message)
        });
        match (sent, peer) {
            (Ok(()), _) => {}
            (Err(error), GossipPeer::Client(client)) if *error == Error::WouldBlock => {
                self.gossip.resend_later(&client, said, now);
            }
            (Err(error), peer) => {
                debug!("gossip is not heard: {error}");
                if let GossipPeer::Client(client) = peer {
                    self.gossip.forget_client(&client);
                }
            }
        }
    }

    /// Receives one message of each peer that has sent one; false if none has.
    fn receive(&mut self, now: Instant) -> bool {
        let mut any = false;
        if let Some(frames) = self.bound.as_ref().and_then(receive) {
            any = true;
            if let [client, frame] = &frames[..] {
                let client = GossipPeer::Client(client.to_vec());
                self.gossip.receive(client, frame, now);
            }
        }
        for (at, server) in self.servers.iter().enumerate() {
            if let Some(frames) = receive(&server.socket) {
                any = true;
                if let [frame] = &frames[..] {
                    self.gossip.receive(GossipPeer::Server(at), frame, now);
                }
            }
        }
        any
    }
}

/// GossipPeer we connect to is told of everything at once, and nobody waits for room.
fn options() -> Options {
    Options {
        send_queue: 4 * MOST as u32,
        ..Options::default()
    }
}

fn connected(target: &Target, security: &Option<ClientSecurity>) -> Result<Socket> {
    let options = Options {
        security: security.clone().map(Security::from),
        ..options()
    };
    let socket = Socket::open(&spec::gossip_client(), &options)?;
    socket.connect(target, 0)?;
    Ok(socket)
}

/// The frames of a message, if there is one.
fn receive(socket: &Socket) -> Option<Vec<Frame>> {
    let mut frames = Vec::new();
    let received = socket.perform(Interest::Readable, Deadline::Now, |locked| {
        locked.recv_frames(&mut frames)
    });
    received.is_ok().then_some(frames)
}
