//! Topics: subscribed to and unsubscribed from at any time, embedded or demanded.

mod support;

use support::{SOON, blocked, deadline, ends, marry, subscribed, until};
use zeroless::{Error, Server};

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
fn a_topic_subscribed_to_twice_is_unsubscribed_twice() {
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
