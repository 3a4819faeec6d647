//! Router and dealer: raw messages, each to the peer that is named, or to peers in turn.

mod support;

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use support::{
    SOON, assert_timeout, blocked, deadline, dealer_router, ends, inproc, marry, pause, until,
};
use zeroless::{
    Client, ConnectionEvent, Dealer, Error, Libzmq, Message, Options, PeerId, Router, SendError,
    Server, Wait, capabilities,
};

/// A dealer of this identity, connected to a router, which knows it.
fn named(server: &Server, router: &Router, name: &str) -> Dealer {
    let client = Client::connect(server.endpoint()).unwrap();
    let dealer = client.identity(name).dealer().unwrap();
    dealer.send("ready").unwrap();
    let (peer, message) = router.recv().unwrap();
    assert_eq!(
        (peer.as_bytes(), message),
        (name.as_bytes(), "ready".into())
    );
    dealer
}

/// A router and a dealer of this identity, with queues of one message each.
fn with_short_queues(name: &str) -> (Server, Router, Dealer) {
    let server = Server::bind_local(0)
        .unwrap()
        .send_queue(1)
        .receive_queue(1);
    let router = server.router().unwrap();
    let client = Client::connect(server.endpoint()).unwrap().receive_queue(1);
    let dealer = client.identity(name).dealer().unwrap();
    dealer.send("ready").unwrap();
    assert_eq!(router.recv().unwrap().0, name);
    (server, router, dealer)
}

/// Sends to a peer until there is no more room; how many were sent.
fn fill(router: &Router, peer: &str) -> usize {
    let large = vec![7; 1 << 20];
    let mut sent = 0;
    // The system has buffers too, and takes in messages from the queue.
    let mut full_since = None;
    loop {
        match router.try_send_to(peer, &large) {
            Ok(()) => (sent, full_since) = (sent + 1, None),
            Err(unsent) => {
                assert_eq!(*unsent.error(), Error::WouldBlock);
                assert_eq!(unsent.into_message(), &large[..]);
                let since = *full_since.get_or_insert_with(Instant::now);
                if since.elapsed() > Duration::from_millis(200) {
                    return sent;
                }
                pause();
            }
        }
    }
}

#[track_caller]
fn assert_no_peer(outcome: Result<(), SendError>, name: &str, message: &str) {
    let unsent = outcome.unwrap_err();
    match unsent.error() {
        Error::NoPeer { peer } => assert_eq!(peer, name),
        other => panic!("{other}"),
    }
    assert!(unsent.to_string().contains(name), "{unsent}");
    assert_eq!(unsent.into_message(), message);
}

#[test]
fn both_ends_send_and_receive() {
    deadline(|| {
        for (dealer, router) in dealer_router() {
            dealer.send("one").unwrap();
            dealer.send(("two", "", vec![3; 1000])).unwrap();
            let (peer, message) = router.recv().unwrap();
            assert_eq!(message, "one");
            let two = Message::from(("two", "", vec![3; 1000]));
            assert_eq!(router.recv().unwrap(), (peer.clone(), two.clone()));
            router.send_to(&peer, "a").unwrap();
            router.send_to(&peer, ("b", "c")).unwrap();
            router.send_to(&peer, two.clone()).unwrap();
            assert_eq!(dealer.recv().unwrap(), "a");
            assert_eq!(dealer.recv().unwrap(), ["b", "c"]);
            assert_eq!(dealer.recv().unwrap(), two);
        }
    });
}

#[test]
fn a_router_is_a_loop_over_peers_and_messages() {
    deadline(|| {
        let server = Server::bind(["tcp://127.0.0.1:0".to_owned(), inproc()]).unwrap();
        let router = server.router().unwrap();
        let dealers: Vec<Dealer> = server
            .endpoints()
            .into_iter()
            .map(|endpoint| Client::connect(endpoint).unwrap().dealer().unwrap())
            .collect();
        for dealer in &dealers {
            dealer.send("question").unwrap();
        }
        let mut peers = BTreeSet::new();
        for (peer, message) in &router {
            assert_eq!(message, "question");
            router.send_to(&peer, "answer").unwrap();
            peers.insert(peer);
            if peers.len() == 2 {
                break;
            }
        }
        for dealer in dealers {
            assert_eq!(dealer.recv().unwrap(), "answer");
        }
    });
}

