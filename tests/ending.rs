//! How a program ends: its messages are delivered as long as somebody takes them, and losses all the
//! same are logged.

#[path = "support/process.rs"]
mod process;
mod support;

use std::process::Command;
use std::time::Duration;

use process::Process;
use signal_hook::consts::SIGUSR1;
use support::{Folder, SOON, deadline_after};
use zeroless::{Client, Options, Publisher, Pull, Push, Server};

/// In a process of these tests: where it is to connect or to bind.
const ENDPOINT: &str = "ZEROLESS_TEST_ENDPOINT";

/// Longer than anything may linger.
const LONG: Duration = Duration::from_secs(90);

/// Longer than any non-lingering program, shorter than a lingering one.
const SHORT: Duration = Duration::from_secs(25);

/// More than the kernel holds back for one connection.
const MUCH: usize = 64 << 20;

/// A test again, in a process of its own that logs.
fn again(name: &str, endpoint: impl ToString, limit: Duration) -> Process {
    let mut command = process::again(name, ENDPOINT, endpoint);
    Process::start(command.env("RUST_LOG", "info"), limit)
}

/// In a process of these tests: begins to log, and tells where it is to connect or to bind.
fn endpoint() -> Option<String> {
    let endpoint = std::env::var(ENDPOINT).ok()?;
    env_logger::init();
    Some(endpoint)
}

fn has(log: &[String], words: &[&str]) -> bool {
    log.iter()
        .any(|line| words.iter().all(|word| line.contains(word)))
}

#[track_caller]
fn assert_quiet(log: &[String]) {
    assert!(
        !has(log, &[" WARN "]) && !has(log, &[" ERROR "]),
        "{log:#?}"
    );
}

/// Queues all that is pushed.
fn pusher(endpoint: String) -> Push {
    // Where nobody is yet, it looks again soon.
    let options = Options::default()
        .send_queue(MUCH as u32)
        .reconnect_max(Duration::from_millis(100));
    let client = Client::connect(endpoint).unwrap().options(options);
    client.push().unwrap()
}

fn slow() -> Options {
    Options::default().receive_queue(1)
}

/// Pushes more than the system takes for a peer that does not read.
fn push_much(push: &Push, frame: usize) {
    for _ in 0..MUCH / frame {
        push.send(vec![7; frame]).unwrap();
    }
}

fn pull_much(pull: &Pull, frame: usize) {
    for _ in 0..MUCH / frame {
        assert_eq!(pull.recv_timeout(SOON).unwrap()[0].len(), frame);
    }
}

#[test]
fn a_slow_reader_gets_all_that_a_program_sent_before_it_ended() {
    const FRAME: usize = 1 << 16;
    if let Some(endpoint) = endpoint() {
        return push_much(&pusher(endpoint), FRAME);
    }
    deadline_after(LONG, || {
        let server = Server::bind_local(0).unwrap().options(slow());
        let pull = server.pull().unwrap();
        let name = "a_slow_reader_gets_all_that_a_program_sent_before_it_ended";
        let pusher = again(name, server.endpoint(), LONG);
        // It waits for us, and says so.
        pusher.logs("push: waiting until all messages are delivered, 30s at most");
        pull_much(&pull, FRAME);
        assert_quiet(&pusher.log());
    });
}

#[test]
fn a_server_that_comes_before_the_second_is_over_gets_all() {
    const FRAME: usize = 1 << 16;
    if let Some(endpoint) = endpoint() {
        return push_much(&pusher(endpoint), FRAME);
    }
    deadline_after(LONG * 5, || {
        // On a busy machine a second may be over before a server is there.
        let in_time = (0..5).any(|_| {
            let folder = Folder::new();
            let name = "a_server_that_comes_before_the_second_is_over_gets_all";
            let pusher = again(name, folder.ipc("a"), LONG);
            pusher.logs("nobody is at");
            let server = Server::bind(folder.ipc("a")).unwrap().options(slow());
            let pull = server.pull().unwrap();
            let frames = MUCH / FRAME;
            let got = std::iter::from_fn(|| pull.recv_timeout(SOON).ok());
            let got = got.take(frames).count();
            let log = pusher.log();
            let warned = has(&log, &[" WARN "]);
            assert_eq!(warned, got < frames, "{got} of {frames}: {log:#?}");
            got == frames
        });
        assert!(in_time, "nobody waited for it");
    });
}

#[test]
fn messages_that_nobody_takes_are_logged() {
    if let Some(endpoint) = endpoint() {
        let push = Client::connect(endpoint).unwrap().push().unwrap();
        push.send("one").unwrap();
        return push.send(("two", "frames")).unwrap();
    }
    deadline_after(LONG, || {
        let folder = Folder::new();
        let log = again(
            "messages_that_nobody_takes_are_logged",
            folder.ipc("nobody"),
            SHORT,
        )
        .log();
        assert!(has(&log, &[" WARN ", "push", "lost"]), "{log:#?}");
    });
}

