//! A request or a reply of pyzmqrpc3's is one or is refused, and comes back as it was.

#![no_main]

use libfuzzer_sys::fuzz_target;
use zeroless::rpc::zmqrpc::fuzzing;

fuzz_target!(|script: &[u8]| fuzzing::frame(script));
