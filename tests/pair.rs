//! Pair: two ends that talk to each other, both ways at once.

mod support;

use std::time::Duration;

use support::{assert_timeout, blocked, deadline, ends, marry, pairs};
use zeroless::{Client, Error, Server};

#[test]
fn both_ends_send_and_receive() {
    deadline(|| {
        for (one, two) in pairs() {
            one.send("ping").unwrap();
            assert_eq!(two.recv().unwrap(), "ping");
            two.send(("pong", "of", "several")).unwrap();
            assert_eq!(one.recv().unwrap(), ["pong", "of", "several"]);
        }
    });
}

#[test]
fn the_handle_is_callable_and_a_loop() {
    deadline(|| {
        for (one, two) in pairs() {
            let echo = blocked(move || {
                for message in &two {
                    two(&message).unwrap();
                }
            });
            one(&"hello").unwrap();
            one(&("a", "b")).unwrap();
            let mut heard = one.iter();
            assert_eq!(heard.next().unwrap(), "hello");
            assert_eq!(heard.next().unwrap(), ["a", "b"]);
            drop(echo);
        }
    });
}

#[test]
fn many_messages_pass_both_ways_at_once() {
    deadline(|| {
        const MANY: usize = 2000;
        for (one, two) in pairs() {
            let mut threads = Vec::new();
            for end in [&one, &two] {
                let (sends, hears) = (end.clone(), end.clone());
                threads.push(blocked(move || {
                    (0..MANY).for_each(|number| sends.send(number.to_string()).unwrap());
                }));
                threads.push(blocked(move || {
                    for (number, message) in hears.iter().take(MANY).enumerate() {
                        assert_eq!(message, &number.to_string()[..]);
                    }
                }));
            }
            for thread in threads {
                thread.join().unwrap();
            }
        }
    });
}

#[test]
fn one_thread_sends_while_another_waits_to_receive() {
    deadline(|| {
        for (one, two) in pairs() {
            let hears = one.clone();
            let waiting = blocked(move || hears.recv().unwrap());
            one.send("question").unwrap();
            assert_eq!(two.recv().unwrap(), "question");
            two.send("answer").unwrap();
            assert_eq!(waiting.join().unwrap(), "answer");
        }
    });
}

#[test]
fn alone_it_neither_sends_nor_receives() {
    deadline(|| {
        let pair = Server::bind_local(0).unwrap().pair().unwrap();
        let unsent = pair.try_send(("a", "b")).unwrap_err();
        assert_eq!(*unsent.error(), Error::WouldBlock);
        assert_eq!(unsent.into_message(), ["a", "b"]);
        let soon = Duration::from_millis(1);
        assert_timeout(pair.send_timeout("a", soon));
        assert_eq!(pair.try_recv(), Err(Error::WouldBlock));
        assert_timeout(pair.recv_timeout(soon));
    });
}

#[test]
fn a_second_client_disturbs_nobody() {
    deadline(|| {
        let (server, client) = ends();
        let (one, two) = (server.pair().unwrap(), client.pair().unwrap());
        marry(&one, &two);
        let third = Client::connect(server.port()).unwrap().pair().unwrap();
        let _ = third.try_send("from the third");
        for number in 0..100 {
            one.send(number.to_string()).unwrap();
            assert_eq!(two.recv().unwrap(), &number.to_string()[..]);
            two.send(number.to_string()).unwrap();
            assert_eq!(one.recv().unwrap(), &number.to_string()[..]);
        }
        assert_eq!(third.try_recv(), Err(Error::WouldBlock));
    });
}
