//! Push and pull: each message to one puller, in turn, whichever end is the server.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

use support::{SOON, assert_timeout, blocked, deadline, inproc, marry, push_pull, until};
use zeroless::{Client, Error, Frame, Pull, Push, Server};

const MANY: usize = 2000;

/// Ends that hold few messages between them.
fn narrow() -> (Push, Pull) {
    let server = Server::bind(inproc()).unwrap().receive_queue(1);
    let pull = server.pull().unwrap();
    let client = Client::connect(server.endpoint()).unwrap().send_queue(1);
    (client.push().unwrap(), pull)
}

/// Pushes until there is no more room; how many there were.
fn fill(push: &Push) -> usize {
    (0..).take_while(|_| push.try_send("full").is_ok()).count()
}

#[test]
fn a_message_is_pulled_as_it_was_pushed() {
    deadline(|| {
        for (push, pull) in push_pull() {
            push.send("hello").unwrap();
            assert_eq!(pull.recv().unwrap(), "hello");
        }
    });
}

#[test]
fn a_message_of_several_frames_stays_whole() {
    deadline(|| {
        for (push, pull) in push_pull() {
            push.send(("7", b"\0\xff", vec![1_u8], "")).unwrap();
            let [id, bytes, number, empty] = pull.recv().unwrap().parts().unwrap();
            assert_eq!(id, "7");
            assert_eq!(bytes, b"\0\xff");
            assert_eq!(number, [1]);
            assert!(empty.is_empty());
        }
    });
}

#[test]
fn many_messages_arrive_in_order() {
    deadline(|| {
        for (push, pull) in push_pull() {
            let sending = blocked(move || {
                for number in 0..MANY {
                    push.send(number.to_string()).unwrap();
                }
                push
            });
            for number in 0..MANY {
                assert_eq!(pull.recv().unwrap(), &number.to_string()[..]);
            }
            sending.join().unwrap();
        }
    });
}

#[test]
fn many_messages_of_several_frames_arrive_in_order() {
    deadline(|| {
        for (push, pull) in push_pull() {
            let sending = blocked(move || {
                for number in 0..MANY {
                    push.send((number.to_string(), "body")).unwrap();
                }
                push
            });
            for (number, [id, body]) in pull.parts().take(MANY).enumerate() {
                assert_eq!(id, number.to_string());
                assert_eq!(body, "body");
            }
            sending.join().unwrap();
        }
    });
}

#[test]
fn a_large_message_arrives_whole() {
    deadline(|| {
        let bytes: Vec<u8> = (0..5_000_000_u32).map(|number| number as u8).collect();
        for (push, pull) in push_pull() {
            push.send(("large", bytes.clone())).unwrap();
            assert!(pull.recv().unwrap()[1] == bytes);
        }
    });
}

#[test]
fn the_handle_is_callable() {
    deadline(|| {
        for (push, pull) in push_pull() {
            push(&"one").unwrap();
            push(&("two", b"frames".to_vec())).unwrap();
            push(&["a", "b", "c"]).unwrap();
            assert_eq!(pull.recv().unwrap(), "one");
            assert_eq!(pull.recv().unwrap(), ["two", "frames"]);
            assert_eq!(pull.recv().unwrap(), ["a", "b", "c"]);
        }
    });
}

#[test]
fn a_message_received_can_be_sent_on() {
    deadline(|| {
        let [(first, relay_in), (relay_out, last)] = push_pull();
        first.send(("id", "body")).unwrap();
        relay_out.send(relay_in.recv().unwrap()).unwrap();
        assert_eq!(last.recv().unwrap(), ["id", "body"]);
    });
}

#[test]
fn every_way_to_receive_takes_a_message() {
    deadline(|| {
        for (push, pull) in push_pull() {
            for number in 0..8 {
                push.send(number.to_string()).unwrap();
            }
            assert_eq!(pull.recv().unwrap(), "0");
            assert_eq!(pull.recv_timeout(SOON).unwrap(), "1");
            assert_eq!(pull.recv_deadline(Instant::now() + SOON).unwrap(), "2");
            until(|| match pull.try_recv() {
                Ok(message) => message == "3",
                Err(error) => error != Error::WouldBlock,
            });
            assert_eq!(pull.iter().next().unwrap(), "4");
            assert_eq!((&pull).into_iter().next().unwrap(), "5");
            assert_eq!(pull.parts().next(), Some([Frame::from("6")]));
            assert_eq!(pull.into_iter().next().unwrap(), "7");
        }
    });
}

