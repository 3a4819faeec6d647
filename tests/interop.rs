//! Python zeroless and bare pyzmq sockets understand us, and we them: each pattern, both roles.
//!
//! `ZEROLESS_PEER_PYTHON` names a Python that has them; `.ci/run` makes one. Without it these
//! tests say that they were not run.

#[path = "interop/messages.rs"]
mod messages;
#[path = "interop/peer.rs"]
mod peer;
#[path = "support/poll.rs"]
mod poll;
#[path = "support/process.rs"]
mod process;
#[path = "support/program.rs"]
mod program;
#[path = "interop/relays.rs"]
mod relays;
#[path = "interop/router.rs"]
mod router;
#[path = "interop/routing.rs"]
mod routing;

use std::time::{Duration, Instant};

use messages::{ORDERED, large_and_empty, message, one_frame, several_frames};
use peer::{LIMIT, Peer, Way};
use poll::wait_readable;
use program::with_python;
use zeroless::{Client, Error, Frames, Message, Server, Subscriber};

/// A socket that waits to send waits no longer than everything else.
macro_rules! limited {
    ($it:expr, push) => {
        $it.send_timeout(LIMIT)
    };
    ($it:expr, publish) => {
        $it.send_timeout(LIMIT)
    };
    ($it:expr, pair) => {
        $it.send_timeout(LIMIT)
    };
    ($it:expr, $waits_to_receive:ident) => {
        $it
    };
}

/// A peer of this pattern, and a handle that is connected with it.
macro_rules! meet {
    ($way:expr, $pattern:literal, $open:ident($($topic:literal)?)) => {
        match $way.python_binds {
            true => {
                let peer = $way.bind($pattern);
                let client = Client::connect(peer.port).expect("connecting");
                let client = limited!(client, $open);
                (peer, client.$open($($topic)?).expect("a handle"))
            }
            false => {
                let server = Server::bind_local(0).expect("binding");
                let server = limited!(server, $open);
                let handle = server.$open($($topic)?).expect("a handle");
                ($way.connect($pattern, server.port()), handle)
            }
        }
    };
}

/// Makes each fact a test, with each kind of peer and in both roles.
macro_rules! facts {
    ($($fact:ident: $check:ident($($messages:expr)?);)*) => {
        facts!(@way zeroless_binds, "zeroless", true, $($fact: $check($($messages)?);)*);
        facts!(@way zeroless_connects, "zeroless", false, $($fact: $check($($messages)?);)*);
        facts!(@way pyzmq_binds, "pyzmq", true, $($fact: $check($($messages)?);)*);
        facts!(@way pyzmq_connects, "pyzmq", false, $($fact: $check($($messages)?);)*);
    };
    (@way $way:ident, $library:literal, $binds:literal, $($fact:ident: $check:ident($($messages:expr)?);)*) => {
        mod $way {
            use super::*;

            const WAY: Way = Way { library: $library, python_binds: $binds };

            $(#[test]
            fn $fact() {
                let name = concat!(stringify!($way), "::", stringify!($fact));
                with_python(name, || $check(&WAY, $($messages)?));
            })*
        }
    };
}

facts! {
    push_one_frame: push(one_frame());
    push_several_frames: push(several_frames());
    push_large_and_empty_frames: push(large_and_empty());
    push_in_order: push_numbers();
    pull_one_frame: pull(one_frame());
    pull_several_frames: pull(several_frames());
    pull_large_and_empty_frames: pull(large_and_empty());
    pull_in_order: pull_numbers();
    pull_in_an_event_loop: pull_polled(several_frames());
    publish_one_frame: publish(one_frame());
    publish_several_frames: publish(several_frames());
    publish_large_and_empty_frames: publish(large_and_empty());
    subscribe_one_frame: subscribe(one_frame());
    subscribe_several_frames: subscribe(several_frames());
    subscribe_large_and_empty_frames: subscribe(large_and_empty());
    subscribe_to_many_topics: subscribe_many();
    request_one_frame: request(one_frame());
    request_several_frames: request(several_frames());
    request_large_and_empty_frames: request(large_and_empty());
    request_many_at_once: request_many();
    reply_one_frame: reply(one_frame());
    reply_several_frames: reply(several_frames());
    reply_large_and_empty_frames: reply(large_and_empty());
    pair_one_frame: pair(one_frame());
    pair_several_frames: pair(several_frames());
    pair_large_and_empty_frames: pair(large_and_empty());
    pair_in_order: pair_numbers();
}

