//! pair: sends the input, and prints what comes, at the same time.

use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use zeroless::Pair;

use crate::exec::locked;
use crate::exit::Exit;
use crate::limits::Left;
use crate::output::Output;
use crate::send::{self, Sender};
use crate::session::Session;

/// How often a wait looks whether the input has ended.
const LOOK: Duration = Duration::from_millis(50);

/// Sends and receives, until nothing came for a while after the end of the input.
pub(crate) fn both(
    session: &Session<'_>,
    pair: &Pair,
    sender: Sender,
    wait_for: usize,
    after_eof: Duration,
    output: &mut Output,
) -> Result<(), Exit> {
    // When the input ended, or how sending failed.
    let sent: Mutex<Option<Result<Instant, Exit>>> = Mutex::new(None);
    thread::scope(|scope| {
        scope.spawn(|| {
            let wait = |time| pair.wait_connected(wait_for, time);
            let outcome = session
                .wait_for_peers(wait)
                .and_then(|()| sender.each(session, |message| send::one(session, pair, message)));
            *locked(&sent) = Some(outcome.map(|()| Instant::now()));
        });
        let received = receive(session, pair, &sent, after_eof, output);
        // Sending may wait for input that nobody needs now.
        session.interrupt.finish();
        received
    })?;
    match sent.into_inner() {
        Ok(Some(Err(exit))) => Err(exit),
        _ => Ok(()),
    }
}

/// Prints what comes, until a limit or some time after the end of the input.
fn receive(
    session: &Session<'_>,
    pair: &Pair,
    sent: &Mutex<Option<Result<Instant, Exit>>>,
    after_eof: Duration,
    output: &mut Output,
) -> Result<(), Exit> {
    let limits = &session.limits;
    let mut last = Instant::now();
    while limits.take() {
        let message = loop {
            match pair.recv_timeout(LOOK) {
                Ok(message) => break message,
                Err(error) if !error.is_timeout() => return Err(error.into()),
                Err(error) => {
                    if limits.deadline().is_some_and(|it| it <= Instant::now()) {
                        return Err(limits.over_of(Left::Nothing, error));
                    }
                }
            }
            match &*locked(sent) {
                Some(Ok(ended)) if last.max(*ended).elapsed() >= after_eof => return Ok(()),
                Some(Err(_)) => return Ok(()),
                _ => {}
            }
        };
        output.write(&message)?;
        output.flush()?;
        limits.moved();
        last = Instant::now();
    }
    Ok(())
}
