//! Why frames are not a message of autopilot's.

use thiserror::Error;

use crate::codec::python_json::NotJson;

/// What is wrong with frames that somebody sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Unreadable {
    #[error("it has no frames")]
    NoFrames,
    #[error("it has {0} frames, and at most {max} are read", max = super::frames::MAX_FRAMES)]
    ManyFrames(usize),
    #[error("it begins as a message between our stations does")]
    Native,
    #[error("it asks a station to end, which no peer may")]
    Closing,
    #[error("its JSON has {len} bytes, and at most {max} are read")]
    TooLong { len: usize, max: usize },
    #[error("its {0} is not UTF-8")]
    NotUtf8(&'static str),
    #[error("it is not JSON: {0}")]
    NotJson(#[from] NotJson),
    #[error("its JSON is not an object")]
    NotAnObject,
    #[error("it has no {0}, or null")]
    Missing(&'static str),
    #[error("it has more than {0} members that are not known, or flags")]
    ManyMembers(usize),
    #[error("its {name}: {reason}")]
    Member { name: &'static str, reason: String },
}

impl Unreadable {
    pub(super) fn member(name: &'static str, reason: impl ToString) -> Unreadable {
        let reason = reason.to_string();
        Unreadable::Member { name, reason }
    }
}
