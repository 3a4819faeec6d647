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
        let failure = match caught(|| handler(message).into_message()) {
            Ok(Ok(reply)) => match unreplied.try_reply(reply) {
                Ok(_) => return,
                Err(unsent) => format!("the handler's reply was not sent: {}", unsent.error()),
            },
            Ok(Err(error)) => format!("the handler's reply was not sent: {error}"),
            Err(words) => format!("the handler panicked: {words}"),
        };
        let instead = match &self.on_panic {
            Some(frames) => unreplied.try_reply(Message::clone(frames)).is_ok(),
            None => false,
        };
        unreplied.give_up();
        if let Some(left_out) = self.socket.throttles.unanswered.admit() {
            let gets = match instead {
                true => "what `on_panic` says",
                false => "no reply",
            };
            error!("reply: {failure}; its requester gets {gets}{left_out}");
        }
    }
}
