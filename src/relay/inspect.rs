//! Passing on messages that are looked at first: filtered, acknowledged, buffered, or given a deadline.
//!
//! A user's function may do anything, such as connecting the client of this very relay. So none is called
//! under a socket's lock, which is therefore taken for each message here.

use std::time::Instant;

use log::error;

use super::counters::Tally;
use super::deadlines::{Deadlines, with_id};
use super::envelope::{Shape, body_start};
use super::held::{Buffer, Held, keep, size};
use super::plain::{BURST, Sent, Turn, send, send_after, send_again, send_to_peer};
use super::unanswered::{ErrorReply, Unanswered};
use super::verdict::{Filter, Verdict};
use crate::background::guarded;
use crate::error::{BoxedError, Error, Result};
use crate::message::{Frame, Message};
use crate::socket::SharedSocket;
use crate::wake::Deadline;

/// Makes the reply to a request that is accepted; `None` for none.
pub(super) type Acknowledgement = Box<dyn FnMut(&[Frame]) -> Option<Result<Message>> + Send>;

/// All that is done with each message on its way from the input to the output.
pub(super) struct Inspection {
    /// Whether messages are requests, in an envelope.
    pub(super) are_requests: bool,
    pub(super) shape: Shape,
    pub(super) filter: Option<Filter>,
    /// The reply that each request that is accepted gets at once.
    pub(super) acknowledgement: Option<Acknowledgement>,
    pub(super) buffer: Option<Buffer>,
    pub(super) deadlines: Option<(Deadlines, ErrorReply)>,
    held: Held,
}

/// The sockets at both ends, and the counters.
pub(super) struct Ends<'a> {
    pub(super) input: &'a SharedSocket,
    pub(super) output: &'a SharedSocket,
    pub(super) tally: &'a Tally,
}

impl Inspection {
    pub(super) fn new(are_requests: bool, shape: Shape) -> Inspection {
        Inspection {
            are_requests,
            shape,
            filter: None,
            acknowledgement: None,
            buffer: None,
            deadlines: None,
            held: Held::default(),
        }
    }

    /// Passes on a burst.
    pub(super) fn turn(&mut self, ends: &Ends<'_>) -> Result<Turn, BoxedError> {
        self.expire(ends)?;
        let is_spurious = self.flush(ends)?;
        let mut taken = 0;
        while taken < BURST && self.takes_more() {
            let message = match ends.input.receive(Deadline::Now) {
                Ok(message) => message,
                Err(Error::WouldBlock) => break,
                Err(error) => return Err(error.into()),
            };
            taken += 1;
            self.take(message, ends)?;
        }
        ends.tally.set_held(self.held.len());
        Ok(Turn {
            is_spurious,
            has_more: taken == BURST,
            is_blocked: !self.held.is_empty(),
            takes_more: self.takes_more(),
        })
    }

    /// Whether another message can be taken in: with a buffer it is dropped if that is full, and with
    /// deadlines it is replied to.
    fn takes_more(&self) -> bool {
        self.held.is_empty() || self.buffer.is_some() || self.deadlines.is_some()
    }

    /// When something is to be done next, without a message.
    pub(super) fn next(&self) -> Option<Instant> {
        self.deadlines.as_ref()?.0.next()
    }

    fn take(&mut self, message: Message, ends: &Ends<'_>) -> Result<(), BoxedError> {
        let start = match self.are_requests {
            true => body_start(message.frames()),
            false => Some(0),
        };
        let Some(start) = start else {
            ends.tally.forward.dropped();
            return Ok(());
        };
        let (envelope, body) = message.frames().split_at(start);
        if let Some(filter) = &mut self.filter {
            match guarded("a relay's filter", || filter(body)) {
                Some(Verdict::Pass) => {}
                Some(Verdict::Answer(mut answer)) => return reply(ends, envelope, &mut answer),
                Some(Verdict::Drop) | None => {
                    ends.tally.forward.dropped();
                    return Ok(());
                }
            }
        }
        let acknowledgement = self.acknowledgement.as_mut().map(|make| {
            let asker: Message = envelope.iter().cloned().collect();
            (asker, made("a relay's acknowledgement", || make(body)))
        });
        let is_accepted = self.pass(message, start, ends)?;
        match acknowledgement {
            Some((asker, made)) if is_accepted => reply_made(ends, asker.frames(), made),
            _ => Ok(()),
        }
    }

    /// Sends a message, or holds it; false if it is dropped.
    fn pass(
        &mut self,
        mut message: Message,
        start: usize,
        ends: &Ends<'_>,
    ) -> Result<bool, BoxedError> {
        let mut number = None;
        if let Some((deadlines, error_reply)) = &mut self.deadlines {
            match deadlines.insert(keep(&mut message), Instant::now())? {
                Some((new, id)) => {
                    number = Some(new);
                    message = with_id(message, id);
                }
                None => {
                    ends.tally.forward.dropped();
                    reply_error(ends, error_reply, &message, false)?;
                    return Ok(false);
                }
            }
        }
        let mut message = self.shape.shape(message, start);
        if self.held.is_empty() {
            match send(ends.output, &mut message)? {
                Sent::Yes(bytes) => {
                    ends.tally.forward.passed(bytes);
                    return Ok(true);
                }
                Sent::Refused => {
                    ends.tally.forward.dropped();
                    return Ok(false);
                }
                Sent::NoRoom | Sent::Spurious => {}
            }
        }
        if let Some(buffer) = &self.buffer
            && !self
                .held
                .has_room(size(&message), buffer.messages, buffer.bytes)
        {
            self.drop_shaped(&message, ends);
            return Ok(false);
        }
        self.held.push(keep(&mut message), number);
        Ok(true)
    }

