//! The newest message: older ones are dropped whole, and counted.

mod support;

use std::thread;

use support::{SOON, blocked, deadline, inproc, pairs, push_pull, subscribed};
use zeroless::{Client, Error, Receiving, Server};

#[test]
fn the_newest_message_is_received_whole_and_older_ones_are_counted() {
    deadline(|| {
        for (push, pull) in push_pull() {
            for number in 0..100 {
                push.send((number.to_string(), "of", "100")).unwrap();
            }
            push.close(SOON).unwrap();
            // All have been sent to it, and are received as they come.
            let mut newest = pull.recv_latest().unwrap();
            let mut received = 1;
            while newest[0] != "99" {
                newest = pull.recv_latest().unwrap();
                received += 1;
            }
            assert_eq!(newest, ["99", "of", "100"]);
            assert_eq!(received + pull.skipped(), 100);
            assert_eq!(pull.try_recv(), Err(Error::WouldBlock));
        }
    });
}

#[test]
fn of_the_messages_that_are_there_the_newest_is_received() {
    deadline(|| {
        // A message over inproc is there at once.
        let server = Server::bind(inproc()).unwrap();
        let pull = server.pull().unwrap();
        let push = Client::connect(server.endpoint()).unwrap().push().unwrap();
        for number in 0..100 {
            push.send((number.to_string(), "of", "100")).unwrap();
        }
        assert_eq!(pull.recv_latest().unwrap(), ["99", "of", "100"]);
        assert_eq!(pull.skipped(), 99);
        assert_eq!(pull.try_recv(), Err(Error::WouldBlock));
    });
}

#[test]
fn every_message_is_received_or_counted() {
    deadline(|| {
        let (one, two) = {
            let [(one, two), _] = pairs();
            (one, two)
        };
        const COUNT: u64 = 20_000;
        let sending = thread::spawn(move || {
            for number in 0..COUNT {
                one.send(number.to_string()).unwrap();
            }
            one
        });
        let (mut received, mut last) = (0, None);
        while last != Some(COUNT - 1) {
            let number: u64 = two.recv_latest().unwrap().to_string().parse().unwrap();
            assert!(last < Some(number));
            last = Some(number);
            received += 1;
        }
        assert_eq!(received + two.skipped(), COUNT);
        drop(sending.join().unwrap());
    });
}

#[test]
fn a_sender_that_never_rests_does_not_hold_it_up() {
    deadline(|| {
        let [(push, pull), _] = push_pull();
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| while push.send("again").is_ok() {});
            }
            for _ in 0..10 {
                assert_eq!(pull.recv_latest().unwrap(), "again");
            }
            push.stop();
        });
    });
}

#[test]
fn it_waits_for_a_message_and_ends_with_a_stop() {
    deadline(|| {
        let (publisher, subscriber) = subscribed(["a"]);
        let waiting = {
            let subscriber = subscriber.clone();
            blocked(move || subscriber.recv_latest())
        };
        publisher.send(("a", "news")).unwrap();
        assert_eq!(waiting.join().unwrap().unwrap(), ["a", "news"]);
        let waiting = {
            let subscriber = subscriber.clone();
            blocked(move || subscriber.recv_latest())
        };
        subscriber.stop();
        assert_eq!(waiting.join().unwrap(), Err(Error::Stopped));
    });
}

#[test]
fn generic_code_has_it_too() {
    fn newest(handle: &impl Receiving<Item = zeroless::Message>) -> String {
        handle.recv_latest().unwrap().to_string()
    }
    deadline(|| {
        let [(push, pull), _] = push_pull();
        push.send("hello").unwrap();
        assert_eq!(newest(&pull), "hello");
    });
}
