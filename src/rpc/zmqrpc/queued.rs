//! The receivers, as the outlet of messages that are queued for them.

use std::sync::Arc;
use std::time::Duration;

use log::warn;

use super::Reply;
use super::links::Links;
use super::outbox::Outlet;
use crate::printable::Printable;
use crate::rpc::CallError;
use crate::wake::Deadline;

pub(super) struct ToReceivers {
    links: Arc<Links>,
    timeout: Duration,
}

impl ToReceivers {
    pub(super) fn new(links: Arc<Links>, timeout: Duration) -> ToReceivers {
        ToReceivers { links, timeout }
    }
}

impl Outlet for ToReceivers {
    const NAME: &'static str = "sent";

    /// Its reply has to be waited for.
    fn try_send(&self, _: &[u8]) -> bool {
        false
    }

    fn wait_ready(&self) -> bool {
        self.links.wait_connected()
    }

    fn send(&self, message: &[u8]) -> bool {
        let reply = self.links.request(message, Deadline::after(self.timeout));
        let text = match reply {
            Err(CallError::Busy { .. }) => return false,
            Err(CallError::NotSent { reason }) if reason.is_timeout() || reason.is_stopped() => {
                return false;
            }
            Err(error) => error.to_string(),
            Ok(reply) => match Reply::read(reply.frames()) {
                Ok(reply) if reply.is_ok() => return true,
                Ok(reply) => format!("{}, {}", reply.code(), reply.text()),
                Err(mistake) => format!("its reply is not understood: {mistake}"),
            },
        };
        warn!(
            "zmqrpc: a message that was queued has failed: {}",
            Printable(text)
        );
        true
    }

    fn close(&self) {
        self.links.stop();
    }
}
