//! How much memory a kept message holds on to.
//!
//! libzmq does not copy a message out of the buffer that it was received into, unless it is
//! tiny: as long as one of them is kept, so is the whole buffer.

use crate::contender::zeroless::Zeroless;
use crate::job::Job;
use crate::part::Part;
use crate::peer::Peer;
use crate::table::{bytes, head, row};

pub const PART: Part = Part {
    name: "kept",
    title: "Memory that kept messages hold on to",
    run: |plan| {
        println!(
            "{KEPT} messages kept, one of each {ONE_IN} received: bytes for each that is kept.\n"
        );
        head(&["message", "batch 8 KiB", "batch 64 KiB", "batch 256 KiB"]);
        for size in [32, 64, 256, 1024] {
            if !plan.wants(&bytes(size)) {
                continue;
            }
            let grown = [8 << 10, 64 << 10, 256 << 10].map(|batch| {
                let job = Job::default().size(size);
                let pull = job.clone().role("keep".into()).batch(batch);
                let pull = pull.count(KEPT).one_in(ONE_IN as usize);
                let pull = Peer::start(&Zeroless, &pull);
                let push = job.endpoint(pull.line()).count(KEPT * ONE_IN);
                let _push = Peer::start(&Zeroless, &push);
                bytes((pull.number() / KEPT as f64) as usize)
            });
            row(&[vec![bytes(size)], grown.to_vec()].concat());
        }
        println!();
    },
};

const KEPT: u64 = 1000;
const ONE_IN: u64 = 256;
