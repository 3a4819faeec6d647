//! Relays: each pair of input and output, bound and connected, passes on the right messages.

#[path = "support/child.rs"]
mod child;
mod support;

use std::time::Duration;

use support::{SOON, deadline, echo, inproc, until};
use zeroless::relay::{self, End, Relay, RunningRelay};
use zeroless::{
    Client, ConnectionEvent, Error, Message, Publisher, Pull, Push, Refusal, Server, Subscriber,
};

fn server() -> Server {
    Server::bind_local(0).unwrap()
}

fn client(server: &Server) -> Client {
    Client::connect(server.endpoint()).unwrap()
}

/// A relay's end, and the opposite end for its peers.
struct Place {
    end: End,
    peers: Peers,
}

enum Peers {
    Connect(Server),
    Bind(Server),
}

/// Both ends of a relay in all ways to be bound and connected.
fn places() -> Vec<[Place; 2]> {
    let bound = || {
        let server = server();
        Place {
            end: End::from(&server),
            peers: Peers::Connect(server),
        }
    };
    let connected = || {
        let server = server();
        Place {
            end: End::from(client(&server)),
            peers: Peers::Bind(server),
        }
    };
    vec![
        [bound(), bound()],
        [bound(), connected()],
        [connected(), bound()],
        [connected(), connected()],
    ]
}

/// Opens a peer's handle at this place.
macro_rules! peer {
    ($place:expr, $open:ident($($argument:expr)?)) => {
        match &$place.peers {
            Peers::Connect(server) => client(server).$open($($argument)?).unwrap(),
            Peers::Bind(server) => server.$open($($argument)?).unwrap(),
        }
    };
}

fn messages() -> Vec<Message> {
    vec![
        "one".into(),
        ["several", "", "frames"].into(),
        "".into(),
        vec![7; 100].into(),
        [vec![1; 100_000], vec![], vec![2; 70], vec![3; 71]].into(),
    ]
}

/// Waits until the relay has told the publisher of a subscription.
fn until_subscribed(publisher: &Publisher, topic: &str) {
    until(|| publisher.has_subscriber(topic).unwrap());
}

#[test]
fn pushed_messages_are_pulled_whole_and_in_order() {
    deadline(|| {
        for [input, output] in places() {
            let relay = Relay::new(
                relay::pull(input.end.clone()),
                relay::push(output.end.clone()),
            );
            let relay = relay.start().unwrap();
            let (push, pull) = (peer!(input, push()), peer!(output, pull()));
            for message in messages() {
                push.send(&message).unwrap();
                assert!(pull.recv_timeout(SOON).unwrap() == message);
            }
            for number in 0..10_000 {
                push.send(number.to_string()).unwrap();
                if number % 100 == 99 {
                    for number in number - 99..=number {
                        assert_eq!(
                            pull.recv_timeout(SOON).unwrap(),
                            number.to_string().as_str()
                        );
                    }
                }
            }
            relay.stop();
            let counters = relay.counters();
            assert_eq!(counters.forward.messages, 10_000 + messages().len() as u64);
            assert_eq!((counters.forward.dropped, counters.held), (0, 0));
            assert_eq!(counters.backward, Default::default());
        }
    });
}

#[test]
fn requests_go_to_the_workers_and_each_reply_to_its_asker() {
    deadline(|| {
        for [input, output] in places() {
            let relay = Relay::new(
                relay::reply(input.end.clone()),
                relay::request(output.end.clone()),
            );
            let relay = relay.start().unwrap();
            let worker = peer!(output, reply());
            let stop = worker.clone();
            let serving = echo(worker);
            let requester = peer!(input, request());
            for message in messages() {
                assert!(requester.request_timeout(&message, SOON).unwrap() == message);
            }
            std::thread::scope(|scope| {
                for thread in 0..3 {
                    let requester = requester.clone();
                    scope.spawn(move || {
                        let start = |number: u32| {
                            let text = format!("{thread} {number}");
                            (requester.start(&text).unwrap(), text)
                        };
                        let pending: Vec<_> = (0..100).map(start).collect();
                        for (pending, text) in pending {
                            assert_eq!(pending.wait_timeout(SOON).unwrap(), text);
                        }
                    });
                }
            });
            relay.stop();
            let counters = relay.counters();
            let requests = 300 + messages().len() as u64;
            assert_eq!(counters.forward.messages, requests);
            assert_eq!(counters.backward.messages, requests);
            assert_eq!(counters.forward.bytes, counters.backward.bytes);
            assert_eq!(counters.forward.dropped + counters.backward.dropped, 0);
            stop.stop();
            serving.join().unwrap();
        }
    });
}

