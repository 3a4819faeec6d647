//! How many messages a second go from one node to another.

use super::network::Network;
use super::{head_of_all, row_of_all};
use crate::contender::Contender;
use crate::job::Job;
use crate::part::Part;
use crate::peer::Peer;
use crate::table::{bytes, median, rate, ratio};
use crate::turns::in_turns;

pub const PART: Part = Part {
    name: "zre-shout",
    title: "Shouting to one peer, each in a process of its own",
    run: |plan| {
        Network::with(|network| {
            println!(
                "Messages a second that come, how many of those sent before the last of them are \
                 missing, and how often no more came.\n"
            );
            let contenders = network.contenders();
            head_of_all("message", &contenders);
            for size in [16, 1 << 10] {
                let results = in_turns(plan.rounds, &contenders, |one| {
                    let job = network.job().size(size);
                    shout(one, &job, plan.shout_seconds)
                });
                let rates = results.iter().map(|one| one.iter().map(Heard::rate));
                let rates: Vec<Vec<f64>> = rates.map(Iterator::collect).collect();
                let times = rates.get(1).map(|theirs| ratio(&rates[0], theirs));
                let both = times.map(|_| String::new());
                let medians = rates.iter().map(|rates| rate(median(rates.clone())));
                let size = bytes(size);
                row_of_all(&size, medians, times.map(|times| format!("{times:.1}")));
                let missing = results.iter().map(|one| missing(one));
                row_of_all(&format!("{size}: missing"), missing, both.clone());
                let over = results.iter().map(|one| {
                    let over = one.iter().filter(|it| matches!(it, Heard::NoMore)).count();
                    format!("{over} of {}", one.len())
                });
                row_of_all(&format!("{size}: no more came"), over, both);
            }
            println!();
        });
    },
};

/// The fate of a stream of shouts.
enum Heard {
    All {
        rate: f64,
        came: u64,
        missing: u64,
    },
    /// A node that is flooded may give the other up.
    NoMore,
}

impl Heard {
    fn rate(&self) -> f64 {
        match self {
            Heard::All { rate, .. } => *rate,
            Heard::NoMore => f64::NAN,
        }
    }
}

/// How many are missing, of how many.
fn missing(all: &[Heard]) -> String {
    let sum = all.iter().fold([0, 0], |[of, sum], one| match one {
        Heard::All { came, missing, .. } => [of + came + missing, sum + missing],
        Heard::NoMore => [of, sum],
    });
    format!("{} of {}", sum[1], sum[0])
}

fn shout(contender: &dyn Contender, job: &Job, seconds: f64) -> Heard {
    let hear = job.clone().role("hear".into()).seconds(seconds);
    let hear = Peer::start(contender, &hear);
    hear.line();
    let _shout = Peer::start(contender, &job.clone().role("shout".into()));
    match hear.number_within(5.0 + 2.0 * seconds) {
        Some(rate) => Heard::All {
            rate,
            came: hear.whole(),
            missing: hear.whole(),
        },
        None => Heard::NoMore,
    }
}
