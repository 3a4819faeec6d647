//! Shared by the examples: how they read an argument, and end by Ctrl-C.

#![allow(dead_code, reason = "each example uses its own part of this")]

use std::env;
use std::fmt::Display;
use std::io;
use std::process::exit;
use std::str::FromStr;
use std::thread;

use log::info;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use zeroless::Stopper;

/// The first argument, a port, or this one.
pub(crate) fn port(default: u16) -> u16 {
    argument(1, "a port, 0 to 65535", default)
}

/// The argument at this place, or the default; ends the program if it is something else.
pub(crate) fn argument<T: FromStr<Err: Display>>(place: usize, what: &str, default: T) -> T {
    let Some(text) = env::args().nth(place) else {
        return default;
    };
    text.parse().unwrap_or_else(|error| {
        eprintln!("{text:?} is not {what}: {error}");
        exit(2)
    })
}

/// Ctrl-C stops a handle: its loop ends, and then the program as any other. The next Ctrl-C ends the
/// wait for the delivery of queued messages.
pub(crate) fn stop_on_ctrl_c(stopper: Stopper) -> io::Result<()> {
    on_ctrl_c(move || stopper.stop())
}

/// Calls this at each Ctrl-C, in a thread of its own.
pub(crate) fn on_ctrl_c(stop: impl Fn() + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    info!("Ctrl-C stops it");
    thread::spawn(move || signals.forever().for_each(|_| stop()));
    Ok(())
}
