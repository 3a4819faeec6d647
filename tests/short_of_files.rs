//! A process without file descriptors to spare: calls that wait go on waiting.

#![cfg(target_os = "linux")]
#![allow(unsafe_code)]

#[path = "support/poll.rs"]
mod poll;
#[path = "support/process.rs"]
mod process;
mod support;
#[path = "support/usage.rs"]
mod usage;

use std::fs::{self, DirEntry, File};
use std::os::fd::AsRawFd;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;
use std::{env, io, iter, thread};

use log::{LevelFilter, Log, Metadata, Record};
use poll::{Edges, is_readable};
use process::Process;
use support::{SOON, blocked, deadline, ends, marry, until};
use usage::Usage;
use zeroless::{Client, Error};

/// Runs a fact in a process of its own: the limit counts for all threads of one.
fn in_process(name: &str, fact: impl FnOnce() + Send + 'static) {
    const CHILD: &str = "ZEROLESS_SHORT_OF_FILES";
    if env::var_os(CHILD).is_some() {
        return deadline(fact);
    }
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args([name, "--exact", "--nocapture"])
        .env(CHILD, "");
    Process::start(&mut command, 4 * SOON).finish();
}

/// Sets how many files this process may have; gives how many it might have before.
fn limit(files: u64) -> u64 {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: both calls use an rlimit that outlives them.
    unsafe {
        assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit), 0);
        let before = limit.rlim_cur;
        limit.rlim_cur = files;
        assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &limit), 0);
        before
    }
}

#[test]
fn connections_are_watched_though_polls_are_refused() {
    in_process("connections_are_watched_though_polls_are_refused", || {
        let (server, client) = ends();
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        marry(&pull, &push);
        let mut events = push.connection_events().unwrap();
        events.next().unwrap();
        // Linux does not poll more files than may be open.
        let before = limit(1);
        drop((server, pull));
        let disconnected = events.recv_timeout(SOON);
        assert!(
            push.send_timeout("nobody", Duration::from_millis(30))
                .is_ok()
        );
        limit(before);
        disconnected.unwrap();
        let (server, client) = ends();
        marry(&server.pull().unwrap(), &client.push().unwrap());
    });
}

/// A logger that panics at the monitor thread's lines about polls.
struct Panics;

impl Log for Panics {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let watches = thread::current().name() == Some("zeroless-monitor");
        let refused = record.args().to_string().contains("refuses to wait");
        assert!(!watches || !refused, "the logger panics on purpose");
    }

    fn flush(&self) {}
}

#[test]
fn connections_are_watched_though_a_logger_panics_over_a_poll_that_is_refused() {
    let name = "connections_are_watched_though_a_logger_panics_over_a_poll_that_is_refused";
    in_process(name, || {
        log::set_logger(&Panics).unwrap();
        log::set_max_level(LevelFilter::Warn);
        let (server, client) = ends();
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        marry(&pull, &push);
        let events = push.connection_events().unwrap();
        events.recv().unwrap();
        let before = limit(1);
        drop((server, pull));
        let disconnected = events.recv_timeout(SOON);
        thread::park_timeout(Duration::from_millis(30));
        limit(before);
        disconnected.unwrap();
        let (server, client) = ends();
        marry(&server.pull().unwrap(), &client.push().unwrap());
    });
}

#[test]
fn a_receive_in_a_new_thread_waits() {
    in_process("a_receive_in_a_new_thread_waits", || {
        let (server, client) = ends();
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        let (server, client) = ends();
        let (reply, request) = (server.reply().unwrap(), client.request().unwrap());
        let (server, client) = ends();
        let (silent, _push) = (server.pull().unwrap(), client.push().unwrap());
        marry(&pull, &push);
        marry(&reply, &request);
        let before = limit(3);
        // Neither this thread nor the others can be woken as usual.
        let waited = silent.recv_timeout(Duration::from_millis(30));
        assert!(waited.unwrap_err().is_timeout());
        let (tell, told) = channel();
        let loops = pull.clone();
        let looping = blocked(move || loops.iter().all(|message| tell.send(message).is_ok()));
        let replies = reply.clone();
        let replying = blocked(move || {
            replies.iter().for_each(|request| {
                request.reply("so it is").unwrap();
            });
        });
        for number in 0..20 {
            push.send(number.to_string()).unwrap();
            let message = told.recv_timeout(SOON).unwrap();
            assert_eq!(message, number.to_string().as_str());
            assert_eq!(request.request("is it so?").unwrap(), "so it is");
        }
        limit(before);
        push.send("again").unwrap();
        assert_eq!(told.recv_timeout(SOON).unwrap(), "again");
        assert_eq!(request.request("is it so?").unwrap(), "so it is");
        pull.stop();
        reply.stop();
        assert!(looping.join().unwrap());
        replying.join().unwrap();
    });
}

