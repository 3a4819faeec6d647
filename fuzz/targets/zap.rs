//! Frames are a request of ZAP or malformed, and nobody is let in whom no rule knows.

#![no_main]

use libfuzzer_sys::fuzz_target;
use zeroless::security::fuzzing;
use zeroless_fuzz::allocated;

fuzz_target!(|script: &[u8]| fuzzing::zap(script, allocated));
