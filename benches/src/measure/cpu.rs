//! How much processor time waiting costs: when nothing comes, and when little does.

use crate::contender::Contender;
use crate::contender::bare::Bare;
use crate::contender::zeroless::Zeroless;
use crate::job::Job;
use crate::part::Part;
use crate::peer::Peer;
use crate::table::{head, median, row};
use crate::turns::in_turns;

/// The roles of the two ends, and microseconds from one message to the next.
type Case = ([&'static str; 2], u64);

const NEVER: u64 = 1 << 40;

const CASES: [Case; 3] = [
    (["pull", "push"], NEVER),
    (["pull", "push"], 2000),
    (["reply", "request"], 2000),
];

pub const PART: Part = Part {
    name: "cpu",
    title: "Processor time while waiting",
    run: |plan| {
        println!("Percent of a core that a process uses; the difference in points.\n");
        head(&["end", "messages", "zeroless", "bare libzmq", "difference"]);
        let contenders: [&dyn Contender; 2] = [&Zeroless, &Bare];
        for (roles, pace) in CASES {
            for side in [0, 1] {
                if !plan.wants(roles[side]) {
                    continue;
                }
                let results = in_turns(plan.rounds, &contenders, |contender| {
                    let job = Job::default().pace(pace);
                    let (bound, connected) = Peer::ends(contender, roles, &job);
                    percent([bound, connected], side, plan.cpu_seconds)
                });
                let [ours, bare] = [0, 1].map(|place| median(results[place].clone()));
                let often = match pace {
                    NEVER => "none".to_owned(),
                    pace => format!("every {} ms", pace / 1000),
                };
                let difference = format!("{:+.2}", ours - bare);
                let [ours, bare] = [ours, bare].map(|percent| format!("{percent:.2} %"));
                row(&[roles[side].to_owned(), often, ours, bare, difference]);
            }
        }
        println!();
    },
};

/// Measures one of two ends that are at work, once they have settled.
fn percent(mut ends: [Peer; 2], side: usize, seconds: f64) -> f64 {
    let mut measure = |seconds| {
        ends[side].tell(&format!("cpu {seconds}"));
        ends[side].number()
    };
    measure(0.3);
    measure(seconds)
}
