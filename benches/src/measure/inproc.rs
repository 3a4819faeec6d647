//! The cost of receiving alone: from a queue within the process, filled before.

use crate::comparison::Comparison;
use crate::contender::Contender;
use crate::contender::bare::Bare;
use crate::contender::omq::{Omq, OmqMany};
use crate::contender::usual::{RecvMsg, RecvMultipart};
use crate::contender::zeroless::Zeroless;
use crate::job::Job;
use crate::part::Part;
use crate::peer::Peer;

pub const PART: Part = Part {
    name: "inproc",
    title: "Receiving from a prefilled inproc queue, and filling it",
    run: |plan| {
        let contenders: [&dyn Contender; 6] =
            [&Zeroless, &Bare, &Omq, &OmqMany, &RecvMultipart, &RecvMsg];
        println!("Nanoseconds a message, and how many times as fast as the others that is.\n");
        let table = Comparison::new(plan, &contenders);
        for frames in [1, 3] {
            let job = Job::default()
                .role("empty".into())
                .endpoint("inproc://queue".into())
                .frames(frames)
                .count((plan.seconds * 2e6) as u64);
            for what in ["received", "sent"] {
                let name = format!("{frames} × 32 B {what}");
                // As rates, so that more is better here too.
                let shown = |rate| format!("{:.0} ns", 1e9 / rate);
                table.row(&name, plan.rounds, shown, |one| {
                    let peer = Peer::start(one, &job);
                    let [filling, emptying] = [peer.number(), peer.number()];
                    1e9 / if what == "sent" { filling } else { emptying }
                });
            }
        }
        println!();
    },
};
