//! Messages and the keyboard in one thread, by `poll`: prints each message, until a line is typed or Ctrl-C
//! stops it.

#[path = "../common/mod.rs"]
mod common;

use std::error::Error;
use std::io;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::retry_on_intr;
use zeroless::Server;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let pull = Server::bind(common::port(12345))?.pull()?;
    common::stop_on_ctrl_c(pull.stopper()?)?;
    let keyboard = io::stdin();
    loop {
        let mut ready = [
            PollFd::new(&pull, PollFlags::IN),
            PollFd::new(&keyboard, PollFlags::IN),
        ];
        retry_on_intr(|| poll(&mut ready, None))?;
        let typed = !ready[1].revents().is_empty();
        for message in pull.try_iter() {
            println!("{message}");
        }
        // A stop makes the handle's file descriptor readable, too.
        if typed || pull.status().is_err() {
            return Ok(());
        }
    }
}
