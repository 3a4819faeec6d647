//! Confirmed messages through a station, while it and the receiver are killed and started again: none is lost, and none
//! is handled twice in one life.
//!
//! `ZEROLESS_STATION=100` has so many processes killed; it is four otherwise.
#![cfg(feature = "station")]

#[path = "support/process.rs"]
mod process;
#[path = "support/stations.rs"]
mod stations;
mod support;

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use process::{Process, again};
use stations::KNOWN;
use support::{Folder, deadline_after, pause};
use zeroless::station::{Message, Node, Ticket};

/// The variable by which a process is told what it is.
const ROLE: &str = "ZEROLESS_STATION_ROLE";

const TEST: &str = "no_message_is_lost_and_none_is_handled_twice_in_a_life";

/// How many messages are on their way at once.
const WINDOW: usize = 200;

fn kills() -> usize {
    let set = std::env::var("ZEROLESS_STATION").ok();
    set.map_or(4, |kills| kills.parse().expect("a number"))
}

/// How long it may take: a receiver that was killed has its id again after 8 s.
fn limit() -> Duration {
    Duration::from_secs(120 + 20 * kills() as u64)
}

/// Is a station or a receiver, if this process was started for that.
fn play() -> bool {
    let Ok(role) = std::env::var(ROLE) else {
        return false;
    };
    let (port, path) = role.split_once(' ').expect("as it is written below");
    let endpoint = format!("tcp://127.0.0.1:{port}");
    let _node = match path {
        "" => Node::builder("site")
            .bind(endpoint.as_str())
            .start()
            .unwrap(),
        path => receiver(&endpoint, Path::new(path)),
    };
    println!("\nready");
    loop {
        thread::park();
    }
}

/// Writes down the number of each message before it has handled it.
fn receiver(endpoint: &str, path: &Path) -> Node {
    let file = OpenOptions::new().create(true).append(true).open(path);
    let file = Mutex::new(file.unwrap());
    let write = move |number: u64, message: &Message| {
        let flag = u64::from(message.is_redelivered());
        let mut line = number.to_le_bytes().to_vec();
        line.extend(flag.to_le_bytes());
        file.lock().unwrap().write_all(&line).unwrap();
    };
    let node = Node::builder("disk")
        .upstream(endpoint)
        .listen("FRAME", write);
    node.start().unwrap()
}

fn start(port: u16, path: &str) -> Process {
    let process = Process::start(&mut again(TEST, ROLE, format!("{port} {path}")), limit());
    process.prints("ready");
    process
}

/// The numbers that a life of the receiver has handled, with the flag.
fn handled(path: &Path) -> Vec<(u64, bool)> {
    let bytes = fs::read(path).unwrap_or_default();
    let number = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().unwrap());
    let lines = bytes.chunks_exact(16);
    lines
        .map(|line| (number(&line[..8]), number(&line[8..]) == 1))
        .collect()
}

/// Sends until it is told to end; each is delivered in the end.
fn send(camera: &Node, next: &AtomicUsize, is_over: &AtomicBool) {
    let wait = |ticket: &Ticket| ticket.wait().expect("it is delivered");
    let mut tickets = std::collections::VecDeque::new();
    while !is_over.load(Ordering::SeqCst) {
        let number = next.fetch_add(1, Ordering::SeqCst) as u64;
        let message = Message::builder("disk", "FRAME").value(&number);
        let message = message.timeout(Duration::from_secs(300));
        tickets.push_back(camera.send_message(message).unwrap());
        if tickets.len() >= WINDOW {
            wait(&tickets.pop_front().unwrap());
        }
        pause();
    }
    tickets.iter().for_each(wait);
}

#[test]
fn no_message_is_lost_and_none_is_handled_twice_in_a_life() {
    if play() {
        return;
    }
    deadline_after(limit(), || {
        let folder = Folder::new();
        let port = {
            let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            taken.local_addr().unwrap().port()
        };
        let file = |life: usize| -> PathBuf { folder.path().join(format!("life-{life}")) };
        let path = |life: usize| file(life).display().to_string();
        let mut life = 0;
        let mut station = Some(start(port, ""));
        let mut disk = Some(start(port, &path(life)));
        let camera = Node::builder("camera").upstream(port).start().unwrap();
        camera.wait_registered(KNOWN).unwrap();
        camera.wait_for("disk", KNOWN).unwrap();
        let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
        thread::scope(|scope| {
            let sending = scope.spawn(|| send(&camera, &next, &is_over));
            for kill in 0..kills() {
                // All goes well for a while, first.
                let before = next.load(Ordering::SeqCst);
                while next.load(Ordering::SeqCst) < before + 2 * WINDOW {
                    assert!(!sending.is_finished(), "a message was lost");
                    pause();
                }
                if kill % 2 == 0 {
                    station.take().map(Process::kill);
                    station = Some(start(port, ""));
                } else {
                    disk.take().map(Process::kill);
                    life += 1;
                    disk = Some(start(port, &path(life)));
                }
            }
            is_over.store(true, Ordering::SeqCst);
            sending.join().expect("all were delivered");
        });
        let mut lives: HashMap<u64, Vec<(usize, bool)>> = HashMap::new();
        for life in 0..=life {
            let mut last = None;
            for (number, is_flagged) in handled(&file(life)) {
                assert!(
                    last < Some(number),
                    "{number} after {last:?} in life {life}"
                );
                last = Some(number);
                lives.entry(number).or_default().push((life, is_flagged));
            }
        }
        for number in 0..next.load(Ordering::SeqCst) as u64 {
            let times = lives.get(&number).map_or(&[][..], |times| times);
            assert!(!times.is_empty(), "{number} is lost");
            assert!(
                times[1..].iter().all(|(_, flag)| *flag),
                "{number}: {times:?}"
            );
        }
        println!("{} messages, {life} receivers killed", lives.len());
        drop((station, disk));
    });
}
