//! A handle in an event loop: its file descriptor can be read while there is something to receive.
//!
//! `ZEROLESS_STRESS=1000000` sets the number of messages; a debug build does 20,000.

#![cfg(target_os = "linux")]

#[path = "support/poll.rs"]
mod poll;
mod support;

use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use poll::{Edges, is_readable, wait_readable};
use proptest::prelude::*;
use support::{
    SOON, blocked, deadline, deadline_after, dealer_router, ends, inproc, pairs, pub_sub,
    push_pull, req_rep, until,
};
use zeroless::{Client, Error, Pair, Pull, Push, Receiving, Server};

/// A wait that this ends, though there is something to receive, is a lost wake-up.
const STALL: Duration = Duration::from_secs(20);

fn messages() -> u64 {
    let set = std::env::var("ZEROLESS_STRESS").ok();
    set.map_or(20_000, |count| count.parse().expect("a number"))
}

/// Waits until something can be read, which fails if it takes absurdly long.
#[track_caller]
fn readable_soon(handle: &impl Receiving) {
    assert!(wait_readable(handle, SOON), "nothing can be read");
}

/// Takes all messages, until the handle is silent: connections that come up are news for it too.
fn silence(handle: &impl Receiving) {
    until(|| {
        handle.try_iter().for_each(drop);
        !is_readable(handle)
    });
}

/// Sees that a handle is readable from a message to the last, and no longer.
fn check(handle: &impl Receiving, mut send: impl FnMut()) {
    silence(handle);
    for count in [1, 3] {
        (0..count).for_each(|_| send());
        for _ in 0..count {
            readable_soon(handle);
            until(|| handle.try_recv().is_ok());
        }
        silence(handle);
    }
}

#[test]
fn every_handle_that_receives_is_readable_while_there_is_something() {
    deadline(|| {
        for (push, pull) in push_pull() {
            check(&pull, || push.send("a message").unwrap());
        }
        for (publisher, subscriber) in pub_sub() {
            publisher.wait_for_subscribers(1, SOON).unwrap();
            check(&subscriber, || publisher.send("a message").unwrap());
        }
        for (requester, replier) in req_rep() {
            check(&replier, || drop(requester.start("a request").unwrap()));
        }
        for (dealer, router) in dealer_router() {
            dealer.send("here").unwrap();
            let (peer, _) = router.recv().unwrap();
            check(&router, || dealer.send("a message").unwrap());
            check(&dealer, || router.send_to(&peer, "a message").unwrap());
        }
        for (one, two) in pairs() {
            check(&one, || two.send("a message").unwrap());
        }
    });
}

#[test]
fn messages_that_came_before_it_was_asked_for_make_it_readable() {
    deadline(|| {
        let [(push, pull), _] = push_pull();
        push.send("early").unwrap();
        assert_eq!(pull.recv().unwrap(), "early");
        push.send("early, too").unwrap();
        assert!(is_readable(&pull));
        until(|| pull.try_recv().is_ok());
        silence(&pull);
    });
}

#[test]
fn clones_have_the_same_and_it_lives_as_long_as_any() {
    deadline(|| {
        let [(push, pull), (_, other)] = push_pull();
        let clone = pull.clone();
        assert_eq!(pull.as_raw_fd(), clone.as_raw_fd());
        assert_ne!(pull.as_raw_fd(), other.as_raw_fd());
        drop(pull);
        silence(&clone);
        push.send("a message").unwrap();
        readable_soon(&clone);
    });
}

#[test]
fn a_stop_makes_it_readable_for_good() {
    deadline(|| {
        let [(_, one), (_, two)] = push_pull();
        let [(_, three), (_, late)] = push_pull();
        for pull in [&one, &two, &three] {
            silence(pull);
        }
        let edges = Edges::new();
        edges.add(&two);
        let stopper = three.stopper().unwrap();
        silence(&three);
        // A clone that is closed is the end of all.
        let clone = two.clone();
        let closing = thread::spawn(move || clone.close(Duration::ZERO));
        one.stop();
        stopper.stop();
        late.stop();
        assert!(edges.wait(SOON));
        closing.join().unwrap().unwrap();
        for pull in [&one, &two, &three, &late] {
            readable_soon(pull);
            assert!(pull.try_recv().is_err());
            assert!(is_readable(pull));
            assert_eq!(pull.status(), Err(Error::Stopped));
        }
    });
}

/// One end of a pair, which others touch, and the other.
fn local_pair() -> (Pair, Pair) {
    let server = Server::bind(inproc()).unwrap();
    let one = server.pair().unwrap();
    let two = Client::connect(server.endpoint()).unwrap().pair().unwrap();
    (one, two)
}

#[test]
fn a_stop_is_news_though_it_is_readable_already() {
    deadline(|| {
        let (own, other) = local_pair();
        let edges = Edges::new();
        edges.add(&own);
        assert!(own.try_recv().is_err());
        other.send("one").unwrap();
        other.send("two").unwrap();
        assert_eq!(own.try_recv().unwrap(), "one");
        while edges.wait(Duration::ZERO) {}
        own.stop();
        assert!(edges.wait(SOON));
        assert_eq!(own.try_recv().unwrap(), "two");
    });
}

