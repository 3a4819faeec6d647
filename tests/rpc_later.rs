//! Calls that are answered later, and those that nobody waits for any more.
#![cfg(feature = "rpc")]

#[path = "support/calls.rs"]
mod calls;
#[path = "support/served.rs"]
mod served;
mod support;

use std::time::Duration;

use calls::{CALL, CANCEL, PING, pack};
use served::{Hold, LONG, ask, behind_relay, client, holder, next, server, stranger};
use support::{deadline, until};
use zeroless::Client;
use zeroless::rpc::{self, CallError, Later};

#[test]
fn an_answer_may_come_later_from_another_thread_in_any_order() {
    deadline(|| {
        let (server, holding) = holder(server());
        let client = client(&server);
        let calls: Vec<_> = (0..10).map(|it| client.start(&Hold(it)).unwrap()).collect();
        let held: Vec<_> = calls.iter().map(|_| next(&holding)).collect();
        for answer in held.into_iter().rev() {
            std::thread::spawn(move || answer.send(Ok(42)));
        }
        for call in calls {
            assert_eq!(call.wait(), Ok(42));
        }
    });
}

#[test]
fn an_answer_that_is_dropped_tells_its_caller() {
    deadline(|| {
        let (held, holding) = holder(server());
        let call = client(&held).start(&Hold(1)).unwrap();
        drop(next(&holding));
        assert_eq!(call.wait(), Err(CallError::Panicked));

        // So does a handler that forgets to make one.
        let server = server().serve(|_: Hold| Later).start().unwrap();
        assert_eq!(client(&server).call(&Hold(1)), Err(CallError::Panicked));
    });
}

#[test]
fn a_call_that_is_cancelled_knows_it_and_others_do_not() {
    deadline(|| {
        let (server, holding) = holder(server());
        let (one, other) = (client(&server), client(&server));
        let (call, kept) = (one.start(&Hold(1)).unwrap(), other.start(&Hold(2)).unwrap());
        let answers = [next(&holding), next(&holding)];
        drop(call);
        until(|| answers.iter().any(|it| it.call().is_cancelled()));
        let cancelled = answers.iter().filter(|it| it.call().is_cancelled());
        assert_eq!(cancelled.count(), 1);
        for answer in answers {
            answer.send(Ok(3));
        }
        assert_eq!(kept.wait(), Ok(3));
    });
}

#[test]
fn nobody_cancels_the_calls_of_another() {
    deadline(|| {
        let (server, holding) = holder(server());
        let [asker, stranger] = [stranger(&server), stranger(&server)];
        let call = (CALL, 7_u64, Some(60_000_u64), "Hold", 0_u64);
        let (version, body) = (1_u64, pack(&Hold(1)));
        let (kind, id, left, name, body_type) = call;
        let envelope = pack(&(version, kind, id, left, name, body_type));
        asker.send(("", envelope, body)).unwrap();
        let answer = next(&holding);
        let cancel = pack(&(version, CANCEL, id));
        stranger.send(("", &cancel[..])).unwrap();
        // It has come by the time that this is answered.
        let pong = ask(&stranger, &[&pack(&(version, PING, 1_u64))]);
        assert_eq!(pong.frames()[0], pack(&(version, 6_u64, 1_u64)));
        assert!(!answer.call().is_cancelled());
        asker.send(("", &cancel[..])).unwrap();
        until(|| answer.call().is_cancelled());
        answer.send(Ok(1));
    });
}

#[test]
fn a_cancel_finds_its_call_through_a_relay() {
    deadline(|| {
        let (server, holding) = holder(server());
        let (_relay, port) = behind_relay(&server);
        let client = rpc::Client::connect(port).unwrap().timeout(LONG);
        let call = client.start(&Hold(1)).unwrap();
        let answer = next(&holding);
        drop(call);
        until(|| answer.call().is_cancelled());
        answer.send(Ok(0));
        let call = client.start(&Hold(1)).unwrap();
        next(&holding).send(Ok(5));
        assert_eq!(call.wait(), Ok(5));
    });
}

#[test]
fn nobody_cancels_the_calls_of_another_behind_the_same_relay() {
    deadline(|| {
        let (server, holding) = holder(server());
        let (_relay, port) = behind_relay(&server);
        let dealer = || Client::connect(port).unwrap().dealer().unwrap();
        let (asker, stranger) = (dealer(), dealer());
        let envelope = pack(&(1_u64, CALL, 7_u64, Some(60_000_u64), "Hold", 0_u64));
        asker.send(("", envelope, pack(&Hold(1)))).unwrap();
        let answer = next(&holding);
        let cancel = pack(&(1_u64, CANCEL, 7_u64));
        stranger.send(("", &cancel[..])).unwrap();
        ask(&stranger, &[&pack(&(1_u64, PING, 1_u64))]);
        assert!(!answer.call().is_cancelled());
        asker.send(("", &cancel[..])).unwrap();
        until(|| answer.call().is_cancelled());
        answer.send(Ok(1));
    });
}

#[test]
fn a_handler_knows_how_long_its_caller_waits() {
    deadline(|| {
        let (server, holding) = holder(server());
        let client = client(&server);
        let call = client.start(&Hold(1)).unwrap();
        let answer = next(&holding);
        let left = answer.call().left().expect("a deadline");
        assert!(left <= LONG && left > LONG / 2, "{left:?}");
        answer.send(Ok(1));
        assert_eq!(call.wait(), Ok(1));
        // One whose time is over counts as cancelled.
        let error = client.call_timeout(&Hold(2), Duration::from_millis(50));
        assert!(
            matches!(error, Err(CallError::MayHaveRun { .. })),
            "{error:?}"
        );
        let answer = next(&holding);
        until(|| answer.call().is_cancelled());
        answer.send(Ok(1));
    });
}
