//! What autopilot sent and did, as it was recorded; and anything at all.

mod arrays;
mod documented;
mod generated;
mod recorded;
mod repeats;
mod streams;
mod values;
mod vectors;

use super::*;
use crate::codec::python_json::PythonJson;

/// The message in frames that were received.
fn message<F: AsRef<[u8]>>(frames: &[F], side: Side, us: &str) -> Arrived {
    match Received::read(frames, side, us) {
        Ok(Received::Message(arrived)) => *arrived,
        other => panic!("not a message: {other:?}"),
    }
}
