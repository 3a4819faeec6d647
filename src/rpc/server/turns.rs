//! Who receives: the workers take turns, so that a call is run by the thread that has received it.
//!
//! One worker at a time has the turn. It runs short calls itself and keeps the turn: no thread is woken for them. For a
//! call that is known to be long it passes the turn on first. Where one turns out to be long, another worker, the
//! sentinel, takes the turn over: it looks at the clock while calls come, and sleeps while none do. A worker that has
//! lost the turn joins the others when its call has ended. The last one, which nobody could take the turn from, runs
//! no call: it receives, and what comes waits in a queue.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, MutexGuard};

use super::queue::{Limit, Queue, QueueLimits, Queued};

/// How long a call may hold up those behind it before another worker takes the turn over.
const TAKE_OVER: Duration = Duration::from_millis(1);

/// How many looks without a call in between the sentinel takes before it sleeps.
const QUIET_LOOKS: u32 = 10;

/// The turn, and the queue of what nobody could run when it came.
#[derive(Debug)]
pub(super) struct Turns<T> {
    state: Mutex<State<T>>,
    /// Where the sentinel waits, and where the others do.
    sentinel: Condvar,
    others: Condvar,
    /// How many workers have nothing to do, those included that have not come yet.
    idle: AtomicUsize,
    /// When the call began that the worker with the turn runs, on `epoch`'s clock; 0 if it runs none.
    running_since: AtomicU64,
    /// How many calls were begun so.
    begun: AtomicU64,
    /// Whether the sentinel sleeps without a look at the clock.
    is_asleep: AtomicBool,
    epoch: Instant,
}

#[derive(Debug)]
struct State<T> {
    queue: Queue<T>,
    is_free: bool,
    has_sentinel: bool,
    has_ended: bool,
}

/// The next work of a worker.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<T> {
    /// It has the turn.
    Turn,
    Queued(T),
    /// Everything is done.
    End,
}

/// A call that the worker with the turn runs.
#[derive(Debug)]
#[must_use]
pub(super) struct Begun(u64);

impl<T: Queued> Turns<T> {
    /// For so many workers.
    pub(super) fn new(limits: QueueLimits, workers: usize) -> Turns<T> {
        Turns {
            state: Mutex::new(State {
                queue: Queue::new(limits),
                is_free: true,
                has_sentinel: false,
                has_ended: false,
            }),
            sentinel: Condvar::new(),
            others: Condvar::new(),
            idle: AtomicUsize::new(workers),
            running_since: AtomicU64::new(0),
            begun: AtomicU64::new(0),
            is_asleep: AtomicBool::new(false),
            epoch: Instant::now(),
        }
    }

    /// Waits for work.
    pub(super) fn next(&self) -> Next<T> {
        let mut state = self.state.lock();
        let next = self.wait(&mut state);
        self.idle.fetch_sub(1, Ordering::SeqCst);
        next
    }

    /// The worker has done what came next.
    pub(super) fn done(&self) {
        self.idle.fetch_add(1, Ordering::SeqCst);
    }

    fn wait(&self, state: &mut MutexGuard<'_, State<T>>) -> Next<T> {
        loop {
            if let Some(next) = state.next() {
                return next;
            }
            if state.has_sentinel {
                self.others.wait(state);
                continue;
            }
            state.has_sentinel = true;
            let takes_over = self.watch(state);
            state.has_sentinel = false;
            // It leaves, or finds work now: another watches.
            self.others.notify_one();
            if takes_over {
                return Next::Turn;
            }
        }
    }

