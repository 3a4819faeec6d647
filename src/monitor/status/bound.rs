//! The endpoints that a socket is bound to: when libzmq has closed them.

use super::ConnectionStatus;
use crate::endpoint::Endpoint;
use crate::wake::Deadline;

impl ConnectionStatus {
    /// Takes in that libzmq listens at an endpoint.
    pub(crate) fn listening(&self, endpoint: &Endpoint) {
        self.state.lock().listening.push(endpoint.clone());
    }

    /// Takes in that libzmq does not listen at an endpoint any more.
    pub(super) fn listener_closed(&self, endpoint: &Endpoint) {
        let mut state = self.state.lock();
        if let Some(place) = state.listening.iter().position(|it| it == endpoint) {
            state.listening.swap_remove(place);
            self.changed.notify_all();
        }
    }

    /// Waits until libzmq does not listen at an endpoint any more; false if it does still.
    pub(crate) fn wait_listener_closed(&self, endpoint: &Endpoint, deadline: Deadline) -> bool {
        let mut state = self.state.lock();
        while state.listening.contains(endpoint) && state.released_at.is_none() {
            if deadline.is_over() {
                return false;
            }
            deadline.wait(&self.changed, &mut state);
        }
        true
    }

    /// Forgets an endpoint that was unbound, and the connections that were accepted there, whose end libzmq
    /// does not report.
    pub(crate) fn unbound(&self, endpoint: &Endpoint) {
        self.spell(|spellings| spellings.unbind(endpoint));
        let mut state = self.state.lock();
        state.listening.retain(|it| it != endpoint);
        state.logged.forget(endpoint);
        let ended = state.tracker.forget_accepted(endpoint);
        self.publish_ended(state, ended);
        self.changed.notify_all();
        self.drain();
    }
}
