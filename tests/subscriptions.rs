//! Subscriptions: however many there are, none is lost, and none is left behind.

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use support::{Folder, SOON, blocked, deadline, deadline_after, ends, inproc, until};
use zeroless::{Client, Publisher, Server, Subscriber};

const MANY: usize = 1500;

fn topics(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("t{number:05}.")).collect()
}

/// Sees that messages under these topics arrive.
#[track_caller]
fn assert_heard(publisher: &Publisher, subscriber: &Subscriber, topics: &[String]) {
    for topic in topics {
        publisher.send(topic).unwrap();
        assert_eq!(subscriber.recv_timeout(SOON).unwrap(), *topic);
    }
}

#[test]
fn more_than_a_queue_holds_all_arrive() {
    deadline(|| {
        let (folder, topics) = (Folder::new(), topics(MANY));
        for server in [
            Server::bind_local(0),
            Server::bind(folder.ipc("a")),
            Server::bind(inproc()),
        ] {
            let server = server.unwrap();
            let publisher = server.publish().unwrap();
            let client = Client::connect(server.endpoint()).unwrap();
            let subscriber = client.subscribe(&topics).unwrap();
            publisher.wait_for_subscribers(MANY, SOON).unwrap();
            assert_heard(&publisher, &subscriber, &topics);
        }
    });
}

#[test]
fn all_arrive_again_when_the_publisher_comes_back() {
    deadline(|| {
        let (server, client) = ends();
        let topics = topics(MANY);
        let subscriber = client.subscribe(&topics).unwrap();
        for _ in 0..3 {
            let publisher = server.publish().unwrap();
            publisher.wait_for_subscribers(MANY, SOON).unwrap();
            assert_heard(&publisher, &subscriber, &topics);
        }
    });
}

#[test]
fn a_subscriber_that_binds_tells_them_all_to_each_publisher() {
    deadline(|| {
        let (server, client) = ends();
        let topics = topics(MANY);
        let subscriber = server.subscribe(&topics).unwrap();
        for _ in 0..3 {
            let publisher = client.publish().unwrap();
            publisher.wait_for_subscribers(MANY, SOON).unwrap();
            assert_heard(&publisher, &subscriber, &topics);
        }
    });
}

#[test]
fn after_many_unsubscribes_nobody_is_left_and_new_ones_arrive() {
    deadline(|| {
        let (server, client) = ends();
        let topics = topics(MANY);
        let publisher = server.publish().unwrap();
        let subscriber = client.subscribe(&topics).unwrap();
        for _ in 0..5 {
            publisher.wait_for_subscribers(MANY, SOON).unwrap();
            subscriber.unsubscribe(&topics).unwrap();
            until(|| publisher.wait_for_subscribers(1, Duration::ZERO).is_err());
            for topic in &topics {
                assert!(!publisher.has_subscriber(topic).unwrap(), "{topic}");
            }
            subscriber.subscribe(&topics).unwrap();
        }
        publisher.wait_for_subscribers(MANY, SOON).unwrap();
        assert_heard(&publisher, &subscriber, &topics);
    });
}

#[test]
fn very_many_all_arrive() {
    deadline_after(Duration::from_secs(120), || {
        const VERY_MANY: usize = 20_000;
        let (server, client) = ends();
        let topics = topics(VERY_MANY);
        let publisher = server.publish().unwrap();
        let subscriber = client.subscribe(&topics).unwrap();
        publisher.wait_for_subscribers(VERY_MANY, 6 * SOON).unwrap();
        assert_heard(&publisher, &subscriber, &topics);
        drop(publisher);
        let publisher = server.publish().unwrap();
        publisher.wait_for_subscribers(VERY_MANY, 6 * SOON).unwrap();
        drop(subscriber);
        until(|| publisher.wait_for_subscribers(1, Duration::ZERO).is_err());
    });
}

#[test]
fn a_topic_subscribed_to_twice_counts_once_for_its_publishers() {
    deadline(|| {
        let (server, client) = ends();
        let publisher = server.publish().unwrap();
        let subscriber = client.subscribe(["a", "a", "b"]).unwrap();
        publisher.wait_for_subscribers(2, SOON).unwrap();
        subscriber.subscribe(["b", "end"]).unwrap();
        publisher.wait_for_subscribers(3, SOON).unwrap();
        assert!(publisher.wait_for_subscribers(4, Duration::ZERO).is_err());
        drop(subscriber);
        until(|| !publisher.has_subscriber("end").unwrap());
        assert!(publisher.wait_for_subscribers(1, Duration::ZERO).is_err());
        assert!(!publisher.has_subscriber("a").unwrap());
    });
}

#[test]
fn one_thread_takes_in_the_news_that_another_waits_for() {
    deadline(|| {
        let (server, client) = ends();
        let publisher = server.publish().unwrap();
        let over = AtomicBool::new(false);
        std::thread::scope(|threads| {
            threads.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    publisher.has_subscriber("a").unwrap();
                    std::thread::yield_now();
                }
            });
            let subscriber = client.subscribe("other").unwrap();
            publisher.wait_for_subscribers(1, SOON).unwrap();
            for _ in 0..200 {
                let waits = publisher.clone();
                let waiting = blocked(move || waits.wait_for_subscribers(2, SOON));
                subscriber.subscribe("a").unwrap();
                let waited = waiting.join().unwrap();
                subscriber.unsubscribe("a").unwrap();
                until(|| publisher.wait_for_subscribers(2, Duration::ZERO).is_err());
                if waited.is_err() {
                    over.store(true, Ordering::Relaxed);
                }
                waited.unwrap();
            }
            over.store(true, Ordering::Relaxed);
        });
    });
}
