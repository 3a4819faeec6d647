//! Which libzmq is linked: ours, wherever it can be.

mod support;

use support::deadline;
use zeroless::{Error, Heartbeat, Libzmq, Options, Server, capabilities};

#[test]
fn ours_is_linked_where_it_was_compiled() {
    deadline(|| {
        let capabilities = capabilities().unwrap();
        #[cfg(feature = "libzmq")]
        let compiled = zeroless_libzmq::COMPILED;
        #[cfg(not(feature = "libzmq"))]
        let compiled = false;
        assert_eq!(compiled, capabilities.libzmq == Libzmq::Zeroless);
        println!("linked: {capabilities:?}");
    });
}

#[test]
fn ours_can_do_all_that_it_is_for() {
    deadline(|| {
        let capabilities = capabilities().unwrap();
        if capabilities.libzmq != Libzmq::Zeroless {
            return;
        }
        assert_eq!(capabilities.version, (4, 3, 5));
        assert!(capabilities.batch);
        assert!(capabilities.heartbeats);
        assert!(capabilities.peer_info);
        assert!(capabilities.keeps_refused);
        assert_eq!(capabilities.monotonic_clock, Some(true));
        assert_eq!(capabilities.curve, cfg!(feature = "curve"));
    });
}

#[test]
fn the_clock_is_known_of_our_libzmq_alone() {
    deadline(|| {
        let capabilities = capabilities().unwrap();
        let is_ours = capabilities.libzmq == Libzmq::Zeroless;
        // Only the private memory of another would tell.
        assert_eq!(capabilities.monotonic_clock.is_some(), is_ours);
    });
}

#[test]
fn heartbeats_are_refused_where_they_are_not_safe() {
    deadline(|| {
        let every = Heartbeat::Every {
            interval: std::time::Duration::from_secs(1),
            timeout: std::time::Duration::from_secs(3),
        };
        let options = Options::default().heartbeat(every);
        let server = Server::bind_local(0).unwrap().options(options);
        match (server.pull(), capabilities().unwrap().heartbeats) {
            (Ok(_), true) => {}
            (Err(Error::InvalidOption { option, reason }), false) => {
                assert_eq!(option, "heartbeat");
                assert!(reason.contains("keep_alive"), "{reason}");
            }
            (outcome, safe) => panic!("safe: {safe}, and {outcome:?}"),
        }
    });
}
