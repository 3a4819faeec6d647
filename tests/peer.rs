//! Where messages came from.

mod support;

use std::collections::HashMap;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::process;

use support::{Folder, SOON, deadline, ends, inproc, until};
use zeroless::{
    Client, ConnectionEvent, ConnectionId, Handle, Message, Peer, Server, capabilities,
};

/// Runs a test of a libzmq whose messages tell where they came from.
fn told(body: impl FnOnce() + Send + 'static) {
    if capabilities().unwrap().peer_info {
        deadline(body);
    }
}

/// The connections of a handle that begin from now on: the number, and the peer's address.
fn connections(handle: &impl Handle) -> impl FnMut() -> (ConnectionId, Option<SocketAddr>) {
    let mut events = handle.connection_events().unwrap();
    move || {
        let begun = events.find_map(|event| match event {
            ConnectionEvent::Accepted { id, peer, .. }
            | ConnectionEvent::Connected { id, peer, .. } => Some((id, peer)),
            _ => None,
        });
        begun.unwrap()
    }
}

#[track_caller]
fn peer(message: &Message) -> &Peer {
    message.peer().expect("it came by a connection")
}

#[track_caller]
fn place(message: &Message) -> (ConnectionId, Option<SocketAddr>) {
    (peer(message).connection(), peer(message).address())
}

#[test]
fn two_clients_are_told_apart_as_the_events_do() {
    told(|| {
        for host in ["127.0.0.1", "[::1]"] {
            let Ok(server) = Server::bind(&format!("tcp://{host}:0")[..]) else {
                continue; // without IPv6
            };
            let server = server.peer_info(true);
            let pull = server.pull().unwrap();
            let mut next = connections(&pull);
            let pushes = [(); 2].map(|()| {
                let client = Client::connect(server.endpoint()).unwrap();
                let push = client.push().unwrap();
                let place = next();
                assert!(place.1.is_some());
                (push, place)
            });
            assert_ne!(pushes[0].1, pushes[1].1);
            // Inline, and not.
            for size in [1, 1000, 100_000] {
                for (push, own) in &pushes {
                    push.send(vec![7; size]).unwrap();
                    push.send((vec![7; size], "2", vec![7; size])).unwrap();
                    push.send((vec![7; size], "2")).unwrap();
                    for _ in 0..3 {
                        assert_eq!(place(&pull.recv_timeout(SOON).unwrap()), *own);
                    }
                }
            }
        }
    });
}

#[test]
fn over_ipc_the_process_is_told() {
    told(|| {
        let folder = Folder::new();
        let server = Server::bind(&folder.ipc("a")[..]).unwrap().peer_info(true);
        let pull = server.pull().unwrap();
        let mut next = connections(&pull);
        for _ in 0..2 {
            let push = Client::connect(server.endpoint()).unwrap().push().unwrap();
            let (connection, address) = next();
            push.send("hello").unwrap();
            let message = pull.recv_timeout(SOON).unwrap();
            let peer = peer(&message);
            let process = peer.credentials().unwrap();
            assert_eq!(process.pid, Some(process::id()));
            assert_eq!((peer.connection(), peer.address()), (connection, address));
            assert_eq!(address, None);
            assert!(
                peer.to_string()
                    .starts_with(&format!("process {} of", process::id()))
            );
        }
    });
}

#[test]
fn after_a_reconnect_it_is_another_connection() {
    told(|| {
        let server = Server::bind_local(0).unwrap();
        let client = Client::connect(server.port()).unwrap().peer_info(true);
        let pull = client.pull().unwrap();
        let mut next = connections(&pull);
        let push = server.push().unwrap();
        let first = next();
        push.send("1").unwrap();
        // It is still there when the next connection has begun, perhaps with the same file descriptor.
        push.close(SOON).unwrap();
        let push = server.push().unwrap();
        let second = next();
        push.send("2").unwrap();
        for (number, own) in [("1", first), ("2", second)] {
            let message = pull.recv_timeout(SOON).unwrap();
            assert_eq!(message, number);
            assert_eq!(place(&message), own);
        }
        assert_ne!(first.0, second.0);
        assert_eq!(first.1.map(|peer| peer.port()), Some(server.port()));
    });
}

#[test]
fn a_message_whose_connection_has_ended_still_tells_it() {
    told(|| {
        let server = Server::bind_local(0).unwrap().peer_info(true);
        let pull = server.pull().unwrap();
        let mut next = connections(&pull);
        let mut places = HashMap::new();
        // The system gives the same file descriptors again and again.
        for number in 0..20 {
            let push = Client::connect(server.port()).unwrap().push().unwrap();
            push.send((number.to_string(), "two")).unwrap();
            push.send(number.to_string()).unwrap();
            places.insert(number.to_string(), next());
            push.close(SOON).unwrap();
            until(|| pull.connections_now() == 0);
        }
        for _ in 0..2 * places.len() {
            let message = pull.recv_timeout(SOON).unwrap();
            assert_eq!(place(&message), places[message.as_str().unwrap()]);
            let again = message.clone();
            drop(message);
            assert_eq!(place(&again), places[again.as_str().unwrap()]);
        }
    });
}

#[test]
fn a_request_and_its_reply_tell_each_others_end() {
    told(|| {
        let server = Server::bind_local(0).unwrap().peer_info(true);
        let client = Client::connect(server.port()).unwrap().peer_info(true);
        let replier = server.reply().unwrap();
        let mut accepted = connections(&replier);
        let requester = client.request().unwrap();
        let mut connected = connections(&requester);
        let (accepted, connected) = (accepted(), connected());
        for frames in [&["one"][..], &["one", "two"]] {
            let pending = requester.start(frames).unwrap();
            let request = replier.recv_timeout(SOON).unwrap();
            assert_eq!(place(&request), accepted);
            let (message, reply) = request.split();
            assert_eq!(place(&message), accepted);
            // A message that is sent on is of its new connection.
            reply.send(message).unwrap();
            assert_eq!(place(&pending.wait_timeout(SOON).unwrap()), connected);
        }
        assert_eq!(connected.1.map(|peer| peer.port()), Some(server.port()));
    });
}

