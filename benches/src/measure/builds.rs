//! This build of zeroless, and another one: the cost or gain of another libzmq, or of a change.

use crate::contender::Contender;
use crate::contender::other::OtherBuild;
use crate::contender::zeroless::Zeroless;
use crate::contenders::present;
use crate::job::Job;
use crate::part::Part;
use crate::peer::Peer;
use crate::plan::Plan;
use crate::table::{bytes, head, median, rate, ratio, row};
use crate::turns::in_turns;

pub const PART: Part = Part {
    name: "builds",
    title: "This build, and another one",
    run: |plan| {
        let contenders = present(&[&Zeroless, &OtherBuild]);
        if contenders.len() < 2 {
            return;
        }
        println!("Messages, or round trips, a second.\n");
        head(&["case", "this build", "the other build", "ratio"]);
        let mut ratios = Vec::new();
        for (case, rounds, measure) in cases(plan) {
            if !plan.wants(&case) {
                continue;
            }
            let results = in_turns(rounds, &contenders, measure);
            let [ours, theirs] = [0, 1].map(|place| rate(median(results[place].clone())));
            let ratio = ratio(&results[0], &results[1]);
            row(&[case, ours, theirs, format!("{ratio:.2}")]);
            ratios.push(ratio);
        }
        let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        if ratios.is_empty() {
            return;
        }
        println!(
            "\nThe least is {least:.2}, the median {:.2}.\n",
            median(ratios)
        );
    },
};

type Measure = Box<dyn Fn(&'static dyn Contender) -> f64>;

/// The measurements, and how often each is made.
fn cases(plan: &Plan) -> Vec<(String, usize, Measure)> {
    let mut cases: Vec<(String, usize, Measure)> = Vec::new();
    for frames in [1, 3] {
        for size in [1, 32, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 1 << 20] {
            let job = Job::default().size(size).frames(frames);
            let job = job.seconds(plan.seconds);
            let both = job.clone().role("both".into());
            let message = format!("{frames} × {}", bytes(size));
            let apart = move |one: &'static dyn Contender| {
                let (pull, _push) = Peer::ends(one, ["pull", "push"], &job);
                pull.number()
            };
            let together = move |one: &'static dyn Contender| Peer::start(one, &both).number();
            let rounds = plan.build_rounds;
            cases.push((format!("{message}, two processes"), rounds, Box::new(apart)));
            cases.push((
                format!("{message}, one process"),
                rounds,
                Box::new(together),
            ));
        }
    }
    for in_flight in [1, 64] {
        let job = Job::default().in_flight(in_flight).seconds(plan.seconds);
        let requests = move |one: &'static dyn Contender| {
            let (_reply, request) = Peer::ends(one, ["reply", "request"], &job);
            request.number()
        };
        let case = format!("requests, {in_flight} in flight");
        cases.push((case, plan.round_trip_rounds, Box::new(requests)));
    }
    cases
}