#[derive(Debug, Clone, Copy)]
enum Step {
    /// The other end sends.
    Come,
    /// The event loop receives.
    Take,
    /// The handle is used otherwise, which takes libzmq's signal.
    Send,
    TakeWithin,
    TakeLatest,
    Stopper,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => Just(Step::Come),
        4 => Just(Step::Take),
        3 => Just(Step::Send),
        2 => Just(Step::TakeWithin),
        1 => Just(Step::TakeLatest),
        1 => Just(Step::Stopper),
    ];
    proptest::collection::vec(step, 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// In one thread and within the process all is certain: with a message waiting it is readable,
    /// and after a receive that found nothing it is not.
    #[test]
    fn it_is_never_silent_with_a_message_waiting(steps in steps()) {
        let (own, other) = local_pair();
        let edges = Edges::new();
        edges.add(&own);
        let mut waiting = 0;
        for step in steps {
            match step {
                Step::Come => {
                    other.try_send("a message").unwrap();
                    waiting += 1;
                    prop_assert!(is_readable(&own));
                }
                Step::Take => {
                    let taken = own.try_recv().is_ok();
                    prop_assert_eq!(taken, waiting > 0);
                    waiting -= u64::from(taken);
                    prop_assert!(taken || !is_readable(&own));
                }
                Step::Send => {
                    own.try_send("a message").unwrap();
                    other.recv().unwrap();
                }
                Step::TakeWithin => {
                    let taken = own.recv_timeout(Duration::ZERO).is_ok();
                    prop_assert_eq!(taken, waiting > 0);
                    waiting -= u64::from(taken);
                }
                Step::TakeLatest if waiting > 0 => {
                    own.recv_latest().unwrap();
                    waiting = 0;
                }
                Step::TakeLatest => {}
                Step::Stopper => drop(own.stopper().unwrap()),
            }
            prop_assert!(waiting == 0 || is_readable(&own), "silent after {:?}", step);
        }
        // A loop that is told of changes alone finds the rest.
        while own.try_recv().is_ok() {}
        edges.wait(Duration::ZERO);
        other.send("the last").unwrap();
        prop_assert!(edges.wait(SOON));
        prop_assert!(own.try_recv().is_ok());
    }
}

#[test]
fn a_thread_that_waits_gets_its_message_though_a_loop_does_not_look() {
    deadline(|| {
        let (own, other) = local_pair();
        for number in 0..200 {
            silence(&own);
            let waits = own.clone();
            let waiting = blocked(move || waits.recv().unwrap());
            // The thread that touches the socket takes the signal from the threads that wait.
            other.send(number.to_string()).unwrap();
            own.send("back").unwrap();
            assert_eq!(waiting.join().unwrap(), number.to_string().as_str());
            other.recv().unwrap();
        }
    });
}

/// A DEALER that puts no envelope before its messages.
fn plain_dealer(port: u16) -> zmq::Socket {
    let dealer = zmq::Context::new().socket(zmq::DEALER).unwrap();
    dealer.connect(&format!("tcp://127.0.0.1:{port}")).unwrap();
    dealer
}

#[test]
fn a_request_behind_messages_that_are_none_is_told_to_loops_of_both_kinds() {
    const NONE: usize = 2000;
    deadline(|| {
        for edge_triggered in [false, true] {
            let server = Server::bind_local(0).unwrap();
            let replier = server.reply().unwrap();
            let edges = Edges::new();
            edges.add(&replier);
            let wait = || match edge_triggered {
                true => edges.wait(STALL),
                false => wait_readable(&replier, STALL),
            };
            let dealer = plain_dealer(server.port());
            for _ in 0..NONE {
                dealer.send("no request", 0).unwrap();
            }
            dealer.send_multipart(["", "a request"], 0).unwrap();
            let request = loop {
                assert!(wait(), "silent with a request waiting");
                // No more than one attempt, as a loop may make that has much else to do.
                match replier.try_recv() {
                    Ok(request) => break request,
                    Err(error) => assert_eq!(error, Error::WouldBlock),
                }
            };
            assert_eq!(*request.message(), "a request");
            assert_eq!(replier.skipped(), NONE as u64);
        }
    });
}

#[test]
fn a_message_of_very_many_frames_is_readable_until_it_is_taken() {
    deadline(|| {
        let [(push, pull), _] = push_pull();
        silence(&pull);
        push.send(vec![""; 20_000]).unwrap();
        readable_soon(&pull);
        let message = loop {
            readable_soon(&pull);
            if let Ok(message) = pull.try_recv() {
                break message;
            }
        };
        assert_eq!(message.frame_count(), 20_000);
        silence(&pull);
    });
}

/// The counts of the loops of a run.
#[derive(Debug, Default)]
struct Tally {
    taken: AtomicU64,
    sum: AtomicU64,
    wake_ups: AtomicU64,
    in_vain: AtomicU64,
}

impl Tally {
    fn count(&self, message: &zeroless::Message) {
        let number = u64::from_le_bytes(message.as_bytes().try_into().unwrap());
        self.sum.fetch_add(number, SeqCst);
        self.taken.fetch_add(1, SeqCst);
    }

