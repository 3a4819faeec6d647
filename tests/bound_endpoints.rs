//! A server's endpoints come and go while its handle works, even while calls are blocked in it.

mod support;

use std::net::TcpListener;
use std::thread;

use support::{Folder, SOON, blocked, deadline, ends, inproc, marry, until};
use zeroless::{Client, ConnectionEvent, Endpoint, Error, Pull, Server};

fn send(endpoint: impl zeroless::IntoEndpoints, message: &str) {
    let push = Client::connect(endpoint).unwrap().push().unwrap();
    push.send(message).unwrap();
    push.close(SOON).unwrap();
}

fn assert_hears(pull: &Pull, endpoint: &Endpoint) {
    let message = endpoint.to_string();
    send(endpoint.clone(), &message);
    assert_eq!(pull.recv_timeout(SOON).unwrap(), &message[..]);
}

/// An endpoint of each transport, to be bound.
fn of_each_transport(folder: &Folder) -> [String; 4] {
    [
        "tcp://127.0.0.1:0".to_owned(),
        "tcp://*:0".to_owned(),
        folder.ipc("file"),
        "ipc://*".to_owned(),
    ]
}

#[test]
fn more_endpoints_are_bound_before_and_after_the_pattern_is_chosen() {
    deadline(|| {
        let folder = Folder::new();
        for more in of_each_transport(&folder) {
            for after in [false, true] {
                let server = Server::bind_local(0).unwrap();
                let pull = match after {
                    false => server.bind_more(&more[..]).unwrap().pull().unwrap(),
                    true => {
                        let pull = server.pull().unwrap();
                        server.bind_more(&more[..]).unwrap();
                        pull
                    }
                };
                assert_eq!(server.endpoints().len(), 2);
                for endpoint in server.endpoints() {
                    assert_hears(&pull, &endpoint);
                }
                server.unbind_all().unwrap();
            }
        }
        let name = inproc();
        let server = Server::bind_local(0).unwrap();
        let pull = server.pull().unwrap();
        server.bind_more(&name[..]).unwrap();
        let push = Client::connect(&name[..]).unwrap().push().unwrap();
        push.send("hello").unwrap();
        assert_eq!(pull.recv().unwrap(), "hello");
    });
}

#[test]
fn a_blocked_recv_hears_clients_of_an_endpoint_bound_meanwhile() {
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        let pull = server.pull().unwrap();
        let waiting = blocked(move || pull.recv().unwrap());
        server.clone().bind_more("tcp://127.0.0.1:0").unwrap();
        send(server.endpoints()[1].clone(), "hello");
        assert_eq!(waiting.join().unwrap(), "hello");
    });
}

#[test]
fn an_unbound_endpoint_is_free_immediately() {
    deadline(|| {
        let folder = Folder::new();
        for unbound in of_each_transport(&folder) {
            for is_open in [false, true] {
                let server = Server::bind(&unbound[..]).unwrap();
                let server = server.bind_more("tcp://127.0.0.1:0").unwrap();
                let pull = is_open.then(|| server.pull().unwrap());
                let endpoint = server.endpoint();
                if let Some(pull) = &pull {
                    assert_hears(pull, &endpoint);
                }
                server.unbind(endpoint.clone()).unwrap();
                assert_eq!(server.endpoints().len(), 1);
                if let Some(port) = endpoint.port() {
                    drop(TcpListener::bind(("127.0.0.1", port)).unwrap());
                }
                if unbound != "ipc://*" {
                    let other = Server::bind(endpoint.clone()).unwrap();
                    assert_hears(&other.pull().unwrap(), &endpoint);
                }
                assert_hears(
                    &pull.unwrap_or_else(|| server.pull().unwrap()),
                    &server.endpoint(),
                );
            }
        }
    });
}

#[test]
fn a_port_goes_from_one_server_to_another_and_back() {
    deadline(|| {
        let (one, two) = (Server::bind(0).unwrap(), Server::bind(0).unwrap());
        let (first, second) = (one.pull().unwrap(), two.pull().unwrap());
        let port = one.port();
        for _ in 0..20 {
            one.unbind(port).unwrap();
            two.bind_more(port).unwrap();
            send(port, "to the second");
            assert_eq!(second.recv().unwrap(), "to the second");
            two.unbind(port).unwrap();
            one.bind_more(port).unwrap();
            send(port, "to the first");
            assert_eq!(first.recv().unwrap(), "to the first");
        }
    });
}

#[test]
fn a_port_is_free_after_a_handle_that_has_ended() {
    deadline(|| {
        for _ in 0..20 {
            let server = Server::bind(0).unwrap();
            drop(server.pull().unwrap());
            let port = server.port();
            server.unbind(port).unwrap();
            drop(TcpListener::bind(("0.0.0.0", port)).unwrap());
        }
    });
}

#[test]
fn connections_end_with_their_endpoint_and_others_stay() {
    deadline(|| {
        let server = Server::bind(["tcp://127.0.0.1:0", "tcp://127.0.0.1:0"]).unwrap();
        let push = server.push().unwrap();
        let endpoints = server.endpoints();
        let pulls = [0, 1].map(|place: usize| {
            let client = Client::connect(endpoints[place].clone()).unwrap();
            client.pull().unwrap()
        });
        push.wait_connected(2, SOON).unwrap();
        let mut events = push.connection_events().unwrap();
        let mut gone = pulls[0].connection_events().unwrap();
        server.unbind(endpoints[0].clone()).unwrap();
        let is_end = |event: &ConnectionEvent| match event {
            ConnectionEvent::Disconnected { endpoint, .. } => *endpoint == endpoints[0],
            _ => false,
        };
        assert!(events.any(|event| is_end(&event)));
        assert!(gone.any(|event| is_end(&event)));
        assert_eq!(push.connections_now(), 1);
        for number in 0..10 {
            push.send(number.to_string()).unwrap();
        }
        assert_eq!(pulls[1].iter().take(10).count(), 10);
    });
}

