//! A file is a certificate or it is refused.

#![no_main]

use libfuzzer_sys::fuzz_target;
use zeroless::security::fuzzing;
use zeroless_fuzz::allocated;

fuzz_target!(|file: &[u8]| fuzzing::certificate(file, allocated));
