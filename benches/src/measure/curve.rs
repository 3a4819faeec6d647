//! How many messages a second go from a push to a pull over tcp that are encrypted by CURVE.

use crate::comparison::Comparison;
use crate::contender::Contender;
use crate::contender::bare::Bare;
use crate::contender::batched::BareBatched;
use crate::contender::omq::{Omq, OmqMany};
use crate::contender::pyzmq::Pyzmq;
use crate::contender::zeroless::Zeroless;
use crate::job::Job;
use crate::part::Part;
use crate::peer::Peer;
use crate::plan::Plan;
use crate::table::{bytes, rate};

pub const PART: Part = Part {
    name: "curve",
    title: "CURVE: throughput over tcp, each end in a process of its own",
    run,
};

const SIZES: [usize; 3] = [32, 1 << 10, 64 << 10];

fn run(plan: &Plan) {
    if !cfg!(feature = "curve") {
        println!("Built without the feature curve: not measured.\n");
        return;
    }
    println!("Messages a second, and how many times those of the others that is.\n");
    let contenders: [&dyn Contender; 6] = [&Zeroless, &Bare, &BareBatched, &Omq, &OmqMany, &Pyzmq];
    let table = Comparison::new(plan, &contenders);
    for size in SIZES {
        let job = Job::default().size(size).seconds(plan.seconds);
        let job = job.security("curve".into());
        table.row(&bytes(size), plan.rounds, rate, |one| {
            let (pull, _push) = Peer::ends(one, ["pull", "push"], &job);
            pull.number()
        });
    }
    println!();
}
