//! A first frame is a message or malformed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use zeroless::zre::fuzzing;
use zeroless_fuzz::allocated;

fuzz_target!(|bytes: &[u8]| fuzzing::packet(bytes, allocated));
