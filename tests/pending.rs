//! Requests under way: their time, the servers that may answer them, and the threads that wait for replies.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use support::{SOON, assert_timeout, blocked, deadline, ends, marry, req_rep, until};
use zeroless::{Client, ConnectionEvent, Error, Options, Server};

#[test]
fn of_two_threads_that_wait_for_one_reply_one_gets_it_and_the_other_is_told() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            for _ in 0..50 {
                let pending = Arc::new(requester.start("hello").unwrap());
                let request = replier.recv().unwrap();
                let waiting = [(); 2].map(|()| {
                    let pending = pending.clone();
                    blocked(move || pending.wait_timeout(SOON))
                });
                request.reply("hello, too").unwrap();
                let mut outcomes = waiting.map(|thread| thread.join().unwrap());
                outcomes.sort_by_key(Result::is_err);
                let [had, missed] = outcomes;
                assert_eq!(had.unwrap(), "hello, too");
                assert!(matches!(missed, Err(Error::Unsupported { .. })));
            }
            assert!(requester.status().is_ok());
        }
    });
}

#[test]
fn requests_started_together_run_out_of_time_together() {
    deadline(|| {
        let (server, client) = ends();
        let _replier = server.reply().unwrap();
        let timeout = Duration::from_secs(1);
        let requester = client.request_timeout(timeout).request().unwrap();
        requester.wait_connected(1, SOON).unwrap();
        let began = Instant::now();
        let all = [(); 25].map(|()| requester.start("nobody answers").unwrap());
        for pending in all {
            assert_timeout(pending.wait());
        }
        let took = began.elapsed();
        assert!(took >= timeout && took < 20 * timeout, "{took:?}");
    });
}

#[test]
fn a_reply_that_came_in_time_is_had_though_it_is_waited_for_late() {
    deadline(|| {
        let (server, client) = ends();
        let replier = server.reply().unwrap();
        let requester = client.request_timeout(SOON).request().unwrap();
        let late = requester.start("1").unwrap();
        replier.recv().unwrap().reply("to 1").unwrap();
        until(|| late.try_wait().is_ok());
        let soon = Duration::from_millis(100);
        let (server, client) = ends();
        let replier = server.reply().unwrap();
        let requester = client.request_timeout(soon).request().unwrap();
        marry(&requester, &replier);
        let pending = requester.start("2").unwrap();
        replier.recv().unwrap().reply("to 2").unwrap();
        // Another takes the reply in, while the time of this one passes.
        assert_timeout(requester.request_timeout("3", 2 * soon));
        assert_eq!(pending.wait().unwrap(), "to 2");
    });
}

#[test]
fn a_server_cannot_answer_a_request_to_another() {
    deadline(|| {
        let context = zmq::Context::new();
        let servers = [(); 2].map(|()| {
            let server = context.socket(zmq::ROUTER).unwrap();
            server.bind("tcp://127.0.0.1:*").unwrap();
            let endpoint = server.get_last_endpoint().unwrap().unwrap();
            (server, endpoint)
        });
        let endpoints: Vec<&str> = servers.iter().map(|(_, at)| at.as_str()).collect();
        let requester = Client::connect(endpoints).unwrap().request().unwrap();
        requester.wait_connected(2, SOON).unwrap();
        let pending = [(); 2].map(|()| requester.start("hello").unwrap());
        let [honest, liar] = servers
            .each_ref()
            .map(|(server, _)| server.recv_multipart(0).unwrap());
        // It knows the id of its own request, and guesses the other's.
        let own = u64::from_be_bytes(liar[1][..].try_into().unwrap());
        let other = u64::from_be_bytes(honest[1][..].try_into().unwrap());
        for guess in (1..100).flat_map(|n: u64| [own.wrapping_add(n), own.wrapping_sub(n)]) {
            assert_ne!(guess, other);
            let lie: [&[u8]; 4] = [&liar[0], &guess.to_be_bytes(), b"", b"a lie"];
            servers[1].0.send_multipart(lie, 0).unwrap();
        }
        for (envelope, (server, _)) in [&honest, &liar].into_iter().zip(&servers) {
            let reply: [&[u8]; 4] = [&envelope[0], &envelope[1], b"", b"the truth"];
            server.send_multipart(reply, 0).unwrap();
        }
        for pending in pending {
            assert_eq!(pending.wait_timeout(SOON).unwrap(), "the truth");
        }
    });
}

#[test]
fn a_request_is_repeated_when_its_server_leaves_in_the_middle_of_it() {
    deadline(|| {
        let (server, client) = ends();
        let over = Arc::new(AtomicBool::new(false));
        let ends = over.clone();
        // Only then libzmq drops the part of a message that it has.
        let options = Options::default()
            .immediate(Some(true))
            .request_timeout(Some(Duration::from_secs(2)))
            .request_retries(10_000);
        let client = client.options(options);
        let requester = client.request().unwrap();
        let coming_and_going = std::thread::spawn(move || {
            for round in 0.. {
                let replier = server.reply().unwrap();
                if ends.load(Ordering::Relaxed) {
                    return;
                }
                if replier.wait_connected(1, Duration::from_secs(1)).is_err() {
                    continue;
                }
                match round % 4 {
                    // It leaves while a request comes.
                    0..3 => std::thread::park_timeout(Duration::from_millis(3)),
                    _ => {
                        let request = replier.recv_timeout(Duration::from_secs(5));
                        let _ = request.map(|request| request.reply("here"));
                    }
                }
            }
        });
        // So many frames that a server has time to leave in the middle.
        let frames = vec!["a frame"; 200_000];
        for _ in 0..3 {
            assert_eq!(requester.request(&frames).unwrap(), "here");
        }
        over.store(true, Ordering::Relaxed);
        coming_and_going.join().unwrap();
    });
}

#[test]
fn a_server_that_comes_late_is_asked_within_the_time() {
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        let client = Client::connect(server.port()).unwrap();
        let requester = client.request_timeout(SOON).request().unwrap();
        let asking = blocked(move || requester.request("hello").unwrap());
        support::echo(server.reply().unwrap());
        assert_eq!(asking.join().unwrap(), "hello");
    });
}

#[test]
fn a_server_that_comes_late_is_asked_by_a_retry() {
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        let options = Options::default()
            .immediate(Some(true))
            .request_timeout(Some(Duration::from_millis(10)))
            .request_retries(1_000_000);
        let client = Client::connect(server.port()).unwrap().options(options);
        let requester = client.request().unwrap();
        let mut events = requester.connection_events().unwrap();
        let asking = blocked(move || requester.request("hello").unwrap());
        // The port is bound already: some handshakes time out, and the request many times.
        let again = |event| matches!(event, ConnectionEvent::Retrying { .. });
        assert!(events.any(again));
        support::echo(server.reply().unwrap());
        assert_eq!(asking.join().unwrap(), "hello");
    });
}
