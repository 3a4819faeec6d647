//! Relays between ends that find each other by name.

#![cfg(feature = "zre")]

mod support;

use support::{SOON, beacon_port, deadline, echo, until};
use zeroless::Server;
use zeroless::relay::{self, Relay};
use zeroless::zre::{Builder, Node};

fn node(name: &str, port: u16) -> Builder {
    Node::builder(name).interface("127.0.0.1").port(port)
}

#[test]
fn clients_and_workers_find_the_relay_between_them() {
    deadline(|| {
        let port = beacon_port();
        let (clients, workers) = (Server::bind(0).unwrap(), Server::bind(0).unwrap());
        let relay = Relay::new(relay::reply(&clients), relay::request(&workers));
        let relay = relay.start().unwrap();
        let broker = node("broker", port)
            .announce("jobs", &clients)
            .announce("jobs", &workers)
            .start()
            .unwrap();
        let peers = node("peers", port).start().unwrap();
        let worker = peers.discover("jobs").unwrap().reply().unwrap();
        let requester = peers.discover("jobs").unwrap().request().unwrap();
        let stop = worker.clone();
        let serving = echo(worker);
        assert_eq!(requester.request_timeout("hello", SOON).unwrap(), "hello");
        relay.input().wait_connected(1, SOON).unwrap();
        relay.output().wait_connected(1, SOON).unwrap();
        stop.stop();
        assert_eq!(serving.join().unwrap(), 1);
        drop(broker);
    });
}

#[test]
fn a_relay_follows_the_servers_that_it_finds() {
    deadline(|| {
        let port = beacon_port();
        let finder = node("relay", port).start().unwrap();
        let workers = finder.discover("workers").unwrap();
        let jobs = finder.discover("jobs").unwrap();
        let relay = Relay::new(relay::pull(jobs), relay::push(&workers));
        let relay = relay.start().unwrap();
        drop(finder); // the relay keeps it
        let announced = |name: &'static str| {
            let server = Server::bind(0).unwrap();
            let node = move |server: &Server| node(name, port).announce(name, server).start();
            (server, node)
        };
        let (server, announce) = announced("jobs");
        let push = server.push().unwrap();
        let _jobs = announce(&server).unwrap();
        for round in 0..2 {
            let (server, announce) = announced("workers");
            let pull = server.pull().unwrap();
            let worker = announce(&server).unwrap();
            relay.output().wait_connected(1, SOON).unwrap();
            push.send(round.to_string()).unwrap();
            assert_eq!(pull.recv_timeout(SOON).unwrap(), round.to_string().as_str());
            drop((worker, pull, server));
            until(|| workers.services().count() == 0);
        }
    });
}
