//! Frames of autopilot's are a message, or are refused, and a message comes back as it was.

#![no_main]

use libfuzzer_sys::fuzz_target;
use zeroless::station::fuzzing;
use zeroless_fuzz::allocated;

fuzz_target!(|script: &[u8]| fuzzing::net_node(script, allocated));
