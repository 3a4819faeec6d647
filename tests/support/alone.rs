//! Tests in a process of their own: with a network, and a file of hosts, of their own; or without
//! the rights of root.
//!
//! For it a test starts its own program again, of which only that test runs then.

#![allow(dead_code, reason = "each test uses its own part of this")]

use std::env;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Once;

use crate::support::Folder;

/// Set in such a process.
const ALONE: &str = "ZEROLESS_TEST_ALONE";

/// The user nobody, without any permission.
const NOBODY: u32 = 65534;

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Runs this test where commands of the shell have prepared a network of its own, and where these
/// are the hosts; and says that it ran, or that it could not.
pub(crate) fn alone(name: &str, prepare: &str, hosts: &str, fact: impl FnOnce()) {
    if env::var_os(ALONE).is_some() {
        return fact();
    }
    if !is_root() {
        return say_not_run("they need root");
    }
    let folder = Folder::new();
    let file = folder.path().join("hosts");
    fs::write(&file, hosts).unwrap();
    let script = format!(
        "set -e; mount --bind {} /etc/hosts; ip link set lo up; {prepare}\nexec \"$0\" \"$@\"",
        file.display()
    );
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "--net", "sh", "-c", &script])
        .arg(env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(ALONE, "1");
    match run(&mut command) {
        Ok(()) => println!("networks ran: {name}"),
        Err(said) if said.contains("test result: ") => panic!("{said}"),
        Err(said) => say_not_run(&said),
    }
}

/// Says which hosts there are from now on; only in such a process.
pub(crate) fn set_hosts(hosts: &str) {
    assert!(env::var_os(ALONE).is_some(), "these are not our own");
    fs::write("/etc/hosts", hosts).unwrap();
}

/// Runs this test as a user other than root.
pub(crate) fn without_rights(name: &str, fact: impl FnOnce()) {
    if !is_root() {
        return fact();
    }
    // Where anybody may read it.
    let folder = Folder::new();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let own = folder.path().join("test");
    // By another process: a child that is started meanwhile by another test would have our copy open for writing, and
    // what is written cannot be run.
    let copy = Command::new("cp")
        .arg(env::current_exe().unwrap())
        .arg(&own)
        .status();
    assert!(copy.unwrap().success());
    let mut command = Command::new(own);
    command
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .current_dir("/")
        .uid(NOBODY)
        .gid(NOBODY);
    if let Err(said) = run(&mut command) {
        panic!("{said}");
    }
}

/// Runs a command; gives its output if it fails.
fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stdout);
    match output.status.success() && said.contains("test result: ok. 1 passed") {
        true => Ok(()),
        false => Err(format!("{said}{}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// Says it once, and past the test harness, which keeps the output of a passing test.
fn say_not_run(reason: &str) {
    static SAID: Once = Once::new();
    let words = format!("networks were not run: {reason}\n");
    SAID.call_once(|| drop(std::io::stderr().write_all(words.as_bytes())));
}
