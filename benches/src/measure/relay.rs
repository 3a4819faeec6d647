//! How many messages a second go through a relay, and the cost of an idle one.

use crate::comparison::Comparison;
use crate::contender::Contender;
use crate::contender::proxy::{Proxy, ProxyBatched};
use crate::contender::zeroless::Zeroless;
use crate::job::Job;
use crate::part::Part;
use crate::peer::Peer;
use crate::table::{bytes, head, median, rate, row};
use crate::turns::in_turns;

pub const PART: Part = Part {
    name: "relay",
    title: "A relay between two ends of zeroless, each of the three in a process of its own",
    run: |plan| {
        println!("Messages a second, and how many times those of the others that is.\n");
        let contenders: [&dyn Contender; 3] = [&Zeroless, &Proxy, &ProxyBatched];
        let table = Comparison::new(plan, &contenders);
        for (pattern, in_flight) in [("push", 1), ("publish", 1), ("request", 64), ("request", 1)] {
            for size in SIZES {
                let job = Job::default()
                    .pattern(pattern.into())
                    .size(size)
                    .in_flight(in_flight)
                    .seconds(plan.seconds);
                let name = match pattern {
                    "request" => format!("request, {in_flight} in flight, {}", bytes(size)),
                    pattern => format!("{pattern}, {}", bytes(size)),
                };
                table.row(&name, plan.rounds, rate, |one| through(one, &job));
            }
        }
        println!();
        if plan.wants("idle") {
            println!("Percent of a core that it uses while nothing comes.\n");
            head(&["relay", "idle"]);
            let results = in_turns(plan.rounds, &contenders, |one| idle(one, plan.cpu_seconds));
            for (one, percent) in contenders.iter().zip(results) {
                row(&[one.name().to_owned(), format!("{:.2} %", median(percent))]);
            }
            println!();
        }
    },
};

const SIZES: [usize; 5] = [32, 1 << 10, 4 << 10, 16 << 10, 64 << 10];

/// A relay to this peer.
fn start(contender: &dyn Contender, job: &Job, output: &Peer) -> Peer {
    let job = job.clone().role("relay".into()).endpoint(output.line());
    Peer::start(contender, &job)
}

fn through(contender: &dyn Contender, job: &Job) -> f64 {
    let roles = match &job.pattern[..] {
        "request" => ["reply", "request"],
        _ => ["pull", "push"],
    };
    let [behind, before] = roles.map(|role| job.clone().role(role.into()));
    let output = Peer::start(&Zeroless, &behind);
    let relay = start(contender, job, &output);
    let input = Peer::start(&Zeroless, &before.endpoint(relay.line()));
    match roles {
        ["reply", _] => input.number(),
        _ => output.number(),
    }
}

fn idle(contender: &dyn Contender, seconds: f64) -> f64 {
    let job = Job::default();
    let output = Peer::start(&Zeroless, &job.clone().role("pull".into()).seconds(1.0));
    let mut relay = start(contender, &job, &output);
    relay.line();
    let mut measure = |seconds| {
        relay.tell(&format!("cpu {seconds}"));
        relay.number()
    };
    measure(0.3);
    measure(seconds)
}
