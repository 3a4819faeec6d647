//! Our libzmq: its patches, other machines, and how it compares.

use std::fs;
use std::process::Command;

use crate::{root, run};

/// Leaves each patch out, and sees that its test fails.
pub(crate) fn patches() -> bool {
    let data = fs::read_to_string(root().join("libzmq/build/patches.rs"));
    let data = data.unwrap_or_else(|error| panic!("the patches: {error}"));
    let names = data.lines().filter_map(|line| {
        let name = line.trim().strip_prefix("name: \"")?;
        name.strip_suffix("\",")
    });
    names.map(is_needed).fold(true, |all, needed| all & needed)
}

/// Whether the test of a patch fails without it; both are called the same.
fn is_needed(patch: &str) -> bool {
    let test = patch.replace('-', "_") + "::";
    let cargo = |arguments: &[&str]| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["test", "--quiet", "--package", "zeroless-libzmq"]);
        cargo.args(["--test", "patches", "--target-dir", "target/patches"]);
        cargo.args(arguments).current_dir(root());
        cargo.env("ZEROLESS_LIBZMQ_WITHOUT", patch);
        cargo
    };
    if !run(&mut cargo(&["--no-run"])) {
        return false;
    }
    let output = cargo(&["--", &test]).output();
    let fails = output.is_ok_and(|output| !output.status.success());
    let verdict = if fails { "fails" } else { "PASSES" };
    println!("without {patch}, {test} {verdict}");
    fails
}

/// Targets, and what Debian calls their compilers and emulators.
const TARGETS: [(&str, &str, &str); 2] = [
    (
        "aarch64-unknown-linux-gnu",
        "aarch64-linux-gnu",
        "qemu-aarch64",
    ),
    (
        "armv7-unknown-linux-gnueabihf",
        "arm-linux-gnueabihf",
        "qemu-arm",
    ),
];

/// Compiles the library and an example for other machines, and runs that where there is an emulator.
pub(crate) fn cross() -> bool {
    TARGETS.iter().all(|(target, debian, emulator)| {
        let emulated = Command::new(emulator).arg("--version").output().is_ok();
        println!(
            "{target}: {}",
            if emulated {
                "compiled and run"
            } else {
                "compiled"
            }
        );
        let variable = |name| {
            let target = target.replace('-', "_").to_uppercase();
            format!("CARGO_TARGET_{target}_{name}")
        };
        let mut cargo = Command::new(env!("CARGO"));
        cargo.arg(if emulated { "run" } else { "build" });
        cargo.args([
            "--quiet",
            "--package",
            "zeroless",
            "--example",
            "quickstart",
        ]);
        cargo.args(["--target", target, "--target-dir", "target/cross"]);
        cargo.current_dir(root());
        cargo.env(variable("LINKER"), format!("{debian}-gcc"));
        cargo.env(variable("RUNNER"), format!("{emulator} -L /usr/{debian}"));
        let mut add = Command::new("rustup");
        run(add.args(["target", "add", target])) && run(&mut cargo)
    })
}

/// With these the libzmq that zmq-sys compiles is as fast as it can be.
const FLAGS: &str = "\
     -O2 -DHAVE_CLOCK_GETTIME=1 -DHAVE_FORK=1 -DHAVE_ACCEPT4=1 -DHAVE_POSIX_MEMALIGN=1 \
     -DZMQ_HAVE_LINUX=1 -DZMQ_HAVE_EVENTFD=1 -DZMQ_HAVE_EVENTFD_CLOEXEC=1 \
     -DZMQ_HAVE_SOCK_CLOEXEC=1 -DZMQ_HAVE_SO_KEEPALIVE=1 -DZMQ_HAVE_TCP_KEEPCNT=1 \
     -DZMQ_HAVE_TCP_KEEPIDLE=1 -DZMQ_HAVE_TCP_KEEPINTVL=1 -DZMQ_HAVE_IFADDRS=1 \
     -DZMQ_HAVE_SO_PEERCRED=1 -DZMQ_HAVE_SO_BINDTODEVICE=1 \
     -DZMQ_IOTHREAD_POLLER_USE_EPOLL_CLOEXEC=1 -DZMQ_CACHELINE_SIZE=64 \
     -DZMQ_BUILD_DRAFT_API=1";

/// Measures our libzmq against zmq-sys's. The machine has to be quiet.
pub(crate) fn measure(options: &[&str]) -> bool {
    let bench = |target: &str, command: &str| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args([
            command,
            "--release",
            "--quiet",
            "--manifest-path",
            "benches/Cargo.toml",
        ]);
        cargo.args(["--target-dir", target]).current_dir(root());
        cargo
    };
    let mut other = bench("target/benches-other", "build");
    other.arg("--no-default-features").env("CXXFLAGS", FLAGS);
    let program = root().join("target/benches-other/release/zeroless-bench");
    let mut measure = bench("target/benches", "run");
    measure.arg("--").args(options).arg("builds");
    run(&mut other) && run(measure.env("ZEROLESS_OTHER_BUILD", program))
}
