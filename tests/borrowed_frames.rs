//! Borrowed frames are sent as they are; the message is made when it has to be given back.

mod support;

use std::time::Duration;

use support::{SOON, deadline, ends, inproc, push_pull};
use zeroless::{Client, Error, Frames, Message, Options, Push, Server};

/// Sizes of frames: empty, inline in libzmq, in a message of ours, copied again, and moved.
const SIZES: [usize; 7] = [0, 1, 33, 70, 71, 4096, 100_000];

#[test]
#[expect(
    clippy::needless_borrows_for_generic_args,
    reason = "borrowed ones are tested"
)]
fn every_kind_of_borrowed_frames_arrives() {
    deadline(|| {
        for (push, pull) in push_pull() {
            for size in SIZES {
                let (text, bytes) = ("x".repeat(size), vec![b'x'; size]);
                let message = Message::from([&text, &text, &text]);
                push.send((&text, &bytes, &text[..])).unwrap();
                push.send([&bytes[..], text.as_bytes(), &bytes]).unwrap();
                push.send([&text; 3].as_slice()).unwrap();
                push.send(&vec![text.clone(); 3]).unwrap();
                push.send(vec![&text; 3]).unwrap();
                push.send(&message).unwrap();
                push.send(("x".repeat(size), &text, bytes.clone())).unwrap();
                push(&(&text[..], &bytes[..], &text)).unwrap();
                push(&message).unwrap();
                for _ in 0..9 {
                    assert_eq!(pull.recv_timeout(SOON).unwrap(), message, "{size} bytes");
                }
            }
        }
    });
}

#[test]
fn any_number_of_frames_arrives() {
    deadline(|| {
        for (push, pull) in push_pull() {
            for count in [1, 2, 3, 4, 12, 13, 100] {
                let frames: Vec<String> = (0..count).map(|n| n.to_string()).collect();
                push.send(&frames).unwrap();
                push.send(&frames[..]).unwrap();
                push.send(frames.clone()).unwrap();
                for _ in 0..3 {
                    assert_eq!(pull.recv_timeout(SOON).unwrap(), frames);
                }
            }
        }
    });
}

/// A push that has no peer, and so no room.
fn alone() -> (Push, Server) {
    let server = Server::bind(inproc()).unwrap();
    let push = server.push().unwrap();
    (push, server)
}

#[test]
fn a_message_that_is_not_sent_comes_back_whole() {
    deadline(|| {
        let (push, _server) = alone();
        for size in SIZES {
            let text = "x".repeat(size);
            let expected = [&text, "y", &text];
            let borrowed = (&text, "y", &text[..]);
            let unsent = push.try_send(borrowed).unwrap_err();
            assert_eq!(unsent.error(), &Error::WouldBlock);
            assert_eq!(unsent.into_message(), expected);
            let unsent = push.send_timeout(borrowed, Duration::from_millis(1));
            assert_eq!(unsent.unwrap_err().into_message(), expected);
            let unsent = push.try_send(expected).unwrap_err();
            assert_eq!(unsent.into_message(), expected);
        }
        push.stop();
        assert!(push.send(("a", "b")).unwrap_err().is_stopped());
    });
}

#[test]
fn a_send_that_waits_for_room_sends_all_frames() {
    deadline(|| {
        let (push, server) = alone();
        let sending = support::blocked(move || {
            push.send(("first", "frame")).unwrap();
            push.send(["second", "frame"]).unwrap();
        });
        let client = Client::connect(server.endpoint()).unwrap();
        let pull = client.pull().unwrap();
        assert_eq!(pull.recv_timeout(SOON).unwrap(), ["first", "frame"]);
        assert_eq!(pull.recv_timeout(SOON).unwrap(), ["second", "frame"]);
        sending.join().unwrap();
    });
}

