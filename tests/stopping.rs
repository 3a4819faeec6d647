//! Stopping: every wait ends, from another thread and from a signal handler; signals that
//! do not stop anything end nothing.

mod support;

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use support::{
    SOON, assert_timeout, blocked, deadline, dealer_router, ends, inproc, pairs, pub_sub,
    push_pull, req_rep, until,
};
use zeroless::{Client, Delivery, Error, Handle, Publisher, Pull, Push, Requester, Server};

/// How long a loop may go on after it was stopped.
const AT_ONCE: Duration = Duration::from_millis(50);

/// How long after being stopped in this way a loop that is blocked for good ends: the median
/// of several times, since another program may have the processor once.
fn time_to_end(stop: impl Fn(&Pull)) -> Duration {
    let once = |_| {
        let pull = Server::bind_local(0).unwrap().pull().unwrap();
        let loops = pull.clone();
        let looping = blocked(move || {
            for message in loops {
                drop(message);
            }
            Instant::now()
        });
        let began = Instant::now();
        stop(&pull);
        looping.join().unwrap().saturating_duration_since(began)
    };
    let mut times: Vec<Duration> = (0..9).map(once).collect();
    times.sort();
    times[4]
}

/// Does something at each of these signals, until the guard that it gives is dropped.
#[allow(unsafe_code)]
fn at_signal(signal: i32, act: impl Fn() + Send + Sync + 'static) -> impl Drop {
    struct Registered(signal_hook::SigId);
    impl Drop for Registered {
        fn drop(&mut self) {
            signal_hook::low_level::unregister(self.0);
        }
    }
    // SAFETY: the action is Stopper::stop, which promises to be allowed in a handler, or
    // counting in an atomic number.
    let registered = unsafe { signal_hook::low_level::register(signal, act) };
    Registered(registered.unwrap())
}

/// Begins a call of a clone in another thread, and waits until it waits.
fn waits_in<H: Handle, T: Send + 'static>(
    handle: &H,
    call: impl FnOnce(H) -> T + Send + 'static,
) -> JoinHandle<T> {
    let handle = handle.clone();
    blocked(move || call(handle))
}

#[test]
fn a_blocked_loop_ends_at_once_when_another_thread_stops_it() {
    deadline(|| {
        let time = time_to_end(Pull::stop);
        assert!(time <= AT_ONCE, "{time:?}");
    });
}

#[test]
fn a_blocked_loop_ends_at_once_when_a_stopper_stops_it() {
    deadline(|| {
        let time = time_to_end(|pull| pull.stopper().unwrap().stop());
        assert!(time <= AT_ONCE, "{time:?}");
    });
}

#[test]
fn a_blocked_loop_ends_at_once_at_ctrl_c() {
    deadline(|| {
        let time = time_to_end(|pull| {
            let stopper = pull.stopper().unwrap();
            let _registered = at_signal(libc::SIGINT, move || stopper.stop());
            signal_hook::low_level::raise(libc::SIGINT).unwrap();
        });
        assert!(time <= AT_ONCE, "{time:?}");
    });
}

#[test]
fn every_receiving_loop_ends() {
    deadline(|| {
        let (server, client) = ends();
        let (pull, pair) = (client.pull().unwrap(), client.pair().unwrap());
        let (subscriber, replier) = (client.subscribe("").unwrap(), server.reply().unwrap());
        let (router, dealer) = (client.router().unwrap(), client.dealer().unwrap());
        let loops = [
            waits_in(&router, |router| (&router).into_iter().count()),
            waits_in(&dealer, |dealer| dealer.into_iter().count()),
            waits_in(&pull, |pull| pull.iter().count()),
            waits_in(&pair, |pair| (&pair).into_iter().count()),
            waits_in(&subscriber, |subscriber| subscriber.parts::<2>().count()),
            waits_in(&replier, |replier| replier.into_iter().count()),
        ];
        router.stop();
        dealer.stop();
        pull.stop();
        pair.stop();
        subscriber.stop();
        replier.stop();
        assert_eq!(loops.map(|looping| looping.join().unwrap()), [0; 6]);
    });
}

