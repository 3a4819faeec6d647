//! The chat of pyre's README: each line that is typed goes to everybody in the group CHAT, pyre's among
//! them. The end of the input ends it, and so does Ctrl-C.

#[path = "common/mod.rs"]
mod common;

use std::io::stdin;
use std::thread;

use zeroless::zre::{Event, Node};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    env_logger::init();
    let name = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "anonymous".to_owned());
    let node = Node::builder(name)
        .header("CHAT_Header1", "example header1")
        .start()?;
    node.join("CHAT")?;

    let (talking, stopping) = (node.clone(), node.clone());
    common::on_ctrl_c(move || stopping.stop())?;
    thread::spawn(move || talk(&talking));
    node.events().for_each(show);
    node.stop(); // waits for its goodbye
    Ok(())
}

/// Shouts each line of the input, and stops the node at its end.
fn talk(node: &Node) {
    for line in stdin().lines().map_while(Result::ok) {
        if let Err(error) = node.shout("CHAT", line) {
            eprintln!("not everybody hears that: {error}");
        }
    }
    node.stop();
}

fn show(event: Event) {
    match event {
        Event::Join { peer, group } if group == "CHAT" => println!("* {} is here", peer.name()),
        Event::Exit { peer } => println!("* {} has left", peer.name()),
        Event::Shout { peer, message, .. } => println!("{}: {message}", peer.name()),
        Event::Whisper { peer, message } => println!("{} whispers: {message}", peer.name()),
        _ => {}
    }
}
