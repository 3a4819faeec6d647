//! Tells the library whether zmq-sys compiled a libzmq, or the configuration names another.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(zmq_sys_compiled)");
    // zmq-sys's build script says so, and does not run where its library is named.
    if env::var_os("DEP_ZMQ_OUT").is_some() {
        println!("cargo::rustc-cfg=zmq_sys_compiled");
    }
}
