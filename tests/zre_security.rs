//! Nodes with CURVE: only those that allow each other's keys find each other, and nobody else hears them.

#![cfg(feature = "zre")]

mod support;
#[path = "support/zre.rs"]
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use support::{Folder, SOON, beacon_port, deadline, until};
use wire::{PING_OK, WHISPER, identity, packet};
use zeroless::security::{Access, Curve, Keys, Password, Plain, PublicKey, ServerSecurity};
use zeroless::zre::{Builder, Event, Node, Peer};
use zeroless::{Error, Server, capabilities};

/// Several of a node's intervals.
const A_WHILE: Duration = Duration::from_millis(500);

fn has_curve() -> bool {
    capabilities().unwrap().curve
}

/// Keys, with a name for each.
fn keys<const N: usize>() -> [Keys; N] {
    std::array::from_fn(|_| Keys::generate().unwrap())
}

/// Lets in the owners of these keys.
fn access(allowed: &[&Keys]) -> Access {
    let access = Access::new();
    for keys in allowed {
        let key = keys.public();
        access.key(&key.to_string(), key).unwrap();
    }
    access
}

fn node(name: &str, port: u16) -> Builder {
    Node::builder(name)
        .interface("127.0.0.1")
        .port(port)
        .interval(Duration::from_millis(100))
        .evasive(Duration::from_millis(500))
}

fn secured(name: &str, port: u16, keys: &Keys, access: Access) -> Node {
    let security = Curve::server(keys, access);
    node(name, port).security(security).start().unwrap()
}

