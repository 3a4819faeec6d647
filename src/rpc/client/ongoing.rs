//! A call from its start to its end: at one server after the other, if it has to be.

use std::sync::Arc;

use super::Balance;
use super::answer::{Answer, UntypedError};
use super::backend::{Backend, HandedOver};
use super::backends::Backends;
use super::outgoing::Outgoing;
use crate::error::Error;
use crate::message::Message;
use crate::pattern::{Pending, Unsent};
use crate::rpc::CallError;
use crate::wake::Deadline;

/// A call that has not ended.
#[derive(Debug)]
pub(super) struct Ongoing {
    backends: Arc<Backends>,
    balance: Balance,
    outgoing: Outgoing,
    is_idempotent: bool,
    /// `None` while it is at no server.
    attempt: Option<(Pending, HandedOver)>,
    /// The servers that have not taken it.
    passed_over: Vec<Arc<Backend>>,
    /// The outcome if it comes to no other server: that of an attempt that may have run, or else of the last one.
    outcome: Option<Box<UntypedError>>,
    /// Whether its end was given: then it must not be started anew.
    is_over: bool,
}

impl Ongoing {
    pub(super) fn new(
        backends: Arc<Backends>,
        balance: Balance,
        outgoing: Outgoing,
        is_idempotent: bool,
    ) -> Ongoing {
        Ongoing {
            backends,
            balance,
            outgoing,
            is_idempotent,
            attempt: None,
            passed_over: Vec::new(),
            outcome: None,
            is_over: false,
        }
    }

    /// Hands it over to a server, as soon as one is connected.
    pub(super) fn start(&mut self) -> Result<(), UntypedError> {
        // No server is passed over yet, so it is handed over.
        let handed_over = self.hand_over(self.outgoing.deadline);
        handed_over.map_err(|reason| CallError::NotSent { reason })?;
        Ok(())
    }

    /// Hands it over to a server as a call that gets no reply.
    pub(super) fn cast(mut self) -> Result<(), Error> {
        let until = self.outgoing.deadline;
        self.deliver(until, |backend, outgoing, id, patience| {
            backend.cast(outgoing, id, patience)
        })?;
        Ok(())
    }

    /// Waits for its end.
    pub(super) fn finish(mut self) -> Answer {
        let deadline = self.outgoing.deadline;
        let answer = self.wait(deadline);
        answer.unwrap_or_else(taken_already)
    }

    /// Waits for its end, no longer than until then; `None` if it has not ended. Its end is given once.
    pub(super) fn wait(&mut self, until: Deadline) -> Option<Answer> {
        if self.is_over {
            return Some(taken_already());
        }
        let answer = self.advance(until);
        self.is_over = answer.is_some();
        answer
    }

    fn advance(&mut self, until: Deadline) -> Option<Answer> {
        let deadline = self.outgoing.deadline;
        let until = until.min(deadline);
        loop {
            if self.attempt.is_none() {
                match self.hand_over(until) {
                    Ok(true) => {}
                    Err(error) if error.is_timeout() && !deadline.is_over() => return None,
                    Ok(false) => return self.outcome.take().map(|it| Err(*it)),
                    Err(reason) => {
                        let outcome = self.outcome.take().map(|it| *it);
                        return Some(Err(outcome.unwrap_or(CallError::NotSent { reason })));
                    }
                }
            }
            let (pending, _) = self.attempt.as_ref()?;
            let reply = pending.take_until(until);
            if reply.as_ref().is_err_and(Error::is_timeout) && !deadline.is_over() {
                return None;
            }
            let (_, attempt) = self.attempt.take()?;
            if let Some(answer) = self.end(attempt, reply) {
                return Some(answer);
            }
        }
    }

    /// The end of the call, with this end at one server; `None` if it is to be tried again.
    fn end(&mut self, mut attempt: HandedOver, reply: Result<Message, Error>) -> Option<Answer> {
        let is_answer = reply.as_ref().is_ok_and(|it| it.frame_count() > 0);
        let error = match attempt.end(reply) {
            Err(error @ CallError::MayHaveRun { .. }) if self.is_to_be_repeated(&error) => error,
            Err(error @ (CallError::Busy { .. } | CallError::NotSent { .. })) => error,
            answer => return Some(answer),
        };
        // A server that ends is down, until another has come in its place; nobody tells of that over inproc.
        let is_down = attempt.is_server_ending() && !attempt.backend().is_local();
        if is_answer && !is_down {
            // A server that is there, and would say the same again. Of the one behind it a relay may say that
            // the call may have run.
            self.passed_over.push(attempt.backend().clone());
        }
        let may_have_run = matches!(self.outcome.as_deref(), Some(CallError::MayHaveRun { .. }));
        if !may_have_run {
            self.outcome = Some(error.into());
        }
        None
    }

    /// Whether a call that may have run is to be made again.
    fn is_to_be_repeated(&self, error: &UntypedError) -> bool {
        let is_failure = |reason: &Error| *reason != Error::ConnectionLost && !reason.is_timeout();
        let failed = matches!(error, CallError::MayHaveRun { reason } if is_failure(reason));
        self.is_idempotent && !failed && !self.outgoing.deadline.is_over()
    }

    /// Hands it over to a server; false if all that are connected are to be passed over.
    fn hand_over(&mut self, until: Deadline) -> Result<bool, Error> {
        let start = |backend: &Arc<Backend>, outgoing: &mut Outgoing, id, patience| {
            backend.start(outgoing, id, patience)
        };
        self.attempt = self.deliver(until, start)?;
        Ok(self.attempt.is_some())
    }

    /// Sends it to a server that is not to be passed over; waits until one is connected and has room. `None` if all that are
    /// connected are to be passed over.
    fn deliver<T>(
        &mut self,
        until: Deadline,
        send: impl Fn(&Arc<Backend>, &mut Outgoing, u64, Deadline) -> Result<T, Unsent>,
    ) -> Result<Option<T>, Error> {
        let Ongoing {
            backends,
            outgoing,
            passed_over,
            ..
        } = self;
        backends.deliver(self.balance, passed_over, until, |backend, patience| {
            send(backend, outgoing, backends.new_id(), patience)
        })
    }
}

fn taken_already() -> Answer {
    let what = "waiting for a reply that was taken already".to_owned();
    let reason = Error::Unsupported { what };
    Err(CallError::MayHaveRun { reason })
}
