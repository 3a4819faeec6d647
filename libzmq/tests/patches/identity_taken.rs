//! Peers of a ROUTER that take, as their own, the identities which it would give to others.

use crate::{bound, fact, socket};

/// The identity that a ROUTER gives so many peers after this one.
fn later(identity: &[u8], peers: u32) -> Vec<u8> {
    let (zero, number) = identity.split_first().expect("an identity");
    assert_eq!(*zero, 0, "one that the router has given");
    let number = u32::from_be_bytes(number.try_into().expect("a number"));
    let later = number.wrapping_add(peers).to_be_bytes();
    [&[0], &later[..]].concat()
}

/// A peer that the router has heard of, and its identity.
fn dealer(
    router: &zmq::Socket,
    context: &zmq::Context,
    identity: Option<&[u8]>,
) -> (zmq::Socket, Vec<u8>) {
    let dealer = socket(context, zmq::DEALER);
    if let Some(identity) = identity {
        dealer.set_identity(identity).unwrap();
    }
    dealer.set_reconnect_ivl(-1).unwrap();
    let endpoint = router.get_last_endpoint().unwrap().unwrap();
    dealer.connect(&endpoint).unwrap();
    dealer.send("hello", 0).unwrap();
    let message = router.recv_multipart(0).unwrap();
    assert_eq!(message[1], b"hello");
    (dealer, message.into_iter().next().unwrap())
}

#[test]
fn an_identity_that_a_peer_has_taken_is_not_given_to_another() {
    fact(|| {
        let context = zmq::Context::new();
        let (router, _) = bound(&context, zmq::ROUTER);
        let dealer = |identity| dealer(&router, &context, identity);
        let (first, identity) = dealer(None);
        // Those of the next peers, but for one between them.
        let taken = [later(&identity, 1), later(&identity, 3)];
        let _strangers = [dealer(Some(&taken[0])), dealer(Some(&taken[1]))];
        for (dealer, identity) in [dealer(None), dealer(None), (first, identity)] {
            assert!(!taken.contains(&identity), "{identity:?}");
            router.send_multipart([&identity[..], b"you"], 0).unwrap();
            assert_eq!(dealer.recv_bytes(0).unwrap(), b"you");
        }
    });
}

#[test]
fn a_displaced_peer_is_not_given_the_identity_that_it_loses() {
    fact(|| {
        let context = zmq::Context::new();
        let (router, _) = bound(&context, zmq::ROUTER);
        router.set_router_handover(true).unwrap();
        let dealer = |identity| dealer(&router, &context, identity);
        let (_first, identity) = dealer(None);
        let next = later(&identity, 1);
        let (_displaced, _) = dealer(Some(&next));
        let (last, identity) = dealer(Some(&next));
        assert_eq!(identity, next);
        router.send_multipart([&next[..], b"you"], 0).unwrap();
        assert_eq!(last.recv_bytes(0).unwrap(), b"you");
    });
}
