//! Nodes of zeroless's, and a station between them.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use zeroless::station::{Bytes, Message, Node};

use super::Contender;
use crate::job::Job;
use crate::meter::Meter;

pub struct Station;

/// Longer than a station waits for those that were there before.
const SOON: Duration = Duration::from_secs(30);

impl Contender for Station {
    fn name(&self) -> &'static str {
        "zeroless station"
    }

    fn push(&self, job: &Job, meter: &mut Meter) {
        let node = Node::builder("camera").upstream(&job.endpoint[..]);
        let node = node.start().unwrap();
        node.wait_for("disk", SOON).unwrap();
        let body = job.body();
        let message = || Message::builder("disk", "ITEM").value(Bytes(&body[..]));
        match &job.pattern[..] {
            "confirmed" => {
                while meter.more() {
                    node.send_message(message()).unwrap();
                }
            }
            "unconfirmed" => {
                while meter.more() {
                    node.send_message(message().unconfirmed()).unwrap();
                }
            }
            "stream" => {
                let stream = node.stream("disk", "ITEM").min_items(100);
                let stream = stream.start().unwrap();
                while meter.more() {
                    stream.send(Bytes(&body[..])).unwrap();
                }
            }
            other => panic!("no pattern {other}"),
        }
    }

    fn pull(&self, job: &Job, ready: &mut dyn FnMut(&str), meter: &mut Meter) {
        let handled = Arc::new(AtomicU64::new(0));
        let counting = handled.clone();
        let node = Node::builder("disk").listen("ITEM", move |item: &Message| {
            black_box(item.bytes());
            counting.fetch_add(1, Ordering::Relaxed);
        });
        let node = match job.behind {
            true => node.upstream(&job.endpoint[..]),
            false => node.bind(&job.endpoint[..]),
        };
        let node = node.start().unwrap();
        node.wait_registered(SOON).unwrap();
        match node.endpoints().first() {
            Some(endpoint) => ready(&endpoint.to_string()),
            None => ready(&job.endpoint),
        }
        let mut counted = 0;
        loop {
            let now = handled.load(Ordering::Relaxed);
            while counted < now {
                counted += 1;
                if !meter.more() {
                    return;
                }
            }
            // One that waits for the first is to cost nothing.
            let pause = if now == 0 { 100 } else { 1 };
            thread::sleep(Duration::from_millis(pause));
        }
    }

    fn relay(&self, job: &Job, ready: &mut dyn FnMut(&str)) {
        let node = Node::builder("site").bind(&job.endpoint[..]);
        let node = node.start().unwrap();
        ready(&node.endpoints()[0].to_string());
        loop {
            thread::park();
        }
    }
}
