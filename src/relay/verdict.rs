//! The filter of a relay.

use std::convert::Infallible;

use crate::message::{Frame, Message};

/// The verdict of a [filter](super::Relay::filter) on a message.
///
/// Only a request can be answered: with other inputs there is no value to make [`Answer`](Verdict::Answer) of.
///
/// ```
/// use zeroless::relay::Verdict;
/// use zeroless::{Frame, Message};
///
/// fn verdict(request: &[Frame]) -> Verdict<Message> {
///     match request {
///         [command, ..] if command == "ping" => Verdict::Answer("pong".into()),
///         [command, ..] if command == "shutdown" => Verdict::Drop,
///         _ => Verdict::Pass,
///     }
/// }
/// assert_eq!(verdict(&["ping".into()]), Verdict::Answer("pong".into()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict<A = Infallible> {
    /// Passes it on.
    Pass,
    /// Drops it, and counts it as dropped.
    Drop,
    /// Replies with these frames, and does not pass it on.
    Answer(A),
}

/// A filter, as the relay's thread calls it.
pub(super) type Filter = Box<dyn FnMut(&[Frame]) -> Verdict<Message> + Send>;
