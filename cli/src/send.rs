//! push and pub: sends the input.

use std::time::Duration;

use zeroless::{Message, Sending};

use crate::args::TrafficArgs;
use crate::exit::Exit;
use crate::input::{Input, Next};
use crate::limits::Left;
use crate::notes::Notes;
use crate::pace::Pace;
use crate::progress::Progress;
use crate::session::Session;

/// What is sent, and how fast.
pub(crate) struct Sender {
    input: Input,
    pace: Pace,
    progress: Progress,
    counts_bytes: bool,
    bytes: u64,
    rounds: u64,
    is_counted: bool,
}

impl Sender {
    pub(crate) fn new(args: &TrafficArgs, input: Input, notes: Notes) -> Sender {
        let length = input.file_length();
        Sender {
            input,
            pace: Pace::new(args),
            counts_bytes: length.is_some(),
            progress: match length {
                Some(_) => Progress::of_bytes(length, notes),
                None => Progress::of_messages(args.count, notes),
            },
            bytes: 0,
            rounds: args.repeat.unwrap_or(1),
            is_counted: true,
        }
    }

    /// The same, for an end whose count is of the messages that it receives.
    pub(crate) fn uncounted(mut self) -> Sender {
        self.is_counted = false;
        self
    }

    /// Does this with each message, until there are none, or enough.
    pub(crate) fn each(
        mut self,
        session: &Session<'_>,
        mut send: impl FnMut(Message) -> Result<(), Exit>,
    ) -> Result<(), Exit> {
        let Session {
            interrupt, limits, ..
        } = session;
        for round in 0..self.rounds {
            if round > 0 {
                self.input.rewind()?;
            }
            loop {
                interrupt.check()?;
                if self.is_counted && !limits.take() {
                    return Ok(());
                }
                let message = match self.input.next(interrupt, limits.deadline())? {
                    Next::Message(message) => message,
                    Next::End => {
                        // The next round may use it.
                        limits.give_back();
                        break;
                    }
                    Next::Late => {
                        return Err(limits.over(Left::Nothing, "the time ran out: no input came"));
                    }
                };
                self.pace.wait(interrupt, limits)?;
                self.bytes += message.byte_count() as u64;
                send(message)?;
                let moved = match self.is_counted {
                    true => limits.moved(),
                    false => limits.touch(),
                };
                self.progress
                    .reach(if self.counts_bytes { self.bytes } else { moved });
            }
        }
        Ok(())
    }
}

/// Sends all of it, once this has waited for peers.
pub(crate) fn all(
    session: &Session<'_>,
    handle: &impl Sending,
    sender: Sender,
    wait: impl FnMut(Duration) -> zeroless::Result<()>,
) -> Result<(), Exit> {
    session.wait_for_peers(wait)?;
    sender.each(session, |message| one(session, handle, message))
}

/// Sends a message.
pub(crate) fn one(
    session: &Session<'_>,
    handle: &impl Sending,
    message: Message,
) -> Result<(), Exit> {
    let sent = match session.limits.deadline() {
        Some(deadline) => handle.send_deadline(message, deadline),
        None => handle.send(message),
    };
    sent.map_err(|error| session.limits.over_of(Left::Something, error.into()))
}