#[test]
fn a_message_goes_to_the_peer_that_is_named() {
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        let router = server.router().unwrap();
        let names = ["ann", "bob", "cho"];
        let dealers = names.map(|name| named(&server, &router, name));
        for round in 0..100 {
            for name in names {
                router.send_to(name, (name, round.to_string())).unwrap();
            }
        }
        for (name, dealer) in names.into_iter().zip(&dealers) {
            for round in 0..100 {
                assert_eq!(dealer.recv().unwrap(), [name, &round.to_string()[..]]);
            }
            assert!(dealer.try_recv().is_err());
        }
    });
}

#[test]
fn a_dealer_sends_to_its_peers_in_turn() {
    deadline(|| {
        let servers = [(); 2].map(|()| Server::bind_local(0).unwrap());
        let routers = [0, 1].map(|place: usize| servers[place].router().unwrap());
        let client = Client::connect(servers.each_ref().map(Server::port)).unwrap();
        let dealer = client.dealer().unwrap();
        dealer.wait_connected(2, SOON).unwrap();
        for number in 0..10 {
            dealer.send(number.to_string()).unwrap();
        }
        for router in &routers {
            assert_eq!(router.iter().take(5).count(), 5);
        }
    });
}

#[test]
fn all_that_libzmq_lets_connect_can_talk() {
    deadline(|| {
        let (server, client) = ends();
        let (one, two) = (server.dealer().unwrap(), client.dealer().unwrap());
        one.send("to a dealer").unwrap();
        assert_eq!(two.recv().unwrap(), "to a dealer");

        let server = Server::bind_local(0).unwrap().identity("server");
        let one = server.router().unwrap();
        let client = Client::connect(server.port()).unwrap().identity("client");
        let two = client.router().unwrap();
        marry(&one, &two);
        one.send_to("client", "to a router").unwrap();
        assert_eq!(two.recv().unwrap(), ("server".into(), "to a router".into()));
        two.send_to("server", "and back").unwrap();
        assert_eq!(one.recv().unwrap(), ("client".into(), "and back".into()));

        let (server, client) = ends();
        let router = server.router().unwrap();
        let requester = client.identity("asker").request().unwrap();
        let pending = requester.start(("a", "question")).unwrap();
        let (peer, request) = router.recv().unwrap();
        assert_eq!(peer, "asker");
        let [id, empty, rest @ ..] = request.frames() else {
            panic!("{request}")
        };
        assert!(empty.is_empty());
        assert_eq!(rest, ["a", "question"].map(zeroless::Frame::from));
        router.send_to(&peer, (id, empty, "an answer")).unwrap();
        assert_eq!(pending.wait().unwrap(), "an answer");

        let (server, client) = ends();
        let (replier, dealer) = (server.reply().unwrap(), client.dealer().unwrap());
        dealer.send(("", "a question")).unwrap();
        let request = replier.recv().unwrap();
        assert_eq!(request, "a question");
        request.reply("an answer").unwrap();
        assert_eq!(dealer.recv().unwrap(), ["", "an answer"]);
    });
}

#[test]
fn a_peer_that_does_not_fit_is_told_the_patterns_that_would() {
    deadline(|| {
        let (server, client) = ends();
        let _router = server.router().unwrap();
        let pull = client.pull().unwrap();
        until(|| pull.status().is_err());
        let (server, client) = ends();
        let _pull = server.pull().unwrap();
        let dealer = client.dealer().unwrap();
        until(|| dealer.status().is_err());
        let told = dealer.status().unwrap_err().to_string();
        assert!(told.contains("must be router, dealer or reply"), "{told}");
    });
}

