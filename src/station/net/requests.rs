//! Requests that wait for their replies.

use std::collections::HashMap;

use crossbeam_channel::Sender;

use crate::station::end::End;
use crate::station::message::Message;

/// The request that a reply is to: who was asked, and the number of its message.
pub(in crate::station) type RequestId = (String, u64);

/// The reply to a request, or the end of a request that will have none.
pub(in crate::station) type Answer = Result<Message, End>;

/// The requests of a node.
#[derive(Debug, Default)]
pub(super) struct Requests {
    waiting: HashMap<RequestId, Sender<Answer>>,
}

impl Requests {
    pub(super) fn insert(&mut self, id: RequestId, answer: Sender<Answer>) {
        self.waiting.insert(id, answer);
    }

    pub(super) fn is_waiting(&self, id: &RequestId) -> bool {
        self.waiting.contains_key(id)
    }

    /// Nobody waits for it any more.
    pub(super) fn remove(&mut self, id: &RequestId) {
        self.waiting.remove(id);
    }

    /// Gives a request its reply, or its end.
    pub(super) fn answer(&mut self, id: &RequestId, answer: Answer) {
        if let Some(waiting) = self.waiting.remove(id) {
            let _ = waiting.send(answer);
        }
    }
}
