//! Requests and replies, presence, and what is pending.
#![cfg(feature = "station")]

#[path = "support/stations.rs"]
mod stations;
mod support;

use std::collections::BTreeSet;
use std::os::fd::AsFd;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use stations::{KNOWN, behind, known_behind, station};
use support::{SOON, deadline, deadline_after, until};
use zeroless::Error;
use zeroless::station::{self, Bytes, End, Message, Presence, Undelivered};

const LIMIT: Duration = Duration::from_secs(60);

/// Whether a file descriptor can be read now.
fn is_readable(fd: &impl AsFd) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut fds = [PollFd::new(fd, PollFlags::IN)];
    poll(&mut fds, Some(&Timespec::default())).unwrap() > 0
}

#[test]
fn a_request_gets_its_reply() {
    deadline_after(LIMIT, || {
        let site = station("site");
        let stage = behind(&site, "stage")
            .listen("ADD", |(a, b): (i64, i64), request: &Message| {
                assert!(request.is_request());
                request.reply(&(a + b)).map(drop)
            })
            .start()
            .unwrap();
        let user = known_behind(&site, "user");
        let asking: Vec<_> = (0..20_i64)
            .map(|number| {
                let user = user.clone();
                thread::spawn(move || {
                    let reply = user.request("stage", "ADD", &(number, 1)).unwrap();
                    assert_eq!((reply.from(), reply.key()), ("stage", "ADD"));
                    assert_eq!(reply.value::<i64>().unwrap(), number + 1);
                })
            })
            .collect();
        asking.into_iter().for_each(|it| it.join().unwrap());
        drop(stage);
    });
}

#[test]
fn a_reply_may_come_after_the_handler() {
    deadline(|| {
        let node = station("rig1");
        let (give, given) = mpsc::channel::<Message>();
        let mut messages = node.messages();
        let taking = thread::spawn(move || give.send(messages.next().unwrap()));
        let replying = thread::spawn(move || {
            let request = given.recv().unwrap();
            request.reply("later").unwrap();
        });
        let reply = node.request("rig1", "WHEN", ()).unwrap();
        assert_eq!(reply.value::<String>().unwrap(), "later");
        taking.join().unwrap().unwrap();
        replying.join().unwrap();
    });
}

#[test]
fn a_request_that_fails_says_why_at_once() {
    deadline(|| {
        let node = station("rig1");
        node.listen("ASK", |_: &Message| Err("I do not know"))
            .unwrap();
        let error = node.request("rig1", "ASK", ()).unwrap_err();
        let failed = Undelivered::Failed {
            reason: "I do not know".to_owned(),
        };
        assert_eq!(error.downcast_ref(), Some(&failed));
    });
}

#[test]
fn a_request_without_a_reply_runs_out_of_time() {
    deadline(|| {
        let node = station("rig1");
        node.listen("ASK", |_: &Message| ()).unwrap();
        let request = Message::builder("rig1", "ASK").timeout(Duration::from_millis(200));
        let error = node.request_message(request).unwrap_err();
        assert!(matches!(error, Error::Timeout { .. }), "{error}");
        let request = Message::builder("nobody", "ASK").timeout(Duration::from_millis(200));
        let error = node.request_message(request).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Undelivered::NotSent));
    });
}

#[test]
fn replies_may_be_waited_for_later_and_in_any_order() {
    deadline(|| {
        let node = station("rig1");
        let messages = node.messages();
        let mut first = node.start_request("rig1", "ASK", &1).unwrap();
        let second = node.start_request("rig1", "ASK", &2).unwrap();
        assert!(first.try_wait().is_none());
        assert!(first.wait_timeout(Duration::from_millis(1)).is_none());
        for number in 1..=2_i64 {
            let request = messages.recv_timeout(SOON).unwrap();
            request.reply(&(10 * number)).unwrap();
        }
        assert_eq!(second.wait().unwrap().value::<i64>().unwrap(), 20);
        let reply = first.wait_timeout(SOON).unwrap().unwrap();
        assert_eq!(reply.value::<i64>().unwrap(), 10);
        // It is given once.
        assert!(first.wait_timeout(SOON).is_none());
    });
}

#[test]
fn a_request_that_nobody_waits_for_has_its_reply_refused() {
    deadline(|| {
        let node = station("rig1");
        let messages = node.messages();
        drop(node.start_request("rig1", "ASK", ()).unwrap());
        let request = messages.recv_timeout(SOON).unwrap();
        let reply = request.reply("late").unwrap();
        drop(request);
        let Err(Undelivered::Failed { reason }) = reply.wait() else {
            panic!("it was taken");
        };
        assert_eq!(reason, "nobody waits for this reply any more");
    });
}

