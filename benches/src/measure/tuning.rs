//! Measurements that zeroless's defaults were chosen by: I/O threads, batch sizes, waiting awake.

use crate::contender::zeroless::Zeroless;
use crate::job::Job;
use crate::part::Part;
use crate::peer::Peer;
use crate::table::{bytes, head, median, rate, ratio, row};
use crate::turns::in_turns;

pub const THREADS: Part = Part {
    name: "threads",
    title: "I/O threads",
    run: |plan| {
        println!("Messages a second with one, and how many times that with two.\n");
        head(&["message", "processes", "1 thread", "2 threads"]);
        for size in [32, 4 << 10] {
            for processes in [1, 2] {
                if !plan.wants(&bytes(size)) {
                    continue;
                }
                let results = in_turns(plan.rounds, &[1, 2], |io_threads| {
                    let job = Job::default()
                        .size(size)
                        .io_threads(io_threads)
                        .seconds(plan.seconds);
                    if processes == 2 {
                        let (pull, _push) = Peer::ends(&Zeroless, ["pull", "push"], &job);
                        return pull.number();
                    }
                    Peer::start(&Zeroless, &job.role("both".into())).number()
                });
                let one = rate(median(results[0].clone()));
                let two = format!("{:.2}", ratio(&results[1], &results[0]));
                row(&[bytes(size), processes.to_string(), one, two]);
            }
        }
        println!();
    },
};

/// Microseconds; asleep at once first: the others are told as ratios to it.
const SPINS: [i64; 5] = [0, 20, 50, 200, 1000];

pub const SPIN: Part = Part {
    name: "spin",
    title: "Waiting awake",
    run: |plan| {
        println!("Messages or requests a second without, and how many times that with it.\n");
        head(&["", "none", "20 µs", "50 µs", "200 µs", "1000 µs"]);
        let job = Job::default().seconds(plan.seconds);
        let cases = [
            ("requests", job.clone()),
            ("64 requests in flight", job.clone().in_flight(64)),
            ("messages of 32 B", job.clone()),
            ("messages of 1 MiB", job.clone().size(1 << 20)),
        ];
        for (what, job) in cases.into_iter().filter(|(what, _)| plan.wants(what)) {
            let results = in_turns(plan.rounds, &SPINS, |spin| {
                let job = job.clone().spin(spin);
                if what.contains("requests") {
                    let (_reply, request) = Peer::ends(&Zeroless, ["reply", "request"], &job);
                    return request.number();
                }
                let (pull, _push) = Peer::ends(&Zeroless, ["pull", "push"], &job);
                pull.number()
            });
            let none = rate(median(results[0].clone()));
            let ratios = results[1..].iter();
            let ratios = ratios.map(|awake| format!("{:.2}", ratio(awake, &results[0])));
            row(&[vec![what.to_owned(), none], ratios.collect()].concat());
        }
        println!();
    },
};

/// libzmq's own first: the others are told as ratios to it.
const BATCHES: [u32; 4] = [8 << 10, 64 << 10, 256 << 10, 1 << 20];

pub const BATCH: Part = Part {
    name: "batch",
    title: "Batch sizes",
    run: |plan| {
        println!(
            "Messages or round trips a second with 8 KiB, and how many times that with more.\n"
        );
        head(&["pattern", "message", "8 KiB", "64 KiB", "256 KiB", "1 MiB"]);
        for pattern in ["push", "publish", "pair", "request"] {
            let roles = match pattern {
                "request" => ["reply", "request"],
                _ => ["pull", "push"],
            };
            for size in [32, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 1 << 20] {
                if !plan.wants(&format!("{pattern}, {}", bytes(size))) {
                    continue;
                }
                let results = in_turns(plan.rounds, &BATCHES, |batch| {
                    let job = Job::default()
                        .pattern(pattern.into())
                        .size(size)
                        .batch(batch)
                        .seconds(plan.seconds);
                    let (bound, connected) = Peer::ends(&Zeroless, roles, &job);
                    if roles[0] == "reply" {
                        connected
                    } else {
                        bound
                    }
                    .number()
                });
                let own = rate(median(results[0].clone()));
                let ratios = results[1..].iter();
                let ratios = ratios.map(|more| format!("{:.2}", ratio(more, &results[0])));
                let cells = vec![pattern.to_owned(), bytes(size), own];
                row(&[cells, ratios.collect()].concat());
            }
        }
        println!();
    },
};
