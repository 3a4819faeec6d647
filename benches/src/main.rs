//! zeroless measured side by side with its alternatives, as ratios from one run.

mod child;
mod comparison;
mod contender;
mod contenders;
mod costs;
mod job;
mod measure;
mod meter;
mod part;
mod peer;
mod plan;
mod process;
mod table;
mod turns;

use std::process::ExitCode;
use std::time::Instant;

use measure::PARTS;
use part::Part;
use plan::Plan;

const USAGE: &str = "\
usage: cargo run --release --manifest-path benches/Cargo.toml -- [OPTION]... [PART]...

  --quick           shows that all works; the numbers say little
  --rounds N        how often all take their turn
  --only ROW        the rows with this in their names, as \"3 x 32 B\"; may be repeated
  --against NAME    the contenders with this in their names; may be repeated

parts:";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == job::FLAG) {
        child::run(&arguments[1..]);
    }
    let (plan, parts) = match read(&arguments) {
        Ok(read) => read,
        Err(wrong) => {
            eprintln!("{wrong}\n\n{USAGE}");
            for part in PARTS {
                eprintln!("  {:12} {}", part.name, part.title);
            }
            return ExitCode::from(2);
        }
    };
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
    for part in parts {
        let began = Instant::now();
        println!("## {}\n", part.title);
        (part.run)(&plan);
        eprintln!("({}: {:.0?})", part.name, began.elapsed());
    }
    if plan.found_nothing() {
        eprintln!("no row is called so");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// How to measure, and which parts; or the mistake in the arguments.
fn read(arguments: &[String]) -> Result<(Plan, Vec<&'static Part>), String> {
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let mut plan = if quick { Plan::quick() } else { Plan::full() };
    let mut parts = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match &argument[..] {
            "--quick" => {}
            "--rounds" => match value()?.parse() {
                Ok(rounds) if rounds > 0 => plan = plan.rounds(rounds),
                _ => return Err("--rounds needs a number from 1 up".to_owned()),
            },
            "--only" => plan = plan.only(value()?),
            "--against" => plan = plan.against(value()?),
            name => match PARTS.iter().find(|part| part.name == name) {
                Some(part) => parts.push(part),
                None => return Err(format!("no part {name}")),
            },
        }
    }
    if parts.is_empty() {
        parts = PARTS.iter().collect();
    }
    Ok((plan, parts))
}
