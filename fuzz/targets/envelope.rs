//! The frames of a call are an envelope and a body, or are refused.

#![no_main]

use libfuzzer_sys::fuzz_target;
use zeroless::rpc::fuzzing;
use zeroless_fuzz::allocated;

fuzz_target!(|script: &[u8]| fuzzing::envelope(script, allocated));
