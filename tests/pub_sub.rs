//! Publish and subscribe: every subscriber gets every message, and is known before the first.

mod support;

use std::time::Duration;

use support::{SOON, assert_timeout, blocked, deadline, ends, inproc, pub_sub, subscribed, until};
use zeroless::{Client, Options, Publisher, Server};

#[test]
fn a_published_message_is_received() {
    deadline(|| {
        for (publisher, subscriber) in pub_sub() {
            publisher.wait_for_subscribers(1, SOON).unwrap();
            publisher.send("one").unwrap();
            publisher.send(("several", b"frames", vec![1_u8])).unwrap();
            publisher(&("called", "too")).unwrap();
            assert_eq!(subscriber.recv().unwrap(), "one");
            assert_eq!(subscriber.recv().unwrap(), ["several", "frames", "\x01"]);
            assert_eq!(subscriber.recv().unwrap(), ["called", "too"]);
        }
    });
}

#[test]
fn a_thousand_messages_right_after_the_subscriber_all_arrive() {
    deadline(|| {
        for (publisher, subscriber) in pub_sub() {
            publisher.wait_for_subscribers(1, SOON).unwrap();
            for number in 0..1000 {
                publisher.send(number.to_string()).unwrap();
            }
            for number in 0..1000 {
                assert_eq!(subscriber.recv().unwrap(), &number.to_string()[..]);
            }
        }
    });
}

#[test]
fn a_subscriber_that_binds_loses_nothing_though_it_is_not_receiving_yet() {
    deadline(|| {
        let (server, client) = ends();
        let subscriber = server.subscribe("").unwrap();
        let publisher = client.publish().unwrap();
        // Nobody has received on the subscriber: it must take the connection by itself.
        publisher.wait_for_subscribers(1, SOON).unwrap();
        for number in 0..100 {
            publisher.send(number.to_string()).unwrap();
        }
        for number in 0..100 {
            assert_eq!(subscriber.recv().unwrap(), &number.to_string()[..]);
        }
    });
}

#[test]
fn every_publisher_that_comes_to_a_bound_subscriber_is_heard() {
    deadline(|| {
        let (server, client) = ends();
        let subscriber = server.subscribe("").unwrap();
        let publishers = [(); 5].map(|()| client.publish().unwrap());
        for publisher in &publishers {
            publisher.wait_for_subscribers(1, SOON).unwrap();
            publisher.send("hello").unwrap();
        }
        assert_eq!(subscriber.iter().take(5).count(), 5);
    });
}

#[test]
fn a_publisher_knows_of_each_subscriber_that_comes_and_leaves() {
    deadline(|| {
        let (server, client) = ends();
        let publisher = server.publish().unwrap();
        assert!(!publisher.has_subscriber("news").unwrap());
        publisher.wait_for_subscribers(0, Duration::ZERO).unwrap();
        let one = client.subscribe("news").unwrap();
        let two = client.subscribe(["news", "ne"]).unwrap();
        publisher.wait_for_subscribers(3, SOON).unwrap();
        assert!(publisher.has_subscriber("news").unwrap());
        assert!(publisher.has_subscriber("news of today").unwrap());
        assert!(publisher.has_subscriber("new").unwrap());
        assert!(!publisher.has_subscriber("n").unwrap());
        assert!(!publisher.has_subscriber("weather").unwrap());
        drop(one);
        until(|| publisher.wait_for_subscribers(3, Duration::ZERO).is_err());
        assert!(publisher.has_subscriber("news").unwrap());
        drop(two);
        until(|| !publisher.has_subscriber("news").unwrap());
        publisher.send("to nobody").unwrap();
    });
}

#[test]
fn too_few_subscribers_is_a_timeout() {
    deadline(|| {
        let (publisher, _subscriber) = subscribed(["a"]);
        let waited = publisher.wait_for_subscribers(2, Duration::from_millis(10));
        assert_timeout(waited);
    });
}

#[test]
fn a_publisher_with_a_topic_counts_subscribers_that_may_get_its_messages() {
    deadline(|| {
        let (publisher, _subscriber) = subscribed(["sh", "s", "shout", "x"]);
        let counts = |publisher: &Publisher, count| {
            publisher
                .wait_for_subscribers(count, Duration::ZERO)
                .is_ok()
                && publisher
                    .wait_for_subscribers(count + 1, Duration::ZERO)
                    .is_err()
        };
        assert!(counts(&publisher, 4));
        assert!(counts(&publisher.topic("sh"), 2), "sh and s");
        assert!(counts(&publisher.prefix("sh"), 3), "shout, too");
        assert!(counts(&publisher.topic("none"), 0));
    });
}

#[test]
fn every_subscriber_gets_every_message() {
    deadline(|| {
        let (server, client) = ends();
        let publisher = server.publish().unwrap();
        let subscribers = [(); 5].map(|()| client.subscribe("").unwrap());
        publisher.wait_for_subscribers(5, SOON).unwrap();
        for number in 0..100 {
            publisher.send(number.to_string()).unwrap();
        }
        for subscriber in subscribers {
            for number in 0..100 {
                assert_eq!(subscriber.recv().unwrap(), &number.to_string()[..]);
            }
        }
    });
}

#[test]
fn one_subscriber_hears_many_publishers() {
    deadline(|| {
        let servers = [(); 3].map(|()| Server::bind_local(0).unwrap());
        let publishers = servers.each_ref().map(|server| server.publish().unwrap());
        let client = Client::connect(servers.each_ref().map(Server::port)).unwrap();
        let subscriber = client.subscribe("").unwrap();
        for publisher in &publishers {
            publisher.wait_for_subscribers(1, SOON).unwrap();
            publisher.send("hello").unwrap();
        }
        assert_eq!(subscriber.iter().take(3).count(), 3);
    });
}

#[test]
fn a_slow_subscriber_loses_messages_but_holds_nobody_up() {
    deadline(|| {
        let server = Server::bind(inproc()).unwrap().send_queue(10);
        let publisher = server.publish().unwrap();
        let client = Client::connect(server.endpoint())
            .unwrap()
            .receive_queue(10);
        let subscriber = client.subscribe("").unwrap();
        publisher.wait_for_subscribers(1, SOON).unwrap();
        for number in 0..1000 {
            publisher.try_send(number.to_string()).unwrap();
        }
        let received = subscriber.try_iter().count();
        assert!((1..1000).contains(&received), "{received} of 1000");
    });
}

#[test]
fn a_publisher_can_wait_for_a_slow_subscriber() {
    deadline(|| {
        let options = Options::default().wait_for_slow(true).send_queue(10);
        let server = Server::bind(inproc()).unwrap().options(options);
        let publisher = server.publish().unwrap();
        let client = Client::connect(server.endpoint())
            .unwrap()
            .receive_queue(10);
        let subscriber = client.subscribe("").unwrap();
        publisher.wait_for_subscribers(1, SOON).unwrap();
        let sent = (0..)
            .take_while(|_| publisher.try_send("full").is_ok())
            .count();
        assert!(sent < 100, "{sent} messages in queues of ten");
        let sending = blocked(move || {
            (0..1000).for_each(|number| publisher.send(number.to_string()).unwrap());
            publisher
        });
        assert_eq!(subscriber.iter().take(sent).count(), sent);
        for number in 0..1000 {
            assert_eq!(subscriber.recv().unwrap(), &number.to_string()[..]);
        }
        sending.join().unwrap();
    });
}
