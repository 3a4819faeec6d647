//! The bare loop with the batch size that zeroless's streams have.

use super::Contender;
use super::bare::Bare;
use crate::job::Job;
use crate::meter::Meter;

/// It shows zeroless's own cost, without the gain by its options.
pub struct BareBatched;

const BATCH: u32 = 256 << 10;

impl Contender for BareBatched {
    fn name(&self) -> &'static str {
        "bare with our batch"
    }

    fn is_there(&self) -> bool {
        ::zeroless::capabilities().is_ok_and(|it| it.batch)
    }

    fn push(&self, job: &Job, meter: &mut Meter) {
        Bare.push(&job.clone().batch(BATCH), meter);
    }

    fn pull(&self, job: &Job, ready: &mut dyn FnMut(&str), meter: &mut Meter) {
        Bare.pull(&job.clone().batch(BATCH), ready, meter);
    }
}
