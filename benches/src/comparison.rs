//! A table of the first contender's values, and its ratios to the others.

use crate::contender::Contender;
use crate::contenders::present;
use crate::plan::Plan;
use crate::table::{head, median, ratio, row, times};
use crate::turns::in_turns;

pub struct Comparison<'a> {
    plan: &'a Plan,
    contenders: Vec<&'static dyn Contender>,
}

impl Comparison<'_> {
    /// Prints the head of a table with those of the contenders that can be run here.
    pub fn new<'a>(plan: &'a Plan, all: &[&'static dyn Contender]) -> Comparison<'a> {
        let wanted =
            |one: &&dyn Contender| one.name() == all[0].name() || plan.wants_against(one.name());
        let contenders: Vec<_> = all.iter().copied().filter(wanted).collect();
        let contenders = present(&contenders);
        let names = contenders.iter().map(|contender| contender.name());
        head(&["message"].into_iter().chain(names).collect::<Vec<_>>());
        Comparison { plan, contenders }
    }

    /// Lets all take turns, and prints the result, if the row is wanted. `measure` gives
    /// how many a second, which `show` shows of the first contender.
    pub fn row(
        &self,
        name: &str,
        rounds: usize,
        show: impl Fn(f64) -> String,
        measure: impl Fn(&'static dyn Contender) -> f64,
    ) {
        if !self.plan.wants(name) {
            return;
        }
        let results = in_turns(rounds, &self.contenders, measure);
        let first = show(median(results[0].clone()));
        let ratios = results[1..].iter();
        let ratios = ratios.map(|others| times(ratio(&results[0], others)));
        row(&[vec![name.to_owned(), first], ratios.collect()].concat());
    }
}
