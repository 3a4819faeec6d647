//! The project's chores: `cargo xtask <chore>`.

use std::process::{Command, ExitCode};

const USAGE: &str = "\
cargo xtask stress [RUNS [MESSAGES]]   many threads on one socket, 50 runs of 5,000,000 messages,
                                       with both cores busy
cargo xtask ci                         all checks, as before a change goes in";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["stress"] => stress(50, "5000000"),
        ["stress", runs] => runs.parse().is_ok_and(|runs| stress(runs, "5000000")),
        ["stress", runs, messages] => runs.parse().is_ok_and(|runs| stress(runs, messages)),
        ["ci"] => run(Command::new("bash").arg(".ci/run")),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Runs the stress test again and again, beside threads that keep two cores busy.
fn stress(runs: u32, messages: &str) -> bool {
    for _ in 0..2 {
        std::thread::spawn(|| {
            loop {
                std::hint::spin_loop();
            }
        });
    }
    (1..=runs).all(|number| {
        println!("run {number} of {runs}");
        let mut test = Command::new(env!("CARGO"));
        test.args(["test", "--release", "--quiet", "--test", "stress"]);
        run(test.env("ZEROLESS_STRESS", messages))
    })
}

fn run(command: &mut Command) -> bool {
    match command.status() {
        Ok(status) => status.success(),
        Err(error) => {
            eprintln!("{command:?}: {error}");
            false
        }
    }
}
