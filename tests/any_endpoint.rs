//! Any text is an endpoint that works or an error, and never a panic.

mod support;

use std::cell::Cell;
use std::net::IpAddr;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use support::{Folder, deadline_after};
use zeroless::{Client, Endpoint, Error, Server};

/// So many texts take a while.
const LIMIT: Duration = Duration::from_secs(300);

/// Parts of endpoints, and texts that have no place in them.
#[rustfmt::skip]
const SHREDS: &[&str] = &[
    "tcp", "tcp://", "ipc", "ipc://", "inproc", "inproc://", "udp://", "://", ":", ":", "/",
    "//", "*", "@", "0", "80", "5555", ":5555", ":0", ":*", "65535", "65536", "99999", "-1", "+5",
    "127.0.0.1", "127.0.0.1:", "0.0.0.0", "1.2.3", "1.2.3.256", "0x7f", "::1", "[::1]", "[::]:",
    "[", "]", "%", "lo", "%1", "localhost", "localhost:", "a", "_", "-", ".", "..", ";", "\0",
    " ", "\n", "é", "\u{202e}", "\u{1f980}", "1e5", "00000000000000000000000000000000000000000",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

/// Text that is nearly an endpoint, and text that is nothing at all.
fn text() -> impl Strategy<Value = String> {
    let near = vec(proptest::sample::select(SHREDS), 0..7).prop_map(|shreds| shreds.concat());
    let target = (vec(proptest::sample::select(SHREDS), 0..4), any::<u32>())
        .prop_map(|(shreds, port)| format!("tcp://{}:{}", shreds.concat(), port >> 12));
    let any = vec(any::<char>(), 0..40).prop_map(String::from_iter);
    prop_oneof![3 => near, 2 => target, 1 => any]
}

/// Whether a name server, which may be slow, would be asked for the host's address.
fn is_name(endpoint: &Endpoint) -> bool {
    let text = endpoint.to_string();
    let Some((host, _)) = text
        .strip_prefix("tcp://")
        .and_then(|rest| rest.rsplit_once(':'))
    else {
        return false;
    };
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let address = address.split('%').next().unwrap_or_default();
    !(host == "*" || host == "localhost" || address.parse::<IpAddr>().is_ok())
}

/// The endpoint that a text is for a server or client, where both leave out `tcp://`.
fn read(text: &str) -> Result<Endpoint, Error> {
    match text.contains(':') && !text.contains("://") {
        true => format!("tcp://{text}").parse(),
        false => text.parse(),
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

#[test]
fn a_hundred_thousand_texts_are_endpoints_or_errors() {
    deadline_after(LIMIT, || {
        let endpoints = Cell::new(0);
        proptest!(config(100_000), |(text in text())| {
            match read(&text) {
                Ok(endpoint) => {
                    endpoints.set(endpoints.get() + 1);
                    prop_assert_eq!(endpoint.to_string().parse(), Ok(endpoint.clone()));
                    if !is_name(&endpoint)
                        && let Ok(client) = Client::connect(&text)
                    {
                        prop_assert_eq!(client.endpoints(), [endpoint]);
                    }
                }
                Err(_) => {
                    for refused in [Client::connect(&text).map(drop), Server::bind(&text).map(drop)] {
                        let invalid = matches!(refused, Err(Error::InvalidEndpoint { .. }));
                        prop_assert!(invalid, "{:?}", refused);
                    }
                }
            }
        });
        let endpoints = endpoints.get();
        assert!(endpoints > 1000, "only {endpoints} were endpoints");
    });
}

#[test]
fn every_valid_endpoint_works() {
    deadline_after(LIMIT, || {
        // Where those of ipc make their files.
        let folder = Folder::new();
        std::env::set_current_dir(folder.path()).unwrap();
        let served = Cell::new(0);
        proptest!(config(3000), |(text in text())| {
            let Ok(endpoint) = read(&text) else { return Ok(()) };
            let shown = endpoint.to_string();
            if is_name(&endpoint) || shown.starts_with("ipc://") && shown[6..].contains('/') {
                return Ok(());
            }
            if let Ok(client) = Client::connect(&text) {
                let push = client.push().unwrap();
                client.disconnect(&text).unwrap();
                drop(push);
            }
            match Server::bind(&text).and_then(|server| Ok((server.pull()?, server))) {
                Ok((_pull, server)) => {
                    served.set(served.get() + 1);
                    prop_assert!(Client::connect(server.endpoint()).is_ok());
                }
                Err(error) => prop_assert!(!error.to_string().is_empty()),
            }
        });
        let served = served.get();
        assert!(served > 10, "only {served} could be served");
    });
}
