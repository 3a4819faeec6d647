//! Deals work out to the workers that are there, the least loaded first, and gathers the answers.
//!
//! ```sh
//! cargo run --example dealer worker Ann   # any number of workers, on any machine
//! cargo run --example dealer 1000         # has so many numbers divided, and ends
//! ```
//!
//! Whispers are JSON: a number; and `[number,divisor]`, or `{"refused":"why"}`. A worker
//! that leaves, refuses or answers nonsense has its work given to another. Ctrl-C ends both.

#[path = "common/mod.rs"]
mod common;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::env;
use std::error::Error;
use std::time::Duration;

use log::warn;
use serde_json::{Value, json};
use zeroless::Message;
use zeroless::zre::{Builder, Event, Node, Peer, Uuid};

/// The group of the workers.
const GROUP: &str = "divisors";

/// How many numbers a worker has at once: the one that it divides, and those that it need not wait for then.
const AT_ONCE: usize = 4;

/// Beyond this it takes too long.
const LARGEST: u64 = 1 << 50;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("worker") => work(arguments.get(1).map_or("worker", String::as_str)),
        Some(count) => deal(count.parse()?),
        None => deal(100),
    }
}

/// A node on the first network that there is, or where `DEALER_NET=127.0.0.1:5670` says.
fn node(name: &str) -> Result<Builder, Box<dyn Error>> {
    let node = Node::builder(name);
    match env::var("DEALER_NET").unwrap_or_default().split_once(':') {
        Some((interface, port)) => Ok(node.interface(interface).port(port.parse()?)),
        None => Ok(node),
    }
}

/// Answers each dealer, until it is stopped.
fn work(name: &str) -> Result<(), Box<dyn Error>> {
    let node = node(name)?.start()?;
    node.join(GROUP)?;
    let stopping = node.clone();
    common::on_ctrl_c(move || stopping.stop())?;
    for event in node.events() {
        if let Event::Whisper { peer, message } = event {
            let answer = answer(&message).unwrap_or_else(|why| json!({ "refused": why }));
            if let Err(unsent) = node.whisper(peer.id(), answer.to_string()) {
                warn!("{:?} gets no answer: {unsent}", peer.name());
            }
        }
    }
    node.stop(); // waits for its goodbye
    Ok(())
}

/// A number with its smallest divisor, or why it is refused.
fn answer(message: &Message) -> Result<Value, String> {
    let number: u64 = serde_json::from_slice(message.as_bytes()).map_err(|it| it.to_string())?;
    if !(2..=LARGEST).contains(&number) {
        return Err(format!("choose between 2 and {LARGEST}"));
    }
    let mut divisors = (2..).take_while(|it| it * it <= number);
    let divisor = divisors.find(|it| number.is_multiple_of(*it));
    Ok(json!([number, divisor.unwrap_or(number)]))
}

/// Has so many numbers divided, and tells how many each worker did.
fn deal(count: u64) -> Result<(), Box<dyn Error>> {
    let node = node("dealer")?
        .evasive(Duration::from_secs(1)) // a worker that dies says no goodbye
        .expired(Duration::from_secs(3))
        .start()?;
    let stopping = node.clone();
    common::on_ctrl_c(move || stopping.stop())?;
    let mut events = node.events();
    let mut dealer = Dealer {
        node,
        open: (1..=count).map(|it| 1_000_000_000_000 + it).collect(),
        workers: HashMap::new(),
        done: BTreeMap::new(),
    };
    while dealer.is_busy()
        && let Some(event) = events.next()
    {
        match event {
            Event::Join { peer, group } if group == GROUP => {
                dealer.workers.insert(peer.id(), HashSet::new());
            }
            Event::Leave { peer, group } if group == GROUP => dealer.give_up(peer.id()),
            Event::Exit { peer } => dealer.give_up(peer.id()),
            Event::Whisper { peer, message } => dealer.hear(&peer, &message),
            _ => {}
        }
        dealer.deal();
    }
    dealer.node.stop(); // waits for its goodbye
    for (name, done) in dealer.done {
        println!("{name} did {done}");
    }
    Ok(())
}

struct Dealer {
    node: Node,
    /// The numbers that nobody has.
    open: Vec<u64>,
    /// The numbers that each of the workers has.
    workers: HashMap<Uuid, HashSet<u64>>,
    /// How many numbers each worker has done.
    done: BTreeMap<String, usize>,
}

impl Dealer {
    fn is_busy(&self) -> bool {
        !self.open.is_empty() || self.workers.values().any(|work| !work.is_empty())
    }

    /// Gives to the worker that has least, until all have enough.
    fn deal(&mut self) {
        while let Some((&worker, work)) = self.workers.iter_mut().min_by_key(|(_, it)| it.len())
            && work.len() < AT_ONCE
            && let Some(number) = self.open.pop()
        {
            work.insert(number);
            if let Err(unsent) = self.node.whisper(worker, json!(number).to_string()) {
                warn!("{worker} is given up: {unsent}");
                self.give_up(worker);
            }
        }
    }

    fn hear(&mut self, peer: &Peer, message: &Message) {
        let Some(work) = self.workers.get_mut(&peer.id()) else {
            return; // it was given up, and others have its work
        };
        match serde_json::from_slice::<(u64, u64)>(message.as_bytes()) {
            Ok((number, divisor)) if work.remove(&number) => {
                println!("{} divides {number} by {divisor}", peer.name());
                *self.done.entry(peer.name().to_owned()).or_default() += 1;
            }
            _ => {
                warn!("{:?} is given up: {message:?}", peer.name());
                self.give_up(peer.id());
            }
        }
    }

    /// Opens a worker's numbers again.
    fn give_up(&mut self, worker: Uuid) {
        self.open
            .extend(self.workers.remove(&worker).into_iter().flatten());
    }
}
