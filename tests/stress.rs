//! Many threads on one socket: every message counted, and no wake-up lost.
//!
//! `ZEROLESS_STRESS=5000000` sets the number of messages; a debug build does 100,000.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use zeroless::{Client, Error, Message, Receiving, Sending, Server};

/// A receive that this ends, though there is something to receive, is a lost wake-up.
const STALL: Duration = Duration::from_secs(20);

fn messages() -> u64 {
    let set = std::env::var("ZEROLESS_STRESS").ok();
    set.map_or(100_000, |count| count.parse().expect("a number"))
}

/// The counts that all threads of a run share.
struct Tally {
    total: u64,
    sent: AtomicU64,
    received: AtomicU64,
    sum: AtomicU64,
    over: AtomicBool,
}

impl Tally {
    fn new(total: u64) -> Tally {
        Tally {
            total,
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
            sum: AtomicU64::new(0),
            over: AtomicBool::new(false),
        }
    }

    /// Sends numbers, in each of the ways in turn, until all are sent.
    fn send(&self, handle: &impl Sending) {
        loop {
            let number = self.sent.fetch_add(1, SeqCst);
            if number >= self.total {
                return;
            }
            let frame = number.to_le_bytes();
            let sent = match number % 3 {
                0 => handle.send(frame),
                1 => handle.try_send(frame),
                _ => handle.send_timeout(frame, Duration::from_micros(50)),
            };
            let sent = sent.or_else(|unsent| match unsent.is_timeout() {
                true => handle.send_timeout(unsent.into_message(), STALL),
                false => Err(unsent),
            });
            sent.unwrap_or_else(|error| panic!("sending {number}: {error}"));
        }
    }

    /// Receives, in each of the ways in turn, until the handle is stopped.
    fn receive(&self, handle: &impl Receiving<Item = Message>) {
        for turn in 0_u32.. {
            let received = match turn % 4 {
                0 => handle.try_recv(),
                1 => handle.recv_timeout(Duration::from_micros(50)),
                2 => handle.recv_timeout(STALL),
                _ => handle.recv(),
            };
            match received {
                Ok(message) => self.count(handle, &message),
                Err(Error::Stopped) => return,
                Err(Error::Timeout { .. } | Error::WouldBlock) if turn % 4 != 2 => {}
                Err(error) => panic!(
                    "{error} after {} of {} messages",
                    self.received.load(SeqCst),
                    self.total
                ),
            }
        }
    }

    fn count(&self, handle: &impl Receiving, message: &Message) {
        let number = message.as_bytes().try_into().expect("8 bytes");
        self.sum.fetch_add(u64::from_le_bytes(number), SeqCst);
        if self.received.fetch_add(1, SeqCst) + 1 == self.total {
            self.over.store(true, SeqCst);
            handle.stop();
        }
    }

    fn check(&self) {
        assert_eq!(self.received.load(SeqCst), self.total);
        assert_eq!(self.sum.load(SeqCst), self.total * (self.total - 1) / 2);
    }
}

/// Ends the process, saying so, if the sender that it gives is held absurdly long.
fn guard(name: &'static str) -> Sender<()> {
    let (held, dropped) = mpsc::channel();
    let limit = Duration::from_secs(60 + messages() / 20_000);
    thread::spawn(move || {
        if dropped.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
            eprintln!("{name}: hangs");
            std::process::abort();
        }
    });
    held
}

#[test]
fn eight_threads_on_one_pair_lose_nothing() {
    let _guard = guard("eight_threads_on_one_pair_lose_nothing");
    let server = Server::bind_local(0).unwrap();
    let ours = server.pair().unwrap();
    let theirs = Client::connect(server.port()).unwrap().pair().unwrap();
    let until_stopped = ours.connection_events().unwrap();
    // Each message travels twice, so half as many are sent.
    let tally = Tally::new(messages() / 2);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| tally.send(&ours));
            scope.spawn(|| tally.receive(&ours));
        }
        for _ in 0..2 {
            scope.spawn(|| {
                for message in &theirs {
                    theirs.send(message).expect("sent back");
                }
            });
        }
        scope.spawn(|| {
            until_stopped.for_each(drop);
            theirs.stop();
        });
    });
    tally.check();
}

#[test]
fn eight_threads_and_a_changing_network_lose_nothing() {
    let _guard = guard("eight_threads_and_a_changing_network_lose_nothing");
    let server = Server::bind_local(0).unwrap();
    let elsewhere = Server::bind_local(0).unwrap();
    let silent = elsewhere.push().unwrap();
    let push = server.push().unwrap();
    let client = Client::connect(server.port()).unwrap();
    let pull = client.pull().unwrap();
    let tally = Tally::new(messages());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| tally.send(&push));
            scope.spawn(|| tally.receive(&pull));
        }
        scope.spawn(|| {
            while !tally.over.load(SeqCst) {
                client.connect(elsewhere.port()).expect("connected");
                let _ = silent.wait_connected(1, Duration::from_millis(1));
                client.disconnect(elsewhere.port()).expect("disconnected");
                thread::yield_now();
            }
        });
    });
    tally.check();
}

#[test]
fn eight_threads_on_a_router_lose_nothing() {
    let _guard = guard("eight_threads_on_a_router_lose_nothing");
    let server = Server::bind_local(0).unwrap();
    let router = server.router().unwrap();
    let dealers = ["one", "two"].map(|name| {
        let client = Client::connect(server.port()).unwrap();
        client.identity(name).dealer().unwrap()
    });
    // All that a dealer sends comes back to it.
    let tallies = [(); 2].map(|()| Tally::new(messages() / 4));
    thread::scope(|scope| {
        for (dealer, tally) in dealers.iter().zip(&tallies) {
            scope.spawn(|| tally.send(dealer));
            scope.spawn(|| tally.receive(dealer));
        }
        let serving: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    for (peer, message) in &router {
                        let sent = router.send_to_timeout(&peer, message, STALL);
                        sent.expect("sent back");
                    }
                })
            })
            .collect();
        while !tallies.iter().all(|tally| tally.over.load(SeqCst)) {
            if serving.iter().any(|thread| thread.is_finished()) {
                dealers.iter().for_each(|dealer| dealer.stop());
                break;
            }
            thread::park_timeout(Duration::from_millis(1));
        }
        router.stop();
    });
    tallies.iter().for_each(Tally::check);
}

#[test]
fn requests_of_eight_threads_get_each_its_own_reply() {
    let _guard = guard("requests_of_eight_threads_get_each_its_own_reply");
    let server = Server::bind_local(0).unwrap();
    let replier = server.reply().unwrap();
    let requester = Client::connect(server.port()).unwrap().request().unwrap();
    let rounds = messages() / 80;
    thread::scope(|scope| {
        let asking: Vec<_> = (0..8_u64)
            .map(|asker| {
                let requester = &requester;
                scope.spawn(move || {
                    for round in 0..rounds {
                        let question = (asker << 32 | round).to_le_bytes();
                        let reply = requester.request_timeout(question, STALL);
                        assert_eq!(reply.expect("a reply"), &question);
                    }
                })
            })
            .collect();
        for _ in 0..2 {
            scope.spawn(|| {
                for request in &replier {
                    let (question, reply) = request.split();
                    reply.send(question).expect("replied");
                }
            });
        }
        let asked: Vec<_> = asking.into_iter().map(|asker| asker.join()).collect();
        replier.stop();
        for outcome in asked {
            outcome.expect("no panic");
        }
    });
}
