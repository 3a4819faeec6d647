//! Buffered relays: messages are accepted while the backend is away, kept in order, and none is lost without a word.

mod support;

use std::sync::mpsc::{self, Receiver};

use support::{SOON, deadline, until};
use zeroless::relay::{self, Buffer, Relay, RunningRelay};
use zeroless::{Client, Frame, Push, Requester, Server};

const COUNT: usize = 3000;

fn server() -> Server {
    Server::bind_local(0).unwrap()
}

fn client(server: &Server) -> Client {
    Client::connect(server.endpoint()).unwrap()
}

/// A buffer, and the messages that are reported as dropped.
fn buffer(messages: usize, bytes: usize) -> (Buffer, Receiver<Vec<Frame>>) {
    let (tell, told) = mpsc::channel();
    let report = move |frames: &[Frame]| tell.send(frames.to_vec()).unwrap();
    (Buffer::new(messages, bytes).on_drop(report), told)
}

/// A relay with this buffer, a handle that pushes to it, and the server of those that pull: nobody does yet.
fn pull_to_push(buffer: Buffer) -> (RunningRelay, Push, Server) {
    let (input, output) = (server(), server());
    let relay = Relay::new(relay::pull(&input), relay::push(&output));
    let relay = relay.buffered(buffer).start().unwrap();
    (relay, client(&input).push().unwrap(), output)
}

/// A relay with this buffer, which says `accepted`, a handle that sends it requests, and the server of workers: there is
/// none yet.
fn reply_to_request(buffer: Buffer) -> (RunningRelay, Requester, Server) {
    let (clients, workers) = (server(), server());
    let input = relay::reply(&clients).acknowledge("accepted");
    let relay = Relay::new(input, relay::request(&workers));
    let relay = relay.buffered(buffer).start().unwrap();
    (relay, client(&clients).request().unwrap(), workers)
}

#[test]
fn pushed_messages_are_kept_in_order_until_somebody_pulls() {
    deadline(|| {
        let (buffer, dropped) = buffer(COUNT, usize::MAX);
        let (relay, push, output) = pull_to_push(buffer);
        for number in 0..COUNT {
            push.send((number.to_string(), vec![7; number % 200]))
                .unwrap();
        }
        until(|| relay.counters().held == COUNT as u64);
        let pull = client(&output).pull().unwrap();
        for number in 0..COUNT {
            let message = pull.recv_timeout(SOON).unwrap();
            assert_eq!(message[0], number.to_string().as_str());
            assert_eq!(message[1].len(), number % 200);
        }
        until(|| relay.counters().held == 0);
        drop(relay);
        assert_eq!(dropped.iter().count(), 0);
    });
}

#[test]
fn requests_are_accepted_while_the_backend_is_away_and_then_go_on_in_order() {
    deadline(|| {
        let (relay, requester, workers) = reply_to_request(Buffer::new(COUNT, 1 << 30));
        for number in 0..100 {
            let reply = requester.request_timeout(number.to_string(), SOON).unwrap();
            assert_eq!(reply, "accepted");
        }
        until(|| relay.counters().held == 100);
        let worker = client(&workers).reply().unwrap();
        for number in 0..100 {
            let request = worker.recv_timeout(SOON).unwrap();
            assert_eq!(*request.message(), number.to_string().as_str());
            request.reply("done").unwrap();
        }
        until(|| relay.counters().backward.messages == 100);
        until(|| relay.counters().held == 0);
    });
}

#[test]
fn published_messages_are_kept_until_somebody_replies() {
    deadline(|| {
        let (input, workers) = (server(), server());
        let relay = Relay::new(relay::subscribe(&input), relay::request(&workers));
        let relay = relay.buffered(Buffer::new(COUNT, 1 << 30)).start().unwrap();
        let publisher = client(&input).publish().unwrap();
        publisher.wait_for_subscribers(1, SOON).unwrap();
        for number in 0..500 {
            publisher.send(("news", number.to_string())).unwrap();
        }
        until(|| relay.counters().held == 500);
        let worker = client(&workers).reply().unwrap();
        for number in 0..500 {
            let request = worker.recv_timeout(SOON).unwrap();
            assert_eq!(*request.message(), ["news", &number.to_string()]);
            request.reply("done").unwrap();
        }
    });
}

#[test]
fn messages_beyond_the_bounds_are_dropped_and_each_is_reported() {
    deadline(|| {
        let (buffer, dropped) = buffer(10, usize::MAX);
        let (relay, push, output) = pull_to_push(buffer);
        for number in 0..15 {
            push.send(("job", number.to_string())).unwrap();
        }
        for number in 10..15 {
            let frames = dropped.recv_timeout(SOON).unwrap();
            assert_eq!(frames, ["job", number.to_string().as_str()]);
        }
        until(|| relay.counters().forward.dropped == 5);
        let pull = client(&output).pull().unwrap();
        for number in 0..10 {
            assert_eq!(
                pull.recv_timeout(SOON).unwrap()[1],
                number.to_string().as_str()
            );
        }
        // There is room again.
        push.send(("job", "15")).unwrap();
        assert_eq!(pull.recv_timeout(SOON).unwrap()[1], "15");
    });
}

#[test]
fn a_request_that_is_dropped_is_not_acknowledged() {
    deadline(|| {
        let (buffer, dropped) = buffer(1000, 5000);
        let (relay, requester, _workers) = reply_to_request(buffer);
        let ask = |bytes| requester.start(("id", vec![7; bytes])).unwrap();
        assert_eq!(ask(3000).wait_timeout(SOON).unwrap(), "accepted");
        let refused = ask(3000);
        let frames = dropped.recv_timeout(SOON).unwrap();
        assert_eq!(
            (frames.len(), &frames[0], frames[1].len()),
            (2, &"id".into(), 3000)
        );
        assert_eq!(ask(100).wait_timeout(SOON).unwrap(), "accepted");
        assert!(refused.try_wait().is_err());
        until(|| relay.counters().answered == 2);
    });
}

#[test]
fn messages_that_are_kept_when_it_is_stopped_are_reported() {
    deadline(|| {
        let (buffer, dropped) = buffer(10, usize::MAX);
        let (relay, push, _output) = pull_to_push(buffer);
        for number in 0..3 {
            push.send(number.to_string()).unwrap();
        }
        until(|| relay.counters().held == 3);
        relay.stop();
        let counters = relay.counters();
        assert_eq!((counters.held, counters.forward.dropped), (0, 3));
        let dropped: Vec<_> = dropped.try_iter().collect();
        assert_eq!(
            dropped,
            [["0"], ["1"], ["2"]].map(|it| it.map(Frame::from).to_vec())
        );
    });
}
