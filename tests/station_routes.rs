//! Messages by way of stations: through one and through a chain, while stations and nodes go and come.
#![cfg(feature = "station")]

#[path = "support/stations.rs"]
mod stations;
mod support;

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use stations::{KNOWN, behind, known_behind, station};
use support::{SOON, deadline_after};
use zeroless::station::{self, End, Message, Node, Undelivered};

/// A station that has just started has to wait for those that were there before.
const LIMIT: Duration = Duration::from_secs(90);

/// A station at this port, behind others.
fn station_at(id: &str, port: u16) -> Node {
    let station = Node::builder(id).bind(("127.0.0.1", port));
    station.start().expect("a station")
}

#[test]
fn nodes_behind_one_station_reach_each_other() {
    deadline_after(LIMIT, || {
        let site = station("site");
        let disk = behind(&site, "rig1.disk").start().unwrap();
        let camera = behind(&site, "rig1.camera").start().unwrap();
        disk.listen("FRAME", |number: u32, message: &Message| {
            assert_eq!((message.from(), message.to()), ("rig1.camera", "rig1.disk"));
            match number {
                0..100 => Ok(()),
                _ => Err("full"),
            }
        })
        .unwrap();
        let tickets: Vec<_> = (0..=100_u32)
            .map(|number| camera.send("rig1.disk", "FRAME", &number).unwrap())
            .collect();
        let ends: Vec<_> = tickets
            .iter()
            .map(|ticket| ticket.end_timeout(KNOWN).unwrap())
            .collect();
        assert!(ends[..100].iter().all(End::is_delivered), "{ends:?}");
        assert_eq!(ends[100], End::Failed("full".to_owned()));
    });
}

#[test]
fn nodes_may_have_names_below_that_of_their_station() {
    deadline_after(LIMIT, || {
        let site = station("site");
        let rig = behind(&site, "rig1").bind("tcp://127.0.0.1:0");
        let rig = rig.start().unwrap();
        let camera = behind(&rig, "rig1.camera").start().unwrap();
        camera.listen("START", |(): (), _: &Message| ()).unwrap();
        rig.listen("START", |(): (), _: &Message| {
            Err::<(), _>("not the camera")
        })
        .unwrap();
        let desk = behind(&site, "desk").start().unwrap();
        for from in [&desk, &rig] {
            from.send("rig1.camera", "START", ())
                .unwrap()
                .wait()
                .unwrap();
        }
        let ticket = camera.send("rig1", "START", ()).unwrap();
        let end = ticket.end_timeout(KNOWN).unwrap();
        assert_eq!(end, End::Failed("not the camera".to_owned()));
    });
}

#[test]
fn messages_pass_a_chain_of_three_stations_in_both_directions() {
    deadline_after(LIMIT, || {
        let top = station("top");
        let middle = behind(&top, "middle")
            .bind("tcp://127.0.0.1:0")
            .start()
            .unwrap();
        let low = behind(&middle, "low")
            .bind("tcp://127.0.0.1:0")
            .start()
            .unwrap();
        let deep = behind(&low, "deep").start().unwrap();
        let other = behind(&top, "other").start().unwrap();
        deep.listen("DOWN", |_: &Message| ()).unwrap();
        other.listen("UP", |_: &Message| ()).unwrap();
        top.listen("TOP", |_: &Message| ()).unwrap();
        let down = other.send("deep", "DOWN", &1).unwrap();
        let up = deep.send("other", "UP", &2).unwrap();
        let to_top = deep.send("top", "TOP", &3).unwrap();
        for ticket in [down, up, to_top] {
            assert_eq!(ticket.wait(), Ok(()), "to {}", ticket.to());
        }
    });
}

#[test]
fn an_id_taken_twice_is_an_error_at_the_second() {
    deadline_after(LIMIT, || {
        let site = station("site");
        let first = known_behind(&site, "camera");
        let second = behind(&site, "camera").start().unwrap();
        let error = second.wait_registered(KNOWN).unwrap_err();
        let duplicate = station::Error::Duplicate {
            id: "camera".to_owned(),
        };
        assert_eq!(error.downcast_ref(), Some(&duplicate));
        assert_eq!(
            second.send("site", "X", ()).unwrap_err().downcast_ref(),
            Some(&duplicate)
        );
        first.status().unwrap();
    });
}

#[test]
fn an_id_is_free_once_its_node_has_ended() {
    deadline_after(LIMIT, || {
        let site = station("site");
        for life in 0..3 {
            let camera = known_behind(&site, "camera");
            camera.listen("LIFE", |_: &Message| ()).unwrap();
            assert_eq!(site.send("camera", "LIFE", &life).unwrap().wait(), Ok(()));
        }
    });
}

