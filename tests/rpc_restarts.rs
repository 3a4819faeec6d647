//! Calls under load while their servers are killed and started again: each ends with its own reply or error by its
//! deadline, what was not sent has not run, and idempotent calls all succeed.
//!
//! `ZEROLESS_RPC=100` has so many servers killed; it is six otherwise.
#![cfg(feature = "rpc")]

#[path = "support/calls.rs"]
mod calls;
#[path = "support/process.rs"]
mod process;
mod support;

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use calls::{Asked, CALL, Scripted};
use process::{Process, again};
use serde::{Deserialize, Serialize};
use support::{Folder, SOON, deadline_after, pause};
use zeroless::rpc::{self, CallError, Command};
use zeroless::{Error, Server};

/// A call that must not be made twice.
#[derive(Serialize, Deserialize)]
struct Once(u64);
rpc::command!(Once -> u64);

/// A call that may be.
#[derive(Serialize, Deserialize)]
struct Again(u64);
rpc::command!(idempotent Again -> u64);

/// The variable by which a process is told that it is a server, and where.
const SERVER: &str = "ZEROLESS_RPC_SERVER";

const THREADS: u64 = 16;

/// How long a call may take. Servers come back within moments, but the machine may be busy.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The reply to a call.
fn answer(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn restarts() -> usize {
    let set = std::env::var("ZEROLESS_RPC").ok();
    set.map_or(6, |restarts| restarts.parse().expect("a number"))
}

/// Is a server, if this process was started for that. It writes down the number of each call before it replies.
fn serve() -> bool {
    let Ok(plan) = std::env::var(SERVER) else {
        return false;
    };
    let (port, path) = plan.split_once(' ').expect("as it is written below");
    let mut ran = OpenOptions::new();
    let mut ran = ran.create(true).append(true).open(path).unwrap();
    let port: u16 = port.parse().unwrap();
    let scripted = Scripted::of(Server::bind_local(port).unwrap());
    println!("\nready");
    while let Ok(request) = scripted.replier.recv() {
        let asked = Asked::read(request);
        match asked.kind {
            CALL => {
                let number: u64 = asked.value();
                ran.write_all(&number.to_le_bytes()).unwrap();
                asked.reply(answer(number));
            }
            calls::PING => asked.bare(6),
            _ => {}
        }
    }
    true
}

fn start(port: u16, ran: &Path) -> Process {
    let plan = format!("{port} {}", ran.display());
    let test = "calls_end_as_they_say_though_their_servers_are_killed";
    let limit = Duration::from_secs(120 + 2 * restarts() as u64);
    let process = Process::start(&mut again(test, SERVER, plan), limit);
    process.prints("ready");
    process
}

/// How often each call has run, as the servers have written down.
fn ran(path: &Path) -> HashMap<u64, u32> {
    let mut ran = HashMap::new();
    for number in fs::read(path).unwrap().chunks_exact(8) {
        let number = u64::from_le_bytes(number.try_into().unwrap());
        *ran.entry(number).or_default() += 1;
    }
    ran
}

/// The ends of calls.
#[derive(Debug, Default)]
struct Ends {
    replied: AtomicU64,
    not_sent: AtomicU64,
    lost: AtomicU64,
    out_of_time: AtomicU64,
    /// In microseconds.
    longest: AtomicU64,
}

/// What is known of a call from its end.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Known {
    Ran,
    NotSent,
    MayHaveRun,
}

