//! Requests in REQ's own envelope: one at a time, and no late reply answers another.

mod support;

use std::thread;
use std::time::Duration;

use support::{SOON, assert_timeout, blocked, deadline, echo, inproc, until};
use zeroless::{Client, Error, Message, Options, Pending, Replier, Requester, Server, Wait};

/// Long enough for a request to arrive on a machine that is at leisure, and no harm if it does not.
const MOMENT: Duration = Duration::from_millis(50);

fn plain() -> Options {
    Options::default()
        .plain_envelope(true)
        .request_timeout(Some(SOON))
}

fn ends(options: Options) -> (Requester, Replier) {
    let server = Server::bind_local(0).unwrap();
    let replier = server.reply().unwrap();
    let client = Client::connect(server.port()).unwrap().options(options);
    (client.request().unwrap(), replier)
}

/// A ROUTER as it is written by hand.
struct Router(zmq::Socket);

impl Router {
    fn bind(context: &zmq::Context, endpoint: &str) -> Router {
        let router = context.socket(zmq::ROUTER).unwrap();
        router.set_rcvtimeo(SOON.as_millis() as i32).unwrap();
        router.set_linger(0).unwrap();
        router.bind(endpoint).unwrap();
        Router(router)
    }

    fn endpoint(&self) -> String {
        self.0.get_last_endpoint().unwrap().unwrap()
    }

    /// Takes exactly three frames; gives the requester's name, and the body.
    fn recv(&self) -> (Vec<u8>, String) {
        let frames = self.0.recv_multipart(0).unwrap();
        let [who, empty, body] = <[Vec<u8>; 3]>::try_from(frames).expect("three frames");
        assert!(empty.is_empty());
        (who, String::from_utf8(body).unwrap())
    }

    fn reply(&self, who: &[u8], body: &str) {
        let frames = [who, &[], body.as_bytes()];
        self.0.send_multipart(frames, 0).unwrap();
    }
}

/// A ROUTER, and a requester that is connected to it.
fn router(options: Options) -> (Requester, Router) {
    let router = Router::bind(&zmq::Context::new(), "tcp://127.0.0.1:*");
    let client = Client::connect(&router.endpoint()[..]).unwrap();
    (client.options(options).request().unwrap(), router)
}

#[test]
fn a_router_gets_three_frames() {
    deadline(|| {
        let (requester, router) = router(plain());
        for body in ["one", "two", ""] {
            let pending = requester.start(body).unwrap();
            let (who, asked) = router.recv();
            assert_eq!(asked, body);
            router.reply(&who, "the answer");
            assert_eq!(pending.wait().unwrap(), "the answer");
        }
    });
}

#[test]
fn a_replier_answers_as_ever() {
    deadline(|| {
        let (requester, replier) = ends(plain());
        let echoing = echo(replier.clone());
        for number in 0..100 {
            let body = (number.to_string(), vec![7; 10 * number]);
            assert_eq!(
                requester.request(body.clone()).unwrap(),
                Message::from(body)
            );
        }
        replier.stop();
        assert_eq!(echoing.join().unwrap(), 100);
    });
}

#[test]
fn a_late_reply_never_answers_the_next_request() {
    deadline(|| {
        let (requester, router) = router(plain());
        for number in 0..10 {
            assert_timeout(requester.request_timeout("too slow", MOMENT));
            let (pending, number) = (requester.clone(), number.to_string());
            let asked = number.clone();
            let asking = thread::spawn(move || pending.request(asked));
            // The first may have been dropped before it was sent; its reply goes out before the next's.
            loop {
                let (who, asked) = router.recv();
                router.reply(&who, &format!("to {asked}"));
                if asked == number {
                    break;
                }
            }
            assert_eq!(asking.join().unwrap().unwrap(), format!("to {number}"));
        }
    });
}

#[test]
fn a_late_reply_that_has_arrived_already_is_dropped() {
    deadline(|| {
        let (requester, router) = router(plain());
        let pending = requester.start("first").unwrap();
        let (who, _) = router.recv();
        drop(pending);
        router.reply(&who, "to first");
        let requester = blocked(move || requester.request("second").unwrap());
        let (who, asked) = router.recv();
        assert_eq!(asked, "second");
        router.reply(&who, "to second");
        assert_eq!(requester.join().unwrap(), "to second");
    });
}

