//! `zeroless watch` and `zeroless chat`: what is said in a group.

use std::fs::File;
use std::io::{self, Read, stdin};
use std::os::fd::AsFd;
use std::thread;
use std::time::Instant;

use serde_json::json;
use zeroless::Message;
use zeroless::zre::{Event, Node, Peer};

use crate::args::{ChatArgs, WatchArgs};
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::node::{self, plain};
use crate::notes::Notes;
use crate::output::print;

/// Prints what is shouted in a group.
pub(crate) fn watch(args: &WatchArgs, notes: Notes, interrupt: &Interrupt) -> Result<(), Exit> {
    let node = node::start(node::builder(&args.node), notes, interrupt)?;
    interrupt.watch_stdout()?;
    node.join(&args.group)?;
    let done = (|| {
        let mut left = args.count.unwrap_or(u64::MAX);
        while left > 0 {
            let Some((peer, message)) = next_shout(args, &node)? else {
                return interrupt.check();
            };
            print(line(args, &peer, &message).as_bytes())?;
            left -= 1;
            if args.prompt && left > 0 && !enter(interrupt)? {
                break;
            }
        }
        Ok(())
    })();
    node.stop();
    done
}

/// The next that is shouted in the group; none once the node has ended.
fn next_shout(args: &WatchArgs, node: &Node) -> Result<Option<(Peer, Message)>, Exit> {
    let until = args
        .timeout
        .and_then(|time| Instant::now().checked_add(time));
    loop {
        let event = match until {
            Some(until) => node.recv_deadline(until)?,
            None => node.recv()?,
        };
        match event {
            Event::Stop => return Ok(None),
            Event::Shout {
                peer,
                group,
                message,
            } if group == args.group => return Ok(Some((peer, message))),
            _ => {}
        }
    }
}

fn line(args: &WatchArgs, peer: &Peer, message: &Message) -> String {
    let parts: Vec<_> = message
        .iter()
        .map(|frame| frame.to_string_lossy())
        .collect();
    match args.json {
        true => {
            let id = peer.id().to_string();
            let object =
                json!({"name": peer.name(), "id": id, "group": args.group, "parts": parts});
            format!("{object}\n")
        }
        false => format!("{}: {}\n", plain(peer.name()), plain(&parts.join(" "))),
    }
}

/// Waits for a line; false at the end of the input.
fn enter(interrupt: &Interrupt) -> Result<bool, Exit> {
    let failed = |error: io::Error| Exit::failed(format_args!("stdin: {error}"));
    // Without a buffer, in which a line that is typed ahead would not be seen.
    let stdin = stdin().as_fd().try_clone_to_owned().map_err(failed)?;
    let mut stdin = File::from(stdin);
    let mut byte = [0];
    while byte != *b"\n" {
        interrupt.wait(Some(stdin.as_fd()), None)?;
        if stdin.read(&mut byte).map_err(failed)? == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Shouts each line that is typed, and prints what others shout.
pub(crate) fn chat(args: &ChatArgs, notes: Notes, interrupt: &Interrupt) -> Result<(), Exit> {
    let node = node::start(node::builder(&args.node), notes, interrupt)?;
    interrupt.watch_stdout()?;
    node.join(&args.group)?;
    let (talking, group) = (node.clone(), args.group.clone());
    thread::spawn(move || talk(&talking, &group, notes));
    for event in node.events() {
        let line = match event {
            Event::Join { peer, group } if group == args.group => {
                format!("* {} is here\n", plain(peer.name()))
            }
            Event::Leave { peer, group } if group == args.group => {
                format!("* {} has left\n", plain(peer.name()))
            }
            Event::Exit { peer } => format!("* {} has gone\n", plain(peer.name())),
            Event::Shout {
                peer,
                group,
                message,
            } if group == args.group => {
                let text = message.to_string_lossy();
                format!("{}: {}\n", plain(peer.name()), plain(&text))
            }
            Event::Whisper { peer, message } => {
                let text = message.to_string_lossy();
                format!("{} whispers: {}\n", plain(peer.name()), plain(&text))
            }
            _ => continue,
        };
        print(line.as_bytes())?;
    }
    node.stop();
    interrupt.check()
}

/// Shouts each line of the input, and stops the node at its end.
fn talk(node: &Node, group: &str, notes: Notes) {
    for line in stdin().lines().map_while(Result::ok) {
        if let Err(error) = node.shout(group, line) {
            notes.warn(format_args!("not everybody hears that: {error}"));
        }
    }
    node.stop();
}
