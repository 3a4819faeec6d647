//! Random numbers that are the same each time.

use std::time::Duration;

/// A generator: SplitMix64.
#[derive(Debug)]
pub(in crate::station::machine) struct Dice(pub(in crate::station::machine) u64);

impl Dice {
    pub(in crate::station::machine) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `sides`.
    pub(in crate::station::machine) fn roll(&mut self, sides: u64) -> u64 {
        self.next() % sides
    }

    /// True so often of a hundred times.
    pub(in crate::station::machine) fn percent(&mut self, chance: u64) -> bool {
        self.roll(100) < chance
    }

    pub(in crate::station::machine) fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.roll(to - from)
    }

    pub(in crate::station::machine) fn millis(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(self.between(from, to))
    }

    pub(in crate::station::machine) fn bytes16(&mut self) -> [u8; 16] {
        let both = (u128::from(self.next()) << 64) | u128::from(self.next());
        both.to_be_bytes()
    }
}
