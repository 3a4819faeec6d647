//! Relays that look at messages: filters, acknowledgements, deadlines.

mod support;

use std::sync::mpsc;
use std::time::Duration;

use support::{SOON, deadline, inproc, until};
use zeroless::relay::{self, Relay, RunningRelay, Verdict};
use zeroless::{Client, Frame, Message, Replier, Requester, Server};

fn server() -> Server {
    Server::bind_local(0).unwrap()
}

fn client(server: &Server) -> Client {
    Client::connect(server.endpoint()).unwrap()
}

/// Lets numbers pass, drops words, and answers questions.
fn verdict(frames: &[Frame]) -> Verdict<Message> {
    match frames {
        [text, ..] if text.ends_with(b"?") => Verdict::Answer(["asked", "by", "you"].into()),
        [text, ..] if text.iter().all(u8::is_ascii_digit) => Verdict::Pass,
        [text, ..] if text == "panic" => panic!("on purpose"),
        _ => Verdict::Drop,
    }
}

/// A relay from reply to request, a requester, and a worker.
fn calls(
    change: impl FnOnce(Relay<relay::Reply, relay::Request>) -> Relay<relay::Reply, relay::Request>,
) -> (RunningRelay, Requester, Replier) {
    let (clients, workers) = (server(), server());
    let relay = Relay::new(relay::reply(&clients), relay::request(&workers));
    let relay = change(relay).start().unwrap();
    let requester = client(&clients).request().unwrap();
    let worker = client(&workers).reply().unwrap();
    relay.output().wait_connected(1, SOON).unwrap();
    (relay, requester, worker)
}

#[test]
fn requests_are_passed_on_dropped_or_answered_as_the_filter_says() {
    deadline(|| {
        let (relay, requester, worker) = calls(|relay| relay.filter(verdict));
        let answer = requester.request_timeout("who?", SOON).unwrap();
        assert_eq!(answer, ["asked", "by", "you"]);
        let dropped = [requester.start("panic"), requester.start("a word")];
        let passed = requester.start(("7", vec![7; 1000])).unwrap();
        let request = worker.recv_timeout(SOON).unwrap();
        assert_eq!(*request.message(), Message::from(("7", vec![7; 1000])));
        request.reply("eight").unwrap();
        assert_eq!(passed.wait_timeout(SOON).unwrap(), "eight");
        relay.stop();
        let counters = relay.counters();
        assert_eq!(counters.forward.messages, 1);
        assert_eq!(counters.forward.dropped, 2);
        assert_eq!((counters.answered, counters.backward.messages), (1, 1));
        drop(dropped);
    });
}

#[test]
fn pushed_and_published_messages_are_filtered() {
    deadline(|| {
        let is_number = |frames: &[Frame]| match frames[0].iter().all(u8::is_ascii_digit) {
            true => Verdict::Pass,
            false => Verdict::Drop,
        };
        let (input, output) = (server(), server());
        let relay = Relay::new(relay::pull(&input), relay::push(&output));
        let relay = relay.filter(is_number).start().unwrap();
        let push = client(&input).push().unwrap();
        let pull = client(&output).pull().unwrap();
        for text in ["1", "two", "3"] {
            push.send(text).unwrap();
        }
        assert_eq!(pull.recv_timeout(SOON).unwrap(), "1");
        assert_eq!(pull.recv_timeout(SOON).unwrap(), "3");
        until(|| relay.counters().forward.dropped == 1);

        let (input, output) = (server(), server());
        let relay = Relay::new(relay::subscribe(&input), relay::publish(&output));
        let _relay = relay.filter(is_number).start().unwrap();
        let publisher = client(&input).publish().unwrap();
        let subscriber = client(&output).subscribe("").unwrap();
        publisher.wait_for_subscribers(1, SOON).unwrap();
        for text in ["1", "two", "3"] {
            publisher.send(text).unwrap();
        }
        assert_eq!(subscriber.recv_timeout(SOON).unwrap(), "1");
        assert_eq!(subscriber.recv_timeout(SOON).unwrap(), "3");
    });
}

