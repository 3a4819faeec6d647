//! Messages beside tokio's timers and tasks: prints each message, and when none has come for a while, until
//! Ctrl-C stops it.

#![allow(unsafe_code)]

#[path = "../common/mod.rs"]
mod common;

use std::error::Error;
use std::time::Duration;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::time::timeout;
use zeroless::{Message, Pull, Server};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let pull = Server::bind(common::port(12345))?.pull()?;
    common::stop_on_ctrl_c(pull.stopper()?)?;
    // SAFETY: a handle's file descriptor stays the same, and open, as long as the handle lives.
    let pull = unsafe { AsyncFd::register_with_interest(pull, Interest::READABLE)? };
    loop {
        match timeout(Duration::from_secs(10), recv(&pull)).await {
            Ok(received) => match received? {
                Some(message) => println!("{message}"),
                None => return Ok(()),
            },
            Err(_) => println!("nothing for ten seconds"),
        }
    }
}

/// Receives the next message, or `None` after a stop; other tasks run meanwhile.
async fn recv(pull: &AsyncFd<Pull>) -> Result<Option<Message>, Box<dyn Error>> {
    loop {
        let mut ready = pull.readable().await?;
        match pull.get_ref().try_recv() {
            Err(zeroless::Error::WouldBlock) => {
                // A stop is told once there are no more messages.
                if pull.get_ref().status() == Err(zeroless::Error::Stopped) {
                    return Ok(None);
                }
                ready.clear_ready();
            }
            received => return Ok(Some(received?)),
        }
    }
}
