//! How long a request and its reply take over tcp, one after the other.

use crate::comparison::Comparison;
use crate::contender::Contender;
use crate::contender::bare::Bare;
use crate::contender::dealer::BareDealer;
use crate::contender::omq::Omq;
use crate::contender::python::Python;
use crate::contender::zeroless::Zeroless;
use crate::contender::zmqrs::ZmqRs;
use crate::job::Job;
use crate::part::Part;
use crate::peer::Peer;

pub const PART: Part = Part {
    name: "roundtrip",
    title: "Round trips over tcp, each end in a process of its own",
    run: |plan| {
        let contenders: [&dyn Contender; 6] =
            [&Zeroless, &Bare, &BareDealer, &Omq, &ZmqRs, &Python];
        println!(
            "Microseconds a round trip, and its ratio to those of the others: less is better.\n"
        );
        let table = Comparison::new(plan, &contenders);
        let job = Job::default().seconds(plan.seconds);
        let shown = |time| format!("{time:.0} µs");
        table.row("1 × 32 B", plan.round_trip_rounds, shown, |one| {
            let (_reply, request) = Peer::ends(one, ["reply", "request"], &job);
            1e6 / request.number()
        });
        println!();
    },
};
