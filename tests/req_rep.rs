//! Request and reply: many requests at once, each with its own reply, whatever else happens.

mod support;

use std::collections::HashSet;
use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use support::{SOON, blocked, deadline, ends, marry, req_rep, until};
use zeroless::{Client, ConnectionEvent, Delivery, Error, Replier, Requester, Server};

const MOMENT: Duration = Duration::from_millis(20);

/// Replies to every request with its own frames, until stopped; how many there were.
fn echo(replier: Replier) -> thread::JoinHandle<usize> {
    blocked(move || {
        let reply = |mut request: zeroless::Request| {
            let frames = request.take_frames();
            request.reply(frames).unwrap()
        };
        replier.iter().map(reply).count()
    })
}

#[test]
fn a_request_gets_its_reply() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            echo(replier);
            assert_eq!(requester.request("one").unwrap(), "one");
            assert_eq!(
                requester.request(("a", b"b", vec![99_u8])).unwrap(),
                ["a", "b", "c"]
            );
            assert_eq!(requester.request("").unwrap(), "");
            assert_eq!(requester.request(("", "a", "")).unwrap(), ["", "a", ""]);
            assert_eq!(requester(&("called", "too")).unwrap(), ["called", "too"]);
            assert_eq!(requester.request_timeout("soon", SOON).unwrap(), "soon");
        }
    });
}

#[test]
fn many_requests_get_their_replies() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            echo(replier);
            for number in 0..500 {
                let text = number.to_string();
                assert_eq!(requester.request(&text).unwrap(), text.as_str());
                assert_eq!(
                    requester.request((&text, "more")).unwrap(),
                    [&text[..], "more"]
                );
            }
        }
    });
}

#[test]
fn a_request_shows_what_was_asked() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            let pending = requester.start(("add", "1", "2")).unwrap();
            let mut request = replier.recv().unwrap();
            assert_eq!(request.frame_count(), 3);
            assert_eq!(request[0], "add");
            assert_eq!(*request.message(), ["add", "1", "2"]);
            assert_eq!(request.to_string(), "add | 1 | 2");
            let bytes: Vec<u8> = request.frames().flat_map(|frame| frame.to_vec()).collect();
            assert_eq!(bytes, b"add12");
            assert_eq!(request.take_frames(), ["add", "1", "2"]);
            assert_eq!(request.reply("3").unwrap(), Delivery::Queued);
            assert_eq!(pending.wait().unwrap(), "3");
        }
    });
}

#[test]
fn many_threads_ask_through_one_handle() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            echo(replier);
            let ask = |thread: usize| {
                let requester = requester.clone();
                move || {
                    for number in 0..200 {
                        let text = format!("{thread}:{number}");
                        assert_eq!(requester.request(&text).unwrap(), text.as_str());
                    }
                }
            };
            let threads: Vec<_> = (0..8).map(|thread| blocked(ask(thread))).collect();
            for thread in threads {
                thread.join().unwrap();
            }
        }
    });
}

#[test]
fn many_requests_are_under_way_at_once() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            echo(replier);
            let start = |number: usize| requester.start(number.to_string()).unwrap();
            let pending: Vec<_> = (0..1000).map(start).collect();
            // Waited for backwards: no reply is bound to its turn.
            for (number, pending) in pending.into_iter().enumerate().rev() {
                assert_eq!(pending.wait().unwrap(), number.to_string().as_str());
            }
        }
    });
}

#[test]
fn replies_come_out_of_order_from_other_threads() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            let start = |number: usize| requester.start(number.to_string()).unwrap();
            let pending: Vec<_> = (0..100).map(start).collect();
            let mut requests: Vec<_> = replier.iter().take(100).collect();
            requests.reverse();
            let late = requests.split_off(50);
            let answer = |requests: Vec<zeroless::Request>| {
                blocked(move || {
                    for request in requests {
                        let reply = format!("re: {request}");
                        request.reply(reply).unwrap();
                    }
                })
            };
            let threads = [answer(late), answer(requests)];
            for (number, pending) in pending.into_iter().enumerate() {
                assert_eq!(pending.wait().unwrap(), format!("re: {number}").as_str());
            }
            for thread in threads {
                thread.join().unwrap();
            }
        }
    });
}

