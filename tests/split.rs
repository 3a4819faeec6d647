//! Requests taken apart: the message, and the means to reply, each on its own.

mod support;

use std::thread;

use support::{SOON, deadline, limited, req_rep};
use zeroless::{Delivery, Error};

#[test]
fn a_request_is_split_into_its_message_and_its_reply() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            let pending = requester.start(("add", "1", "2")).unwrap();
            let (message, reply) = replier.recv().unwrap().split();
            assert_eq!(message, ["add", "1", "2"]);
            assert_eq!(reply.send(message).unwrap(), Delivery::Queued);
            assert_eq!(pending.wait().unwrap(), ["add", "1", "2"]);
        }
    });
}

#[test]
fn a_reply_is_callable_from_another_thread() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            let pending = requester.start("hello").unwrap();
            let (message, reply) = replier.recv().unwrap().split();
            let replying = thread::spawn(move || reply(&(&message[0], "too")));
            assert_eq!(pending.wait().unwrap(), ["hello", "too"]);
            assert_eq!(replying.join().unwrap().unwrap(), Delivery::Queued);
        }
    });
}

#[test]
fn a_request_is_replied_to_once() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            let pending = requester.start("hello").unwrap();
            let (_, reply) = replier.recv().unwrap().split();
            reply(&"once").unwrap();
            let unsent = reply(&"twice").unwrap_err();
            assert!(matches!(unsent.error(), Error::Unsupported { .. }));
            assert_eq!(unsent.into_message(), "twice");
            let unsent = reply.send("thrice").unwrap_err();
            assert!(matches!(unsent.error(), Error::Unsupported { .. }));
            assert_eq!(pending.wait().unwrap(), "once");
        }
    });
}

#[test]
fn of_many_threads_that_reply_to_one_request_one_does() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            for _ in 0..50 {
                let pending = requester.start("hello").unwrap();
                let (_, reply) = replier.recv().unwrap().split();
                let replied = thread::scope(|scope| {
                    let threads = [(); 4].map(|()| scope.spawn(|| reply(&"me").is_ok()));
                    threads.map(|thread| thread.join().unwrap())
                });
                assert_eq!(replied.into_iter().filter(|replied| *replied).count(), 1);
                assert_eq!(pending.wait().unwrap(), "me");
            }
        }
    });
}

#[test]
fn after_a_reply_that_cannot_be_sent_another_can() {
    deadline(|| {
        let (requester, replier) = limited(1000);
        let pending = requester.start("hello").unwrap();
        let (_, reply) = replier.recv().unwrap().split();
        let unsent = reply(&[0; 1001]).unwrap_err();
        assert!(matches!(unsent.error(), Error::FrameTooLarge { .. }));
        let unsent = reply(&Vec::<String>::new()).unwrap_err();
        assert_eq!(unsent.error(), &Error::EmptyMessage);
        reply(&"short").unwrap();
        assert_eq!(pending.wait().unwrap(), "short");
    });
}

#[test]
fn a_reply_outlives_its_stopped_handle() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            let pending = requester.start("hello").unwrap();
            let (_, reply) = replier.recv().unwrap().split();
            replier.stop();
            drop(replier);
            reply(&"at last").unwrap();
            drop(reply);
            assert_eq!(pending.wait().unwrap(), "at last");
        }
    });
}

#[test]
fn the_parts_of_a_request_leave_it_to_be_replied_to() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            let pending = requester.start(("add", "1", "2")).unwrap();
            let request = replier.recv().unwrap();
            let wrong = request.parts::<2>().unwrap_err();
            assert!(matches!(
                wrong,
                Error::FrameCount {
                    expected: 2,
                    got: 3,
                    ..
                }
            ));
            let [add, one, two] = request.parts().unwrap();
            let text = format!("{add} {one} {two}");
            request.reply(text).unwrap();
            assert_eq!(pending.wait().unwrap(), "add 1 2");
        }
    });
}

#[test]
fn requests_of_another_number_of_parts_are_passed_over_and_counted() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            let short = requester.start("short").unwrap();
            let long = requester.start(("l", "o", "n", "g")).unwrap();
            let fitting = requester.start(("1", "2")).unwrap();
            let ([one, two], reply) = replier.parts().next().unwrap();
            reply(&format!("{one}, {two}")).unwrap();
            assert_eq!(fitting.wait_timeout(SOON).unwrap(), "1, 2");
            assert_eq!(replier.skipped(), 2);
            assert_eq!(short.try_wait(), Err(Error::WouldBlock));
            assert_eq!(long.try_wait(), Err(Error::WouldBlock));
            replier.stop();
            assert!(replier.parts::<2>().next().is_none());
        }
    });
}