#[test]
fn a_filter_may_change_the_endpoints_of_its_own_relay() {
    deadline(|| {
        let (input, output) = (server(), Client::new());
        let (first, second) = (server(), server());
        output.connect(first.endpoint()).unwrap();
        let (to_change, from, to) = (output.clone(), first.endpoint(), second.endpoint());
        let relay = Relay::new(relay::pull(&input), relay::push(&output));
        let relay = relay.filter(move |frames| {
            if frames[0] == "move" {
                to_change.connect(to.clone()).unwrap();
                to_change.disconnect(from.clone()).unwrap();
            }
            Verdict::Pass
        });
        let _relay = relay.start().unwrap();
        let (first, second) = (first.pull().unwrap(), second.pull().unwrap());
        let push = client(&input).push().unwrap();
        push.send("stay").unwrap();
        assert_eq!(first.recv_timeout(SOON).unwrap(), "stay");
        push.send("move").unwrap();
        assert_eq!(second.recv_timeout(SOON).unwrap(), "move");
    });
}

#[test]
fn messages_that_are_no_requests_are_dropped_where_they_are_looked_at() {
    deadline(|| {
        let (clients, workers) = (server(), server());
        let relay = Relay::new(relay::reply(&clients), relay::request(&workers));
        let relay = relay.filter(|_| Verdict::Pass).start().unwrap();
        let dealer = client(&clients).dealer().unwrap();
        let worker = client(&workers).reply().unwrap();
        for junk in [&["no empty frame"][..], &["", ""][..1], &["id", ""]] {
            dealer.send(junk).unwrap();
        }
        dealer.send(("id", "", "a request")).unwrap();
        let request = worker.recv_timeout(SOON).unwrap();
        assert_eq!(*request.message(), "a request");
        request.reply("a reply").unwrap();
        assert_eq!(dealer.recv_timeout(SOON).unwrap(), ["id", "", "a reply"]);
        until(|| relay.counters().forward.dropped == 3);
    });
}

#[test]
fn a_request_that_is_pushed_is_acknowledged() {
    deadline(|| {
        let (clients, output) = (server(), server());
        let input = relay::reply(&clients).acknowledge(("accepted", "thanks"));
        let relay = Relay::new(input, relay::push(&output)).start().unwrap();
        let pull = client(&output).pull().unwrap();
        let requester = client(&clients).request().unwrap();
        for number in 0..10 {
            let job = ("job", number.to_string());
            let reply = requester.request_timeout(job.clone(), SOON).unwrap();
            assert_eq!(reply, ["accepted", "thanks"]);
            assert_eq!(pull.recv_timeout(SOON).unwrap(), Message::from(job));
        }
        relay.stop();
        let counters = relay.counters();
        assert_eq!((counters.forward.messages, counters.answered), (10, 10));
    });
}

#[test]
fn a_request_that_is_published_is_acknowledged() {
    deadline(|| {
        let (clients, output) = (server(), server());
        let input = relay::reply(&clients).acknowledge("accepted");
        let relay = Relay::new(input, relay::publish(&output)).start().unwrap();
        let requester = client(&clients).request().unwrap();
        let accepted = requester.request_timeout("nobody listens", SOON).unwrap();
        assert_eq!(accepted, "accepted");
        let subscriber = client(&output).subscribe("news").unwrap();
        until(|| {
            requester.request_timeout(("news", "today"), SOON).unwrap();
            subscriber.recv_timeout(Duration::from_millis(1)).is_ok()
        });
        assert_eq!(relay.counters().forward.dropped, 0);
    });
}

