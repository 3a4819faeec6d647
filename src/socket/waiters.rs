//! The waiters of one socket: threads, each of which may stay awake for a while first, and event loops.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::Result;
use crate::wake::{ReadySignal, Waker};

/// The event that a call waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interest {
    /// A message to receive.
    Readable,
    /// Room to send one.
    Writable,
}

impl Interest {
    pub(super) fn event(self) -> zmq::PollEvents {
        match self {
            Interest::Readable => zmq::POLLIN,
            Interest::Writable => zmq::POLLOUT,
        }
    }
}

/// The threads that wait asleep, first come first, and the event loops that wait for a message.
#[derive(Debug, Default)]
pub(super) struct Waiters {
    /// The signal of event loops is among them while it is off.
    asleep: Vec<(Interest, Arc<Waker>)>,
    ready: ReadySignal,
}

impl Waiters {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.asleep.is_empty()
    }

    pub(super) fn add(&mut self, interest: Interest, waker: &Arc<Waker>) {
        self.asleep.push((interest, waker.clone()));
    }

    pub(super) fn remove(&mut self, waker: &Arc<Waker>) {
        self.asleep.retain(|(_, other)| !Arc::ptr_eq(other, waker));
    }

    /// Wakes the first thread that waits for each event that is there. Event loops are woken beside
    /// it: nobody knows when they will receive, and whether they receive all.
    pub(super) fn wake(&mut self, events: zmq::PollEvents) {
        for interest in [Interest::Readable, Interest::Writable] {
            if !events.contains(interest.event()) {
                continue;
            }
            if interest == Interest::Readable {
                self.wake_loops();
            }
            if let Some(place) = self.asleep.iter().position(|(other, _)| *other == interest) {
                self.asleep.remove(place).1.wake();
            }
        }
    }

    pub(super) fn wake_all(&mut self) {
        self.wake_loops();
        for (_, waker) in self.asleep.drain(..) {
            waker.wake();
        }
    }

    fn wake_loops(&mut self) {
        if let Some(own) = self.ready.turn_on() {
            self.asleep.retain(|(_, other)| !Arc::ptr_eq(other, own));
        }
    }

    /// The waker of event loops, which can be read from now on until a receive finds nothing.
    pub(super) fn for_loops(&mut self) -> Result<Arc<Waker>> {
        self.ready.waker().cloned()
    }

    /// Event loops wait for the end of another's waker that can always be read.
    pub(super) fn stand_in(&mut self, other: &Arc<Waker>) {
        self.ready.stand_in(other);
    }

    /// A receive has found nothing: event loops are to be woken by the next message.
    #[cold]
    pub(super) fn found_nothing(&mut self) {
        if let Some(waker) = self.ready.turn_off() {
            self.asleep.push((Interest::Readable, waker.clone()));
        }
    }

    /// A call has told of nothing, and there may be something: event loops are to look again.
    pub(super) fn gave_up(&mut self) {
        self.wake_loops();
        self.ready.renew();
    }

    /// The socket was stopped: event loops find that out, whenever they look.
    pub(super) fn end_loops(&mut self) {
        self.ready.end();
        self.wake_all();
    }
}

/// How long a wait stays awake before it sleeps, from how long the last ones took.
///
/// To sleep and be woken costs more than all the rest of a round trip. So in a conversation,
/// where one short wait follows another, it pays to try again for a while. Where waits are
/// long, or far apart, it would only burn the processor: those sleep immediately.
#[derive(Debug, Default)]
pub(super) struct AdaptiveSpin {
    last: Option<Instant>,
    short: bool,
    /// Whether a thread stays awake now: one is enough.
    someone_spins: bool,
    /// The next `pause` waits do not stay awake at all, after staying awake was in vain.
    pause: u32,
    next_pause: u32,
}

impl AdaptiveSpin {
    const LONGEST_PAUSE: u32 = 64;

    /// Until when a wait that begins now stays awake, if at all; `most` is the option.
    pub(super) fn begin(&mut self, now: Instant, most: Duration) -> Option<Instant> {
        // Waits asleep take longer than they would awake: hence some more than `most`.
        let near = |last: Instant| now.saturating_duration_since(last) <= most.saturating_mul(2);
        if most.is_zero() || self.someone_spins || !self.short || !self.last.is_some_and(near) {
            return None;
        }
        if self.pause > 0 {
            self.pause -= 1;
            return None;
        }
        self.someone_spins = true;
        Some(now + most)
    }

    /// Ends staying awake; `in_vain` if nothing came meanwhile.
    pub(super) fn stop_spinning(&mut self, in_vain: bool) {
        self.someone_spins = false;
        match in_vain {
            true => {
                self.next_pause = (self.next_pause * 2 + 1).min(Self::LONGEST_PAUSE);
                self.pause = self.next_pause;
            }
            false => self.next_pause = 0,
        }
    }

    /// Ends a wait that began then.
    pub(super) fn end(&mut self, began: Instant, now: Instant, most: Duration) {
        self.short = now.saturating_duration_since(began) <= most.saturating_mul(3);
        self.last = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: Duration = Duration::from_micros(200);

    /// Runs waits of one length, with a gap between them; how many stayed awake at first.
    fn awake(waits: u32, length: Duration, gap: Duration) -> u32 {
        let (mut spin, mut now, mut awake) = (AdaptiveSpin::default(), Instant::now(), 0);
        for _ in 0..waits {
            let began = now;
            if let Some(until) = spin.begin(now, MOST) {
                awake += 1;
                spin.stop_spinning(began + length > until);
            }
            now += length;
            spin.end(began, now, MOST);
            now += gap;
        }
        awake
    }

    #[test]
    fn in_a_conversation_every_wait_but_the_first_is_awake() {
        assert_eq!(
            awake(100, Duration::from_micros(80), Duration::from_micros(5)),
            99
        );
    }

    #[test]
    fn a_trickle_sleeps() {
        assert_eq!(awake(100, Duration::from_millis(2), Duration::ZERO), 0);
        assert_eq!(
            awake(100, Duration::from_micros(80), Duration::from_millis(2)),
            0
        );
    }

    #[test]
    fn waits_a_little_too_long_are_soon_given_up() {
        let awake = awake(1000, Duration::from_micros(400), Duration::ZERO);
        assert!((2..30).contains(&awake), "{awake} of 1000");
    }

    #[test]
    fn no_time_awake_is_none() {
        let mut spin = AdaptiveSpin::default();
        let now = Instant::now();
        spin.end(now, now, Duration::ZERO);
        assert_eq!(spin.begin(now, Duration::ZERO), None);
    }
}
