//! Forks: a child's handles are dead and say so, and the parent goes on as if nothing was.

#![cfg(target_os = "linux")]

#[path = "support/child.rs"]
mod child;
#[path = "support/poll.rs"]
mod poll;
mod support;

use std::process;
use std::time::Duration;

use child::in_child;
use parking_lot::{Mutex, MutexGuard};
use poll::is_readable;
use support::{
    SOON, blocked, deadline, dealer_router, inproc, pairs, pub_sub, push_pull, req_rep, until,
};
#[cfg(feature = "zre")]
use zeroless::zre::Node;
use zeroless::{Client, Error, Handle, Pending, Server};

/// A fork copies the locks that others hold, so no other test may run meanwhile.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock()
}

/// The calls that every handle refuses in a child.
fn assert_dead(handle: &impl Handle) {
    assert!(matches!(handle.stopper(), Err(Error::Forked)));
    assert!(matches!(handle.connection_events(), Err(Error::Forked)));
    assert_eq!(handle.wait_connected(1, SOON), Err(Error::Forked));
    assert_eq!(handle.connections_now(), 0);
    handle.stop();
    assert_eq!(handle.clone().close(SOON), Err(Error::Forked));
}

#[test]
fn a_child_is_refused_by_every_call() {
    deadline(|| {
        let _alone = alone();
        let [(push, pull), _] = push_pull();
        let [(publisher, subscriber), _] = pub_sub();
        let [(requester, replier), _] = req_rep();
        let [(pair, _other), _] = pairs();
        let [(dealer, router), _] = dealer_router();
        let server = Server::bind(inproc()).unwrap();
        publisher.wait_for_subscribers(1, SOON).unwrap();
        let _first = requester.start("hello").unwrap();
        let request = replier.recv().unwrap();
        let pending = requester.start("again").unwrap();
        let (_, reply) = replier.recv().unwrap().split();
        let [(other, _other_replier), _] = req_rep();
        let mut several = vec![requester.start("1").unwrap(), other.start("2").unwrap()];
        let long = Duration::from_secs(600);
        let well = in_child(|| {
            assert_eq!(pull.recv(), Err(Error::Forked));
            assert_eq!(pull.try_recv(), Err(Error::Forked));
            assert_eq!(pull.recv_timeout(long), Err(Error::Forked));
            assert_eq!(pull.iter().count(), 0);
            assert_eq!(pull.status(), Err(Error::Forked));
            assert_eq!(subscriber.recv(), Err(Error::Forked));
            assert_eq!(subscriber.subscribe("a"), Err(Error::Forked));
            assert_eq!(subscriber.unsubscribe(""), Err(Error::Forked));
            assert_eq!(pair.recv(), Err(Error::Forked));
            assert_eq!(dealer.recv(), Err(Error::Forked));
            assert_eq!(*dealer.send("a").unwrap_err().error(), Error::Forked);
            assert_eq!(router.recv(), Err(Error::Forked));
            let unsent = router.send_to("peer", "a").unwrap_err();
            assert_eq!(*unsent.error(), Error::Forked);
            assert_eq!(server.bind_more(inproc()).map(drop), Err(Error::Forked));
            assert_eq!(server.unbind_all().map(drop), Err(Error::Forked));
            assert_eq!(pull.recv_latest(), Err(Error::Forked));
            assert_eq!(replier.recv().map(drop), Err(Error::Forked));
            assert_eq!(replier.serve(|message| message), Err(Error::Forked));
            assert_eq!(*reply(&"a").unwrap_err().error(), Error::Forked);
            assert_eq!(*reply.send("a").unwrap_err().error(), Error::Forked);
            while let Some((_, outcome)) = Pending::wait_any(&mut several) {
                assert_eq!(outcome, Err(Error::Forked));
            }
            assert_eq!(*push.try_send("a").unwrap_err().error(), Error::Forked);
            assert_eq!(
                *push.send_timeout("a", long).unwrap_err().error(),
                Error::Forked
            );
            assert_eq!(*push(&"a").unwrap_err().error(), Error::Forked);
            let unsent = push.send(("a", "b")).unwrap_err();
            assert_eq!(*unsent.error(), Error::Forked);
            assert_eq!(unsent.into_message(), ["a", "b"]);
            assert_eq!(*pair.send("a").unwrap_err().error(), Error::Forked);
            assert_eq!(*publisher.send("a").unwrap_err().error(), Error::Forked);
            assert_eq!(publisher.has_subscriber("a"), Err(Error::Forked));
            assert_eq!(publisher.wait_for_subscribers(1, long), Err(Error::Forked));
            assert_eq!(requester.request("a"), Err(Error::Forked));
            assert_eq!(requester.request_timeout("a", long), Err(Error::Forked));
            assert_eq!(*requester.start("a").unwrap_err().error(), Error::Forked);
            assert_eq!(pending.wait_timeout(long), Err(Error::Forked));
            assert_eq!(*request.reply("a").unwrap_err().error(), Error::Forked);
            assert_eq!(push.status(), Err(Error::Forked));
            assert_dead(&push);
            assert_dead(&publisher);
            assert_dead(&requester);
            assert_dead(&router);
            assert_dead(&dealer);
        });
        assert!(well);
    });
}

