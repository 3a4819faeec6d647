//! The commands of a network of nodes: each test has one of its own, by the port of its beacons.

mod support;

use support::{Zeroless, run};

/// The options of nodes that find each other alone.
struct Network {
    port: String,
}

impl Network {
    fn new() -> Network {
        let socket = std::net::UdpSocket::bind("0.0.0.0:0").expect("a port");
        let port = socket.local_addr().expect("an address").port();
        Network {
            port: port.to_string(),
        }
    }

    fn start(&self, name: &str, arguments: &[&str]) -> Zeroless {
        let network = [
            "--interface",
            "127.0.0.1",
            "--beacon-port",
            &self.port,
            "--name",
            name,
        ];
        Zeroless::start(arguments.iter().chain(&network))
    }
}

#[test]
fn peers_are_listed_once_with_groups_and_services() {
    let network = Network::new();
    let _ann = network.start("ann", &["chat", "lobby", "--header", "K=V"]);
    let mut jobs = network.start("bob", &["announce", "jobs", "tcp://127.0.0.1:9000", "pull"]);
    jobs.note("is found as @jobs");
    let listed = network.start(
        "eve",
        &["peers", "--once", "--json", "-c", "2", "--wait", "30s"],
    );
    let listed: serde_json::Value = serde_json::from_str(&listed.end().well()).expect("JSON");
    let [ann, bob] = &listed.as_array().expect("a list")[..] else {
        panic!("{listed}");
    };
    assert_eq!((&ann["name"], &bob["name"]), (&"ann".into(), &"bob".into()));
    assert_eq!(ann["headers"]["K"], "V");
    assert_eq!(bob["services"][0]["name"], "jobs");
    assert_eq!(bob["services"][0]["pattern"], "pull");
    assert_eq!(bob["services"][0]["endpoints"][0], "tcp://127.0.0.1:9000");

    let table = network
        .start("eve", &["peers", "--once", "-c", "2", "--wait", "30s"])
        .end()
        .well();
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("NAME"), "{table}");
    assert!(lines[1].starts_with("ann "), "{table}");
    assert!(lines[2].ends_with("jobs (pull)"), "{table}");
}

#[test]
fn events_are_followed_a_line_each() {
    let network = Network::new();
    let mut follower = network.start("eve", &["peers", "--follow", "--json", "-c", "2"]);
    let _ann = network.start("ann", &["chat", "lobby"]);
    let line = |text: &str| -> serde_json::Value { serde_json::from_str(text).expect("JSON") };
    let printed = String::from_utf8({
        let mut bytes = Vec::new();
        while bytes.iter().filter(|byte| **byte == b'\n').count() < 2 {
            bytes.extend(follower.printed(1));
        }
        bytes
    });
    let printed = printed.expect("a text");
    let events: Vec<_> = printed.lines().map(line).collect();
    assert_eq!(
        (&events[0]["event"], &events[0]["name"]),
        (&"enter".into(), &"ann".into())
    );
    assert_eq!(
        (&events[1]["event"], &events[1]["group"]),
        (&"join".into(), &"lobby".into())
    );
    follower.end().well();
}

#[test]
fn a_shout_is_seen_by_those_who_watch_the_group() {
    let network = Network::new();
    let watcher = network.start("ann", &["watch", "build", "-c", "3"]);
    let shouter = [
        "shout",
        "build",
        "-m",
        "done",
        "-m",
        "\u{1b}[2J",
        "--repeat",
        "2",
        "-W",
        "30s",
    ];
    network.start("bob", &shouter).end().well();
    assert_eq!(
        watcher.end().well(),
        "bob: done\nbob: \\u{1b}[2J\nbob: done\n"
    );
}

#[test]
fn a_watcher_shows_one_at_a_time() {
    let network = Network::new();
    let mut watcher = network.start("ann", &["watch", "build", "--prompt", "--json"]);
    let shouter = ["shout", "build", "-m", "1", "-m", "2", "-W", "30s"];
    network.start("bob", &shouter).end().well();
    let one = String::from_utf8(watcher.printed(10)).expect("a text");
    assert_eq!(one, "{\"group\":\"");
    watcher.give("\n");
    let rest = watcher.end().well();
    assert!(rest.ends_with("\"parts\":[\"2\"]}\n"), "{rest}");
}

#[test]
fn a_whisper_reaches_the_peer_of_that_name() {
    let network = Network::new();
    let mut chat = network.start("ann", &["chat", "lobby"]);
    network
        .start("bob", &["whisper", "ann", "-m", "psst", "-W", "30s"])
        .end()
        .well();
    chat.prints("bob whispers: psst\n");
}

#[test]
fn nobody_to_hear_it_is_code_124() {
    let network = Network::new();
    let said = network
        .start("bob", &["shout", "build", "-m", "x", "-W", "300ms"])
        .end()
        .fails(124);
    assert!(said.contains("0 of 1 peers are in build"), "{said}");
    let said = network
        .start("bob", &["whisper", "ann", "-m", "x", "-W", "300ms"])
        .end()
        .fails(124);
    assert!(said.contains("there is no peer `ann`"), "{said}");
    network
        .start("bob", &["watch", "build", "-W", "300ms"])
        .end()
        .fails(124);
}

#[test]
fn a_chat_goes_both_ways_and_ends_with_its_input() {
    let network = Network::new();
    let mut ann = network.start("ann", &["chat", "lobby"]);
    let mut bob = network.start("bob", &["chat", "lobby"]);
    ann.prints("* bob is here\n");
    bob.prints("* ann is here\n");
    ann.give("hello\n");
    bob.prints("ann: hello\n");
    bob.give("hello, too\n");
    ann.prints("bob: hello, too\n");
    ann.end().well();
    bob.prints("* ann has gone\n");
    bob.signal("-INT");
    assert_eq!(bob.end_with_open_stdin().signal, Some(2));
}

#[test]
fn the_doctor_says_what_works() {
    let network = Network::new();
    let findings = network.start("ann", &["doctor"]).end().well();
    assert!(findings.contains("libzmq 4."), "{findings}");
    assert!(findings.contains("ok    beacons are heard"), "{findings}");
}

#[test]
fn wrong_words_are_told() {
    run(["announce", "jobs", "9000", "pul"]).fails(2);
    run(["announce", "jobs"]).fails(2);
    run(["shout", "build"]).fails(2);
    run(["peers", "--once", "--interface", "nowhere0"]).fails(1);
}