/// Makes a call, and tells what is known of it then.
fn call<C: Command<Reply = u64, Error = rpc::Failure>>(
    client: &rpc::Client,
    command: &C,
    number: u64,
    ends: &Ends,
) -> Known {
    let began = Instant::now();
    let outcome = client.call(command);
    let took = began.elapsed();
    ends.longest
        .fetch_max(took.as_micros() as u64, Ordering::Relaxed);
    assert!(took < TIMEOUT + SOON, "{took:?}");
    match outcome {
        Ok(reply) => {
            assert_eq!(reply, answer(number), "the reply to another call");
            ends.replied.fetch_add(1, Ordering::Relaxed);
            Known::Ran
        }
        Err(_) if C::IDEMPOTENT => panic!("call {number} has failed: {outcome:?}"),
        Err(CallError::NotSent { .. }) => {
            ends.not_sent.fetch_add(1, Ordering::Relaxed);
            Known::NotSent
        }
        Err(CallError::MayHaveRun { reason, .. }) => {
            // Also one that was made at the very end of its connection does not wait until its time is over.
            assert!(took < TIMEOUT, "call {number} has waited: {reason}");
            let count = match reason {
                Error::ConnectionLost => &ends.lost,
                _ => &ends.out_of_time,
            };
            count.fetch_add(1, Ordering::Relaxed);
            Known::MayHaveRun
        }
        Err(error) => panic!("call {number} has failed: {error}"),
    }
}

#[test]
fn calls_end_as_they_say_though_their_servers_are_killed() {
    if serve() {
        return;
    }
    let limit = Duration::from_secs(120 + 2 * restarts() as u64);
    deadline_after(limit, || {
        let folder = Folder::new();
        let path = folder.path().join("ran");
        let ports = [(); 2].map(|()| Server::bind_local(0).unwrap().port());
        let mut servers = ports.map(|port| Some(start(port, &path)));
        let client = rpc::Client::connect(ports).unwrap().timeout(TIMEOUT);
        let (over, next, ends) = (AtomicBool::new(false), AtomicU64::new(0), Ends::default());
        let known: Vec<(u64, Known)> = thread::scope(|scope| {
            let caller = || {
                let mut known = Vec::new();
                while !over.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    known.push((
                        number,
                        match number % 4 {
                            0 => call(&client, &Again(number), number, &ends),
                            // With no time to speak of, many are not sent.
                            1 => {
                                let hasty = client.clone().timeout(Duration::from_millis(20));
                                call(&hasty, &Once(number), number, &ends)
                            }
                            _ => call(&client, &Once(number), number, &ends),
                        },
                    ));
                }
                known
            };
            let callers: Vec<_> = (0..THREADS).map(|_| scope.spawn(caller)).collect();
            for kill in 0..restarts() {
                let replied = ends.replied.load(Ordering::Relaxed);
                while ends.replied.load(Ordering::Relaxed) < replied + 200 {
                    assert!(!callers.iter().any(|it| it.is_finished()), "it has failed");
                    pause();
                }
                // Now one, now the other, and now and then both.
                let (place, both) = (kill % 2, kill % 3 == 2);
                let places = &[place, 1 - place][..1 + usize::from(both)];
                for place in places {
                    let server = servers[*place].take().expect("it runs");
                    server.kill();
                }
                for place in places {
                    servers[*place] = Some(start(ports[*place], &path));
                }
            }
            over.store(true, Ordering::Relaxed);
            let known = callers.into_iter().map(|it| it.join().unwrap());
            known.flatten().collect()
        });
        // All that a server had got before it answers a ping has run.
        client.wait_connected(2, SOON).unwrap();
        assert!(client.ping().iter().all(|(_, pong)| pong.is_ok()));
        let ran = ran(&path);
        println!("{} calls: {ends:?}", known.len());
        for (number, known) in known {
            let times = ran.get(&number).copied().unwrap_or(0);
            let is_idempotent = number % 4 == 0;
            match known {
                Known::Ran if is_idempotent => assert!(times >= 1, "{number} ran {times} times"),
                Known::Ran => assert_eq!(times, 1, "{number}"),
                Known::NotSent => assert_eq!(times, 0, "{number} was not sent, and ran"),
                Known::MayHaveRun => assert!(times <= 1, "{number} ran {times} times"),
            }
        }
    });
}