#[test]
fn a_router_and_a_dealer_tell_each_others_end() {
    told(|| {
        let server = Server::bind_local(0).unwrap().peer_info(true);
        let client = Client::connect(server.port()).unwrap().peer_info(true);
        let router = server.router().unwrap();
        let mut accepted = connections(&router);
        let dealer = client.dealer().unwrap();
        let mut connected = connections(&dealer);
        let (accepted, connected) = (accepted(), connected());
        dealer.send("hello").unwrap();
        let (identity, message) = router.recv_timeout(SOON).unwrap();
        assert_eq!(place(&message), accepted);
        router.send_to(identity, ("hello", "too")).unwrap();
        assert_eq!(place(&dealer.recv_timeout(SOON).unwrap()), connected);
    });
}

#[test]
fn a_published_message_tells_its_publisher() {
    told(|| {
        let servers = [(); 2].map(|()| Server::bind_local(0).unwrap());
        let publishers = servers.each_ref().map(|server| server.publish().unwrap());
        let ports = servers.each_ref().map(Server::port);
        let client = Client::connect(ports).unwrap().peer_info(true);
        let subscriber = client.subscribe("").unwrap();
        for (publisher, port) in publishers.iter().zip(ports) {
            publisher.wait_for_subscribers(1, SOON).unwrap();
            publisher.send(("old", "1")).unwrap();
            publisher.send(("new", "2")).unwrap();
            let of_it =
                |message: &Message| peer(message).address().map(|it| it.port()) == Some(port);
            assert!(of_it(&subscriber.recv_timeout(SOON).unwrap()));
            assert!(of_it(&subscriber.recv_latest().unwrap()));
        }
    });
}

#[test]
fn a_peer_of_zmtp_2_is_not_taken_for_another() {
    told(|| {
        let (server, client) = ends();
        let server = server.peer_info(true);
        let pull = server.pull().unwrap();
        let mut next = connections(&pull);
        let push = client.push().unwrap();
        let own = next();
        let mut peer = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
        // A PUSH without identity.
        peer.write_all(b"\xff\0\0\0\0\0\0\0\x01\x7f\x01\x08\0\0")
            .unwrap();
        for _ in 0..3 {
            push.send("hello").unwrap();
            assert_eq!(place(&pull.recv_timeout(SOON).unwrap()), own);
            peer.write_all(b"\0\x02hi").unwrap();
            let message = pull.recv_timeout(SOON).unwrap();
            assert_eq!((message.as_bytes(), message.peer()), (&b"hi"[..], None));
        }
    });
}

#[test]
fn a_message_that_takes_several_holds_of_the_lock_tells_it() {
    told(|| {
        let server = Server::bind_local(0).unwrap().peer_info(true);
        let pull = server.pull().unwrap();
        let mut next = connections(&pull);
        let push = Client::connect(server.port()).unwrap().push().unwrap();
        let own = next();
        let server = Server::bind_local(0).unwrap().peer_info(true);
        let router = server.router().unwrap();
        let mut next = connections(&router);
        let dealer = Client::connect(server.port()).unwrap().dealer().unwrap();
        let dealers = next();
        for last in [1, 1000] {
            for count in [4095, 4096, 4097, 10_000] {
                let mut message: Message = vec!["a frame"; count].into();
                message.push(vec![7; last]);
                push.send(&message).unwrap();
                dealer.send(&message).unwrap();
                let received = pull.recv_timeout(SOON).unwrap();
                assert_eq!(received, message);
                assert_eq!(place(&received), own);
                let (_, received) = router.recv_timeout(SOON).unwrap();
                assert_eq!(received, message);
                assert_eq!(place(&received), dealers);
                // The next one is received in the usual way.
                push.send("short").unwrap();
                assert_eq!(place(&pull.recv_timeout(SOON).unwrap()), own);
            }
        }
    });
}

#[test]
fn nothing_is_told_that_was_not_asked_for_or_came_by_no_connection() {
    deadline(|| {
        let (server, client) = ends();
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        push.send("hello").unwrap();
        assert_eq!(pull.recv_timeout(SOON).unwrap().peer(), None);
        let server = Server::bind(inproc()).unwrap().peer_info(true);
        let (one, client) = (server.pair().unwrap(), Client::connect(server.endpoint()));
        let two = client.unwrap().peer_info(true).pair().unwrap();
        one.send(("hello", "you")).unwrap();
        two.send("hello").unwrap();
        assert_eq!(one.recv_timeout(SOON).unwrap().peer(), None);
        assert_eq!(two.recv_timeout(SOON).unwrap().peer(), None);
        assert_eq!(Message::from("hello").peer(), None);
    });
}

#[test]
fn a_message_tells_it_with_our_libzmq_alone() {
    deadline(|| {
        let (server, client) = ends();
        let pull = server.peer_info(true).pull().unwrap();
        let push = client.push().unwrap();
        for frames in [&["one"][..], &["one", "two"]] {
            push.send(frames).unwrap();
            let message = pull.recv_timeout(SOON).unwrap();
            assert_eq!(message, frames);
            assert_eq!(message.peer().is_some(), capabilities().unwrap().peer_info);
        }
    });
}

#[test]
fn it_costs_a_message_no_more_than_a_word() {
    let frames = 3 * size_of::<zeroless::Frame>();
    assert!(size_of::<Message>() <= frames + 3 * size_of::<usize>());
}
