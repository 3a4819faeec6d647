//! The chat of pyre's README: each line that is typed goes to everybody in the group CHAT, pyre's among
//! them. The end of the input ends it.

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

    let events = node.events();
    thread::spawn(move || events.for_each(show));
    for line in stdin().lines() {
        node.shout("CHAT", line?)?;
    }
    Ok(()) // says goodbye
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
