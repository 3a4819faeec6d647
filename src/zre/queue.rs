//! The events that wait for the user: as many as fit, and how many did not.

use crossbeam_channel::{Receiver, Sender, TrySendError};
use parking_lot::Mutex;

use super::Event;

/// A bounded queue that never makes its writer wait.
#[derive(Debug)]
pub(crate) struct Queue {
    writer: Mutex<Writer>,
    receiver: Receiver<Event>,
}

#[derive(Debug)]
struct Writer {
    /// `None` once it is closed.
    sender: Option<Sender<Event>>,
    missed: u64,
}

impl Queue {
    pub(crate) fn new(length: usize) -> Queue {
        // One more, for the news that some were missed.
        let (sender, receiver) = crossbeam_channel::bounded(length.saturating_add(1));
        let sender = Some(sender);
        Queue {
            writer: Mutex::new(Writer { sender, missed: 0 }),
            receiver,
        }
    }

    pub(crate) fn receiver(&self) -> &Receiver<Event> {
        &self.receiver
    }

    /// Whether the next event would not fit.
    pub(crate) fn is_full(&self) -> bool {
        self.receiver.is_full()
    }

    pub(crate) fn push(&self, event: Event) {
        let mut writer = self.writer.lock();
        let Writer { sender, missed } = &mut *writer;
        let Some(sender) = sender else { return };
        if *missed > 0 {
            match sender.try_send(Event::Missed { events: *missed }) {
                Ok(()) => *missed = 0,
                Err(_) => *missed += 1,
            }
            if *missed > 0 {
                return;
            }
        }
        if let Err(TrySendError::Full(_)) = sender.try_send(event) {
            *missed += 1;
        }
    }

    /// Ends it: what is in it can still be had.
    pub(crate) fn close(&self) {
        self.push(Event::Stop);
        self.writer.lock().sender = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leader(_: u32) -> Event {
        Event::Missed { events: 1 }
    }

    #[test]
    fn what_did_not_fit_is_counted() {
        let queue = Queue::new(1);
        (0..5).for_each(|n| queue.push(leader(n)));
        let events = queue.receiver().clone();
        assert!(queue.is_full());
        assert_eq!(events.try_iter().count(), 2);
        queue.close();
        assert_eq!(
            events.iter().collect::<Vec<_>>(),
            [Event::Missed { events: 3 }, Event::Stop]
        );
    }
}