#[test]
fn a_request_that_is_requested_further_is_acknowledged_at_once() {
    deadline(|| {
        let (clients, workers) = (server(), server());
        let input = relay::reply(&clients).acknowledge("accepted");
        let relay = Relay::new(input, relay::request(&workers)).filter(verdict);
        let relay = relay.start().unwrap();
        let worker = client(&workers).reply().unwrap();
        let requester = client(&clients).request().unwrap();
        assert_eq!(requester.request_timeout("1", SOON).unwrap(), "accepted");
        assert_eq!(requester.request_timeout("who?", SOON).unwrap()[0], "asked");
        let request = worker.recv_timeout(SOON).unwrap();
        assert_eq!(*request.message(), "1");
        request.reply("nobody waits for this").unwrap();
        until(|| relay.counters().backward.messages == 1);
        // It has not reached the requester.
        assert_eq!(requester.request_timeout("2", SOON).unwrap(), "accepted");
        until(|| relay.counters().answered == 3);
    });
}

#[test]
fn an_acknowledgement_is_made_of_the_request_or_left_out() {
    deadline(|| {
        let (clients, output) = (server(), server());
        let input = relay::reply(&clients).acknowledge_with(|request: &[Frame]| {
            assert_ne!(request[0], "panic");
            (request[0] != "hush").then(|| (request[0].clone(), "is accepted"))
        });
        let relay = Relay::new(input, relay::push(&output)).start().unwrap();
        let pull = client(&output).pull().unwrap();
        let dealer = client(&clients).dealer().unwrap();
        for request in ["hush", "panic", "it"] {
            dealer.send(("", request)).unwrap();
        }
        let answer = dealer.recv_timeout(SOON).unwrap();
        assert_eq!(answer, ["", "it", "is accepted"]);
        for request in ["hush", "panic", "it"] {
            assert_eq!(pull.recv_timeout(SOON).unwrap(), request);
        }
        until(|| relay.counters().answered == 1);
        assert_eq!(relay.counters().backward.dropped, 1);
    });
}

#[test]
fn an_acknowledgement_without_frames_is_refused() {
    let input = relay::reply(server()).acknowledge(Vec::<String>::new());
    assert!(Relay::new(input, relay::push(server())).start().is_err());
}

#[test]
fn a_request_without_a_reply_gets_an_error_and_its_late_reply_is_dropped() {
    deadline(|| {
        let time = Duration::from_millis(20);
        let late = |request: &[Frame]| (request[0].clone(), "too late");
        let (relay, requester, worker) = calls(|relay| relay.deadline(time, late));
        let reply = requester.request_timeout("one", SOON).unwrap();
        assert_eq!(reply, ["one", "too late"]);
        let request = worker.recv_timeout(SOON).unwrap();
        request.reply("now it is done").unwrap();
        until(|| relay.counters().backward.dropped == 1);
        relay.stop();
        let counters = relay.counters();
        assert_eq!((counters.answered, counters.backward.messages), (1, 0));
    });
}

#[test]
fn a_late_reply_does_not_answer_the_next_request_of_the_same_envelope() {
    deadline(|| {
        let (clients, workers) = (server(), server());
        let relay = Relay::new(relay::reply(&clients), relay::request(&workers));
        let mut times = 0;
        let relay = relay.deadline(Duration::from_millis(300), move |_| {
            times += 1;
            format!("too late {times}")
        });
        let _relay = relay.start().unwrap();
        let worker = client(&workers).reply().unwrap();
        let dealer = client(&clients).dealer().unwrap();
        // As REQ sends them, which waits for each reply.
        dealer.send(("", "one")).unwrap();
        assert_eq!(dealer.recv_timeout(SOON).unwrap(), ["", "too late 1"]);
        let late = worker.recv_timeout(SOON).unwrap();
        dealer.send(("", "two")).unwrap();
        let next = worker.recv_timeout(SOON).unwrap();
        late.reply("one").unwrap();
        assert_eq!(dealer.recv_timeout(SOON).unwrap(), ["", "too late 2"]);
        dealer.send(("", "three")).unwrap();
        let last = worker.recv_timeout(SOON).unwrap();
        next.reply("two").unwrap();
        last.reply("three").unwrap();
        let reply = dealer.recv_timeout(SOON).unwrap();
        // The machine may be busy.
        assert!(
            reply == ["", "three"] || reply == ["", "too late 3"],
            "{reply}"
        );
    });
}