#[test]
fn messages_that_a_disconnected_server_does_not_take_are_logged() {
    if let Some(endpoint) = endpoint() {
        let client = Client::connect(endpoint).unwrap();
        let push = client.push().unwrap();
        push.send("one").unwrap();
        client.disconnect_all().unwrap();
        return;
    }
    deadline_after(LONG, || {
        let folder = Folder::new();
        let name = "messages_that_a_disconnected_server_does_not_take_are_logged";
        let log = again(name, folder.ipc("nobody"), SHORT).log();
        assert!(has(&log, &[" WARN ", "push", "lost"]), "{log:#?}");
    });
}

#[test]
fn a_stop_while_it_waits_for_a_slow_reader_ends_the_wait() {
    const FRAME: usize = 1 << 16;
    if let Some(endpoint) = endpoint() {
        let push = pusher(endpoint);
        stop_at(SIGUSR1, push.stopper().unwrap());
        return push_much(&push, FRAME);
    }
    deadline_after(LONG, || {
        let server = Server::bind_local(0).unwrap().options(slow());
        let _pull = server.pull().unwrap();
        let name = "a_stop_while_it_waits_for_a_slow_reader_ends_the_wait";
        let pusher = again(name, server.endpoint(), SHORT);
        pusher.logs("push: waiting until all messages are delivered");
        let kill = Command::new("kill")
            .args(["-USR1", &pusher.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
        let log = pusher.log();
        assert!(has(&log, &[" WARN ", "push: stopped", "lost"]), "{log:#?}");
    });
}

/// As in a program that stops its loops at Ctrl-C.
#[allow(unsafe_code, reason = "signal handlers are registered so")]
fn stop_at(signal: i32, stopper: zeroless::Stopper) {
    // SAFETY: a Stopper may be used in a signal handler.
    let registered = unsafe { signal_hook::low_level::register(signal, move || stopper.stop()) };
    registered.unwrap();
}

#[test]
fn a_subscriber_that_does_not_read_holds_up_nobody_for_long() {
    const FRAME: usize = 1 << 16;
    if let Some(endpoint) = endpoint() {
        let options = Options::default().send_queue(MUCH as u32);
        let server = Server::bind(endpoint).unwrap().options(options);
        let publisher: Publisher = server.publish().unwrap();
        publisher.wait_for_subscribers(1, SOON).unwrap();
        for _ in 0..MUCH / FRAME {
            publisher.send(vec![7; FRAME]).unwrap();
        }
        return;
    }
    deadline_after(LONG, || {
        let folder = Folder::new();
        let name = "a_subscriber_that_does_not_read_holds_up_nobody_for_long";
        let publisher = again(name, folder.ipc("a"), SHORT);
        let client = Client::connect(folder.ipc("a")).unwrap().options(slow());
        let _subscriber = client.subscribe("").unwrap();
        publisher.logs("publish: waiting until all messages are delivered, 5s at most");
        let log = publisher.log();
        assert!(has(&log, &[" WARN ", "publish", "lost"]), "{log:#?}");
    });
}

#[test]
fn a_peer_that_dies_while_it_is_waited_for_is_not_waited_for_long() {
    const FRAME: usize = 1 << 16;
    if let Some(endpoint) = endpoint() {
        return push_much(&pusher(endpoint), FRAME);
    }
    deadline_after(LONG, || {
        let server = Server::bind_local(0).unwrap().options(slow());
        let pull = server.pull().unwrap();
        let name = "a_peer_that_dies_while_it_is_waited_for_is_not_waited_for_long";
        let pusher = again(name, server.endpoint(), SHORT);
        pusher.logs("push: waiting until all messages are delivered");
        drop((pull, server));
        let log = pusher.log();
        assert!(has(&log, &[" WARN ", "push", "lost"]), "{log:#?}");
    });
}

#[test]
fn messages_to_nobody_within_the_process_hold_up_nothing() {
    deadline_after(SHORT, || {
        let client = Client::connect(support::inproc()).unwrap();
        let push = client.push().unwrap();
        push.send("to nobody").unwrap();
        client.disconnect_all().unwrap();
        drop(push);
    });
}

#[test]
fn messages_that_many_servers_do_not_take_are_logged_in_a_line() {
    const SERVERS: usize = 50;
    if let Some(folder) = endpoint() {
        let endpoints: Vec<String> = (0..SERVERS)
            .map(|number| format!("ipc://{folder}/{number}"))
            .collect();
        let push = Client::connect(endpoints).unwrap().push().unwrap();
        for _ in 0..SERVERS * 2 {
            push.send("to nobody").unwrap();
        }
        return;
    }
    deadline_after(LONG, || {
        let folder = Folder::new();
        let name = "messages_that_many_servers_do_not_take_are_logged_in_a_line";
        let log = again(name, folder.path().display(), SHORT).log();
        let told = log.iter().filter(|line| line.contains(" WARN "));
        let told: Vec<_> = told.collect();
        assert_eq!(told.len(), 1, "{told:#?}");
        // Another libzmq does not tell how many.
        assert!(told[0].contains("lost"), "{told:#?}");
    });
}
