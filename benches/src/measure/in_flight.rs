//! How many requests a second, with one under way at a time, and with many.

use super::{Part, ends, in_turns};
use crate::contender::{BareRouter, Contender, Zeroless};
use crate::job::Job;
use crate::table::{head, median, rate, ratio, row};

pub const PART: Part = Part {
    name: "inflight",
    title: "64 requests in flight over tcp, against one at a time",
    run: |plan| {
        println!("Requests a second; the ratios are those of 64 in flight to lockstep.\n");
        let bare = "to bare lockstep";
        head(&["contender", "lockstep", "64 in flight", "to its own", bare]);
        let contenders: [&dyn Contender; 2] = [&Zeroless, &BareRouter];
        let cases = contenders.map(|one| [(one, 1), (one, 64)]).concat();
        let results = in_turns(plan.rounds, &cases, |(contender, in_flight)| {
            let job = Job::default().in_flight(in_flight).seconds(plan.seconds);
            let (_reply, request) = ends(contender, ["reply", "request"], &job);
            request.number()
        });
        let lockstep = &results[2];
        for (contender, results) in contenders.iter().zip(results.chunks(2)) {
            let [one, many] = [0, 1].map(|place| rate(median(results[place].clone())));
            let own = format!("{:.1}", ratio(&results[1], &results[0]));
            let bare = format!("{:.1}", ratio(&results[1], lockstep));
            row(&[contender.name().to_owned(), one, many, own, bare]);
        }
        println!();
    },
};
