//! The work of a server's threads: receiving, running, answering.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Instant;

use log::{debug, error, warn};
use parking_lot::Mutex;

use super::allow::Allow;
use super::asked::Asked;
use super::call::{Call, SharedCall};
use super::open_calls::OpenCalls;
use super::services::{Ran, Service, Services};
use super::turns::{Next, Turns};
use crate::background::{caught, guarded};
use crate::error::Error;
use crate::message::Frame;
use crate::pattern::{Replier, Request};
use crate::rpc::CallError;
use crate::rpc::envelope::{Envelope, ErrorReply, read};
use crate::rpc::stop::Stop;
use crate::throttle::Throttle;

/// The bounds of the queue.
#[derive(Debug, Clone, Copy)]
pub(super) struct QueueLimits {
    pub(super) calls: usize,
    pub(super) bytes: usize,
}

/// What the threads of a server share.
pub(super) struct Engine {
    replier: Replier,
    pub(super) services: Services,
    allow: Option<Allow>,
    limits: QueueLimits,
    turns: Turns<Waiting>,
    queued_bytes: AtomicUsize,
    /// The call that each worker runs.
    running: Vec<Mutex<Option<Call>>>,
    /// Those whose answers come later.
    later: Mutex<Vec<Weak<SharedCall>>>,
    pub(super) open: Arc<OpenCalls>,
    pub(super) stop: Stop,
    lost_casts: Throttle,
}

/// A call that can be run.
struct Waiting {
    service: Arc<Service>,
    call: Call,
    body: Frame,
}

/// How many messages are looked at, at most, when the server stops.
const LAST_MESSAGES: usize = 10_000;

impl Engine {
    pub(super) fn new(
        replier: Replier,
        services: Services,
        allow: Option<Allow>,
        limits: QueueLimits,
        threads: usize,
    ) -> crate::error::Result<Engine> {
        let stopper = replier.stopper()?;
        Ok(Engine {
            stop: Stop::new("rpc: the server", vec![Box::new(move || stopper.stop())]),
            replier,
            services,
            allow,
            limits,
            turns: Turns::new(),
            queued_bytes: AtomicUsize::new(0),
            running: (0..threads).map(|_| Mutex::default()).collect(),
            later: Mutex::default(),
            open: Arc::default(),
            lost_casts: Throttle::new(),
        })
    }

    /// The work of one thread, until the server has stopped and all is done.
    pub(super) fn work(&self, worker: usize) {
        loop {
            match self.turns.next() {
                Next::Turn => self.receive(worker),
                Next::Queued(waiting) => {
                    let size = waiting.body.len();
                    self.queued_bytes.fetch_sub(size, Ordering::Relaxed);
                    self.run(worker, waiting);
                }
                Next::End => return,
            }
        }
    }

