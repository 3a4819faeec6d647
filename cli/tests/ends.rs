//! How the command ends: codes, one line of message, signals, and pipes.

mod support;

use std::io::Read;

use support::{Zeroless, run, shell};

/// A port on which nobody listens here: another address of loopback holds its number.
fn nobody() -> (std::net::TcpListener, String) {
    let listener = std::net::TcpListener::bind("127.0.0.2:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    (listener, port.to_string())
}

#[test]
fn wrong_usage_is_code_2_and_a_line_that_says_what_to_do() {
    let said = run(["client", "5000", "pussh"]).fails(2);
    assert!(said.contains("`pussh` is not a pattern"), "{said}");
    let said = run(["client", "push"]).fails(2);
    assert!(said.contains("an endpoint is wanted"), "{said}");
    run(["client"]).fails(2);
    run(["server", "0", "pull", "--no-such-option"]).fails(2);
    run(["server", "0", "pull", "-W", "soon"]).fails(2);
    run(["server", "0", "pull", "-F", "%"]).fails(2);
    run(["server", "0", "pull", "--exec"]).fails(2);
    run(["server", "0", "pull", "-D", ""]).fails(2);
}

#[test]
fn options_that_would_do_nothing_are_refused() {
    let wrong: &[&[&str]] = &[
        &["pull", "-m", "x"],
        &["pull", "--echo"],
        &["push", "--shell", "cat"],
        &["push", "-t", "x"],
        &["pub", "-e"],
        &["pub", "-t", "a", "-t", "b"],
        &["push", "-F", "%a"],
        &["push", "--repeat", "2"],
        &["push", "--in", "raw", "-m", "x"],
        &["pull", "--jobs", "2"],
        &["pull", "--rate", "2"],
        &["pull", "--after-eof", "1s"],
        &["rep", "--echo", "-m", "x"],
        &["pull", "--ip", "localhost"],
        &["pull", "--key", "x"],
    ];
    for arguments in wrong {
        let started = Zeroless::start(["server", "0"].iter().chain(*arguments));
        let said = started.end().fails(2);
        assert!(said.contains("--help"), "{arguments:?}: {said}");
    }
}

#[test]
fn a_wrong_endpoint_is_code_1_and_says_what_to_do() {
    let said = run(["client", "localhost", "pull"]).fails(1);
    assert!(said.contains("invalid endpoint"), "{said}");
    let said = run(["server", "80", "pull"]).fails(1);
    assert!(said.contains("between 1024 and 65535"), "{said}");
}

#[test]
fn a_port_that_is_taken_is_code_1() {
    let (_server, port) = Zeroless::server(["pull"]);
    let said = run(["server", &port, "pull"]).fails(1);
    assert!(said.contains("is in use"), "{said}");
}

#[test]
fn an_unreachable_endpoint_is_code_124_and_told() {
    let (_held, port) = nobody();
    for pattern in ["push", "pull", "pub", "sub", "req", "pair"] {
        let ended = run(["client", &port, pattern, "-W", "300ms"]);
        if pattern == "req" {
            // Without input there is nothing to ask.
            assert_eq!(ended.code, Some(0), "{ended:?}");
            continue;
        }
        let said = ended.fails(124);
        assert!(said.contains("nobody listens there"), "{pattern}: {said}");
    }
    let said = run(["client", &port, "req", "-m", "x", "-W", "300ms"]).fails(124);
    assert!(said.contains("nobody listens there"), "{said}");
}

#[test]
fn for_ends_a_receiver_well_and_with_code_124_if_a_count_is_missing() {
    run(["server", "0", "-q", "pull", "--for", "50ms"]).well();
    let said = run(["server", "0", "-q", "pull", "--for", "50ms", "-c", "3"]).fails(124);
    assert!(said.contains("0 of 3 messages in 50ms"), "{said}");
    let said = run(["server", "0", "-q", "push", "--for", "50ms", "-m", "x"]).fails(124);
    assert!(said.contains("connections were up"), "{said}");
}

#[test]
fn ctrl_c_and_term_end_it_and_it_dies_of_the_signal() {
    for (signal, number) in [("-INT", 2), ("-TERM", 15), ("-HUP", 1)] {
        for pattern in ["pull", "push", "pub", "sub", "rep", "req", "pair"] {
            let (server, _) = Zeroless::server([pattern]);
            server.signal(signal);
            let ended = server.end_with_open_stdin();
            assert_eq!(ended.signal, Some(number), "{pattern}: {ended:?}");
        }
    }
}

#[test]
fn a_signal_ends_the_command_that_runs() {
    let arguments = ["pull", "--shell", "echo runs >&2; exec sleep 1000"];
    let (mut server, port) = Zeroless::server(arguments);
    run(["client", &port, "push", "-m", "x"]).well();
    server.note("runs");
    server.signal("-TERM");
    let ended = server.end_with_open_stdin();
    assert_eq!(ended.signal, Some(15), "{ended:?}");
    assert!(!ended.stderr.contains("failed"), "{ended:?}");
}

#[test]
fn messages_that_were_printed_before_a_signal_are_all_there() {
    let (mut server, port) = Zeroless::server(["pull"]);
    run(["client", &port, "push", "-m", "one"]).well();
    server.prints("one\n");
    server.signal("-TERM");
    assert_eq!(server.end_with_open_stdin().signal, Some(15));
}

#[test]
fn a_closed_pipe_is_noticed_while_nothing_comes() {
    for pattern in ["pull", "sub", "rep", "pair"] {
        let (mut server, read) = Zeroless::start_piped(["server", "0", pattern]);
        server.port();
        drop(read);
        let ended = server.end_with_open_stdin();
        assert_eq!(ended.code, Some(0), "{pattern}: {ended:?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    }
}

#[test]
fn a_pipe_that_is_not_written_to_may_be_closed() {
    let (mut server, read) = Zeroless::start_piped(["server", "0", "push"]);
    let port = server.port();
    drop(read);
    server.give("still here\n");
    let pulled = run(["client", &port, "pull", "-c", "1"]);
    assert_eq!(pulled.well(), "still here\n");
}

#[test]
fn stdout_has_data_only() {
    let (mut server, mut read) = Zeroless::start_piped(["server", "0", "pull", "-c", "1", "-vv"]);
    let port = server.port();
    run(["client", &port, "push", "-m", "data"]).well();
    let ended = server.end();
    let mut printed = String::new();
    read.read_to_string(&mut printed).expect("it is text");
    assert_eq!(printed, "data\n");
    assert!(ended.stderr.lines().count() > 2, "{ended:?}");
}

#[test]
fn quiet_says_nothing_but_errors() {
    let ended = run(["server", "0", "pull", "-q", "--for", "10ms"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    run(["server", "0", "pull", "-q", "-W", "10ms"]).fails(124);
}

#[test]
fn a_command_that_fails_is_told_and_code_1() {
    let (server, port) = Zeroless::server(["pull", "-c", "2", "--shell", "exit 3"]);
    shell(&format!("seq 2 | zeroless client {port} push")).well();
    let ended = server.end();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("exit status: 3"), "{ended:?}");

    let (server, port) =
        Zeroless::server(["pull", "--jobs", "3", "--exec", "--", "/no/such/command"]);
    run(["client", &port, "push", "-m", "x"]).well();
    let ended = server.end();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(
        ended.stderr.contains("running `/no/such/command`"),
        "{ended:?}"
    );
}

#[test]
fn help_and_version_are_printed() {
    assert!(run(["--help"]).well().contains("server"));
    assert!(
        run(["client", "--help"])
            .well()
            .contains("--part-delimiter")
    );
    assert!(run(["--version"]).well().starts_with("zeroless "));
    assert!(run(["completions", "bash"]).well().contains("zeroless"));
    let page = run(["man"]).well();
    assert!(
        page.contains(".TH zeroless") && page.contains("zeroless shout"),
        "{page}"
    );
}
