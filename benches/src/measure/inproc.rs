//! What receiving alone costs: from a queue within the process, filled before.

use super::{Part, head_of_ratios, in_turns, row_of_ratios};
use crate::contender::{Bare, Contender, RecvMsg, RecvMultipart, Zeroless};
use crate::job::Job;
use crate::peer::Peer;
use crate::table::median;

pub const PART: Part = Part {
    name: "inproc",
    title: "Receiving from a prefilled inproc queue, and filling it",
    run: |plan| {
        let contenders: [&dyn Contender; 4] = [&Zeroless, &Bare, &RecvMultipart, &RecvMsg];
        println!("Nanoseconds a message, and how many times as fast as the others that is.\n");
        head_of_ratios("message", &contenders);
        for frames in [1, 3] {
            let job = Job::default()
                .role("empty".into())
                .endpoint("inproc://queue".into())
                .frames(frames)
                .count((plan.seconds * 2e6) as u64);
            // As rates, so that more is better here too.
            let times = |one, fill: bool| {
                let peer = Peer::start(one, &job);
                let [filling, emptying] = [peer.number(), peer.number()];
                1e9 / if fill { filling } else { emptying }
            };
            for (fill, what) in [(false, "received"), (true, "sent")] {
                let results = in_turns(plan.rounds, &contenders, |one| times(one, fill));
                let ours = format!("{:.0} ns", 1e9 / median(results[0].clone()));
                row_of_ratios(format!("{frames} × 32 B {what}"), ours, &results);
            }
        }
        println!();
    },
};
