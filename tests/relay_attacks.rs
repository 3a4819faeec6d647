//! Peers of a relay that mean harm: strange envelopes, floods, and replies to the requests of others.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use support::{SOON, blocked, deadline, echo, until};
use zeroless::relay::{self, Buffer, Relay, RunningRelay, Verdict};
use zeroless::security::{Access, Password, Plain};
use zeroless::{Client, Message, Server};

fn server() -> Server {
    Server::bind_local(0).unwrap()
}

fn client(server: &Server) -> Client {
    Client::connect(server.endpoint()).unwrap()
}

/// A relay of requests, as it is, with a filter, or with a deadline.
fn relays(clients: &Server, workers: &Server, way: usize) -> RunningRelay {
    let relay = Relay::new(relay::reply(clients), relay::request(workers));
    let started = match way {
        0 => relay.start(),
        1 => relay.filter(|_| Verdict::Pass).start(),
        _ => relay.deadline(2 * SOON, |_| "too late").start(),
    };
    started.unwrap()
}

#[test]
fn a_request_through_a_thousand_hops_comes_back() {
    deadline(|| {
        for way in 0..3 {
            let (clients, workers) = (server(), server());
            let _relay = relays(&clients, &workers, way);
            let worker = client(&workers).reply().unwrap();
            let stop = worker.clone();
            let serving = echo(worker);
            let dealer = client(&clients).dealer().unwrap();
            for (hops, frames) in [(1000, 1), (10_000, 3), (1, 10_000), (10_000, 10_000)] {
                let mut request: Vec<String> = (1..=hops).map(|hop| hop.to_string()).collect();
                request.push(String::new());
                request.extend(vec!["body".to_owned(); frames]);
                dealer.send(&request).unwrap();
                let reply = dealer.recv_timeout(SOON).unwrap();
                assert!(reply == request, "{way}, {hops}, {frames}");
            }
            stop.stop();
            assert_eq!(serving.join().unwrap(), 4);
        }
    });
}

#[test]
fn a_request_through_a_thousand_hops_is_acknowledged() {
    deadline(|| {
        let (clients, output) = (server(), server());
        let input = relay::reply(&clients).acknowledge("accepted");
        let _relay = Relay::new(input, relay::push(&output)).start().unwrap();
        let pull = client(&output).pull().unwrap();
        let dealer = client(&clients).dealer().unwrap();
        let mut request = vec![vec![7; 10_000]; 1000];
        request.push(Vec::new());
        let mut reply = request.clone();
        request.push(vec![8; 4 << 20]);
        reply.push(b"accepted".to_vec());
        for _ in 0..3 {
            dealer.send(&request).unwrap();
            assert!(dealer.recv_timeout(SOON).unwrap() == reply);
            assert!(pull.recv_timeout(SOON).unwrap() == vec![8; 4 << 20]);
        }
    });
}

#[test]
fn a_worker_cannot_answer_the_requests_that_another_has() {
    deadline(|| {
        let (clients, workers) = (server(), server());
        let relay = relays(&clients, &workers, 2);
        let [honest, eve] = [0; 2].map(|_| client(&workers).router().unwrap());
        relay.output().wait_connected(2, SOON).unwrap();
        let [ann, bob] = [0; 2].map(|_| client(&clients).dealer().unwrap());
        // One goes to each of the workers, in turn.
        ann.send(("", "ann's")).unwrap();
        bob.send(("", "bob's")).unwrap();
        let (to_honest, request) = honest.recv_timeout(SOON).unwrap();
        let (to_relay, of_eve) = eve.recv_timeout(SOON).unwrap();
        let frames = |peer: &[u8], id: &[u8]| Message::from([peer, id, b"", b"forged"]);
        let other_id = u64::from_ne_bytes(of_eve[1].as_bytes().try_into().unwrap());
        let mut forged = vec![
            frames(&request[0], &of_eve[1]),
            frames(&request[0], b""),
            frames(&request[0], &[0; 8]),
            frames(b"", &of_eve[1]),
            Message::from([&request[0]]),
            Message::from([&request[0], &of_eve[1]]),
        ];
        for near in 1..100 {
            forged.push(frames(&request[0], &(other_id + near).to_ne_bytes()));
            forged.push(frames(&request[0], &(other_id - near).to_ne_bytes()));
        }
        let count = forged.len() as u64;
        for message in forged {
            eve.send_to(&to_relay, message).unwrap();
        }
        until(|| relay.counters().backward.dropped == count);
        let (own, other) = match of_eve[3] == "ann's" {
            true => (&ann, &bob),
            false => (&bob, &ann),
        };
        for _ in 0..3 {
            eve.send_to(&to_relay, of_eve.clone()).unwrap();
        }
        assert_eq!(own.recv_timeout(SOON).unwrap()[0], "");
        until(|| relay.counters().backward.dropped == count + 2);
        honest.send_to(&to_honest, request.clone()).unwrap();
        assert_eq!(other.recv_timeout(SOON).unwrap()[1], request[3]);
        assert!(own.try_recv().is_err() && other.try_recv().is_err());
    });
}

