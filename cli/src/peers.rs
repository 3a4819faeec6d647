//! `zeroless peers`: who is there.

use std::time::Instant;

use serde_json::{Map, Value, json};
use zeroless::zre::{Event, Node, Peer};

use crate::args::PeersArgs;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::node::{self, plain};
use crate::notes::Notes;
use crate::output::print;

/// Lists the peers, or tells what happens to them.
pub(crate) fn run(args: &PeersArgs, notes: Notes, interrupt: &Interrupt) -> Result<(), Exit> {
    let node = node::start(node::builder(&args.node), notes, interrupt)?;
    interrupt.watch_stdout()?;
    let done = match args.follow {
        true => follow(args, &node, interrupt),
        false => list(args, &node, interrupt),
    };
    node.stop();
    done
}

/// Waits for peers, and lists them.
fn list(args: &PeersArgs, node: &Node, interrupt: &Interrupt) -> Result<(), Exit> {
    let until = Instant::now() + args.wait;
    while args.count.is_none_or(|count| node.peers().len() < count) {
        match node.recv_deadline(until) {
            Ok(_) => {}
            Err(error) if error.is_timeout() => break,
            Err(error) => return Err(error.into()),
        }
    }
    interrupt.check()?;
    let mut peers = node.peers();
    peers.sort_by(|one, two| (one.name(), one.id()).cmp(&(two.name(), two.id())));
    let text = match args.json {
        true => {
            let all: Vec<Value> = peers.iter().map(|peer| object(node, peer)).collect();
            format!("{}\n", Value::from(all))
        }
        false => table(node, &peers),
    };
    print(text.as_bytes())
}

/// What is known of a peer.
fn object(node: &Node, peer: &Peer) -> Value {
    json!({
        "name": peer.name(),
        "id": peer.id().to_string(),
        "endpoint": peer.endpoint().to_string(),
        "groups": node.groups_of(peer.id()),
        "services": services(peer).map(|(name, pattern, endpoints)| json!({
            "name": name, "pattern": pattern, "endpoints": endpoints,
        })).collect::<Vec<_>>(),
        "headers": peer.headers(),
    })
}

/// The services that a peer announces: name, pattern, endpoints.
fn services(peer: &Peer) -> impl Iterator<Item = (&str, &str, Vec<&str>)> {
    let headers = peer.headers().iter();
    headers.filter_map(|(key, endpoints)| {
        let (name, pattern) = key.strip_prefix("X-")?.rsplit_once('-')?;
        Some((name, pattern, endpoints.split_whitespace().collect()))
    })
}

/// A row for each, in columns.
fn table(node: &Node, peers: &[Peer]) -> String {
    let mut rows = vec![["NAME", "ID", "ENDPOINT", "GROUPS", "SERVICES"].map(str::to_owned)];
    rows.extend(peers.iter().map(|peer| {
        let services: Vec<String> = services(peer)
            .map(|(name, pattern, _)| format!("{name} ({pattern})"))
            .collect();
        [
            plain(peer.name()),
            peer.id().to_string().chars().take(6).collect(),
            peer.endpoint().to_string(),
            plain(&node.groups_of(peer.id()).join(", ")),
            plain(&services.join(", ")),
        ]
    }));
    columns(&rows)
}

/// Rows of texts, each column as wide as its widest.
pub(crate) fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(widths);
        let line: String = cells
            .map(|(cell, width)| format!("{cell:width$}  "))
            .collect();
        text += line.trim_end();
        text.push('\n');
    }
    text
}

/// Prints events until the node is stopped.
fn follow(args: &PeersArgs, node: &Node, interrupt: &Interrupt) -> Result<(), Exit> {
    let mut left = args.count.unwrap_or(usize::MAX);
    while left > 0 {
        let event = node.recv()?;
        if node::is_end(&event) {
            break;
        }
        let Some(told) = Told::of(&event) else {
            continue;
        };
        let line = match args.json {
            true => told.object().to_string(),
            false => told.text(),
        };
        print(format!("{line}\n").as_bytes())?;
        left -= 1;
    }
    interrupt.check()
}

/// An event, as it is told.
struct Told<'a> {
    event: &'static str,
    peer: Option<&'a Peer>,
    group: Option<&'a str>,
    message: Option<String>,
}

impl<'a> Told<'a> {
    fn of(event: &'a Event) -> Option<Told<'a>> {
        let (name, group, message) = match event {
            Event::Enter { .. } => ("enter", None, None),
            Event::Evasive { .. } => ("evasive", None, None),
            Event::Silent { .. } => ("silent", None, None),
            Event::Exit { .. } => ("exit", None, None),
            Event::Join { group, .. } => ("join", Some(group), None),
            Event::Leave { group, .. } => ("leave", Some(group), None),
            Event::Leader { group, .. } => ("leader", Some(group), None),
            Event::Whisper { message, .. } => ("whisper", None, Some(message)),
            Event::Shout { group, message, .. } => ("shout", Some(group), Some(message)),
            _ => return None,
        };
        Some(Told {
            event: name,
            peer: event.peer(),
            group: group.map(String::as_str),
            message: message.map(|message| message.to_string_lossy().into_owned()),
        })
    }

    fn object(&self) -> Value {
        let mut object = Map::new();
        object.insert("event".to_owned(), self.event.into());
        if let Some(peer) = self.peer {
            object.insert("name".to_owned(), peer.name().into());
            object.insert("id".to_owned(), peer.id().to_string().into());
            object.insert("endpoint".to_owned(), peer.endpoint().to_string().into());
        }
        if let Some(group) = self.group {
            object.insert("group".to_owned(), group.into());
        }
        if let Some(message) = &self.message {
            object.insert("message".to_owned(), message.as_str().into());
        }
        object.into()
    }

    fn text(&self) -> String {
        let mut text = self.event.to_owned();
        if let Some(peer) = self.peer {
            text += &format!(" {} {}", plain(peer.name()), peer.endpoint());
        }
        for more in [self.group, self.message.as_deref()].into_iter().flatten() {
            text += &format!(" {}", plain(more));
        }
        text
    }
}
