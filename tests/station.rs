//! Messages between a node and its station: each ends, and its sender learns how.
#![cfg(feature = "station")]

#[path = "support/stations.rs"]
mod stations;
mod support;

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stations::{known_behind, station};
use support::{SOON, deadline, deadline_after};
use zeroless::Error;
use zeroless::station::{self, Array, Bytes, End, Items, Json, Message, Node, Text, Undelivered};

/// A test with a station that has just started has to wait for it.
const LIMIT: Duration = Duration::from_secs(60);

#[derive(Debug, Serialize, Deserialize, PartialEq, Clone)]
struct Params {
    exposure: f64,
    name: String,
}

/// A node alone, which sends to itself.
fn alone() -> Node {
    station("rig1")
}

#[test]
fn a_message_is_delivered_once_its_handler_has_finished() {
    deadline_after(LIMIT, || {
        let rig = station("site");
        let (begun, wait_begun) = mpsc::channel();
        let (go_on, wait_go_on) = mpsc::channel::<()>();
        let wait_go_on = Mutex::new(wait_go_on);
        rig.listen("START", move |message: &Message| {
            begun.send(message.from().to_owned()).unwrap();
            wait_go_on.lock().unwrap().recv().unwrap();
        })
        .unwrap();
        let camera = known_behind(&rig, "rig1.camera");
        let ticket = camera.send("site", "START", ()).unwrap();
        assert_eq!(wait_begun.recv().unwrap(), "rig1.camera");
        assert_eq!(ticket.end(), None);
        assert_eq!(camera.pending().len(), 1);
        go_on.send(()).unwrap();
        assert_eq!(ticket.end_timeout(SOON).unwrap(), End::Delivered);
        assert!(camera.pending().is_empty());
    });
}

#[test]
fn messages_go_both_ways_over_one_link() {
    deadline_after(LIMIT, || {
        let rig = station("site");
        let camera = known_behind(&rig, "rig1.camera");
        camera.listen("MOVE", |_: &Message| ()).unwrap();
        rig.listen("STATUS", |_: &Message| ()).unwrap();
        let down = rig.send("rig1.camera", "MOVE", &7).unwrap();
        let up = camera.send_up("STATUS", "well").unwrap();
        assert_eq!(down.wait(), Ok(()));
        assert_eq!(up.wait(), Ok(()));
    });
}

#[test]
fn a_handler_gets_the_value_of_its_type() {
    deadline(|| {
        let node = alone();
        let (tell, told) = mpsc::channel();
        node.listen("START", move |params: Params, message: &Message| {
            tell.send((params, message.key().to_owned())).unwrap();
        })
        .unwrap();
        let params = Params {
            exposure: 0.2,
            name: "dark".to_owned(),
        };
        node.send("rig1", "START", &params).unwrap().wait().unwrap();
        node.send("rig1", "START", Json(&params))
            .unwrap()
            .wait()
            .unwrap();
        for _ in 0..2 {
            assert_eq!(told.recv().unwrap(), (params.clone(), "START".to_owned()));
        }
        let wrong = node.send("rig1", "START", &7).unwrap().wait();
        let Err(Undelivered::Failed { reason }) = wrong else {
            panic!("{wrong:?}");
        };
        assert!(reason.contains("Params"), "{reason}");
    });
}

#[test]
fn bodies_of_all_kinds_come_as_they_were_sent() {
    deadline(|| {
        let node = alone();
        let messages = node.messages();
        let frames = [b"one".to_vec(), Vec::new(), b"three".to_vec()];
        let array = Array::new("<u2", [2, 3], vec![7_u8; 12]);
        node.send("rig1", "NONE", ()).unwrap();
        node.send("rig1", "BYTES", Bytes(vec![0xff; 100_000]))
            .unwrap();
        node.send("rig1", "TEXT", Text("grüße")).unwrap();
        node.send("rig1", "ITEMS", Items(frames.clone())).unwrap();
        node.send("rig1", "ARRAY", array.clone()).unwrap();
        let next = || messages.recv_timeout(SOON).unwrap();
        let none = next();
        assert_eq!((none.key(), none.frames().len()), ("NONE", 0));
        none.value::<()>().unwrap();
        drop(none);
        assert_eq!(next().bytes(), vec![0xff; 100_000]);
        assert_eq!(next().value::<String>().unwrap(), "grüße");
        let items = next();
        let got: Vec<_> = items.frames().iter().map(|it| it.to_vec()).collect();
        assert_eq!(got, frames);
        assert!(items.value::<u8>().is_err());
        drop(items);
        let came = next();
        let got = came.array().unwrap();
        assert_eq!(
            (&got.dtype, &got.dims, got.bytes),
            (&array.dtype, &array.dims, &array.bytes[..])
        );
    });
}

