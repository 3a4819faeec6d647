//! `zeroless announce`: tells the network of a server of another program.

use zeroless::Endpoint;
use zeroless::zre::{Announce, BoundService};

use crate::args::AnnounceArgs;
use crate::ends::to_bind;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::node;
use crate::notes::Notes;

/// Announces it until Ctrl-C.
pub(crate) fn run(args: &AnnounceArgs, notes: Notes, interrupt: &Interrupt) -> Result<(), Exit> {
    let service = Announced(BoundService::new(
        pattern(&args.pattern)?,
        [endpoint(args)?],
    ));
    let builder = node::builder(&args.node).announce(&args.service, &service);
    let node = node::start(builder, notes, interrupt)?;
    notes.tell(format_args!(
        "{} at {} is found as @{}",
        args.pattern, args.endpoint, args.service
    ));
    for _ in node.events() {}
    interrupt.check()
}

struct Announced(BoundService);

impl Announce for Announced {
    fn service(&self) -> zeroless::Result<BoundService> {
        Ok(self.0.clone())
    }
}

fn endpoint(args: &AnnounceArgs) -> Result<Endpoint, Exit> {
    Ok(to_bind(&args.endpoint).parse()?)
}

/// The pattern, in the words of announcements.
fn pattern(typed: &str) -> Result<&str, Exit> {
    Ok(match typed {
        "pub" => "publish",
        "sub" => "subscribe",
        "req" => "request",
        "rep" => "reply",
        "push" | "pull" | "pair" | "router" | "dealer" => typed,
        other => {
            return Err(Exit::usage(format_args!(
                "`{other}` is not a pattern (push, pull, pub, sub, req, rep, pair, router, dealer)"
            )));
        }
    })
}
