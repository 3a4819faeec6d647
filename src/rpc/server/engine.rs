//! The work of a server's threads: receiving, running, answering.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Instant;

use log::{error, warn};
use parking_lot::Mutex;

use super::allow::Allow;
use super::asked::Asked;
use super::call::{Call, SharedCall};
use super::callers::Callers;
use super::open_calls::OpenCalls;
use super::queue::Queued;
use super::result::WireResult;
use super::services::{Ran, Service, Services};
use super::threads::Threads;
use super::turns::{Next, Turns};
use crate::background::{caught, guarded};
use crate::error::Error;
use crate::message::{Frame, Message};
use crate::pattern::{Replier, Request};
use crate::printable::Printable;
use crate::rpc::CallError;
use crate::rpc::envelope::{Encoding, Envelope, ErrorReply, read, to_frame};
use crate::rpc::stop::Stop;
use crate::throttle::Throttle;

/// What the threads of a server share.
pub(super) struct Engine {
    /// Where it is bound, until it has ended.
    pub(super) server: crate::Server,
    replier: Replier,
    pub(super) services: Services,
    allow: Option<Allow>,
    turns: Turns<Waiting>,
    /// The calls that may not have ended, for those that are cancelled.
    calls: Mutex<Vec<Weak<SharedCall>>>,
    pub(super) open: Arc<OpenCalls>,
    callers: Callers,
    pub(super) threads: Arc<Threads>,
    pub(super) stop: Stop,
    lost_casts: Throttle,
}

/// A call that can be run.
pub(super) struct Waiting {
    service: Arc<Service>,
    call: Call,
    body: Frame,
}

impl Queued for Waiting {
    fn size(&self) -> usize {
        self.body.len()
    }
}

/// How many messages are looked at, at most, when the server ends.
const LAST_MESSAGES: usize = 10_000;

/// Why a server that stops refuses a call.
const STOPPING: &str = "it is stopping";

impl Engine {
    pub(super) fn new(
        server: crate::Server,
        replier: Replier,
        services: Services,
        allow: Option<Allow>,
        turns: Turns<Waiting>,
    ) -> crate::error::Result<Engine> {
        let receiving = replier.stopper()?;
        // The socket is stopped once all calls have ended: until then somebody receives, and refuses what comes.
        let open = Arc::new(OpenCalls::new(move || receiving.stop()));
        let calls = open.clone();
        Ok(Engine {
            stop: Stop::new("rpc: the server", vec![Box::new(move || calls.stop())]),
            server,
            replier,
            services,
            allow,
            turns,
            calls: Mutex::default(),
            open,
            callers: Callers::default(),
            threads: Arc::default(),
            lost_casts: Throttle::new(),
        })
    }

    /// The work of one thread, until the server has stopped and all is done.
    pub(super) fn work(&self) {
        loop {
            match self.turns.next() {
                Next::Turn => self.receive(),
                Next::Queued(waiting) => self.run(waiting),
                Next::End => return,
            }
            self.turns.done();
        }
    }

    /// Receives, and runs what it receives, until another worker has the turn.
    fn receive(&self) {
        loop {
            let request = match self.replier.recv() {
                Ok(request) => request,
                Err(Error::Stopped) => {
                    step(|| self.end());
                    return self.turns.finish();
                }
                Err(failure) => {
                    step(|| self.stop.fail(failure));
                    step(|| self.refuse_rest());
                    return self.turns.finish();
                }
            };
            let Some(waiting) = step(|| self.take_in(request)).flatten() else {
                continue;
            };
            if self.turns.is_last() {
                step(|| self.queue(waiting));
            } else if waiting.service.statistics.is_long() {
                self.turns.pass_on();
                return self.run(waiting);
            } else {
                let begun = self.turns.begin();
                self.run(waiting);
                if !self.turns.end(begun) {
                    return;
                }
            }
        }
    }

