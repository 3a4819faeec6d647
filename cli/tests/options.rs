//! Each option does what its help says.

mod support;

use std::fs;

use support::{Zeroless, run, shell};

/// What a puller prints of so many messages that are pushed by these arguments.
fn pushed<const N: usize>(count: usize, arguments: [&str; N]) -> String {
    let (server, port) = Zeroless::server(["pull", "--out", "quoted", "-c", &count.to_string()]);
    let client = ["client", &port, "push"];
    Zeroless::start(client.iter().chain(&arguments))
        .end()
        .well();
    server.end().well()
}

/// The same of what a client reads.
fn pushed_from(count: usize, arguments: &str, input: &[u8]) -> String {
    let (server, port) = Zeroless::server(["pull", "--out", "quoted", "-c", &count.to_string()]);
    let words = arguments.split_whitespace();
    let mut client = Zeroless::start(["client", &port, "push"].into_iter().chain(words));
    client.give(input);
    client.end().well();
    server.end().well()
}

#[test]
fn messages_of_the_line_are_sent_in_their_order() {
    assert_eq!(
        pushed(2, ["-m", "a", "--message", "b c"]),
        "\"a\"\n\"b c\"\n"
    );
    assert_eq!(pushed(1, ["--data", "old"]), "\"old\"\n");
}

#[test]
fn stdin_is_sent_by_lines_and_the_last_needs_no_end() {
    assert_eq!(pushed_from(3, "", b"a\n\nb"), "\"a\"\n\"\"\n\"b\"\n");
}

#[test]
fn stdin_is_sent_whole() {
    assert_eq!(pushed_from(1, "-s", b"a\nb\n"), "\"a\\nb\\n\"\n");
}

#[test]
fn messages_end_with_a_zero_byte_or_any_text() {
    assert_eq!(pushed_from(2, "-0", b"a\nb\0c\0"), "\"a\\nb\"\n\"c\"\n");
    assert_eq!(pushed_from(2, "-D --", b"a-b--c--"), "\"a-b\"\n\"c\"\n");
    assert_eq!(
        pushed_from(2, "-D \\r\\n", b"a\nb\r\nc"),
        "\"a\\nb\"\n\"c\"\n"
    );
}

#[test]
fn a_file_is_sent_whole_or_by_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    fs::write(&file, "a\nb\n").expect("it is written");
    let file = file.to_str().expect("a text");
    assert_eq!(pushed(1, ["-f", file]), "\"a\\nb\\n\"\n");
    assert_eq!(pushed(2, ["-f", file, "-D", "\\n"]), "\"a\"\n\"b\"\n");
    assert_eq!(
        pushed(4, ["-f", file, "-D", "\\n", "--repeat", "2"]),
        "\"a\"\n\"b\"\n\"a\"\n\"b\"\n"
    );
    let said = run(["client", "5000", "push", "-f", "/no/such/file"]).fails(1);
    assert!(said.contains("/no/such/file"), "{said}");
}

#[test]
fn frames_are_split_and_joined_by_a_text() {
    assert_eq!(
        pushed(1, ["-m", "a|b||", "-K", "|"]),
        "\"a\" \"b\" \"\" \"\"\n"
    );
    let (server, port) = Zeroless::server(["pull", "-c", "1", "-K", ", "]);
    run(["client", &port, "push", "-m", "a|b", "-K", "|"]).well();
    assert_eq!(server.end().well(), "a, b\n");
}

#[test]
fn parts_that_are_missing_at_the_end_are_told() {
    let (_server, port) = Zeroless::server(["pull"]);
    let arguments = [
        "client",
        &port,
        "push",
        "--numParts",
        "2",
        "-m",
        "a",
        "-m",
        "b",
        "-m",
        "c",
    ];
    let said = run(arguments).fails(1);
    assert!(said.contains("1 of the 2 parts"), "{said}");
}

#[test]
fn a_mistake_in_the_input_names_the_input() {
    let (_server, port) = Zeroless::server(["pull"]);
    let line = format!("printf '[\"a\"]\\nno\\n' | zeroless client {port} push --in json");
    let said = shell(&line).fails(1);
    assert!(said.contains("input 2: "), "{said}");
}

#[test]
fn counts_end_both_sides() {
    assert_eq!(pushed_from(2, "-c 2", b"a\nb\nc\n"), "\"a\"\n\"b\"\n");
    assert_eq!(
        pushed(3, ["-m", "a", "-m", "b", "--repeat", "9", "-c", "3"]),
        "\"a\"\n\"b\"\n\"a\"\n"
    );
}

#[test]
fn a_pace_sends_everything() {
    assert_eq!(
        pushed(3, ["-m", "a", "--repeat", "3", "--rate", "100"]),
        "\"a\"\n".repeat(3)
    );
    assert_eq!(
        pushed(3, ["-m", "a", "--repeat", "3", "-i", "10ms"]),
        "\"a\"\n".repeat(3)
    );
}

#[test]
fn a_format_says_what_is_printed() {
    let format = "%c/%n/%l %t %1 %2 %3. %p %a%%\\t";
    let (server, port) = Zeroless::server(["pull", "-c", "1", "-F", format]);
    run(["client", &port, "push", "-n", "2", "-m", "ab", "-m", "c"]).well();
    assert_eq!(server.end().well(), "1/2/3 ab ab c . c ab c%\t");

    let (server, port) = Zeroless::server(["pull", "-c", "1", "-F", "%P %T %U"]);
    run(["client", &port, "push", "-m", "x"]).well();
    let printed = server.end().well();
    let words: Vec<&str> = printed.split(' ').collect();
    let [peer, time, unix] = words[..] else {
        panic!("{printed}");
    };
    assert!(peer.starts_with("127.0.0.1:"), "{printed}");
    assert!(time.ends_with('Z') && time.contains('T'), "{printed}");
    assert!(
        unix.parse::<f64>().is_ok_and(|time| time > 1.7e9),
        "{printed}"
    );
}

