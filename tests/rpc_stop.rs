//! The end of a server of calls: what it has taken is finished, what comes is refused, and nobody is left in the dark.
#![cfg(feature = "rpc")]

#[cfg(target_os = "linux")]
#[path = "support/child.rs"]
mod child;
#[path = "support/served.rs"]
mod served;
mod support;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use served::{Hold, LONG, client, holder, next, server};
use support::{SOON, deadline, inproc, until};
use zeroless::rpc::{self, Call, CallError, Running};
use zeroless::{Error, Libzmq, Router, Server, Wait, capabilities};

/// A call that is counted where it runs.
#[derive(Debug, Serialize, Deserialize)]
struct Count(u64);
rpc::command!(Count -> u64);

const SHORT: Duration = Duration::from_millis(20);

/// Sees that a server that stops has refused a call.
#[track_caller]
fn assert_stopping<T: std::fmt::Debug, E: std::fmt::Debug>(outcome: Result<T, CallError<E>>) {
    match outcome {
        Err(CallError::Busy { limit, .. }) => assert_eq!(&*limit, "it is stopping"),
        other => panic!("not refused: {other:?}"),
    }
}

#[track_caller]
fn assert_running<T: std::fmt::Debug>(outcome: Result<T, Error>) {
    let calls = Wait::Calls;
    match outcome {
        Err(Error::Timeout { waited_for, .. }) if waited_for == calls => {}
        other => panic!("no calls are running: {other:?}"),
    }
}

/// Its calls wait for nothing that does not come soon.
fn hasty(server: &Running) -> rpc::Client {
    client(server).timeout(SOON)
}

#[test]
fn a_server_that_is_stopped_finishes_what_it_has_and_takes_nothing_new() {
    deadline(|| {
        let (server, holding) = holder(server().drain_timeout(LONG));
        let client = client(&server);
        let call = client.start(&Hold(1)).unwrap();
        let answer = next(&holding);
        let server = Arc::new(server);
        let stopping = server.clone();
        let stopping = support::blocked(move || stopping.stop());
        until(|| !server.is_running());
        answer.send(Ok(1));
        assert_eq!(call.wait(), Ok(1));
        assert_eq!(stopping.join().unwrap(), Ok(()));
        assert_eq!(server.wait(), Ok(()));
    });
}

#[test]
fn a_call_that_somebody_keeps_does_not_hold_up_the_end() {
    deadline(|| {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let own = kept.clone();
        let keep = move |hold: Hold, call: &Call| {
            own.lock().unwrap().push(call.clone());
            Ok(hold.0)
        };
        let server = server()
            .serve(keep)
            .drain_timeout(Duration::MAX)
            .start()
            .unwrap();
        assert_eq!(client(&server).call(&Hold(3)), Ok(3));
        assert_eq!(server.stop(), Ok(()));
        assert_eq!(kept.lock().unwrap()[0].name(), "Hold");
    });
}

#[test]
fn a_stop_waits_no_longer_than_it_may() {
    deadline(|| {
        let (server, holding) = holder(server().drain_timeout(Duration::from_millis(20)));
        let call = client(&server).start(&Hold(1)).unwrap();
        let answer = next(&holding);
        assert_running(server.stop());
        // What runs is replied to all the same.
        answer.send(Ok(1));
        assert_eq!(call.wait(), Ok(1));
    });
}

#[test]
fn a_handler_may_stop_its_server() {
    deadline(|| {
        let (give, take) = mpsc::channel::<Arc<Running>>();
        let take = Mutex::new(take);
        let stop = move |_: ()| {
            let server = take.lock().unwrap().recv()?;
            server.stop()?;
            Ok(1)
        };
        let server = Arc::new(server().function("stop", stop).start().unwrap());
        give.send(server.clone()).unwrap();
        assert_eq!(client(&server).call_by_name::<i64>("stop", &()), Ok(1));
        assert_eq!(server.wait(), Ok(()));
    });
}

