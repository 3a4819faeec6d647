//! `zeroless relay`: passes messages on, and counts them.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use zeroless::relay::{self, Counters, End, Relay, Traffic};
use zeroless::{Client, Server};

use crate::args::{RelayArgs, Relayed};
use crate::ends::{to_bind, to_connect};
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::notes::Notes;

/// How long messages may take to be delivered in the end.
const DELIVERY: Duration = Duration::from_secs(1);

/// Passes messages on until Ctrl-C.
pub(crate) fn run(args: &RelayArgs, notes: Notes, interrupt: &Interrupt) -> Result<(), Exit> {
    let (from, to) = (end(&args.from, notes)?, end(&args.to, notes)?);
    let relay = match args.pattern {
        Relayed::Req => Relay::new(relay::reply(from), relay::request(to)).start()?,
        Relayed::Push => Relay::new(relay::pull(from), relay::push(to)).start()?,
        Relayed::Pub => Relay::new(relay::subscribe(from), relay::publish(to)).start()?,
    };
    let is_seen = stderr().is_terminal() && !notes.is_quiet();
    let every = args.every.or(is_seen.then_some(Duration::from_secs(10)));
    let mut last = Counters::default();
    let stopped = loop {
        let next = every.and_then(|every| Instant::now().checked_add(every));
        if let Err(stopped) = interrupt.wait(None, next) {
            break stopped;
        }
        relay.status().or_else(passing)?;
        let counters = relay.counters();
        if counters != last {
            notes.tell(told(&counters));
        }
        last = counters;
    };
    let counters = relay.counters();
    // What is not delivered by then is told in the log.
    drop(relay.close(DELIVERY));
    notes.tell(told(&counters));
    Err(stopped)
}

/// A refusal may be mended while the relay runs.
fn passing(error: zeroless::Error) -> zeroless::Result<()> {
    match error {
        zeroless::Error::Refused { .. } => Ok(()),
        other => Err(other),
    }
}

fn told(counters: &Counters) -> String {
    let side = |it: &Traffic| format!("{} messages, {} bytes", it.messages, it.bytes);
    let mut told = side(&counters.forward);
    if counters.backward.messages > 0 {
        told += &format!("; back: {}", side(&counters.backward));
    }
    match counters.forward.dropped + counters.backward.dropped {
        0 => told,
        dropped => told + &format!("; {dropped} dropped"),
    }
}

/// A port is bound, anything else connected to, unless the text says otherwise.
fn end(text: &str, notes: Notes) -> Result<End, Exit> {
    let is_port = text.parse::<u16>().is_ok();
    let bound = text.strip_prefix("bind:").or(is_port.then_some(text));
    if let Some(bound) = bound {
        let server = Server::bind(to_bind(bound))?;
        notes.tell(format_args!("listening on {}", server.endpoint()));
        return Ok(server.into());
    }
    let connected = text.strip_prefix("connect:").unwrap_or(text);
    match connected.strip_prefix('@') {
        Some(name) => Ok(zeroless::zre::discover(name)?.into()),
        None => Ok(Client::connect(to_connect(connected))?.into()),
    }
}
