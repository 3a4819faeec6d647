//! Stations that are found by ZRE, and stations with security.
#![cfg(all(feature = "station", feature = "zre"))]

#[path = "support/stations.rs"]
mod stations;
mod support;

use std::time::Duration;

use stations::{KNOWN, station};
use support::{beacon_port, deadline_after, until};
use zeroless::security::{Access, Password, Plain};
use zeroless::station::{Message, Node};
use zeroless::{Error, zre};

const LIMIT: Duration = Duration::from_secs(90);

/// A node of ZRE on loopback.
fn on_loopback(port: u16) -> zre::Builder {
    let node = zre::Node::builder("station").interface("127.0.0.1");
    node.port(port).interval(Duration::from_millis(50))
}

/// A node of ZRE that has met so many others.
fn zre_peers(port: u16, count: usize) -> zre::Node {
    let node = on_loopback(port).start().unwrap();
    until(|| node.peers().len() == count);
    node
}

#[test]
fn a_node_finds_a_station_that_announces_itself() {
    deadline_after(LIMIT, || {
        let port = beacon_port();
        let camera = Node::builder("camera").discover();
        let camera = camera.discovery(on_loopback(port)).start().unwrap();
        let disk = Node::builder("disk").discover();
        let disk = disk.discovery(on_loopback(port)).start().unwrap();
        disk.listen("FRAME", |_: &Message| ()).unwrap();
        let ticket = camera.send("disk", "FRAME", ()).unwrap();
        let site = Node::builder("site").bind("tcp://127.0.0.1:0").announce();
        let site = site.discovery(on_loopback(port)).start().unwrap();
        assert_eq!(ticket.wait(), Ok(()));
        drop(site);
    });
}

#[test]
fn a_chain_forms_by_itself_and_mends_itself() {
    deadline_after(LIMIT, || {
        let port = beacon_port();
        let site = Node::builder("site").bind("tcp://127.0.0.1:0").announce();
        let site = site.discovery(on_loopback(port)).start().unwrap();
        site.listen("STATUS", |_: &Message| ()).unwrap();
        let rig = |id: &str| {
            let rig = Node::builder(id).bind("tcp://127.0.0.1:0").discover();
            let rig = rig.discovery(on_loopback(port)).start().unwrap();
            rig.wait_registered(KNOWN).unwrap();
            rig
        };
        let first = rig("first");
        let second = rig("second");
        for rig in [&first, &second] {
            assert_eq!(rig.send("site", "STATUS", ()).unwrap().wait(), Ok(()));
        }
        drop(first);
        assert_eq!(second.send("site", "STATUS", ()).unwrap().wait(), Ok(()));
    });
}

#[test]
fn a_node_takes_the_station_that_it_prefers_and_otherwise_that_of_the_lowest_rank() {
    deadline_after(LIMIT, || {
        let port = beacon_port();
        let top = |id: &str, rank| {
            let station = Node::builder(id).bind("tcp://127.0.0.1:0").announce();
            let station = station.rank(rank).discovery(on_loopback(port));
            station.start().unwrap()
        };
        let (near, far) = (top("near", 0), top("far", 3));
        let known = zre_peers(port, 2);
        let node = |id: &str| Node::builder(id).discover().discovery(on_loopback(port));
        let camera = node("camera").prefer("far").start().unwrap();
        camera.wait_registered(KNOWN).unwrap();
        assert_eq!(far.addresses("camera"), ["camera"]);
        assert!(near.addresses("camera").is_empty());
        // Nobody has this id.
        let disk = node("disk").prefer("nowhere").start().unwrap();
        disk.wait_registered(KNOWN).unwrap();
        assert_eq!(near.addresses("disk"), ["disk"]);
        drop(known);
    });
}

#[test]
fn only_those_with_the_password_get_through_a_secured_station() {
    deadline_after(LIMIT, || {
        let access = Access::new();
        let access = access
            .user("rig", Password::new("secret").unwrap())
            .unwrap();
        let site = Node::builder("site")
            .bind("tcp://127.0.0.1:0")
            .security(Plain::server(access))
            .start()
            .unwrap();
        site.listen("STATUS", |_: &Message| ()).unwrap();
        let node = |id: &str, password: &str| {
            let user = Plain::user("rig", Password::new(password).unwrap());
            let node = Node::builder(id).upstream(site.endpoints()).security(user);
            node.start().unwrap()
        };
        let known = node("camera", "secret");
        let stranger = node("stranger", "wrong");
        assert_eq!(known.send("site", "STATUS", ()).unwrap().wait(), Ok(()));
        let short = Message::builder("site", "STATUS").timeout(Duration::from_millis(500));
        assert!(stranger.send_message(short).unwrap().wait().is_err());
        assert!(site.addresses("stranger").is_empty());
    });
}

#[test]
fn a_password_is_not_sent_to_whoever_announces_a_station() {
    let user = Plain::user("rig", Password::new("secret").unwrap());
    let node = Node::builder("camera").discover().security(user);
    let refused = node
        .discovery(on_loopback(beacon_port()))
        .start()
        .unwrap_err();
    assert!(matches!(refused, Error::InvalidOption { .. }), "{refused}");
    assert!(refused.to_string().contains("password"), "{refused}");
}

#[test]
fn what_cannot_be_found_or_announced_is_refused() {
    let site = station("site");
    let both = Node::builder("a")
        .discover()
        .upstream(site.endpoints())
        .start();
    assert!(both.unwrap_err().to_string().contains("upstream()"));
    let no_port = Node::builder("a")
        .announce()
        .upstream(site.endpoints())
        .start();
    assert!(no_port.unwrap_err().to_string().contains("bind()"));
    let no_search = Node::builder("a").prefer("b").upstream(site.endpoints());
    let refused = no_search.start().unwrap_err();
    assert!(refused.to_string().contains("discover()"));
    let no_rank = Node::builder("a").bind("tcp://127.0.0.1:0").rank(1);
    assert!(
        no_rank
            .start()
            .unwrap_err()
            .to_string()
            .contains("announce()")
    );
}