#[test]
fn all_clones_are_stopped() {
    deadline(|| {
        let pull = Server::bind_local(0).unwrap().pull().unwrap();
        let loops = [(); 4].map(|()| waits_in(&pull, |pull| pull.recv().map(drop)));
        pull.stop();
        for looping in loops {
            assert_eq!(looping.join().unwrap(), Err(Error::Stopped));
        }
    });
}

#[test]
fn a_stop_ends_every_call_that_waits() {
    deadline(|| all_ends(Push::stop, Publisher::stop, Requester::stop));
}

#[test]
fn a_stopper_ends_every_call_that_waits() {
    deadline(|| {
        all_ends(
            |push| push.stopper().unwrap().stop(),
            |publisher| publisher.stopper().unwrap().stop(),
            |requester| requester.stopper().unwrap().stop(),
        );
    });
}

/// Sees that these stops end all calls that wait, other than to receive.
fn all_ends(push_ends: fn(&Push), publisher_ends: fn(&Publisher), requester_ends: fn(&Requester)) {
    let long = Duration::from_secs(600);
    let push = Server::bind_local(0).unwrap().push().unwrap();
    let publisher = Server::bind_local(0).unwrap().publish().unwrap();
    let requester = Client::new().request().unwrap();
    let waiting = [
        waits_in(&push, |push| Ok(push.send("a")?)),
        waits_in(&push, move |push| Ok(push.send_timeout("a", long)?)),
        waits_in(&push, move |push| push.wait_connected(1, long)),
        waits_in(&push, |push| {
            push.connection_events()?.skip(1).for_each(drop);
            push.status()
        }),
        waits_in(&publisher, move |publisher| {
            publisher.wait_for_subscribers(1, long)
        }),
        waits_in(&requester, |requester| requester.request("a").map(drop)),
        waits_in(&requester, |requester| {
            Ok(requester.start("a").map(drop)?)
        }),
    ];
    push_ends(&push);
    publisher_ends(&publisher);
    requester_ends(&requester);
    for call in waiting {
        assert_eq!(call.join().unwrap(), Err(Error::Stopped));
    }
}

#[test]
fn a_stop_gives_the_unsent_message_back() {
    deadline(|| {
        let push = Server::bind_local(0).unwrap().push().unwrap();
        let sending = waits_in(&push, |push| push.send(("a", "b")).unwrap_err());
        push.stop();
        assert_eq!(sending.join().unwrap().into_message(), ["a", "b"]);
        let unsent = push.send("c").unwrap_err();
        assert!(unsent.is_stopped());
        assert_eq!(unsent.into_message(), "c");
    });
}

#[test]
fn a_stop_ends_waiting_for_a_reply() {
    deadline(|| {
        for (requester, _replier) in req_rep() {
            let pending = requester.start("a").unwrap();
            let waiting = blocked(move || pending.wait());
            requester.stop();
            assert_eq!(waiting.join().unwrap(), Err(Error::Stopped));
        }
    });
}

#[test]
fn calls_after_a_stop_are_stopped_too() {
    deadline(|| {
        for (push, pull) in push_pull() {
            push.stop();
            pull.stop();
            pull.stop();
            let soon = Duration::from_millis(1);
            assert_eq!(pull.recv(), Err(Error::Stopped));
            assert_eq!(pull.recv_timeout(soon), Err(Error::Stopped));
            assert_eq!(pull.recv_deadline(Instant::now()), Err(Error::Stopped));
            assert_eq!(pull.iter().count(), 0);
            assert_eq!(pull.status(), Err(Error::Stopped));
            assert_eq!(pull.wait_connected(2, soon), Err(Error::Stopped));
            assert!(matches!(pull.connection_events(), Err(Error::Stopped)));
            assert!(push.send("a").unwrap_err().is_stopped());
            assert!(push.send_timeout("a", soon).unwrap_err().is_stopped());
            assert!(push(&"a").unwrap_err().is_stopped());
        }
        for (publisher, subscriber) in pub_sub() {
            publisher.stop();
            let waited = publisher.wait_for_subscribers(0, SOON);
            assert_eq!(waited, Err(Error::Stopped));
            subscriber.stop();
            assert!(subscriber.subscribe("more").is_ok());
        }
        for (requester, replier) in req_rep() {
            requester.stop();
            assert_eq!(requester.request("a"), Err(Error::Stopped));
            assert!(requester.start("a").unwrap_err().is_stopped());
            replier.stop();
            assert!(replier.recv().unwrap_err().is_stopped());
        }
        for (dealer, router) in dealer_router() {
            dealer.send("a").unwrap();
            let (peer, _) = router.recv().unwrap();
            router.stop();
            assert!(router.recv().unwrap_err().is_stopped());
            assert!(router.send_to(&peer, "a").unwrap_err().is_stopped());
            // Calls that do not wait go on.
            router.try_send_to(&peer, "b").unwrap();
            assert_eq!(dealer.recv().unwrap(), "b");
            dealer.stop();
            assert!(dealer.send("a").unwrap_err().is_stopped());
            dealer.try_send("c").unwrap();
            until(|| router.try_recv().is_ok_and(|(_, message)| message == "c"));
        }
    });
}

