//! Closures of accesses, each called in a thread of its own: it may take any time, and the handler waits for none.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, TrySendError};
use log::error;

use super::domains::Entry;
use super::handler_socket::Asker;
use crate::background::{caught, detach};
use crate::security::{AccessRequest, Closure, Denial, Question, Verdict};
use crate::throttle::Throttle;
use crate::wake::Waker;

/// How many clients wait for one closure at most; more are to come back later.
const WAITING: usize = 256;

/// The questions to closures that are not answered yet.
pub(super) struct Asking {
    callers: Vec<Caller>,
    pending: HashMap<u64, Pending>,
    last: u64,
    answers: (Sender<Answer>, Receiver<Answer>),
    waker: Arc<Waker>,
}

/// The verdict on the question of this number.
type Answer = (u64, Verdict);

/// A client that waits for a verdict.
pub(super) struct Pending {
    pub(super) asker: Asker,
    pub(super) entry: Arc<Entry>,
    pub(super) request: Arc<AccessRequest>,
    due: Instant,
    closure: Weak<Closure>,
}

/// The thread that calls one closure. It is not joined, since the closure may never return; it ends when this
/// is dropped, as soon as it can.
struct Caller {
    closure: Weak<Closure>,
    jobs: Sender<Job>,
    /// The question that it is at, or zero.
    current: Arc<AtomicU64>,
    /// The question that has not been answered in time, as long as that is so.
    lost: Option<u64>,
}

struct Job {
    number: u64,
    question: Question,
    due: Instant,
}

impl Asking {
    /// Whoever waits for `waker` is woken when there is an answer.
    pub(super) fn new(waker: &Arc<Waker>) -> Asking {
        Asking {
            callers: Vec::new(),
            pending: HashMap::new(),
            last: 0,
            answers: crossbeam_channel::unbounded(),
            waker: waker.clone(),
        }
    }

    /// Has a question asked; gives it back with a verdict, if that is known already.
    pub(super) fn ask(
        &mut self,
        question: Question,
        (asker, entry, request): (Asker, Arc<Entry>, Arc<AccessRequest>),
        now: Instant,
    ) -> Option<(Pending, Verdict)> {
        let pending = Pending {
            asker,
            due: now + entry.budget,
            entry,
            request,
            closure: Arc::downgrade(question.closure()),
        };
        let number = self.last + 1;
        let job = Job {
            number,
            question,
            due: pending.due,
        };
        let Some(caller) = self.caller(job.question.closure()) else {
            return Some((pending, Verdict::Later));
        };
        if caller.lost.is_some() {
            return Some((pending, Verdict::Denied(Denial::Hung)));
        }
        match caller.jobs.try_send(job) {
            Ok(()) => {
                self.last = number;
                self.pending.insert(number, pending);
                None
            }
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                Some((pending, Verdict::Later))
            }
        }
    }

    /// The thread that calls this closure, started when first needed; `None` if it cannot be.
    fn caller(&mut self, closure: &Arc<Closure>) -> Option<&mut Caller> {
        self.callers.retain(|it| it.closure.strong_count() > 0);
        let own = Arc::downgrade(closure);
        let place = match self.callers.iter().position(|it| it.closure.ptr_eq(&own)) {
            Some(place) => place,
            None => {
                let caller = Caller::start(closure, self.answers.0.clone(), &self.waker)?;
                self.callers.push(caller);
                self.callers.len() - 1
            }
        };
        self.callers.get_mut(place)
    }

    /// When [`take_ended`](Self::take_ended) has something, if no answer comes before.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.pending.values().map(|pending| pending.due).min()
    }

    /// Those that have their verdict by now.
    pub(super) fn take_ended(&mut self, now: Instant) -> Vec<(Pending, Verdict)> {
        let mut ended = Vec::new();
        while let Ok((number, verdict)) = self.answers.1.try_recv() {
            for caller in &mut self.callers {
                caller.lost = caller.lost.filter(|lost| *lost != number);
            }
            // It may have come too late.
            if let Some(pending) = self.pending.remove(&number) {
                ended.push((pending, verdict));
            }
        }
        for caller in &mut self.callers {
            let current = caller.current.load(Ordering::Acquire);
            if let Some(pending) = self.pending.get(&current).filter(|it| it.due <= now) {
                caller.lost = Some(current);
                let (name, budget) = (pending.entry.name, pending.entry.budget);
                error!(
                    "{name}: the closure of its access has not returned for {budget:?}; until it \
                     does, all clients that it would be asked about are denied"
                );
            }
        }
        let lost: Vec<_> = self.callers.iter().filter(|it| it.lost.is_some()).collect();
        let is_lost = |pending: &Pending| lost.iter().any(|it| it.closure.ptr_eq(&pending.closure));
        let over = |_: &u64, it: &mut Pending| it.due <= now || is_lost(it);
        let over = self.pending.extract_if(over).map(|(_, pending)| {
            let verdict = match is_lost(&pending) {
                true => Verdict::Denied(Denial::Hung),
                false => Verdict::Later,
            };
            (pending, verdict)
        });
        ended.extend(over);
        ended
    }
}

impl Caller {
    fn start(
        closure: &Arc<Closure>,
        answers: Sender<Answer>,
        waker: &Arc<Waker>,
    ) -> Option<Caller> {
        let (jobs, received) = crossbeam_channel::bounded::<Job>(WAITING);
        let current = Arc::new(AtomicU64::new(0));
        let (at, waker) = (current.clone(), waker.clone());
        let run = move || {
            let throttle = Throttle::new();
            for job in received {
                if Instant::now() >= job.due {
                    continue;
                }
                at.store(job.number, Ordering::Release);
                let verdict = caught(|| judge(job.question, &throttle));
                let verdict = verdict.unwrap_or(Verdict::Denied(Denial::Panicked));
                at.store(0, Ordering::Release);
                let _ = answers.send((job.number, verdict));
                waker.wake();
            }
        };
        if let Err(error) = detach("zeroless-access", run) {
            error!("a closure cannot be asked who may enter: {error}");
            return None;
        }
        Some(Caller {
            closure: Arc::downgrade(closure),
            jobs,
            current,
            lost: None,
        })
    }
}

fn judge(mut question: Question, throttle: &Throttle) -> Verdict {
    if let Some(verdict) = question.begin(Instant::now()) {
        return verdict;
    }
    let answer = caught(|| question.ask()).unwrap_or_else(|words| {
        if let Some(left_out) = throttle.admit() {
            error!("a closure that says who may enter has panicked: {words}{left_out}");
        }
        Err(Denial::Panicked)
    });
    question.end(answer, Instant::now())
}
