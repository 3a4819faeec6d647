//! Nothing of an attacker's reaches a secured server, and honest clients are served meanwhile.
//!
//! `ZEROLESS_ATTACK=full` attacks in full size, as `cargo xtask attack` does, and shows the figures.

#![cfg(target_os = "linux")]

#[path = "security_attacks/raw_peer.rs"]
mod raw_peer;
mod support;

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use raw_peer::{Outcome, RawPeer, frame, greeting, hello, initiate, ready};
use support::{SOON, deadline, deadline_after, until};
use zeroless::security::{Access, AccessRequest, Curve, Keys, Password, Plain};
use zeroless::{Client, Pull, Server};

/// Where attackers are, and honest clients beside them.
const THERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// Where the other honest clients are.
const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// A handshake that is not answered ends soon.
const HANDSHAKE: Duration = Duration::from_millis(500);

/// How many times to attack: a few, or as ZEROLESS_ATTACK says: a number, or `full`.
fn size(few: usize, full: usize) -> usize {
    match std::env::var("ZEROLESS_ATTACK").ok().as_deref() {
        None => few,
        Some("full") => full,
        Some(count) => count.parse().expect("a number, or full"),
    }
}

fn password(text: &str) -> Password {
    Password::new(text).unwrap()
}

/// A table in which the user is the password, too.
fn users<const N: usize>(names: [&str; N]) -> Access {
    let access = Access::new();
    for name in names {
        access.user(name, password(name)).unwrap();
    }
    access
}

fn secured(access: &Access) -> (u16, Pull) {
    let server = Server::bind_local(0).unwrap().handshake_timeout(HANDSHAKE);
    let server = server.security(Plain::server(access.clone()));
    (server.port(), server.pull().unwrap())
}

/// An honest client, which sends a message and stays until that was taken in.
fn enters(from: Ipv4Addr, port: u16, user: &str) -> Outcome {
    RawPeer::connect(from, port).enter(user, user, "honest", SOON)
}

/// How long each took, at most and as a rule.
fn figures(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let (Some(most), len) = (times.last(), times.len()) else {
        return;
    };
    let (median, p99) = (times[len / 2], times[len * 99 / 100]);
    println!("{what}: {len}, median {median:?}, p99 {p99:?}, most {most:?}");
}

/// Attacks, while honest clients come in and send, from the attackers' address and from another.
fn siege(
    port: u16,
    pull: &Pull,
    attack: impl Fn(usize, u16) + Send + Sync + 'static,
    count: usize,
) {
    let over = Arc::new(AtomicBool::new(false));
    // Those who were let in before are known where they come from.
    for (from, user) in [(THERE, "bob"), (HERE, "ann")] {
        assert_eq!(enters(from, port, user), Outcome::In);
        assert_eq!(pull.recv().unwrap(), "honest");
    }
    let attack = Arc::new(attack);
    let attackers = [0, 1].map(|turn| {
        let attack = attack.clone();
        thread::spawn(move || {
            (turn..count)
                .step_by(2)
                .for_each(|number| attack(number, port))
        })
    });
    let honest = [(THERE, "bob"), (HERE, "ann")].map(|(from, user)| {
        let over = over.clone();
        thread::spawn(move || {
            let mut times = Vec::new();
            while times.len() < 10 || !over.load(Ordering::Relaxed) {
                let began = Instant::now();
                assert_eq!(enters(from, port, user), Outcome::In);
                times.push(began.elapsed());
            }
            times
        })
    });
    let received = pull.clone();
    let receiving = thread::spawn(move || {
        let mut count = 0;
        for message in &received {
            assert_eq!(message, "honest");
            count += 1;
        }
        count
    });
    for attacker in attackers {
        attacker.join().unwrap();
    }
    over.store(true, Ordering::Relaxed);
    let [there, here] = honest.map(|honest| honest.join().unwrap());
    figures("honest clients at the attackers' address", there);
    figures("honest clients elsewhere", here);
    pull.stop();
    assert!(receiving.join().unwrap() > 0);
    for message in pull.try_iter() {
        assert_eq!(message, "honest");
    }
}

#[test]
fn wrong_passwords_get_nothing_through() {
    deadline_after(Duration::from_secs(1200), || {
        let (port, pull) = secured(&users(["ann", "bob"]));
        let attack = |number: usize, port| {
            let mut peer = RawPeer::connect(THERE, port);
            // The same one again, other ones, and other users.
            let (user, password) = match number % 3 {
                0 => ("ann".to_owned(), "old".to_owned()),
                1 => ("eve".to_owned(), number.to_string()),
                _ => (number.to_string(), number.to_string()),
            };
            match number % 2 {
                0 => peer.storm(&user, &password, "evil"),
                _ if number.is_multiple_of(3) => {
                    let outcome = peer.enter(&user, &password, "evil", SOON);
                    assert_ne!(outcome, Outcome::In);
                }
                _ => peer.send(&[greeting("PLAIN"), hello(&user, &password)].concat()),
            }
        };
        siege(port, &pull, attack, size(300, 10_000));
    });
}