#[test]
fn an_array_that_is_none_is_not_sent() {
    deadline(|| {
        let node = alone();
        let refused = node.send("rig1", "ARRAY", Array::new("<u2", [2, 3], vec![0_u8; 11]));
        let error = refused.unwrap_err();
        assert!(
            matches!(error.downcast_ref(), Some(station::Error::Body { .. })),
            "{error}"
        );
        assert!(node.pending().is_empty());
    });
}

#[test]
fn a_key_without_a_listener_fails() {
    deadline(|| {
        let node = alone();
        node.listen("START", |_: &Message| ()).unwrap();
        let end = node.send("rig1", "STRAT", ()).unwrap().end_timeout(SOON);
        assert_eq!(
            end.unwrap(),
            End::Failed("no listener for STRAT".to_owned())
        );
    });
}

#[test]
fn any_number_of_keys_without_a_listener_fail() {
    deadline_after(LIMIT, || {
        let node = alone();
        let (go_on, wait) = mpsc::channel::<()>();
        let wait = Mutex::new(wait);
        node.listen("START", |_: &Message| ()).unwrap();
        node.listen("HOLD", move |_: &Message| {
            wait.lock().unwrap().recv().unwrap()
        })
        .unwrap();
        let send = |key: &str, count: u32| -> Vec<_> {
            let tickets = (0..count).map(|_| node.send("rig1", key, ()).unwrap());
            tickets.collect()
        };
        // The credit grows to all that it can be.
        send("START", 5000).iter().for_each(|it| it.wait().unwrap());
        let held = send("HOLD", 1);
        let tickets = send("STRAT", 5000);
        go_on.send(()).unwrap();
        held[0].wait().unwrap();
        for ticket in tickets {
            let end = ticket.end_timeout(SOON).unwrap();
            assert_eq!(end, End::Failed("no listener for STRAT".to_owned()));
        }
    });
}

#[test]
fn a_message_that_comes_before_its_listener_waits_for_it() {
    deadline(|| {
        let node = alone();
        let ticket = node.send("rig1", "START", ()).unwrap();
        node.listen("START", |_: &Message| ()).unwrap();
        assert_eq!(ticket.wait(), Ok(()));
    });
}

#[test]
fn errors_and_panics_of_handlers_are_told() {
    deadline(|| {
        let node = alone();
        node.listen("ERROR", |_: &Message| Err("the disk is full"))
            .unwrap();
        node.listen("FAIL", |message: &Message| message.fail("too dark"))
            .unwrap();
        let panics = |message: &Message| assert_eq!(message.key(), "on purpose");
        node.listen("PANIC", panics).unwrap();
        let failed = |key| match node.send("rig1", key, ()).unwrap().wait() {
            Err(Undelivered::Failed { reason }) => reason,
            other => panic!("{other:?}"),
        };
        assert_eq!(failed("ERROR"), "the disk is full");
        assert_eq!(failed("FAIL"), "too dark");
        assert!(failed("PANIC").contains("on purpose"));
    });
}

#[test]
fn a_loop_handles_a_message_when_it_is_dropped() {
    deadline(|| {
        let node = alone();
        let mut messages = node.messages();
        let first = node.send("rig1", "FRAME", &1).unwrap();
        let second = node.send("rig1", "FRAME", &2).unwrap();
        let message = messages.next().unwrap();
        // The second waits until the first is handled.
        assert!(messages.try_recv().is_err());
        assert_eq!((first.end(), second.end()), (None, None));
        drop(message);
        assert_eq!(first.wait(), Ok(()));
        let message = messages.next().unwrap();
        assert_eq!(message.value::<i32>().unwrap(), 2);
        message.fail("no");
        drop(message);
        assert_eq!(
            second.end_timeout(SOON).unwrap(),
            End::Failed("no".to_owned())
        );
    });
}

#[test]
fn a_loop_that_unwinds_has_failed() {
    deadline(|| {
        let node = alone();
        let mut messages = node.messages();
        let ticket = node.send("rig1", "FRAME", ()).unwrap();
        let unwound = thread::spawn(move || {
            let _message = messages.next().unwrap();
            panic!("on purpose");
        });
        assert!(unwound.join().is_err());
        assert!(matches!(ticket.end_timeout(SOON).unwrap(), End::Failed(_)));
    });
}

#[test]
fn messages_of_one_sender_are_handled_one_after_the_other_in_order() {
    deadline(|| {
        let node = alone();
        let seen = Arc::<Mutex<Vec<u32>>>::default();
        let (see, running) = (seen.clone(), Mutex::new(()));
        node.listen("FRAME", move |number: u32, _: &Message| {
            let _alone = running.try_lock().expect("one at a time");
            see.lock().unwrap().push(number);
        })
        .unwrap();
        let tickets: Vec<_> = (0..1000_u32)
            .map(|number| node.send("rig1", "FRAME", &number).unwrap())
            .collect();
        tickets.iter().for_each(|ticket| ticket.wait().unwrap());
        assert_eq!(*seen.lock().unwrap(), Vec::from_iter(0..1000));
    });
}