/// Python's zeroless has no routers and dealers.
macro_rules! facts_of_sockets {
    ($($fact:ident: $check:path;)*) => {
        mod sockets {
            use super::*;

            $(mod $fact {
                use super::*;

                #[test]
                fn pyzmq_binds() {
                    run(true, concat!(stringify!($fact), "::pyzmq_binds"));
                }

                #[test]
                fn pyzmq_connects() {
                    run(false, concat!(stringify!($fact), "::pyzmq_connects"));
                }

                fn run(python_binds: bool, name: &'static str) {
                    let way = Way { library: "pyzmq", python_binds };
                    with_python(&format!("sockets::{name}"), || $check(&way));
                }
            })*
        }
    };
}

facts_of_sockets! {
    router_and_dealer: routing::router_and_dealer;
    dealer_and_router: routing::dealer_and_router;
    router_and_router: routing::router_and_router;
    dealer_and_dealer: routing::dealer_and_dealer;
    router_and_req: routing::router_and_req;
    dealer_and_rep: routing::dealer_and_rep;
    requester_and_router: routing::requester_and_router;
    replier_and_dealer: routing::replier_and_dealer;
    router_and_dealer_in_order: routing::router_and_dealer_in_order;
    router_and_dealer_that_leaves: routing::router_and_dealer_that_leaves;
}

fn push(way: &Way, messages: Vec<Message>) {
    let (mut peer, push) = meet!(way, "pull", push());
    for message in messages {
        push.send(message.clone()).expect("sent");
        peer.receives(&message);
    }
    peer.end();
}

fn push_numbers(way: &Way) {
    let (mut peer, push) = meet!(way, "pull", push());
    peer.tell(&format!("expect {ORDERED}"));
    for number in 0..ORDERED {
        push.send(number.to_string()).expect("sent");
    }
    assert_eq!(peer.line(), "in order");
    peer.end();
}

fn pull(way: &Way, messages: Vec<Message>) {
    let (mut peer, pull) = meet!(way, "push", pull());
    for message in messages {
        peer.send(&message);
        assert!(pull.recv_timeout(LIMIT) == Ok(message));
    }
    peer.end();
}

fn pull_polled(way: &Way, messages: Vec<Message>) {
    let (mut peer, pull) = meet!(way, "push", pull());
    let next = || {
        loop {
            assert!(wait_readable(&pull, LIMIT), "silent");
            match pull.try_recv() {
                Ok(message) => return message,
                Err(error) => assert_eq!(error, Error::WouldBlock),
            }
        }
    };
    for message in messages {
        peer.send(&message);
        assert!(next() == message);
    }
    peer.end();
}

fn pull_numbers(way: &Way) {
    let (mut peer, pull) = meet!(way, "push", pull());
    peer.tell(&format!("numbers {ORDERED}"));
    for number in 0..ORDERED {
        let got = pull.recv_timeout(LIMIT).expect("a number");
        assert_eq!(got, number.to_string().as_str());
    }
    peer.end();
}

fn publish(way: &Way, messages: Vec<Message>) {
    let (mut peer, publisher) = meet!(way, "sub", publish());
    let under_topic = publisher.topic("sh");
    // Python's binding subscribers take in nothing, not even a connection, but in a receive.
    peer.tell("recv");
    publisher
        .wait_for_subscribers(1, LIMIT)
        .expect("it subscribes");
    for (place, message) in messages.into_iter().enumerate() {
        if place > 0 {
            peer.tell("recv");
        }
        publisher.send(("other", "not for it")).expect("sent");
        under_topic.send(message.clone()).expect("sent");
        peer.has_received(&with_topic(message));
    }
    peer.end();
}

