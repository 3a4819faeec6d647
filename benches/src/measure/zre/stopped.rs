//! The fate of messages that are sent to a peer that is stopped.

use super::network::Network;
use super::{head_of_all, row_of_all};
use crate::contender::Contender;
use crate::job::Job;
use crate::part::Part;
use crate::peer::Peer;
use crate::table::bytes;
use crate::turns::in_turns;

/// How many messages, if there is time for as many.
const MESSAGES: u64 = 20_000_000;

pub const PART: Part = Part {
    name: "zre-stopped",
    title: "A peer that is stopped while messages are sent to it",
    run: |plan| {
        Network::with(|network| {
            println!(
                "In {} s: by how much the sender's memory grows, and of how many messages it is \
                 told that they did not get through.\n",
                plan.stopped_seconds
            );
            let contenders = network.contenders();
            head_of_all("message", &contenders);
            for pattern in ["shout", "whisper"] {
                for size in [16, 1 << 10] {
                    let job = || network.job().pattern(pattern.into()).size(size);
                    let results = in_turns(1, &contenders, |one| {
                        flood(one, &job().seconds(plan.stopped_seconds).count(MESSAGES))
                    });
                    let results: Vec<Flood> = results.into_iter().flatten().collect();
                    let both = (results.len() > 1).then(String::new);
                    let what = format!("{pattern} of {}", bytes(size));
                    let grown = |it: &Flood| format!("{:.1} MB", it.grown / 1e6);
                    let told = |it: &Flood| format!("{} of {}", it.told, it.tried);
                    row_of_all(
                        &format!("{what}: growth"),
                        results.iter().map(grown),
                        both.as_ref()
                            .map(|_| format!("{:.2}", results[0].grown / results[1].grown)),
                    );
                    row_of_all(&format!("{what}: told"), results.iter().map(told), both);
                }
            }
            println!();
        });
    },
};

struct Flood {
    tried: u64,
    told: u64,
    grown: f64,
}

fn flood(contender: &dyn Contender, job: &Job) -> Flood {
    let hear = job.clone().role("hear".into()).count(0).seconds(0.0);
    let stopped = Peer::start(contender, &hear);
    stopped.line();
    let flood = job.clone().role("flood".into()).told(true);
    let mut sender = Peer::start(contender, &flood);
    sender.line();
    stopped.stop();
    sender.tell("begin");
    Flood {
        tried: sender.whole(),
        told: sender.whole(),
        grown: sender.number(),
    }
}