#[test]
fn malformed_replies_are_passed_over() {
    deadline(|| {
        let (requester, router) = router(plain());
        let pending = requester.start("first").unwrap();
        let (who, _) = router.recv();
        router.0.send_multipart([&who[..], b"bare"], 0).unwrap();
        router.0.send_multipart([&who[..], b""], 0).unwrap();
        router
            .0
            .send_multipart([&who[..], b"id", b"", b"body"], 0)
            .unwrap();
        router.reply(&who, "to first");
        assert_eq!(pending.wait().unwrap(), "to first");
        assert_eq!(requester.skipped(), 3);
    });
}

#[test]
fn a_second_request_waits_until_the_first_has_its_reply() {
    deadline(|| {
        let (requester, router) = router(plain());
        let first = requester.start("first").unwrap();
        let second = {
            let requester = requester.clone();
            blocked(move || requester.request("second"))
        };
        let (who, asked) = router.recv();
        assert_eq!(asked, "first");
        assert_eq!(
            router.0.poll(zmq::POLLIN, 20),
            Ok(0),
            "there is one at a time"
        );
        router.reply(&who, "to first");
        // The second takes the reply to the first in, though nobody waits for it yet.
        let (who, asked) = router.recv();
        assert_eq!(asked, "second");
        router.reply(&who, "to second");
        assert_eq!(second.join().unwrap().unwrap(), "to second");
        assert_eq!(first.wait().unwrap(), "to first");
    });
}

#[test]
fn one_thread_starts_several_requests_as_their_replies_come() {
    deadline(|| {
        let (requester, replier) = ends(plain());
        let echoing = echo(replier.clone());
        let numbers = || (0..20).map(|number: u32| number.to_string());
        let mut pending: Vec<Pending> = numbers()
            .map(|number| requester.start(number).unwrap())
            .collect();
        let last = pending.pop().unwrap();
        for (pending, number) in pending.into_iter().zip(numbers()) {
            assert_eq!(pending.try_wait().unwrap(), number);
        }
        assert_eq!(last.wait().unwrap(), "19");
        replier.stop();
        echoing.join().unwrap();
    });
}

