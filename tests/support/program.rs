//! The programs that peers run in, if there are any.

#![allow(dead_code, reason = "each test uses its own part of this")]

use std::collections::BTreeSet;
use std::env;
use std::io::Write;
use std::process::Command;
use std::sync::Mutex;

use zeroless::Message;

/// Names a Python interpreter that has the libraries.
pub(crate) const PYTHON: &str = "ZEROLESS_PEER_PYTHON";

/// The program that this variable names, to be run.
pub(crate) fn program(variable: &str) -> Command {
    Command::new(env::var(variable).expect("the test would not run without"))
}

/// A script under `tests`.
pub(crate) fn path(script: &str) -> String {
    format!("{}/tests/{script}", env!("CARGO_MANIFEST_DIR"))
}

/// A Python script under `tests` to be run, with its output at once.
pub(crate) fn script(script: &str) -> Command {
    let mut command = program(PYTHON);
    command.args(["-X", "utf8", "-u", &path(script)]);
    command
}

/// Runs a fact that needs Python, and says that it ran, or that there is none.
pub(crate) fn with_python(name: &str, fact: impl FnOnce()) {
    with(PYTHON, name, fact);
}

/// Runs a fact that needs the program that this variable names, and says that it ran, or that
/// there is none.
pub(crate) fn with(variable: &'static str, name: &str, fact: impl FnOnce()) {
    if env::var(variable).is_err() {
        return say_not_run(variable);
    }
    fact();
    println!("interop ran: {name}");
}

/// Says it once, and past the test harness, which keeps the output of a passing test.
fn say_not_run(variable: &'static str) {
    static SAID: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());
    if SAID.lock().expect("nothing panics in it").insert(variable) {
        let words = format!("interop was not run: {variable} is not set\n");
        drop(std::io::stderr().write_all(words.as_bytes()));
    }
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
