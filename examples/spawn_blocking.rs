//! A handle in an asynchronous program: its calls wait in threads that tokio has for that.

#[path = "common/mod.rs"]
mod common;

use std::error::Error;

use tokio::task::JoinSet;
use zeroless::Client;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let requester = Client::connect(common::port(12345))?.request()?;

    // All three are under way at once: clones share one socket.
    let mut replies = JoinSet::new();
    for message in ["Msg1", "Msg2", "Msg3"] {
        let requester = requester.clone();
        replies.spawn_blocking(move || requester.request(message));
    }
    while let Some(reply) = replies.join_next().await {
        println!("{}", reply??);
    }
    Ok(())
}