/// The next peer that enters.
#[track_caller]
fn expect_enter(node: &Node) -> Peer {
    loop {
        match node.recv_timeout(SOON) {
            Ok(Event::Enter { peer }) => return peer,
            Ok(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Nobody but these enters in a while.
#[track_caller]
fn enter_at_most(node: &Node, names: &[&str]) {
    let over = Instant::now() + A_WHILE;
    while let Some(left) = over.checked_duration_since(Instant::now()) {
        match node.recv_timeout(left) {
            Ok(Event::Enter { peer }) => assert!(names.contains(&peer.name()), "{peer:?}"),
            Ok(_) => {}
            Err(error) => assert!(error.is_timeout()),
        }
    }
}

/// Starting is refused for this reason.
#[track_caller]
fn assert_invalid(outcome: Result<Node, Error>, wanted: &str) {
    match outcome {
        Err(Error::InvalidOption { reason, .. }) if reason.contains(wanted) => {}
        other => panic!("not refused for `{wanted}`: {other:?}"),
    }
}

/// The keys of a node's peers.
fn peers(node: &Node) -> Vec<PublicKey> {
    let peers = node.peers();
    let mut keys: Vec<_> = peers.iter().filter_map(Peer::public_key).collect();
    keys.sort();
    keys
}

fn sorted<const N: usize>(keys: [&Keys; N]) -> Vec<PublicKey> {
    let mut keys = keys.map(Keys::public).to_vec();
    keys.sort();
    keys
}

#[test]
fn nodes_that_allow_each_other_talk_and_know_their_keys() {
    if !has_curve() {
        return;
    }
    deadline(|| {
        let [of_alice, of_bob] = keys();
        let port = beacon_port();
        let alice = secured("alice", port, &of_alice, access(&[&of_bob]));
        let bob = secured("bob", port, &of_bob, access(&[&of_alice]));
        let (seen_bob, seen_alice) = (expect_enter(&alice), expect_enter(&bob));
        assert_eq!(alice.public_key(), Some(of_alice.public()));
        assert_eq!(seen_alice.public_key(), alice.public_key());
        assert_eq!(seen_bob.public_key(), Some(of_bob.public()));
        let header = of_bob.public().to_string();
        assert_eq!(seen_bob.header("X-PUBLICKEY"), Some(&*header));

        alice.join("chat").unwrap();
        until(|| bob.peers_in("chat").len() == 1);
        bob.whisper(alice.id(), "to one").unwrap();
        bob.shout("chat", "to all").unwrap();
        let mut heard = Vec::new();
        while heard.len() < 2 {
            match alice.recv_timeout(SOON).unwrap() {
                Event::Whisper { message, .. } | Event::Shout { message, .. } => {
                    heard.push(message.to_string());
                }
                _ => {}
            }
        }
        assert_eq!(heard, ["to one", "to all"]);
    });
}

#[test]
fn a_node_that_one_side_refuses_enters_at_neither_until_that_is_mended() {
    if !has_curve() {
        return;
    }
    deadline(|| {
        let [of_alice, of_bob, of_carol] = keys();
        let port = beacon_port();
        let of_bobs = access(&[&of_carol]);
        let alice = secured("alice", port, &of_alice, access(&[&of_bob, &of_carol]));
        let bob = secured("bob", port, &of_bob, of_bobs.clone());
        let carol = secured("carol", port, &of_carol, access(&[&of_alice, &of_bob]));
        // Those that allow each other have found each other; the two others have had the same time, and more.
        until(|| peers(&carol) == sorted([&of_alice, &of_bob]));
        enter_at_most(&alice, &["carol"]);
        enter_at_most(&bob, &["carol"]);

        of_bobs.key("alice", of_alice.public()).unwrap();
        until(|| peers(&alice) == sorted([&of_bob, &of_carol]));
        until(|| peers(&bob) == sorted([&of_alice, &of_carol]));
    });
}

#[test]
fn those_with_security_and_those_without_leave_each_other_alone() {
    if !has_curve() {
        return;
    }
    deadline(|| {
        let [of_alice, of_bob] = keys();
        let port = beacon_port();
        let everybody = || Access::new().any_key().unwrap();
        let alice = secured("alice", port, &of_alice, everybody());
        let carol = node("carol", port).start().unwrap();
        let bob = secured("bob", port, &of_bob, everybody());
        let dave = node("dave", port).start().unwrap();
        until(|| peers(&alice) == sorted([&of_bob]) && peers(&bob) == sorted([&of_alice]));
        until(|| carol.peers().len() == 1 && dave.peers().len() == 1);
        enter_at_most(&alice, &["bob"]);
        enter_at_most(&carol, &["dave"]);
        for (node, other) in [
            (&alice, &bob),
            (&bob, &alice),
            (&carol, &dave),
            (&dave, &carol),
        ] {
            let ids: Vec<_> = node.peers().iter().map(Peer::id).collect();
            assert_eq!(ids, [other.id()], "of {}", node.name());
        }
        assert_eq!(
            (carol.public_key(), carol.peers()[0].public_key()),
            (None, None)
        );
    });
}

/// The HELLO of a node, which tells a key.
fn hello(endpoint: &str, key: PublicKey) -> Vec<u8> {
    let mut frame = b"\xaa\xa1\x01\x02\x00\x01".to_vec();
    frame.push(endpoint.len() as u8);
    frame.extend(endpoint.as_bytes());
    frame.extend(b"\x00\x00\x00\x00\x00\x04mall\x00\x00\x00\x01\x0bX-PUBLICKEY\x00\x00\x00\x28");
    frame.extend(key.to_string().as_bytes());
    frame
}

#[test]
fn one_with_a_key_of_its_own_does_not_speak_for_another() {
    if !has_curve() {
        return;
    }
    deadline(|| {
        let [of_alice, of_bob, of_mallory] = keys();
        let port = beacon_port();
        let alice = secured("alice", port, &of_alice, access(&[&of_bob, &of_mallory]));
        let bob = secured("bob", port, &of_bob, access(&[&of_alice]));
        expect_enter(&alice);
        expect_enter(&bob);
        // It is let in by its key, under the connection identity of bob.
        let context = zmq::Context::new();
        let mallory = context.socket(zmq::DEALER).unwrap();
        mallory.set_identity(&identity(bob.id())).unwrap();
        mallory
            .set_curve_serverkey(of_alice.public().as_bytes())
            .unwrap();
        mallory
            .set_curve_publickey(of_mallory.public().as_bytes())
            .unwrap();
        mallory
            .set_curve_secretkey(&zmq::z85_decode(&of_mallory.secret().expose_secret()).unwrap())
            .unwrap();
        mallory.connect(&alice.endpoint().to_string()).unwrap();
        for key in [of_bob.public(), of_mallory.public()] {
            mallory.send(hello("tcp://127.0.0.1:9", key), 0).unwrap();
            mallory.send(packet(PING_OK, 2, b""), 0).unwrap();
            mallory.send(packet(WHISPER, 3, b""), zmq::SNDMORE).unwrap();
            mallory.send("it is me, bob", 0).unwrap();
        }
        let over = Instant::now() + 2 * A_WHILE;
        while let Some(left) = over.checked_duration_since(Instant::now()) {
            match alice.recv_timeout(left) {
                Ok(Event::Evasive { .. }) => {}
                Ok(event) => panic!("{event:?}"),
                Err(error) => assert!(error.is_timeout()),
            }
        }
        assert_eq!(peers(&alice), sorted([&of_bob]));
        assert_eq!(alice.peers()[0].name(), "bob");
    });
}

#[test]
fn one_that_is_revoked_is_parted_from_at_once() {
    if !has_curve() {
        return;
    }
    deadline(|| {
        let [of_alice, of_bob] = keys();
        let port = beacon_port();
        let of_alices = Access::new().key("bob", of_bob.public()).unwrap();
        let alice = secured("alice", port, &of_alice, of_alices.clone());
        let _bob = secured("bob", port, &of_bob, access(&[&of_alice]));
        expect_enter(&alice);
        let revoked = Instant::now();
        of_alices.revoke("bob").unwrap();
        until(|| alice.peers().is_empty());
        // Not by its expiry, half a minute later.
        assert!(revoked.elapsed() < SOON);
        of_alices.key("bob", of_bob.public()).unwrap();
        until(|| peers(&alice) == sorted([&of_bob]));
    });
}

#[test]
fn nodes_gossip_by_curve() {
    if !has_curve() {
        return;
    }
    deadline(|| {
        let [of_hub, of_alice, of_bob, of_mallory] = keys();
        let all = || access(&[&of_hub, &of_alice, &of_bob]);
        let node = |name: &str, keys, access| {
            let security: ServerSecurity = Curve::server(keys, access);
            Node::builder(name)
                .interface("127.0.0.1")
                .security(security)
        };
        let hub = node("hub", &of_hub, all())
            .gossip_bind("tcp://127.0.0.1:0")
            .start()
            .unwrap();
        let there = hub.gossip_endpoints()[0].clone();
        let join = |name: &str, keys, access| {
            let node = node(name, keys, access);
            node.gossip_connect_curve(&there, of_hub.public())
                .start()
                .unwrap()
        };
        let mallory = join("mallory", &of_mallory, Access::new().any_key().unwrap());
        let alice = join("alice", &of_alice, all());
        let bob = join("bob", &of_bob, all());
        until(|| peers(&hub) == sorted([&of_alice, &of_bob]));
        until(|| peers(&alice) == sorted([&of_hub, &of_bob]));
        until(|| peers(&bob) == sorted([&of_hub, &of_alice]));
        assert!(mallory.peers().is_empty());
    });
}

#[test]
fn a_server_that_secured_nodes_tell_of_has_a_security_of_its_own() {
    if !has_curve() {
        return;
    }
    deadline(|| {
        let [of_alice, of_bob, of_server, of_client] = keys();
        let port = beacon_port();
        let server = Server::bind_local(0)
            .unwrap()
            .security(Curve::server(&of_server, access(&[&of_client])));
        let pull = server.pull().unwrap();
        let _alice = node("alice", port)
            .security(Curve::server(&of_alice, access(&[&of_bob])))
            .announce("jobs", &server)
            .start()
            .unwrap();
        let bob = secured("bob", port, &of_bob, access(&[&of_alice]));
        let jobs = bob.discover("jobs").unwrap();
        let jobs = jobs.security(Curve::client(&of_client, of_server.public()));
        jobs.wait_for(1, SOON).unwrap();
        jobs.push().unwrap().send("work").unwrap();
        let message = pull.recv_timeout(SOON).unwrap();
        assert_eq!(message.to_string(), "work");
    });
}

#[test]
fn a_password_is_not_sent_to_whoever_announces_a_server() {
    deadline(|| {
        let port = beacon_port();
        let password = || Password::new("secret").unwrap();
        let ann = || Plain::user("ann", password());
        let heard = Arc::new(AtomicBool::new(false));
        let hears = heard.clone();
        let of_mallory = Access::new().ask(move |_| {
            hears.store(true, Ordering::Relaxed);
            None
        });
        let security = Plain::server(of_mallory.unwrap());
        let theirs = Server::bind_local(0).unwrap().security(security);
        let _pull = theirs.pull().unwrap();
        let mallory = node("mallory", port).announce("jobs", &theirs);
        let _mallory = mallory.start().unwrap();
        let alice = node("alice", port).start().unwrap();
        let jobs = alice.discover("jobs").unwrap().security(ann());
        jobs.wait_for(1, SOON).unwrap();
        match jobs.push() {
            Err(Error::InvalidOption { reason, .. }) => assert!(reason.contains("Curve::client")),
            other => panic!("not refused: {other:?}"),
        }
        assert!(!heard.load(Ordering::Relaxed));
        if !has_curve() {
            return;
        }
        // Only nodes that are let in announce servers to one with security.
        let [of_bob, of_carol] = keys();
        let access_of_jobs = Access::new().user("ann", password()).unwrap();
        let ours = Server::bind_local(0).unwrap();
        let ours = ours.security(Plain::server(access_of_jobs));
        let pull = ours.pull().unwrap();
        let _bob = node("bob", port)
            .security(Curve::server(&of_bob, access(&[&of_carol])))
            .announce("jobs", &ours)
            .start()
            .unwrap();
        let carol = secured("carol", port, &of_carol, access(&[&of_bob]));
        let jobs = carol.discover("jobs").unwrap().security(ann());
        jobs.push().unwrap().send("work").unwrap();
        assert_eq!(pull.recv_timeout(SOON).unwrap().user(), Some("ann"));
        assert!(!heard.load(Ordering::Relaxed));
    });
}

#[test]
fn settings_that_do_not_fit_are_refused_with_a_reason() {
    let password = Password::new("secret").unwrap();
    let plain = Plain::server(Access::new().user("ann", password).unwrap());
    let refused = Node::builder("alice").security(plain).start();
    assert_invalid(refused, "take Curve::server(&keys, access)");

    let key = PublicKey::from([7; 32]);
    let without = Node::builder("alice")
        .gossip_connect_curve("tcp://127.0.0.1:9", key)
        .start();
    assert_invalid(without, "security(Curve::server(&keys, access))");
    if has_curve() {
        let [own] = keys();
        let unencrypted = Node::builder("alice")
            .security(Curve::server(&own, Access::new()))
            .gossip_connect("tcp://127.0.0.1:9")
            .start();
        assert_invalid(unencrypted, "gossip_connect_curve");
    }
}

#[test]
fn curve_is_refused_where_libzmq_has_none() {
    if has_curve() {
        return;
    }
    let folder = Folder::new();
    let path = folder.path().join("keys_secret");
    // The keys of libzmq's own tests.
    let text = "curve\n    public-key = \"Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID\"\n    \
                secret-key = \"D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs\"\n";
    std::fs::write(&path, text).unwrap();
    restrict(&path);
    let keys = Keys::load(&path).unwrap();
    let security = Curve::server(&keys, Access::new());
    let refused = Node::builder("alice")
        .security(security)
        .start()
        .unwrap_err();
    assert!(matches!(refused, Error::Unsupported { .. }), "{refused}");
    assert!(
        refused.to_string().contains("the feature `curve`"),
        "{refused}"
    );
}

/// Lets nobody but its owner read a file.
fn restrict(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}
