//! A message that may be answered: in the encoding in which it came, once.

use std::sync::atomic::{AtomicBool, Ordering};

use log::error;

use serde::Serialize;

use super::result::{ByWire, WireError, WireResult};
use crate::codec::BodyType;
use crate::message::{Frame, Message};
use crate::pattern::ReplySender;
use crate::rpc::envelope::{Encoding, Envelope, write};

/// A message that may be answered.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) id: u64,
    encoding: Encoding,
    body_type: BodyType,
    reply: ReplySender,
    /// Whether an answer was sent, or none is wanted.
    is_answered: AtomicBool,
}

impl Asked {
    pub(super) fn new(id: u64, encoding: Encoding, reply: ReplySender) -> Asked {
        Asked {
            id,
            encoding,
            body_type: encoding.body_type(),
            reply,
            is_answered: AtomicBool::new(false),
        }
    }

    /// One whose body is of this type, as that of its reply.
    pub(super) fn with_body(self, body_type: BodyType) -> Asked {
        Asked { body_type, ..self }
    }

    pub(super) fn body_type(&self) -> BodyType {
        self.body_type
    }

    /// No answer is wanted.
    pub(super) fn want_none(&self) {
        self.is_answered.store(true, Ordering::Relaxed);
        self.reply.give_up();
    }

    /// Whether both have come the same way, so that one may be about the other.
    pub(super) fn is_from_where(&self, other: &Asked) -> bool {
        self.reply.is_from_where(&other.reply)
    }

    /// Answers a call, if it was not answered yet.
    pub(super) fn answer(&self, result: WireResult) -> bool {
        let (id, body_type) = (self.id, self.body_type);
        match result {
            Ok(body) => {
                let envelope = Envelope::Reply {
                    id,
                    body: body_type,
                };
                self.send(&envelope, Some(body))
            }
            Err(WireError { error, body }) => {
                let envelope = Envelope::Error {
                    id,
                    error,
                    body: body.as_ref().map(|_| body_type),
                };
                self.send(&envelope, body)
            }
        }
    }

    /// Answers with a value, if it was not answered yet.
    pub(super) fn answer_with(&self, value: &impl Serialize) -> bool {
        let value: Result<_, ()> = Ok(value);
        self.answer(ByWire::of(value, self.body_type).result)
    }

    /// Answers with this, if it was not answered yet.
    pub(super) fn send(&self, envelope: &Envelope<'_>, body: Option<Frame>) -> bool {
        if self.is_answered.swap(true, Ordering::Relaxed) {
            return false;
        }
        let mut message = Message::new();
        // It cannot fail: see there.
        message.push(write(envelope, self.encoding).unwrap_or_default());
        if let Some(body) = body {
            message.push(body);
        }
        if let Err(unsent) = self.reply.reply(message) {
            error!("rpc: a reply cannot be sent: {}", unsent.error());
        }
        true
    }
}
