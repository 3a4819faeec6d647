//! Streams: items come one by one, in their order, each once; batches are confirmed, and end as messages do.
#![cfg(feature = "station")]

#[path = "support/stations.rs"]
mod stations;
mod support;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use stations::{KNOWN, behind, known_behind, station};
use support::{SOON, deadline, deadline_after, until};
use zeroless::Error;
use zeroless::station::{Array, Bytes, Items, Json, Message, Node, Text, Undelivered};

/// A station that has just started has to wait for those that were there before.
const LIMIT: Duration = Duration::from_secs(90);

/// Longer than any test takes.
const NEVER: Duration = Duration::from_secs(3600);

/// Handles a key by telling the numbers that come.
fn told(node: &Node, key: &str) -> mpsc::Receiver<u64> {
    let (tell, told) = mpsc::channel();
    node.listen(key, move |number: u64, _: &Message| {
        tell.send(number).unwrap();
    })
    .unwrap();
    told
}

/// Handles a key by waiting, for each item, until it may go on.
fn held(node: &Node, key: &str) -> mpsc::Sender<()> {
    let (go_on, wait) = mpsc::channel();
    let wait = Mutex::new(wait);
    node.listen(key, move |_: &Message| {
        let _ = wait.lock().unwrap().recv();
    })
    .unwrap();
    go_on
}

#[test]
fn items_come_one_by_one_in_their_order() {
    deadline_after(LIMIT, || {
        let site = station("site");
        let disk = behind(&site, "disk").start().unwrap();
        let told = told(&disk, "FRAME");
        let camera = behind(&site, "camera").start().unwrap();
        let frames = camera.stream("disk", "FRAME").start().unwrap();
        for number in 0..20_000_u64 {
            frames.send(&number).unwrap();
        }
        frames.flush(KNOWN).unwrap();
        assert!(told.try_iter().eq(0..20_000));
        let counts = frames.counts();
        assert_eq!((counts.taken, counts.delivered), (20_000, 20_000));
        assert!((2..=200).contains(&counts.batches), "{counts:?}");
    });
}

#[test]
fn an_item_tells_its_stream_and_has_a_body_of_any_kind() {
    deadline(|| {
        let node = station("rig1");
        let messages = node.messages();
        let stream = node.stream("rig1", "ITEM").name("left").subject("mouse 17");
        let stream = stream.start().unwrap();
        let frames = [b"one".to_vec(), Vec::new(), vec![3; 1000]];
        let array = Array::new("<u2", [2, 3], vec![7_u8; 12]);
        stream.send(()).unwrap();
        stream.send(&("a", 1)).unwrap();
        stream.send(Json(&[1, 2])).unwrap();
        stream.send(Text("grüße")).unwrap();
        stream.send(Bytes(vec![0xff; 100_000])).unwrap();
        stream.send(Items(frames.clone())).unwrap();
        stream.send(array.clone()).unwrap();
        let next = || {
            let message = messages.recv_timeout(SOON).unwrap();
            assert_eq!(message.stream(), Some("left"));
            assert_eq!(message.header("subject"), Some("mouse 17"));
            assert_eq!((message.from(), message.to()), ("rig1", "rig1"));
            assert!(message.time().is_some());
            message
        };
        next().value::<()>().unwrap();
        assert_eq!(next().value::<(String, u8)>().unwrap(), ("a".into(), 1));
        assert_eq!(next().value::<Vec<u8>>().unwrap(), [1, 2]);
        assert_eq!(next().value::<String>().unwrap(), "grüße");
        assert_eq!(next().bytes(), [0xff; 100_000]);
        let items = next();
        assert!(items.frames().iter().eq(frames.iter()));
        drop(items);
        let last = next();
        assert_eq!(last.array().unwrap().bytes, array.bytes);
        drop(last);
        stream.flush(SOON).unwrap();
        node.send("rig1", "PLAIN", ()).unwrap();
        assert_eq!(messages.recv_timeout(SOON).unwrap().stream(), None);
    });
}

