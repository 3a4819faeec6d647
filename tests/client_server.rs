//! Clients and servers: connecting and disconnecting at any time, and one pattern a port.

mod support;

use std::thread;

use support::{SOON, blocked, deadline, ends, inproc, marry, until};
use zeroless::{Client, Error, Options, Server};

fn not_connected(port: u16) -> Error {
    let endpoint = format!("tcp://127.0.0.1:{port}");
    Error::NotConnected { endpoint }
}

fn already_connected(port: u16) -> Error {
    let endpoint = format!("tcp://127.0.0.1:{port}");
    Error::AlreadyConnected { endpoint }
}

#[test]
fn a_client_connects_before_the_pattern() {
    deadline(|| {
        let (server, client) = ends();
        let pull = server.pull().unwrap();
        client.push().unwrap().send("hello").unwrap();
        assert_eq!(pull.recv().unwrap(), "hello");
    });
}

#[test]
fn a_client_connects_after_the_pattern() {
    deadline(|| {
        let (server, client) = (Server::bind_local(0).unwrap(), Client::new());
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        assert!(push.try_send("nobody is there").is_err());
        client.connect(server.port()).unwrap();
        push.send("hello").unwrap();
        assert_eq!(pull.recv().unwrap(), "hello");
    });
}

#[test]
fn calls_are_cascaded() {
    deadline(|| {
        let [one, two, three] = [(); 3].map(|()| Server::bind_local(0).unwrap());
        let pulls = [&one, &two].map(|server| server.pull().unwrap());
        let push = Client::connect(one.port())
            .and_then(|client| client.connect(two.endpoint())?.connect(three.port()))
            .and_then(|client| client.disconnect(three.port())?.push())
            .unwrap();
        push.send("1").unwrap();
        push.send("2").unwrap();
        assert_eq!(pulls[0].recv().unwrap(), "1");
        assert_eq!(pulls[1].recv().unwrap(), "2");
    });
}

#[test]
fn a_client_tells_its_endpoints_in_order() {
    let client = Client::connect([12345, 12346]).unwrap();
    client.connect(("127.0.0.1", 12347)).unwrap();
    let ports = || {
        client
            .endpoints()
            .iter()
            .map(|at| at.port())
            .collect::<Vec<_>>()
    };
    assert_eq!(ports(), [Some(12345), Some(12346), Some(12347)]);
    client.disconnect(12346).unwrap();
    assert_eq!(ports(), [Some(12345), Some(12347)]);
    assert!(client.disconnect_all().unwrap().endpoints().is_empty());
    assert!(client.disconnect_all().is_ok(), "of nothing, too");
}

#[test]
fn what_is_not_connected_cannot_be_disconnected() {
    let client = Client::new();
    assert_eq!(
        client.disconnect(12345).map(drop),
        Err(not_connected(12345))
    );
    client.connect(12345).unwrap();
    client.disconnect(12345).unwrap();
    assert_eq!(
        client.disconnect(12345).map(drop),
        Err(not_connected(12345))
    );
    let _pull = client.pull().unwrap();
    assert_eq!(
        client.disconnect(12345).map(drop),
        Err(not_connected(12345))
    );
}

#[test]
fn of_a_list_with_an_unknown_one_nothing_is_disconnected() {
    let client = Client::connect([12345, 12346]).unwrap();
    let refused = client.disconnect([12345, 12347]).map(drop);
    assert_eq!(refused, Err(not_connected(12347)));
    assert_eq!(client.endpoints().len(), 2);
}

#[test]
fn an_endpoint_is_connected_to_once() {
    let twice = Err(already_connected(12345));
    assert_eq!(Client::connect([12345, 12345]).map(drop), twice);
    let client = Client::connect(12345).unwrap();
    assert_eq!(client.connect(12345).map(drop), twice);
    assert_eq!(client.connect("tcp://127.0.0.1:12345").map(drop), twice);
    assert_eq!(client.connect([12346, 12345]).map(drop), twice);
    assert_eq!(client.endpoints().len(), 1, "all or none");
    let _push = client.push().unwrap();
    assert_eq!(client.connect(12345).map(drop), twice);
    assert_eq!(client.endpoints().len(), 1);
}

#[test]
fn a_pair_of_two_endpoints_is_refused_before_the_pattern() {
    let client = Client::connect([12345, 12346]).unwrap();
    assert_eq!(client.pair().map(drop), Err(Error::PairTaken));
    client.disconnect(12346).unwrap();
    assert!(client.pair().is_ok());
}

