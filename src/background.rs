//! The library's own threads: each is named, ready before its constructor returns, guarded against
//! panics, and joined when it is dropped.

mod thread_stop;
mod wait_set;

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{Builder, JoinHandle};

use log::error;
use parking_lot::{Condvar, Mutex};
pub(crate) use thread_stop::ThreadStop;
pub(crate) use wait_set::{Source, WaitSet};

use crate::error::{Error, Result};
use crate::fork::ForkGuard;

/// A thread that works for a handle, and ends with it.
pub(crate) struct Background {
    number: u64,
    stop: Box<dyn Fn() + Send + Sync>,
    thread: ForkGuard<Mutex<Option<JoinHandle<()>>>>,
}

thread_local! {
    /// The number of the `Background` whose thread this is. It has no destructor, so it can be read
    /// while others run, where `thread::current` panics.
    static CURRENT: Cell<u64> = const { Cell::new(0) };
}

impl Background {
    /// Starts a thread of this name, and returns when it is ready.
    ///
    /// `prepare` runs in the thread, and gives the function that the thread runs from then on; its error is
    /// returned here. `stop` has the thread end, and must not wait for that: it may be called in the
    /// thread itself.
    pub(crate) fn start<Run: FnOnce()>(
        name: &'static str,
        stop: impl Fn() + Send + Sync + 'static,
        prepare: impl FnOnce() -> Result<Run> + Send + 'static,
    ) -> Result<Background> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let ready = Arc::new(Ready::default());
        let starting = ready.clone();
        let thread = spawn(name, move || {
            CURRENT.set(number);
            match guarded(name, prepare) {
                Some(Ok(run)) => {
                    starting.set(Ok(()));
                    guarded(name, run);
                }
                Some(Err(error)) => starting.set(Err(error)),
                None => starting.set(Err(Error::system("starting a thread", "it panicked"))),
            }
        })?;
        ready.wait()?;
        Ok(Background {
            number,
            stop: Box::new(stop),
            thread: ForkGuard::new(Mutex::new(Some(thread))),
        })
    }

    /// Starts a thread that waits in a [`WaitSet`]: it ends when it finds that it is stopped, which
    /// ends its wait.
    pub(crate) fn start_waiting<Run: FnOnce()>(
        name: &'static str,
        prepare: impl FnOnce(Arc<ThreadStop>) -> Result<Run> + Send + 'static,
    ) -> Result<(Background, Arc<ThreadStop>)> {
        let stop = Arc::new(ThreadStop::new()?);
        let (own, by_drop) = (stop.clone(), stop.clone());
        let thread = Background::start(name, move || by_drop.stop(), move || prepare(own))?;
        Ok((thread, stop))
    }

    /// Whether the caller is the thread itself, which cannot wait for its own end.
    pub(crate) fn is_current(&self) -> bool {
        CURRENT.get() == self.number
    }

    /// Stops the thread, and waits until it has ended.
    pub(crate) fn stop(&self) {
        // In a forked child there is no thread to stop.
        let Ok(thread) = self.thread.get() else {
            return;
        };
        (self.stop)();
        if self.is_current() {
            return;
        }
        // Under the lock, so that every caller waits for its end.
        if let Some(thread) = thread.lock().take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stop();
    }
}

impl fmt::Debug for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Background").finish_non_exhaustive()
    }
}

/// Starts a thread that nothing joins; it must end by itself.
pub(crate) fn detach(name: &'static str, run: impl FnOnce() + Send + 'static) -> Result<()> {
    let thread = spawn(name, move || {
        guarded(name, run);
    });
    thread.map(drop)
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    let thread = Builder::new().name(name.to_owned()).spawn(run);
    thread.map_err(|error| Error::system("starting a thread", error))
}

/// Calls a function that may panic for reasons that are not ours, as a user's logger does; `None`, and a line
/// in the log, if it did.
pub(crate) fn guarded<T>(what: &str, call: impl FnOnce() -> T) -> Option<T> {
    match caught(call) {
        Ok(value) => Some(value),
        Err(words) => {
            quietly(|| error!("{what}: a panic was caught: {words}"));
            None
        }
    }
}

/// Calls a function that may panic; its panic's words, if it did.
pub(crate) fn caught<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| {
        let words = words(&*panic).to_owned();
        // Neither the logger nor the panic's own value can end the thread.
        quietly(|| drop(panic));
        words
    })
}

/// Calls something whose panic is ignored: it could not even be logged.
fn quietly(call: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(call)) {
        // Its drop might panic, too.
        mem::forget(panic);
    }
}

