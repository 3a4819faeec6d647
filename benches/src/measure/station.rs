//! Messages from a node to another, straight or by way of a station, and items of streams.

use crate::comparison::Comparison;
use crate::contender::Contender;
use crate::contender::autopilot::Autopilot;
use crate::contender::mosquitto::Mosquitto;
use crate::contender::station::Station;
use crate::job::Job;
use crate::part::Part;
use crate::peer::Peer;
use crate::plan::Plan;
use crate::table::{head, median, rate, row};
use crate::turns::in_turns;

pub const PART: Part = Part {
    name: "station",
    title: "Nodes, and a station between them, each in a process of its own",
    run,
};

/// What is sent, and whether a station is between.
const CASES: [(&str, bool); 5] = [
    ("confirmed", false),
    ("unconfirmed", false),
    ("stream", false),
    ("confirmed", true),
    ("unconfirmed", true),
];

fn run(plan: &Plan) {
    println!(
        "Messages of 32 B a second that are handled, and items of streams in batches of 100; and how many times those of the \
         others that is.\n"
    );
    let job = Job::default().seconds(plan.seconds);
    let table = Comparison::new(plan, &[&Station, &Autopilot]);
    for (pattern, behind) in CASES {
        let way = if behind {
            "through a station"
        } else {
            "straight"
        };
        let job = job.clone().pattern(pattern.into()).behind(behind);
        table.row(&format!("{pattern}, {way}"), plan.rounds, rate, |one| {
            handled(one, &job)
        });
    }
    println!();
    let confirmed = job.clone().pattern("confirmed".into()).behind(true);
    let table = Comparison::new(plan, &[&Station, &Mosquitto]);
    table.row("confirmed, through a station", plan.rounds, rate, |one| {
        handled(one, &confirmed)
    });
    println!();
    if plan.wants("idle") {
        println!("Percent of a core that an idle node uses, and an idle station.\n");
        head(&["", "node", "station"]);
        let contenders: [&dyn Contender; 2] = [&Station, &Autopilot];
        for one in crate::contenders::present(&contenders) {
            let [node, station] = ["pull", "relay"].map(|role| {
                let results =
                    in_turns(plan.rounds, &[one], |one| idle(one, role, plan.cpu_seconds));
                format!("{:.2} %", median(results[0].clone()))
            });
            row(&[one.name().to_owned(), node, station]);
        }
        println!();
    }
}

fn handled(contender: &dyn Contender, job: &Job) -> f64 {
    let relay = job.behind.then(|| {
        let relay = Peer::start(contender, &job.clone().role("relay".into()));
        let endpoint = relay.line();
        (relay, endpoint)
    });
    let mut job = job.clone();
    if let Some((_, endpoint)) = &relay {
        job = job.endpoint(endpoint.clone());
    }
    let (receiver, _sender) = Peer::ends(contender, ["pull", "push"], &job);
    receiver.number()
}

fn idle(contender: &dyn Contender, role: &str, seconds: f64) -> f64 {
    let mut peer = Peer::start(contender, &Job::default().role(role.into()));
    peer.line();
    let mut measure = |seconds| {
        peer.tell(&format!("cpu {seconds}"));
        peer.number()
    };
    measure(6.0);
    measure(seconds)
}
