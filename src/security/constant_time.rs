//! A comparison that takes the same time wherever the difference is.

use std::hint::black_box;

/// Whether they are equal. All bytes are looked at, so that the time tells nothing of a secret.
///
/// It is written here, as it is one line: the crate `subtle` would bring nothing else that is needed.
pub(super) fn is_equal<const N: usize>(one: &[u8; N], other: &[u8; N]) -> bool {
    let differing = |sum, (one, other): (&u8, &u8)| black_box(sum | (one ^ other));
    black_box(one.iter().zip(other).fold(0, differing)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_single_bit_makes_a_difference() {
        let one = [0x5a; 32];
        assert!(is_equal(&one, &one));
        for bit in 0..256 {
            let mut other = one;
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(!is_equal(&one, &other), "bit {bit}");
        }
    }
}
