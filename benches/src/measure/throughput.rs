//! How many messages a second go from a push to a pull over tcp.

use super::{Part, Plan, ends, head_of_ratios, in_turns, row_of_ratios};
use crate::contender::{
    Bare, Contender, Omq, OmqMany, Python, RecvMsg, RecvMultipart, Zeroless, ZmqRs, present,
};
use crate::job::Job;
use crate::peer::Peer;
use crate::table::{bytes, median, rate};

pub const PART: Part = Part {
    name: "throughput",
    title: "Throughput over tcp, each end in a process of its own",
    run: |plan| {
        let contenders: [&dyn Contender; 8] = [
            &Zeroless,
            &Bare,
            &RecvMultipart,
            &RecvMsg,
            &Omq,
            &OmqMany,
            &ZmqRs,
            &Python,
        ];
        run(plan, &present(&contenders), |contender, job| {
            let (pull, _push) = ends(contender, ["pull", "push"], job);
            pull.number()
        });
    },
};

pub const ONE_PROCESS: Part = Part {
    name: "one-process",
    title: "Throughput over tcp, both ends in one process and one context",
    run: |plan| {
        run(plan, &[&Zeroless, &Bare], |contender, job| {
            Peer::start(contender, &job.clone().role("both".into())).number()
        });
    },
};

const SIZES: [usize; 7] = [1, 32, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 1 << 20];

fn run(
    plan: &Plan,
    contenders: &[&'static dyn Contender],
    measure: impl Fn(&dyn Contender, &Job) -> f64,
) {
    println!("Messages a second, and how many times those of the others that is.\n");
    head_of_ratios("message", contenders);
    for frames in [1, 3] {
        for size in SIZES {
            let job = Job::default()
                .size(size)
                .frames(frames)
                .seconds(plan.seconds);
            let results = in_turns(plan.rounds, contenders, |one| measure(one, &job));
            let ours = rate(median(results[0].clone()));
            row_of_ratios(format!("{frames} × {}", bytes(size)), ours, &results);
        }
    }
    println!();
}