    /// Sends those that are held, as long as there is room; whether the output says that there is some when there is
    /// none.
    fn flush(&mut self, ends: &Ends<'_>) -> Result<bool, BoxedError> {
        let mut has_sent = false;
        while let Some(held) = self.held.first() {
            let sent = match has_sent {
                true => send(ends.output, &mut held.message),
                false => send_again(ends.output, &mut held.message),
            };
            match sent? {
                Sent::Yes(bytes) => ends.tally.forward.passed(bytes),
                Sent::Refused => ends.tally.forward.dropped(),
                Sent::NoRoom => return Ok(false),
                Sent::Spurious => return Ok(true),
            }
            has_sent = true;
            self.held.pop();
        }
        Ok(false)
    }

    /// Replies to the requests whose time is over.
    fn expire(&mut self, ends: &Ends<'_>) -> Result<(), BoxedError> {
        let Some((deadlines, error_reply)) = &mut self.deadlines else {
            return Ok(());
        };
        let now = Instant::now();
        while let Some((number, request)) = deadlines.expire(now) {
            // Requests are held in their order, and those that were sent came before.
            let is_held = self.held.first().and_then(|held| held.number) == Some(number);
            if is_held {
                self.held.pop();
                ends.tally.forward.dropped();
            }
            reply_error(ends, error_reply, &request, !is_held)?;
        }
        Ok(())
    }

    /// Passes on the replies to requests that wait for theirs, and drops all others.
    pub(super) fn turn_replies(&mut self, ends: &Ends<'_>) -> Result<Turn, BoxedError> {
        for _ in 0..BURST {
            let reply = match ends.output.receive(Deadline::Now) {
                Ok(reply) => reply,
                Err(Error::WouldBlock) => return Ok(Turn::default()),
                Err(error) => return Err(error.into()),
            };
            let reply = match &mut self.deadlines {
                Some((deadlines, _)) => deadlines.reply(reply),
                None => Some(reply),
            };
            let lane = &ends.tally.backward;
            match reply.map(|it| send_to_peer(ends.input, it)).transpose()? {
                Some(Sent::Yes(bytes)) => lane.passed(bytes),
                // A reply does not wait for a client that does not read.
                Some(Sent::NoRoom | Sent::Spurious | Sent::Refused) | None => lane.dropped(),
            }
        }
        Ok(Turn::unfinished())
    }

    /// Drops a message in its shape that there is no room for, and says so.
    fn drop_shaped(&mut self, message: &Message, ends: &Ends<'_>) {
        ends.tally.forward.dropped();
        let body = &message.frames()[self.shape.added()..];
        let on_drop = self.buffer.as_mut().and_then(|it| it.on_drop.as_mut());
        if let Some(on_drop) = on_drop {
            guarded("a relay's on_drop", || on_drop(body));
        }
    }

    /// Tries a last time, and drops the rest.
    pub(super) fn end(&mut self, ends: &Ends<'_>) {
        let _ = self.flush(ends);
        while let Some(held) = self.held.pop() {
            self.drop_shaped(&held.message, ends);
        }
        ends.tally.set_held(0);
    }
}

/// Replies to a request by the relay itself.
fn reply(ends: &Ends<'_>, envelope: &[Frame], message: &mut Message) -> Result<(), BoxedError> {
    match send_after(envelope, ends.input, message)? {
        Sent::Yes(_) => ends.tally.answered.add(1),
        // The client has gone, or does not read.
        Sent::NoRoom | Sent::Spurious | Sent::Refused => ends.tally.backward.dropped(),
    }
    Ok(())
}

/// Replies to a request that has no reply.
fn reply_error(
    ends: &Ends<'_>,
    error_reply: &mut ErrorReply,
    request: &Message,
    was_passed_on: bool,
) -> Result<(), BoxedError> {
    let frames = request.frames();
    let (envelope, body) = frames.split_at(body_start(frames).unwrap_or(0));
    let unanswered = Unanswered::new(body, was_passed_on);
    let made = made("a relay's error reply", || error_reply(&unanswered));
    reply_made(ends, envelope, made)
}

/// The reply that a user's function makes, if it makes one; `None` if that has failed.
fn made(what: &str, make: impl FnOnce() -> Option<Result<Message>>) -> Option<Option<Message>> {
    match guarded(what, make)?.transpose() {
        Ok(reply) => Some(reply),
        Err(error) => {
            error!("{what} cannot be sent: {error}");
            None
        }
    }
}

fn reply_made(
    ends: &Ends<'_>,
    envelope: &[Frame],
    made: Option<Option<Message>>,
) -> Result<(), BoxedError> {
    match made {
        Some(Some(mut message)) => return reply(ends, envelope, &mut message),
        Some(None) => {}
        None => ends.tally.backward.dropped(),
    }
    Ok(())
}
