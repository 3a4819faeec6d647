//! Request and reply when something goes wrong: time runs out, servers die, strangers come.

mod support;

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use support::{Folder, SOON, assert_timeout, blocked, deadline, echo, ends, marry, req_rep, until};
use zeroless::{Client, ConnectionEvent, Delivery, Error, Server};

const MOMENT: Duration = Duration::from_millis(20);

#[test]
fn a_request_that_is_not_answered_runs_out_of_time() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            let began = Instant::now();
            assert_timeout(requester.request_timeout("1", MOMENT));
            assert!(began.elapsed() >= MOMENT);
            let pending = requester.start("2").unwrap();
            assert_eq!(pending.try_wait(), Err(Error::WouldBlock));
            assert_timeout(pending.wait_timeout(MOMENT));
            // It is under way still.
            assert_eq!(replier.recv().unwrap().to_string(), "1");
            replier.recv().unwrap().reply("to 2").unwrap();
            assert_eq!(pending.wait_timeout(SOON).unwrap(), "to 2");
            assert!(matches!(pending.try_wait(), Err(Error::Unsupported { .. })));
        }
    });
}

#[test]
fn a_timeout_of_all_requests_is_an_option() {
    deadline(|| {
        let (server, client) = ends();
        let _replier = server.reply().unwrap();
        let requester = client.request_timeout(MOMENT).request().unwrap();
        assert_timeout(requester.request("nobody answers"));
        assert_timeout(requester(&"nobody answers"));
    });
}

#[test]
fn without_a_server_the_request_comes_back() {
    deadline(|| {
        let requester = Client::new().request_timeout(MOMENT).request().unwrap();
        let unsent = requester.start(("a", "b")).unwrap_err();
        assert!(unsent.is_timeout());
        assert_eq!(unsent.into_message(), ["a", "b"]);
        assert_timeout(requester.request("a"));
        assert_timeout(requester.request_timeout("a", MOMENT));
        let empty = requester.request(Vec::<String>::new());
        assert_eq!(empty, Err(Error::EmptyMessage));
    });
}

#[test]
fn a_reply_that_comes_too_late_is_dropped() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            assert_timeout(requester.request_timeout("1", MOMENT));
            drop(requester.start("2").unwrap());
            let pending = requester.start("3").unwrap();
            for request in replier.iter().take(3) {
                let reply = format!("to {request}");
                assert_eq!(request.reply(reply).unwrap(), Delivery::Queued);
            }
            assert_eq!(pending.wait().unwrap(), "to 3");
            assert_eq!(requester.skipped(), 0);
        }
    });
}

#[test]
fn a_request_is_repeated_as_often_as_asked() {
    deadline(|| {
        let (server, client) = ends();
        let replier = server.reply().unwrap();
        let client = client.request_timeout(MOMENT).request_retries(2);
        let requester = client.request().unwrap();
        marry(&requester, &replier);
        assert_timeout(requester.request("again"));
        let tries = replier.iter().take(3).map(|request| request.to_string());
        assert_eq!(tries.collect::<Vec<_>>(), ["again"; 3]);
        assert_eq!(replier.try_recv().map(drop), Err(Error::WouldBlock));
    });
}

#[test]
fn a_repeated_request_gets_the_reply_to_any_of_its_tries() {
    deadline(|| {
        let (server, client) = ends();
        let replier = server.reply().unwrap();
        let client = client.request_timeout(MOMENT).request_retries(1000);
        let requester = client.request().unwrap();
        let asking = blocked(move || requester.request(("a", "b")).unwrap());
        let first = replier.recv().unwrap();
        let second = replier.recv().unwrap();
        assert_eq!(*second.message(), ["a", "b"]);
        drop(second);
        first.reply("late, but welcome").unwrap();
        assert_eq!(asking.join().unwrap(), "late, but welcome");
    });
}

#[test]
fn a_server_that_never_was_is_passed_over() {
    deadline(|| {
        let (server, client) = ends();
        let replier = server.reply().unwrap();
        let folder = Folder::new();
        let requester = client
            .connect(folder.ipc("nobody"))
            .unwrap()
            .request()
            .unwrap();
        echo(replier);
        for number in 0..50 {
            let text = number.to_string();
            assert_eq!(requester.request(&text).unwrap(), text.as_str());
        }
    });
}