#[test]
fn a_subscriber_that_subscribes_to_all_there_is_leaves_nothing_behind() {
    deadline(|| {
        const TOPICS: usize = 50_000;
        let (input, output) = (server(), server());
        let relay = Relay::new(relay::subscribe(&input), relay::publish(&output));
        let relay = relay.start().unwrap();
        let publisher = client(&input).publish().unwrap();
        let context = zmq::Context::new();
        let eve = context.socket(zmq::XSUB).unwrap();
        eve.set_linger(0).unwrap();
        eve.set_sndhwm(0).unwrap();
        eve.connect(&output.endpoint().to_string()).unwrap();
        for topic in 0..TOPICS {
            eve.send(format!("\u{1}topic {topic}").as_bytes(), 0)
                .unwrap();
        }
        // In the midst of it.
        let honest = client(&output).subscribe("news").unwrap();
        until(|| {
            publisher.send("news").unwrap();
            honest.recv_timeout(Duration::from_millis(20)).is_ok()
        });
        until(|| relay.counters().backward.messages == TOPICS as u64 + 1);
        assert_eq!(relay.counters().backward.dropped, 0);
        let has = |topic: &str| publisher.has_subscriber(topic).unwrap();
        until(|| has(&format!("topic {}", TOPICS - 1)));
        drop(eve);
        until(|| (0..TOPICS).all(|topic| !has(&format!("topic {topic}"))));
        publisher.send("news").unwrap();
        while honest.recv_timeout(SOON).is_err() {}
    });
}

#[test]
fn functions_that_panic_each_time_end_nothing() {
    deadline(|| {
        let (clients, workers) = (server(), server());
        let relay = Relay::new(relay::reply(&clients), relay::request(&workers))
            .filter(|frames| match frames {
                [first] if first == "pass" => Verdict::Pass,
                [first] if first == "empty" => Verdict::Answer(Message::new()),
                _ => panic!("on purpose"),
            })
            .deadline(Duration::from_millis(1), |_| -> &str {
                panic!("on purpose")
            });
        let relay = relay.start().unwrap();
        let dealer = client(&clients).dealer().unwrap();
        for number in 0..3000 {
            let body = ["panic", "pass", "empty"][number % 3];
            dealer.send(("", body)).unwrap();
        }
        until(|| {
            let counters = relay.counters();
            counters.forward.dropped + counters.backward.dropped >= 3000
        });
        assert!(relay.status().is_ok());
        let worker = client(&workers).reply().unwrap();
        drop((relay, worker));

        let (input, output) = (server(), server());
        let buffer = Buffer::new(1, 1 << 20).on_drop(|_| panic!("on purpose"));
        let relay = Relay::new(relay::pull(&input), relay::push(&output));
        let relay = relay.buffered(buffer).start().unwrap();
        let push = client(&input).push().unwrap();
        for _ in 0..1000 {
            push.send("x").unwrap();
        }
        until(|| relay.counters().forward.dropped == 999);
        relay.stop();
        assert_eq!(relay.counters().forward.dropped, 1000);
    });
}

#[test]
fn a_relay_under_load_stops_at_once() {
    deadline(|| {
        for way in (0..3).cycle().take(12) {
            // What is left in the end is for nobody.
            let [clients, workers] = [0; 2].map(|_| server().linger(Duration::ZERO));
            let relay = relays(&clients, &workers, way);
            let worker = client(&workers).linger(Duration::ZERO).reply().unwrap();
            let stop = worker.clone();
            let serving = echo(worker);
            let over = Arc::new(AtomicBool::new(false));
            let floods = [0; 2].map(|_| {
                let impatient = client(&clients).linger(Duration::ZERO);
                let (dealer, over) = (impatient.dealer().unwrap(), over.clone());
                thread::spawn(move || {
                    while !over.load(Ordering::Relaxed) {
                        let _ = dealer.try_send(("", vec![7; 1000]));
                        let _ = dealer.try_recv();
                    }
                })
            });
            until(|| relay.counters().backward.messages > 100);
            let began = Instant::now();
            let ended = blocked(move || {
                relay.stop();
                drop(relay);
            });
            ended.join().unwrap();
            assert!(began.elapsed() < SOON);
            over.store(true, Ordering::Relaxed);
            for flood in floods {
                flood.join().unwrap();
            }
            stop.stop();
            serving.join().unwrap();
        }
    });
}

