//! Stations above us and below us.

use serde_json::json;
use zeroless::station::testing::{End, frames, message};

use crate::peer::{Above, Below, Peer, confirms};
use crate::program::with_python;

#[test]
fn we_are_a_node_below_a_station() {
    with_python("stations::we_are_a_node_below_a_station", || {
        let top = Below::bind("T");
        let station = Peer::station("s1", Some(("T", top.port)));
        let us = Above::connect("n1", station.port);
        let ping = vec![b"s1".to_vec(), Vec::new()];
        us.send(ping.clone());
        assert_eq!(us.recv(), ping);

        let up = End::Above("s1");
        us.send(frames(
            up,
            &[],
            "s1",
            message(0, "s1", "n1", "GOT", "\"for itself\""),
        ));
        assert_eq!(station.got(), json!("for itself"));
        confirms(&us.read(), "n1_0");

        // To another node of its, and back.
        let mut other = Peer::node("n2", "s1", station.port);
        other.tell("send", &json!({"to": "n1", "key": "K", "repeat": true}));
        let read = us.read();
        assert_eq!((&read.recipient[..], &read.sender[..]), ("n1", "n2"));
        us.send(frames(
            up,
            &[],
            "n2",
            read.confirmation.expect("it is wanted"),
        ));
        other.is_confirmed();
        us.send(frames(up, &[], "n2", message(1, "n2", "n1", "GOT", "2")));
        assert_eq!(other.got(), json!(2));
        confirms(&us.read(), "n1_1");

        // What it does not know goes up, also by a path.
        us.send(frames(up, &[], "x", message(2, "x", "n1", "K", "3")));
        let (peer, read) = top.read();
        assert_eq!(
            (&peer[..], &read.recipient[..], &read.sender[..]),
            ("s1", "x", "n1")
        );
        us.send(frames(
            up,
            &["T", "s9"],
            "x",
            message(3, "x", "n1", "K", "4"),
        ));
        let (_, read) = top.read();
        assert_eq!(
            (&read.recipient[..], read.path),
            ("x", vec!["s9".to_owned()])
        );
    });
}

#[test]
fn we_are_above_stations_and_reach_nodes_below_them() {
    with_python(
        "stations::we_are_above_stations_and_reach_nodes_below_them",
        || {
            let us = Below::bind("T");
            let s1 = Peer::station("s1", Some(("T", us.port)));
            let s2 = Peer::station("s2", Some(("s1", s1.port)));
            let mut nodes = [("n1", s1.port, "s1"), ("n2", s2.port, "s2")]
                .map(|(name, port, upstream)| (name, Peer::node(name, upstream, port)));
            for (number, (name, node)) in (0..).zip(&mut nodes) {
                // It makes itself known on the way up.
                node.tell("send", &json!({"to": "T", "key": "K", "repeat": true}));
                let (peer, read) = us.read();
                assert_eq!((&peer[..], &read.sender[..]), ("s1", *name));
                let path: &[&str] = if *name == "n2" { &["s2"] } else { &[] };
                let confirmation = read.confirmation.expect("it is wanted");
                us.send("s1", End::Station("s1"), path, name, confirmation);
                node.is_confirmed();
                let json = message(number, name, "T", "GOT", "\"down\"");
                us.send("s1", End::Station("s1"), path, name, json);
                assert_eq!(node.got(), json!("down"));
                let (peer, confirmation) = us.read();
                assert_eq!((&peer[..], &confirmation.sender[..]), ("s1", *name));
                confirms(&confirmation, &format!("T_{number}"));
            }
            // And to the stations themselves.
            us.send(
                "s1",
                End::Station("s1"),
                &[],
                "s1",
                message(8, "s1", "T", "GOT", "1"),
            );
            assert_eq!(s1.got(), json!(1));
            confirms(&us.read().1, "T_8");
            us.send(
                "s1",
                End::Station("s1"),
                &[],
                "s2",
                message(9, "s2", "T", "GOT", "2"),
            );
            assert_eq!(s2.got(), json!(2));
            confirms(&us.read().1, "T_9");
        },
    );
}

#[test]
fn what_a_station_pushes_is_confirmed() {
    with_python("stations::what_a_station_pushes_is_confirmed", || {
        let us = Below::bind("T");
        let mut station = Peer::station("s1", Some(("T", us.port)));
        station.tell("push", &json!({"key": "K", "value": [1]}));
        let (peer, read) = us.read();
        assert_eq!(
            (&peer[..], &read.recipient[..], &read.values[..]),
            ("s1", "T", &["[1]".to_owned()][..])
        );
        us.send(
            "s1",
            End::Station("s1"),
            &[],
            "s1",
            read.confirmation.expect("it is wanted"),
        );
        station.is_confirmed();
    });
}