    /// Answers what can be answered at once; a call that can be run, if it is one.
    fn take_in(&self, request: Request) -> Option<Waiting> {
        let (mut message, reply) = request.split();
        if let Some(caller) = reply.requester() {
            self.callers.add(caller);
        }
        let origin = message.take_origin();
        let body = message.pop_second();
        let (encoding, envelope) = read(message.as_bytes());
        let envelope = match envelope {
            Ok(envelope) => envelope,
            Err(rejection) => {
                Asked::new(rejection.id, encoding, reply).answer(Err(rejection.error.into()));
                return None;
            }
        };
        let asked = Asked::new(envelope.id(), encoding, reply);
        if !envelope.wants_answer() {
            asked.want_none();
        }
        let wants_body = envelope.body().is_some();
        if wants_body != body.is_some() || message.frame_count() != 1 {
            let reason = match wants_body {
                true => "a call has two frames: the envelope and the body",
                false => "there are frames after an envelope that has no body",
            };
            let reason = reason.into();
            asked.answer(Err(CallError::Protocol { reason }.into()));
            return None;
        }
        match envelope {
            Envelope::Call {
                left,
                name,
                body: body_type,
                ..
            }
            | Envelope::Cast {
                left,
                name,
                body: body_type,
                ..
            } => {
                let asked = asked.with_body(body_type);
                let service = match self.services.find(&name) {
                    Ok(service) => service.clone(),
                    Err(error) => {
                        self.refuse(&asked, &name, error);
                        return None;
                    }
                };
                let name = service.name.clone();
                let shared = SharedCall::new(asked, name, left, origin, self.open.open());
                let call = Call {
                    shared: Arc::new(shared),
                };
                self.remember(&call);
                let body = body.unwrap_or_default();
                let waiting = Waiting {
                    service,
                    call,
                    body,
                };
                if self.open.is_stopping() {
                    self.refuse_busy(&waiting, STOPPING.to_owned());
                    return None;
                }
                self.let_in(waiting)
            }
            Envelope::Cancel { id } => {
                self.cancel(id, &asked);
                None
            }
            Envelope::Ping { id } => {
                asked.send(&Envelope::Pong { id }, None);
                None
            }
            Envelope::List { .. } => {
                asked.answer_with(&self.services.statistics());
                None
            }
            // Nobody here has asked for anything.
            Envelope::Reply { .. }
            | Envelope::Error { .. }
            | Envelope::Accepted { .. }
            | Envelope::Pong { .. } => None,
        }
    }

    /// The call, if its caller may call it.
    fn let_in(&self, waiting: Waiting) -> Option<Waiting> {
        let Some(allow) = &self.allow else {
            return Some(waiting);
        };
        match allow.check(&waiting.call) {
            Ok(()) => Some(waiting),
            Err(reason) => {
                waiting.service.statistics.denied.add(1);
                self.refuse_call(&waiting.call, CallError::Denied { reason });
                None
            }
        }
    }

    /// Answers with an error; that of a cast is logged.
    fn refuse(&self, asked: &Asked, name: &str, error: ErrorReply) {
        if !asked.is_answered() {
            asked.answer(Err(error.into()));
        } else if let Some(left_out) = self.lost_casts.admit() {
            let name = Printable(name);
            warn!("rpc: a cast of {name} was dropped: {error}{left_out}");
        }
    }

    /// Ends a call that does not run with an error.
    fn refuse_call(&self, call: &Call, error: ErrorReply) {
        self.refuse(&call.shared.asked, call.name(), error);
        call.shared.close();
    }

    /// Queues a call, or refuses it.
    fn queue(&self, waiting: Waiting) {
        if let Err((waiting, limit)) = self.turns.queue(waiting) {
            self.refuse_busy(&waiting, limit.to_string());
        }
    }

    fn refuse_busy(&self, waiting: &Waiting, limit: String) {
        waiting.service.statistics.busy.add(1);
        let limit = limit.into();
        self.refuse_call(&waiting.call, CallError::Busy { limit });
    }

