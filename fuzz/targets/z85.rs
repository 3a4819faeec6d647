//! A text is a key or it is refused.

#![no_main]

use libfuzzer_sys::fuzz_target;
use zeroless::security::fuzzing;

fuzz_target!(|text: &[u8]| fuzzing::z85(text));
