//! Clients and servers: connecting and disconnecting at any time, and one pattern a port.

mod support;

use support::{deadline, ends, inproc};
use zeroless::{Client, Error, Options, Server};

fn not_connected(port: u16) -> Error {
    let endpoint = format!("tcp://127.0.0.1:{port}").parse().unwrap();
    Error::NotConnected { endpoint }
}

fn already_connected(port: u16) -> Error {
    let endpoint = format!("tcp://127.0.0.1:{port}").parse().unwrap();
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
                endpoint: server.endpoint(),
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
