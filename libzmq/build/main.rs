//! Compiles libzmq 4.3.5 as Linux wants it, with our patches.
//!
//! Builds nothing where there is no need: on another system than Linux, and where the user's
//! configuration names a library for zmq-sys to link.

mod compile;
mod patch;
mod patches;
mod platform;
mod sources;

use std::env;
use std::path::Path;

fn main() {
    if sources::is_unpacking() {
        return sources::unpack_here();
    }
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rustc-check-cfg=cfg(compiled, numbers, receives)");

    // zmq-sys compiles a libzmq unless the configuration has a `links = "zmq"` section.
    let zmq_sys_compiles = env::var_os("DEP_ZMQ_OUT").is_some();
    if required("CARGO_CFG_TARGET_OS") != "linux" || !zmq_sys_compiles {
        return;
    }
    let out = required("OUT_DIR");
    let out = Path::new(&out);
    let source = sources::unpack(&out.join("unpacked"), &required("TARGET"));
    let applied = patch::apply(&source, patches::all());
    platform::write(&source.join("src"));
    compile::compile(&source, out);
    println!("cargo::rustc-cfg=compiled");
    for (patch, cfg) in [("connection", "numbers"), ("receive", "receives")] {
        if applied.contains(&patch) {
            println!("cargo::rustc-cfg={cfg}");
        }
    }
}

/// A variable that cargo sets for every build script.
fn required(name: &str) -> String {
    env::var(name).unwrap_or_else(|error| panic!("{name}: {error}"))
}