#[test]
fn subscriptions_go_to_the_publisher_and_only_wanted_messages_come() {
    deadline(|| {
        for [input, output] in places() {
            let relay = Relay::new(
                relay::subscribe(input.end.clone()),
                relay::publish(output.end.clone()),
            );
            let relay = relay.start().unwrap();
            let publisher = peer!(input, publish());
            let subscriber: Subscriber = peer!(output, subscribe("news"));
            until_subscribed(&publisher, "news");
            assert!(!publisher.has_subscriber("weather").unwrap());
            publisher.send(("weather", "unwanted")).unwrap();
            publisher.send(("news", "wanted")).unwrap();
            assert_eq!(subscriber.recv_timeout(SOON).unwrap(), ["news", "wanted"]);
            subscriber.subscribe("weather").unwrap();
            until_subscribed(&publisher, "weather");
            publisher.send(("weather", "wanted")).unwrap();
            assert_eq!(
                subscriber.recv_timeout(SOON).unwrap(),
                ["weather", "wanted"]
            );
            subscriber.unsubscribe("news").unwrap();
            until(|| !publisher.has_subscriber("news").unwrap());
            drop(subscriber);
            // One that was connected to may come back, so it stays.
            if matches!(output.peers, Peers::Connect(_)) {
                until(|| !publisher.has_subscriber("weather").unwrap());
                until(|| relay.counters().backward.messages == 4);
            }
            until(|| relay.counters().forward.messages == 2);
        }
    });
}

#[test]
fn a_publisher_counts_the_relay_once_for_each_topic() {
    deadline(|| {
        let (input, output) = (server(), server());
        let relay = Relay::new(relay::subscribe(&input), relay::publish(&output));
        let _relay = relay.start().unwrap();
        let publisher = client(&input).publish().unwrap();
        let subscribers = [(); 3].map(|()| client(&output).subscribe(["a", "b"]).unwrap());
        publisher.wait_for_subscribers(2, SOON).unwrap();
        for subscriber in &subscribers {
            // All of them are there once they get something.
            until(|| {
                publisher.send("a").unwrap();
                subscriber.recv_timeout(Duration::from_millis(1)).is_ok()
            });
        }
        let more = publisher.wait_for_subscribers(3, Duration::ZERO);
        assert!(more.unwrap_err().is_timeout());
        let [first, rest @ ..] = subscribers;
        drop(rest);
        first.unsubscribe("b").unwrap();
        until(|| !publisher.has_subscriber("b").unwrap());
        assert!(publisher.has_subscriber("a").unwrap());
    });
}

#[test]
fn published_messages_become_requests() {
    deadline(|| {
        for [input, output] in places() {
            let relay = Relay::new(
                relay::subscribe(input.end.clone()),
                relay::request(output.end.clone()),
            );
            let relay = relay.topics(["news", "sports"]).start().unwrap();
            let publisher = peer!(input, publish());
            let worker = peer!(output, reply());
            until(|| publisher.has_subscriber("news").unwrap());
            until(|| publisher.has_subscriber("sports").unwrap());
            publisher.send(("weather", "rain")).unwrap();
            for topic in ["news", "sports"] {
                publisher.send((topic, "today")).unwrap();
                let request = worker.recv_timeout(SOON).unwrap();
                assert_eq!(*request.message(), [topic, "today"]);
                request.reply("done").unwrap();
            }
            until(|| relay.counters().backward.messages == 2);
            until(|| relay.counters().forward.messages == 2);
        }
    });
}

#[test]
fn without_topics_all_published_messages_become_requests() {
    deadline(|| {
        let (input, output) = (server(), server());
        let relay = Relay::new(relay::subscribe(&input), relay::request(&output));
        let _relay = relay.start().unwrap();
        let publisher = client(&input).publish().unwrap();
        let worker = client(&output).reply().unwrap();
        publisher.wait_for_subscribers(1, SOON).unwrap();
        publisher.send("anything").unwrap();
        let request = worker.recv_timeout(SOON).unwrap();
        assert_eq!(*request.message(), "anything");
        request.reply("").unwrap();
    });
}

