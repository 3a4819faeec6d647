//! A client is never its own server: TCP connects a socket with itself when the system takes, for
//! our end, the very port that is connected to.

mod support;

use std::env;
use std::process::Command;
use std::thread;
use std::time::Duration;

use support::{SOON, deadline};
use zeroless::{Client, ConnectionEvent, Error, Libzmq, Options, Server, capabilities};

/// Set in a process that has a network of its own.
const ALONE: &str = "ZEROLESS_TEST_ALONE";

/// Of these the system takes one for each connection.
const PORTS: &str = "40000 40003";

/// Runs this very test again, where all ports are its own, and says that it ran or that it could
/// not: that needs Linux and root.
fn alone(name: &str, fact: impl FnOnce()) {
    if env::var_os(ALONE).is_some() {
        return fact();
    }
    let network = format!(
        "ip link set lo up && echo {PORTS} >/proc/sys/net/ipv4/ip_local_port_range && exec \"$0\" \"$@\""
    );
    let mut apart = Command::new("unshare");
    apart.arg("--net");
    let possible = Command::new("unshare")
        .args(["--net", "ip", "link"])
        .output();
    if !possible.is_ok_and(|output| output.status.success()) {
        eprintln!("networks were not run: no network of its own can be made");
        return;
    }
    apart
        .args(["sh", "-c", &network])
        .arg(env::current_exe().unwrap());
    apart.args([name, "--exact", "--nocapture"]).env(ALONE, "1");
    let output = apart.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    println!("networks ran: {name}");
}

#[test]
fn a_requester_waits_for_a_real_server() {
    alone("a_requester_waits_for_a_real_server", || {
        deadline(|| {
            // Any other libzmq does connect with itself.
            if capabilities().unwrap().libzmq != Libzmq::Zeroless {
                return;
            }
            let pause = Duration::from_millis(1);
            let options = Options::default().reconnect_min(pause).reconnect_max(pause);
            let client = Client::connect(40000).unwrap().options(options);
            let requester = client.request().unwrap();
            let events = requester.connection_events().unwrap();
            let mut tries = 0;
            for event in events {
                match event {
                    ConnectionEvent::Retrying { .. } => tries += 1,
                    event => panic!("{event}"),
                }
                if tries == 100 {
                    break;
                }
            }
            // Each attempt of the client has the port until it fails, and no longer.
            let server = loop {
                match Server::bind_local(40000) {
                    Err(Error::AddressInUse { .. }) => thread::yield_now(),
                    server => break server.unwrap(),
                }
            };
            let replier = server.reply().unwrap();
            let pending = requester.start("who is there?").unwrap();
            replier.recv_timeout(SOON).unwrap().reply("I").unwrap();
            assert_eq!(pending.wait().unwrap(), "I");
        });
    });
}
