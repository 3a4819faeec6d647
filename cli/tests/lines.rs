//! The lines of the README and of the help, as they are typed, with free ports in the place of theirs.

mod support;

use std::fs;

use support::{Zeroless, run, shell};

#[test]
fn a_line_of_stdin_is_pushed_to_a_server() {
    let (server, port) = Zeroless::server(["pull", "-c", "1"]);
    shell(&format!("echo hi | zeroless client {port} push")).well();
    assert_eq!(server.end().well(), "hi\n");
}

#[test]
fn many_lines_arrive_all_and_in_order() {
    let (server, port) = Zeroless::server(["pull", "-c", "20000"]);
    shell(&format!(
        "seq 20000 | zeroless client localhost:{port} push"
    ))
    .well();
    let lines: String = (1..=20000).map(|number| format!("{number}\n")).collect();
    assert!(server.end().well() == lines);
}

#[test]
fn several_inputs_are_one_message_of_parts() {
    let (server, port) = Zeroless::server(["pull", "-c", "1", "--out", "json"]);
    run([
        "client", &port, "push", "-n", "2", "-m", "id7", "-m", "payload",
    ])
    .well();
    assert_eq!(server.end().well(), "{\"parts\":[\"id7\",\"payload\"]}\n");
}

#[test]
fn a_dump_of_frames_is_sent_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let dump = folder.path().join("dump");
    let (server, port) = Zeroless::server(["pull", "-c", "3", "--out", "frames"]);
    run([
        "client", &port, "push", "-n", "2", "-m", "a", "-m", "", "-m", "b", "-m", "c", "-m", "d",
        "-m", "e",
    ])
    .well();
    let dumped = server.end();
    assert_eq!(dumped.code, Some(0), "{dumped:?}");
    fs::write(&dump, dumped.stdout).expect("it is written");

    let (server, port) = Zeroless::server(["pull", "-c", "3", "--out", "quoted"]);
    let dump = dump.display();
    shell(&format!("zeroless client {port} push --in frames < {dump}")).well();
    assert_eq!(
        server.end().well(),
        "\"a\" \"\"\n\"b\" \"c\"\n\"d\" \"e\"\n"
    );
}

#[test]
fn a_shell_learns_that_nothing_came_in_time() {
    let (_server, port) = Zeroless::server(["pub"]);
    let line = format!(
        "v=$(zeroless client {port} sub -t temp -c 1 -W 200ms) || echo \"nothing in 200 ms\""
    );
    assert_eq!(shell(&line).well(), "nothing in 200 ms\n");
}

#[test]
fn a_shell_gets_the_message_that_it_waits_for() {
    let (_server, port) = Zeroless::server(["pub", "-m", "temp 21"]);
    let line = format!("v=$(zeroless client {port} sub -t temp -c 1 -W 30s) && echo \"it is $v\"");
    assert_eq!(shell(&line).well(), "it is temp 21\n");
}

#[test]
fn lines_are_published_under_a_topic() {
    let (mut server, port) = Zeroless::server(["pub", "-t", "log", "-e"]);
    let client = Zeroless::start(["client", &port, "sub", "-t", "log", "-c", "2"]);
    server.give("one\ntwo\n");
    assert_eq!(client.end().well(), "log one\nlog two\n");
    server.end().well();
}

#[test]
fn a_command_replies() {
    let (_server, port) = Zeroless::server(["rep", "--exec", "--", "tr", "a-z", "A-Z"]);
    let asked = run([
        "client", &port, "req", "-m", "hello", "-m", "world", "-W", "30s",
    ]);
    assert_eq!(asked.well(), "HELLO\nWORLD\n");
}

#[test]
fn commands_take_messages_side_by_side() {
    let shell = "read n; echo done $n";
    let (server, port) = Zeroless::server(["pull", "--jobs", "4", "-c", "20", "--shell", shell]);
    support::shell(&format!("seq 20 | zeroless client {port} push")).well();
    let printed = server.end().well();
    let mut lines: Vec<&str> = printed.lines().collect();
    lines.sort_unstable();
    let mut wanted: Vec<String> = (1..=20).map(|number| format!("done {number}")).collect();
    wanted.sort_unstable();
    assert_eq!(lines, wanted);
}

#[test]
fn a_client_subscribes_to_several_servers() {
    let (mut one, port_one) = Zeroless::server(["pub"]);
    let (mut two, port_two) = Zeroless::server(["pub"]);
    let (one_at, two_at) = (
        format!("localhost:{port_one}"),
        format!("localhost:{port_two}"),
    );
    let client = Zeroless::start([
        "client", &one_at, &two_at, "sub", "--out", "json", "-c", "2",
    ]);
    one.give("1\n");
    two.give("2\n");
    let printed = client.end().well();
    let mut lines: Vec<&str> = printed.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["{\"parts\":[\"1\"]}", "{\"parts\":[\"2\"]}"]);
}

#[test]
fn a_server_ends_when_the_reader_of_its_pipe_has_enough() {
    let line = "{ zeroless server 0 pull; echo $? >&2; } | head -1";
    let mut server =
        Zeroless::spawn(std::process::Command::new("sh").args(["-c", &support::in_shell(line)]));
    let port = server.port();
    run(["client", &port, "push", "-m", "first"]).well();
    let ended = server.end();
    assert_eq!(ended.stdout, b"first\n");
    assert!(ended.stderr.ends_with("\n0\n"), "{ended:?}");
}
