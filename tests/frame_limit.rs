//! A frame that is too large is refused where it is sent, and said where it is received.

mod support;
#[path = "support/warnings.rs"]
mod warnings;

use std::fmt::Debug;

use support::{SOON, deadline, ends, marry, until};
use warnings::warnings;
use zeroless::{Client, ConnectionEvent, Error, Options, Refusal, SendError, Server};

const MAX: usize = 1000;

fn limited() -> Options {
    Options::default().max_frame(MAX as u64)
}

/// A server and a client that take frames of so many bytes and no more.
fn limited_ends() -> (Server, Client) {
    let (server, client) = ends();
    (server.options(limited()), client.options(limited()))
}

/// Sees that it was refused for its size.
#[track_caller]
fn assert_too_large<T: Debug>(outcome: Result<T, impl Into<Error>>, size: usize) {
    let expected = Error::FrameTooLarge {
        size: size as u64,
        max: MAX as u64,
    };
    assert_eq!(outcome.map_err(Into::into).unwrap_err(), expected);
}

/// Sees that it was refused for its size, and comes back.
#[track_caller]
fn assert_given_back(outcome: Result<(), SendError>, frames: &[usize]) {
    let unsent = outcome.unwrap_err();
    let largest = *frames.iter().max().unwrap();
    let size = largest as u64;
    let max = MAX as u64;
    assert_eq!(*unsent.error(), Error::FrameTooLarge { size, max });
    let back = unsent.into_message();
    let sizes: Vec<usize> = back.iter().map(|frame| frame.len()).collect();
    assert_eq!(sizes, frames);
}

#[test]
fn a_push_refuses_too_large_a_frame_however_it_is_sent() {
    deadline(|| {
        let (server, client) = limited_ends();
        let (push, pull) = (server.push().unwrap(), client.pull().unwrap());
        marry(&push, &pull);
        let (large, fits) = (vec![7_u8; MAX + 1], vec![7_u8; MAX]);
        assert_given_back(push.send(&large), &[MAX + 1]);
        assert_given_back(push.send(large.clone()), &[MAX + 1]);
        assert_given_back(push.send(vec![7_u8; 1 << 20]), &[1 << 20]);
        assert_given_back(push.try_send(&large), &[MAX + 1]);
        assert_given_back(push.send_timeout(&large, SOON), &[MAX + 1]);
        assert_given_back(push.send(("id", &large, "end")), &[2, MAX + 1, 3]);
        assert_given_back(push(&large), &[MAX + 1]);
        push.send(&fits).unwrap();
        push.send((&fits, &fits)).unwrap();
        assert_eq!(pull.recv().unwrap().byte_count(), MAX);
        assert_eq!(pull.recv().unwrap().byte_count(), 2 * MAX);
        pull.wait_connected(1, SOON).unwrap();
    });
}

#[test]
fn a_publisher_and_a_pair_refuse_too_large_a_frame() {
    deadline(|| {
        let (server, client) = limited_ends();
        let large = vec![7_u8; MAX + 1];
        let publisher = server.publish().unwrap();
        let subscriber = client.subscribe("").unwrap();
        publisher.wait_for_subscribers(1, SOON).unwrap();
        assert_given_back(publisher.topic("a").send(&large), &[MAX + 1]);
        publisher.send("fits").unwrap();
        assert_eq!(subscriber.recv().unwrap(), "fits");
        drop((publisher, subscriber));
        let (one, two) = (server.pair().unwrap(), client.pair().unwrap());
        marry(&one, &two);
        assert_given_back(one.send(&large), &[MAX + 1]);
        assert_given_back(two.send(&large), &[MAX + 1]);
    });
}

#[test]
fn requests_and_replies_that_are_too_large_are_refused() {
    deadline(|| {
        let (server, client) = limited_ends();
        let (replier, requester) = (server.reply().unwrap(), client.request().unwrap());
        let large = vec![7_u8; MAX + 1];
        assert_too_large(requester.request(&large), MAX + 1);
        assert_too_large(requester(&large), MAX + 1);
        assert_too_large(requester.request_timeout(&large, SOON), MAX + 1);
        assert_too_large(requester.start(&large), MAX + 1);
        let pending = requester.start("small").unwrap();
        assert_too_large(replier.recv().unwrap().reply(&large), MAX + 1);
        drop(pending);
    });
}

/// Whether the linked libzmq tells why a connection was ended.
fn is_told() -> bool {
    zmq::has("zeroless:frame-limit") == Some(true)
}

#[test]
fn a_receiver_of_too_large_a_frame_names_the_sender() {
    deadline(|| {
        let told = warnings("max_frame");
        for pull_binds in [true, false] {
            let (server, client) = ends();
            let (server, client) = match pull_binds {
                true => (server.options(limited()), client),
                false => (server, client.options(limited())),
            };
            let (push, pull) = match pull_binds {
                true => (client.push().unwrap(), server.pull().unwrap()),
                false => (server.push().unwrap(), client.pull().unwrap()),
            };
            marry(&push, &pull);
            let mut events = pull.connection_events().unwrap();
            push.send(vec![7; MAX + 1]).unwrap();
            let ended = events.find_map(|event| match event {
                ConnectionEvent::Disconnected { peer, refusal, .. } => Some((peer, refusal)),
                _ => None,
            });
            let (peer, refusal) = ended.unwrap();
            if !is_told() {
                return;
            }
            let max = MAX as u64;
            assert_eq!(refusal, Some(Refusal::FrameTooLarge { max }));
            let who = match pull_binds {
                true => peer.unwrap().to_string(),
                false => server.endpoint().to_string(),
            };
            until(|| told().iter().any(|line| line.contains(&who)));
        }
    });
}
