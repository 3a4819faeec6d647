//! Messages tell the user that their sender was authenticated as. Those of a revoked user are dropped, and no others.

#[path = "support/poll.rs"]
mod poll;
mod support;
#[path = "support/warnings.rs"]
mod warnings;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use poll::wait_readable;
use support::{Folder, SOON, blocked, deadline, until};
use warnings::warnings;
use zeroless::security::{Access, AccessRequest, Curve, Keys, Password, Plain};
use zeroless::{Client, Error, Message, Pending, Server, capabilities};

fn password() -> Password {
    Password::new("secret").unwrap()
}

/// A server that lets these two users in.
fn secured() -> (Server, Access) {
    let access = Access::new().user("ann", password()).unwrap();
    access.user("eve", password()).unwrap();
    let server = Server::bind_local(0).unwrap();
    (server.security(Plain::server(access.clone())), access)
}

fn client(server: &Server, user: &str) -> Client {
    let client = Client::connect(server.port()).unwrap();
    client.security(Plain::user(user, password()))
}

/// Sees that a message is of this user, and that its peer is told where the linked libzmq does that.
#[track_caller]
fn assert_of(message: &Message, user: &str) {
    assert_eq!(message.user(), Some(user));
    let peer = message.peer();
    assert_eq!(peer.is_some(), capabilities().unwrap().peer_info);
    if let Some(peer) = peer {
        assert_eq!(peer.user(), Some(user));
        assert!(peer.address().is_some());
    }
    assert_eq!(message.clone().user(), Some(user));
}

#[test]
fn a_message_tells_its_user_in_each_pattern_and_a_client_is_told_none() {
    deadline(|| {
        for user in ["ann", "eve"] {
            let (server, _) = secured();
            let pull = server.pull().unwrap();
            client(&server, user).push().unwrap().send("hello").unwrap();
            assert_of(&pull.recv_timeout(SOON).unwrap(), user);

            let (server, _) = secured();
            let pair = server.pair().unwrap();
            let other = client(&server, user).pair().unwrap();
            other.send(("hello", vec![7; 1000])).unwrap();
            assert_of(&pair.recv_timeout(SOON).unwrap(), user);
            pair.send("hello").unwrap();
            assert_eq!(other.recv_timeout(SOON).unwrap().user(), None);

            let (server, _) = secured();
            let subscriber = server.subscribe("").unwrap();
            let publisher = client(&server, user).publish().unwrap();
            publisher.wait_for_subscribers(1, SOON).unwrap();
            publisher.send("hello").unwrap();
            assert_of(&subscriber.recv_timeout(SOON).unwrap(), user);

            let (server, _) = secured();
            let replier = server.reply().unwrap();
            let requester = client(&server, user).request().unwrap();
            let pending = requester.start("hello").unwrap();
            let request = replier.recv_timeout(SOON).unwrap();
            assert_of(&request, user);
            request.reply("hello").unwrap();
            assert_eq!(pending.wait_timeout(SOON).unwrap().user(), None);

            let (server, _) = secured();
            let requester = server.request().unwrap();
            let replier = client(&server, user).reply().unwrap();
            let pending = requester.start("hello").unwrap();
            let request = replier.recv_timeout(SOON).unwrap();
            assert_eq!(request.user(), None);
            request.reply("hello").unwrap();
            assert_of(&pending.wait_timeout(SOON).unwrap(), user);

            let (server, _) = secured();
            let router = server.router().unwrap();
            let dealer = client(&server, user).dealer().unwrap();
            dealer.send("hello").unwrap();
            let (identity, message) = router.recv_timeout(SOON).unwrap();
            assert_of(&message, user);
            router.send_to(identity, "hello").unwrap();
            assert_eq!(dealer.recv_timeout(SOON).unwrap().user(), None);
        }
    });
}