#[test]
fn messages_that_had_arrived_can_be_taken_after_a_stop() {
    deadline(|| {
        let server = Server::bind(inproc()).unwrap();
        let pull = server.pull().unwrap();
        let push = Client::connect(server.endpoint()).unwrap().push().unwrap();
        for number in 0..10 {
            push.send(number.to_string()).unwrap();
        }
        pull.stop();
        assert_eq!(pull.recv(), Err(Error::Stopped));
        assert_eq!(pull.try_recv().unwrap(), "0");
        let rest: Vec<String> = pull.try_iter().map(|message| message.to_string()).collect();
        assert_eq!(rest.concat(), "123456789");
        assert_eq!(pull.try_recv(), Err(Error::WouldBlock));
    });
}

#[test]
fn requests_that_were_taken_can_be_answered_after_a_stop() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            let stopper = replier.stopper().unwrap();
            // As in the guide, with a stop in the middle of the work.
            let serving = blocked(move || {
                for request in replier {
                    stopper.stop();
                    let answer = format!("{request}, too");
                    assert_eq!(request.reply(answer)?, Delivery::Queued);
                }
                Ok::<(), Error>(())
            });
            assert_eq!(requester.request("hello").unwrap(), "hello, too");
            serving.join().unwrap().unwrap();
        }
    });
}

#[test]
fn a_reply_that_has_come_can_be_had_after_a_stop() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            let (one, two) = (requester.start("1").unwrap(), requester.start("2").unwrap());
            requester.stop();
            assert_eq!(one.try_wait(), Err(Error::WouldBlock));
            for request in replier.iter().take(2) {
                let reply = request.to_string();
                request.reply(reply).unwrap();
            }
            until(|| one.try_wait().is_ok_and(|reply| reply == "1"));
            assert_eq!(two.wait_timeout(SOON), Err(Error::Stopped));
            until(|| two.try_wait().is_ok_and(|reply| reply == "2"));
        }
    });
}

#[test]
fn messages_that_need_not_wait_are_sent_after_a_stop() {
    deadline(|| {
        for (push, pull) in push_pull() {
            push.stop();
            push.try_send("one").unwrap();
            push.try_send(("two", "frames")).unwrap();
            assert_eq!(pull.recv().unwrap(), "one");
            assert_eq!(pull.recv().unwrap(), ["two", "frames"]);
        }
        for (one, two) in pairs() {
            one.stop();
            one.try_send("ping").unwrap();
            assert_eq!(two.recv().unwrap(), "ping");
            two.send("pong").unwrap();
            until(|| one.try_recv().is_ok_and(|message| message == "pong"));
        }
        for (publisher, subscriber) in pub_sub() {
            publisher.stop();
            subscriber.stop();
            subscriber.subscribe("a").unwrap();
            until(|| publisher.has_subscriber("a").unwrap());
            publisher.try_send("a").unwrap();
            until(|| subscriber.try_iter().any(|message| message == "a"));
            subscriber.unsubscribe(["", "a"]).unwrap();
            until(|| !publisher.has_subscriber("a").unwrap());
        }
    });
}

#[test]
fn a_full_queue_is_full_after_a_stop_too() {
    deadline(|| {
        let push = Server::bind_local(0).unwrap().push().unwrap();
        push.stop();
        let unsent = push.try_send("nobody is there").unwrap_err();
        assert_eq!(*unsent.error(), Error::WouldBlock);
    });
}

