//! Servers in pyzmqrpc3's wire that end and come back: their calls end with them, and the next ones go elsewhere, or wait.

#![cfg(feature = "zmqrpc")]

#[path = "support/zmqrpc.rs"]
mod recorded;
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use recorded::{Ret, serve};
use support::{Folder, SOON, blocked, deadline};
use zeroless::rpc::CallError;
use zeroless::rpc::zmqrpc::{Client, Receiver, Reply, Sender};
use zeroless::{Error, Replier, Request, Server};

/// Longer than any test runs.
const LONG: Duration = Duration::from_secs(3600);

/// A receiver that does as the test says.
struct Scripted {
    server: Server,
    replier: Replier,
}

impl Scripted {
    fn bind(endpoint: &str) -> Scripted {
        let server = Server::bind(endpoint).unwrap();
        let replier = server.reply().unwrap();
        Scripted { server, replier }
    }

    fn local() -> Scripted {
        Scripted::bind("tcp://127.0.0.1:0")
    }

    fn next(&self) -> Request {
        self.replier.recv_timeout(SOON).unwrap()
    }

    /// Replies to the next message, which is this one.
    fn answer(&self, message: &str) {
        let request = self.next();
        assert_eq!(request.to_string(), message);
        request.reply(Reply::ok().to_bytes()).unwrap();
    }

    /// Ends as a process does that is killed: nothing more is sent.
    fn kill(self) {
        let _ = self.replier.close(Duration::ZERO);
    }
}

#[track_caller]
fn assert_lost<T: std::fmt::Debug>(outcome: Result<T, CallError>) {
    match outcome {
        Err(CallError::MayHaveRun { reason, .. }) => assert_eq!(reason, Error::ConnectionLost),
        other => panic!("not lost: {other:?}"),
    }
}

#[test]
fn a_server_that_dies_fails_its_calls_at_once() {
    deadline(|| {
        let server = Scripted::local();
        let client = Client::connect(server.server.port()).unwrap().timeout(LONG);
        let calls = [(); 10].map(|()| {
            let client = client.clone();
            blocked(move || client.call(&Ret))
        });
        let to_all = client.clone();
        let to_all = blocked(move || to_all.all(&Ret).unwrap().remove(0).1);
        let requests: Vec<_> = (0..11).map(|_| server.next()).collect();
        server.kill();
        drop(requests);
        calls
            .into_iter()
            .for_each(|it| assert_lost(it.join().unwrap()));
        assert_lost(to_all.join().unwrap());
    });
}

#[test]
fn a_server_that_has_died_is_passed_over() {
    deadline(|| {
        for _ in 0..5 {
            let (dying, server) = (Scripted::local(), serve());
            let client = Client::connect([dying.server.port(), server.port()]).unwrap();
            let client = client.timeout(LONG);
            // Until the one that dies has a call, now and again the other has it.
            let called = client.clone();
            let calling = blocked(move || while called.call(&Ret).is_ok() {});
            let request = dying.next();
            dying.kill();
            drop(request);
            calling.join().unwrap();
            for _ in 0..20 {
                client.call(&Ret).unwrap();
            }
        }
    });
}

#[test]
fn a_server_that_comes_back_gets_no_old_messages_and_the_first_new_one_is_answered() {
    deadline(|| {
        let folder = Folder::new();
        let endpoint = folder.ipc("server");
        let sender = Sender::connect(&endpoint[..]).unwrap().timeout(LONG);
        for round in 0..10 {
            let server = Scripted::bind(&endpoint);
            let new = sender.clone();
            let new = blocked(move || new.request(format!("new {round}")));
            server.answer(&format!("new {round}"));
            assert!(new.join().unwrap().unwrap().is_ok());
            let old = [(); 5].map(|()| {
                let sender = sender.clone();
                blocked(move || sender.request("old"))
            });
            server.kill();
            for old in old {
                let lost = old.join().unwrap().unwrap_err();
                assert!(matches!(lost, CallError::MayHaveRun { .. }), "{lost}");
            }
        }
    });
}

#[test]
fn calls_that_are_made_while_their_server_ends_end_with_it_or_go_to_the_next() {
    deadline(|| {
        let folder = Folder::new();
        let endpoint = folder.ipc("server");
        // One that waited for its whole time would never end.
        let sender = Sender::connect(&endpoint[..]).unwrap().timeout(LONG);
        let over = Arc::new(AtomicBool::new(false));
        let callers = [(); 4].map(|()| {
            let (sender, over) = (sender.clone(), over.clone());
            thread::spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    match sender.request("hello") {
                        Ok(reply) => assert!(reply.is_ok()),
                        lost => assert_lost(lost),
                    }
                }
            })
        });
        for _ in 0..30 {
            let server = Scripted::bind(&endpoint);
            (0..20).for_each(|_| server.answer("hello"));
            server.kill();
        }
        over.store(true, Ordering::Relaxed);
        // It answers those that wait for a server.
        let last = Receiver::bind(&endpoint[..]).unwrap();
        let _last = last.start(|_| Reply::ok()).unwrap();
        for caller in callers {
            caller.join().unwrap();
        }
    });
}

#[test]
fn what_is_queued_goes_to_a_server_that_comes_back_in_order() {
    deadline(|| {
        let folder = Folder::new();
        let endpoint = folder.ipc("server");
        let sender = Sender::connect(&endpoint[..]).unwrap().timeout(LONG);
        let server = Scripted::bind(&endpoint);
        for message in ["one", "two", "three", "four"] {
            sender.enqueue(message).unwrap();
        }
        server.answer("one");
        // It dies with this one, which may have run, so it is not sent again.
        let two = server.next();
        assert_eq!(two.to_string(), "two");
        server.kill();
        drop(two);
        let server = Scripted::bind(&endpoint);
        server.answer("three");
        server.answer("four");
        support::until(|| sender.waiting() == 0);
        assert_eq!(sender.dropped(), 0);
    });
}

#[test]
fn a_sender_that_waits_for_a_reply_can_be_dropped() {
    deadline(|| {
        let server = Scripted::local();
        let sender = Sender::connect(server.server.port()).unwrap().timeout(LONG);
        sender.enqueue("one").unwrap();
        let request = server.next();
        drop(sender);
        drop(request);
    });
}
