//! The commands for calls, relays and stations.

mod support;

use support::{Zeroless, run};
use zeroless::rpc::{self, Failure};

/// A server that doubles numbers.
fn double() -> (rpc::Running, String) {
    let server = rpc::Server::bind(0).expect("a port");
    let double = |number: i64| match number {
        0.. => Ok(2 * number),
        _ => Err(Failure::new("it is negative")),
    };
    let server = server
        .function("double", double)
        .start()
        .expect("it starts");
    let port = server.port().to_string();
    (server, port)
}

#[test]
fn a_call_prints_the_reply() {
    let (_server, port) = double();
    assert_eq!(run(["call", &port, "double", "21"]).well(), "42\n");
    let mut called = Zeroless::start(["call", &port, "double", "-"]);
    called.give("4");
    assert_eq!(called.end().well(), "8\n");
}

#[test]
fn a_call_that_fails_says_why() {
    let (_server, port) = double();
    let said = run(["call", &port, "double", "-1"]).fails(1);
    assert!(said.contains("it is negative"), "{said}");
    let said = run(["call", &port, "doubel", "1"]).fails(1);
    assert!(said.contains("did you mean `double`?"), "{said}");
    let said = run(["call", &port, "double", "{"]).fails(2);
    assert!(said.contains("not JSON"), "{said}");
}

#[test]
fn services_lists_the_commands_of_a_server() {
    let (_server, port) = double();
    run(["call", &port, "double", "21"]).well();
    let listed = run(["services", &port]).well();
    let words: Vec<&str> = listed
        .lines()
        .nth(1)
        .expect("a row")
        .split_whitespace()
        .collect();
    assert_eq!(words[..3], ["double", "1", "0"], "{listed}");
    let listed = run(["services", &port, "--json"]).well();
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
    assert_eq!(
        (&listed["name"], &listed["calls"]),
        (&"double".into(), &1.into())
    );
}

#[test]
fn a_server_that_is_not_there_is_code_124() {
    let listener = std::net::TcpListener::bind("127.0.0.2:0").expect("a port");
    let port = listener
        .local_addr()
        .expect("an address")
        .port()
        .to_string();
    run(["call", &port, "double", "1", "-W", "300ms"]).fails(124);
    run(["services", &port, "-W", "300ms"]).fails(124);
}

#[test]
fn a_relay_joins_clients_with_workers() {
    let mut relay = Zeroless::start(["relay", "0", "0"]);
    let (clients, workers) = (relay.port(), relay.port());
    let _worker = Zeroless::start(["client", &workers, "rep", "--echo"]);
    assert_eq!(
        run(["client", &clients, "req", "-m", "hello", "-W", "30s"]).well(),
        "hello\n"
    );
    relay.signal("-INT");
    relay.note("1 messages, ");
    assert_eq!(relay.end_with_open_stdin().signal, Some(2));
}

#[test]
fn a_relay_passes_on_what_is_pushed_and_published() {
    let mut relay = Zeroless::start(["relay", "-p", "push", "0", "bind:tcp://127.0.0.1:0"]);
    let (from, to) = (relay.port(), relay.port());
    let puller = Zeroless::start(["client", &to, "pull", "-c", "1"]);
    run(["client", &from, "push", "-m", "work"]).well();
    assert_eq!(puller.end().well(), "work\n");

    let (mut server, port) = Zeroless::server(["pub"]);
    let from = format!("localhost:{port}");
    let mut relay = Zeroless::start(["relay", "-p", "pub", &from, "0"]);
    let to = relay.port();
    let subscriber = Zeroless::start(["client", &to, "sub", "-c", "1"]);
    server.give("news\n");
    assert_eq!(subscriber.end().well(), "news\n");
}

#[test]
fn nodes_reach_each_other_by_a_station() {
    let mut station = Zeroless::start(["station", "run", "site"]);
    let port = station.port();
    let listen = ["station", "listen", "--id", "disk", "--upstream", &port];
    let mut listener = Zeroless::start(listen);
    listener.note("listening as disk");
    let send = ["station", "send", "--upstream", &port, "--id", "camera"];
    let sent = Zeroless::start(send.iter().chain(&["disk", "FRAME", "[1,2]"]));
    sent.end().well();
    listener.prints("{\"from\":\"camera\",\"key\":\"FRAME\",\"value\":[1,2]}\n");
    let said = run([
        "station",
        "send",
        "nobody",
        "X",
        "--upstream",
        &port,
        "-W",
        "300ms",
    ]);
    assert!(matches!(said.code, Some(1 | 124)), "{said:?}");
}