#[test]
fn try_iter_takes_the_messages_that_are_there() {
    deadline(|| {
        let (push, pull) = narrow();
        assert_eq!(pull.try_iter().count(), 0);
        let sent = fill(&push);
        assert_eq!(pull.try_iter().count(), sent);
        assert_eq!(pull.try_recv(), Err(Error::WouldBlock));
    });
}

#[test]
fn receiving_gives_up_at_its_deadline() {
    deadline(|| {
        for (_push, pull) in push_pull() {
            assert_eq!(pull.try_recv(), Err(Error::WouldBlock));
            assert_timeout(pull.recv_timeout(Duration::ZERO));
            let (began, pause) = (Instant::now(), Duration::from_millis(30));
            assert_timeout(pull.recv_timeout(pause));
            assert!(began.elapsed() >= pause);
            let until = Instant::now() + pause;
            assert_timeout(pull.recv_deadline(until));
            assert!(Instant::now() >= until);
            // One that has passed is none to wait for, and one too far away is for ever.
            assert_timeout(pull.recv_deadline(began));
        }
    });
}

#[test]
fn a_timeout_too_long_for_the_clock_is_for_ever() {
    deadline(|| {
        for (push, pull) in push_pull() {
            let receiving = blocked(move || pull.recv_timeout(Duration::MAX).unwrap());
            push.send_timeout("hello", Duration::MAX).unwrap();
            assert_eq!(receiving.join().unwrap(), "hello");
        }
    });
}

#[test]
fn without_a_puller_nothing_is_sent_and_the_message_comes_back() {
    deadline(|| {
        let push = Server::bind_local(0).unwrap().push().unwrap();
        let unsent = push.try_send(("id", vec![7_u8; 1000])).unwrap_err();
        assert_eq!(*unsent.error(), Error::WouldBlock);
        assert!(unsent.is_timeout());
        let [id, body] = unsent.into_message().parts().unwrap();
        assert_eq!((&id[..], &body[..]), (&b"id"[..], &[7; 1000][..]));

        let began = Instant::now();
        let pause = Duration::from_millis(30);
        let unsent = push.send_timeout("late", pause).unwrap_err();
        assert!(began.elapsed() >= pause);
        assert!(matches!(unsent.error(), Error::Timeout { .. }));
        assert_eq!(unsent.into_message(), "late");
    });
}

#[test]
fn an_empty_message_is_not_sent() {
    deadline(|| {
        for (push, pull) in push_pull() {
            let unsent = push.send(Vec::<String>::new()).unwrap_err();
            assert_eq!(*unsent.error(), Error::EmptyMessage);
            assert_eq!(
                *push(&<[&str; 0]>::default()).unwrap_err().error(),
                Error::EmptyMessage
            );
            push.send("").unwrap();
            assert_eq!(pull.recv().unwrap(), "");
        }
    });
}

#[test]
fn a_full_queue_makes_the_pusher_wait() {
    deadline(|| {
        let (push, pull) = narrow();
        let sent = fill(&push);
        assert!((1..=4).contains(&sent), "{sent} messages in queues of one");
        let unsent = push.send_timeout(("one", "too many"), Duration::from_millis(10));
        assert_eq!(unsent.unwrap_err().into_message(), ["one", "too many"]);
        let waiting = blocked(move || push.send("when there is room").unwrap());
        for _ in 0..sent {
            assert_eq!(pull.recv().unwrap(), "full");
        }
        assert_eq!(pull.recv().unwrap(), "when there is room");
        waiting.join().unwrap();
    });
}

#[test]
fn a_send_timeout_can_be_the_default() {
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        let push = server
            .send_timeout(Duration::from_millis(1))
            .push()
            .unwrap();
        assert_timeout(push.send("nobody is there"));
        assert_timeout(push(&"nobody is there"));
    });
}

#[test]
fn push_waits_for_a_puller() {
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        let push = server.push().unwrap();
        let waiting = blocked(move || push.send("hello").map(|()| push).unwrap());
        let pull = Client::connect(server.port()).unwrap().pull().unwrap();
        assert_eq!(pull.recv().unwrap(), "hello");
        waiting.join().unwrap();
    });
}