/// A relay from pull to push, and its peers.
fn pipeline() -> (RunningRelay, Push, Pull, [Server; 2]) {
    let (input, output) = (server(), server());
    let relay = Relay::new(relay::pull(&input), relay::push(&output));
    let relay = relay.start().unwrap();
    let push = client(&input).push().unwrap();
    let pull = client(&output).pull().unwrap();
    (relay, push, pull, [input, output])
}

#[test]
fn relays_can_follow_each_other() {
    deadline(|| {
        let servers = [(); 3].map(|()| server());
        let link = |from: &Server, to: &Server| {
            let relay = Relay::new(relay::reply(from), relay::request(client(to)));
            relay.start().unwrap()
        };
        let _relays = [
            link(&servers[0], &servers[1]),
            link(&servers[1], &servers[2]),
        ];
        let worker = servers[2].reply().unwrap();
        let stop = worker.clone();
        let serving = echo(worker);
        let requester = client(&servers[0]).request().unwrap();
        for number in 0..100 {
            let number = number.to_string();
            assert_eq!(requester.request_timeout(&number, SOON).unwrap(), number);
        }
        stop.stop();
        serving.join().unwrap();
    });
}

#[test]
fn endpoints_that_come_later_are_followed() {
    deadline(|| {
        let (input, output) = (Client::new(), server());
        let relay = Relay::new(relay::pull(&input), relay::push(&output));
        let relay = relay.start().unwrap();
        let jobs = server();
        let push = jobs.push().unwrap();
        input.connect(jobs.endpoint()).unwrap();
        output.bind_more("tcp://127.0.0.1:0").unwrap();
        let later = output.endpoints().pop().unwrap();
        let pull = Client::connect(later).unwrap().pull().unwrap();
        push.send("hello").unwrap();
        assert_eq!(pull.recv_timeout(SOON).unwrap(), "hello");
        input.disconnect(jobs.endpoint()).unwrap();
        until(|| push.connections_now() == 0);
        drop(relay);
    });
}

#[test]
fn connections_of_both_sides_are_told() {
    deadline(|| {
        let (relay, push, pull, _servers) = pipeline();
        for side in [relay.input(), relay.output()] {
            side.wait_connected(1, SOON).unwrap();
            assert_eq!(side.connections_now(), 1);
            assert!(side.status().is_ok());
            let events = side.connection_events().unwrap();
            let accepted = |event| matches!(event, ConnectionEvent::Accepted { .. });
            assert!(events.iter().any(accepted));
        }
        pull.wait_connected(1, SOON).unwrap();
        let events = relay.input().connection_events().unwrap();
        drop(push);
        let gone = |event| matches!(event, ConnectionEvent::Disconnected { .. });
        assert!(events.iter().any(gone));
        relay.stop();
        // The streams end with the relay.
        events.for_each(drop);
        assert!(
            relay
                .input()
                .wait_connected(1, SOON)
                .unwrap_err()
                .is_stopped()
        );
    });
}

#[test]
fn a_peer_of_the_wrong_pattern_is_told_at_its_side() {
    deadline(|| {
        let wrong = server();
        let _pair = wrong.pair().unwrap();
        let relay = Relay::new(relay::pull(client(&wrong)), relay::push(server()));
        let relay = relay.start().unwrap();
        until(|| relay.status().is_err());
        let refused = relay.input().status().unwrap_err();
        assert!(matches!(
            refused.refusal(),
            Some(Refusal::WrongPattern { .. })
        ));
        assert!(relay.output().status().is_ok());
    });
}

#[test]
fn a_relay_that_is_stopped_passes_nothing_on_and_its_servers_are_free() {
    deadline(|| {
        let (relay, push, pull, [input, output]) = pipeline();
        push.send("before").unwrap();
        assert_eq!(pull.recv_timeout(SOON).unwrap(), "before");
        assert!(matches!(input.pull(), Err(Error::PatternTaken { .. })));
        relay.stop();
        relay.wait().unwrap();
        relay.stop();
        assert!(relay.status().unwrap_err().is_stopped());
        until(|| relay.counters().forward.messages == 1);
        drop(relay);
        let own = input.pull().unwrap();
        // A message on its way while the connection breaks is lost.
        until(|| {
            push.send("after").unwrap();
            own.recv_timeout(Duration::from_millis(1)).is_ok()
        });
        output.push().unwrap();
    });
}

