//! The bytes that nodes exchange: beacons, packets, gossip, and the headers that announce a
//! service. Nothing here knows of a socket or of time.

mod address;
mod beacon;
mod codec;
mod gossip;
mod location;
mod packet;
mod service;

pub(crate) use address::address;
pub(crate) use beacon::{Beacon, LONGEST as LONGEST_BEACON};
pub(crate) use codec::{LONGEST, MOST};
pub(crate) use gossip::{GossipMessage, LONGEST_VALUE};
pub(crate) use location::Location;
pub(crate) use packet::{Hello, LARGEST, PUBLIC_KEY_HEADER, Packet, follows};
pub(crate) use service::ServiceHeader;
