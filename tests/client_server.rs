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

/// Servers to connect to, which carry no pattern, and their ports.
fn servers<const N: usize>() -> ([Server; N], [u16; N]) {
    let servers = [(); N].map(|()| Server::bind_local(0).unwrap());
    let ports = std::array::from_fn(|place| servers[place].port());
    (servers, ports)
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
    let (_servers, [one, two, three]) = servers();
    let client = Client::connect([one, two]).unwrap();
    client.connect(("127.0.0.1", three)).unwrap();
    let ports = || {
        client
            .endpoints()
            .iter()
            .map(|at| at.port())
            .collect::<Vec<_>>()
    };
    assert_eq!(ports(), [Some(one), Some(two), Some(three)]);
    client.disconnect(two).unwrap();
    assert_eq!(ports(), [Some(one), Some(three)]);
    assert!(client.disconnect_all().unwrap().endpoints().is_empty());
    assert!(client.disconnect_all().is_ok(), "of nothing, too");
}

#[test]
fn an_endpoint_that_is_not_connected_cannot_be_disconnected() {
    let (_servers, [one]) = servers();
    let client = Client::new();
    assert_eq!(client.disconnect(one).map(drop), Err(not_connected(one)));
    client.connect(one).unwrap();
    client.disconnect(one).unwrap();
    assert_eq!(client.disconnect(one).map(drop), Err(not_connected(one)));
    let _pull = client.pull().unwrap();
    assert_eq!(client.disconnect(one).map(drop), Err(not_connected(one)));
}

#[test]
fn of_a_list_with_an_unknown_one_nothing_is_disconnected() {
    let (_servers, [one, two, three]) = servers();
    let client = Client::connect([one, two]).unwrap();
    let refused = client.disconnect([one, three]).map(drop);
    assert_eq!(refused, Err(not_connected(three)));
    assert_eq!(client.endpoints().len(), 2);
}

#[test]
fn an_endpoint_is_connected_to_once() {
    let (_servers, [one, two]) = servers();
    let twice = Err(already_connected(one));
    assert_eq!(Client::connect([one, one]).map(drop), twice);
    let client = Client::connect(one).unwrap();
    assert_eq!(client.connect(one).map(drop), twice);
    assert_eq!(
        client.connect(format!("tcp://127.0.0.1:{one}")).map(drop),
        twice
    );
    assert_eq!(client.connect([two, one]).map(drop), twice);
    assert_eq!(client.endpoints().len(), 1, "all or none");
    let _push = client.push().unwrap();
    assert_eq!(client.connect(one).map(drop), twice);
    assert_eq!(client.endpoints().len(), 1);
}

#[test]
fn a_pair_of_two_endpoints_is_refused_before_the_pattern() {
    let (_servers, [one, two]) = servers();
    let client = Client::connect([one, two]).unwrap();
    assert_eq!(client.pair().map(drop), Err(Error::PairTaken));
    client.disconnect(two).unwrap();
    assert!(client.pair().is_ok());
}

#[test]
fn a_pair_of_two_endpoints_is_refused_after_the_pattern() {
    let (_servers, [one, two, three]) = servers();
    let client = Client::connect(one).unwrap();
    let pair = client.pair().unwrap();
    assert_eq!(client.connect(two).map(drop), Err(Error::PairTaken));
    assert_eq!(client.endpoints().len(), 1);
    client.disconnect(one).unwrap().connect(two).unwrap();
    drop(pair);
    client.connect(three).unwrap();
}

#[test]
fn a_pair_of_two_new_endpoints_is_refused() {
    let (_servers, [one, two]) = servers();
    let client = Client::new();
    let _pair = client.pair().unwrap();
    let refused = client.connect([one, two]).map(drop);
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
