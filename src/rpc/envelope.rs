//! The first frame of each message between clients and servers: what kind of message it is, and of which call.
//!
//! It is a list in MessagePack or in JSON, told apart by the first byte; docs/rpc.md has it byte by byte. Pure: bytes
//! in, values out.

mod details;
mod encoding;
mod kind;
mod quick;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::borrow::Cow;
use std::time::Duration;

pub(crate) use encoding::Encoding;
pub(crate) use read::read;
pub(crate) use write::to_frame;
#[cfg(any(fuzzing, test))]
pub(crate) use write::write;

use super::CallError;
use crate::codec::BodyType;

/// The version of the envelope.
pub(crate) const VERSION: u64 = 1;

/// How many bytes an envelope may have.
pub(crate) const MAX_ENVELOPE: usize = 64 << 10;

/// An error as it is on the wire: of the service's own, the text; its body is in a frame of its own.
pub(crate) type ErrorReply = CallError<Box<str>>;

/// An envelope.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Envelope<'a> {
    /// A command, in the next frame.
    Call {
        id: u64,
        /// How much time is left, if that is bounded.
        left: Option<Duration>,
        name: Cow<'a, str>,
        body: BodyType,
    },
    /// The same, and no reply is wanted.
    Cast {
        id: u64,
        left: Option<Duration>,
        name: Cow<'a, str>,
        body: BodyType,
    },
    /// The reply to a call, or to `List`, in the next frame.
    Reply { id: u64, body: BodyType },
    /// A call that failed; the service's own error is in the next frame, if it has a type.
    Error {
        id: u64,
        error: ErrorReply,
        body: Option<BodyType>,
    },
    /// A relay has taken the call, and will pass it on; there is no other reply.
    Accepted { id: u64 },
    /// The caller does not wait for this call any more. There is no reply.
    Cancel { id: u64 },
    /// Asks whether the server is there.
    Ping { id: u64 },
    /// It is.
    Pong { id: u64 },
    /// Asks for the commands of the server.
    List { id: u64 },
}

impl Envelope<'_> {
    /// The number that its sender has given to the call.
    pub(crate) fn id(&self) -> u64 {
        match self {
            Envelope::Call { id, .. }
            | Envelope::Cast { id, .. }
            | Envelope::Reply { id, .. }
            | Envelope::Error { id, .. }
            | Envelope::Accepted { id }
            | Envelope::Cancel { id }
            | Envelope::Ping { id }
            | Envelope::Pong { id }
            | Envelope::List { id } => *id,
        }
    }

    /// Whether its sender is told what comes of it.
    pub(crate) fn wants_answer(&self) -> bool {
        matches!(
            self,
            Envelope::Call { .. } | Envelope::Ping { .. } | Envelope::List { .. }
        )
    }

    /// The type of the body in the next frame, if there is one.
    pub(crate) fn body(&self) -> Option<BodyType> {
        match self {
            Envelope::Call { body, .. }
            | Envelope::Cast { body, .. }
            | Envelope::Reply { body, .. } => Some(*body),
            Envelope::Error { body, .. } => *body,
            _ => None,
        }
    }
}
