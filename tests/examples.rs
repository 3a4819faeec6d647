//! The example programs keep their promises, and warn of nothing: each pair is run, and its
//! output is read.

#![cfg(feature = "zre")]

#[path = "support/process.rs"]
mod process;
mod support;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::process::Command;
use std::time::Duration;

use process::{Process, path_of};
use support::beacon_port;

const LIMIT: Duration = Duration::from_secs(60);

fn example(name: &str, arguments: &[&str]) -> Process {
    Process::start_quiet(Command::new(path_of(name)).args(arguments), LIMIT)
}

/// Starts a server on a free port, which its log tells.
fn bound(name: &str) -> (Process, String) {
    let server = example(name, &["0"]);
    let ready = server.logs("ready on tcp://*:");
    let port = ready.chars().take_while(char::is_ascii_digit).collect();
    (server, port)
}

/// Interrupts a program that ends well by that, though its input is still open.
fn assert_ends_by_interrupt(program: Process) {
    interrupt(&program);
    while program.next_line().is_some() {}
    program.finish();
}

/// Interrupts a program that ends by that.
fn interrupt(server: &Process) {
    server.logs("Ctrl-C stops it");
    server.interrupt();
}

fn server_of(pattern: &str) -> (Process, String) {
    bound(&format!("{pattern}_server"))
}

/// Starts a server, and a client of it.
fn pair_of(pattern: &str) -> (Process, Process) {
    let (server, port) = server_of(pattern);
    let client = example(&format!("{pattern}_client"), &[&port]);
    (server, client)
}

fn assert_prints(process: &Process, lines: &[&str]) {
    for line in lines {
        assert_eq!(process.line(), *line);
    }
}

const MESSAGES: [&str; 3] = ["Msg1", "Msg2", "Msg3"];

/// The same, as a server prints them that knows who sent them.
const MESSAGES_OF_ANN: [&str; 3] = ["ann: Msg1", "ann: Msg2", "ann: Msg3"];

#[test]
fn capabilities_are_those_of_the_libzmq_that_is_linked_here() {
    let output = Command::new(path_of("capabilities"))
        .output()
        .expect("it runs");
    let printed = String::from_utf8_lossy(&output.stdout);
    let own = zeroless::capabilities().expect("libzmq works");
    assert_eq!(printed.trim(), format!("{own:#?}"));
}

#[test]
fn push_pull_prints_the_pushed_message() {
    let (server, client) = pair_of("push_pull");
    assert!(client.finish().is_empty());
    assert_prints(&server, &MESSAGES);
}

#[test]
fn push_pull_serves_a_second_client() {
    let (server, port) = server_of("push_pull");
    for _ in 0..2 {
        assert!(example("push_pull_client", &[&port]).finish().is_empty());
        assert_prints(&server, &MESSAGES);
    }
}

#[test]
fn pub_sub_publishes_under_a_topic() {
    let (server, client) = pair_of("pub_sub");
    assert!(server.finish().is_empty());
    assert_prints(&client, &["sh - Msg1", "sh - Msg2", "sh - Msg3"]);
}

#[test]
fn req_rep_replies_with_the_request() {
    let (server, client) = pair_of("req_rep");
    assert_eq!(client.finish(), MESSAGES);
    assert_prints(&server, &MESSAGES);
}

#[cfg(feature = "rpc")]
#[test]
fn rpc_hello_has_both_ends() {
    assert_eq!(example("rpc_hello", &[]).finish(), ["hello, world"]);
}

#[cfg(feature = "rpc")]
#[test]
fn rpc_prints_replies_and_errors_and_the_server_ends_by_an_interrupt() {
    let (server, client) = pair_of("rpc");
    let replies = [
        "1 + 2 = 3",
        "6 / … = 6",
        "6 / … = 3",
        "6 / … = 2",
        "1 / 0: not by 0, please",
    ];
    assert_eq!(client.finish(), replies);
    interrupt(&server);
    let printed = server.finish();
    assert_eq!(
        printed.last().map(String::as_str),
        Some("all calls are answered")
    );
}

#[test]
#[cfg(feature = "station")]
fn station_delivers_a_hello() {
    let printed = example("station", &[]).finish();
    assert_eq!(printed, ["alice says hello, world", "delivered"]);
}

#[test]
#[cfg(feature = "station")]
fn station_chain_asks_and_sees_who_goes() {
    let printed = example("station_chain", &[]).finish();
    let told = [
        "at 3, 4",
        "its handler failed: too far",
        "stage is there",
        "stage is gone",
    ];
    assert_eq!(printed, told);
}