    /// Takes all there is, each time that `wait` tells of something, until the handle is stopped.
    fn drain(&self, pull: &Pull, total: u64, wait: impl Fn() -> bool) {
        while pull.status().is_ok() {
            assert!(
                wait(),
                "silent after {} of {total}",
                self.taken.load(SeqCst)
            );
            let before = self.taken.load(SeqCst);
            let mut any = false;
            for message in pull.try_iter() {
                any = true;
                self.count(&message);
            }
            self.wake_ups.fetch_add(1, SeqCst);
            if !any && self.taken.load(SeqCst) == before {
                self.in_vain.fetch_add(1, SeqCst);
            }
            if self.taken.load(SeqCst) == total {
                pull.stop();
            }
        }
    }

    fn check(&self, total: u64) {
        println!("{self:?}");
        assert_eq!(self.taken.load(SeqCst), total);
        assert_eq!(self.sum.load(SeqCst), total * (total - 1) / 2);
    }
}

/// Sends as many numbers from four threads, by a client each.
fn send_from_four<'scope>(scope: &'scope thread::Scope<'scope, '_>, port: u16, total: u64) {
    for first in 0..4 {
        scope.spawn(move || {
            let push: Push = Client::connect(port).unwrap().push().unwrap();
            for number in (first..total).step_by(4) {
                push.send_timeout(number.to_le_bytes(), STALL).unwrap();
                if number % 64 < 4 {
                    // Now and then all is received, and there is something to wait for.
                    support::pause();
                }
            }
        });
    }
}

fn time_for(total: u64) -> Duration {
    Duration::from_secs(60 + total / 5_000)
}

/// Wake-ups that can be explained by connections that come and go, and by the beginning and the end.
const NEWS: u64 = 200;

#[test]
fn one_loop_gets_all_of_four_threads_and_is_rarely_woken_in_vain() {
    let total = messages();
    deadline_after(time_for(total), move || {
        for edge_triggered in [false, true] {
            let server = Server::bind_local(0).unwrap();
            let pull = server.pull().unwrap();
            let edges = Edges::new();
            edges.add(&pull);
            let tally = Tally::default();
            thread::scope(|scope| {
                send_from_four(scope, server.port(), total);
                tally.drain(&pull, total, || match edge_triggered {
                    true => edges.wait(STALL),
                    false => wait_readable(&pull, STALL),
                });
            });
            tally.check(total);
            let in_vain = tally.in_vain.load(SeqCst);
            assert!(in_vain <= NEWS, "{in_vain} in vain");
        }
    });
}

#[test]
fn loops_and_threads_that_receive_at_once_get_all() {
    let total = messages();
    deadline_after(time_for(total), move || {
        let server = Server::bind_local(0).unwrap();
        let pull = server.pull().unwrap();
        let tally = Tally::default();
        thread::scope(|scope| {
            send_from_four(scope, server.port(), total);
            let edges = Edges::new();
            edges.add(&pull);
            let (own, counted) = (pull.clone(), &tally);
            scope.spawn(move || counted.drain(&own, total, || edges.wait(STALL)));
            let (own, counted) = (pull.clone(), &tally);
            scope.spawn(move || counted.drain(&own, total, || wait_readable(&own, STALL)));
            let (own, counted) = (pull.clone(), &tally);
            scope.spawn(move || own.iter().for_each(|message| counted.count(&message)));
            let own = pull.clone();
            scope.spawn(|| {
                let pull = own;
                while pull.status().is_ok() {
                    if let Ok(message) = pull.recv_timeout(Duration::from_micros(50)) {
                        tally.count(&message);
                    }
                    if tally.taken.load(SeqCst) == total {
                        pull.stop();
                    }
                }
            });
        });
        tally.check(total);
    });
}

#[test]
fn a_pair_that_sends_much_is_rarely_woken_in_vain() {
    let total = messages() / 2;
    deadline_after(time_for(total), move || {
        let (server, client) = ends();
        let (own, other) = (server.pair().unwrap(), client.pair().unwrap());
        silence(&own);
        let echo = other.clone();
        thread::scope(|scope| {
            scope.spawn(move || {
                for message in &echo {
                    let _ = echo.send(message);
                }
            });
            let back = AtomicU64::new(0);
            scope.spawn(|| {
                for number in 0..total {
                    own.send_timeout(number.to_le_bytes(), STALL).unwrap();
                }
            });
            let (mut wake_ups, mut in_vain) = (0_u64, 0_u64);
            while back.load(SeqCst) < total {
                assert!(wait_readable(&own, STALL), "silent");
                let taken = own.try_iter().count() as u64;
                back.fetch_add(taken, SeqCst);
                wake_ups += 1;
                in_vain += u64::from(taken == 0);
            }
            println!("{in_vain} of {wake_ups} in vain, for {total} messages");
            // Each of libzmq's notes that there is room again is for many messages.
            assert!(in_vain <= NEWS + total / 50, "{in_vain} in vain");
            other.stop();
        });
    });
}