#[test]
fn requests_of_a_node_that_ends_end() {
    deadline(|| {
        let node = station("rig1");
        let there = node.start_request("nobody", "ASK", ()).unwrap();
        node.close(Duration::ZERO).unwrap_err();
        let error = there.wait().unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Undelivered::NotSent));
    });
}

#[test]
fn only_requests_are_replied_to() {
    deadline(|| {
        let node = station("rig1");
        node.send("rig1", "TELL", ()).unwrap();
        let message = node.messages().next().unwrap();
        let error = message.reply(()).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&station::Error::NotARequest));
    });
}

#[test]
fn presence_tells_who_comes_and_goes() {
    deadline_after(LIMIT, || {
        let site = station("site");
        let user = known_behind(&site, "user");
        let presence = user.watch("rig1.").unwrap();
        let camera = known_behind(&site, "rig1.camera");
        let other = known_behind(&site, "rig2.camera");
        let appeared = |id: &str| Presence::Appeared(id.to_owned());
        assert_eq!(
            presence.recv_timeout(SOON).unwrap(),
            appeared("rig1.camera")
        );
        // Whoever watches later is told at first who is there.
        let later = user.watch("rig").unwrap();
        let there: BTreeSet<_> = (0..2)
            .map(|_| match later.recv_timeout(SOON).unwrap() {
                Presence::Appeared(id) => id,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(Vec::from_iter(there), ["rig1.camera", "rig2.camera"]);
        drop(camera);
        let gone = Presence::Gone("rig1.camera".to_owned());
        assert_eq!(presence.recv_timeout(KNOWN).unwrap(), gone);
        assert_eq!(later.recv_timeout(SOON).unwrap(), gone);
        assert!(presence.try_recv().unwrap_err().is_timeout());
        drop(other);
    });
}

#[test]
fn one_that_watches_is_not_ended_by_another() {
    deadline_after(LIMIT, || {
        let site = station("site");
        let presence = site.watch("camera").unwrap();
        let (other, camera) = (site.watch("camera").unwrap(), known_behind(&site, "camera"));
        site.wait_for("camera", KNOWN).unwrap();
        for events in [&presence, &other] {
            let appeared = Presence::Appeared("camera".to_owned());
            assert_eq!(events.recv_timeout(SOON).unwrap(), appeared);
        }
        drop((other, camera));
        let gone = Presence::Gone("camera".to_owned());
        assert_eq!(presence.recv_timeout(KNOWN).unwrap(), gone);
    });
}

#[test]
fn addresses_are_those_that_can_be_reached() {
    deadline_after(LIMIT, || {
        let site = station("site");
        let user = known_behind(&site, "user");
        let _camera = known_behind(&site, "rig1.camera");
        let _disk = known_behind(&site, "rig1.disk");
        assert_eq!(site.addresses("rig1."), ["rig1.camera", "rig1.disk"]);
        until(|| user.addresses("rig1.") == ["rig1.camera", "rig1.disk"]);
        assert!(user.addresses("rig2.").is_empty());
    });
}

#[test]
fn a_node_that_is_waited_for_can_be_sent_to() {
    deadline_after(LIMIT, || {
        let site = station("site");
        let user = behind(&site, "user").start().unwrap();
        let late = user.wait_for("camera", Duration::from_millis(10));
        assert!(late.unwrap_err().is_timeout());
        let waiting = {
            let user = user.clone();
            thread::spawn(move || user.wait_for("camera", KNOWN))
        };
        let camera = behind(&site, "camera").listen("START", |_: &Message| ());
        let camera = camera.start().unwrap();
        waiting.join().unwrap().unwrap();
        assert_eq!(user.send("camera", "START", ()).unwrap().wait(), Ok(()));
        drop(camera);
    });
}

#[test]
fn what_is_pending_is_told_with_its_age_and_tries() {
    deadline(|| {
        let node = station("rig1");
        let mut messages = node.messages();
        let ticket = node.send("rig1", "FRAME", &1).unwrap();
        let later = node.send("nobody", "FRAME", &2).unwrap();
        let taken = messages.next().unwrap();
        let pending = node.pending();
        let of = |id: &str| pending.iter().find(|it| it.to == id).unwrap();
        assert_eq!(of("rig1").tries, 1);
        assert_eq!(of("nobody").tries, 0);
        assert!(of("rig1").age < SOON);
        drop(taken);
        assert_eq!(ticket.wait(), Ok(()));
        assert_eq!(node.pending().len(), 1);
        let _ = node.close(Duration::ZERO);
        assert_eq!(later.end(), Some(End::NotSent));
    });
}

#[test]
fn a_full_outbox_is_told_to_who_does_not_wait() {
    deadline(|| {
        let node = station("rig1");
        let large = || Message::builder("nobody", "RAW").value(Bytes(vec![0; 8 << 20]));
        let taken = (0..100).take_while(|_| node.try_send(large()).is_ok());
        assert_eq!(taken.count(), 7);
        assert_eq!(node.try_send(large()).unwrap_err(), Error::WouldBlock);
        // One to another is not held up by it.
        node.try_send(Message::builder("other", "RAW")).unwrap();
        let _ = node.close(Duration::ZERO);
    });
}

#[test]
fn an_unconfirmed_message_is_not_waited_for() {
    deadline(|| {
        let node = station("rig1");
        node.listen("PREVIEW", |_: &Message| ()).unwrap();
        let here = Message::builder("rig1", "PREVIEW").unconfirmed();
        assert_eq!(node.send_message(here).unwrap().wait(), Ok(()));
        let there = Message::builder("nobody", "PREVIEW").unconfirmed();
        node.send_message(there).unwrap();
        node.close(SOON).unwrap();
    });
}

#[test]
fn an_event_loop_waits_for_messages() {
    deadline(|| {
        let node = station("rig1");
        let messages = node.messages();
        // There may be something when it is first asked for.
        assert!(is_readable(&messages));
        assert_eq!(messages.try_recv().unwrap_err(), Error::WouldBlock);
        assert!(!is_readable(&messages));
        let ticket = node.send("rig1", "FRAME", ()).unwrap();
        until(|| is_readable(&messages));
        drop(messages.try_recv().unwrap());
        assert_eq!(ticket.wait(), Ok(()));
        assert_eq!(messages.try_recv().unwrap_err(), Error::WouldBlock);
        assert!(!is_readable(&messages));
        drop(node);
        until(|| is_readable(&messages));
        assert_eq!(messages.try_recv().unwrap_err(), Error::Stopped);
    });
}

#[test]
fn an_event_loop_waits_for_presence() {
    deadline_after(LIMIT, || {
        let site = station("site");
        let presence = site.watch("rig1").unwrap();
        // There may be something when it is first asked for.
        assert!(is_readable(&presence));
        assert_eq!(presence.try_recv().unwrap_err(), Error::WouldBlock);
        assert!(!is_readable(&presence));
        let camera = behind(&site, "rig1.camera").start().unwrap();
        camera.wait_registered(KNOWN).unwrap();
        until(|| is_readable(&presence));
        let appeared = Presence::Appeared("rig1.camera".to_owned());
        assert_eq!(presence.try_recv(), Ok(appeared));
        assert_eq!(presence.try_recv().unwrap_err(), Error::WouldBlock);
        assert!(!is_readable(&presence));
        drop((camera, site));
        until(|| is_readable(&presence));
        let mut rest = std::iter::from_fn(|| Some(presence.try_recv()));
        assert_eq!(rest.find(Result::is_err), Some(Err(Error::Stopped)));
        assert!(is_readable(&presence));
    });
}

#[test]
fn who_waits_for_presence_is_told_of_the_end() {
    deadline(|| {
        let node = station("rig1");
        let presence = node.watch("").unwrap();
        let waiting = thread::spawn(move || std::iter::from_fn(|| presence.recv().ok()).count());
        drop(node);
        waiting.join().unwrap();
    });
}

#[test]
fn what_was_handled_is_confirmed_by_a_node_that_is_closed_at_once() {
    deadline_after(LIMIT, || {
        let site = station("site");
        let sender = known_behind(&site, "sender");
        for round in 0..20 {
            let receiver = known_behind(&site, "receiver");
            let messages = receiver.messages();
            let ticket = sender.send("receiver", "FRAME", ()).unwrap();
            drop(messages.recv().unwrap());
            receiver.close(SOON).unwrap();
            assert_eq!(ticket.wait(), Ok(()), "round {round}");
        }
    });
}

#[test]
fn one_slow_handler_does_not_hold_up_other_senders() {
    deadline_after(LIMIT, || {
        let site = station("site");
        let (go_on, wait) = mpsc::channel::<()>();
        let wait = std::sync::Mutex::new(wait);
        site.listen("SLOW", move |_: &Message| {
            wait.lock().unwrap().recv().unwrap()
        })
        .unwrap();
        site.listen("FAST", |_: &Message| ()).unwrap();
        let (slow, fast) = (known_behind(&site, "slow"), known_behind(&site, "fast"));
        let held = slow.send("site", "SLOW", ()).unwrap();
        assert_eq!(fast.send("site", "FAST", ()).unwrap().wait(), Ok(()));
        assert_eq!(held.end(), None);
        go_on.send(()).unwrap();
        assert_eq!(held.wait(), Ok(()));
    });
}