    /// Ends a server all of whose calls have ended: those that have come meanwhile are refused, and the endpoints given up.
    ///
    /// A call that comes after the last look is neither run nor refused. Its client knows that from the last thing that it is told:
    /// no call runs that has no reply by now.
    fn end(&self) {
        self.refuse_rest();
        let ends = Envelope::Error {
            id: 0,
            error: CallError::Busy {
                limit: STOPPING.into(),
            },
            body: None,
        };
        let mut ends = Message::single(to_frame(&ends, Encoding::MessagePack));
        for caller in self.callers.take() {
            self.replier.reply_to_all(&caller, ends.share());
        }
        self.refuse_rest();
        if let Err(error) = self.server.unbind_all() {
            warn!("rpc: the server's endpoints are not free at once: {error}");
        }
        self.replier.end();
    }

    /// Answers what has come.
    fn refuse_rest(&self) {
        for _ in 0..LAST_MESSAGES {
            let Ok(request) = self.replier.try_recv() else {
                return;
            };
            self.take_in(request);
        }
    }

    /// Refuses the calls in the queue.
    pub(super) fn refuse_queued(&self) {
        for waiting in self.turns.remove(|_| true) {
            self.refuse_busy(&waiting, STOPPING.to_owned());
        }
    }

    fn run(&self, waiting: Waiting) {
        step(|| self.run_waiting(waiting));
    }

    /// Runs a call, unless nobody waits for it any more.
    fn run_waiting(&self, waiting: Waiting) {
        let Waiting {
            service,
            call,
            body,
        } = waiting;
        let (shared, statistics) = (&call.shared, &service.statistics);
        if shared.was_cancelled() {
            statistics.cancelled.add(1);
            shared.asked.want_none();
            return shared.close();
        }
        if shared.is_over() {
            statistics.expired.add(1);
            return self.refuse_call(&call, CallError::Expired);
        }
        let began = Instant::now();
        let ran = caught(|| service.run(&body, &call));
        let time = began.elapsed();
        match ran {
            Ok(Ran::Done(result)) => {
                statistics.ran(time);
                statistics.failed.add(is_service_error(&result).into());
                shared.asked.answer(result);
            }
            Ok(Ran::Later) if shared.is_later() => return statistics.ran(time),
            Ok(Ran::Later) => {
                statistics.ran(time);
                shared.asked.answer(Err(CallError::Panicked.into()));
                let name = &service.name;
                warn!(
                    "rpc: the handler of {name} returned `Later` and made no answer by `call.later()`"
                );
            }
            Ok(Ran::NotRun(error)) => {
                statistics.bad_requests.add(1);
                self.refuse_call(&call, error);
            }
            Err(words) => {
                statistics.ran(time);
                statistics.panicked.add(1);
                shared.asked.answer(Err(CallError::Panicked.into()));
                // A logger may panic, too.
                error!("rpc: the handler of {} panicked: {words}", service.name);
            }
        }
        shared.close();
    }

    /// Remembers a call, so that it can be cancelled.
    fn remember(&self, call: &Call) {
        let mut calls = self.calls.lock();
        if calls.len() == calls.capacity() {
            calls.retain(|call| call.strong_count() > 0);
        }
        calls.push(Arc::downgrade(&call.shared));
    }

    /// Cancels the call of this id that has come the same way.
    fn cancel(&self, id: u64, asked: &Asked) {
        let is_it =
            |call: &Arc<SharedCall>| call.asked.id == id && asked.is_from_where(&call.asked);
        let calls = self.calls.lock();
        let found = calls.iter().filter_map(Weak::upgrade).filter(is_it);
        let found: Vec<_> = found.inspect(|call| call.cancel()).collect();
        drop(calls);
        if found.is_empty() {
            return;
        }
        // It makes room for others.
        for waiting in self.turns.remove(|it| it.call.shared.was_cancelled()) {
            self.run(waiting);
        }
    }
}

/// Whether it is the service's own error.
fn is_service_error(result: &WireResult) -> bool {
    matches!(result, Err(error) if matches!(*error.error, CallError::Service(_)))
}

/// Takes a step of a thread's work: a user's logger that panics ends neither the thread nor its turn.
fn step<T>(step: impl FnOnce() -> T) -> Option<T> {
    guarded("zeroless-rpc", step)
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("services", &self.services)
            .finish_non_exhaustive()
    }
}