#[test]
fn without_credentials_nothing_gets_through() {
    deadline_after(Duration::from_secs(1200), || {
        let (port, pull) = secured(&users(["ann", "bob"]));
        let attack = |number: usize, port| {
            let mut peer = RawPeer::connect(THERE, port);
            let bytes = match number % 6 {
                0 => [greeting("NULL"), ready(), frame("evil")].concat(),
                1 => [greeting("PLAIN"), ready(), frame("evil")].concat(),
                2 => [greeting("PLAIN"), initiate(), frame("evil")].concat(),
                3 => [greeting("PLAIN"), hello("ann", "ann"), frame("evil")].concat(),
                // ZMTP 2.0 and 1.0, which have no security.
                4 => [
                    &[0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 1, 8, 0, 0][..],
                    &frame("evil"),
                ]
                .concat(),
                _ => b"\x01\x00\x05\x00evil".to_vec(),
            };
            peer.send(&bytes);
            assert_ne!(peer.outcome(SOON), Outcome::In);
        };
        siege(port, &pull, attack, size(120, 10_000));
    });
}

#[test]
fn guesses_are_judged_more_and_more_rarely() {
    deadline(|| {
        let access = users(["ann", "bob"]);
        let (port, pull) = secured(&access);
        let began = Instant::now();
        let mut judged = 0;
        for number in 0..40 {
            let mut peer = RawPeer::connect(THERE, port);
            match peer.enter("ann", &number.to_string(), "evil", SOON) {
                Outcome::In => panic!("let in by a wrong password"),
                Outcome::Denied => judged += 1,
                Outcome::Closed => {}
            }
            if number > 10 && began.elapsed() > Duration::from_secs(3) {
                break;
            }
        }
        // Each later one has a longer delay before it.
        let promised = 5 + (began.elapsed().as_secs() + 1).ilog2();
        assert!((5..=promised).contains(&judged), "{judged} of {promised}");
        // Others are not held up, and a new password ends the delay.
        assert_eq!(enters(THERE, port, "bob"), Outcome::In);
        assert_eq!(enters(HERE, port, "ann"), Outcome::In);
        access.user("ann", password("ann")).unwrap();
        assert_eq!(enters(THERE, port, "ann"), Outcome::In);
        for _ in 0..3 {
            assert_eq!(pull.recv_timeout(SOON).unwrap(), "honest");
        }
        assert!(pull.try_recv().is_err());
    });
}

#[test]
fn a_client_that_has_to_wait_comes_back_by_itself() {
    deadline(|| {
        let (port, pull) = secured(&users(["ann"]));
        for number in 0..7 {
            let mut peer = RawPeer::connect(HERE, port);
            let outcome = peer.enter("ann", &number.to_string(), "evil", SOON);
            assert_ne!(outcome, Outcome::In);
        }
        let client = Client::connect(port).unwrap().handshake_timeout(HANDSHAKE);
        let push = client
            .security(Plain::user("ann", password("ann")))
            .push()
            .unwrap();
        push.send("honest").unwrap();
        assert_eq!(pull.recv_timeout(3 * SOON).unwrap(), "honest");
    });
}

#[test]
fn a_denied_client_is_let_in_once_the_table_is_mended() {
    deadline(|| {
        let access = users(["ann"]);
        let (port, pull) = secured(&access);
        let client = Client::connect(port).unwrap();
        let push = client
            .security(Plain::user("ann", password("new")))
            .push()
            .unwrap();
        until(|| push.status().is_err());
        let began = Instant::now();
        access.user("ann", password("new")).unwrap();
        push.wait_connected(1, SOON).unwrap();
        push.send("honest").unwrap();
        assert_eq!(pull.recv_timeout(SOON).unwrap(), "honest");
        figures("let in after the table's mending", vec![began.elapsed()]);
    });
}

#[test]
fn a_closure_that_hangs_lets_nobody_in_and_holds_up_nobody() {
    deadline(|| {
        let (go_on, goes_on) = mpsc::channel::<()>();
        let access = users(["ann", "bob"]);
        let ask = move |request: &AccessRequest| {
            let _ = goes_on.recv();
            request.user().map(str::to_owned)
        };
        let (port, pull) = secured(&access.ask(ask).unwrap());
        let attack = |number: usize, port| {
            let mut peer = RawPeer::connect(THERE, port);
            let outcome = peer.enter(&format!("eve {number}"), "x", "evil", SOON);
            assert_ne!(outcome, Outcome::In);
        };
        siege(port, &pull, attack, size(30, 1000));
        drop(go_on);
    });
}

#[test]
fn wrong_keys_get_nothing_through() {
    if !zeroless::capabilities().is_ok_and(|it| it.curve) {
        return;
    }
    deadline_after(Duration::from_secs(1200), || {
        let (server_keys, ann) = (Keys::generate().unwrap(), Keys::generate().unwrap());
        let access = Access::new().key("ann", ann.public()).unwrap();
        let server = Server::bind_local(0).unwrap();
        let server = server.security(Curve::server(&server_keys, access));
        let pull = server.pull().unwrap();
        let connect = |own: &Keys, servers: &Keys| {
            let client = Client::connect(server.port()).unwrap();
            let client = client.security(Curve::client(own, servers.public()));
            client.push().unwrap()
        };
        for _ in 0..size(10, 1000) {
            let eve = Keys::generate().unwrap();
            let (stranger, misled) = (connect(&eve, &server_keys), connect(&ann, &eve));
            for evil in [&stranger, &misled] {
                evil.send("evil").unwrap();
            }
            until(|| stranger.status().is_err());
            let honest = connect(&ann, &server_keys);
            honest.send("honest").unwrap();
            assert_eq!(pull.recv_timeout(SOON).unwrap(), "honest");
        }
        assert!(pull.try_recv().is_err());
    });
}
