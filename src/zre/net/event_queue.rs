//! The events that wait for the user: as many as fit, and how many did not.

use crossbeam_channel::{Receiver, Sender};
use parking_lot::Mutex;

use crate::zre::event::Event;

/// How many events find room beyond the queue's length: what one message or a moment can bring.
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
}

impl EventQueue {
    pub(crate) fn new(length: usize) -> EventQueue {
        // A bounded channel would take the memory for all of it at once.
        let (sender, receiver) = crossbeam_channel::unbounded();
        let sender = Some(sender);
        EventQueue {
            writer: Mutex::new(Writer { sender, missed: 0 }),
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
        let Writer { sender, missed } = &mut *writer;
        let Some(sender) = sender else { return };
        // Nobody else writes: what fits now will fit.
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
    }

    /// Ends it: what is in it can still be had.
    pub(crate) fn close(&self) {
        let mut writer = self.writer.lock();
        if let Some(sender) = writer.sender.take() {
            // Nothing comes after these: they need no room.
            if writer.missed > 0 {
                let events = writer.missed;
                let _ = sender.send(Event::Missed { events });
            }
            let _ = sender.send(Event::Stop);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event {
        Event::Missed { events: 1 }
    }

    #[test]
    fn what_did_not_fit_is_counted() {
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
