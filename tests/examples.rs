//! The example programs do what they say: each pair is run, and what it prints is read.

#[path = "support/process.rs"]
mod process;

use std::process::Command;
use std::time::Duration;

use process::Process;

const LIMIT: Duration = Duration::from_secs(60);

/// Starts an example, which `cargo test` has built beside this test.
fn example(name: &str, arguments: &[&str]) -> Process {
    let test = std::env::current_exe().expect("a test knows where it is");
    let target = test.ancestors().nth(2).expect("it is in target/*/deps");
    let path = target.join("examples").join(name);
    assert!(
        path.exists(),
        "{} is not there: `cargo build --examples` makes it",
        path.display()
    );
    let mut command = Command::new(path);
    Process::start(command.args(arguments).env("RUST_LOG", "info"), LIMIT)
}

/// Starts a server on a free port, which its log tells.
fn server_of(pattern: &str) -> (Process, String) {
    let server = example(&format!("{pattern}_server"), &["0"]);
    let ready = server.logs("ready on tcp://*:");
    let port = ready.chars().take_while(char::is_ascii_digit).collect();
    (server, port)
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

#[test]
fn push_pull_prints_what_is_pushed() {
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

#[test]
fn pair_sends_back_what_it_hears() {
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