#[test]
fn calls_are_refused_and_pings_answered_while_a_server_finishes_what_it_has() {
    deadline(|| {
        let (server, holding) = holder(server().drain_timeout(LONG));
        let client = hasty(&server);
        let server = Arc::new(server);
        let call = client.start(&Hold(1)).unwrap();
        let answer = next(&holding);
        let stopping = server.clone();
        let stopping = support::blocked(move || stopping.stop());
        until(|| !server.is_running());
        for _ in 0..10 {
            assert_stopping(client.call(&Hold(2)));
            assert!(client.ping()[0].1.is_ok());
        }
        answer.send(Ok(1));
        assert_eq!(call.wait(), Ok(1));
        assert_eq!(stopping.join().unwrap(), Ok(()));
    });
}

#[test]
fn a_server_that_has_not_finished_in_time_goes_on_refusing_until_it_has() {
    deadline(|| {
        let (server, holding) = holder(server().drain_timeout(SHORT));
        let (client, port) = (hasty(&server), server.port());
        let call = client.start(&Hold(1)).unwrap();
        let answer = next(&holding);
        assert_running(server.stop());
        assert_stopping(client.call(&Hold(2)));
        assert!(client.ping()[0].1.is_ok());
        drop(server);
        assert_stopping(client.call(&Hold(2)));
        answer.send(Ok(1));
        assert_eq!(call.wait(), Ok(1));
        until(|| Server::bind_local(port).is_ok());
    });
}

#[test]
fn a_server_that_has_stopped_gives_its_port_up_though_it_is_held() {
    deadline(|| {
        let old = server().serve(|hold: Hold| Ok(hold.0)).start().unwrap();
        let (client, port) = (hasty(&old), old.port());
        assert_eq!(client.call(&Hold(1)), Ok(1));
        assert_eq!(old.stop(), Ok(()));
        assert_eq!((old.port(), old.endpoints().len()), (0, 0));
        let new = rpc::Server::bind_local(port).unwrap();
        let _new = new.serve(|hold: Hold| Ok(hold.0 + 1)).start().unwrap();
        assert_eq!(client.call(&Hold(1)), Ok(2));
        assert_eq!(old.stop(), Ok(()));
    });
}

#[test]
fn a_server_that_has_no_calls_stops_though_it_may_wait_for_none() {
    deadline(|| {
        let server = server().drain_timeout(Duration::ZERO);
        let server = server.serve(|hold: Hold| Ok(hold.0)).start().unwrap();
        // A call ends a moment after its reply, so there is none.
        assert!(hasty(&server).ping()[0].1.is_ok());
        assert_eq!(server.stop(), Ok(()));
    });
}

#[test]
fn a_call_that_is_kept_and_never_ran_does_not_hold_up_the_end() {
    deadline(|| {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let own = kept.clone();
        let keep = move |call: &Call| {
            own.lock().unwrap().push(call.clone());
            Err("nobody may".to_owned())
        };
        let server = server().drain_timeout(LONG).allow(keep);
        let server = server.serve(|hold: Hold| Ok(hold.0)).start().unwrap();
        assert!(hasty(&server).call(&Hold(1)).is_err());
        assert_eq!(server.stop(), Ok(()));
        assert_eq!(kept.lock().unwrap().len(), 1);
    });
}

#[test]
fn an_answer_that_is_dropped_does_not_hold_up_the_end_though_its_call_is_kept() {
    deadline(|| {
        let (server, holding) = holder(server().drain_timeout(LONG));
        let call = hasty(&server).start(&Hold(1)).unwrap();
        let answer = next(&holding);
        let kept = answer.call().clone();
        drop(answer);
        assert_eq!(call.wait(), Err(CallError::Panicked));
        assert_eq!(server.stop(), Ok(()));
        assert_eq!(kept.name(), "Hold");
    });
}

/// Whether what has come is received though its connection has ended: other libzmqs than ours drop it, and with it the word
/// of a server that it ends.
fn keeps_what_has_come() -> bool {
    capabilities().unwrap().libzmq == Libzmq::Zeroless
}

/// Leaves these calls unanswered, and says that the server ends.
fn end(router: &Router, calls: &[rpc::PendingCall<Hold>]) {
    let mut received = Vec::new();
    received.resize_with(calls.len(), || router.recv_timeout(SOON).unwrap());
    let (peer, call) = &received[0];
    assert_eq!((call[0].len(), &*call[1]), (8, &b""[..]));
    let ends = r#"[1,2,0,1,"the server ends",["it is stopping"],null]"#;
    router.send_to(peer, ([0; 8], "", ends)).unwrap();
}