#[test]
fn a_user_with_keys_is_the_one_that_the_access_knows_by_its_key() {
    deadline(|| {
        if !capabilities().unwrap().curve {
            return;
        }
        let [own, ann, bob, carol, dave] = [(); 5].map(|()| Keys::generate().unwrap());
        let folder = Folder::new();
        bob.save(folder.path().join("bob.key")).unwrap();
        let carols = carol.public();
        let access = Access::new().key("ann", ann.public()).unwrap();
        access.folder(folder.path()).unwrap();
        let ask = move |request: &AccessRequest| {
            (request.key() == Some(&carols)).then(|| "carol".to_owned())
        };
        access.ask(ask).unwrap().any_key().unwrap();
        let server = Server::bind_local(0).unwrap();
        let server = server.security(Curve::server(&own, access.clone()));
        let pull = server.pull().unwrap();
        let push = |keys: &Keys| {
            let client = Client::connect(server.port()).unwrap();
            let push = client.security(Curve::client(keys, own.public())).push();
            push.unwrap()
        };
        let anybody = dave.public().to_string();
        for (keys, user) in [
            (&ann, "ann"),
            (&bob, "bob"),
            (&carol, "carol"),
            (&dave, &*anybody),
        ] {
            let push = push(keys);
            push.send(("hello", vec![7; 1000])).unwrap();
            assert_of(&pull.recv_timeout(SOON).unwrap(), user);
        }
        // Those from before are not to be counted for the two that come now.
        until(|| pull.connections_now() == 0);
        let [ann, bob] = [&ann, &bob].map(push);
        pull.wait_connected(2, SOON).unwrap();
        access.revoke("ann").unwrap();
        for _ in 0..100 {
            ann.send("dropped").unwrap();
        }
        bob.send("hello").unwrap();
        assert_of(&pull.recv_timeout(SOON).unwrap(), "bob");
        until(|| pull.try_recv().is_err() && pull.skipped() == 100);
    });
}

#[test]
fn a_peer_cannot_give_itself_a_user_where_nobody_is_authenticated() {
    deadline(|| {
        let server = Server::bind_local(0).unwrap().peer_info(true);
        let pull = server.pull().unwrap();
        let mut peer = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
        let mut bytes = b"\xff\0\0\0\0\0\0\0\0\x7f\x03\0NULL".to_vec();
        bytes.resize(64, 0);
        bytes.extend(b"\x04\x29\x05READY\x0bSocket-Type\0\0\0\x04PUSH\x07User-Id\0\0\0\x03ann");
        peer.write_all(&bytes).unwrap();
        // The greeting, and READY with the type of the socket.
        peer.set_read_timeout(Some(SOON)).unwrap();
        peer.read_exact(&mut [0; 64 + 28]).unwrap();
        peer.write_all(b"\0\x02hi").unwrap();
        let message = pull.recv_timeout(SOON).unwrap();
        assert_eq!((message.as_bytes(), message.user()), (&b"hi"[..], None));
        assert_eq!(message.peer().and_then(|peer| peer.user()), None);
    });
}

#[test]
fn what_a_user_has_sent_before_it_is_revoked_is_dropped_where_it_was_not_received() {
    deadline(|| {
        let told = warnings("oscar");
        let (server, access) = secured();
        access.user("oscar", password()).unwrap();
        let pull = server.pull().unwrap();
        let [ann, oscar] = ["ann", "oscar"].map(|user| client(&server, user).push().unwrap());
        pull.wait_connected(2, SOON).unwrap();
        oscar.send("first").unwrap();
        assert_of(&pull.recv_timeout(SOON).unwrap(), "oscar");
        for _ in 0..1000 {
            oscar.send(("dropped", "and counted")).unwrap();
        }
        access.revoke("oscar").unwrap();
        assert_eq!(pull.skipped(), 0);
        for number in 0..10 {
            ann.send(("number", number.to_string())).unwrap();
            let message = pull.recv_timeout(SOON).unwrap();
            assert_eq!(message, ["number", &number.to_string()]);
            assert_of(&message, "ann");
        }
        ann.send("tried").unwrap();
        until(|| pull.try_recv().is_ok());
        ann.send(("a", "part")).unwrap();
        assert_eq!(pull.parts::<2>().next().unwrap(), ["a", "part"]);
        until(|| {
            assert_eq!(pull.try_recv(), Err(Error::WouldBlock));
            pull.skipped() == 1000
        });
        assert!(!told().is_empty() && told().len() <= 5, "{:?}", told());
        // The connection is not served again, though the user may come in.
        access.readmit("oscar").unwrap();
        oscar.send("dropped").unwrap();
        until(|| pull.try_recv().is_err() && pull.skipped() == 1001);
    });
}

