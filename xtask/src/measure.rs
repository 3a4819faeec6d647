//! The benchmarks, and the builds that they are compared with.

use std::process::Command;

use crate::command::{root, run};

/// With these the libzmq that zmq-sys compiles is as fast as it can be.
const FLAGS: &str = "\
     -O2 -DHAVE_CLOCK_GETTIME=1 -DHAVE_FORK=1 -DHAVE_ACCEPT4=1 -DHAVE_POSIX_MEMALIGN=1 \
     -DZMQ_HAVE_LINUX=1 -DZMQ_HAVE_EVENTFD=1 -DZMQ_HAVE_EVENTFD_CLOEXEC=1 \
     -DZMQ_HAVE_SOCK_CLOEXEC=1 -DZMQ_HAVE_SO_KEEPALIVE=1 -DZMQ_HAVE_TCP_KEEPCNT=1 \
     -DZMQ_HAVE_TCP_KEEPIDLE=1 -DZMQ_HAVE_TCP_KEEPINTVL=1 -DZMQ_HAVE_IFADDRS=1 \
     -DZMQ_HAVE_SO_PEERCRED=1 -DZMQ_HAVE_SO_BINDTODEVICE=1 \
     -DZMQ_IOTHREAD_POLLER_USE_EPOLL_CLOEXEC=1 -DZMQ_CACHELINE_SIZE=64 \
     -DZMQ_BUILD_DRAFT_API=1";

/// The part that compares two builds.
const BUILDS: &str = "builds";

/// The part that needs a feature, and that feature.
const CURVE: &str = "curve";

/// Options of the benchmarks that have a value.
const WITH_VALUE: [&str; 3] = ["--rounds", "--only", "--against"];

/// Measures these parts, or our libzmq against zmq-sys's if none is named. The arguments are
/// those of the benchmarks. The machine has to be quiet.
pub(crate) fn measure(arguments: &[&str]) -> bool {
    let mut arguments = arguments.to_vec();
    if parts(&arguments).is_empty() {
        arguments.push(BUILDS);
    }
    let mut measure = bench("target/benches", "run");
    if parts(&arguments).contains(&CURVE) {
        // CURVE needs libsodium's source to be compiled, which nothing else does.
        measure.args(["--features", CURVE]);
    }
    if parts(&arguments).contains(&BUILDS) {
        let mut other = bench("target/benches-other", "build");
        other.arg("--no-default-features").env("CXXFLAGS", FLAGS);
        if !run(&mut other) {
            return false;
        }
        let program = root().join("target/benches-other/release/zeroless-bench");
        measure.env("ZEROLESS_OTHER_BUILD", program);
    }
    run(measure.arg("--").args(arguments))
}

fn parts<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    let mut before = "";
    let mut parts = Vec::new();
    for argument in arguments {
        if !argument.starts_with("--") && !WITH_VALUE.contains(&before) {
            parts.push(*argument);
        }
        before = argument;
    }
    parts
}

fn bench(target: &str, command: &str) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args([command, "--release", "--quiet"]);
    cargo.args(["--manifest-path", "benches/Cargo.toml"]);
    cargo.args(["--target-dir", target]).current_dir(root());
    cargo
}