#[test]
fn one_thread_takes_in_the_reply_that_another_waits_for() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            let (one, two) = (requester.start("1").unwrap(), requester.start("2").unwrap());
            let first = blocked(move || one.wait().unwrap());
            let second = blocked(move || two.wait().unwrap());
            let requests: Vec<_> = replier.iter().take(2).collect();
            for request in requests.into_iter().rev() {
                let reply = request.to_string();
                request.reply(reply).unwrap();
            }
            assert_eq!(first.join().unwrap(), "1");
            assert_eq!(second.join().unwrap(), "2");
        }
    });
}

#[test]
fn a_request_that_is_not_answered_runs_out_of_time() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            let began = Instant::now();
            assert_eq!(requester.request_timeout("1", MOMENT), Err(Error::Timeout));
            assert!(began.elapsed() >= MOMENT);
            let pending = requester.start("2").unwrap();
            assert_eq!(pending.try_wait(), Err(Error::WouldBlock));
            assert_eq!(pending.wait_timeout(MOMENT), Err(Error::Timeout));
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
        assert_eq!(requester.request("nobody answers"), Err(Error::Timeout));
        assert_eq!(requester(&"nobody answers"), Err(Error::Timeout));
    });
}

#[test]
fn without_a_server_the_request_comes_back() {
    deadline(|| {
        let requester = Client::new().request_timeout(MOMENT).request().unwrap();
        let unsent = requester.start(("a", "b")).unwrap_err();
        assert!(unsent.is_timeout());
        assert_eq!(unsent.into_message(), ["a", "b"]);
        assert_eq!(requester.request("a"), Err(Error::Timeout));
        assert_eq!(requester.request_timeout("a", MOMENT), Err(Error::Timeout));
        let empty = requester.request(Vec::<String>::new());
        assert_eq!(empty, Err(Error::EmptyMessage));
    });
}

#[test]
fn a_reply_that_comes_too_late_is_dropped() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            assert_eq!(requester.request_timeout("1", MOMENT), Err(Error::Timeout));
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
        assert_eq!(requester.request("again"), Err(Error::Timeout));
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
fn requests_go_to_the_servers_in_turn() {
    deadline(|| {
        let servers = [(); 2].map(|()| Server::bind_local(0).unwrap());
        let repliers = servers.each_ref().map(|server| server.reply().unwrap());
        let client = Client::connect(servers.each_ref().map(Server::port)).unwrap();
        let requester = client.request().unwrap();
        requester.wait_connected(2, SOON).unwrap();
        let workers = repliers.clone().map(echo);
        for number in 0..100 {
            requester.request(number.to_string()).unwrap();
        }
        repliers.iter().for_each(|replier| replier.stop());
        assert_eq!(workers.map(|worker| worker.join().unwrap()), [50, 50]);
    });
}

#[test]
fn a_server_that_never_was_is_passed_over() {
    deadline(|| {
        let (server, client) = ends();
        let replier = server.reply().unwrap();
        let nobody = Server::bind_local(0).unwrap().port();
        let requester = client.connect(nobody).unwrap().request().unwrap();
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
        let mut events = requester.connections().unwrap();
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
fn a_reply_to_somebody_who_has_gone_is_no_error() {
    deadline(|| {
        let (server, client) = ends();
        let replier = server.reply().unwrap();
        let mut events = replier.connections().unwrap();
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

#[test]
fn an_empty_reply_comes_back_as_an_error() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            let _pending = requester.start("hello").unwrap();
            let unsent = replier
                .recv()
                .unwrap()
                .reply(Vec::<String>::new())
                .unwrap_err();
            assert_eq!(*unsent.error(), Error::EmptyMessage);
        }
    });
}

#[test]
fn a_reply_after_a_stop_comes_back() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            let _pending = requester.start("hello").unwrap();
            let request = replier.recv().unwrap();
            replier.stop();
            let unsent = request.reply(("a", "b")).unwrap_err();
            assert!(unsent.is_stopped());
            assert_eq!(unsent.into_message(), ["a", "b"]);
        }
    });
}

#[test]
fn several_servers_share_the_requests_of_several_clients() {
    deadline(|| {
        let servers = [(); 2].map(|()| Server::bind_local(0).unwrap());
        for server in &servers {
            echo(server.reply().unwrap());
        }
        let client = Client::connect(servers.each_ref().map(Server::port)).unwrap();
        let requesters: [Requester; 3] = [(); 3].map(|()| client.request().unwrap());
        let mut replies = HashSet::new();
        for number in 0..60 {
            let reply = requesters[number % 3].request(number.to_string()).unwrap();
            replies.insert(reply.to_string());
        }
        assert_eq!(replies.len(), 60);
    });
}
