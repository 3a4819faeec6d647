//! Calls, and what one would otherwise use: how long one takes, and how many a second with 64 of them under way.

use crate::comparison::Comparison;
use crate::contender::Contender;
use crate::contender::bare::Bare;
use crate::contender::calls::Calls;
use crate::contender::python_calls::{Pyzmqrpc3, Zerorpc};
use crate::contender::tarpc::{TarpcOneThread, TarpcThreads};
use crate::contender::zeroless::Zeroless;
use crate::job::Job;
use crate::part::Part;
use crate::peer::Peer;
use crate::plan::Plan;
use crate::table::rate;

pub const PART: Part = Part {
    name: "calls",
    title: "Calls over tcp, each end in a process of its own",
    run,
};

fn run(plan: &Plan) {
    let contenders: [&dyn Contender; 7] = [
        &Calls,
        &Bare,
        &Zeroless,
        &TarpcOneThread,
        &TarpcThreads,
        &Zerorpc,
        &Pyzmqrpc3,
    ];
    println!(
        "The median of the times of a call, one after the other, and its ratio to those of the others: less is better. \
         Then calls a second, with 64 under way where a contender can (bare REQ and pyzmqrpc3 cannot), and how many \
         times those of the others that is.\n"
    );
    let table = Comparison::new(plan, &contenders);
    let ends = |one: &'static dyn Contender, job: &Job| {
        let (_reply, request) = Peer::ends(one, ["reply", "request"], job);
        request.number()
    };
    let job = Job::default().seconds(plan.seconds);
    let one = job.clone().median(true);
    let shown = |time| format!("{time:.0} µs");
    table.row(
        "one at a time",
        plan.round_trip_rounds,
        shown,
        |contender| 1e6 / ends(contender, &one),
    );
    let many = |contender: &'static dyn Contender| {
        let one_at_a_time = contender.name() == Bare.name();
        job.clone().in_flight(if one_at_a_time { 1 } else { 64 })
    };
    table.row("64 in flight", plan.round_trip_rounds, rate, |contender| {
        ends(contender, &many(contender))
    });
    println!();
}