#[test]
fn a_subscriber_gets_its_topics_alone() {
    let (mut server, port) = Zeroless::server(["pub", "--wait-for", "2"]);
    let client = Zeroless::start([
        "client", &port, "sub", "-t", "a", "--topics", "b", "-c", "2",
    ]);
    server.give("a1\nx\nb1\n");
    assert_eq!(client.end().well(), "a1\nb1\n");
}

#[test]
fn a_topic_that_is_not_embedded_is_demanded() {
    let (mut server, port) = Zeroless::server(["pub", "-t", "sh"]);
    let _client = Zeroless::start(["client", &port, "sub"]);
    server.give("whisper\n");
    let ended = server.end();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(
        ended.stderr.contains("must begin with the topic"),
        "{ended:?}"
    );
}

#[test]
fn a_replier_replies_with_the_request_or_with_what_is_read() {
    let (_server, port) = Zeroless::server(["rep", "--echo"]);
    let asked = run(["client", &port, "req", "-n", "2", "-m", "a", "-m", "b"]);
    assert_eq!(asked.well(), "a b\n");

    let (_server, port) = Zeroless::server(["rep", "-m", "yes", "-m", "no"]);
    let asked = run(["client", &port, "req", "-m", "1", "-m", "2", "-m", "3"]);
    assert_eq!(asked.well(), "yes\nno\nyes\n");

    let (mut server, port) = Zeroless::server(["rep"]);
    let client = Zeroless::start(["client", &port, "req", "-m", "why?"]);
    server.prints("why?\n");
    server.give("because\n");
    assert_eq!(client.end().well(), "because\n");
}

#[test]
fn a_reply_loses_its_last_end_of_line_alone() {
    let (_server, port) = Zeroless::server(["rep", "--shell", "echo a; echo b"]);
    let asked = run(["client", &port, "req", "-m", "x", "--out", "quoted"]);
    assert_eq!(asked.well(), "\"a\\nb\"\n");
}

#[test]
fn a_pair_talks_both_ways_and_ends_after_its_input() {
    let (mut server, port) = Zeroless::server(["pair"]);
    let mut client = Zeroless::start(["client", &port, "pair", "--after-eof", "100ms"]);
    client.give("ping\n");
    server.prints("ping\n");
    server.give("pong\n");
    client.prints("pong\n");
    client.end().well();
}

#[test]
fn a_pair_ends_after_a_count_while_its_input_is_open() {
    let (mut server, port) = Zeroless::server(["pair", "-c", "1"]);
    run(["client", &port, "pair", "-m", "ping", "--after-eof", "0"]).well();
    server.prints("ping\n");
    assert_eq!(server.end_with_open_stdin().code, Some(0));
}

#[test]
fn the_old_names_of_options_are_known() {
    let (server, port) = Zeroless::server(["pull", "-c", "1"]);
    run(["client", &port, "push", "--ip", "127.0.0.1", "--data", "x"]).well();
    assert_eq!(server.end().well(), "x\n");

    let mut server = Zeroless::start(["server", "pull", "--bind", "0", "-c", "1"]);
    let port = server.port();
    run(["client", "push", "--connect", &port, "-m", "x"]).well();
    assert_eq!(server.end().well(), "x\n");
}

#[test]
fn passwords_are_read_from_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("password");
    shell(&format!(
        "umask 077; echo 'correct horse' > {}",
        file.display()
    ))
    .well();
    let file = file.to_str().expect("a text");
    let security = ["--user", "ann", "--password-file", file];
    let endpoint = "tcp://127.0.0.1:0";
    let arguments = ["server", endpoint, "pull", "-c", "1"];
    let mut server = Zeroless::start(arguments.iter().chain(&security));
    let port = server.port();
    let stranger = run(["client", &port, "push", "-m", "x", "-W", "500ms"]);
    assert_eq!(stranger.code, Some(124), "{stranger:?}");
    let client = ["client", &port, "push", "-m", "let in"];
    Zeroless::start(client.iter().chain(&security)).end().well();
    assert_eq!(server.end().well(), "let in\n");
}

#[test]
fn keys_let_in_those_that_are_allowed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| {
        folder
            .path()
            .join(name)
            .to_str()
            .expect("a text")
            .to_owned()
    };
    let made = run(["keygen", &path("server")]);
    if !cfg!(feature = "curve") && made.code == Some(1) {
        assert!(made.fails(1).contains("not supported"));
        return;
    }
    made.well();
    for client in ["ann", "bob"] {
        run(["keygen", &path(client)]).well();
    }
    run(["keygen", &path("ann")]).fails(1);
    let (server_key, ann, bob) = (path("server.key"), path("ann.key"), path("bob.key"));
    let arguments = ["pull", "-c", "1", "--key", &server_key, "--allow", &ann];
    let (server, port) = Zeroless::server(arguments);
    let security = ["--server-key", &server_key, "--key"];
    let push = ["client", &port, "push", "-W", "2s", "-m"];
    let refused = Zeroless::start(
        push.iter()
            .chain(&["bob"])
            .chain(&security)
            .chain(&[&bob[..]]),
    );
    let refused = refused.end();
    assert_eq!(refused.code, Some(124), "{refused:?}");
    let sent = Zeroless::start(
        push.iter()
            .chain(&["ann"])
            .chain(&security)
            .chain(&[&ann[..]]),
    );
    sent.end().well();
    assert_eq!(server.end().well(), "ann\n");
}
