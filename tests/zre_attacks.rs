//! Honest nodes find a node under attack, and it recovers fully.
//!
//! `ZEROLESS_ATTACK=full` attacks in full size, as `cargo xtask attack` does.

#![cfg(all(target_os = "linux", feature = "zre"))]

#[path = "support/elsewhere.rs"]
mod elsewhere;
#[path = "support/process.rs"]
mod process;
#[path = "zre_attacks/session.rs"]
mod session;
#[path = "zre_attacks/siege.rs"]
mod siege;
#[path = "zre_attacks/stranger.rs"]
mod stranger;
mod support;
#[path = "support/usage.rs"]
mod usage;
#[path = "support/zre.rs"]
mod wire;

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use session::Session;
use siege::{LIMIT, Siege, honest, size};
use stranger::{Dice, Mute, Stranger, half_open};
use support::{deadline_after, pause, until};
use wire::{beacon, hello, identity};
use zeroless::zre::Uuid;

/// The files that unverified nodes may cost: two for each of 256 sockets, and as many for sockets that
/// are being closed.
const FILES: usize = 1024;

/// A socket at this address of loopback from which beacons can be sent to all.
fn mouth(address: &str) -> UdpSocket {
    let socket = UdpSocket::bind((address, 0)).unwrap();
    socket.set_broadcast(true).unwrap();
    socket
}

/// All nodes of loopback with this port.
fn everybody(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 255, 255, 255], port))
}

/// Calls this so many times a second, in turns of a millisecond.
fn paced(a_second: usize, mut act: impl FnMut()) -> impl FnMut() -> usize {
    let mut next = Instant::now();
    move || {
        let turn = a_second.div_ceil(1000);
        (0..turn).for_each(|_| act());
        next += Duration::from_secs(1) * turn as u32 / a_second as u32;
        while Instant::now() < next {
            pause();
        }
        turn
    }
}

#[test]
fn malformed_beacons_are_nothing() {
    deadline_after(LIMIT, || {
        let mut siege = Siege::new();
        let (mouth, to) = (mouth("127.0.0.1"), everybody(siege.port));
        let mut dice = Dice::new(1);
        let toll = siege.stand(
            "malformed beacons",
            size(20_000, 1_000_000),
            paced(50_000, || {
                let whole = beacon(Uuid::from(dice.bytes()), 9);
                let mut datagram = match dice.below(5) {
                    0 => dice.bytes::<22>().to_vec(),
                    1 => whole[..dice.below(22)].to_vec(),
                    2 => [b"ZRE", &[2 + dice.below(254) as u8][..], &whole[4..]].concat(),
                    3 => [&whole[..], &vec![7; 1 + dice.below(1478)]].concat(),
                    _ => [b"ZRE\x03", &whole[4..], &dice.bytes::<32>()].concat(),
                };
                datagram.truncate(1500);
                mouth.send_to(&datagram, to).unwrap();
            }),
        );
        assert!(toll.memory < 10_000 && toll.files < 16, "{toll:?}");
    });
}

#[test]
fn beacons_of_nobody_are_few_at_a_time() {
    deadline_after(LIMIT, || {
        let mut siege = Siege::new();
        let to = everybody(siege.port);
        let mouths: Vec<_> = (1..=64).map(|n| mouth(&format!("127.7.0.{n}"))).collect();
        let (mut dice, mute) = (Dice::new(2), Mute::new());
        let toll = siege.stand(
            "beacons of nobody",
            size(2_000, 100_000),
            paced(size(2_000, 10_000), || {
                let beacon = beacon(Uuid::from(dice.bytes()), mute.port(&mut dice));
                let from = dice.below(mouths.len());
                mouths[from].send_to(&beacon, to).unwrap();
            }),
        );
        assert!(toll.files < 300 && toll.memory < 50_000, "{toll:?}");
    });
}

#[test]
fn greetings_of_nobody_are_few_at_a_time() {
    /// How many of them come at the same time.
    const BATCH: usize = 50;
    deadline_after(LIMIT, || {
        let mut siege = Siege::new();
        let to = siege.alice.endpoint.clone();
        let (mut dice, mute) = (Dice::new(3), Mute::new());
        let halves = size(300, 3_000);
        let mut open = Vec::new();
        let toll = siege.stand("greetings of nobody", size(2_000, 100_000), || {
            if open.len() < halves {
                open.extend((0..BATCH).map(|_| half_open(&to)));
            }
            let greet = |_| {
                let identity = identity(Uuid::from(dice.bytes()));
                let hello = hello(&mute.endpoint(&mut dice));
                Stranger::say(&to, &identity, &[vec![hello]])
            };
            let batch: Vec<_> = (0..BATCH).map(greet).collect();
            batch.into_iter().for_each(Stranger::leave);
            BATCH
        });
        let files = FILES + halves + 3 * BATCH;
        assert!(toll.files < files && toll.memory < 50_000, "{toll:?}");
    });
}

#[test]
fn goodbyes_of_others_are_rumours() {
    deadline_after(LIMIT, || {
        let mut siege = Siege::new();
        let (mouth, to) = (mouth("127.0.0.1"), everybody(siege.port));
        let known = [siege.alice.id, siege.carol.id()];
        let mut turn = 0;
        siege.stand(
            "goodbyes",
            size(200, 1_000),
            paced(100, || {
                turn += 1;
                mouth.send_to(&beacon(known[turn % 2], 0), to).unwrap();
            }),
        );
    });
}

#[test]
fn a_stranger_that_says_nonsense_is_dropped_alone() {
    deadline_after(LIMIT, || {
        let mut siege = Siege::new();
        let to = siege.alice.endpoint.clone();
        let (mut dice, mute) = (Dice::new(5), Mute::new());
        let toll = siege.stand("mutated sessions", size(500, 10_000), || {
            let endpoint = mute.endpoint(&mut dice);
            let mut session = Session::right(Uuid::from(dice.bytes()), &endpoint);
            session.mutate(&mut dice);
            Stranger::say(&to, &session.identity, &session.messages).leave();
            1
        });
        assert!(toll.files < FILES && toll.memory < 50_000, "{toll:?}");
        // Control: a valid session is accepted.
        let uuid = Uuid::from(dice.bytes());
        let session = Session::right(uuid, &mute.endpoint(&mut dice)).answering();
        Stranger::say(&to, &session.identity, &session.messages).leave();
        siege.alice.says(&format!("ENTER {uuid}"), "");
        siege.alice.says(
            &format!("WHISPER {uuid} content | content"),
            &format!("EXIT {uuid}"),
        );
    });
}

#[test]
fn a_flood_that_nobody_reads_is_missed() {
    const WORDS: [u8; 1000] = [b'x'; 1000];
    deadline_after(LIMIT, || {
        let mut siege = Siege::new();
        siege.be_deaf();
        let mallory = honest("mallory", siege.port);
        until(|| !mallory.peers().is_empty());
        let alice = siege.alice.id;
        let toll = siege.stand("whispers", size(50_000, 3_000_000), || {
            usize::from(mallory.whisper(alice, WORDS).is_ok())
        });
        assert!(toll.memory < 50_000, "{toll:?}");
    });
}
