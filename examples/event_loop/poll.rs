//! Messages and the keyboard in one thread, by `poll`: prints what is pushed, until a line is typed.

#[path = "../common/mod.rs"]
mod common;

use std::error::Error;
use std::io;

use rustix::event::{PollFd, PollFlags, poll};
use zeroless::Server;

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let pull = Server::bind(common::port(12345))?.pull()?;
    let keyboard = io::stdin();
    loop {
        let mut ready = [
            PollFd::new(&pull, PollFlags::IN),
            PollFd::new(&keyboard, PollFlags::IN),
        ];
        poll(&mut ready, None)?;
        let typed = !ready[1].revents().is_empty();
        for message in pull.try_iter() {
            println!("{message}");
        }
        if typed {
            return Ok(());
        }
    }
}