#[test]
fn a_loop_gets_an_item_once_the_one_before_is_handled() {
    deadline(|| {
        let node = station("rig1");
        let messages = node.messages();
        let stream = node.stream("rig1", "ITEM").start().unwrap();
        for number in 0..3_u8 {
            stream.send(&number).unwrap();
        }
        let mut held = messages.recv_timeout(SOON).unwrap();
        for number in 1..3_u8 {
            assert!(matches!(messages.try_recv(), Err(Error::WouldBlock)));
            drop(held);
            held = messages.try_recv().unwrap();
            assert_eq!(held.value::<u8>().unwrap(), number);
        }
        assert_eq!(stream.counts().delivered, 0);
        drop(held);
        stream.flush(SOON).unwrap();
    });
}

#[test]
fn an_item_that_fails_does_not_hold_up_the_others() {
    deadline(|| {
        let node = station("rig1");
        let handled = Arc::new(AtomicU64::new(0));
        let counting = handled.clone();
        node.listen("ITEM", move |number: u64, _: &Message| {
            counting.fetch_add(1, Ordering::Relaxed);
            match number {
                3 => Err("too large"),
                7 => panic!("on purpose"),
                _ => Ok(()),
            }
        })
        .unwrap();
        let stream = node.stream("rig1", "ITEM").min_items(10).max_delay(NEVER);
        let stream = stream.start().unwrap();
        for number in 1..=20_u64 {
            stream.send(&number).unwrap();
        }
        let error = stream.flush(SOON).unwrap_err();
        let Some(Undelivered::Failed { reason }) = error.downcast_ref() else {
            panic!("{error}");
        };
        assert_eq!(reason, "item 3: too large");
        assert_eq!(handled.load(Ordering::Relaxed), 20);
        assert_eq!(stream.counts().undelivered + stream.counts().delivered, 20);
        // It was told.
        stream.flush(SOON).unwrap();
    });
}

#[test]
fn items_without_a_listener_fail() {
    deadline_after(LIMIT, || {
        let node = station("rig1");
        let stream = node.stream("rig1", "ITEM").min_items(30_000).queue(60_000);
        let stream = stream.max_bytes(16 << 20).start().unwrap();
        for _ in 0..60_000 {
            stream.send(()).unwrap();
        }
        let error = stream.flush(SOON).unwrap_err();
        assert!(
            error.to_string().contains("no listener for ITEM"),
            "{error}"
        );
        assert_eq!(stream.counts().undelivered, 60_000);
    });
}

#[test]
fn few_items_go_when_the_first_has_waited() {
    deadline(|| {
        let node = station("rig1");
        let told = told(&node, "ITEM");
        let stream = node.stream("rig1", "ITEM").min_items(1000).start().unwrap();
        stream.send(&1_u64).unwrap();
        assert_eq!(told.recv_timeout(SOON), Ok(1));
        let slow = node.stream("rig1", "ITEM").min_items(3).max_delay(NEVER);
        let slow = slow.start().unwrap();
        slow.send(&2_u64).unwrap();
        slow.send(&3_u64).unwrap();
        assert_eq!(slow.counts().batches, 0);
        slow.send(&4_u64).unwrap();
        assert!((2..5).all(|number| told.recv_timeout(SOON) == Ok(number)));
        assert_eq!(slow.counts().batches, 1);
    });
}

#[test]
fn a_batch_has_no_more_bytes_than_it_may() {
    deadline(|| {
        let node = station("rig1");
        node.listen("ITEM", |_: &Message| ()).unwrap();
        let stream = node.stream("rig1", "ITEM").max_bytes(1000).max_delay(NEVER);
        let stream = stream.start().unwrap();
        for _ in 0..9 {
            stream.send(Bytes([0; 300])).unwrap();
        }
        stream.send(Bytes([0; 5000])).unwrap();
        stream.flush(SOON).unwrap();
        assert_eq!(stream.counts().batches, 4);
    });
}

