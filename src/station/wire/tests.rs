//! Bytes by hand, bytes that are refused, and anything at all.

mod documented;
mod generated;
mod refused;

use super::*;
use crate::station::Life;

fn life(byte: u8) -> Life {
    Life::from([byte; 16])
}

/// From `desk` to `rig1.camera`.
fn routed(content: Content) -> Routed {
    Routed {
        ttl: TTL,
        lane: 0,
        to: "rig1.camera".to_owned(),
        from: "desk".to_owned(),
        hops: Vec::new(),
        content,
    }
}

fn encoded(content: Content) -> Vec<u8> {
    Header::Routed(routed(content))
        .encode()
        .expect("it is small")
}
