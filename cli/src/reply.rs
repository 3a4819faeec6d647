//! rep: replies with the request, with what a command prints, or with the input.

use zeroless::{Message, Replier, ReplySender};

use crate::exec::{self, Commands};
use crate::exit::Exit;
use crate::input::{Input, Next};
use crate::limits::Left;
use crate::output::Output;
use crate::receive::next;
use crate::session::Session;

/// Where replies come from.
pub(crate) enum Replies {
    Echo,
    Commands(Commands),
    /// Whether it begins anew at its end.
    Input(Input, bool),
}

/// Replies until a limit, or the end of the input.
pub(crate) fn all(
    session: &Session<'_>,
    replier: &Replier,
    replies: Replies,
    output: &mut Output,
) -> Result<(), Exit> {
    match replies {
        Replies::Echo => {
            while session.limits.take() {
                let (message, reply) = next(session, replier)?.split();
                send(session, reply, message);
            }
            Ok(())
        }
        Replies::Commands(commands) => exec::in_jobs(&commands, |failed| {
            while session.limits.take() {
                let (message, reply) = next(session, replier)?.split();
                let run = commands.run(&message)?;
                failed.note(session.notes, &run);
                match commands.reply(&run) {
                    Ok(message) => send(session, reply, message),
                    Err(mistake) => {
                        session
                            .notes
                            .warn(format_args!("the reply of the command: {mistake}"));
                        failed.fail();
                        send(session, reply, "".into());
                    }
                }
            }
            Ok(())
        }),
        Replies::Input(input, again) => from_input(session, replier, input, again, output),
    }
}

/// Prints each request, and replies with the next input.
fn from_input(
    session: &Session<'_>,
    replier: &Replier,
    mut input: Input,
    again: bool,
    output: &mut Output,
) -> Result<(), Exit> {
    let (interrupt, limits) = (session.interrupt, &session.limits);
    let mut read = |deadline| match input.next(interrupt, deadline)? {
        Next::End if again => {
            input.rewind()?;
            input.next(interrupt, deadline)
        }
        other => Ok(other),
    };
    while limits.take() {
        let (message, reply) = next(session, replier)?.split();
        output.write(&message)?;
        output.flush()?;
        match read(limits.deadline())? {
            Next::Message(message) => send(session, reply, message),
            Next::End => {
                return Err(Exit::failed(
                    "the input has ended, with a request to reply to",
                ));
            }
            Next::Late => {
                return Err(limits.over(Left::Something, "the time ran out: no reply was read"));
            }
        }
    }
    Ok(())
}

/// Sends a reply; a requester that has gone is not a reason to end.
fn send(session: &Session<'_>, reply: ReplySender, message: Message) {
    if let Err(error) = reply.send(message) {
        session.notes.warn(format_args!("a reply is lost: {error}"));
    }
    session.limits.moved();
}