#[test]
fn secure_replies_to_one_with_the_password() {
    let server = example("secure_server", &["0"]);
    let ready = server.logs("ready on tcp://127.0.0.1:");
    let port: String = ready.chars().take_while(char::is_ascii_digit).collect();
    let client = example("secure_client", &[&port]);
    assert_eq!(client.finish(), MESSAGES);
    assert_prints(&server, &MESSAGES_OF_ANN);
}

#[test]
fn secure_replies_to_one_with_a_key() {
    if !zeroless::capabilities().expect("libzmq works").curve {
        return;
    }
    let folder = support::Folder::new();
    let folder = folder.path().to_str().expect("a path in UTF-8");
    let server = example("secure_server", &["0", folder]);
    let ready = server.logs("ready on tcp://*:");
    let port: String = ready.chars().take_while(char::is_ascii_digit).collect();
    for _ in 0..2 {
        assert_eq!(
            example("secure_client", &[&port, folder]).finish(),
            MESSAGES
        );
        assert_prints(&server, &MESSAGES_OF_ANN);
    }
}

#[test]
fn pair_sends_back_each_message() {
    let (server, client) = pair_of("pair");
    assert_eq!(client.finish(), MESSAGES);
    assert_prints(&server, &MESSAGES);
}

#[test]
fn multipart_prints_both_frames() {
    let (server, client) = pair_of("multipart");
    assert!(client.finish().is_empty());
    assert_prints(&server, &["1 - Msg1", "2 - Msg2", "3 - Msg3"]);
}

/// Starts an event loop on a free port, and two clients of it one after the other.
fn event_loop(name: &str) -> Process {
    let (server, port) = bound(name);
    for _ in 0..2 {
        assert!(example("push_pull_client", &[&port]).finish().is_empty());
        assert_prints(&server, &MESSAGES);
    }
    server
}

#[test]
fn event_loop_poll_prints_messages_until_a_line_is_typed() {
    let mut server = event_loop("event_loop_poll");
    server.tell("enough");
    assert!(server.finish().is_empty());
}

#[test]
fn event_loop_tokio_prints_messages() {
    event_loop("event_loop_tokio");
}

#[test]
fn event_loops_end_by_an_interrupt() {
    for name in ["event_loop_poll", "event_loop_tokio"] {
        assert_ends_by_interrupt(event_loop(name));
    }
}

#[test]
fn timer_prints_messages_and_how_many_there_were() {
    let (server, port) = bound("timer");
    assert!(example("push_pull_client", &[&port]).finish().is_empty());
    let mut lines = Vec::new();
    while lines.last().map(String::as_str) != Some("3 messages so far") {
        lines.push(server.line());
    }
    lines.retain(|line| !line.ends_with("so far"));
    assert_eq!(lines, MESSAGES);
    interrupt(&server);
    server.finish();
}

#[test]
fn graceful_server_replies_until_it_is_interrupted_and_says_that_all_is_delivered() {
    let (server, port) = bound("graceful_server");
    let replies = MESSAGES.map(|message| format!("{message} to you, too"));
    assert_eq!(example("req_rep_client", &[&port]).finish(), replies);
    interrupt(&server);
    assert_eq!(server.finish(), ["all replies are delivered"]);
}

#[test]
fn retries_prints_the_reply() {
    let (server, port) = bound("graceful_server");
    let replies = example("retries", &[&port]).finish();
    assert_eq!(replies, ["Msg1 to you, too"]);
    interrupt(&server);
    server.finish();
}

#[test]
fn errors_name_the_mistake() {
    let lines = example("errors", &[]).finish();
    let begins = [
        "an endpoint without a port: ",
        "a port that is taken: try the next",
        "nothing has come: ",
        "nobody is there to take id | payload",
    ];
    assert_eq!(lines.len(), begins.len(), "{lines:?}");
    for (line, begin) in lines.iter().zip(begins) {
        assert!(line.starts_with(begin), "{line}");
    }
}

#[test]
fn spawn_blocking_gets_all_replies() {
    let (server, port) = server_of("req_rep");
    let mut replies = example("spawn_blocking", &[&port]).finish();
    replies.sort_unstable();
    assert_eq!(replies, MESSAGES);
    interrupt(&server);
    server.finish();
}

#[test]
fn servers_end_by_an_interrupt_as_any_program() {
    for pattern in ["push_pull", "req_rep", "pair", "multipart"] {
        let (server, _) = server_of(pattern);
        interrupt(&server);
        assert!(server.finish().is_empty());
    }
}

