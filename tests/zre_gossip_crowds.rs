//! Gossip with many nodes that are not there, and with clients that ask for much.

#![cfg(feature = "zre")]

mod support;

use std::io::ErrorKind;
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use support::{SOON, deadline, pause, until};
use zeroless::zre::{Builder, Event, Node, Uuid};

const HELLO: &[u8] = b"\xaa\xa0\x01\x01";
const PING: &[u8] = b"\xaa\xa0\x03\x01";
const PONG: &[u8] = b"\xaa\xa0\x04\x01";

fn node(name: &str) -> Builder {
    Node::builder(name).interface("127.0.0.1")
}

/// Tells where a node is.
fn publish(number: u8, endpoint: &str) -> Vec<u8> {
    let mut frame = b"\xaa\xa0\x02\x01\x20".to_vec();
    frame.extend(Uuid::from([number; 16]).to_string().bytes());
    frame.extend((endpoint.len() as u32).to_be_bytes());
    frame.extend(endpoint.bytes());
    frame.extend([0; 4]);
    frame
}

/// A bare libzmq socket whose waits time out.
fn socket(context: &zmq::Context, kind: zmq::SocketType) -> zmq::Socket {
    let socket = context.socket(kind).unwrap();
    socket.set_rcvtimeo(SOON.as_millis() as i32).unwrap();
    socket.set_linger(0).unwrap();
    socket
}

#[test]
fn the_dead_that_a_hub_tells_of_are_tried_few_at_a_time() {
    deadline(|| {
        // The dead nodes' port accepts connections and never speaks.
        let graves = TcpListener::bind("0.0.0.0:0").unwrap();
        graves.set_nonblocking(true).unwrap();
        let port = graves.local_addr().unwrap().port();
        let context = zmq::Context::new();
        let hub = socket(&context, zmq::ROUTER);
        hub.bind("tcp://127.0.0.1:*").unwrap();
        let endpoint = hub.get_last_endpoint().unwrap().unwrap();
        let alice = node("alice").gossip_connect(&endpoint).start().unwrap();
        let mut told = false;
        while !told {
            let message = hub.recv_multipart(0).unwrap();
            if message[1] == HELLO {
                for number in 1..=60 {
                    let dead = format!("tcp://127.0.1.{number}:{port}");
                    let word = publish(number, &dead);
                    hub.send_multipart([&message[0], &word], 0).unwrap();
                }
                told = true;
            }
        }
        let mut tried = Vec::new();
        until(|| {
            tried.extend(graves.accept());
            !tried.is_empty()
        });
        let until = Instant::now() + Duration::from_secs(1);
        while Instant::now() < until {
            match graves.accept() {
                Ok(connection) => tried.push(connection),
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
            pause();
        }
        assert!(tried.len() <= 8, "{} at once", tried.len());
        assert!(alice.peers().is_empty());
    });
}

/// Asks a hub for everything for this time, as fast as possible; counts questions and answers.
fn ask_for_everything(endpoint: &str, time: Duration) -> (usize, usize) {
    let context = zmq::Context::new();
    let greedy = socket(&context, zmq::DEALER);
    greedy.connect(endpoint).unwrap();
    let (mut asked, mut heard) = (0, 0);
    let end = Instant::now() + time;
    while Instant::now() < end {
        asked += usize::from(greedy.send(HELLO, zmq::DONTWAIT).is_ok());
        while greedy.recv_bytes(zmq::DONTWAIT).is_ok() {
            heard += 1;
        }
    }
    (asked, heard)
}

#[test]
fn a_client_that_asks_for_everything_again_and_again_disturbs_nobody() {
    const TUPLES: u8 = 200;
    deadline(|| {
        let hub = node("hub").gossip_bind("tcp://127.0.0.1:0");
        let hub = hub.expired(Duration::from_secs(4)).start().unwrap();
        let endpoint = hub.gossip_endpoints()[0].to_string();
        let alice = node("alice").gossip_connect(&endpoint);
        let alice = alice.expired(Duration::from_secs(4)).start().unwrap();
        until(|| !alice.peers().is_empty() && !hub.peers().is_empty());
        let context = zmq::Context::new();
        let teller = socket(&context, zmq::DEALER);
        teller.connect(&endpoint).unwrap();
        teller.send(HELLO, 0).unwrap();
        for number in 0..TUPLES {
            // Nobody is there.
            teller
                .send(publish(number, "tcp://127.0.1.1:1"), 0)
                .unwrap();
        }
        teller.send(PING, 0).unwrap();
        while teller.recv_bytes(0).unwrap() != PONG {}
        let time = Duration::from_secs(5);
        let greedy = thread::spawn(move || ask_for_everything(&endpoint, time));
        let end = Instant::now() + time;
        let mut number = 0u32;
        while Instant::now() < end {
            number += 1;
            let words = number.to_string();
            alice.whisper(hub.id(), &*words).unwrap();
            loop {
                match hub.recv_timeout(SOON).unwrap() {
                    Event::Whisper { message, .. } if message == words => break,
                    Event::Exit { peer } => panic!("{} is gone", peer.name()),
                    _ => {}
                }
            }
            assert!(alice.try_iter().all(|it| !matches!(it, Event::Exit { .. })));
        }
        let (asked, heard) = greedy.join().unwrap();
        // All of it at first, and once a second.
        let most = (2 + time.as_secs() as usize) * (usize::from(TUPLES) + 2);
        assert!(heard <= most, "{heard} words for {asked} questions");
        assert!(heard > usize::from(TUPLES));
    });
}
