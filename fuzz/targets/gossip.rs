//! Whatever others say, one who gossips says little.

#![no_main]

use libfuzzer_sys::fuzz_target;
use zeroless::zre::fuzzing;

fuzz_target!(|bytes: &[u8]| fuzzing::gossip(bytes));
