//! What an error has beside its code and its text: a list, of which each code has its own elements.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::kind;
use super::{ErrorReply, VERSION};
use crate::codec::cut;
use crate::error::{Error, Wait};
use crate::printable::Printable;
use crate::rpc::CallError;

/// One of the details.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Detail {
    Number(u64),
    Flag(bool),
    Text(String),
    None,
    /// Of a later version.
    #[serde(skip_serializing)]
    Other(IgnoredAny),
}

/// How long a text of an error may be, in bytes: three of them fit into an envelope, also where JSON has six for one.
const MAX_TEXT: usize = 2 << 10;

/// The code, the text and the details of an error.
pub(super) fn to_wire(error: &ErrorReply) -> (u64, String, Vec<Detail>) {
    let text = |text: &str| Detail::Text(cut(text, MAX_TEXT));
    let (code, details) = match error {
        CallError::Service(_) => (kind::SERVICE, vec![]),
        CallError::NotSent { reason } => (kind::NOT_SENT, vec![text(&reason.to_string())]),
        CallError::MayHaveRun { reason } => (kind::MAY_HAVE_RUN, vec![text(&reason.to_string())]),
        CallError::Busy { limit } => (kind::BUSY, vec![text(limit)]),
        CallError::NoSuchCommand { name, nearest } => {
            let nearest = nearest.as_deref().map_or(Detail::None, text);
            (kind::NO_SUCH_COMMAND, vec![text(name), nearest])
        }
        CallError::BadRequest { path, reason } => {
            (kind::BAD_REQUEST, vec![text(path), text(reason)])
        }
        CallError::BadReply { path, reason } => (kind::BAD_REPLY, vec![text(path), text(reason)]),
        CallError::TooLarge {
            is_reply,
            size,
            max,
        } => {
            let details = [
                Detail::Flag(*is_reply),
                Detail::Number(*size),
                Detail::Number(*max),
            ];
            (kind::TOO_LARGE, details.into())
        }
        CallError::Denied { reason } => (kind::DENIED, vec![text(reason)]),
        CallError::Cancelled => (kind::CANCELLED, vec![]),
        CallError::Panicked => (kind::PANICKED, vec![]),
        CallError::Expired => (kind::EXPIRED, vec![]),
        CallError::Protocol { reason } => {
            (kind::PROTOCOL, vec![text(reason), Detail::Number(VERSION)])
        }
        CallError::Other { code, .. } => (*code, vec![]),
    };
    let words = match error {
        CallError::Other { text, .. } => cut(text, MAX_TEXT),
        error => cut(error, MAX_TEXT),
    };
    (code, words, details)
}

/// The error with this code, text and details; those that are missing are empty.
pub(super) fn from_wire(code: u64, words: &str, details: Vec<Detail>) -> ErrorReply {
    let mut details = details.into_iter();
    let mut next = || details.next().unwrap_or(Detail::None);
    let text = |detail: Detail| match detail {
        Detail::Text(text) => Some(text.into_boxed_str()),
        _ => None,
    };
    let other = || CallError::Other {
        code,
        text: words.into(),
    };
    match code {
        kind::SERVICE => CallError::Service(words.into()),
        kind::BUSY => CallError::Busy {
            limit: text(next()).unwrap_or_else(|| words.into()),
        },
        kind::NO_SUCH_COMMAND => CallError::NoSuchCommand {
            name: text(next()).unwrap_or_default(),
            nearest: text(next()),
        },
        kind::BAD_REQUEST => CallError::BadRequest {
            path: text(next()).unwrap_or_default(),
            reason: text(next()).unwrap_or_else(|| words.into()),
        },
        kind::BAD_REPLY => CallError::BadReply {
            path: text(next()).unwrap_or_default(),
            reason: text(next()).unwrap_or_else(|| words.into()),
        },
        kind::TOO_LARGE => match (next(), next(), next()) {
            (Detail::Flag(is_reply), Detail::Number(size), Detail::Number(max)) => {
                CallError::TooLarge {
                    is_reply,
                    size,
                    max,
                }
            }
            // Without them nobody knows whether it ran.
            _ => other(),
        },
        kind::DENIED => CallError::Denied {
            reason: text(next()).unwrap_or_else(|| words.into()),
        },
        kind::CANCELLED => CallError::Cancelled,
        kind::PANICKED => CallError::Panicked,
        kind::EXPIRED => CallError::Expired,
        kind::PROTOCOL => CallError::Protocol {
            reason: text(next()).unwrap_or_else(|| words.into()),
        },
        kind::NOT_SENT => CallError::NotSent {
            reason: Error::system(
                "on the way",
                Printable(text(next()).as_deref().unwrap_or(words)),
            ),
        },
        kind::MAY_HAVE_RUN => CallError::MayHaveRun {
            reason: Error::timeout(Wait::Reply),
        },
        _ => other(),
    }
}
