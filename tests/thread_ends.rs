//! Calls by a thread's own variables when it ends and they are dropped.

mod support;

use std::cell::OnceCell;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use support::{SOON, deadline, ends};
use zeroless::{Error, Pair, Requester, Server};

const MOMENT: Duration = Duration::from_millis(10);

/// Calls that wait, made while the thread ends, and their outcome.
struct Goodbye {
    pair: Pair,
    request: Requester,
    tell: Sender<Vec<Result<(), Error>>>,
}

impl Drop for Goodbye {
    fn drop(&mut self) {
        let outcomes = vec![
            self.pair.send_timeout("bye", MOMENT).map_err(Error::from),
            self.pair.recv_timeout(MOMENT).map(drop),
            self.request.request_timeout("bye", MOMENT).map(drop),
            self.request.request("answer").map(drop),
            Server::bind_local(0).and_then(|it| it.push()).map(drop),
        ];
        self.tell.send(outcomes).unwrap();
    }
}

thread_local! {
    static GOODBYE: OnceCell<Goodbye> = const { OnceCell::new() };
}

#[test]
fn a_variable_of_a_thread_may_wait_when_it_is_dropped() {
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        let pair = server.pair().unwrap(); // nobody is there: all waits
        let (server, client) = ends();
        let (reply, request) = (server.reply().unwrap(), client.request().unwrap());
        let (tell, told) = channel();
        let replies = reply.clone();
        let replying = thread::spawn(move || {
            for request in replies {
                if request == "answer" {
                    thread::park_timeout(MOMENT);
                    request.reply("answered").unwrap();
                } else {
                    drop(request);
                }
            }
        });
        let goodbye = Goodbye {
            pair,
            request,
            tell,
        };
        let ending = move || {
            GOODBYE.with(|own| {
                let own = own.get_or_init(|| goodbye);
                // Makes this thread's wake-up, which is dropped before the other.
                own.pair.recv_timeout(MOMENT).unwrap_err();
            });
        };
        thread::spawn(ending).join().unwrap();
        let outcomes = told.recv_timeout(SOON).unwrap();
        let timeout = |outcome: &Result<(), Error>| outcome.as_ref().is_err_and(Error::is_timeout);
        assert!(outcomes[..3].iter().all(timeout), "{outcomes:?}");
        assert_eq!(outcomes[3..], [Ok(()), Ok(())]);
        reply.stop();
        replying.join().unwrap();
    });
}
