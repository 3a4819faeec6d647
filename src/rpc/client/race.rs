//! Calls at several servers, of which whichever ends first is waited for.

use std::sync::Arc;

use super::answer::Answer;
use super::backend::{Backend, HandedOver};
use super::backends::Backends;
use super::outgoing::Outgoing;
use crate::error::{Error, Wait};
use crate::pattern::{Pending, Unsent};
use crate::wake::Deadline;

/// Calls under way, each at a server of its own. Those that are left when it is dropped are cancelled.
#[derive(Debug)]
pub(super) struct Race {
    deadline: Deadline,
    // In the same order.
    pending: Vec<Pending>,
    entries: Vec<(usize, HandedOver)>,
}

impl Race {
    pub(super) fn new(deadline: Deadline) -> Race {
        Race {
            deadline,
            pending: Vec::new(),
            entries: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Sends a call to a server, which has this place among all.
    pub(super) fn enter(
        &mut self,
        place: usize,
        backends: &Backends,
        backend: &Arc<Backend>,
        outgoing: &mut Outgoing,
        until: Deadline,
    ) -> Result<(), Unsent> {
        let (pending, handed_over) = backend.start(outgoing, backends.new_id(), until)?;
        self.pending.push(pending);
        self.entries.push((place, handed_over));
        Ok(())
    }

    /// Waits for the call that ends next: the place of its server, and its answer. `None` if all have ended.
    pub(super) fn next(&mut self) -> Option<(usize, Answer)> {
        let ended = Pending::wait_any_until(&mut self.pending, self.deadline);
        let (at, reply) = match ended {
            Some(ended) => ended,
            // Time is over for all.
            None => {
                self.pending.pop()?;
                (self.pending.len(), Err(Error::timeout(Wait::Reply)))
            }
        };
        let (place, mut handed_over) = self.entries.remove(at);
        Some((place, handed_over.end(reply)))
    }
}
