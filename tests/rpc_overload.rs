//! A server that is asked for ten times what it can do: it does nearly as much as it can, what it accepts is answered in
//! time, and what has expired is never begun.
//!
//! `ZEROLESS_OVERLOAD=60` has it last so many seconds, and its figures judged; it is one otherwise.
#![cfg(feature = "rpc")]

mod support;
#[path = "support/usage.rs"]
mod usage;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use support::deadline_after;
use usage::Usage;
use zeroless::rpc::{self, Call, CallError, Running};

/// Sleeps for this work's time.
#[derive(Serialize, Deserialize)]
struct Work;
rpc::command!(Work -> ());

const WORKERS: usize = 4;

/// How long a call takes.
const WORK: Duration = Duration::from_millis(5);

/// How long a caller waits.
const PATIENCE: Duration = Duration::from_millis(500);

/// Ten times as many as the server has workers.
const CALLERS: usize = 10 * WORKERS;

/// Each caller has this many calls under way.
const AT_ONCE: usize = 4;

#[derive(Debug, Default)]
struct Counts {
    answered: AtomicU64,
    busy: AtomicU64,
    late: AtomicU64,
}

fn is_judged() -> Option<u64> {
    let set = std::env::var("ZEROLESS_OVERLOAD").ok()?;
    Some(set.parse().expect("a number of seconds"))
}

/// A server, and how many calls began that nobody waited for any more.
fn server() -> (Running, Arc<AtomicU64>) {
    let dead = Arc::new(AtomicU64::new(0));
    let counted = dead.clone();
    let work = move |_: Work, call: &Call| {
        counted.fetch_add(
            u64::from(call.left().is_some_and(|left| left.is_zero())),
            Ordering::Relaxed,
        );
        thread::sleep(WORK);
        Ok(())
    };
    let server = rpc::Server::bind_local(0).unwrap().workers(WORKERS);
    // Fewer than there are under way, and done long before a caller's patience ends.
    let server = server.queue(50, 1 << 20).serve(work).start().unwrap();
    (server, dead)
}

/// Calls for this long from so many threads; the times of those that were answered.
fn call(server: &Running, callers: usize, time: Duration, counts: &Counts) -> Vec<Duration> {
    let over = AtomicBool::new(false);
    let client = rpc::Client::connect(server.endpoints()).unwrap();
    let client = client.timeout(PATIENCE);
    thread::scope(|scope| {
        let caller = || {
            let mut times = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let began = Instant::now();
                let calls: Vec<_> = (0..AT_ONCE)
                    .filter_map(|_| client.start(&Work).ok())
                    .collect();
                for call in calls {
                    match call.wait() {
                        Ok(()) => {
                            times.push(began.elapsed());
                            counts.answered.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(CallError::Busy { .. }) => {
                            counts.busy.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(error) => {
                            let is_late = matches!(
                                error,
                                CallError::Expired
                                    | CallError::MayHaveRun { .. }
                                    | CallError::NotSent { .. }
                            );
                            assert!(is_late, "{error}");
                            counts.late.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            }
            times
        };
        let callers: Vec<_> = (0..callers).map(|_| scope.spawn(caller)).collect();
        thread::sleep(time);
        over.store(true, Ordering::Relaxed);
        callers
            .into_iter()
            .flat_map(|it| it.join().unwrap())
            .collect()
    })
}

#[test]
fn a_server_that_is_asked_for_too_much_does_what_it_can_and_begins_nothing_in_vain() {
    let judged = is_judged();
    let seconds = judged.unwrap_or(1);
    deadline_after(Duration::from_secs(60 + 2 * seconds), move || {
        let (server, dead) = server();
        let time = Duration::from_secs(seconds);
        let (usual, overload) = (Counts::default(), Counts::default());
        call(&server, 1, time.min(Duration::from_secs(10)), &usual);
        call(&server, CALLERS, time.min(Duration::from_secs(5)), &usual);
        let before = Usage::of(std::process::id()).memory;
        let mut times = call(&server, CALLERS, time, &overload);
        let grown = Usage::of(std::process::id()).memory.saturating_sub(before);
        times.sort_unstable();
        let capacity = WORKERS as f64 / WORK.as_secs_f64();
        let goodput = overload.answered.load(Ordering::Relaxed) as f64 / time.as_secs_f64();
        let p99 = times[times.len() * 99 / 100];
        println!(
            "{overload:?}; {goodput:.0} of {capacity:.0} a second; 99 of 100 within {p99:?}; {grown} kB more"
        );
        let work = &server.commands()[0];
        println!("{work:?}");
        assert!(
            overload.busy.load(Ordering::Relaxed) > 0,
            "its queue is bounded"
        );
        if judged.is_some() {
            assert!(goodput >= 0.8 * capacity, "{goodput} of {capacity}");
            // A thread may be interrupted between the server's look at the clock and this test's.
            let dead = dead.load(Ordering::Relaxed);
            assert!(
                dead * 1000 <= work.calls,
                "{dead} of {} begun in vain",
                work.calls
            );
            assert!(grown < 20_000, "it has grown by {grown} kB");
            assert!(p99 < PATIENCE, "{p99:?}");
        }
        server.stop().unwrap();
    });
}
