//! Nodes of ZRE, of zeroless's.

use std::hint::black_box;
use std::time::{Duration, Instant};

use zeroless::Message;
use zeroless::zre::{Builder, Event, Node, Uuid};

use crate::costs::Costs;
use crate::job::Job;
use crate::meter::Meter;
use crate::process::{now, resident};

const GROUP: &str = "bench";

/// How long one waits for a peer that does not take its messages.
const PATIENCE: Duration = Duration::from_millis(10);

pub fn meet(job: &Job) {
    let began = now();
    let node = builder(job).start().unwrap();
    println!("{began}");
    wait(&node, |event| matches!(event, Event::Enter { .. }));
    println!("{}", now());
}

pub fn hear(job: &Job, ready: &mut dyn FnMut(&str), meter: &mut Meter) {
    let node = builder(job).start().unwrap();
    node.join(GROUP).unwrap();
    ready("ready");
    let (mut came, mut next) = (0, 0);
    let mut messages = node.events().filter_map(|event| match event {
        Event::Shout { message, .. } | Event::Whisper { message, .. } => Some(message),
        _ => None,
    });
    while meter.more() {
        let message = messages.next().unwrap();
        came += 1;
        next = number(&message) + 1;
        black_box(&message);
    }
    println!("{came}\n{}", next - came);
}

pub fn shout(job: &Job, meter: &mut Meter) {
    let node = builder(job).start().unwrap();
    wait(&node, |event| matches!(event, Event::Join { .. }));
    let mut body = job.body();
    let mut number = 0u64;
    while meter.more() {
        body[..8].copy_from_slice(&number.to_be_bytes());
        // The receiver notices shouts that do not get through.
        let _ = node.shout(GROUP, &body[..]);
        number += 1;
    }
}

pub fn mesh(job: &Job, ready: &mut dyn FnMut(&str)) {
    let costs = Costs::begin(ready);
    let nodes: Vec<Node> = (0..job.nodes)
        .map(|_| builder(job).start().unwrap())
        .collect();
    for node in &nodes {
        for _ in 0..job.peers {
            wait(node, |event| matches!(event, Event::Enter { .. }));
        }
    }
    costs.tell();
    // Until the end, while its processor time may be counted.
    std::mem::forget(nodes);
}

pub fn flood(job: &Job, ready: &mut dyn FnMut(&str)) {
    let node = builder(job).send_timeout(PATIENCE).start().unwrap();
    let joined = wait(&node, |event| matches!(event, Event::Join { .. }));
    let peer = joined.peer().unwrap().id();
    ready("ready");
    let before = resident();
    let end = Instant::now() + Duration::from_secs_f64(job.seconds);
    let (mut tried, mut told, mut most) = (0, 0, before);
    let body = &job.body()[..];
    while tried < job.count && Instant::now() < end {
        for _ in 0..1000 {
            tried += 1;
            told += u64::from(!send(&node, job, peer, body));
        }
        most = most.max(resident());
    }
    println!("{tried}\n{told}\n{}", most - before);
}

/// Whether it has been sent.
fn send(node: &Node, job: &Job, peer: Uuid, body: &[u8]) -> bool {
    match &job.pattern[..] {
        "whisper" => node.whisper(peer, body).is_ok(),
        _ => node.shout(GROUP, body).is_ok(),
    }
}

fn builder(job: &Job) -> Builder {
    Node::builder("bench")
        .interface(&job.interface[..])
        .port(job.beacons)
}

fn wait(node: &Node, is_it: impl Fn(&Event) -> bool) -> Event {
    let mut events = node.events();
    events.find(|event| is_it(event)).expect("a node that runs")
}

/// How many were sent before it.
fn number(message: &Message) -> u64 {
    let (number, _) = message.as_bytes().split_first_chunk().expect("a number");
    u64::from_be_bytes(*number)
}
