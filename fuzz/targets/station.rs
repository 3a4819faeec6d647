//! A first frame of a station's is one or is refused, and comes back as it was.

#![no_main]

use libfuzzer_sys::fuzz_target;
use zeroless::station::fuzzing;
use zeroless_fuzz::allocated;

fuzz_target!(|bytes: &[u8]| fuzzing::frame(bytes, allocated));
