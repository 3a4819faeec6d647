//! The endpoints that a socket is bound to: when libzmq has closed them.

use super::ConnectionStatus;
use crate::endpoint::Endpoint;
use crate::wake::Deadline;

impl ConnectionStatus {
    /// Takes in that libzmq listens at an endpoint.
    pub(crate) fn listening(&self, endpoint: &Endpoint) {
        self.seen.lock().listening.push(endpoint.clone());
    }

    /// Takes in that libzmq does not listen at an endpoint any more.
    pub(super) fn closed(&self, endpoint: &Endpoint) {
        let mut seen = self.seen.lock();
        if let Some(place) = seen.listening.iter().position(|it| it == endpoint) {
            seen.listening.swap_remove(place);
            self.changed.notify_all();
        }
    }

    /// Waits until libzmq does not listen at an endpoint any more; false if it does still.
    pub(crate) fn wait_closed(&self, endpoint: &Endpoint, deadline: Deadline) -> bool {
        let mut seen = self.seen.lock();
        while seen.listening.contains(endpoint) && seen.gone.is_none() {
            if deadline.is_over() {
                return false;
            }
            deadline.wait(&self.changed, &mut seen);
        }
        true
    }

    /// Forgets an endpoint that was unbound, and the connections that were accepted there, whose end libzmq
    /// does not report.
    pub(crate) fn unbound(&self, endpoint: &Endpoint) {
        self.spell(|spellings| spellings.unbind(endpoint));
        let mut seen = self.seen.lock();
        seen.listening.retain(|it| it != endpoint);
        seen.logged.forget(endpoint);
        for event in seen.tracker.forget_accepted(endpoint) {
            seen.send(&event);
        }
        drop(seen);
        self.changed.notify_all();
        self.drain();
    }
}
