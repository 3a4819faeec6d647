//! The client of calls with several servers: which of them is called, and how a call goes on to another.
#![cfg(feature = "rpc")]

#[path = "support/calls.rs"]
mod calls;
mod support;

use std::thread;

use calls::{ADD, BUSY, CALL, CANCEL, LONG, MOMENT, Scripted, assert_not_sent, client, pack};
use support::{Folder, SOON, blocked, deadline};
use zeroless::Refusal;
use zeroless::rpc::{self, Balance, CallError};

#[test]
fn servers_are_called_in_turn_or_where_the_fewest_calls_are() {
    deadline(|| {
        let servers = [Scripted::local(), Scripted::local()];
        let client = client(&[&servers[0], &servers[1]]);
        client.wait_connected(2, SOON).unwrap();
        let calls: Vec<_> = (0..6).map(|_| client.start(&ADD).unwrap()).collect();
        for server in &servers {
            (0..3).for_each(|_| server.next().reply(3));
            assert!(server.try_next().is_none());
        }
        calls
            .into_iter()
            .for_each(|it| assert_eq!(it.wait(), Ok(3)));

        let client = client.balance(Balance::LeastInFlight);
        let held = client.start(&ADD).unwrap();
        let (busy, idle) = match servers[0].replier.recv_timeout(MOMENT) {
            Ok(_) => (0, 1),
            Err(_) => (1, 0),
        };
        for _ in 0..5 {
            let add = client.start(&ADD).unwrap();
            servers[idle].next().reply(3);
            assert_eq!(add.wait(), Ok(3));
        }
        assert!(servers[busy].try_next().is_none_or(|it| it.kind == CALL));
        drop(held);
    });
}

#[test]
fn a_server_that_is_down_is_passed_over() {
    deadline(|| {
        let server = Scripted::local();
        let folder = Folder::new();
        let endpoints = [folder.ipc("nobody").parse().unwrap(), server.endpoint()];
        let client = rpc::Client::connect(endpoints).unwrap().timeout(LONG);
        for _ in 0..10 {
            let add = client.start(&ADD).unwrap();
            server.next().reply(3);
            assert_eq!(add.wait(), Ok(3));
        }
    });
}

#[test]
fn a_busy_server_is_passed_over_if_there_is_another() {
    deadline(|| {
        let servers = [Scripted::local(), Scripted::local()];
        let client = client(&[&servers[0], &servers[1]]);
        client.wait_connected(2, SOON).unwrap();
        let busy = |server: &Scripted| server.next().error(BUSY, "busy", ["queue"]);
        for _ in 0..4 {
            let add = client.start(&ADD).unwrap();
            let adding = blocked(move || add.wait());
            let first = servers.iter().position(|server| {
                server.replier.recv_timeout(MOMENT).is_ok_and(|request| {
                    let head = request.get(0).unwrap().to_vec();
                    let (_, _, id, ..): (u64, u64, u64, u64, String, u64) =
                        rmp_serde::from_slice(&head).unwrap();
                    let head = pack(&(1, 2, id, BUSY, "busy", ["queue"], None::<u64>));
                    request.reply((head,)).is_ok()
                })
            });
            servers[1 - first.expect("one of them")].next().reply(3);
            assert_eq!(adding.join().unwrap(), Ok(3));
        }
        let add = client.start(&ADD).unwrap();
        let adding = blocked(move || add.wait());
        thread::scope(|scope| {
            servers
                .iter()
                .for_each(|server| drop(scope.spawn(|| busy(server))));
        });
        assert!(matches!(
            adding.join().unwrap(),
            Err(CallError::Busy { .. })
        ));
    });
}

#[test]
fn all_servers_are_called_and_each_has_its_own_result() {
    deadline(|| {
        let servers = [Scripted::local(), Scripted::local()];
        let folder = Folder::new();
        let nobody = folder.ipc("nobody").parse().unwrap();
        let endpoints = vec![servers[0].endpoint(), nobody, servers[1].endpoint()];
        let client = rpc::Client::connect(endpoints.clone()).unwrap();
        let client = client.timeout(LONG);
        let calling = blocked(move || client.all(&ADD));
        servers[0].next().reply(3);
        servers[1].next().error(9, "expired", [0; 0]);
        let results = calling.join().unwrap();
        let places: Vec<_> = results.iter().map(|it| it.0.clone()).collect();
        assert_eq!(places, endpoints);
        let [one, two, three] = results
            .try_into()
            .map(|it: [_; 3]| it.map(|it| it.1))
            .unwrap();
        assert_eq!(one, Ok(3));
        let reason = assert_not_sent(two);
        assert_eq!(reason.refusal(), Some(&Refusal::ConnectionRefused));
        assert_eq!(three, Err(CallError::Expired));
    });
}

#[test]
fn the_first_good_reply_of_several_is_given_and_the_others_are_cancelled() {
    deadline(|| {
        let servers = [Scripted::local(), Scripted::local(), Scripted::local()];
        let [one, two, three] = &servers;
        let client = client(&[one, two, three]);
        client.wait_connected(3, SOON).unwrap();
        let own = client.clone();
        let calling = blocked(move || own.first(&ADD));
        one.next().error(8, "panicked", [0; 0]);
        let left = two.next();
        three.next().reply(3);
        assert_eq!(calling.join().unwrap(), Ok(3));
        let cancel = two.next();
        assert_eq!((cancel.kind, cancel.id), (CANCEL, left.id));

        let calling = blocked(move || client.first(&ADD));
        one.next().error(9, "expired", [0; 0]);
        two.next().error(8, "panicked", [0; 0]);
        three.next().error(9, "expired", [0; 0]);
        assert_eq!(calling.join().unwrap(), Err(CallError::Panicked));
    });
}
