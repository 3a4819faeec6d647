//! `zeroless station`: stations, and nodes that send and listen.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use zeroless::station::{Message, Node};

use crate::args::{StationCommand, StationNodeArgs};
use crate::ends::{to_bind, to_connect};
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::notes::Notes;
use crate::output::print;

/// How long a station may take to confirm a node that listens.
const REGISTRATION: Duration = Duration::from_secs(10);

/// How long the last messages may take.
const DELIVERY: Duration = Duration::from_millis(500);

/// Runs a station, sends, or listens.
pub(crate) fn run(
    command: &StationCommand,
    notes: Notes,
    interrupt: &Interrupt,
) -> Result<(), Exit> {
    match command {
        StationCommand::Run { id, bind, upstream } => {
            let mut builder = Node::builder(id).bind(to_bind(bind));
            if let Some(upstream) = upstream {
                builder = builder.upstream(to_connect(upstream));
            }
            let station = builder.start()?;
            for endpoint in station.endpoints() {
                notes.tell(format_args!("listening on {endpoint}"));
            }
            interrupt.wait(None, None).map(|_| ())
        }
        StationCommand::Send {
            to,
            key,
            value,
            request,
            node,
            timeout,
        } => {
            let value: Value = serde_json::from_str(value)
                .map_err(|error| Exit::usage(format_args!("the value is not JSON: {error}")))?;
            let node = start(node, *timeout, interrupt)?;
            if *request {
                let reply = node.request(to, key, &value)?;
                return print(format!("{}\n", content(&reply)).as_bytes());
            }
            let ticket = node.send(to, key, &value)?;
            let waited = ticket.end_timeout(*timeout)?;
            match waited {
                zeroless::station::End::Delivered => Ok(()),
                other => Err(Exit::failed(format_args!(
                    "{to} has not handled it: {other:?}"
                ))),
            }
        }
        StationCommand::Listen { node, count } => {
            let node = start(node, REGISTRATION, interrupt)?;
            interrupt.watch_stdout()?;
            notes.tell(format_args!("listening as {}", node.id()));
            for message in node
                .messages()
                .take(count.unwrap_or(usize::MAX as u64) as usize)
            {
                let object = json!({
                    "from": message.from(), "key": message.key(), "value": content(&message),
                });
                print(format!("{object}\n").as_bytes())?;
                drop(message);
            }
            drop(node.close(DELIVERY));
            Ok(())
        }
    }
}

fn start(args: &StationNodeArgs, timeout: Duration, interrupt: &Interrupt) -> Result<Node, Exit> {
    let id = args.id.clone();
    let id = id.unwrap_or_else(|| format!("zeroless-{}", std::process::id()));
    let builder = Node::builder(id).upstream(to_connect(&args.upstream));
    let node = builder.timeout(timeout).start()?;
    let closed = node.clone();
    interrupt.calls(move || drop(closed.close(Duration::ZERO)));
    // Before that nobody reaches it.
    node.wait_registered(timeout)?;
    Ok(node)
}

/// A message's value; bytes that are not one as base64.
fn content(message: &Message) -> Value {
    message
        .value::<Value>()
        .unwrap_or_else(|_| json!({ "base64": BASE64_STANDARD.encode(message.bytes()) }))
}