    /// Receives, and runs what it receives, until another worker has the turn.
    fn receive(&self, worker: usize) {
        loop {
            let request = match self.replier.recv() {
                Ok(request) => request,
                Err(failure) => {
                    if failure != Error::Stopped {
                        step(|| self.stop.fail(failure));
                    }
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
                return self.run(worker, waiting);
            } else {
                let begun = self.turns.begin();
                self.run(worker, waiting);
                if !self.turns.end(begun) {
                    return;
                }
            }
        }
    }

    /// Answers what can be answered at once; a call that can be run, if it is one.
    fn take_in(&self, request: Request) -> Option<Waiting> {
        let message = request.message();
        let origin = (message.user().map(Box::from), message.peer().cloned());
        let (message, reply) = request.split();
        let count = message.frame_count();
        let mut frames = message.into_iter();
        let head = frames.next().unwrap_or_default();
        let (encoding, envelope) = read(&head);
        let envelope = match envelope {
            Ok(envelope) => envelope,
            Err(rejection) => {
                let words = rejection.error.to_string();
                Asked::new(rejection.id, encoding, reply).answer(Err(rejection.error.into()));
                debug!("rpc: a message was refused: {words}");
                return None;
            }
        };
        let asked = Asked::new(envelope.id(), encoding, reply);
        if !envelope.wants_answer() {
            asked.want_none();
        }
        let has_body = envelope.body().is_some();
        if count != 1 + usize::from(has_body) {
            let reason = match has_body {
                true => "a call has two frames: the envelope and the body",
                false => "there are frames after an envelope that has no body",
            };
            let reason = reason.into();
            asked.answer(Err(CallError::Protocol { reason }.into()));
            return None;
        }
        match envelope {
            Envelope::Call {
                left, name, body, ..
            }
            | Envelope::Cast {
                left, name, body, ..
            } => {
                let asked = asked.with_body(body);
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
                let body = frames.next().unwrap_or_default();
                self.let_in(Waiting {
                    service,
                    call,
                    body,
                })
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
                let asked = &waiting.call.shared.asked;
                self.refuse(asked, &waiting.service.name, CallError::Denied { reason });
                None
            }
        }
    }

    /// Answers with an error; that of a cast is logged.
    fn refuse(&self, asked: &Asked, name: &str, error: ErrorReply) {
        let words = error.to_string();
        if !asked.answer(Err(error.into()))
            && let Some(left_out) = self.lost_casts.admit()
        {
            warn!("rpc: a cast of {name} was dropped: {words}{left_out}");
        }
    }

    /// Queues a call, or refuses it.
    fn queue(&self, waiting: Waiting) {
        let size = waiting.body.len();
        let QueueLimits { calls, bytes } = self.limits;
        let before = self.queued_bytes.fetch_add(size, Ordering::Relaxed);
        let has_bytes = before == 0 || before.saturating_add(size) <= bytes;
        let queued = self
            .turns
            .queue(waiting, |queued| queued < calls && has_bytes);
        if let Err(waiting) = queued {
            self.queued_bytes.fetch_sub(size, Ordering::Relaxed);
            self.refuse_busy(
                &waiting,
                match has_bytes {
                    true => format!("its queue of {calls} calls is full"),
                    false => format!("its queue of {bytes} bytes is full"),
                },
            );
        }
    }

    fn refuse_busy(&self, waiting: &Waiting, limit: String) {
        waiting.service.statistics.busy.add(1);
        let limit = limit.into();
        let asked = &waiting.call.shared.asked;
        self.refuse(asked, &waiting.service.name, CallError::Busy { limit });
    }

    /// Refuses the calls that have come and that nobody will run.
    pub(super) fn refuse_rest(&self) {
        for _ in 0..LAST_MESSAGES {
            let Ok(request) = self.replier.try_recv() else {
                return;
            };
            if let Some(waiting) = self.take_in(request) {
                self.refuse_busy(&waiting, "it is stopping".to_owned());
            }
        }
    }

    /// Refuses the calls in the queue.
    pub(super) fn refuse_queued(&self) {
        for waiting in self.turns.remove(|_| true) {
            let size = waiting.body.len();
            self.queued_bytes.fetch_sub(size, Ordering::Relaxed);
            self.refuse_busy(&waiting, "it is stopping".to_owned());
        }
    }

    fn run(&self, worker: usize, waiting: Waiting) {
        step(|| self.run_waiting(worker, waiting));
    }

    /// Runs a call, unless nobody waits for it any more.
    fn run_waiting(&self, worker: usize, waiting: Waiting) {
        let Waiting {
            service,
            call,
            body,
        } = waiting;
        let (shared, statistics) = (&call.shared, &service.statistics);
        if shared.is_over() {
            statistics.expired.add(1);
            return self.refuse(&shared.asked, &service.name, CallError::Expired);
        }
        let running = self.running.get(worker);
        let set_running = |call| {
            if let Some(running) = running {
                *running.lock() = call;
            }
        };
        set_running(Some(call.clone()));
        let began = Instant::now();
        let ran = caught(|| service.run(&body, &call));
        let time = began.elapsed();
        set_running(None);
        match ran {
            Ok(Ran::Done(by_wire)) => {
                statistics.ran(time);
                statistics.failed.add(by_wire.has_failed.into());
                shared.asked.answer(by_wire.result);
            }
            Ok(Ran::Later) => {
                statistics.ran(time);
                return self.keep_later(&call);
            }
            Ok(Ran::NotRun(error)) => {
                statistics.bad_requests.add(1);
                self.refuse(&shared.asked, &service.name, error);
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

    /// Remembers a call that is answered later, so that it can be cancelled.
    fn keep_later(&self, call: &Call) {
        if !call.shared.is_later() {
            call.shared.asked.answer(Err(CallError::Panicked.into()));
            call.shared.close();
            let name = call.name();
            warn!(
                "rpc: the handler of {name} returned `Later` and made no answer by `call.later()`"
            );
            return;
        }
        let mut later = self.later.lock();
        if later.len() == later.capacity() {
            later.retain(|call| call.strong_count() > 0);
        }
        later.push(Arc::downgrade(&call.shared));
    }

    /// Cancels the call of this id that has come the same way.
    fn cancel(&self, id: u64, asked: &Asked) {
        let is_it = |call: &SharedCall| call.asked.id == id && asked.is_from_where(&call.asked);
        for waiting in self.turns.remove(|it| is_it(&it.call.shared)) {
            let size = waiting.body.len();
            self.queued_bytes.fetch_sub(size, Ordering::Relaxed);
            waiting.call.shared.asked.want_none();
            waiting.service.statistics.cancelled.add(1);
        }
        for running in &self.running {
            if let Some(call) = &*running.lock()
                && is_it(&call.shared)
            {
                call.shared.cancel();
            }
        }
        for call in self.later.lock().iter().filter_map(Weak::upgrade) {
            if is_it(&call) {
                call.cancel();
            }
        }
    }
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
