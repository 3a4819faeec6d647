//! Bytes by hand, bytes that are refused, and anything at all.

mod batches;
mod documented;
mod generated;
mod refused;

use super::*;
use crate::message::Message as FrameList;
use crate::station::Life;

/// The bodies of the items of a batch.
fn items(frame: &[u8], is_compressed: bool) -> Vec<(BodyKind, FrameList)> {
    let mut items = BatchItems::read(frame, is_compressed).expect("it is a batch");
    std::iter::from_fn(|| items.next_body()).collect()
}

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
