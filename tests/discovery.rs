//! Servers are found by name, without an address.

#![cfg(feature = "zre")]

mod support;

use std::collections::HashSet;
use std::time::{Duration, Instant};
use std::{iter, thread};

use support::{SOON, beacon_port, deadline, until};
use zeroless::zre::{self, Announce, BoundService, Builder, Event, Node};
use zeroless::{ConnectionEvent, Error, Pull, Server};

fn node(port: u16) -> Builder {
    Node::builder("node").interface("127.0.0.1").port(port)
}

/// A server that pulls, and the node that announces it.
fn worker(port: u16) -> (Pull, Node) {
    let server = Server::bind(0).unwrap();
    let pull = server.pull().unwrap();
    let node = node(port).announce("jobs", &server).start().unwrap();
    (pull, node)
}

#[test]
fn a_push_finds_its_pullers() {
    deadline(|| {
        let port = beacon_port();
        let finder = node(port).start().unwrap();
        let push = finder.discover("jobs").unwrap().push().unwrap();
        drop(finder); // the handle keeps it
        let (first, _first) = worker(port);
        push.send("one").unwrap();
        assert_eq!(first.recv_timeout(SOON).unwrap(), "one");
        let (second, _second) = worker(port);
        push.wait_connected(2, SOON).unwrap();
        (0..10).for_each(|_| push.send("many").unwrap());
        for pull in [first, second] {
            (0..5).for_each(|_| assert_eq!(pull.recv_timeout(SOON).unwrap(), "many"));
        }
    });
}

#[test]
fn nothing_is_lost_when_a_server_is_withdrawn() {
    const COUNT: usize = 20_000;
    deadline(|| {
        let port = beacon_port();
        let finder = node(port).start().unwrap();
        let jobs = finder.discover("jobs").unwrap();
        let push = jobs.push().unwrap();
        let (first, announcement) = worker(port);
        let (second, _announcement) = worker(port);
        jobs.wait_for(2, SOON).unwrap();
        let pushes = thread::spawn(move || {
            for n in 0..COUNT {
                push.send(n.to_string()).unwrap();
            }
            push
        });
        let mut got = HashSet::new();
        let text = |message: zeroless::Message| message.as_str().unwrap().to_owned();
        for message in first.iter().take(100) {
            got.insert(text(message));
        }
        drop(announcement);
        let rest = thread::spawn(move || {
            second
                .iter()
                .take_while(|it| it != "end")
                .map(text)
                .collect::<Vec<_>>()
        });
        let push = pushes.join().unwrap();
        // Withdrawn, it still gets the messages on their way to it, and then nothing more.
        while jobs.services().count() > 1 {
            thread::yield_now();
        }
        push.send("end").unwrap();
        got.extend(rest.join().unwrap());
        while got.len() < COUNT {
            got.insert(text(first.recv_timeout(SOON).expect("nothing is lost")));
        }
        assert_eq!(got.len(), COUNT);
    });
}

#[test]
fn a_server_that_breaks_off_is_kept_while_its_node_answers() {
    deadline(|| {
        let port = beacon_port();
        let finder = node(port).start().unwrap();
        let push = finder.discover("jobs").unwrap().push().unwrap();
        let mut events = push.connection_events().unwrap();
        let server = Server::bind(0).unwrap();
        let mut pull = server.pull().unwrap();
        let _announcer = node(port).announce("jobs", &server).start().unwrap();
        for _ in 0..3 {
            push.wait_connected(1, SOON).unwrap();
            drop(pull);
            let broken = |event| matches!(event, ConnectionEvent::Disconnected { .. });
            assert!(events.any(broken));
            push.send("kept").unwrap();
            pull = server.pull().unwrap();
            assert_eq!(pull.recv_timeout(SOON).unwrap(), "kept");
        }
        // Longer than a node has to answer.
        let end = Instant::now() + Duration::from_secs(1);
        let time_left = || end.checked_duration_since(Instant::now());
        let mut events = iter::from_fn(|| finder.recv_timeout(time_left()?).ok());
        assert!(!events.any(|event| matches!(event, Event::Exit { .. })));
    });
}

#[test]
fn a_server_moves_to_another_port_that_is_announced_beside_the_old_one() {
    deadline(|| {
        let port = beacon_port();
        let finder = node(port).start().unwrap();
        let jobs = finder.discover("jobs").unwrap();
        let push = jobs.push().unwrap();
        let announced = || -> Vec<_> { jobs.services().map(|it| it.endpoint().port()).collect() };
        let server = Server::bind(0).unwrap();
        let pull = server.pull().unwrap();
        let first = node(port).announce("jobs", &server).start().unwrap();
        jobs.wait_for(1, SOON).unwrap();
        let old = server.port();
        server.bind_more(0).unwrap();
        let new = server.endpoints()[1].port().unwrap();
        assert_ne!(new, old);

        // The announcement stays as it is, and so does another of the same server.
        let again = node(port).announce("jobs", &server).start().unwrap();
        jobs.wait_for(2, SOON).unwrap();
        assert_eq!(announced(), [Some(old), Some(old)]);

        let moved = BoundService::new("pull", [format!("tcp://*:{new}").parse().unwrap()]);
        let _second = node(port).announce("jobs", &moved).start().unwrap();
        jobs.wait_for(3, SOON).unwrap();
        drop((first, again));
        until(|| announced() == [Some(new)]);
        server.unbind(old).unwrap();
        for number in 0..10 {
            push.send(number.to_string()).unwrap();
            assert_eq!(pull.recv_timeout(SOON).unwrap(), number.to_string());
        }
    });
}