#[test]
fn a_pair_of_two_endpoints_is_refused_after_the_pattern() {
    let client = Client::connect(12345).unwrap();
    let pair = client.pair().unwrap();
    assert_eq!(client.connect(12346).map(drop), Err(Error::PairTaken));
    assert_eq!(client.endpoints().len(), 1);
    client.disconnect(12345).unwrap().connect(12346).unwrap();
    drop(pair);
    client.connect(12347).unwrap();
}

#[test]
fn a_pair_of_two_new_endpoints_is_refused() {
    let client = Client::new();
    let _pair = client.pair().unwrap();
    let refused = client.connect([12345, 12346]).map(drop);
    assert_eq!(refused, Err(Error::PairTaken));
    assert!(client.endpoints().is_empty());
}

#[test]
fn a_port_carries_one_pattern_at_a_time() {
    deadline(|| {
        let (server, client) = ends();
        let pull = server.pull().unwrap();
        let clone = pull.clone();
        let taken = || {
            Err(Error::PatternTaken {
                endpoint: server.endpoint().to_string(),
                pattern: "pull",
            })
        };
        assert_eq!(server.push().map(drop), taken());
        assert_eq!(server.pull().map(drop), taken());
        drop(pull);
        assert_eq!(server.pair().map(drop), taken(), "a clone has it still");
        drop(clone);
        let pair = server.pair().unwrap();
        client.pair().unwrap().send("hello").unwrap();
        assert_eq!(pair.recv().unwrap(), "hello");
    });
}

#[test]
fn every_transport_can_change_its_pattern() {
    deadline(|| {
        let folder = support::Folder::new();
        let endpoints = [folder.ipc("a"), inproc(), "tcp://127.0.0.1:0".to_owned()];
        let server = Server::bind(&endpoints[..]).unwrap();
        for _ in 0..3 {
            drop(server.publish().unwrap());
            let pull = server.pull().unwrap();
            for endpoint in server.endpoints() {
                let push = Client::connect(endpoint).unwrap().push().unwrap();
                push.send("hello").unwrap();
                assert_eq!(pull.recv().unwrap(), "hello");
            }
        }
    });
}

#[test]
fn a_handle_outlives_its_server_and_client() {
    deadline(|| {
        let (server, client) = ends();
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        drop((server, client));
        push.send("hello").unwrap();
        assert_eq!(pull.recv().unwrap(), "hello");
    });
}

#[test]
fn clients_that_come_before_the_pattern_wait_for_it() {
    deadline(|| {
        let (server, client) = ends();
        let push = client.push().unwrap();
        push.send("early").unwrap();
        let pull = server.pull().unwrap();
        assert_eq!(pull.recv().unwrap(), "early");
    });
}

#[test]
fn all_patterns_of_a_client_follow_its_endpoints() {
    deadline(|| {
        let client = Client::new();
        let (push, other) = (client.push().unwrap(), client.clone().push().unwrap());
        let server = Server::bind_local(0).unwrap();
        let pull = server.pull().unwrap();
        client.connect(server.port()).unwrap();
        push.send("one").unwrap();
        assert_eq!(pull.recv().unwrap(), "one");
        other.send("two").unwrap();
        assert_eq!(pull.recv().unwrap(), "two");
        client.disconnect_all().unwrap();
        assert!(push.try_send("three").is_err());
        assert!(other.try_send("three").is_err());
    });
}

#[test]
fn who_is_disconnected_from_gets_no_more() {
    deadline(|| {
        let [one, two] = [(); 2].map(|()| Server::bind_local(0).unwrap());
        let (first, second) = (one.pull().unwrap(), two.pull().unwrap());
        let client = Client::connect([one.port(), two.port()]).unwrap();
        let push = client.push().unwrap();
        push.wait_connected(2, SOON).unwrap();
        client.disconnect(one.port()).unwrap();
        for number in 0..10 {
            push.send(number.to_string()).unwrap();
        }
        for number in 0..10 {
            assert_eq!(second.recv().unwrap(), &number.to_string()[..]);
        }
        assert!(first.try_recv().is_err());
    });
}