#[test]
fn a_peer_that_is_not_there_is_an_error_that_names_it() {
    deadline(|| {
        let router = Server::bind_local(0).unwrap().router().unwrap();
        assert_no_peer(router.send_to("worker", "a"), "worker", "a");
        assert_no_peer(
            router.try_send_to([0, 1, 2, 3, 4], "a"),
            "0x0001020304",
            "a",
        );
        assert_no_peer(router.send_to_timeout("", "a", SOON), "0x", "a");
        let soon = Instant::now() + SOON;
        let long = "7".repeat(300);
        let shown = format!("{}… (300 bytes)", "7".repeat(255));
        assert_no_peer(router.send_to_deadline(&long, "a", soon), &shown, "a");
    });
}

#[test]
fn a_peer_that_has_gone_is_an_error_that_names_it() {
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        let router = server.router().unwrap();
        for name in ["ann", "bob"] {
            drop(named(&server, &router, name));
            until(|| router.connections_now() == 0);
            until(|| router.try_send_to(name, "are you there?").is_err());
            let large = "a".repeat(10_000);
            assert_no_peer(router.send_to(name, &large[..]), name, &large);
        }
    });
}

#[test]
fn a_peer_is_there_as_soon_as_its_connection_is_up() {
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        let router = server.router().unwrap();
        for number in 0..100 {
            let name = format!("peer {number}");
            let client = Client::connect(server.port()).unwrap();
            let dealer = client.identity(&name[..]).dealer().unwrap();
            until(|| router.connections_now() == number + 1);
            // Just used: libzmq would not look for new peers yet.
            assert!(router.try_recv().is_err());
            router.send_to(&name, "hello").unwrap();
            assert_eq!(dealer.recv().unwrap(), "hello");
            std::mem::forget(dealer);
        }
        router.close(SOON).unwrap();
    });
}

#[test]
fn a_peer_whose_queue_is_full_is_waited_for_and_named() {
    deadline(|| {
        let (server, router, slow) = with_short_queues("slow");
        let quick = named(&server, &router, "quick");
        let sent = fill(&router, "slow");
        for timeout in [Duration::ZERO, Duration::from_millis(10)] {
            let unsent = router.send_to_timeout("slow", "late", timeout).unwrap_err();
            match unsent.error() {
                Error::Timeout {
                    waited_for: Wait::PeerRoom { peer, .. },
                    ..
                } => assert_eq!(peer, "slow"),
                Error::WouldBlock if timeout.is_zero() => {}
                other => panic!("{other}"),
            }
            assert_eq!(unsent.into_message(), "late");
        }
        assert_timeout(router.send_to_deadline("slow", "late", Instant::now()));

        let waits = router.clone();
        let waiting = blocked(move || waits.send_to("slow", "at last"));
        for number in 0..100 {
            router.send_to("quick", number.to_string()).unwrap();
            assert_eq!(quick.recv().unwrap(), &number.to_string()[..]);
        }
        assert!(!waiting.is_finished());
        for _ in 0..sent {
            assert_eq!(slow.recv().unwrap().byte_count(), 1 << 20);
        }
        waiting.join().unwrap().unwrap();
        assert_eq!(slow.recv().unwrap(), "at last");
    });
}

#[test]
fn a_send_that_waits_for_a_peer_ends_when_it_has_gone() {
    deadline(|| {
        let (_server, router, slow) = with_short_queues("slow");
        fill(&router, "slow");
        let waits = router.clone();
        let waiting = blocked(move || waits.send_to("slow", "too late"));
        drop(slow);
        assert_no_peer(waiting.join().unwrap(), "slow", "too late");
    });
}