#[test]
fn a_full_stream_waits_until_something_has_ended() {
    deadline(|| {
        let node = station("rig1");
        let go_on = held(&node, "ITEM");
        let stream = node.stream("rig1", "ITEM").queue(10).min_items(1);
        let stream = stream.start().unwrap();
        for _ in 0..10 {
            stream.try_send(()).unwrap();
        }
        assert!(matches!(stream.try_send(()), Err(Error::WouldBlock)));
        let waiting = stream.clone();
        let waiting = thread::spawn(move || waiting.send(()));
        drop(go_on);
        waiting.join().unwrap().unwrap();
        stream.flush(SOON).unwrap();
        let counts = stream.counts();
        assert_eq!((counts.delivered, counts.dropped), (11, 0));
    });
}

#[test]
fn a_full_stream_drops_and_counts_where_that_is_wished() {
    deadline(|| {
        let node = station("rig1");
        let go_on = held(&node, "ITEM");
        let stream = node.stream("rig1", "ITEM").queue(10).drop_when_full();
        let stream = stream.start().unwrap();
        for _ in 0..25 {
            stream.send(()).unwrap();
        }
        assert_eq!(stream.counts().dropped, 15);
        drop(go_on);
        stream.flush(SOON).unwrap();
        assert_eq!(stream.counts().delivered, 10);
    });
}

#[test]
fn a_stream_that_is_dropped_has_sent_all() {
    deadline_after(LIMIT, || {
        let site = station("site");
        let told = told(&site, "ITEM");
        let camera = known_behind(&site, "camera");
        let stream = camera.stream("site", "ITEM").max_delay(NEVER);
        let stream = stream.start().unwrap();
        drop(camera);
        for number in 0..50_u64 {
            stream.send(&number).unwrap();
        }
        drop(stream);
        assert!(told.try_iter().eq(0..50));
    });
}

#[test]
fn streams_and_messages_to_one_node_do_not_wait_for_each_other() {
    deadline(|| {
        let node = station("rig1");
        let go_on = held(&node, "HELD");
        let told = told(&node, "ITEM");
        let first = node.stream("rig1", "HELD").start().unwrap();
        first.send(()).unwrap();
        let second = node.stream("rig1", "ITEM").start().unwrap();
        second.send(&1_u64).unwrap();
        second.flush(SOON).unwrap();
        node.send("rig1", "ITEM", &2_u64).unwrap().wait().unwrap();
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [1, 2]);
        assert_eq!(first.counts().delivered, 0);
        go_on.send(()).unwrap();
        first.flush(SOON).unwrap();
    });
}

#[test]
fn a_stream_may_have_a_connection_of_its_own() {
    deadline_after(LIMIT, || {
        let (site, disk) = (station("site"), station("disk"));
        let camera = known_behind(&site, "camera");
        let messages = disk.messages();
        let stream = camera.stream("disk", "FRAME").via(disk.endpoints());
        let stream = stream.start().unwrap();
        stream.send(&17).unwrap();
        let item = messages.recv_timeout(KNOWN).unwrap();
        assert_eq!((item.from(), item.to()), ("camera~FRAME", "disk"));
        drop(item);
        stream.flush(SOON).unwrap();
    });
}

#[test]
fn nothing_is_lost_while_a_station_is_away() {
    deadline_after(LIMIT, || {
        let site = station("site");
        let port = site.port();
        let disk = known_behind(&site, "disk");
        let told = told(&disk, "FRAME");
        let camera = known_behind(&site, "camera");
        let stream = camera
            .stream("disk", "FRAME")
            .queue(100_000)
            .start()
            .unwrap();
        for number in 0..5000_u64 {
            stream.send(&number).unwrap();
        }
        assert_eq!(told.recv_timeout(SOON), Ok(0));
        drop(site);
        for number in 5000..10_000_u64 {
            stream.send(&number).unwrap();
        }
        let _site = Node::builder("site")
            .bind(("127.0.0.1", port))
            .start()
            .unwrap();
        stream.flush(Duration::from_secs(60)).unwrap();
        assert!(told.try_iter().eq(1..10_000));
    });
}

