//! The node by which a command takes part in the network.

use std::fmt::Write;

use zeroless::zre::{Builder, Event, Node};

use crate::args::NodeArgs;
use crate::ends::{to_bind, to_connect};
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::notes::Notes;

/// A node with these arguments, to be started.
pub(crate) fn builder(args: &NodeArgs) -> Builder {
    let user = || std::env::var("USER").ok().filter(|name| !name.is_empty());
    let name = args.name.clone().or_else(user);
    let mut builder = Node::builder(name.unwrap_or_else(|| "zeroless".to_owned()));
    builder = builder.port(args.beacon_port);
    if let Some(interface) = &args.interface {
        builder = builder.interface(interface);
    }
    for endpoint in &args.gossip {
        builder = builder.gossip_connect(to_connect(endpoint));
    }
    if let Some(endpoint) = &args.gossip_bind {
        builder = builder.gossip_bind(to_bind(endpoint));
    }
    for (key, value) in &args.header {
        builder = builder.header(key, value);
    }
    builder
}

/// Starts it; the end of the command stops it.
pub(crate) fn start(builder: Builder, notes: Notes, interrupt: &Interrupt) -> Result<Node, Exit> {
    let node = builder.start()?;
    for endpoint in node.gossip_endpoints() {
        notes.tell(format_args!("listening on {endpoint}"));
    }
    let stopped = node.clone();
    interrupt.calls(move || stopped.stop());
    Ok(node)
}

/// Whether this tells that the node has ended.
pub(crate) fn is_end(event: &Event) -> bool {
    matches!(event, Event::Stop)
}

/// A text of somebody else's, to be printed in a line: it cannot change what the terminal shows.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::new();
    for char in text.chars() {
        match char.is_control() {
            // Writing to a string does not fail.
            true => drop(write!(plain, "{}", char.escape_default())),
            false => plain.push(char),
        }
    }
    plain
}
