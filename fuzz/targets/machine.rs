//! A node holds what it promises, whatever happens to it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use zeroless::zre::fuzzing;

fuzz_target!(|script: &[u8]| fuzzing::machine(script));
