//! A request that a relay has no reply to in time.

use crate::error::Result;
use crate::message::{Frame, Message};

/// A request without a reply, as the function of [`Relay::deadline_with`](super::Relay::deadline_with) gets it.
#[derive(Debug)]
pub struct Unanswered<'a> {
    request: &'a [Frame],
    was_passed_on: bool,
}

/// Makes the reply to a request that had none in time; `None` for none.
pub(super) type ErrorReply = Box<dyn FnMut(&Unanswered<'_>) -> Option<Result<Message>> + Send>;

impl<'a> Unanswered<'a> {
    pub(super) fn new(request: &'a [Frame], was_passed_on: bool) -> Unanswered<'a> {
        Unanswered {
            request,
            was_passed_on,
        }
    }

    /// The frames of the request, without its envelope.
    ///
    /// ```
    /// use zeroless::relay::Unanswered;
    ///
    /// fn too_late(unanswered: &Unanswered<'_>) -> Option<String> {
    ///     Some(format!("too late: {}", unanswered.request()[0]))
    /// }
    /// ```
    pub fn request(&self) -> &'a [Frame] {
        self.request
    }

    /// Whether the output has taken it, so that somebody may have it. If not, the output had no room, or the relay kept
    /// too many others; and it will not be passed on.
    ///
    /// ```
    /// use zeroless::relay::Unanswered;
    ///
    /// fn too_late(unanswered: &Unanswered<'_>) -> Option<&'static str> {
    ///     Some(match unanswered.was_passed_on() {
    ///         true => "it may be done",
    ///         false => "it is not done",
    ///     })
    /// }
    /// ```
    pub fn was_passed_on(&self) -> bool {
        self.was_passed_on
    }
}
