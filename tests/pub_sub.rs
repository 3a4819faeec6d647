//! Publish and subscribe: topics, and subscribers that are known before the first message.

mod support;

use std::time::Duration;

use support::{SOON, blocked, deadline, ends, inproc, marry, pub_sub, until};
use zeroless::{Client, Error, Publisher, Server, Subscriber};

/// A server that publishes and a client that subscribes to these, which the server knows.
fn subscribed<const N: usize>(topics: [&str; N]) -> (Publisher, Subscriber) {
    let (server, client) = ends();
    let publisher = server.publish().unwrap();
    let subscriber = client.subscribe(topics).unwrap();
    publisher.wait_for_subscribers(N, SOON).unwrap();
    (publisher, subscriber)
}

#[test]
fn what_is_published_is_received() {
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
fn only_subscribed_topics_are_received() {
    deadline(|| {
        let (publisher, subscriber) = subscribed(["a", "bc"]);
        for topic in ["b", "abc", "xa", "bcd", "A", "a"] {
            publisher.send((topic, "body")).unwrap();
        }
        for topic in ["abc", "bcd", "a"] {
            assert_eq!(subscriber.recv().unwrap(), [topic, "body"]);
        }
    });
}

#[test]
fn the_empty_topic_is_all() {
    deadline(|| {
        let (publisher, subscriber) = subscribed([""]);
        for message in ["a", "", "\0"] {
            publisher.send(message).unwrap();
            assert_eq!(subscriber.recv().unwrap(), message);
        }
    });
}

#[test]
fn a_topic_is_any_bytes() {
    deadline(|| {
        let (server, client) = ends();
        let publisher = server.publish().unwrap();
        let subscriber = client.subscribe([b"\0\xff"]).unwrap();
        publisher.wait_for_subscribers(1, SOON).unwrap();
        publisher.send(b"\0").unwrap();
        publisher.topic(b"\0\xff").send("body").unwrap();
        assert_eq!(subscriber.recv().unwrap(), [&b"\0\xff"[..], b"body"]);
    });
}

#[test]
fn no_topic_at_all_is_silence_until_one_is_subscribed_to() {
    deadline(|| {
        let (server, client) = ends();
        let publisher = server.publish().unwrap();
        let subscriber = client.subscribe(Vec::<String>::new()).unwrap();
        marry(&publisher, &subscriber);
        publisher.send("unheard").unwrap();
        subscriber.subscribe("").unwrap();
        publisher.wait_for_subscribers(1, SOON).unwrap();
        publisher.send("heard").unwrap();
        assert_eq!(subscriber.recv().unwrap(), "heard");
    });
}

#[test]
fn an_embedded_topic_is_a_frame_of_its_own() {
    deadline(|| {
        let (publisher, subscriber) = subscribed(["sh"]);
        let publisher = publisher.topic("sh");
        publisher.send("Msg1").unwrap();
        publisher.send(("a", "b")).unwrap();
        publisher(&"called").unwrap();
        for expected in [&["sh", "Msg1"][..], &["sh", "a", "b"], &["sh", "called"]] {
            let frames: Vec<String> = subscriber
                .recv()
                .unwrap()
                .iter()
                .map(|f| f.to_string())
                .collect();
            assert_eq!(frames, expected);
        }
    });
}

#[test]
fn an_empty_embedded_topic_is_an_empty_frame() {
    deadline(|| {
        let (publisher, subscriber) = subscribed([""]);
        publisher.topic("").send("body").unwrap();
        assert_eq!(subscriber.recv().unwrap(), ["", "body"]);
    });
}

#[test]
fn publishers_of_several_topics_share_a_socket() {
    deadline(|| {
        let (publisher, subscriber) = subscribed(["weather", "news"]);
        let (weather, news) = (publisher.topic("weather"), publisher.topic("news"));
        drop(publisher);
        weather.send("rain").unwrap();
        news.send("none").unwrap();
        assert_eq!(subscriber.recv().unwrap(), ["weather", "rain"]);
        assert_eq!(subscriber.recv().unwrap(), ["news", "none"]);
    });
}

#[test]
fn a_message_without_the_topic_is_refused_and_comes_back() {
    deadline(|| {
        let (publisher, subscriber) = subscribed([""]);
        let strict = publisher.prefix("sh");
        let missing = Error::TopicMissing {
            topic: "sh".to_owned(),
        };
        for message in [["no", "sh"], ["s", "h"], ["", "sh"], ["Sh", ""]] {
            let unsent = strict.send(message).unwrap_err();
            assert_eq!(*unsent.error(), missing);
            assert_eq!(unsent.into_message(), message);
        }
        assert_eq!(*strict(&"no").unwrap_err().error(), missing);
        strict.send("shout").unwrap();
        strict.send(("sh", "body")).unwrap();
        assert_eq!(subscriber.recv().unwrap(), "shout");
        assert_eq!(subscriber.recv().unwrap(), ["sh", "body"]);
    });
}

#[test]
fn an_empty_topic_demands_nothing() {
    deadline(|| {
        let (publisher, subscriber) = subscribed([""]);
        publisher.prefix("").send("anything").unwrap();
        assert_eq!(subscriber.recv().unwrap(), "anything");
    });
}

#[test]
fn an_unsent_message_comes_back_without_the_embedded_topic() {
    deadline(|| {
        let publisher = Server::bind_local(0)
            .unwrap()
            .publish()
            .unwrap()
            .topic("sh");
        publisher.stop();
        let unsent = publisher.send(("a", "b")).unwrap_err();
        assert!(unsent.is_stopped());
        assert_eq!(unsent.into_message(), ["a", "b"]);
    });
}

#[test]
fn subscriptions_are_added_while_another_thread_is_blocked() {
    deadline(|| {
        let (publisher, subscriber) = subscribed(["other"]);
        let hears = subscriber.clone();
        let waiting = blocked(move || hears.recv().unwrap());
        subscriber.subscribe(["news", "more"]).unwrap();
        publisher.wait_for_subscribers(3, SOON).unwrap();
        publisher.send(("news", "body")).unwrap();
        assert_eq!(waiting.join().unwrap(), ["news", "body"]);
    });
}

#[test]
fn subscriptions_are_removed_while_another_thread_is_blocked() {
    deadline(|| {
        let (publisher, subscriber) = subscribed(["news", "end"]);
        let hears = subscriber.clone();
        let waiting = blocked(move || hears.recv().unwrap());
        subscriber.unsubscribe("news").unwrap();
        until(|| !publisher.has_subscriber("news").unwrap());
        publisher.send("news").unwrap();
        publisher.send("end").unwrap();
        assert_eq!(waiting.join().unwrap(), "end");
        subscriber.unsubscribe("never subscribed to").unwrap();
    });
}

#[test]
fn what_is_subscribed_to_twice_is_unsubscribed_twice() {
    deadline(|| {
        let (server, client) = ends();
        let publisher = server.publish().unwrap();
        let subscriber = client.subscribe(["a", "a", "end"]).unwrap();
        // Subscriptions arrive in the order in which they were made.
        let settle = |mark: &str| {
            subscriber.subscribe(mark).unwrap();
            until(|| publisher.has_subscriber(mark).unwrap());
        };
        subscriber.unsubscribe("a").unwrap();
        settle("once");
        publisher.send("a").unwrap();
        assert_eq!(subscriber.recv().unwrap(), "a");
        subscriber.unsubscribe("a").unwrap();
        settle("twice");
        publisher.send("a").unwrap();
        publisher.send("end").unwrap();
        assert_eq!(subscriber.recv().unwrap(), "end");
    });
}

#[test]
fn a_publisher_knows_who_subscribes_and_who_leaves() {
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
        assert_eq!(waited, Err(Error::Timeout));
    });
}

#[test]
fn a_publisher_with_a_topic_counts_those_who_may_get_its_messages() {
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
        let options = zeroless::Options::default()
            .wait_for_slow(true)
            .send_queue(10);
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
