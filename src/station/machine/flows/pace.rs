//! When a sender sends again, and how much at once after that.

use std::time::{Duration, Instant};

/// The bounds of the time after which a sender sends again.
pub(super) const MIN_RTO: Duration = Duration::from_secs(1);
pub(super) const MAX_RTO: Duration = Duration::from_secs(5);

/// The round trip, as far as it is known, and the window while that grows.
#[derive(Debug)]
pub(super) struct Pace {
    /// The smoothed round trip.
    srtt: Option<Duration>,
    /// A message that is on its way for the first time, and since when.
    sample: Option<(u64, Instant)>,
    /// How many messages may be on their way, beside the credit.
    window: u32,
    /// The state of the generator of random numbers.
    random: u64,
}

impl Pace {
    pub(super) fn new(seed: u64) -> Pace {
        Pace {
            srtt: None,
            sample: None,
            window: u32::MAX,
            random: seed,
        }
    }

    /// The next random number: by SplitMix64.
    pub(super) fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Up to an eighth more than this, so that senders do not keep step.
    pub(super) fn jittered(&mut self, time: Duration) -> Duration {
        time + (time / 8).mul_f64((self.random() % 1024) as f64 / 1024.0)
    }

    /// The time after which it is sent again.
    pub(super) fn rto(&mut self) -> Duration {
        let four = self.srtt.map_or(MIN_RTO, |srtt| srtt * 4);
        self.jittered(four.clamp(MIN_RTO, MAX_RTO))
    }

    pub(super) fn window(&self) -> u32 {
        self.window
    }

    /// A flow is open: only the credit limits it.
    pub(super) fn open(&mut self) {
        (self.window, self.sample) = (u32::MAX, None);
    }

    /// Nothing may be sent until the next time.
    pub(super) fn pause(&mut self) {
        (self.window, self.sample) = (0, None);
    }

    /// One message may be sent.
    pub(super) fn probe(&mut self) {
        (self.window, self.sample) = (1, None);
    }

    pub(super) fn sent(&mut self, seq: u64, is_first_time: bool, now: Instant) {
        if is_first_time {
            self.sample.get_or_insert((seq, now));
        }
    }

    /// The receiver has got on, and taken all below this.
    pub(super) fn progress(&mut self, accepted: u64, now: Instant) {
        self.window = self.window.saturating_mul(2).max(1);
        if let Some((_, sent)) = self.sample.take_if(|(seq, _)| *seq < accepted) {
            let took = now.saturating_duration_since(sent);
            self.srtt = Some(self.srtt.map_or(took, |srtt| (srtt * 7 + took) / 8));
        }
    }
}