    /// Waits as the sentinel, until there is work or the turn is to be taken over.
    fn watch(&self, state: &mut MutexGuard<'_, State<T>>) -> bool {
        let mut quiet = 0;
        while !state.has_work() {
            let begun = self.begun.load(Ordering::Relaxed);
            if quiet < QUIET_LOOKS {
                self.sentinel.wait_for(state, TAKE_OVER);
                if self.take_over() {
                    return true;
                }
            } else {
                self.is_asleep.store(true, Ordering::SeqCst);
                // One that begins after this look wakes it.
                let is_running = self.running_since.load(Ordering::SeqCst) != 0;
                if !is_running {
                    self.sentinel.wait(state);
                }
                self.is_asleep.store(false, Ordering::SeqCst);
                if is_running {
                    // It may be long: the clock tells.
                    quiet = 0;
                    continue;
                }
            }
            let is_quiet = self.begun.load(Ordering::Relaxed) == begun;
            quiet = if is_quiet { quiet + 1 } else { 0 };
        }
        false
    }

    /// Takes the turn from a worker whose call has been running for long.
    fn take_over(&self) -> bool {
        let since = self.running_since.load(Ordering::SeqCst);
        let is_long = since != 0 && self.now().saturating_sub(since) >= nanos(TAKE_OVER);
        let exchange = |from| {
            let (order, fails) = (Ordering::SeqCst, Ordering::Relaxed);
            self.running_since.compare_exchange(from, 0, order, fails)
        };
        is_long && exchange(since).is_ok()
    }

    /// Whether nobody could take the turn from the worker that has it: while calls are queued, workers that wait or have
    /// just ended a call are about to run them.
    pub(super) fn is_last(&self) -> bool {
        let state = self.state.lock();
        self.idle.load(Ordering::SeqCst) == 0 || !state.queue.is_empty()
    }

    /// Queues what the worker with the turn cannot run, or gives it back with the limit.
    pub(super) fn queue(&self, item: T) -> Result<(), (T, Limit)> {
        let mut state = self.state.lock();
        state.queue.push(item, self.idle.load(Ordering::SeqCst))?;
        self.wake(&state);
        Ok(())
    }

    /// Passes the turn on.
    pub(super) fn pass_on(&self) {
        let mut state = self.state.lock();
        state.is_free = true;
        self.wake(&state);
    }

    /// The worker with the turn begins a call that is likely to be short.
    pub(super) fn begin(&self) -> Begun {
        let now = self.now();
        self.running_since.store(now, Ordering::SeqCst);
        self.begun.fetch_add(1, Ordering::Relaxed);
        if self.is_asleep.load(Ordering::SeqCst) {
            let _state = self.state.lock();
            self.sentinel.notify_one();
        }
        Begun(now)
    }

    /// The call has ended: whether the worker still has the turn.
    pub(super) fn end(&self, begun: Begun) -> bool {
        let (order, fails) = (Ordering::SeqCst, Ordering::Relaxed);
        let ended = self
            .running_since
            .compare_exchange(begun.0, 0, order, fails);
        ended.is_ok()
    }

    /// Has all workers end once the queue is empty.
    pub(super) fn finish(&self) {
        self.state.lock().has_ended = true;
        self.sentinel.notify_all();
        self.others.notify_all();
    }

    /// Takes out of the queue what is such an item.
    pub(super) fn remove(&self, is_wanted: impl Fn(&T) -> bool) -> Vec<T> {
        self.state.lock().queue.remove(is_wanted)
    }

    fn wake(&self, state: &State<T>) {
        match state.has_sentinel {
            true => self.sentinel.notify_one(),
            false => self.others.notify_one(),
        };
    }

    /// Never 0.
    fn now(&self) -> u64 {
        nanos(self.epoch.elapsed()).max(1)
    }
}

impl<T: Queued> State<T> {
    fn has_work(&self) -> bool {
        self.is_free || self.has_ended || !self.queue.is_empty()
    }

