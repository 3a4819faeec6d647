//! The items of a batch that was received: they are handled one after the other, and the batch is with the last.

use super::incoming::Incoming;
use crate::station::body::Body;
use crate::station::wire::{BatchItems, Fault, Malformed};

/// What is known of a handler that failed.
type Failure = (Fault, String);

/// An item, and those of its batch that are to come.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) body: Body,
    batch: BatchItems,
    /// How many were before.
    before: u64,
    /// That of the first item that failed.
    failure: Option<Failure>,
}

impl Item {
    /// The first of a batch, if it has any; or why it cannot be read.
    pub(super) fn first(batch: &Incoming) -> Result<Option<Box<Item>>, Malformed> {
        let read = BatchItems::read(batch.body.frames.as_bytes(), batch.is_compressed);
        let mut batch = read?;
        let body = batch.next_body();
        Ok(body.map(|(kind, frames)| {
            Box::new(Item {
                body: Body { kind, frames },
                batch,
                before: 0,
                failure: None,
            })
        }))
    }

    /// The next, where this one has ended so; or how the batch has ended.
    pub(super) fn next(
        mut self: Box<Item>,
        ended: Option<Failure>,
    ) -> Result<Box<Item>, Option<Failure>> {
        self.before += 1;
        if let Some((fault, text)) = ended
            && self.failure.is_none()
        {
            self.failure = Some((fault, format!("item {}: {text}", self.before)));
        }
        match self.batch.next_body() {
            Some((kind, frames)) => {
                self.body = Body { kind, frames };
                Ok(self)
            }
            None => Err(self.failure),
        }
    }
}

#[cfg(test)]
mod tests;
