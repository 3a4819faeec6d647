//! What PLAIN costs a message: instructions on the application's thread, beside those without security.

use super::instructions::{a_message, can_count, queued, received, sent};
use crate::contender::zeroless::Zeroless;
use crate::part::Part;
use crate::plan::Plan;
use crate::table::{head, row};

pub const PART: Part = Part {
    name: "plain",
    title: "PLAIN: instructions a message on the application's thread",
    run,
};

fn run(plan: &Plan) {
    if !can_count() {
        return;
    }
    println!("Messages of one frame of 32 B over tcp, queue filled and then emptied.\n");
    head(&["", "without security", "PLAIN", "difference"]);
    for (end, count) in [("sent", sent as fn(_, _, _) -> _), ("received", received)] {
        if !plan.wants(end) {
            continue;
        }
        let [open, secured] = ["none", "plain"].map(|security| {
            let job = queued().security(security.into());
            a_message(plan, |messages| count(&Zeroless, messages, job.clone()))
        });
        let numbers = [open, secured, secured - open].map(|number| format!("{number:.0}"));
        row(&[vec![end.to_owned()], numbers.to_vec()].concat());
    }
    println!();
}