#[test]
fn what_was_sent_before_disconnecting_arrives() {
    deadline(|| {
        let (server, client) = ends();
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        marry(&push, &pull);
        for number in 0..100 {
            push.send(number.to_string()).unwrap();
        }
        client.disconnect_all().unwrap();
        for number in 0..100 {
            assert_eq!(pull.recv().unwrap(), &number.to_string()[..]);
        }
    });
}

#[test]
fn what_was_disconnected_can_be_connected_again() {
    deadline(|| {
        let (server, client) = ends();
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        for number in 0..20 {
            push.send(number.to_string()).unwrap();
            assert_eq!(pull.recv().unwrap(), &number.to_string()[..]);
            client.disconnect(server.port()).unwrap();
            client.connect(server.port()).unwrap();
        }
    });
}

#[test]
fn connecting_wakes_who_is_blocked_in_send() {
    deadline(|| {
        let (server, client) = (Server::bind_local(0).unwrap(), Client::new());
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        let sending = blocked(move || push.send("hello").unwrap());
        client.connect(server.port()).unwrap();
        assert_eq!(pull.recv().unwrap(), "hello");
        sending.join().unwrap();
    });
}

#[test]
fn who_is_blocked_in_recv_hears_a_server_that_is_connected_meanwhile() {
    deadline(|| {
        let (server, client) = (Server::bind_local(0).unwrap(), Client::new());
        let (push, pull) = (server.push().unwrap(), client.pull().unwrap());
        let receiving = blocked(move || pull.recv().unwrap());
        client.connect(server.port()).unwrap();
        push.send("hello").unwrap();
        assert_eq!(receiving.join().unwrap(), "hello");
    });
}

#[test]
fn who_is_blocked_in_recv_goes_on_when_another_server_is_disconnected() {
    deadline(|| {
        let [one, two] = [(); 2].map(|()| Server::bind_local(0).unwrap());
        let (first, second) = (one.push().unwrap(), two.push().unwrap());
        let client = Client::connect([one.port(), two.port()]).unwrap();
        let pull = client.pull().unwrap();
        pull.wait_connected(2, SOON).unwrap();
        let receiving = blocked(move || pull.recv().unwrap());
        client.disconnect(one.port()).unwrap();
        second.send("hello").unwrap();
        assert_eq!(receiving.join().unwrap(), "hello");
        drop(first);
    });
}

#[test]
fn endpoints_come_and_go_while_messages_pass() {
    deadline(|| {
        let (server, client) = ends();
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        marry(&push, &pull);
        let receiving = thread::spawn(move || pull.iter().take(10_000).count());
        let sending = thread::spawn(move || {
            for number in 0..10_000 {
                push.send(number.to_string()).unwrap();
            }
        });
        let [one, two] = [(); 2].map(|()| Server::bind_local(0).unwrap());
        let spare = [&one, &two].map(|server| server.pull().unwrap());
        // What goes to the others meanwhile is received there and handed on.
        let hand_on = client.clone();
        let taking = thread::spawn(move || {
            let mut taken = 0;
            for turn in 0..50 {
                let other = [&one, &two][turn % 2];
                hand_on.connect(other.port()).unwrap();
                hand_on.disconnect(other.port()).unwrap();
                taken += spare
                    .iter()
                    .map(|pull| pull.try_iter().count())
                    .sum::<usize>();
            }
            (taken, spare)
        });
        sending.join().unwrap();
        let (mut taken, spare) = taking.join().unwrap();
        // The rest of the ten thousand has arrived here or there.
        let back = client.push().unwrap();
        let mut resent = 0;
        until(|| {
            taken += spare
                .iter()
                .map(|pull| pull.try_iter().count())
                .sum::<usize>();
            while resent < taken {
                back.send("again").unwrap();
                resent += 1;
            }
            receiving.is_finished()
        });
        assert_eq!(receiving.join().unwrap(), 10_000);
    });
}

#[test]
fn options_hold_for_the_handles_made_after_them() {
    let refused = Server::bind_local(0)
        .unwrap()
        .options(Options::default().send_queue(0))
        .push()
        .unwrap_err();
    assert!(
        matches!(
            refused,
            Error::InvalidOption {
                option: "send_queue",
                ..
            }
        ),
        "{refused}"
    );
    let refused = Client::new().receive_queue(0).pull().unwrap_err();
    assert!(
        matches!(
            refused,
            Error::InvalidOption {
                option: "receive_queue",
                ..
            }
        ),
        "{refused}"
    );
    assert!(Client::new().receive_queue(1).pull().is_ok());
}
