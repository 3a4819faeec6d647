//! The threads of a server of calls: many calls at once, and more than it can run.
#![cfg(feature = "rpc")]

mod support;

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use support::{deadline, until};
use zeroless::rpc::{self, CallError, Failure, Running};

#[derive(Debug, Serialize, Deserialize)]
struct Square(u64);
rpc::command!(Square -> u64);

/// A call whose handler stays until the gate is opened.
#[derive(Debug, Serialize, Deserialize)]
struct Wait;
rpc::command!(Wait -> ());

const LONG: Duration = Duration::from_secs(3600);

/// What the handlers of `Wait` stay for.
#[derive(Default)]
struct Gate {
    is_open: Mutex<bool>,
    opened: Condvar,
    inside: AtomicUsize,
    most: AtomicUsize,
}

impl Gate {
    fn pass(&self) {
        let inside = self.inside.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(inside, Ordering::SeqCst);
        let is_open = self.is_open.lock().unwrap();
        drop(
            self.opened
                .wait_while(is_open, |is_open| !*is_open)
                .unwrap(),
        );
        self.inside.fetch_sub(1, Ordering::SeqCst);
    }

    fn open(&self) {
        *self.is_open.lock().unwrap() = true;
        self.opened.notify_all();
    }

    fn inside(&self) -> usize {
        self.inside.load(Ordering::SeqCst)
    }
}

fn server(workers: usize, queue: usize) -> (Running, Arc<Gate>) {
    let gate = Arc::new(Gate::default());
    let own = gate.clone();
    let server = rpc::Server::bind_local(0).unwrap();
    let server = server
        .workers(workers)
        .queue(queue, 1 << 20)
        .serve(|square: Square| Ok(square.0 * square.0))
        .serve(move |_: Wait| {
            own.pass();
            Ok(())
        });
    (server.start().unwrap(), gate)
}

fn client(server: &Running) -> rpc::Client {
    rpc::Client::connect(server.port()).unwrap().timeout(LONG)
}

#[test]
fn so_many_calls_are_run_at_once_and_pings_are_answered_meanwhile() {
    deadline(|| {
        for workers in [1, 4] {
            let (server, gate) = server(workers, 100);
            let client = client(&server);
            let calls: Vec<_> = (0..workers + 10)
                .map(|_| client.start(&Wait).unwrap())
                .collect();
            until(|| gate.inside() == workers);
            for (_, time) in client.ping() {
                time.unwrap();
            }
            for (_, commands) in client.list() {
                assert_eq!(commands.unwrap().len(), 2);
            }
            gate.open();
            for call in calls {
                assert_eq!(call.wait(), Ok(()));
            }
            assert_eq!(gate.most.load(Ordering::SeqCst), workers);
        }
    });
}

#[test]
fn one_long_call_does_not_hold_up_short_ones() {
    deadline(|| {
        let (server, gate) = server(4, 100);
        let client = client(&server);
        for _ in 0..3 {
            let _long = client.start(&Wait).unwrap();
            for number in 0..100 {
                assert_eq!(client.call(&Square(number)), Ok(number * number));
            }
        }
        gate.open();
    });
}

#[test]
fn a_call_that_finds_no_room_is_refused_with_the_limit() {
    deadline(|| {
        let (server, gate) = server(1, 2);
        let client = client(&server);
        let calls: Vec<_> = (0..3).map(|_| client.start(&Wait).unwrap()).collect();
        until(|| gate.inside() == 1);
        // The queue is full once the other two are in it.
        for (_, time) in client.ping() {
            time.unwrap();
        }
        match client.call(&Square(1)).unwrap_err() {
            CallError::Busy { limit, .. } => assert_eq!(&*limit, "its queue of 2 calls is full"),
            error => panic!("{error}"),
        }
        gate.open();
        for call in calls {
            assert_eq!(call.wait(), Ok(()));
        }
        assert_eq!(client.call(&Square(2)), Ok(4));
        let commands = server.commands();
        let [square, wait] = &commands[..] else {
            panic!("{commands:?}");
        };
        assert_eq!((square.busy, square.calls), (1, 1));
        assert_eq!((wait.busy, wait.calls), (0, 3));
    });
}