#[test]
fn a_stop_ends_the_wait_for_a_peer() {
    deadline(|| {
        let (_server, router, _slow) = with_short_queues("slow");
        fill(&router, "slow");
        for by_stopper in [false, true] {
            let waits = router.clone();
            let waiting = blocked(move || waits.send_to("slow", "never"));
            match by_stopper {
                false => router.stop(),
                true => router.stopper().unwrap().stop(),
            }
            let unsent = waiting.join().unwrap().unwrap_err();
            assert!(unsent.is_stopped());
            assert_eq!(unsent.into_message(), "never");
        }
        assert!(
            router
                .try_send_to("slow", "never")
                .unwrap_err()
                .is_timeout()
        );
    });
}

/// libzmq tells that there is room for any peer, and not for which: nobody may be forgotten for that.
#[test]
fn each_of_many_that_wait_for_room_gets_it() {
    const PEERS: usize = 4;
    const MESSAGES: usize = 300;
    deadline(|| {
        let server = Server::bind_local(0).unwrap().send_queue(1);
        let router = server.router().unwrap();
        let dealers: Vec<Dealer> = (0..PEERS)
            .map(|place| named(&server, &router, &format!("peer {place}")))
            .collect();
        let sends = |place: usize| {
            let router = router.clone();
            thread::spawn(move || {
                for number in 0..MESSAGES {
                    let message = (number.to_string(), vec![7; 1000]);
                    router.send_to(format!("peer {place}"), message).unwrap();
                }
            })
        };
        let receives = |dealer: Dealer| {
            thread::spawn(move || {
                for number in 0..MESSAGES {
                    let [got, _] = dealer.recv().unwrap().parts().unwrap();
                    assert_eq!(got, &number.to_string()[..]);
                    dealer.send("one more").unwrap();
                }
            })
        };
        let sending: Vec<_> = (0..PEERS).map(sends).collect();
        let receiving: Vec<_> = dealers.into_iter().map(receives).collect();
        assert_eq!(
            router.iter().take(PEERS * MESSAGES).count(),
            PEERS * MESSAGES
        );
        for thread in sending.into_iter().chain(receiving) {
            thread.join().unwrap();
        }
    });
}

#[test]
fn an_identity_that_cannot_be_is_refused() {
    for (identity, reason) in [
        (vec![], "it is empty"),
        (vec![0, 1], "zero byte"),
        (vec![1; 256], "255 bytes"),
    ] {
        let client = Client::new().identity(identity.clone());
        let server = Server::bind_local(0).unwrap().identity(identity);
        for refused in [
            client.dealer().map(drop),
            client.router().map(drop),
            client.request().map(drop),
            server.dealer().map(drop),
            server.router().map(drop),
        ] {
            let told = refused.unwrap_err();
            assert!(matches!(
                told,
                Error::InvalidOption {
                    option: "identity",
                    ..
                }
            ));
            assert!(told.to_string().contains(reason), "{told}");
        }
    }
    let client = Client::new().identity([255; 255]);
    assert!(client.dealer().is_ok() && client.router().is_ok());
    for refused in [
        client.push().map(drop),
        client.pull().map(drop),
        client.publish().map(drop),
        client.subscribe("").map(drop),
        client.reply().map(drop),
        client.pair().map(drop),
    ] {
        let told = refused.unwrap_err().to_string();
        assert!(told.contains("has none"), "{told}");
    }
}

#[test]
fn a_second_peer_of_an_identity_takes_its_place() {
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        let router = server.router().unwrap();
        // Long enough for it not to come back in this test.
        let options = Options::default().identity("worker");
        let options = options.reconnect_min(SOON * 10).reconnect_max(SOON * 10);
        let first = Client::connect(server.port()).unwrap().options(options);
        let first = first.dealer().unwrap();
        first.send("ready").unwrap();
        assert_eq!(router.recv().unwrap(), ("worker".into(), "ready".into()));
        let mut events = first.connection_events().unwrap();
        let second = named(&server, &router, "worker");
        first.send("nobody hears this").unwrap();
        router.send_to("worker", "to the second").unwrap();
        assert_eq!(second.recv().unwrap(), "to the second");
        second.send("heard").unwrap();
        assert_eq!(router.recv().unwrap(), ("worker".into(), "heard".into()));
        assert!(first.try_recv().is_err());
        if capabilities().unwrap().libzmq == Libzmq::Zeroless {
            let ends = |event| matches!(event, ConnectionEvent::Disconnected { .. });
            assert!(events.any(ends));
            until(|| router.connections_now() == 1);
        }
    });
}