/// The message of a panic.
fn words(panic: &(dyn Any + Send)) -> &str {
    match panic.downcast_ref::<&str>() {
        Some(words) => words,
        None => panic
            .downcast_ref::<String>()
            .map_or("no words", String::as_str),
    }
}

/// Whether a thread is ready, or why it will not be.
#[derive(Default)]
struct Ready {
    outcome: Mutex<Option<Result<()>>>,
    changed: Condvar,
}

impl Ready {
    fn set(&self, outcome: Result<()>) {
        *self.outcome.lock() = Some(outcome);
        self.changed.notify_all();
    }

    fn wait(&self) -> Result<()> {
        let mut outcome = self.outcome.lock();
        loop {
            match outcome.take() {
                Some(outcome) => return outcome,
                None => self.changed.wait(&mut outcome),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::wake::Deadline;

    const SOON: Duration = Duration::from_secs(10);

    /// A thread that waits until it is stopped.
    fn waiting(name: &'static str, then: impl FnOnce() + Send + 'static) -> Background {
        let (stop, stopped) = mpsc::channel();
        let tell = move || {
            let _ = stop.send(());
        };
        let run = move || {
            stopped.recv().unwrap();
            then();
        };
        Background::start(name, tell, || Ok(run)).unwrap()
    }

    #[test]
    fn a_thread_is_ready_before_it_is_handed_out() {
        let ready = Arc::new(AtomicBool::new(false));
        let (set, (tell, name)) = (ready.clone(), mpsc::channel());
        let prepare = move || {
            tell.send(thread::current().name().map(str::to_owned))
                .unwrap();
            set.store(true, Ordering::SeqCst);
            Ok(|| {})
        };
        let _thread = Background::start("a-name", || {}, prepare).unwrap();
        assert!(ready.load(Ordering::SeqCst));
        assert_eq!(name.recv().unwrap().as_deref(), Some("a-name"));
    }

    #[test]
    fn a_thread_that_cannot_be_made_ready_is_an_error() {
        let refused = Background::start::<fn()>("refused", || {}, || Err(Error::OutOfFiles));
        assert_eq!(refused.unwrap_err(), Error::OutOfFiles);
        let panicked = Background::start::<fn()>("panicked", || {}, || panic!("on purpose"));
        assert!(matches!(panicked.unwrap_err(), Error::System { .. }));
    }

    #[test]
    fn a_thread_has_ended_when_it_was_dropped() {
        let ended = Arc::new(AtomicBool::new(false));
        let set = ended.clone();
        drop(waiting("ends", move || set.store(true, Ordering::SeqCst)));
        assert!(ended.load(Ordering::SeqCst));
        drop(waiting("panics", || panic!("on purpose")));
    }

    #[test]
    fn a_thread_that_drops_itself_does_not_wait_for_itself() {
        let (give, given) = mpsc::channel::<Background>();
        let (tell, told) = mpsc::channel();
        let own = waiting("drops-itself", move || {
            let own = given.recv().unwrap();
            tell.send(own.is_current()).unwrap();
            drop(own);
            tell.send(true).unwrap();
        });
        assert!(!own.is_current());
        (own.stop)();
        give.send(own).unwrap();
        assert_eq!(told.recv_timeout(SOON), Ok(true));
        assert_eq!(told.recv_timeout(SOON), Ok(true));
    }

    #[test]
    fn a_thread_that_waits_ends_when_it_is_dropped() {
        let ended = Arc::new(AtomicBool::new(false));
        let set = ended.clone();
        let prepare = move |stop: Arc<ThreadStop>| {
            Ok(move || {
                let waits = WaitSet::<()>::new(stop.waker());
                while !stop.is_stopped() {
                    waits.wait(Deadline::Never);
                }
                set.store(true, Ordering::SeqCst);
            })
        };
        let (thread, stop) = Background::start_waiting("waits", prepare).unwrap();
        stop.waker().wake();
        assert!(!ended.load(Ordering::SeqCst));
        drop(thread);
        assert!(ended.load(Ordering::SeqCst));
    }

    #[test]
    fn nothing_gets_past_the_guard() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("on purpose, while dropped");
            }
        }
        assert_eq!(guarded("a call", || 7), Some(7));
        assert_eq!(guarded("a call", || panic!("on purpose")), None::<()>);
        let bomb = || std::panic::panic_any(Bomb);
        assert_eq!(guarded("a call", bomb), None::<()>);
    }
}
