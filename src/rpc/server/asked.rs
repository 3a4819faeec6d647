//! A message that may be answered: in the encoding in which it came, once.

use std::sync::atomic::{AtomicBool, Ordering};

use log::error;
use serde::Serialize;

use super::result::{WireError, WireResult, encode};
use crate::codec::BodyType;
use crate::error::Error;
use crate::message::{Frame, Message};
use crate::pattern::ReplySender;
use crate::rpc::CallError;
use crate::rpc::envelope::{Encoding, Envelope, to_frame};

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

    /// Whether an answer was sent, or none is wanted.
    pub(super) fn is_answered(&self) -> bool {
        self.is_answered.load(Ordering::Relaxed)
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
                    error: *error,
                    body: body.as_ref().map(|_| body_type),
                };
                self.send(&envelope, body)
            }
        }
    }

    /// Answers with a value, if it was not answered yet.
    pub(super) fn answer_with(&self, value: &impl Serialize) -> bool {
        self.answer(encode(value, self.body_type).map_err(WireError::from))
    }

    /// Answers with this, if it was not answered yet.
    pub(super) fn send(&self, envelope: &Envelope<'_>, body: Option<Frame>) -> bool {
        if self.is_answered.swap(true, Ordering::Relaxed) {
            return false;
        }
        let mut message = Message::single(to_frame(envelope, self.encoding));
        if let Some(body) = body {
            message.push(body);
        }
        let Err(unsent) = self.reply.reply(message) else {
            return true;
        };
        // The socket may take less than a body may have.
        if let Error::FrameTooLarge { size, max } = *unsent.error()
            && !matches!(envelope, Envelope::Error { .. })
        {
            self.is_answered.store(false, Ordering::Relaxed);
            let is_reply = true;
            let too_large = CallError::TooLarge {
                is_reply,
                size,
                max,
            };
            return self.answer(Err(too_large.into()));
        }
        error!("rpc: a reply cannot be sent: {}", unsent.error());
        true
    }
}