#[test]
fn a_peer_that_comes_again_under_its_name_is_served_at_once() {
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        let router = server.router().unwrap();
        for number in 0..50 {
            let dealer = named(&server, &router, "worker");
            router.send_to("worker", number.to_string()).unwrap();
            assert_eq!(dealer.recv().unwrap(), &number.to_string()[..]);
        }
    });
}

#[test]
fn a_long_message_comes_whole_with_its_sender() {
    deadline(|| {
        for (dealer, router) in dealer_router() {
            let long: Vec<String> = (0..10_000).map(|number| number.to_string()).collect();
            for _ in 0..3 {
                dealer.send(&long).unwrap();
            }
            dealer.send("the last").unwrap();
            let (peer, message) = router.recv().unwrap();
            assert!(message == long);
            router.send_to(&peer, &long).unwrap();
            for _ in 0..2 {
                let (sender, message) = router.recv().unwrap();
                assert!(sender == peer && message == long);
            }
            assert_eq!(router.recv().unwrap(), (peer, "the last".into()));
            assert!(dealer.recv().unwrap() == long);
        }
    });
}

#[test]
fn messages_queued_when_the_handles_end_arrive() {
    deadline(|| {
        for (dealer, router) in dealer_router() {
            dealer.send("ready").unwrap();
            let (peer, _) = router.recv().unwrap();
            for number in 0..100 {
                router.send_to(&peer, number.to_string()).unwrap();
            }
            drop(router);
            for number in 0..100 {
                assert_eq!(dealer.recv().unwrap(), &number.to_string()[..]);
            }
        }
    });
}

#[test]
fn a_peer_that_is_connected_to_keeps_its_identity() {
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        let dealer = server.dealer().unwrap();
        let router = Client::connect(server.port()).unwrap().router().unwrap();
        marry(&dealer, &router);
        dealer.send("one").unwrap();
        let (peer, _) = router.recv().unwrap();
        drop(dealer);
        until(|| router.connections_now() == 0);
        router.send_to(&peer, "two").unwrap();
        let dealer = server.dealer().unwrap();
        assert_eq!(dealer.recv().unwrap(), "two");
        dealer.send("three").unwrap();
        assert_eq!(router.recv().unwrap(), (peer, "three".into()));
    });
}

#[test]
fn a_message_without_frames_or_with_one_too_large_is_refused() {
    deadline(|| {
        let (server, client) = ends();
        let router = server.router().unwrap();
        let dealer = client.identity("peer").dealer().unwrap();
        dealer.send("ready").unwrap();
        let (peer, _) = router.recv().unwrap();
        let unsent = router.send_to(&peer, Message::new()).unwrap_err();
        assert_eq!(*unsent.error(), Error::EmptyMessage);
        let large = vec![0; (16 << 20) + 1];
        let unsent = router.send_to(&peer, ("id", &large)).unwrap_err();
        assert!(matches!(unsent.error(), Error::FrameTooLarge { .. }));
        router.send_to(&peer, "fits").unwrap();
        assert_eq!(dealer.recv().unwrap(), "fits");
    });
}

#[test]
fn identities_are_keys() {
    let peers: BTreeSet<PeerId> = ["b", "a", "b"].map(PeerId::from).into();
    assert_eq!(peers.len(), 2);
    assert_eq!(PeerId::from("a"), PeerId::from(b"a"));
    assert_eq!(format!("{:?}", peers.first().unwrap()), "PeerId(a)");
}