#[test]
fn calls_without_an_answer_are_made_again_when_a_server_that_said_it_ends_comes_back() {
    if !keeps_what_has_come() {
        return;
    }
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        let (router, port) = (server.router().unwrap(), server.port());
        let client = rpc::Client::connect(port).unwrap().timeout(LONG);
        let calls = [1, 2].map(|number| client.start(&Hold(number)).unwrap());
        end(&router, &calls);
        router.close(SOON).unwrap();
        drop(server);
        let new = rpc::Server::bind_local(port).unwrap();
        let _new = new.serve(|hold: Hold| Ok(hold.0)).start().unwrap();
        assert_eq!(calls.map(rpc::PendingCall::wait), [Ok(1), Ok(2)]);
    });
}

#[test]
fn calls_without_an_answer_have_not_run_where_a_server_says_over_inproc_that_it_ends() {
    deadline(|| {
        let server = Server::bind(inproc()).unwrap();
        let router = server.router().unwrap();
        let client = rpc::Client::connect(server.endpoint()).unwrap();
        let client = client.timeout(LONG);
        let calls = [1, 2].map(|number| client.start(&Hold(number)).unwrap());
        end(&router, &calls);
        for call in calls {
            assert_stopping(call.wait());
        }
    });
}

/// A server that counts what it runs.
fn counting(server: rpc::Server, ran: &Arc<AtomicU64>) -> Running {
    let ran = ran.clone();
    let count = move |count: Count| {
        ran.fetch_add(1, Ordering::SeqCst);
        Ok(count.0)
    };
    server.serve(count).start().unwrap()
}

#[test]
fn next_to_servers_that_stop_and_start_each_call_is_known_to_have_run_or_not() {
    deadline(|| {
        let ran = Arc::new(AtomicU64::new(0));
        let mut running = counting(server(), &ran);
        let port = running.port();
        let client = client(&running).timeout(SOON);
        let over = Arc::new(AtomicBool::new(false));
        let calling: Vec<_> = (0..8)
            .map(|_| {
                let (client, over) = (client.clone(), over.clone());
                thread::spawn(move || {
                    let (mut calls, mut replied) = (0_u64, 0);
                    while !over.load(Ordering::SeqCst) {
                        calls += 1;
                        match client.call(&Count(calls)) {
                            Ok(reply) => {
                                assert_eq!(reply, calls);
                                replied += 1;
                            }
                            Err(error) if error.may_have_run() => {
                                assert!(!keeps_what_has_come(), "{error}");
                            }
                            Err(_) => {}
                        }
                    }
                    (calls, replied)
                })
            })
            .collect();
        for _ in 0..10 {
            let before = ran.load(Ordering::SeqCst);
            until(|| ran.load(Ordering::SeqCst) > before + 50);
            assert_eq!(running.stop(), Ok(()));
            running = counting(rpc::Server::bind_local(port).unwrap(), &ran);
        }
        over.store(true, Ordering::SeqCst);
        let (mut calls, mut replied) = (0, 0);
        for calling in calling {
            let (made, had) = calling.join().unwrap();
            calls += made;
            replied += had;
        }
        println!("{replied} of {calls} calls have run");
        let ran = ran.load(Ordering::SeqCst);
        assert!(replied <= ran, "{replied} of {ran}");
        assert!(replied == ran || !keeps_what_has_come(), "of {calls}");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_childs_server_says_at_once_that_it_is_its_parents() {
    deadline(|| {
        let (server, holding) = holder(server().drain_timeout(LONG));
        let client = hasty(&server);
        let call = client.start(&Hold(1)).unwrap();
        let answer = next(&holding);
        let mut server = Some(server);
        assert!(child::in_child(|| {
            let server = server.take().unwrap();
            assert_eq!(server.stop(), Err(Error::Forked));
            assert_eq!(server.wait(), Err(Error::Forked));
            assert!(!server.is_running());
            drop(server);
        }));
        answer.send(Ok(1));
        assert_eq!(call.wait(), Ok(1));
        assert_eq!(server.unwrap().stop(), Ok(()));
    });
}