fn subscribe(way: &Way, messages: Vec<Message>) {
    let (mut peer, subscriber) = meet!(way, "pub", subscribe("sh"));
    let beat = message("is anybody there?");
    wait_until_heard(&mut peer, &beat, &subscriber);
    let beat = with_topic(beat);
    for message in messages {
        peer.send(&message);
        let next = || subscriber.recv_timeout(LIMIT).expect("a message");
        let got = std::iter::repeat_with(next).find(|got| *got != beat);
        assert!(got == Some(with_topic(message)));
    }
    peer.end();
}

/// More topics than any queue holds, and the one that is published last of all.
fn subscribe_many(way: &Way) {
    let (mut peer, subscriber) = meet!(way, "pub", subscribe("sh"));
    let beat = message("is anybody there?");
    wait_until_heard(&mut peer, &beat, &subscriber);
    subscriber.unsubscribe("sh").expect("unsubscribed");
    for number in 0..5000 {
        let topic = format!("topic {number}");
        subscriber.subscribe(topic).expect("subscribed");
    }
    subscriber.subscribe("sh").expect("subscribed");
    // Messages for the first subscription are dropped where they are received.
    while subscriber.recv_timeout(Duration::from_millis(50)).is_ok() {}
    wait_until_heard(&mut peer, &beat, &subscriber);
    peer.end();
}

/// A plain publisher does not know its subscribers: it repeats itself until it is heard.
fn wait_until_heard(peer: &mut Peer, beat: &Message, subscriber: &Subscriber) {
    let deadline = Instant::now() + LIMIT;
    loop {
        peer.send(beat);
        match subscriber.recv_timeout(Duration::from_millis(20)) {
            Ok(_) => return,
            Err(error) => assert!(error.is_timeout() && Instant::now() < deadline, "{error}"),
        }
    }
}

fn with_topic(message: Message) -> Message {
    let frames = message.into_iter().map(|frame| frame.to_vec());
    let frames: Vec<Vec<u8>> = std::iter::once(b"sh".to_vec()).chain(frames).collect();
    frames.into_message().expect("there is a frame")
}

fn request(way: &Way, messages: Vec<Message>) {
    let (mut peer, requester) = meet!(way, "reply", request());
    for message in messages {
        let pending = requester.start(message.clone()).expect("sent");
        peer.receives(&message);
        peer.send(&message);
        assert!(pending.wait_timeout(LIMIT) == Ok(message));
    }
    peer.end();
}

fn request_many(way: &Way) {
    const MANY: u32 = 500;
    let (mut peer, requester) = meet!(way, "reply", request());
    peer.tell(&format!("echo {MANY}"));
    let start = |number: u32| requester.start(number.to_string()).expect("sent");
    let all: Vec<_> = (0..MANY).map(start).collect();
    for (number, pending) in all.into_iter().enumerate().rev() {
        let got = pending.wait_timeout(LIMIT).expect("a reply");
        assert_eq!(got, number.to_string().as_str());
    }
    peer.end();
}

fn reply(way: &Way, messages: Vec<Message>) {
    let (mut peer, replier) = meet!(way, "request", reply());
    for message in messages {
        peer.send(&message);
        let request = replier.recv_timeout(LIMIT).expect("a request");
        assert!(*request.message() == message);
        request.reply(message.clone()).expect("sent");
        peer.receives(&message);
    }
    peer.end();
}

fn pair(way: &Way, messages: Vec<Message>) {
    let (mut peer, pair) = meet!(way, "pair", pair());
    for message in messages {
        pair.send(message.clone()).expect("sent");
        peer.receives(&message);
        peer.send(&message);
        assert!(pair.recv_timeout(LIMIT) == Ok(message));
    }
    peer.end();
}

fn pair_numbers(way: &Way) {
    let (mut peer, pair) = meet!(way, "pair", pair());
    peer.tell(&format!("expect {ORDERED}"));
    for number in 0..ORDERED {
        pair.send(number.to_string()).expect("sent");
    }
    assert_eq!(peer.line(), "in order");
    peer.tell(&format!("numbers {ORDERED}"));
    for number in 0..ORDERED {
        let got = pair.recv_timeout(LIMIT).expect("a number");
        assert_eq!(got, number.to_string().as_str());
    }
    peer.end();
}
