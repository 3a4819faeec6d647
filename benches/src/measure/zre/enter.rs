//! How long it takes until two nodes know each other.

use super::network::Network;
use super::{head_of_all, row_of_all};
use crate::contender::Contender;
use crate::part::Part;
use crate::peer::Peer;
use crate::table::{median, ratio};
use crate::turns::in_turns;

pub const PART: Part = Part {
    name: "zre-enter",
    title: "Two nodes of ZRE that meet, each in a process of its own",
    run: |plan| {
        Network::with(|network| {
            println!("From the start of the second until both know the other: less is better.\n");
            let contenders = network.contenders();
            let results = in_turns(plan.meetings, &contenders, |one| meet(network, one));
            let middle = |times: &Vec<f64>| median(times.clone());
            let longest = |times: &Vec<f64>| times.iter().copied().fold(0.0, f64::max);
            let theirs = results.get(1);
            let of_middles = theirs.map(|theirs| ratio(&results[0], theirs));
            let of_longest = theirs.map(|theirs| longest(&results[0]) / longest(theirs));
            let shown = |time| format!("{time:.1} ms");
            let shown_ratio = |ratio| format!("{ratio:.2}");
            head_of_all(&format!("{} meetings", plan.meetings), &contenders);
            let middles = results.iter().map(middle).map(shown);
            row_of_all("median", middles, of_middles.map(shown_ratio));
            let longest = results.iter().map(longest).map(shown);
            row_of_all("longest", longest, of_longest.map(shown_ratio));
            println!();
        });
    },
};

/// How many milliseconds it takes.
fn meet(network: &Network, contender: &dyn Contender) -> f64 {
    let job = network.job().role("meet".into());
    let start = || {
        let peer = Peer::start(contender, &job);
        let began = peer.whole();
        (peer, began)
    };
    let (first, _) = start();
    let (second, began) = start();
    let met = first.whole().max(second.whole());
    (met - began) as f64 / 1e6
}
