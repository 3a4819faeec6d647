//! Our libzmq: its patches, and other machines.

use std::fs;
use std::process::Command;

use crate::command::{root, run};

/// Leaves each patch out, and sees that its test fails.
pub(crate) fn patches() -> bool {
    let files = fs::read_dir(root().join("libzmq/build/patches"));
    let files = files.unwrap_or_else(|error| panic!("the patches: {error}"));
    let mut names: Vec<String> = Vec::new();
    for file in files.map_while(Result::ok) {
        let data = fs::read_to_string(file.path());
        let data = data.unwrap_or_else(|error| panic!("the patches: {error}"));
        names.extend(data.lines().filter_map(|line| {
            let name = line.trim().strip_prefix("name: \"")?;
            Some(name.strip_suffix("\",")?.to_owned())
        }));
    }
    let needed = names.iter().map(|name| is_needed(name));
    needed.fold(true, |all, needed| all & needed)
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

/// Targets, and Debian's names of their compilers and emulators.
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