#[test]
fn requests_follow_a_server_that_moves() {
    deadline(|| {
        let port = beacon_port();
        let finder = node(port).start().unwrap();
        let sums = finder.discover("sum").unwrap();
        let requester = sums.request().unwrap();
        for round in 0..3 {
            let server = Server::bind(0).unwrap();
            let replier = server.reply().unwrap();
            let announcement = node(port).announce("sum", &server).start().unwrap();
            let stopper = replier.clone();
            let serving = thread::spawn(move || {
                for request in replier {
                    request.reply(round.to_string()).unwrap();
                }
            });
            assert_eq!(requester.request("?").unwrap(), round.to_string());
            announcement.stop();
            // Sooner, a request would still go to this server.
            until(|| sums.services().count() == 0);
            stopper.stop();
            serving.join().unwrap();
        }
    });
}

#[test]
fn only_services_that_fit_and_are_on_the_announcers_host_are_connected() {
    deadline(|| {
        let port = beacon_port();
        let server = Server::bind(0).unwrap();
        let pull = server.pull().unwrap();
        let _announcer = node(port)
            .announce("jobs", &server)
            .header("X-jobs-publish", "tcp://127.0.0.1:9")
            .header("X-others-pull", "tcp://127.0.0.1:9")
            .header(
                "x-JOBS-pull",
                "tcp://192.0.2.1:9 nonsense tcp://127.0.0.1:0 ipc:///x",
            )
            .start()
            .unwrap();
        let finder = node(port).start().unwrap();
        let jobs = finder.discover("jobs").unwrap();
        jobs.wait_for(2, SOON).unwrap();
        let mut found: Vec<_> = jobs
            .services()
            .map(|it| (it.pattern().to_owned(), it.endpoint().to_owned()))
            .collect();
        found.sort();
        let own = server.endpoint();
        assert_eq!(
            found,
            [
                ("publish".to_owned(), "tcp://127.0.0.1:9".parse().unwrap()),
                ("pull".to_owned(), own)
            ]
        );
        let push = jobs.push().unwrap();
        (0..10).for_each(|_| push.send("job").unwrap());
        (0..10).for_each(|_| drop(pull.recv_timeout(SOON).unwrap()));
        assert_eq!(
            finder
                .discover("jobs")
                .unwrap()
                .anywhere()
                .services()
                .count(),
            3
        );
    });
}

#[test]
fn a_router_is_found_by_all_that_can_talk_to_it() {
    deadline(|| {
        let port = beacon_port();
        let server = Server::bind(0).unwrap();
        let router = server.router().unwrap();
        let _announcer = node(port).announce("jobs", &server).start().unwrap();
        let finder = node(port).start().unwrap();
        let jobs = finder.discover("jobs").unwrap();
        jobs.wait_for(1, SOON).unwrap();
        assert_eq!(jobs.services().next().unwrap().pattern(), "router");
        let dealer = jobs.dealer().unwrap();
        dealer.send("from a dealer").unwrap();
        assert_eq!(router.recv_timeout(SOON).unwrap().1, "from a dealer");
        let _pending = jobs.request().unwrap().start("from a requester").unwrap();
        let (_, request) = router.recv_timeout(SOON).unwrap();
        assert_eq!(request[2], "from a requester");
        let other = jobs.clone().identity("other").router().unwrap();
        router.wait_connected(3, SOON).unwrap();
        router.send_to("other", "to a router").unwrap();
        assert_eq!(other.recv_timeout(SOON).unwrap().1, "to a router");
        let push = jobs.push().unwrap();
        assert!(push.try_send("nobody pulls").is_err());
    });
}

#[test]
fn a_peer_that_announces_far_too_much_is_not_followed_everywhere() {
    deadline(|| {
        let port = beacon_port();
        let many: Vec<_> = (1..=1000).map(|n| format!("tcp://127.0.0.1:{n}")).collect();
        let announcer = node(port).header("X-jobs-pull", many.join(" "));
        let _announcer = announcer.start().unwrap();
        let finder = node(port).start().unwrap();
        let jobs = finder.discover("jobs").unwrap();
        jobs.wait_for(1, SOON).unwrap();
        assert_eq!(jobs.services().count(), 64);
    });
}

#[test]
fn an_announcement_that_nobody_could_follow_is_refused() {
    let refused = |server: &Server| {
        let error = node(beacon_port()).announce("jobs", server).start();
        matches!(
            error,
            Err(Error::InvalidOption {
                option: "announce",
                ..
            })
        )
    };
    let server = Server::bind(0).unwrap();
    assert!(refused(&server), "without a pattern");
    let _pull = server.pull().unwrap();
    assert!(!refused(&server));
    let server = Server::bind("inproc://nowhere").unwrap();
    let _pull = server.pull().unwrap();
    assert!(refused(&server), "without a port");
}

