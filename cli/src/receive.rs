//! pull and sub: prints messages, or gives them to commands.

use std::sync::Mutex;

use zeroless::{Error, Message, Receiving};

use crate::exec::{self, Commands};
use crate::exit::Exit;
use crate::limits::Left;
use crate::output::Output;
use crate::session::Session;

/// Receives until a limit.
pub(crate) fn all(
    session: &Session<'_>,
    handle: &impl Receiving<Item = Message>,
    commands: Option<&Commands>,
    output: &mut Output,
) -> Result<(), Exit> {
    match commands {
        None => print(session, handle, output),
        Some(commands) => {
            let output = Mutex::new(output);
            exec::in_jobs(commands, |failed| {
                give(session, handle, commands, &output, failed)
            })
        }
    }
}

fn print(
    session: &Session<'_>,
    handle: &impl Receiving<Item = Message>,
    output: &mut Output,
) -> Result<(), Exit> {
    let received = loop {
        if !session.limits.take() {
            break Ok(());
        }
        let message = match handle.try_recv() {
            Err(Error::WouldBlock) => {
                output.flush()?;
                match next(session, handle) {
                    Ok(message) => message,
                    Err(exit) => break Err(exit),
                }
            }
            other => other?,
        };
        output.write(&message)?;
        session.limits.moved();
        if let Err(stopped) = session.interrupt.check() {
            break Err(stopped);
        }
    };
    output.flush()?;
    received
}

/// Waits for a message.
pub(crate) fn next<R: Receiving>(session: &Session<'_>, handle: &R) -> Result<R::Item, Exit> {
    let received = match session.limits.deadline() {
        Some(deadline) => handle.recv_deadline(deadline),
        None => handle.recv(),
    };
    received.map_err(|error| session.limits.over_of(Left::Nothing, error))
}

/// Gives messages to commands, one at a time.
fn give(
    session: &Session<'_>,
    handle: &impl Receiving<Item = Message>,
    commands: &Commands,
    output: &Mutex<&mut Output>,
    failed: &exec::Failed,
) -> Result<(), Exit> {
    while session.limits.take() {
        let message = next(session, handle)?;
        let run = commands.run(&message)?;
        failed.note(session.notes, &run);
        exec::locked(output).write_bytes(&run.printed)?;
        session.limits.moved();
    }
    Ok(())
}
