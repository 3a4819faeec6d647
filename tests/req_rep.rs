//! Request and reply: many requests at once, each with its own reply, in any order.

mod support;

use std::collections::HashSet;

use support::{SOON, blocked, deadline, echo, req_rep};
use zeroless::{Client, Delivery, Error, Request, Requester, Server};

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
            for number in 0..200 {
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
fn a_request_shows_its_message() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            let pending = requester.start(("add", "1", "2")).unwrap();
            let request = replier.recv().unwrap();
            assert_eq!(request.frame_count(), 3);
            assert_eq!(request[0], "add");
            assert_eq!(*request.message(), ["add", "1", "2"]);
            assert_eq!(request.to_string(), "add | 1 | 2");
            let bytes: Vec<u8> = request.iter().flat_map(|frame| frame.to_vec()).collect();
            assert_eq!(bytes, b"add12");
            assert_eq!(request.parts().unwrap(), ["add", "1", "2"]);
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
            let answer = |requests: Vec<Request>| {
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
fn a_reply_after_the_close_comes_back() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            let _pending = requester.start("hello").unwrap();
            let request = replier.recv().unwrap();
            replier.close(SOON).unwrap();
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
