//! A node's sockets and its thread: they feed the state machines, and perform their actions.

mod announced;
mod beacon_socket;
mod driver;
mod event_queue;
mod finder;
mod gossip_sockets;
mod interface;
mod link;
mod local_address;
mod lookups;
mod node_security;
mod ports;
mod shared_node;
mod spec;
mod task_queue;

pub(crate) use announced::AnnouncedService;
pub(crate) use beacon_socket::BeaconSocket;
pub(crate) use driver::Driver;
pub(crate) use event_queue::EventQueue;
pub(crate) use finder::Finder;
pub(crate) use gossip_sockets::GossipSockets;
pub(crate) use interface::Interface;
pub(crate) use link::Link;
pub(crate) use local_address::{LocalAddress, put_header};
pub(crate) use node_security::NodeSecurity;
pub(crate) use shared_node::{Observation, Observer, SharedNode};