#[test]
fn one_frame_too_large_keeps_the_others_back() {
    deadline(|| {
        let options = Options::default().max_frame(1000);
        let server = Server::bind(inproc()).unwrap();
        let pull = server.pull().unwrap();
        let client = Client::connect(server.endpoint()).unwrap();
        let push = client.options(options).push().unwrap();
        let large = [7; 1001];
        let too_large = Error::FrameTooLarge {
            size: 1001,
            max: 1000,
        };
        let unsent = push.send(("a", "b", &large)).unwrap_err();
        assert_eq!(unsent.error(), &too_large);
        assert_eq!(unsent.into_message(), [&b"a"[..], b"b", &large]);
        let unsent = push.send([&large[..], b"b"]).unwrap_err();
        assert_eq!(unsent.error(), &too_large);
        push.send(("after", "all")).unwrap();
        assert_eq!(pull.recv_timeout(SOON).unwrap(), ["after", "all"]);
    });
}

#[test]
#[expect(
    clippy::needless_borrows_for_generic_args,
    reason = "borrowed ones are tested, too"
)]
fn no_frames_are_an_error() {
    deadline(|| {
        struct Nothing;
        impl Frames for Nothing {
            fn into_message(self) -> zeroless::Result<Message> {
                Ok(Message::new())
            }
        }
        let (push, _server) = alone();
        let unsent = push.send([""; 0]).unwrap_err();
        assert_eq!(unsent.error(), &Error::EmptyMessage);
        assert_eq!(unsent.into_message(), Message::new());
        for unsent in [
            push.send(Vec::<&str>::new()),
            push.send(&Vec::<String>::new()),
            push.send(&Message::new()),
            push.send(Message::new()),
            push.send(Nothing),
            push(&Message::new()),
        ] {
            assert_eq!(unsent.unwrap_err().error(), &Error::EmptyMessage);
        }
        let (server, client) = ends();
        let requester = client.request().unwrap();
        let replier = server.reply().unwrap();
        assert_eq!(requester.request([""; 0]), Err(Error::EmptyMessage));
        assert_eq!(requester.request(Nothing), Err(Error::EmptyMessage));
        let pending = requester.start("a").unwrap();
        let request = replier.recv_timeout(SOON).unwrap();
        let unsent = request.reply(Message::new()).unwrap_err();
        assert_eq!(unsent.error(), &Error::EmptyMessage);
        drop(pending);
    });
}

#[test]
fn requests_and_replies_of_borrowed_frames_arrive() {
    deadline(|| {
        for retries in [0, 1] {
            let (server, client) = ends();
            let options = Options::default().request_retries(retries);
            let requester = client.options(options).request().unwrap();
            let replier = server.reply().unwrap();
            for size in SIZES {
                let text = "x".repeat(size);
                let pending = requester.start(("a", &text, b"b")).unwrap();
                let request = replier.recv_timeout(SOON).unwrap();
                assert_eq!(request, ["a", &text, "b"]);
                request.reply([&text[..], "c"]).unwrap();
                assert_eq!(pending.wait().unwrap(), [&text[..], "c"]);
            }
        }
    });
}

#[test]
fn an_embedded_topic_goes_before_borrowed_and_owned_frames() {
    deadline(|| {
        let (server, client) = ends();
        let publisher = server.publish().unwrap().topic("topic");
        let subscriber = client.subscribe("topic").unwrap();
        publisher.wait_for_subscribers(1, SOON).unwrap();
        for size in SIZES {
            let text = "x".repeat(size);
            publisher.send((&text, "a")).unwrap();
            publisher.send((text.clone(), "a")).unwrap();
            publisher(&(&text[..], "a")).unwrap();
            for _ in 0..3 {
                let received = subscriber.recv_timeout(SOON).unwrap();
                assert_eq!(received, ["topic", &text, "a"]);
            }
        }
    });
}

#[test]
fn an_embedded_topic_above_the_limit_is_refused() {
    deadline(|| {
        let options = Options::default().max_frame(1000);
        let server = Server::bind(inproc()).unwrap().options(options);
        let publisher = server.publish().unwrap().topic([7; 1001]);
        let too_large = Error::FrameTooLarge {
            size: 1001,
            max: 1000,
        };
        for unsent in [publisher.send("a"), publisher.send(String::from("a"))] {
            let unsent = unsent.unwrap_err();
            assert_eq!(unsent.error(), &too_large);
            assert_eq!(unsent.into_message(), "a");
        }
    });
}