#[test]
fn a_station_that_is_started_again_changes_no_end() {
    deadline_after(LIMIT, || {
        let site = station("site");
        let port = site.port();
        let disk = known_behind(&site, "disk");
        let camera = known_behind(&site, "camera");
        let seen = Arc::<Mutex<Vec<u32>>>::default();
        let see = seen.clone();
        disk.listen("FRAME", move |number: u32, message: &Message| {
            assert!(!message.is_redelivered());
            see.lock().unwrap().push(number);
        })
        .unwrap();
        let mut tickets = Vec::new();
        let mut site = Some(site);
        for number in 0..300_u32 {
            tickets.push(camera.send("disk", "FRAME", &number).unwrap());
            if number % 100 == 50 {
                drop(site.take());
                site = Some(station_at("site", port));
            }
        }
        for ticket in &tickets {
            assert_eq!(ticket.wait(), Ok(()));
        }
        assert_eq!(*seen.lock().unwrap(), Vec::from_iter(0..300));
    });
}

#[test]
fn a_node_that_is_started_again_gets_what_was_not_handled() {
    deadline_after(LIMIT, || {
        let site = station("site");
        let camera = known_behind(&site, "camera");
        let disk = known_behind(&site, "disk");
        let (begun, wait_begun) = mpsc::channel();
        let mut messages = disk.messages();
        let taking = std::thread::spawn(move || {
            let message = messages.next().unwrap();
            begun.send(()).unwrap();
            message
        });
        let first = camera.send("disk", "FRAME", &1).unwrap();
        let second = camera.send("disk", "FRAME", &2).unwrap();
        wait_begun.recv().unwrap();
        let taken = taking.join().unwrap();
        // The first has begun, and its end is never told.
        let _ = disk.close(Duration::ZERO);
        drop(disk);
        let (tell, told) = mpsc::channel();
        let disk = behind(&site, "disk").listen("FRAME", move |number: u32, message: &Message| {
            tell.send((number, message.is_redelivered())).unwrap();
        });
        let disk = disk.start().unwrap();
        assert_eq!(first.wait(), Ok(()));
        assert_eq!(second.wait(), Ok(()));
        // It may have run in the earlier life.
        assert_eq!(told.recv_timeout(SOON).unwrap(), (1, true));
        assert_eq!(told.recv_timeout(SOON).unwrap().0, 2);
        drop((disk, taken));
    });
}

#[test]
fn at_most_once_is_not_run_in_another_life() {
    deadline_after(LIMIT, || {
        let site = station("site");
        let camera = known_behind(&site, "camera");
        let disk = known_behind(&site, "disk");
        let mut messages = disk.messages();
        let step = Message::builder("disk", "STEP").value(&1).at_most_once();
        let ticket = camera.send_message(step).unwrap();
        let taken = messages.next().unwrap();
        let _ = disk.close(Duration::ZERO);
        drop(disk);
        let disk =
            behind(&site, "disk").listen("STEP", |_: &Message| panic!("it runs again") as ());
        let _disk = disk.start().unwrap();
        assert_eq!(ticket.wait(), Err(Undelivered::Unknown));
        drop(taken);
    });
}

#[test]
fn the_next_station_is_taken_when_the_first_is_not_there() {
    deadline_after(LIMIT, || {
        let nobody = {
            let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            taken.local_addr().unwrap().port()
        };
        let site = station("site");
        site.listen("STATUS", |_: &Message| ()).unwrap();
        let camera = Node::builder("camera")
            .upstream(nobody)
            .upstream(site.endpoints())
            .start()
            .unwrap();
        assert_eq!(camera.send_up("STATUS", ()).unwrap().wait(), Ok(()));
    });
}

#[test]
fn a_direct_message_is_not_sent_on() {
    deadline_after(LIMIT, || {
        let site = station("site");
        site.listen("STATUS", |_: &Message| ()).unwrap();
        let camera = known_behind(&site, "camera");
        let disk = known_behind(&site, "disk");
        disk.listen("STATUS", |_: &Message| ()).unwrap();
        let to = |id: &str| {
            let message = Message::builder(id, "STATUS").direct();
            let message = message.timeout(Duration::from_secs(3));
            camera.send_message(message).unwrap().wait()
        };
        assert_eq!(to("site"), Ok(()));
        assert!(to("disk").is_err());
    });
}

#[test]
fn explicit_hops_lead_where_no_route_does() {
    deadline_after(LIMIT, || {
        let top = station("top");
        let low = behind(&top, "low")
            .bind("tcp://127.0.0.1:0")
            .start()
            .unwrap();
        let deep = known_behind(&low, "deep");
        let other = known_behind(&top, "other");
        deep.listen("DOWN", |_: &Message| ()).unwrap();
        let by_hops = Message::builder("deep", "DOWN").hop("top").hop("low");
        assert_eq!(other.send_message(by_hops).unwrap().wait(), Ok(()));
        let wrong = Message::builder("deep", "DOWN").hop("nowhere");
        let wrong = wrong.timeout(Duration::from_secs(2));
        assert!(other.send_message(wrong).unwrap().wait().is_err());
    });
}
