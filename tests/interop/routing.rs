//! Routers and dealers, requesters and repliers, with bare ROUTER, DEALER, REQ and REP sockets of pyzmq.

use zeroless::{Client, Dealer, Error, Message, Replier, Requester, Router, Server};

use crate::messages::{ORDERED, large_and_empty, message, several_frames};
use crate::peer::{LIMIT, Peer, Way};

/// A socket of Python, which routers call `theirs`, and a handle that is connected with it, which
/// they call `ours`.
fn meet<H: zeroless::Handle>(
    way: &Way,
    pattern: &str,
    serve: fn(&Server) -> zeroless::Result<H>,
    connect: fn(&Client) -> zeroless::Result<H>,
    is_named: bool,
) -> (Peer, H) {
    let (peer, handle) = match way.python_binds {
        true => {
            let peer = way.bind(pattern);
            let mut client = Client::connect(peer.port).expect("connecting");
            if is_named {
                client = client.identity("ours");
            }
            (peer, connect(&client).expect("a handle"))
        }
        false => {
            let mut server = Server::bind_local(0).expect("binding");
            if is_named {
                server = server.identity("ours");
            }
            let handle = serve(&server).expect("a handle");
            (way.connect(pattern, server.port()), handle)
        }
    };
    handle.wait_connected(1, LIMIT).expect("they connect");
    (peer, handle)
}

fn router(way: &Way, pattern: &str) -> (Peer, Router) {
    let serve = |server: &Server| server.clone().send_timeout(LIMIT).router();
    let connect = |client: &Client| client.clone().send_timeout(LIMIT).router();
    meet(way, pattern, serve, connect, true)
}

fn dealer(way: &Way, pattern: &str) -> (Peer, Dealer) {
    let serve = |server: &Server| server.clone().send_timeout(LIMIT).dealer();
    let connect = |client: &Client| client.clone().send_timeout(LIMIT).dealer();
    meet(way, pattern, serve, connect, true)
}

fn messages() -> Vec<Message> {
    let mut messages = several_frames();
    messages.extend(large_and_empty());
    messages
}

/// The same message after others' frames.
fn after(frames: &[&[u8]], message: &Message) -> Message {
    let mut all: Message = frames.iter().collect();
    all.extend(message);
    all
}

pub(crate) fn router_and_dealer(way: &Way) {
    let (mut peer, router) = router(way, "dealer");
    for message in messages() {
        router.send_to("theirs", message.clone()).expect("sent");
        peer.receives(&message);
        peer.send(&message);
        let (sender, got) = router.recv_timeout(LIMIT).expect("a message");
        assert_eq!(sender, "theirs");
        assert!(got == message);
    }
    peer.end();
}

pub(crate) fn dealer_and_router(way: &Way) {
    let (mut peer, dealer) = dealer(way, "router");
    for message in messages() {
        dealer.send(message.clone()).expect("sent");
        peer.receives(&after(&[b"ours"], &message));
        peer.send(&after(&[b"ours"], &message));
        assert!(dealer.recv_timeout(LIMIT) == Ok(message));
    }
    peer.end();
}

pub(crate) fn router_and_router(way: &Way) {
    let (mut peer, router) = router(way, "router");
    for message in messages() {
        router.send_to("theirs", message.clone()).expect("sent");
        peer.receives(&after(&[b"ours"], &message));
        peer.send(&after(&[b"ours"], &message));
        let (sender, got) = router.recv_timeout(LIMIT).expect("a message");
        assert_eq!(sender, "theirs");
        assert!(got == message);
    }
    peer.end();
}

pub(crate) fn dealer_and_dealer(way: &Way) {
    let (mut peer, dealer) = dealer(way, "dealer");
    for message in messages() {
        dealer.send(message.clone()).expect("sent");
        peer.receives(&message);
        peer.send(&message);
        assert!(dealer.recv_timeout(LIMIT) == Ok(message));
    }
    peer.end();
}

/// REQ puts an empty frame before its message, and expects one.
pub(crate) fn router_and_req(way: &Way) {
    let (mut peer, router) = router(way, "request");
    for message in messages() {
        peer.send(&message);
        let (sender, got) = router.recv_timeout(LIMIT).expect("a request");
        assert_eq!(sender, "theirs");
        assert!(got == after(&[b""], &message));
        router.send_to(&sender, got).expect("sent");
        peer.receives(&message);
    }
    peer.end();
}

pub(crate) fn dealer_and_rep(way: &Way) {
    let (mut peer, dealer) = dealer(way, "reply");
    for message in messages() {
        dealer.send(after(&[b""], &message)).expect("sent");
        peer.receives(&message);
        peer.send(&message);
        assert!(dealer.recv_timeout(LIMIT) == Ok(after(&[b""], &message)));
    }
    peer.end();
}

/// A server written by hand: it sends back all that it gets.
pub(crate) fn requester_and_router(way: &Way) {
    let (mut peer, requester): (_, Requester) =
        meet(way, "router", Server::request, Client::request, true);
    for message in messages() {
        let pending = requester.start(message.clone()).expect("sent");
        peer.tell("echo 1");
        assert!(pending.wait_timeout(LIMIT) == Ok(message));
    }
    peer.end();
}

pub(crate) fn replier_and_dealer(way: &Way) {
    let (mut peer, replier): (_, Replier) =
        meet(way, "dealer", Server::reply, Client::reply, false);
    for message in messages() {
        peer.send(&after(&[b""], &message));
        let request = replier.recv_timeout(LIMIT).expect("a request");
        assert!(*request.message() == message);
        request.reply(message.clone()).expect("sent");
        peer.receives(&after(&[b""], &message));
    }
    peer.end();
}

pub(crate) fn router_and_dealer_in_order(way: &Way) {
    let (mut peer, router) = router(way, "dealer");
    peer.tell(&format!("expect {ORDERED}"));
    for number in 0..ORDERED {
        let sent = router.send_to("theirs", number.to_string());
        sent.expect("sent");
    }
    assert_eq!(peer.line(), "in order");
    peer.tell(&format!("numbers {ORDERED}"));
    for number in 0..ORDERED {
        let (_, got) = router.recv_timeout(LIMIT).expect("a number");
        assert_eq!(got, number.to_string().as_str());
    }
    peer.end();
}

pub(crate) fn router_and_dealer_that_leaves(way: &Way) {
    let (peer, router) = router(way, "dealer");
    router.send_to("theirs", message("hello")).expect("sent");
    peer.end();
    if way.python_binds {
        // The endpoint is wanted still, so messages are queued.
        return router.try_send_to("theirs", "come back").expect("sent");
    }
    let unsent = loop {
        if let Err(unsent) = router.try_send_to("theirs", "are you there?") {
            break unsent;
        }
    };
    match unsent.error() {
        Error::NoPeer { peer } => assert_eq!(peer, "theirs"),
        other => panic!("{other}"),
    }
}
