//! The measurements: one file a part.

mod builds;
mod calls;
mod cpu;
mod curve;
mod in_flight;
mod inproc;
mod instructions;
mod kept;
mod plain;
mod relay;
mod roundtrip;
mod station;
mod throughput;
mod tuning;
mod zmqrpc_faults;
mod zre;

use crate::part::Part;

pub const PARTS: &[Part] = &[
    throughput::PART,
    throughput::ONE_PROCESS,
    inproc::PART,
    roundtrip::PART,
    in_flight::PART,
    relay::PART,
    calls::PART,
    station::PART,
    cpu::PART,
    instructions::PART,
    plain::PART,
    curve::PART,
    kept::PART,
    builds::PART,
    tuning::THREADS,
    tuning::BATCH,
    tuning::SPIN,
    zre::enter::PART,
    zre::shout::PART,
    zre::mesh::PART,
    zre::stopped::PART,
    zmqrpc_faults::PART,
];