#[test]
fn a_closed_handle_does_nothing_more() {
    deadline(|| {
        for (push, pull) in push_pull() {
            let (closed, other) = (push.clone(), pull.clone());
            push.close(SOON).unwrap();
            pull.close(SOON).unwrap();
            assert!(closed.try_send("a").unwrap_err().is_stopped());
            assert_eq!(other.try_recv(), Err(Error::Stopped));
            assert_eq!(other.try_iter().count(), 0);
        }
    });
}

#[test]
fn a_stop_in_the_loop_ends_it_after_this_message() {
    deadline(|| {
        for (push, pull) in push_pull() {
            push.send("one").unwrap();
            push.send("two").unwrap();
            let mut heard = Vec::new();
            for message in &pull {
                heard.push(message.to_string());
                pull.stop();
            }
            assert_eq!(heard, ["one"]);
        }
    });
}

#[test]
fn the_other_end_goes_on() {
    deadline(|| {
        let (server, client) = ends();
        let pull = server.pull().unwrap();
        let (one, two) = (client.push().unwrap(), client.push().unwrap());
        one.stop();
        two.send("hello").unwrap();
        assert_eq!(pull.recv().unwrap(), "hello");
    });
}

#[test]
fn a_stopper_keeps_no_socket_open() {
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        let pull = server.pull().unwrap();
        let stopper = pull.stopper().unwrap();
        drop(pull);
        let push = server.push().unwrap();
        stopper.stop();
        stopper.clone().stop();
        assert!(push.status().is_ok());
    });
}

#[test]
fn a_stopper_made_while_others_wait_ends_them() {
    deadline(|| {
        let pull = Server::bind_local(0).unwrap().pull().unwrap();
        let looping = waits_in(&pull, |pull| pull.iter().count());
        let stopper = pull.stopper().unwrap();
        let late = waits_in(&pull, |pull| pull.iter().count());
        std::thread::spawn(move || stopper.stop()).join().unwrap();
        assert_eq!(looping.join().unwrap() + late.join().unwrap(), 0);
        assert_eq!(pull.status(), Err(Error::Stopped));
    });
}

#[test]
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn a_stop_leaves_the_error_number_alone() {
    deadline(|| {
        let pull = Server::bind_local(0).unwrap().pull().unwrap();
        let stopper = pull.stopper().unwrap();
        for _ in 0..10_000 {
            // SAFETY: the pointer is to this thread's own error number.
            unsafe { libc::__errno_location().write(libc::E2BIG) };
            stopper.stop();
            // SAFETY: as above.
            assert_eq!(unsafe { libc::__errno_location().read() }, libc::E2BIG);
        }
        assert_eq!(pull.recv(), Err(Error::Stopped));
    });
}

#[test]
#[allow(unsafe_code)]
fn signals_do_not_end_a_wait_early_or_late() {
    static SIGNALS: AtomicUsize = AtomicUsize::new(0);

    deadline(|| {
        use std::os::unix::thread::JoinHandleExt;

        let _registered = at_signal(libc::SIGUSR1, || {
            SIGNALS.fetch_add(1, SeqCst);
        });
        let pause = Duration::from_millis(300);
        let [(push, pull), _] = push_pull();
        let waiting = waits_in(&pull, move |pull| {
            let began = Instant::now();
            assert_timeout(pull.recv_timeout(pause));
            let first = began.elapsed();
            assert_eq!(pull.recv().unwrap(), "hello");
            first
        });
        // SAFETY: a thread that has not been joined has a valid id, though it may have ended.
        let interrupt = || unsafe { libc::pthread_kill(waiting.as_pthread_t(), libc::SIGUSR1) };
        let began = Instant::now();
        until(|| {
            assert_eq!(interrupt(), 0);
            began.elapsed() > pause * 2
        });
        push.send("hello").unwrap();
        until(|| {
            interrupt();
            waiting.is_finished()
        });
        let waited = waiting.join().unwrap();
        assert!(waited >= pause, "{waited:?}");
        assert!(waited < pause * 2, "{waited:?}");
        assert!(SIGNALS.load(SeqCst) > 0);
    });
}
