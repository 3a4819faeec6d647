//! The cost of many nodes, and how long it takes until each knows all others.

use super::network::Network;
use crate::contender::Contender;
use crate::contender::bare::Bare;
use crate::contender::zeroless::Zeroless;
use crate::job::Job;
use crate::part::Part;
use crate::peer::Peer;
use crate::table::{head, median, ratio, row};
use crate::turns::in_turns;

const NODES: usize = 50;

pub const PART: Part = Part {
    name: "zre-mesh",
    title: "A mesh of many nodes",
    run: |plan| {
        Network::with(|network| {
            println!(
                "{NODES} nodes in one process, until each knows all others; and as many bare \
                 sockets, with one message each: less is better.\n"
            );
            let contenders: [&dyn Contender; 2] = [&Zeroless, &Bare];
            let one_process = || network.job().nodes(NODES).peers(NODES - 1);
            let results = in_turns(plan.rounds, &contenders, |one| {
                Mesh::meet(one, &one_process(), 1).costs()
            });
            head(&["", "zeroless", "a node", "bare libzmq", "ratio"]);
            for (place, (what, show)) in COSTS.iter().enumerate() {
                let one = |costs: &Vec<Costs>| costs.iter().map(|it| it[place]).collect();
                let [ours, bare]: [Vec<f64>; 2] = [0, 1].map(|place: usize| one(&results[place]));
                let middle = median(ours.clone());
                row(&[
                    (*what).to_owned(),
                    show(middle),
                    show(middle / NODES as f64),
                    show(median(bare.clone())),
                    format!("{:.2}", ratio(&ours, &bare)),
                ]);
            }
            let apart = network.job().nodes(NODES / 2).peers(2 * NODES - 1);
            let times = (0..plan.rounds).map(|_| Mesh::meet(&Zeroless, &apart, 4).seconds());
            let times = median(times.collect::<Vec<_>>());
            println!("\n{} nodes in 4 processes: {times:.2} s.\n", 2 * NODES);
            let percent = Mesh::meet(&Zeroless, &one_process(), 1).idle(plan.idle_seconds);
            println!(
                "{NODES} nodes in one process that nobody talks to: {percent:.2} % of a core, the \
                 time that getrusage counts of all threads in {} s.\n",
                plan.idle_seconds
            );
        });
    },
};

/// Seconds, bytes, files and threads.
type Costs = [f64; 4];

/// The name of one of them, and how it is shown.
type Cost = (&'static str, fn(f64) -> String);

const COSTS: [Cost; 4] = [
    ("time", |it| format!("{:.0} ms", it * 1e3)),
    ("memory", |it| format!("{:.1} MB", it / 1e6)),
    ("files", |it| format!("{it:.0}")),
    ("threads", |it| format!("{it:.0}")),
];

/// Processes whose nodes have met.
struct Mesh {
    processes: Vec<Peer>,
    /// Nanoseconds.
    took: u64,
}

impl Mesh {
    /// Lets them meet; the processes begin together.
    fn meet(contender: &dyn Contender, job: &Job, processes: usize) -> Mesh {
        let job = job.clone().role("mesh".into()).told(true);
        let start = |_| {
            let process = Peer::start(contender, &job);
            process.line();
            process
        };
        let mut processes: Vec<Peer> = (0..processes).map(start).collect();
        processes
            .iter_mut()
            .for_each(|process| process.tell("begin"));
        let times = processes.iter().map(|it| (it.whole(), it.whole()));
        let (began, met): (Vec<u64>, Vec<u64>) = times.unzip();
        let took = met.iter().max().expect("one") - began.iter().min().expect("one");
        Mesh { processes, took }
    }

    fn seconds(&self) -> f64 {
        self.took as f64 / 1e9
    }

    /// The costs of the first process.
    fn costs(&self) -> Costs {
        let process = &self.processes[0];
        let [bytes, files, threads] = [(); 3].map(|()| process.number());
        [self.seconds(), bytes, files, threads]
    }

    /// How many percent of a core the first process uses from now on, once it has settled.
    fn idle(&mut self, seconds: f64) -> f64 {
        self.costs();
        let process = &mut self.processes[0];
        while process.line() != "done" {}
        [2.0, seconds].map(|seconds| {
            process.tell(&format!("cpu {seconds}"));
            process.number()
        })[1]
    }
}
