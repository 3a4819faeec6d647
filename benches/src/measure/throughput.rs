//! How many messages a second go from a push to a pull over tcp.

use crate::comparison::Comparison;
use crate::contender::Contender;
use crate::contender::bare::Bare;
use crate::contender::batched::BareBatched;
use crate::contender::omq::{Omq, OmqMany};
use crate::contender::python::Python;
use crate::contender::tcp::Tcp;
use crate::contender::usual::{RecvMsg, RecvMultipart};
use crate::contender::zeroless::Zeroless;
use crate::contender::zmqrs::ZmqRs;
use crate::job::Job;
use crate::part::Part;
use crate::peer::Peer;
use crate::plan::Plan;
use crate::table::{bytes, rate};

pub const PART: Part = Part {
    name: "throughput",
    title: "Throughput over tcp, each end in a process of its own",
    run: |plan| {
        let contenders: [&dyn Contender; 10] = [
            &Zeroless,
            &Bare,
            &BareBatched,
            &Omq,
            &OmqMany,
            &Tcp,
            &RecvMultipart,
            &RecvMsg,
            &ZmqRs,
            &Python,
        ];
        run(plan, &contenders, |contender, job| {
            let (pull, _push) = Peer::ends(contender, ["pull", "push"], job);
            pull.number()
        });
    },
};

pub const ONE_PROCESS: Part = Part {
    name: "one-process",
    title: "Throughput over tcp, both ends in one process and one context",
    run: |plan| {
        let contenders: [&dyn Contender; 5] = [&Zeroless, &Bare, &BareBatched, &Omq, &OmqMany];
        run(plan, &contenders, |contender, job| {
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
    let table = Comparison::new(plan, contenders);
    for frames in [1, 3] {
        for size in SIZES {
            let job = Job::default()
                .size(size)
                .frames(frames)
                .seconds(plan.seconds);
            let name = format!("{frames} × {}", bytes(size));
            table.row(&name, plan.rounds, rate, |one| {
                let fitted = one.fit(&job);
                measure(one, &fitted) * fitted.bytes() as f64 / job.bytes() as f64
            });
        }
    }
    println!();
}