#[test]
fn a_stopper_ends_a_relay_also_one_that_is_full_and_those_that_wait_for_its_end() {
    deadline(|| {
        let (input, output) = (server(), server());
        let relay = Relay::new(relay::pull(&input), relay::push(&output));
        let relay = relay.start().unwrap();
        client(&input).push().unwrap().send("no room").unwrap();
        until(|| relay.counters().held == 1);
        let stopper = relay.stopper().unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| relay.wait());
            stopper.stop();
            waiting.join().unwrap().unwrap();
        });
        assert!(relay.status().unwrap_err().is_stopped());
    });
}

#[test]
fn all_that_was_handed_over_is_delivered_when_it_is_closed() {
    deadline(|| {
        const COUNT: usize = 500;
        let (relay, push, pull, _servers) = pipeline();
        for number in 0..COUNT {
            push.send(number.to_string()).unwrap();
        }
        until(|| relay.counters().forward.messages == COUNT as u64);
        relay.output().wait_connected(1, SOON).unwrap();
        relay.close(SOON).unwrap();
        for number in 0..COUNT {
            assert_eq!(
                pull.recv_timeout(SOON).unwrap(),
                number.to_string().as_str()
            );
        }
    });
}

#[test]
fn each_side_has_its_own_options() {
    deadline(|| {
        let name = inproc();
        let input = Server::bind(&name[..]).unwrap().receive_queue(1);
        let output = server().send_queue(7).linger(SOON);
        let relay = Relay::new(relay::pull(&input), relay::push(&output));
        let _relay = relay.start().unwrap();
    });
}

#[test]
fn options_without_use_are_refused() {
    let time = Duration::from_secs(1);
    for (refused, option) in [
        (server().send_timeout(time), "send_timeout"),
        (server().request_timeout(time), "request_timeout"),
        (server().request_retries(3), "request_retries"),
        (server().spin(time), "spin"),
        (server().peer_info(true), "peer_info"),
        (server().wait_for_slow(true), "wait_for_slow"),
    ] {
        let relay = Relay::new(relay::reply(server()), relay::request(refused));
        match relay.start().unwrap_err() {
            Error::InvalidOption { option: named, .. } => assert_eq!(named, option),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn frames_that_one_side_accepts_and_the_other_may_not_send_are_refused() {
    let (small, large) = (|| server().max_frame(1000), || server().max_frame(2000));
    let is_refused = |outcome: zeroless::Result<RunningRelay>| {
        matches!(
            outcome,
            Err(Error::InvalidOption {
                option: "max_frame",
                ..
            })
        )
    };
    let pipeline = |input, output| Relay::new(relay::pull(input), relay::push(output)).start();
    assert!(is_refused(pipeline(large(), small())));
    assert!(!is_refused(pipeline(small(), large())));
    let calls = |input, output| Relay::new(relay::reply(input), relay::request(output)).start();
    assert!(is_refused(calls(small(), large())));
    assert!(!is_refused(calls(small(), small())));
}

#[test]
fn what_a_subscriber_sends_beside_subscriptions_goes_nowhere() {
    deadline(|| {
        let (input, output) = (server(), server());
        let relay = Relay::new(relay::subscribe(&input), relay::publish(&output));
        let relay = relay.start().unwrap();
        let publisher = client(&input).publish().unwrap();
        let context = zmq::Context::new();
        let xsub = context.socket(zmq::XSUB).unwrap();
        xsub.set_linger(0).unwrap();
        xsub.connect(&output.endpoint().to_string()).unwrap();
        xsub.send("user data", 0).unwrap();
        xsub.send("\u{1}news", 0).unwrap();
        until_subscribed(&publisher, "news");
        until(|| relay.counters().backward.dropped == 1);
        until(|| relay.counters().backward.messages == 1);
    });
}

#[test]
fn a_forked_child_has_no_relay_and_its_parent_keeps_it() {
    deadline(|| {
        let (relay, push, pull, _servers) = pipeline();
        let in_child = child::in_child(|| {
            assert_eq!(relay.wait(), Err(Error::Forked));
            assert_eq!(relay.status(), Err(Error::Forked));
            assert!(relay.stopper().is_err());
            assert_eq!(relay.input().connections_now(), 0);
            relay.stop();
        });
        assert!(in_child);
        push.send("still there").unwrap();
        assert_eq!(pull.recv_timeout(SOON).unwrap(), "still there");
    });
}

#[test]
fn relays_can_be_sent_to_threads() {
    fn is_send<T: Send>() {}
    fn is_sync<T: Sync>() {}
    is_send::<Relay<relay::Reply, relay::Request>>();
    is_send::<RunningRelay>();
    is_sync::<RunningRelay>();
}
