//! The thread of a stream, which sends its batches.

use std::sync::Arc;

use log::warn;

use super::queue::{Batch, Queue, Work};
use crate::message::Message as FrameList;
use crate::station::body::Body;
use crate::station::end::End;
use crate::station::message::{BatchForm, Composed};
use crate::station::net::SharedNode;
use crate::station::wire::{BodyKind, compress};
use crate::throttle::Throttle;
use crate::wake::Deadline;

/// How many batches are sent as they are after one that became hardly shorter.
const PAUSE: u32 = 15;

/// Sends the batches of a stream.
pub(super) struct Sending {
    pub(super) queue: Arc<Queue>,
    pub(super) shared: Arc<SharedNode>,
    /// All of a batch but its body.
    pub(super) envelope: Composed,
    pub(super) name: String,
    pub(super) compresses: bool,
    /// How many batches are not worth the attempt to compress them.
    pub(super) pause: u32,
}

impl Sending {
    /// Runs until the stream is closed, and all that has waited was handed to the node.
    pub(super) fn run(mut self) {
        let lines = Throttle::new();
        loop {
            match self.queue.next() {
                Work::Send(batch) => self.send(batch),
                Work::Tell(items, end) => {
                    if let Some(left_out) = lines.admit() {
                        let (name, to) = (&self.name, &self.envelope.to);
                        warn!("the stream {name} to {to}: {items} items: {end}{left_out}");
                    }
                }
                Work::Stop => return,
            }
        }
    }

    fn send(&mut self, batch: Batch) {
        let (items, batch) = (batch.items, batch.bytes);
        let bytes = batch.len();
        let compressed = self.compress(&batch);
        let mut envelope = self.envelope.clone();
        let decompressed = compressed.as_ref().map(|_| bytes);
        envelope.batch = Some(BatchForm { decompressed });
        let frames = FrameList::from(compressed.unwrap_or(batch));
        let kind = BodyKind::Items;
        let queue = self.queue.clone();
        let tell = Box::new(move |end: &End| queue.ended(items, bytes, end));
        let body = Body { kind, frames };
        let sent = self
            .shared
            .submit_telling(envelope, body, Some(tell), Deadline::Never);
        if let Err(error) = sent {
            self.queue.fail(items, bytes, error);
        }
    }

    fn compress(&mut self, batch: &[u8]) -> Option<Vec<u8>> {
        if !self.compresses {
            return None;
        }
        if self.pause > 0 {
            self.pause -= 1;
            return None;
        }
        let compressed = compress(batch);
        if compressed.is_none() {
            self.pause = PAUSE;
        }
        compressed
    }
}
