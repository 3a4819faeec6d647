//! The Python that peers run in, if there is one.

#![allow(dead_code, reason = "each test uses its own part of this")]

use std::io::Write;
use std::process::Command;
use std::sync::Once;

use zeroless::Message;

/// The Python interpreter that has the libraries, if there is one.
fn python() -> Option<String> {
    std::env::var("ZEROLESS_PEER_PYTHON").ok()
}

/// A script under `tests` to be run, with its output at once.
pub(crate) fn script(path: &str) -> Command {
    let mut command = Command::new(python().expect("the test would not run without"));
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
    command.args(["-X", "utf8", "-u"]);
    command.arg(format!("{folder}/{path}"));
    command
}

/// Runs a fact that needs Python, and says that it ran, or that there is none.
pub(crate) fn with_python(name: &str, fact: impl FnOnce()) {
    if python().is_none() {
        return say_not_run();
    }
    fact();
    println!("interop ran: {name}");
}

/// Says it once, and past the test harness, which keeps what a passing test prints.
fn say_not_run() {
    static SAID: Once = Once::new();
    let words = b"interop was not run: ZEROLESS_PEER_PYTHON is not set\n";
    SAID.call_once(|| drop(std::io::stderr().write_all(words)));
}

/// A message as the scripts read and print it: its frames in hexadecimal, an empty one as `-`.
pub(crate) fn encode(message: &Message) -> String {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    let mut text = String::new();
    for frame in message {
        if !text.is_empty() {
            text.push(' ');
        }
        if frame.is_empty() {
            text.push('-');
        }
        for byte in frame.as_bytes() {
            text.push(DIGITS[usize::from(byte >> 4)].into());
            text.push(DIGITS[usize::from(byte & 15)].into());
        }
    }
    text
}
