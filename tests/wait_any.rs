//! Waiting for any of several requests, of one handle or of several.

mod support;

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use support::{SOON, assert_timeout, blocked, deadline, deadline_after, echo, ends, req_rep};
use zeroless::{Client, Error, Options, Pending, Requester, Server};

/// Waits for all of these; their replies in the order in which they ended.
fn all(mut pending: Vec<Pending>) -> Vec<String> {
    let next = || Pending::wait_any(&mut pending);
    std::iter::from_fn(next)
        .map(|(_, reply)| reply.unwrap().to_string())
        .collect()
}

/// A requester of a server that echoes, until the test ends.
fn echoing() -> Requester {
    let (server, client) = ends();
    echo(server.reply().unwrap());
    client.request().unwrap()
}

#[test]
fn whichever_reply_comes_first_is_taken_first() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            let texts = ["1", "2", "3"];
            let mut pending = Vec::from(texts.map(|text| requester.start(text).unwrap()));
            let [one, two, three] = [(); 3].map(|()| replier.recv().unwrap());
            two.reply("to 2").unwrap();
            let (place, reply) = Pending::wait_any(&mut pending).unwrap();
            assert_eq!((place, reply.unwrap()), (1, "to 2".into()));
            three.reply("to 3").unwrap();
            let (place, reply) = Pending::wait_any(&mut pending).unwrap();
            assert_eq!((place, reply.unwrap()), (1, "to 3".into()));
            one.reply("to 1").unwrap();
            let (place, reply) = Pending::wait_any(&mut pending).unwrap();
            assert_eq!((place, reply.unwrap()), (0, "to 1".into()));
            assert!(Pending::wait_any(&mut pending).is_none());
        }
    });
}

#[test]
fn a_thread_asleep_is_woken_by_a_reply_to_any_handle() {
    deadline(|| {
        for last in 0..4 {
            let peers = [(); 4].map(|()| {
                let (server, client) = ends();
                (server.reply().unwrap(), client.request().unwrap())
            });
            let start = |(_, requester): &(_, Requester)| requester.start("hello").unwrap();
            let mut pending: Vec<_> = peers.iter().map(start).collect();
            let requests = peers.each_ref().map(|(replier, _)| replier.recv().unwrap());
            let waiting = blocked(move || Pending::wait_any(&mut pending));
            let request = requests.into_iter().nth(last).unwrap();
            request.reply("at last").unwrap();
            let (place, reply) = waiting.join().unwrap().unwrap();
            assert_eq!((place, reply.unwrap()), (last, "at last".into()));
        }
    });
}

#[test]
fn a_thread_asleep_is_woken_by_a_reply_that_another_thread_receives() {
    deadline(|| {
        let (one, two) = (echoing(), echoing());
        for _ in 0..200 {
            let pending = vec![one.start("a").unwrap(), two.start("b").unwrap()];
            let other = one.clone();
            let requesting = thread::spawn(move || other.request("c").unwrap());
            let mut replies = all(pending);
            replies.sort();
            assert_eq!(replies, ["a", "b"]);
            assert_eq!(requesting.join().unwrap(), "c");
        }
    });
}

#[test]
fn many_threads_wait_for_requests_of_the_same_handles() {
    deadline_after(Duration::from_secs(120), || {
        let handles = [(); 3].map(|()| echoing());
        thread::scope(|scope| {
            for thread in 0..4 {
                let handles = &handles;
                scope.spawn(move || {
                    for round in 0..300 {
                        let start = |(place, handle): (usize, &Requester)| {
                            let text = format!("{thread} {round} {place}");
                            handle.start(text).unwrap()
                        };
                        let pending = handles.iter().cycle().take(7).enumerate().map(start);
                        let mut replies = all(pending.collect());
                        replies.sort();
                        let sent: Vec<_> = (0..7)
                            .map(|place| format!("{thread} {round} {place}"))
                            .collect();
                        assert_eq!(replies, sent);
                    }
                });
            }
        });
    });
}

#[test]
fn no_wake_up_is_lost_among_threads_that_wait_for_one_handle_and_for_several() {
    deadline_after(Duration::from_secs(120), || {
        // None stays awake: each wait is one for a wake-up.
        let asleep = Options::default().spin(Duration::ZERO);
        let handles = [(); 2].map(|()| {
            let (server, client) = ends();
            let replier = server.reply().unwrap();
            for _ in 0..2 {
                let replier = replier.clone();
                thread::spawn(move || replier.serve(|message| message));
            }
            client.options(asleep.clone()).request().unwrap()
        });
        thread::scope(|scope| {
            for handle in handles.iter().cycle().take(4) {
                scope.spawn(|| {
                    for number in 0..500 {
                        let text = number.to_string();
                        assert_eq!(handle.request(&text).unwrap(), text.as_str());
                    }
                });
            }
            for _ in 0..2 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        let start = |handle: &Requester| handle.start("any").unwrap();
                        assert_eq!(all(handles.iter().map(start).collect()), ["any", "any"]);
                    }
                });
            }
        });
    });
}

