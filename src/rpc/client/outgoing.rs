//! A call on its way to a server: its envelope, which is made anew for each attempt, and its body.

use std::borrow::Cow;

use serde::Serialize;

use crate::codec::{BodyError, BodyType};
use crate::message::{Frame, Message};
use crate::rpc::CallError;
use crate::rpc::envelope::{Encoding, Envelope, to_frame};
use crate::wake::Deadline;

/// A message to a server.
#[derive(Debug)]
pub(super) struct Outgoing {
    ask: Ask,
    body: Option<Frame>,
    /// Until when the caller waits.
    pub(super) deadline: Deadline,
}

/// What a message asks for.
#[derive(Debug)]
pub(super) enum Ask {
    /// The command of this name.
    Call(Cow<'static, str>),
    /// The same, without a reply.
    Cast(Cow<'static, str>),
    Cancel,
    Ping,
    List,
}

impl Outgoing {
    /// A call of a command, or a cast of it.
    pub(super) fn command<E>(
        ask: Ask,
        command: &(impl Serialize + ?Sized),
        max: u64,
        deadline: Deadline,
    ) -> Result<Outgoing, CallError<E>> {
        let body = BODY_TYPE.encode(command).map_err(unencodable)?;
        let size = body.len() as u64;
        if size > max {
            return Err(too_large(size, max));
        }
        Ok(Outgoing {
            ask,
            body: Some(Frame::from(body)),
            deadline,
        })
    }

    /// A message without a body.
    pub(super) fn bare(ask: Ask, deadline: Deadline) -> Outgoing {
        Outgoing {
            ask,
            body: None,
            deadline,
        }
    }

    /// The message, with the time that is left by now.
    pub(super) fn message(&mut self, id: u64) -> Message {
        let left = self.deadline.left();
        let body = BODY_TYPE;
        let envelope = match &self.ask {
            Ask::Call(name) => Envelope::Call {
                id,
                left,
                name: Cow::Borrowed(name),
                body,
            },
            Ask::Cast(name) => Envelope::Cast {
                id,
                left,
                name: Cow::Borrowed(name),
                body,
            },
            Ask::Cancel => Envelope::Cancel { id },
            Ask::Ping => Envelope::Ping { id },
            Ask::List => Envelope::List { id },
        };
        let mut message = Message::single(to_frame(&envelope, Encoding::MessagePack));
        if let Some(body) = &mut self.body {
            message.push(body.share());
        }
        message
    }
}

/// The bodies that this client sends.
const BODY_TYPE: BodyType = BodyType::MessagePack;

fn too_large<E>(size: u64, max: u64) -> CallError<E> {
    CallError::TooLarge {
        is_reply: false,
        size,
        max,
    }
}

/// The error of a command that cannot be sent.
fn unencodable<E>(error: BodyError) -> CallError<E> {
    match error {
        BodyError::TooLarge { size, max } => too_large(size, max),
        BodyError::Invalid { path, reason } => CallError::BadRequest { path, reason },
    }
}
