//! Serving: a request and the handler that replies to it.

use log::error;

use super::{Replier, Request};
use crate::background::caught;
use crate::message::{Frames, Message};

impl Replier {
    /// Replies to a request with the value that the handler returns.
    pub(super) fn handle<R: Frames>(
        &self,
        request: Request,
        handler: &mut impl FnMut(Message) -> R,
    ) {
        let (message, unreplied) = request.into_inner();
        let failure = match caught(|| unreplied.reply(handler(message))) {
            Ok(Ok(_)) => return,
            Ok(Err(unsent)) => format!("the handler's reply was not sent: {}", unsent.error()),
            Err(words) => {
                // Making the frames of the reply may have panicked, too.
                unreplied.forget();
                format!("the handler panicked: {words}")
            }
        };
        let instead = match &self.on_panic {
            Some(frames) => unreplied.reply(Message::clone(frames)).is_ok(),
            None => false,
        };
        unreplied.give_up();
        if let Some(left_out) = self.shared.unanswered.admit() {
            let gets = match instead {
                true => "the reply of `on_panic`",
                false => "no reply",
            };
            error!("reply: {failure}; its requester gets {gets}{left_out}");
        }
    }
}
