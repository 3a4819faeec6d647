//! `zeroless shout` and `zeroless whisper`: says something to others.

use std::time::Instant;

use zeroless::zre::{Node, Peer};

use crate::args::{SayArgs, ShoutArgs, WhisperArgs};
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::node;
use crate::notes::Notes;

/// Shouts to a group, once there is somebody in it.
pub(crate) fn shout(args: &ShoutArgs, notes: Notes, interrupt: &Interrupt) -> Result<(), Exit> {
    let group = &args.group;
    let there = |node: &Node| {
        let count = node.peers_in(group).len();
        match count >= args.wait_for {
            true => Ok(()),
            false => Err(format!("{count} of {} peers are in {group}", args.wait_for)),
        }
    };
    say(&args.say, notes, interrupt, there, |node, (), text| {
        let heard = node.shout(group, text)?;
        notes.detail(format_args!("{heard} peers hear it"));
        Ok(())
    })
}

/// Whispers to a peer, once it is there.
pub(crate) fn whisper(args: &WhisperArgs, notes: Notes, interrupt: &Interrupt) -> Result<(), Exit> {
    let there = |node: &Node| {
        let peers = node.peers();
        let is_meant =
            |peer: &&Peer| peer.name() == args.peer || peer.id().to_string() == args.peer;
        let mut meant = peers.iter().filter(is_meant);
        match (meant.next(), meant.next()) {
            (Some(peer), None) => Ok(Ok(peer.id())),
            (Some(_), Some(_)) => Ok(Err(Exit::failed(format_args!(
                "several peers are named `{}`: give the id of one (`zeroless peers --once`)",
                args.peer
            )))),
            (None, _) => Err(format!("there is no peer `{}`", args.peer)),
        }
    };
    say(
        &args.say,
        notes,
        interrupt,
        there,
        |node, peer, text| match peer {
            Ok(peer) => Ok(node.whisper(*peer, text).map_err(zeroless::Error::from)?),
            Err(Exit::Failed(why)) => Err(Exit::Failed(why.clone())),
            Err(_) => Ok(()),
        },
    )
}

/// Says all of it, once those who are to hear it are there.
fn say<T>(
    args: &SayArgs,
    notes: Notes,
    interrupt: &Interrupt,
    there: impl Fn(&Node) -> Result<T, String>,
    say: impl Fn(&Node, &T, &str) -> Result<(), Exit>,
) -> Result<(), Exit> {
    let node = node::start(node::builder(&args.node), notes, interrupt)?;
    let until = Instant::now() + args.timeout;
    let whom = loop {
        match there(&node) {
            Ok(whom) => break whom,
            Err(why) => match node.recv_deadline(until) {
                Ok(_) => {}
                Err(error) if error.is_timeout() => {
                    return Err(Exit::Timeout(format!("the time ran out: {why}")));
                }
                Err(error) => return Err(error.into()),
            },
        }
    };
    let rounds = (0..args.repeat).flat_map(|_| &args.message);
    for (place, text) in rounds.enumerate() {
        if place > 0 && !args.interval.is_zero() {
            interrupt.sleep_until(Instant::now() + args.interval)?;
        }
        interrupt.check()?;
        say(&node, &whom, text)?;
    }
    // What was said is still delivered.
    node.stop();
    Ok(())
}
