//! How many requests a second, with one under way at a time, and with many.

use crate::contender::Contender;
use crate::contender::dealer::{BareDealer, BareEnvelope};
use crate::contender::zeroless::Zeroless;
use crate::job::Job;
use crate::part::Part;
use crate::peer::Peer;
use crate::table::{head, median, rate, ratio, row};
use crate::turns::in_turns;

pub const PART: Part = Part {
    name: "inflight",
    title: "64 requests in flight over tcp, against one at a time",
    run: |plan| {
        println!(
            "Requests a second; the ratios are those of 64 in flight to lockstep, and of \
             zeroless's 64 in flight to each one's.\n"
        );
        head(&[
            "contender",
            "lockstep",
            "64 in flight",
            "to its own",
            "to bare lockstep",
            "zeroless to it",
        ]);
        if !plan.wants("64 in flight") {
            return;
        }
        let contenders: [&dyn Contender; 3] = [&Zeroless, &BareDealer, &BareEnvelope];
        let cases = contenders.iter().flat_map(|one| [(*one, 1), (*one, 64)]);
        let cases: Vec<_> = cases.collect();
        let results = in_turns(plan.round_trip_rounds, &cases, |(contender, in_flight)| {
            let job = Job::default().in_flight(in_flight).seconds(plan.seconds);
            let (_reply, request) = Peer::ends(contender, ["reply", "request"], &job);
            request.number()
        });
        for (contender, results_of_it) in contenders.iter().zip(results.chunks(2)) {
            let [one, many] = [0, 1].map(|place| rate(median(results_of_it[place].clone())));
            let own = format!("{:.1}", ratio(&results_of_it[1], &results_of_it[0]));
            let bare = format!("{:.1}", ratio(&results_of_it[1], &results[2]));
            let ours = format!("{:.2}", ratio(&results[1], &results_of_it[1]));
            row(&[contender.name().to_owned(), one, many, own, bare, ours]);
        }
        println!();
    },
};