#[test]
fn a_message_to_nobody_is_not_sent_by_its_deadline() {
    deadline(|| {
        let node = alone();
        let message = Message::builder("nobody", "START").timeout(Duration::from_millis(50));
        let ticket = node.send_message(message).unwrap();
        assert_eq!(ticket.wait(), Err(Undelivered::NotSent));
    });
}

#[test]
fn a_node_without_its_station_keeps_what_it_sends() {
    deadline_after(LIMIT, || {
        let port = {
            let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            taken.local_addr().unwrap().port()
        };
        let camera = Node::builder("camera").upstream(port).start().unwrap();
        let ticket = camera.send("site", "FRAME", ()).unwrap();
        let rig = Node::builder("site")
            .bind(("127.0.0.1", port))
            .listen("FRAME", |_: &Message| ())
            .start()
            .unwrap();
        assert_eq!(ticket.wait(), Ok(()));
        assert!(rig.status().is_ok());
    });
}

#[test]
fn headers_and_time_come_along() {
    deadline(|| {
        let node = alone();
        let message = Message::builder("rig1", "FRAME")
            .header("run", "17")
            .header("note", "")
            .timeout(SOON);
        node.send_message(message).unwrap();
        let came = node.messages().recv_timeout(SOON).unwrap();
        let headers: Vec<_> = came.headers().collect();
        assert_eq!(headers, [("run", "17"), ("note", "")]);
        assert_eq!(
            (came.header("run"), came.header("other")),
            (Some("17"), None)
        );
        assert!(came.time().unwrap().elapsed().unwrap() < SOON);
        assert!(came.left().unwrap() <= SOON);
        assert!(!came.is_redelivered() && !came.is_request());
    });
}

#[test]
fn closing_waits_for_what_was_sent() {
    deadline(|| {
        let node = alone();
        node.listen("FRAME", |_: &Message| ()).unwrap();
        let other = node.clone();
        let tickets: Vec<_> = (0..100)
            .map(|number: i32| node.send("rig1", "FRAME", &number).unwrap())
            .collect();
        // To itself it can no longer be handled: what was not started is not.
        let closed = node.close(Duration::from_millis(100));
        let ends: Vec<_> = tickets.iter().map(|it| it.end().expect("an end")).collect();
        assert_eq!(closed.is_ok(), ends.iter().all(End::is_delivered));
        assert_eq!(other.send("rig1", "FRAME", ()).unwrap_err(), Error::Stopped);
        assert!(other.messages().next().is_none());
    });
}

#[test]
fn the_last_drop_delivers() {
    deadline_after(LIMIT, || {
        let rig = station("site");
        let count = Arc::<Mutex<u32>>::default();
        let counted = count.clone();
        rig.listen("FRAME", move |_: &Message| *counted.lock().unwrap() += 1)
            .unwrap();
        let camera = known_behind(&rig, "camera");
        for number in 0..200 {
            camera.send("site", "FRAME", &number).unwrap();
        }
        drop(camera);
        assert_eq!(*count.lock().unwrap(), 200);
    });
}

#[test]
fn what_is_left_when_a_node_ends_has_an_end() {
    deadline(|| {
        let node = alone();
        let ticket = node.send("nobody", "START", ()).unwrap();
        let error = node.close(Duration::from_millis(10)).unwrap_err();
        assert!(error.is_timeout(), "{error}");
        assert_eq!(ticket.end(), Some(End::NotSent));
    });
}

#[test]
fn a_node_without_a_port_and_a_station_is_refused() {
    let refused = Node::builder("alone").start().unwrap_err();
    assert!(refused.to_string().contains("bind()"), "{refused}");
    let nameless = Node::builder("").bind("tcp://127.0.0.1:0").start();
    let error = nameless.unwrap_err();
    assert!(matches!(
        error.downcast_ref(),
        Some(station::Error::InvalidName { .. })
    ));
}

#[test]
fn what_is_too_large_is_refused_where_it_is_sent() {
    deadline(|| {
        let node = alone();
        let large = node.send("rig1", "RAW", Bytes(vec![0; (16 << 20) + 1]));
        assert!(matches!(large, Err(Error::FrameTooLarge { .. })));
        // Each frame is small enough, and no outbox has room for all.
        let many = node.send("rig1", "RAW", Items(vec![vec![0; 8 << 20]; 9]));
        let many = many.unwrap_err();
        assert!(
            matches!(many.downcast_ref(), Some(station::Error::TooLong { .. })),
            "{many}"
        );
        let long = node.send("rig1", "K".repeat(256), ()).unwrap_err();
        assert!(
            matches!(long.downcast_ref(), Some(station::Error::TooLong { .. })),
            "{long}"
        );
    });
}
