//! A user that was sent away gets nothing more, and the others do not notice for long.

mod support;

use std::time::Duration;

use support::{SOON, deadline, until};
use zeroless::security::{Access, Password, Plain};
use zeroless::{Client, Handle, Publisher, Refusal, Server, Subscriber};

/// A table in which the user is the password, too.
fn users<const N: usize>(names: [&str; N]) -> Access {
    let access = Access::new();
    for name in names {
        access.user(name, Password::new(name).unwrap()).unwrap();
    }
    access
}

fn subscriber(port: u16, user: &str) -> Subscriber {
    let security = Plain::user(user, Password::new(user).unwrap());
    let client = Client::connect(port).unwrap().security(security);
    client.subscribe("").unwrap()
}

fn is_denied(handle: &impl Handle) -> bool {
    let error = handle.status().err();
    error.is_some_and(|error| error.refusal() == Some(&Refusal::Denied))
}

/// Publishes until a subscriber has it: one that comes back has to subscribe anew.
fn reaches(publisher: &Publisher, subscriber: &Subscriber, text: &str) {
    until(|| {
        publisher.send(text).unwrap();
        let message = subscriber.recv_timeout(Duration::from_millis(20));
        message.is_ok_and(|message| message == text)
    });
}

#[test]
fn a_revoked_subscriber_is_cut_and_another_comes_back() {
    deadline(|| {
        let access = users(["ann", "bob"]);
        let server = Server::bind_local(0).unwrap();
        let server = server.security(Plain::server(access.clone()));
        let publisher = server.publish().unwrap();
        let (ann, bob) = (
            subscriber(server.port(), "ann"),
            subscriber(server.port(), "bob"),
        );
        reaches(&publisher, &ann, "both");
        reaches(&publisher, &bob, "both");
        // The handle outlives the server.
        drop(server);
        access.revoke("ann").unwrap();
        until(|| is_denied(&ann));
        while ann.try_recv().is_ok() {}
        reaches(&publisher, &bob, "bob");
        assert!(ann.try_recv().is_err());
        access.user("ann", Password::new("ann").unwrap()).unwrap();
        reaches(&publisher, &ann, "both again");
    });
}

#[test]
fn a_connection_from_before_a_revocation_is_not_heard_again_and_a_new_one_is() {
    deadline(|| {
        let access = users(["ann"]);
        let server = Server::bind_local(0).unwrap();
        let server = server.security(Plain::server(access.clone()));
        let (pull, port) = (server.pull().unwrap(), server.port());
        let push = || {
            let security = Plain::user("ann", Password::new("ann").unwrap());
            let client = Client::connect(port).unwrap().security(security);
            client.push().unwrap()
        };
        let old = push();
        old.send("before").unwrap();
        assert_eq!(pull.recv_timeout(SOON).unwrap(), "before");
        access.revoke("ann").unwrap();
        access.user("ann", Password::new("ann").unwrap()).unwrap();
        old.send("old").unwrap();
        until(|| pull.try_recv().is_err() && pull.skipped() == 1);
        let new = push();
        new.send("new").unwrap();
        assert_eq!(pull.recv_timeout(SOON).unwrap(), "new");
    });
}

#[test]
fn a_pair_ends_with_its_user() {
    deadline(|| {
        let access = users(["ann", "bob"]);
        let server = Server::bind_local(0).unwrap();
        let server = server.security(Plain::server(access.clone()));
        let ours = server.pair().unwrap();
        let security = Plain::user("ann", Password::new("ann").unwrap());
        let theirs = Client::connect(server.port()).unwrap().security(security);
        let theirs = theirs.pair().unwrap();
        theirs.send("hello").unwrap();
        assert_eq!(ours.recv_timeout(SOON).unwrap(), "hello");
        access.revoke("bob").unwrap(); // another
        theirs.wait_connected(1, SOON).unwrap();
        access.revoke("ann").unwrap();
        until(|| is_denied(&theirs));
    });
}
