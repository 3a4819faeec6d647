//! Calls through relays: a caller is told what became of its call, by the relay where no server does.
#![cfg(feature = "rpc")]

#[path = "support/calls.rs"]
mod calls;
mod support;

use std::time::Duration;

use calls::{CALL, CAST, Scripted};
use serde::{Deserialize, Serialize};
use support::{SOON, blocked, deadline, until};
use zeroless::relay::{self, Buffer, Relay, RunningRelay};
use zeroless::rpc::{self, CallError};
use zeroless::{Client, Message, Server};

#[derive(Debug, Serialize, Deserialize)]
struct Add {
    a: i64,
    b: i64,
}
rpc::command!(Add -> i64);

const ADD: Add = Add { a: 1, b: 2 };

/// Far longer than any test may take: a call that ends before has another reason.
const LONG: Duration = Duration::from_secs(3600);

const MOMENT: Duration = Duration::from_millis(30);

/// Long enough for a relay to pass a call on to a server that is connected.
const LONGER: Duration = Duration::from_secs(1);

/// A relay that answers calls which have no reply in this time, with the server that its clients connect to, and the one
/// that its servers do.
fn with_deadline(time: Duration) -> (RunningRelay, Server, Server) {
    let (clients, servers) = (server(), server());
    let relay = Relay::new(relay::reply(&clients), relay::request(&servers));
    let relay = relay.deadline_with(time, rpc::relay::expired);
    (relay.start().unwrap(), clients, servers)
}

/// A relay that takes calls in, and keeps them while no server is there.
fn buffered() -> (RunningRelay, Server, Server) {
    let (clients, servers) = (server(), server());
    let input = relay::reply(&clients).acknowledge_with(rpc::relay::accepted);
    let relay = Relay::new(input, relay::request(&servers)).buffered(Buffer::new(100, 1 << 20));
    (relay.start().unwrap(), clients, servers)
}

fn server() -> Server {
    Server::bind_local(0).unwrap()
}

fn caller(clients: &Server) -> rpc::Client {
    let client = rpc::Client::connect(clients.endpoint());
    client.unwrap().timeout(LONG)
}

#[test]
fn a_call_that_no_server_has_taken_has_expired() {
    deadline(|| {
        let (_relay, clients, _servers) = with_deadline(MOMENT);
        let error = caller(&clients).call(&ADD).unwrap_err();
        assert_eq!(error, CallError::Expired);
        assert!(!error.may_have_run());
    });
}

#[test]
fn a_call_that_a_server_has_taken_may_have_run() {
    deadline(|| {
        let (_relay, clients, servers) = with_deadline(LONGER);
        let worker = Client::connect(servers.endpoint())
            .unwrap()
            .reply()
            .unwrap();
        worker.wait_connected(1, SOON).unwrap();
        let pending = caller(&clients).start(&ADD).unwrap();
        let taken = worker.recv_timeout(SOON).unwrap();
        match pending.wait() {
            Err(CallError::MayHaveRun { reason, .. }) => assert!(reason.is_timeout()),
            other => panic!("not told: {other:?}"),
        }
        drop(taken);
    });
}

#[test]
fn a_reply_in_time_comes_back() {
    deadline(|| {
        let clients = server();
        let scripted = Scripted::local();
        let workers = Client::connect(scripted.endpoint()).unwrap();
        let relay = Relay::new(relay::reply(&clients), relay::request(workers));
        let relay = relay.deadline_with(LONG, rpc::relay::expired);
        let _relay = relay.start().unwrap();
        let pending = caller(&clients).start(&ADD).unwrap();
        scripted.next().reply(3);
        assert_eq!(pending.wait(), Ok(3));
    });
}

#[test]
fn a_call_to_a_relay_that_keeps_it_is_told_to_be_a_cast() {
    deadline(|| {
        let (_relay, clients, servers) = buffered();
        let client = caller(&clients);
        match client.call(&ADD) {
            Err(CallError::MayHaveRun { reason, .. }) => {
                assert!(reason.to_string().ends_with("use `cast`"), "{reason}");
            }
            other => panic!("not told: {other:?}"),
        }
        for (_, pong) in client.ping() {
            let error = pong.unwrap_err().to_string();
            assert!(error.contains("use `cast`"), "{error}");
        }
        client.cast(&ADD).unwrap();
        // The server that comes later gets them all, in order.
        let worker = Client::connect(servers.endpoint())
            .unwrap()
            .reply()
            .unwrap();
        let kinds = [(); 3].map(|()| {
            let request = worker.recv_timeout(SOON).unwrap();
            calls::Asked::read(request).kind
        });
        assert_eq!(kinds, [CALL, calls::PING, CAST]);
    });
}

/// The message that answers, of a dealer's.
fn answer(dealer: &zeroless::Dealer) -> Message {
    let answer = dealer.recv_timeout(SOON).unwrap();
    answer.into_iter().skip(1).collect()
}

#[test]
fn what_gets_no_answer_gets_none_from_a_relay() {
    deadline(|| {
        for (relay, clients, _servers) in [with_deadline(MOMENT), buffered()] {
            let dealer = Client::connect(clients.endpoint())
                .unwrap()
                .dealer()
                .unwrap();
            let casts = [
                "[1,8,1,null,\"Add\",1]",
                "[1,4,2]",
                "[1,1,3,1]",
                "[1,3,4]",
                "[1,6,5]",
            ];
            for cast in casts {
                dealer.send(("", cast)).unwrap();
            }
            dealer.send(("", "[1,5,6]")).unwrap();
            let answer = answer(&dealer);
            let begins = |begin: &str| answer[0].starts_with(begin.as_bytes());
            assert!(begins("[1,3,6]") || begins("[1,2,6,9,"), "{answer}");
            until(|| relay.counters().answered == 1);
        }
    });
}

#[test]
fn what_is_not_an_envelope_is_told_so_by_a_relay() {
    deadline(|| {
        let (relay, clients, _servers) = buffered();
        let requester = Client::connect(clients.endpoint())
            .unwrap()
            .request()
            .unwrap();
        for (request, begin) in [
            (
                "hello",
                "[1,2,0,10,\"the two ends do not understand each other: the first",
            ),
            (
                "[1,99,7]",
                "[1,2,7,10,\"the two ends do not understand each other: there is no kind 99",
            ),
        ] {
            let answer = requester.request_timeout(request, SOON).unwrap();
            assert!(answer[0].starts_with(begin.as_bytes()), "{answer}");
        }
        until(|| relay.counters().answered == 2);
    });
}

#[test]
fn an_idempotent_call_goes_on_to_another_server() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Get(u64);
    rpc::command!(idempotent Get -> u64);

    deadline(|| {
        let (_relay, clients, servers) = with_deadline(LONGER);
        let silent = Client::connect(servers.endpoint())
            .unwrap()
            .reply()
            .unwrap();
        silent.wait_connected(1, SOON).unwrap();
        let other = Scripted::local();
        let endpoints = [clients.endpoint(), other.endpoint()];
        let client = rpc::Client::connect(endpoints).unwrap().timeout(LONG);
        client.wait_connected(2, SOON).unwrap();
        // Each is the first in turn.
        for _ in 0..2 {
            let pending = client.start(&Get(7)).unwrap();
            let replying = blocked(move || pending.wait());
            other.next().reply(7);
            assert_eq!(replying.join().unwrap(), Ok(7));
        }
    });
}
