//! TCP's keep-alive: values that the system refuses are refused immediately, and promises are kept.

mod support;

use std::iter;
use std::time::{Duration, Instant};

use support::{SOON, deadline, deadline_after, ends, marry};
use zeroless::{ConnectionEvent, Error, KeepAlive, Options};

/// Probes whose time is over after two seconds.
fn short() -> Options {
    let second = Duration::from_secs(1);
    let probes = KeepAlive {
        idle: second,
        interval: second,
        count: 1,
    };
    Options::default().keep_alive(Some(probes))
}

#[test]
fn a_keep_alive_that_the_system_refuses_is_an_error() {
    let most = Duration::from_secs(32767);
    let default = KeepAlive::default();
    for (probes, fits) in [
        (
            KeepAlive {
                count: 127,
                ..default
            },
            true,
        ),
        (
            KeepAlive {
                count: 128,
                ..default
            },
            false,
        ),
        (
            KeepAlive {
                idle: most,
                ..default
            },
            true,
        ),
        (
            KeepAlive {
                idle: most + Duration::from_secs(1),
                ..default
            },
            false,
        ),
        (
            KeepAlive {
                interval: most,
                ..default
            },
            true,
        ),
        (
            KeepAlive {
                interval: most + Duration::from_secs(1),
                ..default
            },
            false,
        ),
    ] {
        deadline(move || {
            let (server, client) = ends();
            let options = Options::default().keep_alive(Some(probes));
            let pull = server.options(options.clone()).pull();
            let push = client.options(options).push();
            match (pull, push) {
                (Ok(pull), Ok(push)) => {
                    assert!(fits, "{probes:?}");
                    marry(&push, &pull);
                }
                (Err(error), _) | (_, Err(error)) => {
                    let option = matches!(
                        error,
                        Error::InvalidOption {
                            option: "keep_alive",
                            ..
                        }
                    );
                    assert!(option && !fits, "{probes:?}: {error}");
                }
            }
        });
    }
}

#[test]
fn a_subscriber_that_takes_nothing_stops_a_publisher_that_waits_for_a_while_only() {
    deadline_after(SOON * 6, || {
        let (server, client) = ends();
        let server = server.options(short().wait_for_slow(true).send_queue(1));
        let client = client.options(short().receive_queue(1));
        let publisher = server.publish().unwrap();
        let _idle = client.subscribe("").unwrap();
        publisher.wait_for_subscribers(1, SOON).unwrap();
        let events = publisher.connection_events().unwrap();
        let message = vec![0; 1 << 20];
        // Until the idle one is cut, which then comes anew.
        for _ in 0..200 {
            publisher.send_timeout(&message, SOON * 2).unwrap();
            let cut =
                |event: &ConnectionEvent| matches!(event, ConnectionEvent::Disconnected { .. });
            if events.try_iter().any(|event| cut(&event)) {
                return;
            }
        }
        panic!("it was never cut");
    });
}

#[test]
fn a_puller_that_takes_nothing_is_not_cut() {
    deadline_after(SOON * 6, || {
        let (server, client) = ends();
        let pull = server.options(short().receive_queue(1)).pull().unwrap();
        let push = client.options(short().send_queue(1)).push().unwrap();
        marry(&push, &pull);
        let events = push.connection_events().unwrap();
        let message = vec![0; 1 << 20];
        let mut sent = 0;
        while push.send_timeout(&message, Duration::from_secs(1)).is_ok() {
            sent += 1;
        }
        let over = Instant::now() + Duration::from_secs(5);
        let left = || over.saturating_duration_since(Instant::now());
        let cut = iter::from_fn(|| events.recv_timeout(left()).ok())
            .any(|event| matches!(event, ConnectionEvent::Disconnected { .. }));
        assert!(!cut, "it was cut, and the messages on their way were lost");
        for number in 0..sent {
            assert!(pull.recv_timeout(SOON).is_ok(), "{number} of {sent}");
        }
    });
}