#[test]
fn the_queue_is_bounded_in_bytes_too() {
    deadline(|| {
        let gate = Arc::new(Gate::default());
        let own = gate.clone();
        let server = rpc::Server::bind_local(0)
            .unwrap()
            .workers(1)
            .queue(100, 1000);
        let wait = move |bytes: Vec<u8>| {
            own.pass();
            Ok::<_, Failure>(bytes.len())
        };
        let server = server.function("wait", wait).start().unwrap();
        let client = client(&server);
        let bytes = vec![1_u8; 600];
        let call = || {
            let client = client.clone();
            let bytes = bytes.clone();
            thread::spawn(move || client.call_by_name::<usize>("wait", &bytes))
        };
        let first = call();
        until(|| gate.inside() == 1);
        let queued = call();
        // One of them finds no room.
        let refused = call();
        until(|| queued.is_finished() || refused.is_finished());
        gate.open();
        let ends = [first, queued, refused].map(|it| it.join().unwrap());
        let busy = ends
            .iter()
            .filter(|it| matches!(it, Err(CallError::Busy { .. })));
        assert_eq!(busy.count(), 1, "{ends:?}");
        assert_eq!(ends.iter().filter(|it| **it == Ok(600)).count(), 2);
    });
}

#[test]
fn what_expires_or_is_cancelled_in_the_queue_does_not_begin() {
    deadline(|| {
        let (server, gate) = server(1, 100);
        let client = client(&server);
        let holding = client.start(&Wait).unwrap();
        until(|| gate.inside() == 1);
        let expires = client.call_timeout(&Square(1), Duration::from_millis(30));
        assert!(
            matches!(expires, Err(CallError::MayHaveRun { .. })),
            "{expires:?}"
        );
        drop(client.start(&Square(2)).unwrap());
        for (_, time) in client.ping() {
            time.unwrap();
        }
        gate.open();
        assert_eq!(holding.wait(), Ok(()));
        let square = || server.commands().remove(0);
        // A caller whose time is over cancels, too.
        until(|| square().expired + square().cancelled == 2);
        assert_eq!(square().calls, 0);
        assert!(square().cancelled >= 1);
    });
}

#[test]
fn calls_of_many_threads_each_get_their_own_reply() {
    const THREADS: u64 = 16;
    const CALLS: u64 = 200;
    deadline(|| {
        let (server, _gate) = server(4, 1024);
        let client = client(&server);
        let ran = AtomicU64::new(0);
        thread::scope(|scope| {
            for thread in 0..THREADS {
                let (client, ran) = (client.clone(), &ran);
                scope.spawn(move || {
                    for number in 0..CALLS {
                        let number = thread * CALLS + number;
                        assert_eq!(client.call(&Square(number)), Ok(number * number));
                        ran.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(ran.into_inner(), THREADS * CALLS);
        assert_eq!(server.commands()[0].calls, THREADS * CALLS);
    });
}

#[test]
fn calls_in_flight_are_run_by_several_workers_when_they_take_long() {
    deadline(|| {
        let threads = Arc::new(Mutex::new(std::collections::HashSet::new()));
        let own = threads.clone();
        let nap = move |_: u64| {
            own.lock().unwrap().insert(thread::current().id());
            // Long for a call: its thread is busy.
            let began = std::time::Instant::now();
            while began.elapsed() < Duration::from_millis(5) {
                std::hint::spin_loop();
            }
            Ok::<_, Failure>(())
        };
        let server = rpc::Server::bind_local(0)
            .unwrap()
            .function("nap", nap)
            .start()
            .unwrap();
        let client = client(&server);
        thread::scope(|scope| {
            for _ in 0..8 {
                let client = client.clone();
                scope.spawn(move || {
                    for _ in 0..5 {
                        client.call_by_name::<()>("nap", &1).unwrap();
                    }
                });
            }
        });
        assert!(threads.lock().unwrap().len() > 1);
    });
}

#[test]
fn a_server_comes_and_goes_under_load_and_each_call_ends() {
    deadline(|| {
        for _ in 0..10 {
            let (server, _gate) = server(2, 8);
            let client = client(&server).timeout(Duration::from_millis(200));
            let over = Arc::new(AtomicBool::new(false));
            let calling: Vec<_> = (0..4)
                .map(|_| {
                    let (client, over) = (client.clone(), over.clone());
                    thread::spawn(move || {
                        while !over.load(Ordering::SeqCst) {
                            let squared = client.call(&Square(3));
                            assert!(squared.is_err() || squared == Ok(9));
                        }
                    })
                })
                .collect();
            until(|| server.commands()[0].calls > 100);
            server.stop().unwrap();
            drop(server);
            over.store(true, Ordering::SeqCst);
            for calling in calling {
                calling.join().unwrap();
            }
        }
    });
}
