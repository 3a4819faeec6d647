//! The events that wait for the user: as many as fit, and how many did not.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};
use parking_lot::Mutex;

use crate::error::Result;
use crate::wake::{ReadySignal, Waker};
use crate::zre::event::Event;

/// How many events find room beyond the queue's length: as many as one message or a moment can bring.
const RESERVE: usize = 256;

/// A bounded queue that never makes its writer wait.
#[derive(Debug)]
pub(crate) struct EventQueue {
    writer: Mutex<Writer>,
    receiver: Receiver<Event>,
    length: usize,
}

#[derive(Debug)]
struct Writer {
    /// `None` once it is closed.
    sender: Option<Sender<Event>>,
    missed: u64,
    /// The signal that event loops wait for.
    ready: ReadySignal,
}

impl EventQueue {
    pub(crate) fn new(length: usize) -> EventQueue {
        // A bounded channel would take the memory for all of it at once.
        let (sender, receiver) = crossbeam_channel::unbounded();
        let sender = Some(sender);
        EventQueue {
            writer: Mutex::new(Writer {
                sender,
                missed: 0,
                ready: ReadySignal::default(),
            }),
            receiver,
            length,
        }
    }

    pub(crate) fn receiver(&self) -> &Receiver<Event> {
        &self.receiver
    }

    /// Whether messages should wait before they are made events.
    pub(crate) fn is_full(&self) -> bool {
        self.receiver.len() >= self.length
    }

    pub(crate) fn push(&self, event: Event) {
        let mut writer = self.writer.lock();
        let Writer {
            sender,
            missed,
            ready,
        } = &mut *writer;
        let Some(sender) = sender else { return };
        // Nobody else writes: events that fit now will fit.
        let room = self.length.saturating_add(RESERVE) - self.receiver.len();
        let told = usize::from(*missed > 0);
        if room <= told {
            *missed += 1;
            return;
        }
        if told > 0 {
            let events = std::mem::take(missed);
            let _ = sender.send(Event::Missed { events });
        }
        let _ = sender.send(event);
        ready.turn_on();
    }

    /// Ends it: events that are in it can still be had.
    pub(crate) fn close(&self) {
        let mut writer = self.writer.lock();
        if let Some(sender) = writer.sender.take() {
            // Nothing comes after these: they need no room.
            if writer.missed > 0 {
                let events = writer.missed;
                let _ = sender.send(Event::Missed { events });
            }
            let _ = sender.send(Event::Stop);
            writer.ready.turn_on();
            writer.ready.end();
        }
    }

    /// The waker that event loops wait for: it can be read while there may be events, and once this is
    /// closed.
    pub(crate) fn for_loops(&self) -> Result<Arc<Waker>> {
        self.writer.lock().ready.waker().cloned()
    }

    /// Event loops wait for the end of another's waker that can always be read.
    pub(crate) fn stand_in(&self, other: &Arc<Waker>) {
        self.writer.lock().ready.stand_in(other);
    }

    /// Nothing was found here: event loops are to be woken by the next event. False if there is one by
    /// now.
    pub(crate) fn found_nothing(&self) -> bool {
        // Nobody can write meanwhile.
        let mut writer = self.writer.lock();
        let is_empty = self.receiver.is_empty();
        if is_empty {
            writer.ready.turn_off();
        }
        is_empty
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event {
        Event::Missed { events: 1 }
    }

    #[test]
    fn events_that_did_not_fit_are_counted() {
        let queue = EventQueue::new(1);
        (0..RESERVE + 4).for_each(|_| queue.push(event()));
        let events = queue.receiver().clone();
        assert!(queue.is_full());
        assert_eq!(events.try_iter().count(), RESERVE + 1);
        queue.close();
        assert_eq!(
            events.iter().collect::<Vec<_>>(),
            [Event::Missed { events: 3 }, Event::Stop]
        );
    }

    #[test]
    fn event_loops_are_woken_from_an_event_to_the_last() {
        let queue = EventQueue::new(2);
        let waker = queue.for_loops().unwrap();
        let events = queue.receiver();
        assert!(waker.is_woken());
        assert!(queue.found_nothing());
        assert!(!waker.is_woken());
        queue.push(event());
        assert!(waker.is_woken());
        assert!(!queue.found_nothing());
        queue.push(event());
        events.recv().unwrap();
        assert!(waker.is_woken());
        events.recv().unwrap();
        assert!(queue.found_nothing());
        assert!(!waker.is_woken());
        queue.close();
        events.recv().unwrap();
        assert!(queue.found_nothing());
        assert!(waker.is_woken());
    }

    #[test]
    fn the_end_finds_room_in_a_full_queue() {
        let queue = EventQueue::new(1);
        (0..2 * RESERVE).for_each(|_| queue.push(event()));
        queue.close();
        queue.close();
        let events: Vec<_> = queue.receiver().iter().collect();
        assert_eq!(events.len(), RESERVE + 3);
        assert_eq!(events.last(), Some(&Event::Stop));
    }
}