#[test]
fn a_childs_event_loop_is_not_silent_and_its_parents_goes_on() {
    deadline(|| {
        let _alone = alone();
        let [(push, pull), (_, other)] = push_pull();
        // Of one it was asked for before the fork, of the other it was not.
        until(|| pull.try_recv().is_err() && !is_readable(&pull));
        assert!(in_child(|| {
            for pull in [&pull, &other] {
                assert!(is_readable(pull));
                assert_eq!(pull.try_recv(), Err(Error::Forked));
            }
        }));
        assert!(!is_readable(&pull));
        push.send("after").unwrap();
        until(|| is_readable(&pull));
        assert_eq!(pull.recv().unwrap(), "after");
        until(|| other.try_recv().is_err() && !is_readable(&other));
    });
}

#[test]
fn a_child_drops_its_handles_and_the_parent_goes_on() {
    deadline(|| {
        let _alone = alone();
        let all = (push_pull(), pub_sub(), req_rep(), pairs());
        // Something is under way in each, and somebody waits.
        for (push, _) in &all.0 {
            push.send("before").unwrap();
        }
        let waits = all.0[0].1.clone();
        let waiting = blocked(move || [waits.recv().unwrap(), waits.recv().unwrap()]);
        let mut all = Some(all);
        assert!(in_child(|| drop(all.take())));
        let all = all.unwrap();
        all.0[0].0.send("after").unwrap();
        let [before, after] = waiting.join().unwrap();
        assert_eq!((before, after), ("before".into(), "after".into()));
        for (publisher, subscriber) in &all.1 {
            publisher.wait_for_subscribers(1, SOON).unwrap();
            publisher.send("after").unwrap();
            assert_eq!(subscriber.recv().unwrap(), "after");
        }
        for (requester, replier) in &all.2 {
            let pending = requester.start("after").unwrap();
            replier.recv().unwrap().reply("reply").unwrap();
            assert_eq!(pending.wait().unwrap(), "reply");
        }
        for (one, two) in &all.3 {
            one.send("after").unwrap();
            assert_eq!(two.recv().unwrap(), "after");
        }
    });
}

#[test]
fn a_child_makes_handles_of_its_own() {
    deadline(|| {
        let _alone = alone();
        let [(push, pull), _] = push_pull();
        let well = in_child(|| {
            let server = Server::bind(inproc()).unwrap();
            let pull = server.pull().unwrap();
            let push = Client::connect(server.endpoint()).unwrap().push().unwrap();
            let waiting = blocked(move || pull.recv().unwrap());
            push.send("in the child").unwrap();
            assert_eq!(waiting.join().unwrap(), "in the child");
            let server = Server::bind_local(0).unwrap();
            let pull = server.pull().unwrap();
            let push = Client::connect(server.port()).unwrap().push().unwrap();
            push.send("in the child").unwrap();
            assert_eq!(pull.recv().unwrap(), "in the child");
            push.wait_connected(1, SOON).unwrap();
        });
        assert!(well);
        push.send("in the parent").unwrap();
        assert_eq!(pull.recv().unwrap(), "in the parent");
    });
}

#[test]
fn a_child_pushes_to_its_parent_by_a_handle_of_its_own() {
    deadline(|| {
        let _alone = alone();
        let server = Server::bind_local(0).unwrap();
        let pull = server.pull().unwrap();
        let well = in_child(|| {
            let push = Client::connect(server.port()).unwrap().push().unwrap();
            push.send(process::id().to_string()).unwrap();
        });
        assert!(well);
        assert_ne!(pull.recv().unwrap(), process::id().to_string().as_str());
        until(|| pull.wait_connected(1, Duration::ZERO).is_err());
    });
}

#[cfg(feature = "zre")]
#[test]
fn a_childs_node_is_dead() {
    deadline(|| {
        let _alone = alone();
        let node = Node::builder("parent").interface("127.0.0.1");
        let node = node.port(support::beacon_port()).start().unwrap();
        node.join("before").unwrap();
        let in_child_hands = node.clone();
        assert!(in_child(move || {
            let node = in_child_hands;
            assert_eq!(node.join("G"), Err(Error::Forked));
            assert_eq!(node.shout("G", "hello"), Err(Error::Forked));
            assert_eq!(node.recv(), Err(Error::Forked));
            assert_eq!(node.name(), "parent");
            // Its lock may be held for ever, by a thread that the child does not have.
            assert_eq!(node.own_groups(), [""; 0]);
            assert_eq!(node.dump(), "");
            node.stop();
        }));
        node.join("G").unwrap();
        assert_eq!(node.own_groups(), ["G", "before"]);
    });
}
