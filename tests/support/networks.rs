//! Two networks that are joined by a wire, each with a host of its own: network namespaces.
//!
//! They need Linux, root, `ip` and `nft`. Without these a fact about them says that it was not
//! run.

#![allow(dead_code, reason = "each test uses its own part of this")]

use std::io::Write;
use std::process::{self, Command};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

/// Two hosts, 10.77.0.1 and 10.77.0.2, each with one interface, `eth0`.
pub(crate) struct Networks {
    pub(crate) hosts: [String; 2],
}

/// Runs a fact that needs networks of its own, and says that it ran, or that it could not.
pub(crate) fn with_networks(name: &str, fact: impl FnOnce(Networks)) {
    match Networks::new() {
        Ok(networks) => {
            fact(networks);
            println!("networks ran: {name}");
        }
        Err(reason) => say_not_run(&reason),
    }
}

/// Says it once, and past the test harness, which keeps the output of a passing test.
fn say_not_run(reason: &str) {
    static SAID: Once = Once::new();
    let words = format!("networks were not run: {reason}\n");
    SAID.call_once(|| drop(std::io::stderr().write_all(words.as_bytes())));
}

impl Networks {
    fn new() -> Result<Networks, String> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let host = |side| format!("zeroless-{}-{number}-{side}", process::id());
        run("nft", "--version")?;
        // Removed, too, if it cannot be completed.
        let networks = Networks {
            hosts: [host(1), host(2)],
        };
        let [one, two] = &networks.hosts;
        run("ip", &format!("netns add {one}"))?;
        run("ip", &format!("netns add {two}"))?;
        let wire = format!("link add eth0 type veth peer name eth0 netns {two}");
        run("ip", &format!("-n {one} {wire}"))?;
        for host in 0..2 {
            networks.try_ip(host, "link set lo up")?;
            networks.try_ip(host, "link set eth0 up")?;
            let address = format!("address add 10.77.0.{}/24 broadcast + dev eth0", host + 1);
            networks.try_ip(host, &address)?;
        }
        Ok(networks)
    }

    /// Changes the network of a host.
    pub(crate) fn ip(&self, host: usize, change: &str) {
        self.try_ip(host, change).expect("a change of the network");
    }

    fn try_ip(&self, host: usize, change: &str) -> Result<(), String> {
        run("ip", &format!("-n {} {change}", self.hosts[host]))
    }

    /// Cuts the wire: nothing gets through, and nobody is told.
    pub(crate) fn part(&self) {
        let drop = |way| {
            let rule = format!("type filter hook {way} priority 0 ; policy drop ;");
            format!("add chain inet wire {way} {{ {rule} }}")
        };
        let (input, output) = (drop("input"), drop("output"));
        self.nft(&format!("add table inet wire ; {input} ; {output}"));
    }

    /// Mends the wire, in both directions at the same moment.
    pub(crate) fn heal(&self) {
        self.nft("delete table inet wire");
    }

    fn nft(&self, change: &str) {
        let command = format!("netns exec {} nft {change}", self.hosts[1]);
        run("ip", &command).expect("a rule of the network");
    }
}

impl Drop for Networks {
    fn drop(&mut self) {
        for host in &self.hosts {
            let _ = run("ip", &format!("netns delete {host}"));
        }
    }
}

/// Runs a command; why not, if it fails.
fn run(program: &str, arguments: &str) -> Result<(), String> {
    let output = Command::new(program)
        .args(arguments.split(' '))
        .output()
        .map_err(|error| format!("{program}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(format!("{program} {arguments}: {}", said.trim()))
        }
    }
}