#[test]
fn what_a_receiver_had_begun_comes_again_to_its_next_life() {
    deadline_after(LIMIT, || {
        let site = station("site");
        let disk = known_behind(&site, "disk");
        let (go_on, wait) = mpsc::channel::<()>();
        let (tell, begun) = mpsc::channel();
        let wait = Mutex::new(wait);
        disk.listen("FRAME", move |number: u64, _: &Message| {
            tell.send(number).unwrap();
            let _ = wait.lock().unwrap().recv();
        })
        .unwrap();
        let camera = known_behind(&site, "camera");
        let stream = camera.stream("disk", "FRAME").min_items(5).max_delay(NEVER);
        let stream = stream.start().unwrap();
        for number in 0..5_u64 {
            stream.send(&number).unwrap();
        }
        assert_eq!(begun.recv_timeout(SOON), Ok(0));
        disk.close(Duration::ZERO).unwrap();
        drop(disk);
        let (tell, told) = mpsc::channel();
        let handler = move |number: u64, item: &Message| {
            tell.send((number, item.is_redelivered())).unwrap();
        };
        let _next = behind(&site, "disk")
            .listen("FRAME", handler)
            .start()
            .unwrap();
        stream.flush(KNOWN).unwrap();
        assert!(told.try_iter().eq((0..5).map(|number| (number, true))));
        // The first life begins no other item.
        drop(go_on);
        assert_eq!(
            begun.recv_timeout(SOON),
            Err(RecvTimeoutError::Disconnected)
        );
    });
}

#[test]
fn a_stream_of_a_node_that_has_ended_is_an_error() {
    deadline(|| {
        let node = station("rig1");
        let go_on = held(&node, "ITEM");
        let stream = node.stream("rig1", "ITEM").start().unwrap();
        stream.send(()).unwrap();
        until(|| stream.counts().batches == 1);
        let closing = node.clone();
        let closing = thread::spawn(move || closing.close(Duration::ZERO));
        assert!(stream.flush(SOON).is_err());
        drop(go_on);
        assert!(closing.join().unwrap().is_err());
        assert!(matches!(
            node.stream("rig1", "ITEM").start(),
            Err(Error::Stopped)
        ));
        let refused = std::iter::repeat_with(|| stream.send(())).find(Result::is_err);
        assert_eq!(refused, Some(Err(Error::Stopped)));
    });
}

#[test]
fn numbers_that_cannot_be_are_refused() {
    deadline(|| {
        let node = station("rig1");
        let stream = || node.stream("rig1", "ITEM");
        for (builder, option) in [
            (stream().min_items(0), "min_items"),
            (stream().min_items(65_537), "min_items"),
            (stream().max_bytes(0), "max_bytes"),
            (stream().max_bytes((16 << 20) + 1), "max_bytes"),
            (stream().queue(0), "queue"),
            (stream().timeout(Duration::from_secs(601)), "timeout"),
            (stream().name("x".repeat(256)), "name"),
            (stream().subject("x".repeat(256)), "subject"),
        ] {
            let error = builder.start().unwrap_err();
            let Error::InvalidOption { option: named, .. } = error else {
                panic!("{error}");
            };
            assert_eq!(named, option);
        }
        let stream = stream().start().unwrap();
        let error = stream.send(Bytes(vec![0; 16 << 20])).unwrap_err();
        assert!(error.to_string().contains("16777221"), "{error}");
        assert_eq!(stream.counts().taken, 0);
    });
}

#[test]
fn a_node_has_255_streams_to_another() {
    deadline(|| {
        let node = station("rig1");
        let mut streams: Vec<_> = (0..255)
            .map(|_| node.stream("rig1", "ITEM").start().unwrap())
            .collect();
        assert!(node.stream("rig1", "ITEM").start().is_err());
        let _other = node.stream("rig2", "ITEM").start().unwrap();
        streams.pop();
        node.stream("rig1", "ITEM").start().unwrap();
    });
}
