//! A user's logger runs in the library's threads, too. The threads go on, even if it panics or drops handles.

#![cfg(feature = "zre")]

mod support;

use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use log::{LevelFilter, Log, Metadata, Record};
use parking_lot::{Mutex, MutexGuard};
use support::{SOON, beacon_port, deadline, ends, marry, until};
use zeroless::security::{Access, Password, Plain};
use zeroless::zre::{Event, Node, Uuid};
use zeroless::{Client, ConnectionEvent, Error, Server};

/// The action of the logger in the thread of this name, at each line.
type Act = Box<dyn FnMut(&str) + Send>;

struct Hostile {
    thread: Mutex<&'static str>,
    act: Mutex<Option<Act>>,
}

static LOGGER: Hostile = Hostile {
    thread: Mutex::new(""),
    act: Mutex::new(None),
};

impl Log for Hostile {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let own = thread::current().name() == Some(*self.thread.lock());
        // The action itself may log.
        if own
            && let Some(mut act) = self.act.try_lock()
            && let Some(act) = &mut *act
        {
            act(&record.args().to_string());
        }
    }

    fn flush(&self) {}
}

/// One test at a time, with a logger that does this in the thread of this name.
fn alone(name: &'static str, act: impl FnMut(&str) + Send + 'static) -> impl Drop {
    struct Alone(#[allow(dead_code)] MutexGuard<'static, ()>);
    impl Drop for Alone {
        fn drop(&mut self) {
            *LOGGER.thread.lock() = "";
            *LOGGER.act.lock() = None;
        }
    }
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock();
    // The first test has set it, if this is not the first.
    let _ = log::set_logger(&LOGGER);
    log::set_max_level(LevelFilter::Info);
    *LOGGER.act.lock() = Some(Box::new(act));
    *LOGGER.thread.lock() = name;
    Alone(alone)
}

const WATCH: &str = "zeroless-monitor";
const NODE: &str = "zeroless-zre";
const DISCOVERY: &str = "zeroless-discovery";
const ZAP: &str = "zeroless-zap";

#[test]
fn connections_are_watched_though_the_logger_panics() {
    deadline(|| {
        let (tell, panics) = channel();
        let _alone = alone(WATCH, move |line| {
            tell.send(line.to_owned()).unwrap();
            panic!("the logger panics on purpose");
        });
        let (server, client) = ends();
        let pull = server.pull().unwrap();
        let mut events = pull.connection_events().unwrap();
        for number in 0..20 {
            let push = client.push().unwrap();
            push.wait_connected(1, SOON).unwrap();
            push.send(number.to_string()).unwrap();
            assert_eq!(
                pull.recv_timeout(SOON).unwrap(),
                number.to_string().as_str()
            );
            push.close(SOON).unwrap();
            // Others are not held up by it either.
            let (server, client) = ends();
            marry(&server.reply().unwrap(), &client.request().unwrap());
        }
        let ended = |event| matches!(event, ConnectionEvent::Disconnected { .. });
        for _ in 0..20 {
            assert!(events.any(ended));
        }
        pull.stop();
        events.for_each(drop);
        assert!(panics.try_iter().count() > 20);
    });
}

/// A server that lets ann in, and a client that says it is ann, with this password.
fn secured(password: &str) -> (Server, Client) {
    let secret = |text| Password::new(text).unwrap();
    let access = Access::new().user("ann", secret("secret")).unwrap();
    let (server, client) = ends();
    let client = client.security(Plain::user("ann", secret(password)));
    (server.security(Plain::server(access)), client)
}

#[test]
fn clients_are_let_in_and_denied_though_the_logger_panics() {
    deadline(|| {
        let (tell, panics) = channel();
        let _alone = alone(ZAP, move |line| {
            tell.send(line.to_owned()).unwrap();
            panic!("the logger panics on purpose");
        });
        for _ in 0..5 {
            let (server, client) = secured("wrong");
            let pull = server.pull().unwrap();
            let stranger = client.push().unwrap();
            until(|| stranger.status().is_err());
            let ann = Plain::user("ann", Password::new("secret").unwrap());
            let client = Client::connect(server.endpoint()).unwrap().security(ann);
            let push = client.push().unwrap();
            push.send("hello").unwrap();
            assert_eq!(pull.recv_timeout(SOON).unwrap(), "hello");
        }
        assert!(
            panics
                .iter()
                .next()
                .is_some_and(|line| line.contains("wrong password"))
        );
    });
}

#[test]
fn the_logger_may_drop_a_server_in_the_thread_that_lets_clients_in() {
    deadline(|| {
        let (give, given) = channel();
        let (tell, told) = channel();
        let _alone = alone(ZAP, move |_| {
            if let Ok(handles) = given.try_recv() {
                drop::<Box<dyn Send>>(handles);
                tell.send(()).unwrap();
            }
        });
        let (server, client) = secured("wrong");
        let pull = server.pull().unwrap();
        let push = client.push().unwrap();
        // All handles that there are, so that libzmq's context ends with them. It tries again and again.
        give.send(Box::new((server, client, pull, push)) as Box<dyn Send>)
            .unwrap();
        told.recv_timeout(SOON).unwrap();
    });
}

#[test]
fn the_logger_may_drop_a_discovery_in_its_own_thread() {
    deadline(|| {
        let (give, given) = channel();
        let (tell, told) = channel();
        let _alone = alone(DISCOVERY, move |line| {
            if line.starts_with("jobs: tcp://")
                && let Ok(handles) = given.try_recv()
            {
                drop::<Box<dyn Send>>(handles);
                tell.send(()).unwrap();
            }
        });
        let port = beacon_port();
        let node = |name| Node::builder(name).interface("127.0.0.1").port(port);
        let alice = node("alice").start().unwrap();
        let jobs = alice.discover("jobs").unwrap();
        let push = jobs.push().unwrap();
        give.send(Box::new((jobs, push)) as Box<dyn Send>).unwrap();
        let server = Server::bind(0).unwrap();
        let _pull = server.pull().unwrap();
        let _bob = node("bob").announce("jobs", &server).start().unwrap();
        told.recv_timeout(SOON).unwrap();
        until(|| alice.peers().len() == 1);
    });
}

#[test]
fn a_discovery_follows_though_the_logger_panics() {
    deadline(|| {
        let _alone = alone(DISCOVERY, |_| panic!("the logger panics on purpose"));
        let port = beacon_port();
        let node = |name| Node::builder(name).interface("127.0.0.1").port(port);
        let alice = node("alice").start().unwrap();
        let jobs = alice.discover("jobs").unwrap();
        let push = jobs.push().unwrap();
        for number in ["1", "2"] {
            let server = Server::bind(0).unwrap();
            let pull = server.pull().unwrap();
            let bob = node("bob").announce("jobs", &server).start().unwrap();
            jobs.wait_for(1, SOON).unwrap();
            push.send_timeout(number, SOON).unwrap();
            assert_eq!(pull.recv_timeout(SOON).unwrap(), number);
            drop(bob);
            until(|| jobs.services().count() == 0);
        }
    });
}

#[test]
fn a_node_goes_on_while_a_discovery_connects() {
    deadline(|| {
        let (tell, told) = channel();
        let (end, ended) = channel::<()>();
        let _alone = alone(DISCOVERY, move |line| {
            if line.starts_with("jobs: tcp://") {
                tell.send(()).unwrap();
                // As long as the test goes on: here the discovery is held up, and nothing else is.
                let _ = ended.recv();
            }
        });
        let port = beacon_port();
        let node = |name| Node::builder(name).interface("127.0.0.1").port(port);
        let alice = node("alice").start().unwrap();
        let jobs = alice.discover("jobs").unwrap();
        let _push = jobs.push().unwrap();
        let server = Server::bind(0).unwrap();
        let _pull = server.pull().unwrap();
        let _bob = node("bob").announce("jobs", &server).start().unwrap();
        told.recv_timeout(SOON).unwrap();
        let _carol = node("carol").start().unwrap();
        until(|| alice.peers().len() == 2);
        drop(end);
    });
}

#[test]
fn the_logger_may_drop_the_last_handle() {
    deadline(|| {
        let (give, given) = channel();
        let (tell, told) = channel();
        let _alone = alone(WATCH, move |line| {
            if line.contains("disconnected")
                && let Ok(handles) = given.try_recv()
            {
                drop::<Box<dyn Send>>(handles);
                tell.send(()).unwrap();
            }
        });
        let (server, client) = ends();
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        marry(&pull, &push);
        give.send(Box::new((server, pull)) as Box<dyn Send>)
            .unwrap();
        push.send("bye").unwrap();
        drop((push, client));
        told.recv_timeout(SOON).unwrap();
        let (server, client) = ends();
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        push.send("hello").unwrap();
        assert_eq!(pull.recv_timeout(SOON).unwrap(), "hello");
        marry(&pull, &push);
    });
}

#[test]
fn a_node_whose_thread_panics_ends_with_an_error() {
    deadline(|| {
        let _alone = alone(NODE, |line| {
            assert!(!line.starts_with("broken:"), "the logger panics on purpose");
        });
        let port = beacon_port();
        let node = |name| Node::builder(name).interface("127.0.0.1").port(port);
        let broken = node("broken").verbose().start().unwrap();
        let events = broken.events();
        let jobs = broken.discover("jobs").unwrap();
        let waiting = thread::spawn(move || jobs.wait_for(1, Duration::from_secs(600)));
        let _other = node("other").start().unwrap();
        assert_eq!(events.filter(|event| *event != Event::Stop).count(), 0);
        assert!(waiting.join().unwrap().is_err());
        let is_fault = |error: &Error| matches!(error, Error::System { .. });
        assert!(is_fault(&broken.recv().unwrap_err()));
        assert!(is_fault(&broken.try_recv().unwrap_err()));
        assert!(is_fault(&broken.recv_timeout(SOON).unwrap_err()));
        assert!(is_fault(&broken.join("group").unwrap_err()));
        assert!(is_fault(&broken.leave("group").unwrap_err()));
        assert!(is_fault(&broken.shout("group", "hello").unwrap_err()));
        let whisper = broken.whisper(Uuid::from([1; 16]), "hello").unwrap_err();
        assert!(is_fault(whisper.error()));
        assert!(broken.channel().recv().is_err());
        broken.stop();
        // Another is none the worse.
        let third = node("third").start().unwrap();
        assert!(matches!(third.recv().unwrap(), Event::Enter { .. }));
    });
}

#[test]
fn a_handle_that_was_discovered_outlives_a_logger_that_panics() {
    deadline(|| {
        let _alone = alone(WATCH, |_| panic!("the logger panics on purpose"));
        let port = beacon_port();
        let node = |name| Node::builder(name).interface("127.0.0.1").port(port);
        let finder = node("finder").start().unwrap();
        let jobs = finder.discover("jobs").unwrap();
        let push = jobs.push().unwrap();
        for number in 0..2 {
            let server = Server::bind(0).unwrap();
            let pull = server.pull().unwrap();
            let announcer = node("announcer").announce("jobs", &server).start().unwrap();
            push.wait_connected(1, SOON).unwrap();
            push.send(number.to_string()).unwrap();
            assert_eq!(
                pull.recv_timeout(SOON).unwrap(),
                number.to_string().as_str()
            );
            announcer.stop();
            drop((pull, server));
            until(|| jobs.services().count() == 0);
        }
    });
}

#[test]
fn a_user_that_is_revoked_while_a_pattern_is_chosen_gets_nothing() {
    deadline(|| {
        let secret = |text| Password::new(text).unwrap();
        let access = Access::new().user("ann", secret("ann's")).unwrap();
        access.user("eve", secret("eve's")).unwrap();
        let server = Server::bind_local(0).unwrap();
        let server = server.security(Plain::server(access.clone()));
        let subscriber = |user: &'static str, password| {
            let client = Client::connect(server.port()).unwrap();
            let client = client.security(Plain::user(user, secret(password)));
            client.subscribe("").unwrap()
        };
        let [ann, eve] = [("ann", "ann's"), ("eve", "eve's")].map(|it| subscriber(it.0, it.1));
        let own = "a_user_that_is_revoked_while_a_pattern_is_chosen_gets_nothing";
        let mut connecting = Some(eve.clone());
        let _alone = alone(own, move |line| {
            if line.contains("ready on")
                && let Some(eve) = connecting.take()
            {
                eve.wait_connected(1, SOON).unwrap();
                access.revoke("eve").unwrap();
            }
        });
        let publisher = server.publish().unwrap();
        let mut count = 0;
        until(|| {
            publisher.send("not for eve").unwrap();
            count += usize::from(ann.recv_timeout(Duration::from_millis(20)).is_ok());
            assert!(eve.try_recv().is_err());
            let refused = eve.status().err();
            count > 10 && refused.is_some_and(|error| error.refusal().is_some())
        });
    });
}

#[cfg(feature = "rpc")]
#[test]
fn calls_are_run_though_the_logger_panics() {
    use zeroless::rpc::{self, CallError, Failure};

    deadline(|| {
        let (tell, panics) = channel();
        let _alone = alone("zeroless-rpc", move |line| {
            let _ = tell.send(line.to_owned());
            panic!("the logger panics on purpose");
        });
        let server = rpc::Server::bind_local(0).unwrap().workers(1);
        let server = server
            .function("double", |x: i64| Ok(2 * x))
            .function("panic", |_: i64| -> Result<i64, Failure> {
                panic!("on purpose")
            });
        let server = server.start().unwrap();
        let client = rpc::Client::connect(server.port()).unwrap();
        for _ in 0..3 {
            let panicked = client.call_by_name::<i64>("panic", &1);
            assert_eq!(panicked, Err(CallError::Panicked));
            panics.recv_timeout(SOON).unwrap();
            assert_eq!(client.call_by_name::<i64>("double", &2), Ok(4));
        }
    });
}
