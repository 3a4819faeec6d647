//! How long a request and its reply take over tcp, one after the other.

use super::{Part, ends, head_of_ratios, in_turns, row_of_ratios};
use crate::contender::{Bare, BareRouter, Contender, Omq, Python, Zeroless, ZmqRs, present};
use crate::job::Job;
use crate::table::median;

pub const PART: Part = Part {
    name: "roundtrip",
    title: "Round trips over tcp, each end in a process of its own",
    run: |plan| {
        let contenders: [&dyn Contender; 6] =
            [&Zeroless, &Bare, &BareRouter, &Omq, &ZmqRs, &Python];
        let contenders = present(&contenders);
        println!(
            "Microseconds a round trip, and its ratio to those of the others: less is better.\n"
        );
        head_of_ratios("message", &contenders);
        let job = Job::default().seconds(plan.seconds);
        let results = in_turns(plan.round_trip_rounds, &contenders, |one| {
            let (_reply, request) = ends(one, ["reply", "request"], &job);
            1e6 / request.number()
        });
        let ours = format!("{:.0} µs", median(results[0].clone()));
        row_of_ratios("1 × 32 B".to_owned(), ours, &results);
        println!();
    },
};
