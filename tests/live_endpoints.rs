//! Endpoints come and go while handles work, even while calls are blocked in them.

mod support;

use std::thread;

use support::{SOON, blocked, deadline, ends, inproc, marry, until};
use zeroless::{Client, Server};

#[test]
fn a_blocked_send_goes_on_with_another_server() {
    deadline(|| {
        let server = Server::bind(inproc()).unwrap().receive_queue(1);
        let _full = server.pull().unwrap();
        let client = Client::connect(server.endpoint()).unwrap().send_queue(1);
        let push = client.push().unwrap();
        while push.try_send("full").is_ok() {}
        let sending = blocked(move || push.send("hello").map(|()| push).unwrap());
        client.disconnect_all().unwrap();
        let other = Server::bind_local(0).unwrap();
        let pull = other.pull().unwrap();
        client.connect(other.port()).unwrap();
        assert_eq!(pull.recv().unwrap(), "hello");
        sending.join().unwrap();
    });
}

#[test]
fn all_patterns_of_a_client_follow_its_endpoints() {
    deadline(|| {
        let client = Client::new();
        let (push, other) = (client.push().unwrap(), client.clone().push().unwrap());
        let server = Server::bind_local(0).unwrap();
        let pull = server.pull().unwrap();
        client.connect(server.port()).unwrap();
        push.send("one").unwrap();
        assert_eq!(pull.recv().unwrap(), "one");
        other.send("two").unwrap();
        assert_eq!(pull.recv().unwrap(), "two");
        client.disconnect_all().unwrap();
        assert!(push.try_send("three").is_err());
        assert!(other.try_send("three").is_err());
    });
}

#[test]
fn a_disconnected_server_gets_no_more() {
    deadline(|| {
        let [one, two] = [(); 2].map(|()| Server::bind_local(0).unwrap());
        let (first, second) = (one.pull().unwrap(), two.pull().unwrap());
        let client = Client::connect([one.port(), two.port()]).unwrap();
        let push = client.push().unwrap();
        push.wait_connected(2, SOON).unwrap();
        client.disconnect(one.port()).unwrap();
        for number in 0..10 {
            push.send(number.to_string()).unwrap();
        }
        for number in 0..10 {
            assert_eq!(second.recv().unwrap(), &number.to_string()[..]);
        }
        assert!(first.try_recv().is_err());
    });
}

#[test]
fn messages_sent_before_disconnecting_arrive() {
    deadline(|| {
        let (server, client) = ends();
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        marry(&push, &pull);
        for number in 0..100 {
            push.send(number.to_string()).unwrap();
        }
        client.disconnect_all().unwrap();
        for number in 0..100 {
            assert_eq!(pull.recv().unwrap(), &number.to_string()[..]);
        }
    });
}

#[test]
fn a_disconnected_endpoint_can_be_connected_again() {
    deadline(|| {
        let (server, client) = ends();
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        for number in 0..20 {
            push.send(number.to_string()).unwrap();
            assert_eq!(pull.recv().unwrap(), &number.to_string()[..]);
            client.disconnect(server.port()).unwrap();
            client.connect(server.port()).unwrap();
        }
    });
}

#[test]
fn connecting_wakes_a_blocked_send() {
    deadline(|| {
        let (server, client) = (Server::bind_local(0).unwrap(), Client::new());
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        let sending = blocked(move || push.send("hello").unwrap());
        client.connect(server.port()).unwrap();
        assert_eq!(pull.recv().unwrap(), "hello");
        sending.join().unwrap();
    });
}

#[test]
fn a_blocked_recv_hears_a_server_that_is_connected_meanwhile() {
    deadline(|| {
        let (server, client) = (Server::bind_local(0).unwrap(), Client::new());
        let (push, pull) = (server.push().unwrap(), client.pull().unwrap());
        let receiving = blocked(move || pull.recv().unwrap());
        client.connect(server.port()).unwrap();
        push.send("hello").unwrap();
        assert_eq!(receiving.join().unwrap(), "hello");
    });
}

#[test]
fn a_blocked_recv_goes_on_when_another_server_is_disconnected() {
    deadline(|| {
        let [one, two] = [(); 2].map(|()| Server::bind_local(0).unwrap());
        let (first, second) = (one.push().unwrap(), two.push().unwrap());
        let client = Client::connect([one.port(), two.port()]).unwrap();
        let pull = client.pull().unwrap();
        pull.wait_connected(2, SOON).unwrap();
        let receiving = blocked(move || pull.recv().unwrap());
        client.disconnect(one.port()).unwrap();
        second.send("hello").unwrap();
        assert_eq!(receiving.join().unwrap(), "hello");
        drop(first);
    });
}

#[test]
fn endpoints_come_and_go_while_messages_pass() {
    deadline(|| {
        let (server, client) = ends();
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        marry(&push, &pull);
        let receiving = thread::spawn(move || pull.iter().take(10_000).count());
        let sending = thread::spawn(move || {
            for number in 0..10_000 {
                push.send(number.to_string()).unwrap();
            }
        });
        let [one, two] = [(); 2].map(|()| Server::bind_local(0).unwrap());
        let spare = [&one, &two].map(|server| server.pull().unwrap());
        // Messages to the others meanwhile are received there and handed on.
        let hand_on = client.clone();
        let taking = thread::spawn(move || {
            let mut taken = 0;
            for turn in 0..50 {
                let other = [&one, &two][turn % 2];
                hand_on.connect(other.port()).unwrap();
                hand_on.disconnect(other.port()).unwrap();
                taken += spare
                    .iter()
                    .map(|pull| pull.try_iter().count())
                    .sum::<usize>();
            }
            (taken, spare)
        });
        sending.join().unwrap();
        let (mut taken, spare) = taking.join().unwrap();
        // The rest of the ten thousand has arrived here or there.
        let back = client.push().unwrap();
        let mut resent = 0;
        until(|| {
            taken += spare
                .iter()
                .map(|pull| pull.try_iter().count())
                .sum::<usize>();
            while resent < taken {
                back.send("again").unwrap();
                resent += 1;
            }
            receiving.is_finished()
        });
        assert_eq!(receiving.join().unwrap(), 10_000);
    });
}
