//! Handles: each has its own calls, and generic code has the same ones by traits.

mod support;

use std::time::{Duration, Instant};

use support::{SOON, assert_timeout, deadline, dealer_router, pairs, pub_sub, push_pull, req_rep};
use zeroless::iter::{IntoIter, Iter, Parts, TryIter};
use zeroless::{Handle, Message, PeerId, Pull, Push, Receiving, SendError, Sending, Server};

fn soon() -> Instant {
    Instant::now() + SOON
}

/// Sends by all the calls of the trait.
fn send_all(handle: &impl Sending) -> Result<(), SendError> {
    handle.send("sent")?;
    handle.try_send("sent")?;
    handle.send_timeout("sent", SOON)?;
    handle.send_deadline("sent", soon())
}

/// Receives by all the calls of the trait.
fn receive_all<H: Receiving<Item = Message>>(handle: H) {
    assert_eq!(handle.recv().unwrap(), "sent");
    assert_eq!(handle.recv_timeout(SOON).unwrap(), "sent");
    assert_eq!(handle.recv_deadline(soon()).unwrap(), "sent");
    assert_eq!(handle.iter().next().unwrap(), "sent");
    assert!(handle.try_recv().is_err());
    assert_eq!(handle.try_iter().count(), 0);
    handle.stop();
    assert!(handle.parts::<1>().next().is_none());
    let channel = handle.into_channel(1).unwrap();
    assert!(channel.recv().is_err());
}

/// The same for a handle whose messages come with their sender's identity.
fn receive_all_from<H: Receiving<Item = (PeerId, Message)>>(handle: H) -> PeerId {
    let (peer, message) = handle.recv().unwrap();
    let sent = || (peer.clone(), "sent".into());
    assert_eq!((peer.clone(), message), sent());
    assert_eq!(handle.recv_timeout(SOON).unwrap(), sent());
    assert_eq!(handle.recv_deadline(soon()).unwrap(), sent());
    assert_eq!(handle.iter().next().unwrap(), sent());
    assert!(handle.try_recv().is_err());
    assert_eq!(handle.try_iter().count(), 0);
    handle.stop();
    let channel = handle.into_channel(1).unwrap();
    assert!(channel.recv().is_err());
    peer
}

fn receive_one(handle: &impl Receiving<Item = Message>) {
    assert_eq!(handle.recv().unwrap(), "sent");
    assert!(handle.try_recv().is_err());
}

#[test]
fn generic_code_sends_and_receives_by_traits() {
    deadline(|| {
        for (push, pull) in push_pull() {
            send_all(&push).unwrap();
            receive_all(pull);
        }
        for (publisher, subscriber) in pub_sub() {
            publisher.wait_for_subscribers(1, SOON).unwrap();
            send_all(&publisher).unwrap();
            receive_all(subscriber);
        }
        for (one, two) in pairs() {
            send_all(&one).unwrap();
            receive_all(two);
        }
        for (dealer, router) in dealer_router() {
            send_all(&dealer).unwrap();
            let peer = receive_all_from(router.clone());
            router.try_send_to(&peer, "sent").unwrap();
            receive_one(&dealer);
        }
    });
}

#[test]
fn generic_code_has_the_calls_that_all_handles_share() {
    fn check(handle: impl Handle) {
        assert_eq!(handle.skipped(), 0);
        handle.wait_connected(1, SOON).unwrap();
        assert_eq!(handle.connections_now(), 1);
        assert!(handle.connection_events().unwrap().try_recv().is_ok());
        assert!(handle.status().is_ok());
        handle.stopper().unwrap().stop();
        assert!(handle.status().unwrap_err().is_stopped());
        handle.stop();
        assert!(handle.clone().close(SOON).is_ok());
        assert!(handle.close(SOON).unwrap_err().is_stopped());
    }
    deadline(|| {
        // Each with a peer of its own, which the end of another does not disconnect.
        let [(push, _pull), (_push, pull)] = push_pull();
        let [(publisher, _subscriber), (_publisher, subscriber)] = pub_sub();
        let [(requester, _replier), (_requester, replier)] = req_rep();
        let [(pair, _pair), _] = pairs();
        let [(dealer, _router), (_dealer, router)] = dealer_router();
        check(push);
        check(pull);
        check(publisher);
        check(subscriber);
        check(requester);
        check(replier);
        check(pair);
        check(dealer);
        check(router);
    });
}