#[test]
fn requests_of_a_revoked_user_are_dropped_and_others_are_served() {
    deadline(|| {
        let (server, access) = secured();
        let replier = server.reply().unwrap();
        let [ann, eve] = ["ann", "eve"].map(|user| client(&server, user).request().unwrap());
        replier.wait_connected(2, SOON).unwrap();
        let lost: Vec<_> = (0..300).map(|_| eve.start("in vain").unwrap()).collect();
        access.revoke("eve").unwrap();
        let serving = replier.clone();
        let serving =
            blocked(move || serving.serve(|message| message.user().unwrap_or_default().to_owned()));
        for _ in 0..100 {
            assert_eq!(ann.request("hello").unwrap(), "ann");
        }
        until(|| replier.skipped() == 300);
        drop(lost);
        replier.stop();
        serving.join().unwrap().unwrap();
    });
}

#[test]
fn a_router_receives_nothing_of_a_revoked_user() {
    deadline(|| {
        let (server, access) = secured();
        let router = server.router().unwrap();
        let [ann, eve] = ["ann", "eve"].map(|user| client(&server, user).dealer().unwrap());
        router.wait_connected(2, SOON).unwrap();
        access.revoke("eve").unwrap();
        // That cuts all connections, since a router sends too, and ann comes back.
        until(|| {
            let _ = (eve.try_send("back"), ann.try_send("back"));
            router.try_recv().is_ok()
        });
        for count in [1, 3, 5000] {
            let frames: Message = vec!["a frame"; count].into();
            let _ = eve.try_send(&frames);
            ann.send(&frames).unwrap();
            loop {
                let (_, message) = router.recv_timeout(SOON).unwrap();
                assert_of(&message, "ann");
                if message == frames {
                    break;
                }
                assert_eq!(message, "back");
            }
        }
    });
}

#[test]
fn a_wait_for_any_reply_is_not_ended_by_one_of_a_revoked_user() {
    deadline(|| {
        let (server, access) = secured();
        // What is lost with the connections that are cut is sent again.
        let server = server.request_timeout(Duration::from_millis(100));
        let server = server.request_retries(1000);
        let requester = server.request().unwrap();
        let [ann, eve] = ["ann", "eve"].map(|user| client(&server, user).reply().unwrap());
        requester.wait_connected(2, SOON).unwrap();
        let start = |number: u32| requester.start(number.to_string()).unwrap();
        let mut pending: Vec<_> = (0..20).map(start).collect();
        for _ in 0..5 {
            let request = eve.recv_timeout(SOON).unwrap();
            request.reply("in vain").unwrap();
        }
        access.revoke("eve").unwrap();
        let waiting = blocked(move || {
            while let Some((_, reply)) = Pending::wait_any(&mut pending) {
                let reply = reply.unwrap();
                assert_eq!(reply, "welcome");
                assert_of(&reply, "ann");
            }
        });
        let stopped = ann.clone();
        let serving = thread::spawn(move || ann.serve(|_| "welcome"));
        waiting.join().unwrap();
        stopped.stop();
        serving.join().unwrap().unwrap();
    });
}

#[test]
fn an_event_loop_misses_nothing_behind_messages_that_are_dropped() {
    deadline(|| {
        let (server, access) = secured();
        let pull = server.pull().unwrap();
        let [ann, eve] = ["ann", "eve"].map(|user| client(&server, user).push().unwrap());
        pull.wait_connected(2, SOON).unwrap();
        access.revoke("eve").unwrap();
        for number in 0..200 {
            for _ in 0..20 {
                eve.send("dropped").unwrap();
            }
            ann.send(number.to_string()).unwrap();
            let message = loop {
                assert!(wait_readable(&pull, SOON), "message {number} does not come");
                match pull.try_recv() {
                    Err(Error::WouldBlock) => {}
                    received => break received.unwrap(),
                }
            };
            assert_eq!(message, number.to_string());
        }
        until(|| pull.try_recv().is_err() && pull.skipped() == 4000);
    });
}