#[test]
fn a_server_that_has_died_is_passed_over() {
    deadline(|| {
        let [dead, alive] = [(); 2].map(|()| Server::bind_local(0).unwrap());
        let (first, second) = (dead.reply().unwrap(), alive.reply().unwrap());
        let client = Client::connect([dead.port(), alive.port()]).unwrap();
        let requester = client.request().unwrap();
        requester.wait_connected(2, SOON).unwrap();
        let mut events = requester.connection_events().unwrap();
        drop((dead, first));
        assert!(events.any(|event| matches!(event, ConnectionEvent::Disconnected { .. })));
        echo(second);
        // Two in a row: then it is out of turn.
        let answers = || {
            requester
                .request_timeout("?", Duration::from_millis(200))
                .is_ok()
        };
        until(|| answers() && answers());
        for number in 0..50 {
            let text = number.to_string();
            assert_eq!(requester.request(&text).unwrap(), text.as_str());
        }
    });
}

#[test]
fn a_request_to_a_server_that_dies_is_repeated_to_another() {
    deadline(|| {
        let [one, two] = [(); 2].map(|()| Server::bind_local(0).unwrap());
        let (first, second) = (one.reply().unwrap(), two.reply().unwrap());
        let client = Client::connect([one.port(), two.port()]).unwrap();
        let client = client
            .request_timeout(Duration::from_millis(50))
            .request_retries(100);
        let requester = client.request().unwrap();
        requester.wait_connected(2, SOON).unwrap();
        let asking = blocked(move || requester.request("help").unwrap());
        drop((one, first));
        second.recv().unwrap().reply("here").unwrap();
        assert_eq!(asking.join().unwrap(), "here");
    });
}

#[test]
fn garbage_between_requests_costs_no_reply() {
    deadline(|| {
        let (server, client) = ends();
        let replier = server.reply().unwrap();
        let requester = client.request_timeout(SOON).request().unwrap();
        let worker = echo(replier.clone());
        let mut seed = 0x2545_f491_4f6c_dd1d_u64;
        let mut noise = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed
        };
        for number in 0..300 {
            let mut stranger = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
            let bytes: Vec<u8> = (0..noise() % 200).map(|_| noise() as u8).collect();
            // It may be cut off before it has said all.
            let _ = stranger.write_all(&bytes);
            drop(stranger);
            let text = number.to_string();
            assert_eq!(requester.request(&text).unwrap(), text.as_str());
        }
        replier.stop();
        assert_eq!(worker.join().unwrap(), 300);
    });
}

#[test]
fn strangers_that_stay_and_say_nothing_cost_no_reply() {
    deadline(|| {
        let (server, client) = ends();
        echo(server.reply().unwrap());
        let requester = client.request_timeout(SOON).request().unwrap();
        let stranger = |_| TcpStream::connect(("127.0.0.1", server.port())).unwrap();
        let _strangers: Vec<_> = (0..50).map(stranger).collect();
        for number in 0..50 {
            let text = number.to_string();
            assert_eq!(requester.request(&text).unwrap(), text.as_str());
        }
    });
}

#[test]
fn a_reply_to_a_requester_that_has_gone_is_not_an_error() {
    deadline(|| {
        let (server, client) = ends();
        let replier = server.reply().unwrap();
        let mut events = replier.connection_events().unwrap();
        let requester = client.request().unwrap();
        drop(requester.start("hello").unwrap());
        let request = replier.recv().unwrap();
        drop(requester);
        assert!(events.any(|event| matches!(event, ConnectionEvent::Disconnected { .. })));
        // By the time that another is in, libzmq has told the socket that the first is out.
        let other = client.request().unwrap();
        assert!(events.any(|event| matches!(event, ConnectionEvent::Accepted { .. })));
        assert!(replier.try_recv().is_err());
        assert_eq!(request.reply("too late").unwrap(), Delivery::Gone);
        // And it goes on with others.
        echo(replier);
        assert_eq!(other.request("next").unwrap(), "next");
    });
}
