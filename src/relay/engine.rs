//! The thread of a relay: it moves the messages that have come, and sleeps.

use std::sync::Arc;
use std::time::Duration;

use super::inspect::{Ends, Inspection};
use super::plain::{BURST, Plain, Sent, Turn, send};
use super::shared::Shared;
use crate::background::{ThreadStop, WaitSet, guarded};
use crate::error::{BoxedError, Error, Result};
use crate::message::Message;
use crate::socket::{Interest, Socket};
use crate::wake::Deadline;

/// How often a socket is asked again that says it has room when it has not, as XPUB does if it may not drop.
const ASK_AGAIN: Duration = Duration::from_millis(1);

/// The way of messages from the input to the output.
pub(super) enum Forward {
    Plain(Box<Plain>),
    Inspected(Box<Inspection>),
}

/// The way of messages from the output to the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Backward {
    /// There are none.
    Nothing,
    /// They are replies, and passed on.
    Replies,
    /// They are subscriptions, and passed on.
    Subscriptions,
    /// They are replies that nobody waits for, or subscriptions that nobody is to be told of.
    Ignored,
}

/// The part of a relay that its thread alone uses.
pub(super) struct Engine {
    pub(super) input: Socket,
    pub(super) output: Socket,
    pub(super) forward: Forward,
    pub(super) backward: Backward,
    /// Passes replies on, where they are not looked at.
    pub(super) replies: Plain,
    pub(super) shared: Arc<Shared>,
}

impl Engine {
    /// Runs until the relay is stopped. Should something panic in it, the relay ends, and says why.
    pub(super) fn run(mut self, stop: &ThreadStop) {
        match guarded("a relay", || self.run_until_stopped(stop)) {
            Some(Ok(())) => {}
            Some(Err(error)) => self.shared.fail(*error),
            None => {
                let reason = "its thread has panicked; the log has the panic's words";
                self.shared.fail(Error::system("running a relay", reason));
            }
        }
        guarded("a relay's end", || self.end());
        // Ends waits for connections, and the streams of their events.
        self.input.stop();
        self.output.stop();
        // Those that wait for the end find the sockets given up.
        let shared = self.shared.clone();
        drop(self);
        shared.end();
    }

    fn run_until_stopped(&mut self, stop: &ThreadStop) -> Result<(), BoxedError> {
        while !stop.is_stopped() {
            let forward = self.turn_forward()?;
            let backward = self.turn_backward()?;
            if !forward.has_more && !backward.has_more {
                self.sleep(stop, forward);
            }
        }
        Ok(())
    }

    fn turn_forward(&mut self) -> Result<Turn, BoxedError> {
        let tally = &self.shared.tally;
        let (input, output) = (&*self.input, &*self.output);
        match &mut self.forward {
            Forward::Plain(plain) => {
                let turn = plain.turn(input, output, &tally.forward)?;
                tally.set_held(plain.is_parked().into());
                Ok(turn)
            }
            Forward::Inspected(inspection) => inspection.turn(&Ends {
                input,
                output,
                tally,
            }),
        }
    }

    fn turn_backward(&mut self) -> Result<Turn, BoxedError> {
        let tally = &self.shared.tally;
        let (input, output) = (&*self.input, &*self.output);
        match (self.backward, &mut self.forward) {
            (Backward::Nothing, _) => Ok(Turn::default()),
            (Backward::Replies, Forward::Inspected(inspection))
                if inspection.deadlines.is_some() =>
            {
                inspection.turn_replies(&Ends {
                    input,
                    output,
                    tally,
                })
            }
            (Backward::Replies, _) => self.replies.turn(output, input, &tally.backward),
            (Backward::Subscriptions | Backward::Ignored, _) => self.take_in(),
        }
    }

    /// Takes in subscriptions, and messages that are ignored.
    fn take_in(&self) -> Result<Turn, BoxedError> {
        let lane = &self.shared.tally.backward;
        for _ in 0..BURST {
            let mut message = match self.output.receive(Deadline::Now) {
                Ok(message) => message,
                Err(Error::WouldBlock) => return Ok(Turn::default()),
                Err(error) => return Err(error.into()),
            };
            match self.backward {
                // Anything else that a subscriber sends would go to all publishers.
                Backward::Subscriptions if !is_subscription(&message) => lane.dropped(),
                Backward::Subscriptions => match send(&self.input, &mut message)? {
                    Sent::Yes(bytes) => lane.passed(bytes),
                    Sent::NoRoom | Sent::Spurious | Sent::Refused => lane.dropped(),
                },
                _ => lane.passed(message.byte_count()),
            }
        }
        Ok(Turn::unfinished())
    }

    /// Waits until there is something to move.
    fn sleep(&self, stop: &ThreadStop, forward: Turn) {
        let mut set = WaitSet::new(stop.waker());
        if forward.takes_more {
            set.insert((), self.input.source(Interest::Readable));
        }
        if self.backward != Backward::Nothing {
            set.insert((), self.output.source(Interest::Readable));
        }
        let mut deadline = match &self.forward {
            Forward::Inspected(inspection) => {
                inspection.next().map_or(Deadline::Never, Deadline::At)
            }
            Forward::Plain(_) => Deadline::Never,
        };
        match forward.is_blocked {
            true if forward.is_spurious => deadline = deadline.within(ASK_AGAIN),
            true => set.insert((), self.output.source(Interest::Writable)),
            false => {}
        }
        set.wait(deadline);
    }

    /// Sends messages that were received and not passed on yet, if there is room now.
    fn end(&mut self) {
        let tally = &self.shared.tally;
        let (input, output) = (&*self.input, &*self.output);
        match &mut self.forward {
            Forward::Plain(plain) => {
                plain.end(output, &tally.forward);
                tally.set_held(0);
            }
            Forward::Inspected(inspection) => inspection.end(&Ends {
                input,
                output,
                tally,
            }),
        }
    }
}

/// Whether a message of a subscriber is a subscription, or the end of one.
fn is_subscription(message: &Message) -> bool {
    message.frame_count() == 1 && matches!(message.as_bytes(), [0 | 1, ..])
}
