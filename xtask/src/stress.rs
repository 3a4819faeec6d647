//! The proof of the shared socket, long.

use std::process::Command;

use crate::command::run;

/// Runs the stress test again and again, beside threads that keep two cores busy.
pub(crate) fn stress(runs: u32, messages: &str) -> bool {
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
        test.args(["test", "--release", "--quiet"]);
        test.args(["--test", "stress", "--test", "readiness"]);
        run(test.env("ZEROLESS_STRESS", messages))
    })
}