#[test]
fn messages_go_to_the_servers_in_turn() {
    deadline(|| {
        let servers = [(); 2].map(|()| Server::bind_local(0).unwrap());
        let pulls = servers.each_ref().map(|server| server.pull().unwrap());
        let client = Client::connect(servers.each_ref().map(Server::port)).unwrap();
        let push = client.push().unwrap();
        push.wait_connected(2, SOON).unwrap();
        for number in 0..100 {
            push.send(number.to_string()).unwrap();
        }
        for pull in pulls {
            for _ in 0..50 {
                pull.recv().unwrap();
            }
            assert_eq!(pull.try_recv(), Err(Error::WouldBlock));
        }
    });
}

#[test]
fn each_puller_of_a_server_gets_its_share() {
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        let push = server.push().unwrap();
        let client = Client::connect(server.port()).unwrap();
        let pulls = [(); 3].map(|()| client.pull().unwrap());
        push.wait_connected(3, SOON).unwrap();
        for number in 0..300 {
            push.send(number.to_string()).unwrap();
        }
        for pull in pulls {
            for _ in 0..100 {
                pull.recv().unwrap();
            }
        }
    });
}

#[test]
fn all_pushers_are_heard() {
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        let pull = server.pull().unwrap();
        let client = Client::connect(server.port()).unwrap();
        let pushes: Vec<Push> = (0..10).map(|_| client.push().unwrap()).collect();
        for (number, push) in pushes.iter().enumerate() {
            push.send(number.to_string()).unwrap();
        }
        let mut heard: Vec<String> = pull.iter().take(10).map(|m| m.to_string()).collect();
        heard.sort();
        assert_eq!(heard.concat(), "0123456789");
    });
}

#[test]
fn a_message_of_another_number_of_frames_is_passed_over_and_counted() {
    deadline(|| {
        for (push, pull) in push_pull() {
            push.send("one").unwrap();
            push.send(("a", "b")).unwrap();
            push.send(("one", "two", "three")).unwrap();
            push.send(("c", "d")).unwrap();
            let mut parts = pull.parts::<2>();
            assert_eq!(parts.next().unwrap(), ["a", "b"].map(Frame::from));
            assert_eq!(parts.next().unwrap(), ["c", "d"].map(Frame::from));
            assert_eq!(pull.skipped(), 2);
        }
    });
}

#[test]
fn clones_share_the_work() {
    deadline(|| {
        for (push, pull) in push_pull() {
            let done = Arc::new(AtomicUsize::new(0));
            let work = |pull: Pull| {
                let done = done.clone();
                move || {
                    for _ in &pull {
                        if done.fetch_add(1, SeqCst) + 1 == MANY {
                            pull.stop();
                        }
                    }
                }
            };
            let send = |push: Push| move || (0..MANY / 4).for_each(|_| push.send("job").unwrap());
            let workers = [(); 4].map(|()| blocked(work(pull.clone())));
            let senders = [(); 4].map(|()| blocked(send(push.clone())));
            for thread in workers.into_iter().chain(senders) {
                thread.join().unwrap();
            }
            assert_eq!(done.load(SeqCst), MANY);
        }
    });
}

#[test]
fn a_pusher_waits_for_a_server_that_comes_later() {
    deadline(|| {
        let port = Server::bind_local(0).unwrap().port();
        let push = Client::connect(port).unwrap().push().unwrap();
        push.send("early").unwrap();
        let pull = Server::bind_local(port).unwrap().pull().unwrap();
        assert_eq!(pull.recv().unwrap(), "early");
    });
}

#[test]
fn a_server_that_comes_back_is_connected_to_again() {
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        let (port, pull) = (server.port(), server.pull().unwrap());
        let push = Client::connect(port).unwrap().push().unwrap();
        marry(&push, &pull);
        let events = push.connection_events().unwrap();
        drop((server, pull));
        let gone = |event| matches!(event, zeroless::ConnectionEvent::Disconnected { .. });
        assert!(events.into_iter().any(gone));
        // The system may take a moment to give the port back.
        let mut again = None;
        until(|| {
            again = Server::bind_local(port).ok();
            again.is_some()
        });
        let pull = again.unwrap().pull().unwrap();
        push.send("welcome back").unwrap();
        assert_eq!(pull.recv().unwrap(), "welcome back");
    });
}