#[test]
fn each_request_has_its_own_time() {
    deadline(|| {
        let (server, client) = ends();
        let replier = server.reply().unwrap();
        let long = client.request_timeout(SOON).request().unwrap();
        let quick = Client::connect(server.endpoint()).unwrap();
        let quick = quick.request_timeout(Duration::from_millis(50));
        let quick = quick.request().unwrap();
        let mut pending = vec![long.start("long").unwrap(), quick.start("quick").unwrap()];
        let requests = [(); 2].map(|()| replier.recv().unwrap());
        let (place, reply) = Pending::wait_any(&mut pending).unwrap();
        assert_eq!(place, 1);
        assert_timeout(reply);
        for request in requests {
            request.reply("late").unwrap();
        }
        let (place, reply) = Pending::wait_any(&mut pending).unwrap();
        assert_eq!((place, reply.unwrap()), (0, "late".into()));
    });
}

#[test]
fn a_request_is_sent_again_while_others_are_waited_for() {
    deadline(|| {
        let (server, client) = ends();
        let replier = server.reply().unwrap();
        let client = client.request_timeout(Duration::from_millis(50));
        let requester = client.request_retries(1000).request().unwrap();
        let other = Server::bind_local(0).unwrap();
        let _silent = other.reply().unwrap();
        let silent = Client::connect(other.endpoint())
            .unwrap()
            .request()
            .unwrap();
        let pending = vec![
            silent.start("in vain").unwrap(),
            requester.start("again").unwrap(),
        ];
        let waiting = thread::spawn(move || {
            let mut pending = pending;
            Pending::wait_any(&mut pending)
        });
        let first = replier.recv().unwrap();
        let second = replier.recv().unwrap();
        assert_eq!(second, "again");
        second.reply("heard").unwrap();
        let (place, reply) = waiting.join().unwrap().unwrap();
        assert_eq!((place, reply.unwrap()), (1, "heard".into()));
        first.reply("too late").unwrap();
    });
}

#[test]
fn waiting_no_longer_than_told_leaves_all_under_way() {
    deadline(|| {
        let peers = req_rep();
        let mut pending: Vec<_> = peers
            .iter()
            .map(|(requester, _)| requester.start("hello").unwrap())
            .collect();
        let soon = Duration::from_millis(20);
        assert!(Pending::wait_any_timeout(&mut pending, soon).is_none());
        assert!(Pending::wait_any_timeout(&mut pending, Duration::ZERO).is_none());
        assert!(Pending::wait_any_deadline(&mut pending, Instant::now() + soon).is_none());
        assert_eq!(pending.len(), 2);
        for (_, replier) in &peers {
            replier.recv().unwrap().reply("hello, too").unwrap();
        }
        while let Some((_, reply)) = Pending::wait_any_timeout(&mut pending, SOON) {
            assert_eq!(reply.unwrap(), "hello, too");
        }
        assert!(pending.is_empty());
    });
}

#[test]
fn no_request_at_all_is_not_waited_for() {
    assert!(Pending::wait_any(&mut Vec::new()).is_none());
    assert!(Pending::wait_any_timeout(&mut Vec::new(), SOON).is_none());
}

#[test]
fn a_handle_that_is_stopped_ends_its_requests_and_no_others() {
    deadline(|| {
        let [(one, _first), (two, second)] = req_rep();
        let pending = vec![two.start("b").unwrap(), one.start("a").unwrap()];
        let request = second.recv().unwrap();
        let (tell, told) = mpsc::channel();
        let waiting = blocked(move || {
            let mut pending = pending;
            let (place, stopped) = Pending::wait_any(&mut pending).unwrap();
            tell.send((place, stopped.map(drop))).unwrap();
            Pending::wait_any(&mut pending)
        });
        one.stop();
        assert_eq!(told.recv().unwrap(), (1, Err(Error::Stopped)));
        request.reply("to b").unwrap();
        let (place, reply) = waiting.join().unwrap().unwrap();
        assert_eq!((place, reply.unwrap()), (0, "to b".into()));
    });
}

#[test]
fn a_signal_handler_ends_waiting_for_several_handles() {
    deadline(|| {
        let [(one, _first), (two, _second)] = req_rep();
        let mut pending = vec![one.start("a").unwrap(), two.start("b").unwrap()];
        let waiting = blocked(move || Pending::wait_any(&mut pending));
        two.stopper().unwrap().stop();
        let (place, stopped) = waiting.join().unwrap().unwrap();
        assert_eq!((place, stopped.map(drop)), (1, Err(Error::Stopped)));
    });
}

#[test]
fn a_reply_that_was_taken_before_is_told() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            let mut pending = vec![requester.start("a").unwrap()];
            replier.recv().unwrap().reply("to a").unwrap();
            assert_eq!(pending[0].wait_timeout(SOON).unwrap(), "to a");
            let (place, taken) = Pending::wait_any(&mut pending).unwrap();
            assert_eq!(place, 0);
            assert!(matches!(taken, Err(Error::Unsupported { .. })));
        }
    });
}