#[test]
fn messages_sent_before_unbinding_arrive() {
    deadline(|| {
        let (server, client) = ends();
        let (push, pull) = (server.push().unwrap(), client.pull().unwrap());
        marry(&push, &pull);
        for number in 0..100 {
            push.send(number.to_string()).unwrap();
        }
        server.unbind_all().unwrap();
        for number in 0..100 {
            assert_eq!(pull.recv().unwrap(), &number.to_string()[..]);
        }
        until(|| push.try_send("nobody is there").is_err());
        assert!(server.endpoints().is_empty());
        assert_eq!(server.endpoint(), client.endpoints()[0]);
    });
}

#[test]
fn clients_come_back_to_an_endpoint_bound_again() {
    deadline(|| {
        let (server, client) = ends();
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        marry(&push, &pull);
        for number in 0..5 {
            server.unbind_all().unwrap();
            server.bind_more(server.endpoint()).unwrap();
            until(|| push.connections_now() == 1 && pull.connections_now() == 1);
            push.send(number.to_string()).unwrap();
            assert_eq!(pull.recv().unwrap(), &number.to_string()[..]);
        }
    });
}

#[test]
fn inproc_connections_stay_when_their_name_is_given_up() {
    deadline(|| {
        let name = inproc();
        let server = Server::bind(&name[..]).unwrap();
        let pair = server.pair().unwrap();
        let other = Client::connect(&name[..]).unwrap().pair().unwrap();
        other.send("one").unwrap();
        assert_eq!(pair.recv().unwrap(), "one");
        server.unbind(&name[..]).unwrap();
        other.send("two").unwrap();
        assert_eq!(pair.recv().unwrap(), "two");
        let again = Server::bind(&name[..]).unwrap();
        assert!(again.pull().is_ok());
    });
}

#[test]
fn an_endpoint_is_unbound_by_each_of_its_names() {
    let server = Server::bind(0).unwrap();
    let port = server.port();
    let again = || server.bind_more(port).unwrap();
    server.unbind(port).unwrap();
    again().unbind(server.endpoint()).unwrap();
    again().unbind(("*", port)).unwrap();
    again().unbind_all().unwrap();

    let named = Server::bind("localhost:0").unwrap();
    named.unbind(("localhost", named.port())).unwrap();
    assert!(named.endpoints().is_empty());
}

#[test]
fn unbinding_an_endpoint_that_is_not_bound_fails_and_the_rest_stays() {
    let server = Server::bind_local(0).unwrap();
    let own = server.endpoint();
    let other: Endpoint = "tcp://127.0.0.1:1".parse().unwrap();
    let refused = server.unbind([own.clone(), other.clone()]).map(drop);
    assert_eq!(refused, Err(Error::NotBound { endpoint: other }));
    assert_eq!(server.endpoints(), [own]);
}

#[test]
fn all_are_bound_or_none() {
    deadline(|| {
        let folder = Folder::new();
        let taken = Server::bind_local(0).unwrap();
        for is_open in [false, true] {
            let server = Server::bind_local(0).unwrap();
            let _pull = is_open.then(|| server.pull().unwrap());
            let port = Server::bind_local(0).unwrap().port(); // free again
            let both = [
                format!("tcp://127.0.0.1:{port}"),
                taken.endpoint().to_string(),
            ];
            let refused = server.bind_more(both).unwrap_err();
            assert!(matches!(refused, Error::AddressInUse { .. }), "{refused}");
            assert_eq!(server.endpoints().len(), 1);
            drop(TcpListener::bind(("127.0.0.1", port)).unwrap());

            let missing = [folder.ipc("there"), folder.ipc("no-folder/file")];
            if is_open {
                assert!(server.bind_more(missing).is_err());
                assert_eq!(server.endpoints().len(), 1);
                let other = Server::bind(folder.ipc("there")).unwrap();
                other.pull().unwrap();
            }
        }
    });
}

#[test]
fn an_endpoint_bound_already_is_refused() {
    deadline(|| {
        let name = inproc();
        let server = Server::bind(&name[..]).unwrap();
        for is_open in [false, true] {
            let _pull = is_open.then(|| server.pull().unwrap());
            let refused = server.bind_more(&name[..]).unwrap_err();
            assert!(matches!(refused, Error::AddressInUse { .. }), "{refused}");
        }
    });
}

#[test]
fn endpoints_come_and_go_while_messages_pass() {
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        let pull = server.pull().unwrap();
        let push = Client::connect(server.endpoint()).unwrap().push().unwrap();
        let changes = server.clone();
        let changing = thread::spawn(move || {
            for _ in 0..50 {
                let more = changes.bind_more("tcp://127.0.0.1:0").unwrap();
                more.unbind(more.endpoints()[1].clone()).unwrap();
            }
        });
        let mut number = 0;
        while !changing.is_finished() || number < 1000 {
            push.send(number.to_string()).unwrap();
            assert_eq!(pull.recv().unwrap(), &number.to_string()[..]);
            number += 1;
        }
        changing.join().unwrap();
    });
}