#[test]
fn to_open_a_socket_takes_no_files_from_others() {
    in_process("to_open_a_socket_takes_no_files_from_others", || {
        // The context, and other files that are opened once.
        let _first = ends().1.push().unwrap();
        let open = || File::open("/dev/null").map(|file| (file.as_raw_fd(), file));
        let highest = {
            let number = |entry: io::Result<DirEntry>| {
                let name = entry.unwrap().file_name();
                name.to_str().unwrap().parse::<i32>().unwrap()
            };
            fs::read_dir("/proc/self/fd")
                .unwrap()
                .map(number)
                .max()
                .unwrap()
        };
        // So many that the next is the highest: then it is known how many are left.
        let filling: Vec<_> = iter::repeat_with(|| open().unwrap())
            .take_while(|(fd, _)| *fd <= highest)
            .collect();
        limit(u64::try_from(highest).unwrap() + 1 + 12);
        let running = Arc::new(AtomicBool::new(true));
        let opening = {
            let running = running.clone();
            thread::spawn(move || {
                let opens = || Client::new().push().is_ok();
                iter::repeat_with(opens)
                    .take_while(|_| running.load(Ordering::Relaxed))
                    .filter(|opened| *opened)
                    .count()
            })
        };
        for _ in 0..20_000 {
            open().expect("there are more than are needed");
        }
        running.store(false, Ordering::Relaxed);
        assert!(opening.join().unwrap() > 0);
        drop(filling);
    });
}

#[test]
fn without_a_file_to_spare_a_socket_is_refused() {
    in_process("without_a_file_to_spare_a_socket_is_refused", || {
        let (server, client) = ends();
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        let before = limit(200);
        let full: Vec<File> = iter::from_fn(|| File::open("/dev/null").ok()).collect();
        assert_eq!(client.push().map(drop), Err(Error::OutOfFiles));
        let mut full = full.into_iter();
        // Wherever there is room.
        full.by_ref().take(3).for_each(drop);
        assert_eq!(client.push().map(drop), Err(Error::OutOfFiles));
        full.by_ref().take(20).for_each(drop);
        client.push().unwrap();
        push.send("on").unwrap();
        assert_eq!(pull.recv().unwrap(), "on");
        limit(before);
    });
}

#[test]
fn an_event_loop_without_a_file_of_its_own_misses_nothing() {
    in_process(
        "an_event_loop_without_a_file_of_its_own_misses_nothing",
        || {
            let (server, client) = ends();
            let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
            marry(&pull, &push);
            let edges = Edges::new();
            let before = limit(3);
            assert!(is_readable(&pull));
            edges.add(&pull);
            for number in 0..20 {
                // Nothing is there, and a loop that is told of changes alone looks again all the same.
                while edges.wait(Duration::ZERO) {}
                assert!(pull.try_recv().is_err());
                assert!(is_readable(&pull));
                push.send(number.to_string()).unwrap();
                until(|| {
                    assert!(edges.wait(SOON), "silent with a message waiting");
                    pull.try_recv().is_ok()
                });
            }
            limit(before);
            // Loops keep the stand-in that they have been given, though there would be files now.
            assert!(pull.try_recv().is_err());
            assert!(is_readable(&pull));
            push.send("again").unwrap();
            until(|| pull.try_recv().is_ok());
        },
    );
}

#[test]
fn an_event_loop_costs_three_files_and_no_thread_and_else_nothing_is_paid() {
    let name = "an_event_loop_costs_three_files_and_no_thread_and_else_nothing_is_paid";
    in_process(name, || {
        let usage = || {
            let Usage { files, threads, .. } = Usage::of(std::process::id());
            (files, threads)
        };
        let (server, client) = ends();
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        marry(&pull, &push);
        push.send("a message").unwrap();
        until(|| pull.try_recv().is_ok());
        assert!(pull.try_recv().is_err());
        let (files, threads) = usage();
        assert!(push.try_send("again").is_ok());
        until(|| is_readable(&pull.clone()));
        assert_eq!(usage(), (files + 3, threads));
    });
}