#[test]
fn waiting_for_a_service_that_does_not_come_ends() {
    let finder = node(beacon_port()).start().unwrap();
    let jobs = finder.discover("jobs").unwrap();
    let waited = jobs.wait_for(1, Duration::from_millis(20)).unwrap_err();
    assert!(
        waited.to_string().contains("0 of 1 servers of `jobs`"),
        "{waited}"
    );
    assert!(waited.is_timeout());
    assert_eq!(jobs.services().count(), 0);
}

#[test]
fn a_service_tells_whose_it_is() {
    deadline(|| {
        let port = beacon_port();
        let finder = node(port).start().unwrap();
        let jobs = finder.discover("jobs").unwrap();
        let (_pull, announcer) = worker(port);
        jobs.wait_for(1, SOON).unwrap();
        let service = jobs.services().next().unwrap();
        assert_eq!(service.peer().id(), announcer.id());
        let enters = finder.events().find(|it| matches!(it, Event::Enter { .. }));
        assert_eq!(enters.unwrap().peer(), Some(service.peer()));
    });
}

#[test]
fn a_server_on_loopback_is_found_from_a_network() {
    deadline(|| {
        // Neither is told an interface. The name is ours alone: others use the port, too.
        let name = format!("loopback-{}", std::process::id());
        let server = Server::bind_local(0).unwrap();
        let pull = server.pull().unwrap();
        let announcement = zre::announce(&name, &server).unwrap();
        let jobs = zre::discover(&name).unwrap();
        jobs.wait_for(1, SOON).unwrap();
        jobs.push().unwrap().send("near").unwrap();
        assert_eq!(pull.recv_timeout(SOON).unwrap(), "near");
        let found = jobs.services().next().unwrap();
        assert_eq!(found.peer().id(), announcement.node().id());
        assert!(jobs.node().peer(found.peer().id()).is_some());
        drop(announcement);
        while jobs.services().count() > 0 {
            thread::yield_now();
        }
        // Once its node has ended, the next discovery has another.
        jobs.node().stop();
        let others = zre::discover(&name).unwrap();
        assert!(others.node().join("others").is_ok());
        assert!(jobs.node().join("jobs").is_err());
    });
}

#[test]
fn a_name_that_cannot_be_announced_is_refused_wherever_it_is_given() {
    let server = Server::bind_local(0).unwrap();
    let _pull = server.pull().unwrap();
    let node = node(beacon_port()).start().unwrap();
    for name in ["", "two words", &"n".repeat(201)] {
        let refused = [
            zre::announce(name, &server).map(drop),
            zre::discover(name).map(drop),
            node.discover(name).map(drop),
            Node::builder("node")
                .announce(name, &server)
                .start()
                .map(drop),
        ];
        for (result, option) in iter::zip(refused, ["announce", "discover", "discover", "announce"])
        {
            let error = result.unwrap_err().to_string();
            assert!(error.contains(option) && error.contains("name"), "{error}");
        }
    }
}

#[test]
fn a_type_that_gives_its_service_can_be_announced() {
    /// A server that is wrapped.
    struct Jobs(Server);
    impl Announce for Jobs {
        fn service(&self) -> Result<BoundService, Error> {
            let endpoints = self.0.endpoints();
            Ok(BoundService::new("pull", endpoints))
        }
    }
    deadline(|| {
        let port = beacon_port();
        let jobs = Jobs(Server::bind("tcp://127.0.0.1:0").unwrap());
        let pull = jobs.0.pull().unwrap();
        let _node = node(port).announce("jobs", &jobs).start().unwrap();
        let push = node(port).start().unwrap().discover("jobs").unwrap();
        push.push().unwrap().send("wrapped").unwrap();
        assert_eq!(pull.recv_timeout(SOON).unwrap(), "wrapped");
    });
}

#[test]
fn an_endpoint_in_an_odd_spelling_is_connected_to_once() {
    deadline(|| {
        let port = beacon_port();
        let jobs = node(port).start().unwrap().discover("jobs").unwrap();
        let push = jobs.push().unwrap();
        let server = Server::bind_local(0).unwrap();
        let _pull = server.pull().unwrap();
        let odd = format!("tcp://127.0.0.1:0{}", server.port());
        let _odd = node(port).header("x-Jobs-PULL", odd).start().unwrap();
        push.wait_connected(1, SOON).unwrap();
        let events = push.connection_events().unwrap();
        for _ in 0..3 {
            // Each service that comes or goes makes the discovery look through all connections.
            let other = worker(port);
            push.wait_connected(2, SOON).unwrap();
            drop(other);
            while jobs.services().count() > 1 {
                thread::yield_now();
            }
        }
        push.stop();
        let own = server.endpoint().to_string();
        let breaks = events.filter(|event| {
            matches!(event, ConnectionEvent::Disconnected { .. })
                && event.to_string().contains(&own)
        });
        assert_eq!(breaks.count(), 0);
    });
}