#[test]
fn an_argument_that_is_wrong_is_told_of() {
    let refused = Process::start(Command::new(path_of("timer")).arg("70000"), LIMIT);
    let said = refused.log().join("\n");
    assert!(
        said.starts_with("\"70000\" is not a port, 0 to 65535: "),
        "{said}"
    );
}

#[test]
fn broker_shares_requests_among_the_workers_that_are_there() {
    let server = example("broker_server", &["0", "0"]);
    let [clients, workers] = [(); 2].map(|()| {
        let ready = server.logs("ready on tcp://*:");
        let port = ready.chars().take_while(char::is_ascii_digit);
        port.collect::<String>()
    });
    let ask = || example("broker_client", &[&clients]).finish();
    let by = |name: &str| MESSAGES.map(|message| format!("{message} by {name}"));
    let ann = example("broker_worker", &["Ann", &workers]);
    assert_eq!(ask(), by("Ann"));
    let bob = example("broker_worker", &["Bob", &workers]);
    // Each of both is free longer than the other, in turn, once both are there.
    let by_bob = |answers: Vec<String>| answers.iter().any(|answer| answer.ends_with("by Bob"));
    while !by_bob(ask()) {}
    assert_prints(&ann, &MESSAGES);
    ann.kill();
    server.logs(&format!("disconnected: tcp://*:{workers}"));
    assert_eq!(ask(), by("Bob"));
    assert!(bob.kill().len() >= MESSAGES.len());
}

#[test]
fn nodes_end_by_an_interrupt() {
    assert_ends_by_interrupt(example("chat", &["Ann"]));
    let net = format!("127.0.0.1:{}", beacon_port());
    for arguments in [&["worker", "Ann"][..], &["7"]] {
        let mut command = Command::new(path_of("dealer"));
        command.args(arguments).env("DEALER_NET", &net);
        assert_ends_by_interrupt(Process::start_quiet(&mut command, LIMIT));
    }
}

#[test]
fn quickstart_shows_the_main_things_and_ends() {
    let lines = example("quickstart", &[]).finish();
    let mut jobs: Vec<&str> = lines
        .iter()
        .filter_map(|line| line.split_once(" does "))
        .map(|(_, job)| job)
        .collect();
    jobs.sort_unstable();
    let expected: Vec<String> = (1..=6).map(|number| format!("job {number}")).collect();
    assert_eq!(jobs, expected);
    for line in ["  1 + 2 = 3", "  3 + 4 + 5 = 12", "  weather: sunny"] {
        assert!(lines.iter().any(|printed| printed == line), "{lines:?}");
    }
}

#[test]
fn dealer_gives_the_work_of_a_worker_that_dies_to_another() {
    const COUNT: usize = 1000;
    let net = format!("127.0.0.1:{}", beacon_port());
    let start = |arguments: &[&str]| {
        let mut command = Command::new(path_of("dealer"));
        Process::start_quiet(command.args(arguments).env("DEALER_NET", &net), LIMIT)
    };
    let names = ["Ann", "Bob", "Cho"];
    let mut workers = HashMap::from(names.map(|name| (name, start(&["worker", name]))));
    workers
        .values()
        .for_each(|it| drop(it.logs("inbox: ready")));
    let dealer = start(&[&COUNT.to_string()]);
    let mut lines = Vec::new();
    for name in names {
        while !lines.iter().any(|line: &String| line.starts_with(name)) {
            lines.push(dealer.line());
        }
    }
    assert!(lines.len() < COUNT, "all is done already");
    workers.remove("Bob").unwrap().kill();
    lines.extend(dealer.finish());

    let mut numbers = BTreeSet::new();
    let mut done: BTreeMap<&str, usize> = BTreeMap::new();
    for line in &lines[..COUNT] {
        let [name, "divides", number, "by", divisor] = line.split(' ').collect::<Vec<_>>()[..]
        else {
            panic!("{line}")
        };
        let (number, divisor): (u64, u64) = (number.parse().unwrap(), divisor.parse().unwrap());
        assert!(divisor > 1 && number % divisor == 0, "{line}");
        assert!(numbers.insert(number), "{number} twice");
        *done.entry(name).or_default() += 1;
    }
    let done: Vec<String> = done
        .iter()
        .map(|(name, it)| format!("{name} did {it}"))
        .collect();
    assert_eq!(lines[COUNT..], done);
}
