//! Serving: a loop over requests in one call, which ends with a stop alone.

mod support;

use std::thread;

use support::{SOON, blocked, deadline, limited, req_rep};
use zeroless::{Error, Message};

#[test]
fn requests_are_served_until_a_stop() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            let stopping = replier.clone();
            let serving = thread::spawn(move || {
                let mut count = 0;
                let served = replier.serve(|message| {
                    count += 1;
                    (message.to_string(), "too")
                });
                served.map(|()| count)
            });
            for number in 0..50 {
                let text = number.to_string();
                assert_eq!(requester.request(&text).unwrap(), [&text[..], "too"]);
            }
            stopping.stop();
            assert_eq!(serving.join().unwrap(), Ok(50));
        }
    });
}

#[test]
fn serving_ends_at_once_when_nothing_comes() {
    deadline(|| {
        for (_requester, replier) in req_rep() {
            let stopper = replier.stopper().unwrap();
            let serving = blocked(move || replier.serve(|message| message));
            stopper.stop();
            assert_eq!(serving.join().unwrap(), Ok(()));
        }
    });
}

#[test]
fn a_stopped_handle_serves_nothing_and_keeps_requests_that_have_come() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            let pending = requester.start("early").unwrap();
            let first = replier.recv().unwrap();
            let waiting = requester.start("late").unwrap();
            replier.stop();
            replier
                .serve(|_| -> &str { panic!("it was stopped") })
                .unwrap();
            first.reply("early").unwrap();
            assert_eq!(pending.wait().unwrap(), "early");
            support::until(|| match replier.try_recv() {
                Ok(request) => request.reply("late").is_ok(),
                Err(_) => false,
            });
            assert_eq!(waiting.wait().unwrap(), "late");
        }
    });
}

#[test]
fn many_threads_serve_one_handle() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            let servers = [(); 3].map(|()| {
                let replier = replier.clone();
                thread::spawn(move || replier.serve(|message| message))
            });
            let start = |number: usize| requester.start(number.to_string()).unwrap();
            let pending: Vec<_> = (0..300).map(start).collect();
            for (number, pending) in pending.into_iter().enumerate() {
                assert_eq!(pending.wait().unwrap(), number.to_string().as_str());
            }
            replier.stop();
            for server in servers {
                server.join().unwrap().unwrap();
            }
        }
    });
}

/// Panics at a message that is not a number.
fn double(message: Message) -> String {
    let number: u32 = message.to_string().parse().expect("a number");
    (2 * number).to_string()
}

#[test]
fn a_handler_that_panics_ends_neither_the_loop_nor_the_wait_of_others() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            let stopper = replier.stopper().unwrap();
            let serving = thread::spawn(move || replier.serve(double));
            let unlucky = requester.start("one").unwrap();
            assert_eq!(requester.request_timeout("2", SOON).unwrap(), "4");
            assert_eq!(unlucky.try_wait(), Err(Error::WouldBlock));
            stopper.stop();
            assert_eq!(serving.join().unwrap(), Ok(()));
        }
    });
}

#[test]
fn a_request_that_makes_the_handler_panic_is_answered_where_that_is_set() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            let replier = replier.on_panic(("error", "internal")).unwrap();
            let stopper = replier.stopper().unwrap();
            let serving = thread::spawn(move || replier.serve(double));
            assert_eq!(requester.request("one").unwrap(), ["error", "internal"]);
            assert_eq!(requester.request("2").unwrap(), "4");
            assert_eq!(requester.request("three").unwrap(), ["error", "internal"]);
            stopper.stop();
            assert_eq!(serving.join().unwrap(), Ok(()));
        }
    });
}

#[test]
fn a_reply_that_cannot_be_sent_is_answered_as_a_panic_is() {
    deadline(|| {
        let (requester, replier) = limited(1000);
        let replier = replier.on_panic("failed").unwrap();
        let stopper = replier.stopper().unwrap();
        let serving = thread::spawn(move || {
            replier.serve(|message| match &message.to_string()[..] {
                "nothing" => Vec::new(),
                "much" => vec!["x".repeat(1001)],
                _ => vec!["just right".to_owned()],
            })
        });
        assert_eq!(requester.request("nothing").unwrap(), "failed");
        assert_eq!(requester.request("much").unwrap(), "failed");
        assert_eq!(requester.request("more").unwrap(), "just right");
        stopper.stop();
        assert_eq!(serving.join().unwrap(), Ok(()));
    });
}

#[test]
fn the_answer_after_a_panic_must_be_a_message_that_can_be_sent() {
    let (_requester, replier) = limited(1000);
    let empty = replier.on_panic(Vec::<String>::new()).map(drop);
    assert_eq!(empty, Err(Error::EmptyMessage));
    let large = replier.on_panic([0; 1001]).map(drop);
    assert!(matches!(large, Err(Error::FrameTooLarge { .. })));
}

#[test]
fn a_closed_handle_serves_nothing() {
    deadline(|| {
        for (_requester, replier) in req_rep() {
            replier.clone().close(SOON).unwrap();
            assert_eq!(replier.serve(|message| message), Ok(()));
        }
    });
}
