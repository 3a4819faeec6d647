//! Whose turn it is, where only one request of a handle may be on its way.

use std::sync::Arc;

use crate::wake::{Deadline, Waker, Wakers};

/// The request that is on its way, if there is one, and the threads that wait for it to end.
#[derive(Debug, Default)]
pub(super) struct Turn {
    holder: Option<Holder>,
    /// Whether the reply to a request that was given up may still come.
    stale: bool,
    wakers: Wakers,
}

#[derive(Debug)]
struct Holder {
    id: u64,
    /// From then on another request may take the turn.
    deadline: Deadline,
    sent: bool,
}

impl Turn {
    /// Gives this request the turn, if no other has it whose time is not over.
    pub(super) fn take(&mut self, id: u64, deadline: Deadline) -> bool {
        let taken = |holder: &Holder| holder.id != id && !holder.deadline.is_over();
        if self.holder.as_ref().is_some_and(taken) {
            return false;
        }
        self.give_up();
        self.holder = Some(Holder {
            id,
            deadline,
            sent: false,
        });
        true
    }

    /// When the time of the request that has the turn is over.
    pub(super) fn due(&self) -> Option<Deadline> {
        self.holder.as_ref().map(|holder| holder.deadline)
    }

    /// Whether the connections have to be made anew before a request is sent.
    pub(super) fn is_stale(&self) -> bool {
        self.stale
    }

    /// The request that has the turn is about to be sent, on connections on which nothing is left of
    /// another: the next reply is its own. False if it has lost the turn meanwhile.
    pub(super) fn send(&mut self, id: u64) -> bool {
        match self.holder.as_mut().filter(|holder| holder.id == id) {
            Some(holder) => {
                holder.sent = true;
                self.stale = false;
                true
            }
            None => false,
        }
    }

    /// A request was not sent after all: nothing can come of it.
    pub(super) fn unsend(&mut self, id: u64) {
        if let Some(holder) = self.holder.as_mut().filter(|holder| holder.id == id) {
            holder.sent = false;
        }
        self.end(id);
    }

    /// A reply has come: whose it is.
    pub(super) fn reply(&mut self) -> Option<u64> {
        let holder = self.holder.take_if(|holder| holder.sent)?;
        self.wakers.wake_all();
        Some(holder.id)
    }

    /// A request ends without its reply.
    pub(super) fn end(&mut self, id: u64) {
        if self.holder.as_ref().is_some_and(|holder| holder.id == id) {
            self.give_up();
            self.wakers.wake_all();
        }
    }

    /// Wakes this when the turn is free.
    pub(super) fn register(&mut self, waker: &Arc<Waker>) {
        self.wakers.add(waker);
    }

    fn give_up(&mut self) {
        self.stale |= self.holder.take().is_some_and(|holder| holder.sent);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn over() -> Deadline {
        Deadline::At(Instant::now())
    }

    #[test]
    fn one_request_has_the_turn_until_its_reply() {
        let mut turn = Turn::default();
        assert!(turn.take(1, Deadline::Never));
        assert!(!turn.take(2, Deadline::Never));
        assert!(turn.send(1));
        assert_eq!(turn.reply(), Some(1));
        assert!(turn.take(2, Deadline::Never));
        assert!(!turn.is_stale());
    }

    #[test]
    fn a_reply_that_was_not_asked_for_is_nobodys() {
        let mut turn = Turn::default();
        assert_eq!(turn.reply(), None);
        assert!(turn.take(1, Deadline::Never));
        assert_eq!(turn.reply(), None, "it is not sent yet");
        assert!(turn.send(1));
        assert_eq!(turn.reply(), Some(1));
        assert_eq!(turn.reply(), None, "it has its reply");
    }

    #[test]
    fn a_request_sent_and_given_up_makes_the_connections_stale() {
        let mut turn = Turn::default();
        turn.take(1, Deadline::Never);
        turn.end(1);
        assert!(!turn.is_stale(), "it was not sent");
        turn.take(2, Deadline::Never);
        assert!(turn.send(2));
        turn.end(2);
        assert!(turn.is_stale());
        turn.take(3, Deadline::Never);
        assert!(turn.is_stale(), "until the next is sent");
        assert!(turn.send(3));
        assert!(!turn.is_stale());
    }

    #[test]
    fn a_request_whose_time_is_over_makes_way_for_another() {
        let mut turn = Turn::default();
        turn.take(1, over());
        assert!(turn.send(1));
        assert!(turn.take(2, Deadline::Never));
        assert!(turn.is_stale());
        // The first ends later, and does not take the turn from the second.
        turn.end(1);
        assert!(!turn.send(1));
        assert!(turn.is_stale());
        assert!(turn.send(2));
        assert_eq!(turn.reply(), Some(2));
    }

    #[test]
    fn a_request_may_be_sent_again() {
        let mut turn = Turn::default();
        turn.take(1, Deadline::Never);
        assert!(turn.send(1));
        assert!(turn.take(1, Deadline::Never));
        assert!(turn.is_stale());
    }

    #[test]
    fn a_request_not_sent_after_all_leaves_nothing() {
        let mut turn = Turn::default();
        turn.take(1, Deadline::Never);
        assert!(turn.send(1));
        turn.unsend(1);
        assert!(!turn.is_stale());
        assert!(turn.take(2, Deadline::Never));
    }

    #[test]
    fn threads_that_wait_for_the_turn_are_woken_when_it_is_free() {
        let end: fn(&mut Turn) = |turn| turn.end(1);
        let reply: fn(&mut Turn) = |turn| assert_eq!(turn.reply(), Some(1));
        for free in [end, reply] {
            let mut turn = Turn::default();
            let waker = Arc::new(Waker::new().unwrap());
            turn.take(1, Deadline::Never);
            assert!(turn.send(1));
            turn.register(&waker);
            assert!(!waker.is_woken());
            free(&mut turn);
            assert!(waker.is_woken());
        }
    }
}