#[test]
fn one_that_fills_the_table_of_requests_does_not_keep_others_out() {
    deadline(|| {
        let (clients, workers) = (server(), server());
        let relay = Relay::new(relay::reply(&clients), relay::request(&workers))
            .deadline(Duration::from_millis(300), |_| "too late");
        let relay = relay.start().unwrap();
        let worker = client(&workers).reply().unwrap();
        let stop = worker.clone();
        // It answers none of those of the one that floods.
        let serving = thread::spawn(move || {
            for request in &worker {
                if *request.message() == "honest" {
                    request.reply("done").unwrap();
                }
            }
        });
        let over = Arc::new(AtomicBool::new(false));
        let impatient = client(&clients).linger(Duration::ZERO);
        let (flood, ends) = (impatient.dealer().unwrap(), over.clone());
        let flood = thread::spawn(move || {
            // Of 64 MiB.
            while !ends.load(Ordering::Relaxed) {
                let _ = flood.try_send(("", vec![7; 1 << 20]));
                while flood.try_recv().is_ok() {}
            }
        });
        until(|| relay.counters().answered > 100);
        let honest = client(&clients).request().unwrap();
        until(|| honest.request_timeout("honest", SOON).unwrap() == "done");
        over.store(true, Ordering::Relaxed);
        flood.join().unwrap();
        stop.stop();
        serving.join().unwrap();
    });
}

/// A table in which the user is the password, too.
fn users<const N: usize>(names: [&str; N]) -> Access {
    let access = Access::new();
    for name in names {
        access.user(name, Password::new(name).unwrap()).unwrap();
    }
    access
}

fn as_user(server: &Server, user: &str) -> Client {
    let security = Plain::user(user, Password::new(user).unwrap());
    client(server).security(security)
}

#[test]
fn nothing_of_a_revoked_user_passes_and_nothing_comes_to_it() {
    deadline(|| {
        for way in 0..3 {
            let access = users(["ann", "eve"]);
            let security = Plain::server(access.clone());
            let (clients, workers) = (server().security(security), server());
            let relay = relays(&clients, &workers, way);
            let worker = client(&workers).reply().unwrap();
            let [ann, eve] = ["ann", "eve"].map(|user| as_user(&clients, user).request().unwrap());
            relay.input().wait_connected(2, SOON).unwrap();
            access.revoke("eve").unwrap();
            let lost: Vec<_> = (0..500).map(|_| eve.start("eve's").unwrap()).collect();
            for _ in 0..20 {
                let pending = ann.start("ann's").unwrap();
                let request = worker.recv_timeout(SOON).unwrap();
                assert_eq!(*request.message(), "ann's");
                request.reply("done").unwrap();
                assert_eq!(pending.wait_timeout(SOON).unwrap(), "done");
            }
            drop(lost);
        }
        let access = users(["ann", "eve"]);
        let (input, output) = (server(), server().security(Plain::server(access.clone())));
        let relay = Relay::new(relay::subscribe(&input), relay::publish(&output));
        let _relay = relay.start().unwrap();
        let publisher = client(&input).publish().unwrap();
        let [ann, eve] = ["ann", "eve"].map(|user| as_user(&output, user).subscribe("").unwrap());
        let reaches = |subscriber: &zeroless::Subscriber, text: &str| {
            until(|| {
                publisher.send(text).unwrap();
                let message = subscriber.recv_timeout(Duration::from_millis(20));
                message.is_ok_and(|message| message == text)
            });
        };
        reaches(&ann, "both");
        reaches(&eve, "both");
        access.revoke("eve").unwrap();
        until(|| eve.status().is_err());
        while eve.try_recv().is_ok() {}
        reaches(&ann, "ann");
        assert!(eve.try_recv().is_err());
    });
}
