//! The command `zeroless`: netcat, map and manual of ZeroMQ.

#![deny(unsafe_code)]

mod announce;
mod args;
mod call;
mod check;
mod doctor;
mod ends;
mod exec;
mod exit;
mod format;
mod input;
mod interrupt;
mod keys;
mod limits;
mod logger;
mod manual;
mod node;
mod notes;
mod output;
mod pace;
mod pair;
mod peers;
mod progress;
mod receive;
mod relay;
mod reply;
mod request;
mod say;
mod security;
mod send;
mod session;
mod station;
mod traffic;
mod watch;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use args::{Cli, Command};
use exit::Exit;
use interrupt::Interrupt;
use notes::Notes;

fn main() {
    let cli = Cli::try_parse().unwrap_or_else(|error| refuse(&error));
    let notes = Notes::new(&cli.noise);
    logger::start(notes);
    let exit = match Interrupt::start() {
        Ok(interrupt) => {
            let outcome = run(&cli, notes, &interrupt);
            interrupt.exit_of(outcome)
        }
        Err(exit) => exit,
    };
    exit.end(notes)
}

/// Does what the arguments say; also how it ended, if not as it should.
fn run(cli: &Cli, notes: Notes, interrupt: &Interrupt) -> Result<(), Exit> {
    match &cli.command {
        Command::Server(args) => traffic::run(&args.server(), notes, interrupt),
        Command::Client(args) => traffic::run(&args.client(), notes, interrupt),
        Command::Peers(args) => peers::run(args, notes, interrupt),
        Command::Watch(args) => watch::watch(args, notes, interrupt),
        Command::Shout(args) => say::shout(args, notes, interrupt),
        Command::Whisper(args) => say::whisper(args, notes, interrupt),
        Command::Chat(args) => watch::chat(args, notes, interrupt),
        Command::Announce(args) => announce::run(args, notes, interrupt),
        Command::Relay(args) => relay::run(args, notes, interrupt),
        Command::Call(args) => call::call(args),
        Command::Services(args) => call::services(args),
        Command::Station(command) => station::run(command, notes, interrupt),
        Command::Doctor(args) => doctor::run(args, interrupt),
        Command::Keygen(args) => keys::generate(args, notes),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "zeroless", &mut script);
            output::print(&script)
        }
        Command::Man => output::print(&manual::page(Cli::command())?),
    }
}

/// Prints the help that was asked for, or says in a line what is wrong with the arguments.
fn refuse(error: &clap::Error) -> ! {
    let is_asked_for = [
        ErrorKind::DisplayHelp,
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
        ErrorKind::DisplayVersion,
    ];
    if is_asked_for.contains(&error.kind()) {
        error.exit()
    }
    let text = error.to_string();
    let lines = text.lines().map(str::trim);
    let first: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    let mistake = first.join(" ");
    let mistake = mistake.strip_prefix("error: ").unwrap_or(&mistake);
    Exit::usage(mistake).end(Notes::default())
}