#[test]
fn a_deadline_that_is_over_is_a_timeout() {
    deadline(|| {
        let over = Instant::now();
        let push = Server::bind_local(0).unwrap().push().unwrap();
        assert_timeout(push.send_deadline("nobody is there", over));
        let soon = Instant::now() + Duration::from_millis(10);
        assert_timeout(push.send_deadline("nobody is there", soon));
        assert!(Instant::now() >= soon);
        let [(requester, _replier), _] = req_rep();
        assert_timeout(requester.request_deadline("nobody answers", over));
        let pending = requester.start("nobody answers").unwrap();
        assert_timeout(pending.wait_deadline(over));
        let soon = Instant::now() + Duration::from_millis(10);
        assert_timeout(pending.wait_deadline(soon));
        assert!(Instant::now() >= soon);
    });
}

#[test]
fn before_a_deadline_sends_requests_and_waits_succeed() {
    deadline(|| {
        for (push, pull) in push_pull() {
            push.send_deadline(("1", "2"), soon()).unwrap();
            assert_eq!(pull.recv().unwrap(), ["1", "2"]);
        }
        for (requester, replier) in req_rep() {
            support::echo(replier);
            assert_eq!(requester.request_deadline("a", soon()).unwrap(), "a");
            let pending = requester.start("b").unwrap();
            assert_eq!(pending.wait_deadline(soon()).unwrap(), "b");
        }
    });
}

#[test]
fn the_iterators_can_be_named() {
    struct Worker<'a> {
        each: Iter<'a, Pull>,
        there: TryIter<'a, Pull>,
        pairs: Parts<'a, Pull, 2>,
    }
    deadline(|| {
        for (push, pull) in push_pull() {
            let mut worker = Worker {
                each: pull.iter(),
                there: pull.try_iter(),
                pairs: pull.parts(),
            };
            push.send("one").unwrap();
            assert_eq!(worker.each.next().unwrap(), "one");
            assert!(worker.there.next().is_none());
            push.send(("1", "2")).unwrap();
            assert_eq!(worker.pairs.next().unwrap(), ["1", "2"]);
            push.send("last").unwrap();
            let mut owned: IntoIter<Pull> = pull.into_iter();
            assert_eq!(owned.next().unwrap(), "last");
        }
    });
}

#[test]
fn a_handle_is_a_function_of_frames() {
    fn call(send: &dyn Fn(&dyn zeroless::DynFrames) -> Result<(), SendError>) {
        send(&("7", b"payload")).unwrap();
    }
    deadline(|| {
        for (push, pull) in push_pull() {
            push(&"hello").unwrap();
            assert_eq!(pull.recv().unwrap(), "hello");
            call(&*push);
            assert_eq!(pull.recv().unwrap(), ["7", "payload"]);
        }
    });
}

#[test]
fn debug_shows_the_kind_of_a_handle() {
    let push: Push = Server::bind_local(0).unwrap().push().unwrap();
    assert_eq!(format!("{push:?}"), "Push { stopped: false, .. }");
    push.stop();
    assert_eq!(format!("{push:?}"), "Push { stopped: true, .. }");
}

#[test]
fn a_message_that_is_not_sent_says_why_once() {
    let push = Server::bind_local(0).unwrap().push().unwrap();
    let unsent = push.try_send("nobody is there").unwrap_err();
    let (text, cause) = (unsent.to_string(), unsent.error().to_string());
    assert_eq!(text, format!("the message was not sent: {cause}"));
    assert_eq!(format!("{unsent:?}"), text);
    assert!(std::error::Error::source(&unsent).is_none());
}
