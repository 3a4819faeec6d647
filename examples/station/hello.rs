//! A station, and two nodes behind it, in one program.

use zeroless::station::{Message, Node};

fn main() -> Result<(), zeroless::Error> {
    let site = Node::builder("site").bind(0).start()?;
    let bob = Node::builder("bob").upstream(site.port()).start()?;
    bob.listen("HELLO", |whom: String, message: &Message| {
        println!("{} says hello, {whom}", message.from());
    })?;
    let alice = Node::builder("alice").upstream(site.port()).start()?;
    alice.send("bob", "HELLO", "world")?.wait()?;
    println!("delivered");
    Ok(())
}