#[test]
fn a_request_with_a_reply_in_time_gets_it_and_nothing_else() {
    deadline(|| {
        let (relay, requester, worker) = calls(|relay| relay.deadline(SOON, |_| "too late"));
        let pending: Vec<_> = (0..100)
            .map(|number| requester.start(number.to_string()).unwrap())
            .collect();
        let requests: Vec<_> = (0..100)
            .map(|_| worker.recv_timeout(SOON).unwrap())
            .collect();
        for request in requests.into_iter().rev() {
            let (message, reply) = request.split();
            reply.send(message).unwrap();
        }
        for (number, pending) in pending.into_iter().enumerate() {
            let reply = pending.wait_timeout(SOON).unwrap();
            assert_eq!(reply, number.to_string().as_str());
        }
        relay.stop();
        let counters = relay.counters();
        assert_eq!((counters.answered, counters.backward.messages), (0, 100));
    });
}

#[test]
fn requests_are_replied_to_in_time_while_the_backend_is_away_or_full() {
    deadline(|| {
        let workers = Server::bind(&inproc()[..]).unwrap().send_queue(1);
        let clients = server();
        let relay = Relay::new(relay::reply(&clients), relay::request(&workers));
        let relay = relay.deadline(Duration::from_millis(50), |_| "too late");
        let relay = relay.start().unwrap();
        let requester = client(&clients).request().unwrap();
        let ask = |count: usize| {
            let start = |_| requester.start("hello?").unwrap();
            let pending: Vec<_> = (0..count).map(start).collect();
            for pending in pending {
                assert_eq!(pending.wait_timeout(SOON).unwrap(), "too late");
            }
        };
        ask(100);
        until(|| relay.counters().answered == 100 && relay.counters().held == 0);
        let away = relay.counters();
        assert_eq!((away.forward.messages, away.forward.dropped), (0, 100));
        let deaf = client(&workers).receive_queue(1).reply().unwrap();
        ask(100);
        until(|| relay.counters().answered == 200 && relay.counters().held == 0);
        let full = relay.counters();
        assert!((1..10).contains(&full.forward.messages), "{full:?}");
        drop(deaf);
    });
}

#[test]
fn an_error_reply_that_panics_or_is_empty_ends_nothing() {
    deadline(|| {
        let mut calls_so_far = 0;
        let late = move |_: &[Frame]| {
            calls_so_far += 1;
            match calls_so_far {
                1 => panic!("on purpose"),
                2 => vec![],
                _ => vec!["too late"],
            }
        };
        let time = Duration::from_millis(5);
        let (relay, requester, _worker) = calls(|relay| relay.deadline(time, late));
        let lost = [requester.start("1").unwrap(), requester.start("2").unwrap()];
        assert_eq!(requester.request_timeout("3", SOON).unwrap(), "too late");
        until(|| relay.counters().backward.dropped == 2);
        drop(lost);
    });
}

#[test]
fn the_function_of_a_filter_is_called_in_one_thread() {
    deadline(|| {
        let (tell, told) = mpsc::channel();
        let filter = move |_: &[Frame]| {
            tell.send(std::thread::current().id()).unwrap();
            Verdict::Answer("done".into())
        };
        let (_relay, requester, _worker) = calls(|relay| relay.filter(filter));
        for _ in 0..3 {
            requester.request_timeout("x", SOON).unwrap();
        }
        let threads: Vec<_> = told.try_iter().collect();
        assert_eq!(threads, [threads[0]; 3]);
        assert_ne!(threads[0], std::thread::current().id());
    });
}
