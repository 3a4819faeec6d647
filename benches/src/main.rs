//! zeroless measured side by side with what one would otherwise use, as ratios from one run.

mod child;
mod contender;
mod job;
mod measure;
mod meter;
mod peer;
mod process;
mod table;

use std::process::ExitCode;
use std::time::Instant;

use measure::Plan;

const USAGE: &str = "cargo run --release --manifest-path benches/Cargo.toml -- [--quick] [PART]...";

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == child::FLAG) {
        child::run(&arguments[1..]);
    }
    let quick = arguments.iter().any(|argument| argument == "--quick");
    arguments.retain(|argument| argument != "--quick");
    let known = |name: &String| measure::PARTS.iter().any(|part| part.name == name);
    if let Some(unknown) = arguments.iter().find(|name| !known(name)) {
        eprintln!("no part {unknown}\n\nusage: {USAGE}\n\nparts:");
        for part in measure::PARTS {
            eprintln!("  {:12} {}", part.name, part.title);
        }
        return ExitCode::FAILURE;
    }
    let capabilities = zeroless::capabilities().expect("libzmq works");
    if !capabilities.batch {
        eprintln!("note: this libzmq has no batch size, so messages from 1 KiB up are slower");
    }
    let (major, minor, patch) = capabilities.version;
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!(
        "libzmq {major}.{minor}.{patch} ({:?}), {cores} cores\n",
        capabilities.libzmq
    );
    let plan = if quick { Plan::QUICK } else { Plan::FULL };
    for part in measure::PARTS {
        if arguments.is_empty() || arguments.iter().any(|name| name == part.name) {
            let began = Instant::now();
            println!("## {}\n", part.title);
            (part.run)(&plan);
            eprintln!("({}: {:.0?})", part.name, began.elapsed());
        }
    }
    ExitCode::SUCCESS
}