    fn next(&mut self) -> Option<Next<T>> {
        if let Some(item) = self.queue.pop() {
            return Some(Next::Queued(item));
        }
        if self.has_ended {
            return Some(Next::End);
        }
        std::mem::take(&mut self.is_free).then_some(Next::Turn)
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::*;

    const LIMITS: QueueLimits = QueueLimits {
        calls: 2,
        bytes: 1 << 20,
    };

    #[test]
    fn a_short_call_keeps_the_turn() {
        let turns = Turns::<u64>::new(LIMITS, 1);
        assert_eq!(turns.next(), Next::Turn);
        assert!(turns.is_last());
        for _ in 0..1000 {
            let begun = turns.begin();
            assert!(turns.end(begun));
        }
    }

    #[test]
    fn another_takes_the_turn_over_from_a_long_call_also_when_it_slept() {
        for sleeps in [false, true] {
            let turns = Arc::new(Turns::<u64>::new(LIMITS, 2));
            assert_eq!(turns.next(), Next::Turn);
            assert!(!turns.is_last());
            let sentinel = turns.clone();
            let sentinel = thread::spawn(move || sentinel.next());
            while sleeps && !turns.is_asleep.load(Ordering::SeqCst) {
                thread::yield_now();
            }
            let begun = turns.begin();
            assert_eq!(sentinel.join().unwrap(), Next::Turn);
            assert!(!turns.end(begun));
            assert!(turns.is_last());
        }
    }

    #[test]
    fn a_worker_that_is_about_to_run_a_queued_call_cannot_take_the_turn() {
        let turns = Turns::new(LIMITS, 2);
        assert_eq!(turns.next(), Next::Turn);
        assert!(!turns.is_last());
        assert_eq!(turns.queue(1), Ok(()));
        assert!(turns.is_last());
        assert_eq!(turns.next(), Next::Queued(1));
        assert!(turns.is_last());
        turns.done();
        assert!(!turns.is_last());
    }

    #[test]
    fn what_is_queued_comes_before_the_turn_and_the_end() {
        let turns = Turns::new(LIMITS, 1);
        let next = || {
            let next = turns.next();
            turns.done();
            next
        };
        // The worker is about to take one.
        for item in 1..=3 {
            assert_eq!(turns.queue(item), Ok(()));
        }
        assert_eq!(turns.queue(4), Err((4, Limit::Calls(2))));
        assert_eq!(turns.remove(|item| *item > 1), [2, 3]);
        assert_eq!(next(), Next::Queued(1));
        assert_eq!(next(), Next::Turn);
        turns.pass_on();
        assert_eq!(next(), Next::Turn);
        assert_eq!(turns.queue(4), Ok(()));
        turns.finish();
        assert_eq!(next(), Next::Queued(4));
        assert_eq!(next(), Next::End);
        assert_eq!(next(), Next::End);
    }

    #[test]
    fn each_item_is_taken_once_and_one_worker_at_a_time_has_the_turn() {
        const ITEMS: u64 = 20_000;
        let turns = Arc::new(Turns::new(LIMITS, 4));
        let with_turn = Arc::new(AtomicUsize::new(0));
        let next_item = Arc::new(AtomicU64::new(0));
        let workers: Vec<_> = (0..4)
            .map(|_| {
                let (turns, with_turn) = (turns.clone(), with_turn.clone());
                let next_item = next_item.clone();
                thread::spawn(move || {
                    let mut sum = 0;
                    loop {
                        match turns.next() {
                            Next::End => return sum,
                            Next::Queued(item) => sum += item,
                            Next::Turn => {
                                assert_eq!(with_turn.fetch_add(1, Ordering::SeqCst), 0);
                                let item = next_item.fetch_add(1, Ordering::SeqCst);
                                let is_over = item >= ITEMS;
                                if !is_over {
                                    turns.queue(item).unwrap();
                                }
                                with_turn.fetch_sub(1, Ordering::SeqCst);
                                match is_over {
                                    true => turns.finish(),
                                    false => turns.pass_on(),
                                }
                            }
                        }
                        turns.done();
                    }
                })
            })
            .collect();
        let sums = workers.into_iter().map(|worker| worker.join().unwrap());
        assert_eq!(sums.sum::<u64>(), (0..ITEMS).sum::<u64>());
    }
}