#[test]
fn a_request_that_does_not_get_its_turn_is_out_of_time() {
    deadline(|| {
        let (requester, _router) = router(plain());
        let _first = requester.start("first").unwrap();
        match requester.request_timeout("second", MOMENT) {
            Err(Error::Timeout { waited_for, .. }) => assert_eq!(waited_for, Wait::Turn),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn a_request_whose_time_is_over_makes_way_though_it_is_still_held() {
    deadline(|| {
        let (requester, router) = router(plain().request_timeout(Some(MOMENT)));
        let first = requester.start("first").unwrap();
        let second = {
            let requester = requester.clone();
            blocked(move || requester.request_timeout("second", SOON))
        };
        loop {
            let (who, asked) = router.recv();
            if asked == "second" {
                router.reply(&who, "to second");
                break;
            }
        }
        assert_eq!(second.join().unwrap().unwrap(), "to second");
        assert_timeout(first.wait());
    });
}

#[test]
fn many_threads_take_turns() {
    deadline(|| {
        let (requester, replier) = ends(plain());
        let echoing = echo(replier.clone());
        let threads = [(); 4].map(|()| {
            let requester = requester.clone();
            thread::spawn(move || {
                for number in 0..50 {
                    let body = format!("{:?} {number}", thread::current().id());
                    assert_eq!(requester.request(&body).unwrap(), body);
                }
            })
        });
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        replier.stop();
        assert_eq!(echoing.join().unwrap(), 200);
    });
}

#[test]
fn a_request_is_sent_again_and_only_the_reply_to_the_last_counts() {
    deadline(|| {
        let retries = plain()
            .request_timeout(Some(10 * MOMENT))
            .request_retries(20);
        let (requester, router) = router(retries);
        let asking = thread::spawn(move || requester.request("again"));
        let (first, _) = router.recv();
        let (second, _) = router.recv();
        assert_ne!(first, second, "it is another connection");
        router.reply(&second, "to the second");
        assert_eq!(asking.join().unwrap().unwrap(), "to the second");
    });
}

#[test]
fn a_server_that_is_started_anew_answers() {
    deadline(|| {
        let context = zmq::Context::new();
        let router = Router::bind(&context, "tcp://127.0.0.1:*");
        let endpoint = router.endpoint();
        let retries = plain()
            .request_timeout(Some(20 * MOMENT))
            .request_retries(100);
        let client = Client::connect(&endpoint[..]).unwrap().options(retries);
        let requester = client.request().unwrap();
        let pending = requester.start("a question").unwrap();
        router.recv();
        drop(router);
        until(|| requester.connections_now() == 0);
        let asking = blocked(move || pending.wait());
        let mut again = None;
        until(|| {
            let socket = context.socket(zmq::ROUTER).unwrap();
            let bound = socket.bind(&endpoint).is_ok();
            again = bound.then_some(Router(socket));
            bound
        });
        let router = again.unwrap();
        router.0.set_rcvtimeo(SOON.as_millis() as i32).unwrap();
        while !asking.is_finished() {
            if router.0.poll(zmq::POLLIN, 10) == Ok(1) {
                let (who, _) = router.recv();
                router.reply(&who, "the answer");
            }
        }
        assert_eq!(asking.join().unwrap().unwrap(), "the answer");
    });
}

#[test]
fn it_works_over_inproc() {
    deadline(|| {
        let name = inproc();
        let server = Server::bind(&name[..]).unwrap();
        let replier = server.reply().unwrap();
        let client = Client::connect(&name[..]).unwrap().options(plain());
        let requester = client.request().unwrap();
        drop(requester.start("dropped").unwrap());
        let asking = blocked(move || requester.request("asked").unwrap());
        for request in &replier {
            let (message, reply) = request.split();
            let is_last = message == "asked";
            reply.send(message).unwrap();
            if is_last {
                break;
            }
        }
        assert_eq!(asking.join().unwrap(), "asked");
    });
}

#[test]
fn several_servers_are_asked_and_one_that_is_silent_is_passed_over_in_time() {
    deadline(|| {
        let context = zmq::Context::new();
        let silent = Router::bind(&context, "tcp://127.0.0.1:*");
        let server = Server::bind_local(0).unwrap();
        let replier = server.reply().unwrap();
        let echoing = echo(replier.clone());
        let retries = plain()
            .request_timeout(Some(20 * MOMENT))
            .request_retries(6);
        let client = Client::connect(&silent.endpoint()[..]).unwrap();
        let client = client.connect(server.port()).unwrap().options(retries);
        let requester = client.request().unwrap();
        for number in 0..3 {
            let body = number.to_string();
            assert_eq!(requester.request(&body).unwrap(), body);
        }
        let mut pending = vec![requester.start("any").unwrap()];
        let (_, reply) = Pending::wait_any(&mut pending).unwrap();
        assert_eq!(reply.unwrap(), "any");
        replier.stop();
        echoing.join().unwrap();
    });
}

#[test]
fn any_of_several_handles_is_waited_for_with_their_retries() {
    deadline(|| {
        let retries = plain()
            .request_timeout(Some(20 * MOMENT))
            .request_retries(100);
        let (one, two) = (router(retries.clone()), router(retries));
        let mut pending = vec![one.0.start("1").unwrap(), two.0.start("2").unwrap()];
        let waiting = blocked(move || {
            let mut replies = Vec::new();
            while let Some((_, reply)) = Pending::wait_any(&mut pending) {
                replies.push(reply.unwrap().to_string());
            }
            replies
        });
        let (who, _) = two.1.recv();
        two.1.reply(&who, "to 2");
        one.1.recv();
        let (who, _) = one.1.recv(); // the second time
        one.1.reply(&who, "to 1");
        assert_eq!(waiting.join().unwrap(), ["to 2", "to 1"]);
    });
}

#[test]
fn the_connections_are_counted_as_they_are() {
    deadline(|| {
        let (requester, router) = router(plain());
        for _ in 0..5 {
            requester.wait_connected(1, SOON).unwrap();
            drop(requester.start("given up").unwrap());
            let pending = requester.start("asked").unwrap();
            loop {
                let (who, asked) = router.recv();
                if asked == "asked" {
                    router.reply(&who, "the answer");
                    break;
                }
            }
            assert_eq!(pending.wait().unwrap(), "the answer");
            requester.wait_connected(1, SOON).unwrap();
            assert_eq!(requester.connections_now(), 1);
        }
    });
}

#[test]
fn a_stop_ends_the_wait_for_the_turn() {
    deadline(|| {
        let (requester, _router) = router(plain());
        let _first = requester.start("first").unwrap();
        let second = {
            let requester = requester.clone();
            blocked(move || requester.request("second"))
        };
        requester.stop();
        assert!(second.join().unwrap().unwrap_err().is_stopped());
    });
}

#[test]
fn a_server_cannot_have_it() {
    let server = Server::bind_local(0).unwrap().options(plain());
    let refused = server.request().unwrap_err();
    assert!(matches!(
        refused,
        Error::InvalidOption {
            option: "plain_envelope",
            ..
        }
    ));
}
