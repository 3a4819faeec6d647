//! The answer of a server: what its envelope says, and its body.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::{BodyError, BodyType};
use crate::error::Error;
use crate::message::{Frame, Message};
use crate::rpc::CallError;
use crate::rpc::envelope::{Envelope, read};

/// The body of a reply, or of a service's own error.
#[derive(Debug)]
pub(super) struct Body {
    body_type: BodyType,
    bytes: Frame,
}

impl Body {
    /// The value.
    fn decode<T: DeserializeOwned>(&self) -> Result<T, BodyError> {
        self.body_type.decode(&self.bytes)
    }
}

/// A service's own error: its words, and its value if it has one.
#[derive(Debug)]
pub(super) struct ServiceError {
    words: Box<str>,
    body: Option<Body>,
}

/// The error of a call whose command's types are not known here.
pub(super) type UntypedError = CallError<ServiceError>;

/// The end of a call: the body of the reply, or the error.
pub(super) type Answer = Result<Option<Body>, UntypedError>;

/// What a caller is told whose call was answered by a relay.
const ACCEPTED: &str = "a relay that keeps calls has taken this one, and will pass it on, but it brings no reply: use `cast`";

/// The id of an answer that is not to one call: the server ends, or could not read the call's id.
const NO_ID: u64 = 0;

/// Takes a server's answer to the call with this id apart; a pong has no body. Also whether it says that the server ends: then it
/// is the answer to all calls.
pub(super) fn take_apart(message: Message, id: u64) -> (Answer, bool) {
    let mut answered = id;
    let answer = read_answer(message, id, &mut answered);
    let is_busy = matches!(answer, Err(CallError::Busy { .. }));
    (answer, answered == NO_ID && is_busy)
}

fn read_answer(mut message: Message, id: u64, answered: &mut u64) -> Answer {
    let bytes = message.pop_second();
    let envelope = match read(message.as_bytes()).1 {
        Ok(envelope) => envelope,
        Err(rejection) => return Err(bad_reply(&rejection.error.to_string())),
    };
    *answered = envelope.id();
    if ![id, NO_ID].contains(answered) {
        return Err(bad_reply("it is the reply to another call"));
    }
    let body = match (envelope.body(), bytes, message.frame_count()) {
        (Some(body_type), Some(bytes), 1) => Some(Body { body_type, bytes }),
        (None, None, 1) => None,
        _ => return Err(bad_reply("it has not as many frames as its envelope says")),
    };
    match envelope {
        Envelope::Reply { .. } | Envelope::Pong { .. } => Ok(body),
        Envelope::Error { error, .. } => {
            Err(error.or_else(|words| CallError::Service(ServiceError { words, body })))
        }
        Envelope::Accepted { .. } => Err(CallError::MayHaveRun {
            reason: Error::Unsupported {
                what: ACCEPTED.to_owned(),
            },
        }),
        _ => Err(bad_reply("it is not a reply")),
    }
}

/// The value of a reply, or the error of the service.
pub(super) fn typed<T: DeserializeOwned, E: DeserializeOwned>(
    answer: Answer,
) -> Result<T, CallError<E>> {
    match answer {
        Ok(Some(body)) => body.decode().map_err(misunderstood),
        Ok(None) => Err(bad_reply("it has no body")),
        Err(error) => Err(error.or_else(|service| match service.decode() {
            Ok(error) => CallError::Service(error),
            Err(error) => misunderstood(error),
        })),
    }
}

/// The end of a ping.
pub(super) fn pong<E: DeserializeOwned>(answer: Answer) -> Result<(), CallError<E>> {
    match answer {
        Ok(None) => Ok(()),
        Ok(Some(_)) => Err(bad_reply("a pong has no body")),
        Err(error) => Err(error.or_else(|_| bad_reply("a ping has no error of a service"))),
    }
}

impl ServiceError {
    /// The error; one that came without a value is its words.
    fn decode<E: DeserializeOwned>(&self) -> Result<E, BodyError> {
        match &self.body {
            Some(body) => body.decode(),
            None => from_words(&*self.words),
        }
    }
}

fn from_words<E: DeserializeOwned>(words: &(impl Serialize + ?Sized)) -> Result<E, BodyError> {
    let body_type = BodyType::MessagePack;
    body_type.decode(&body_type.encode(words)?)
}

fn misunderstood<E>(error: BodyError) -> CallError<E> {
    match error {
        BodyError::TooLarge { size, max } => CallError::TooLarge {
            is_reply: true,
            size,
            max,
        },
        BodyError::Invalid { path, reason } => CallError::BadReply { path, reason },
    }
}

fn bad_reply<E>(reason: &str) -> CallError<E> {
    CallError::BadReply {
        path: "".into(),
        reason: reason.into(),
    }
}
