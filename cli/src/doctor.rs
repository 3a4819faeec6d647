//! `zeroless doctor`: what works here, and what to do about what does not.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit};
use zeroless::zre::Node;
use zeroless::{Libzmq, capabilities};

use crate::args::NodeArgs;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::node;
use crate::output::print;

/// How long a node waits for the beacon of another.
const BEACON: Duration = Duration::from_secs(5);

/// Fewer files than this are soon used up: each connection has one.
const FEW_FILES: u64 = 4096;

/// What was found, line by line.
#[derive(Default)]
struct Findings {
    text: String,
    failed: bool,
}

impl Findings {
    fn good(&mut self, what: impl std::fmt::Display) {
        self.text += &format!("ok    {what}\n");
    }

    fn tell(&mut self, what: impl std::fmt::Display) {
        self.text += &format!("note  {what}\n");
    }

    fn bad(&mut self, what: impl std::fmt::Display) {
        self.text += &format!("FAIL  {what}\n");
        self.failed = true;
    }
}

/// Prints what it finds; what fails is code 1.
pub(crate) fn run(args: &NodeArgs, interrupt: &Interrupt) -> Result<(), Exit> {
    let mut findings = Findings::default();
    libzmq(&mut findings)?;
    files(&mut findings);
    interfaces(&mut findings);
    beacon(args, &mut findings, interrupt)?;
    print(findings.text.as_bytes())?;
    match findings.failed {
        true => Err(Exit::failed("not all is well")),
        false => Ok(()),
    }
}

fn libzmq(findings: &mut Findings) -> Result<(), Exit> {
    let it = capabilities()?;
    let (major, minor, patch) = it.version;
    let version = format!("libzmq {major}.{minor}.{patch}");
    match it.libzmq {
        Libzmq::Zeroless => findings.good(format_args!("{version}, compiled for zeroless")),
        Libzmq::System => findings.tell(format_args!("{version}, the system's")),
        _ => findings.tell(format_args!(
            "{version}, that of zmq-sys: slower from 1 KiB a message up"
        )),
    }
    match it.batch {
        true => findings.good("batch: the size of batches can be set"),
        false => findings.tell("batch: messages from 1 KiB up are slower than with our libzmq"),
    }
    match it.monotonic_clock {
        Some(true) => findings.good("monotonic: timers do not depend on the wall clock"),
        Some(false) => findings.tell("not monotonic: a clock that is set back stops reconnects"),
        None => findings.tell("libzmq does not say whether its clock is monotonic"),
    }
    match it.curve {
        true => findings.good("curve: keys and encryption"),
        false => findings.tell("no curve: for keys, install with `--features curve`"),
    }
    Ok(())
}

fn files(findings: &mut Findings) {
    match getrlimit(Resource::Nofile).current {
        Some(files) if files < FEW_FILES => findings.tell(format_args!(
            "{files} open files at most: raise it for many connections (`ulimit -n {FEW_FILES}`)"
        )),
        Some(files) => findings.good(format_args!("{files} open files at most")),
        None => findings.good("any number of open files"),
    }
}

fn interfaces(findings: &mut Findings) {
    let Ok(folder) = fs::read_dir("/sys/class/net") else {
        return findings.tell("the interfaces are not known on this system");
    };
    let mut names: Vec<String> = folder
        .flatten()
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let state = fs::read_to_string(entry.path().join("operstate"));
            format!("{name} ({})", state.unwrap_or_default().trim())
        })
        .collect();
    names.sort();
    match names.is_empty() {
        true => findings.bad("there is no interface: not even loopback"),
        false => findings.good(format_args!("interfaces: {}", names.join(", "))),
    }
}

/// Whether a node hears the beacon of another one here.
fn beacon(args: &NodeArgs, findings: &mut Findings, interrupt: &Interrupt) -> Result<(), Exit> {
    let started = node::builder(args).start();
    let started = started.and_then(|one| Ok((one, node::builder(args).start()?)));
    let (one, two): (Node, Node) = match started {
        Ok(both) => both,
        Err(error) => {
            findings.bad(format_args!("a node cannot start: {error}"));
            return Ok(());
        }
    };
    let until = Instant::now() + BEACON;
    let heard = loop {
        if one.peer(two.id()).is_some() {
            break true;
        }
        interrupt.check()?;
        if one.recv_deadline(until).is_err() {
            break false;
        }
    };
    let port = args.beacon_port;
    match heard {
        true => findings.good(format_args!("beacons are heard on UDP port {port}, at {}", one.endpoint())),
        false => findings.bad(format_args!(
            "no beacon is heard on UDP port {port} at {}: let the firewall pass UDP port {port}, choose another \
             --interface, or use --gossip where there is no broadcast",
            one.endpoint()
        )),
    }
    let others = one.peers().len().saturating_sub(usize::from(heard));
    findings.tell(format_args!("{others} other nodes are on the network"));
    one.stop();
    two.stop();
    Ok(())
}
