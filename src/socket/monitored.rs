//! The calls of the monitor thread to a socket.

use std::sync::Arc;
use std::time::Instant;

use super::SharedSocket;
use crate::endpoint::Endpoint;
use crate::monitor::MonitoredSocket;

impl MonitoredSocket for SharedSocket {
    fn pump(&self) -> bool {
        let pumped = self.with(|locked| {
            // Any look at the events makes libzmq handle its commands.
            locked.events();
            match self.on_pump.get() {
                Some(call) => call(locked),
                None => Ok(()),
            }
        });
        pumped.is_ok()
    }

    fn reconnect(self: Arc<Self>, endpoint: &Endpoint) -> Option<Instant> {
        match self.is_unresolved(endpoint) {
            true => {
                self.look_up_again(endpoint);
                None
            }
            false => self.reconnect_now(endpoint),
        }
    }

    fn retried(self: Arc<Self>, endpoint: &Endpoint) {
        self.check_family(endpoint);
    }
}
