//! Network interfaces by name: the zone of a link-local address, and where to bind.

#![cfg(target_os = "linux")]

#[path = "support/alone.rs"]
mod alone;
mod support;

use std::process::Command;

use alone::alone;
use support::{SOON, assert_invalid, deadline};
use zeroless::{Client, Server};

/// Two interfaces, one of them named as that of a VLAN is.
const WIRE: &str = "ip link add name wire0.100 type veth peer name wire1; \
                    ip link set wire0.100 up; ip link set wire1 up; \
                    ip address add fe80::77/64 dev wire0.100 nodad; \
                    ip address add 10.77.0.1/24 dev wire0.100";

/// Sees that a server is there, and spells itself so.
fn assert_serves(bind: &str, shown: &str) {
    let server = Server::bind(bind).unwrap();
    let endpoint = server.endpoint();
    assert_eq!(endpoint.to_string(), format!("{shown}:{}", server.port()));
    let pull = server.pull().unwrap();
    let push = Client::connect(&endpoint).unwrap().push().unwrap();
    push.send("x").unwrap();
    assert_eq!(pull.recv_timeout(SOON).unwrap(), "x");
    push.wait_connected(1, SOON).unwrap();
    assert!(push.status().is_ok());
}

#[test]
fn a_zone_is_named_by_its_interface_or_by_its_number() {
    let name = "a_zone_is_named_by_its_interface_or_by_its_number";
    alone(name, WIRE, "", || {
        deadline(|| {
            let named = "tcp://[fe80::77%wire0.100]";
            assert_serves(&format!("{named}:0"), named);
            let output = Command::new("ip")
                .args(["-o", "link", "show", "wire0.100"])
                .output()
                .unwrap();
            let shown = String::from_utf8(output.stdout).unwrap();
            let index = shown.split(':').next().unwrap();
            let numbered = format!("tcp://[fe80::77%{index}]");
            assert_serves(&format!("{numbered}:0"), &numbered);
        });
    });
}

#[test]
fn an_interface_of_a_vlan_is_bound_by_its_name() {
    let name = "an_interface_of_a_vlan_is_bound_by_its_name";
    alone(name, WIRE, "", || {
        deadline(|| {
            assert_serves("tcp://wire0.100:0", "tcp://10.77.0.1");
            let server = Server::bind("tcp://wire0.100:0").unwrap();
            let again = format!("tcp://wire0.100:{}", server.port());
            let taken = Server::bind(again.as_str()).unwrap_err();
            assert!(
                matches!(taken, zeroless::Error::AddressInUse { .. }),
                "{taken}"
            );
        });
    });
}

#[test]
fn an_interface_that_is_not_there_is_told() {
    let name = "an_interface_that_is_not_there_is_told";
    alone(name, WIRE, "", || {
        deadline(|| {
            for target in [
                "tcp://[fe80::77%wire9]:5555",
                "tcp://[fe80::77%wire9.1]:5555",
            ] {
                assert_invalid(Client::connect(target), "no network interface");
                assert_invalid(Server::bind(target), "no network interface");
            }
            assert_invalid(
                Server::bind("tcp://wire9.100:0"),
                "no such host or interface",
            );
        });
    });
}
