//! Our relay between pyzmq's sockets, and pyzmq's proxy between ours.

use std::time::{Duration, Instant};

use zeroless::relay::{self, Relay, RunningRelay};
use zeroless::{Client, Message, Server};

use crate::messages::{ORDERED, large_and_empty, message, several_frames};
use crate::peer::{LIMIT, Peer, Way};
use crate::process::Process;
use crate::program::{encode, script, with_python};

const PYZMQ: Way = Way {
    library: "pyzmq",
    python_binds: false,
};

/// Servers for a relay's input and its output.
fn servers() -> [Server; 2] {
    [(); 2].map(|()| Server::bind_local(0).expect("binding"))
}

/// A socket of Python that is connected with a relay.
fn peer(pattern: &str, server: &Server) -> Peer {
    PYZMQ.connect(pattern, server.port())
}

fn messages() -> Vec<Message> {
    let mut messages = several_frames();
    messages.extend(large_and_empty());
    messages
}

/// The same message under the topic of Python's publishers.
fn with_topic(message: &Message) -> Message {
    let mut all = Message::from("sh");
    all.extend(message);
    all
}

/// Has Python publish until the relay has passed something on.
fn until_heard(publisher: &mut Peer, relay: &RunningRelay) {
    let deadline = Instant::now() + LIMIT;
    while relay.counters().forward.messages == 0 {
        assert!(Instant::now() < deadline, "nobody hears the publisher");
        publisher.send(&message("beat"));
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

#[test]
fn pull_to_push() {
    with_python("relays::pull_to_push", || {
        let [input, output] = servers();
        let relay = Relay::new(relay::pull(&input), relay::push(&output));
        let relay = relay.start().expect("a relay");
        let (mut push, mut pull) = (peer("push", &input), peer("pull", &output));
        for message in messages() {
            push.send(&message);
            pull.receives(&message);
        }
        pull.tell(&format!("expect {ORDERED}"));
        push.tell(&format!("numbers {ORDERED}"));
        assert_eq!(pull.line(), "in order");
        assert_eq!(relay.counters().forward.dropped, 0);
        push.end();
        pull.end();
    });
}

#[test]
fn reply_to_request() {
    with_python("relays::reply_to_request", || {
        let [input, output] = servers();
        let relay = Relay::new(relay::reply(&input), relay::request(&output));
        let _relay = relay.start().expect("a relay");
        let (mut req, mut rep) = (peer("request", &input), peer("reply", &output));
        for message in messages() {
            req.send(&message);
            rep.receives(&message);
            rep.send(&message);
            req.receives(&message);
        }
        req.end();
        rep.end();
    });
}

#[test]
fn reply_to_request_with_a_deadline() {
    with_python("relays::reply_to_request_with_a_deadline", || {
        let [input, output] = servers();
        let relay = Relay::new(relay::reply(&input), relay::request(&output));
        let time = Duration::from_millis(500);
        let relay = relay.deadline(time, |_| "too late");
        let relay = relay.start().expect("a relay");
        let (mut req, mut rep) = (peer("request", &input), peer("reply", &output));
        req.send(&message("a question"));
        rep.receives(&message("a question"));
        req.receives(&message("too late"));
        rep.send(&message("the answer"));
        req.send(&message("the next"));
        rep.receives(&message("the next"));
        rep.send(&message("in time"));
        req.receives(&message("in time"));
        assert_eq!(relay.counters().answered, 1);
        req.end();
        rep.end();
    });
}

#[test]
fn subscribe_to_publish() {
    with_python("relays::subscribe_to_publish", || {
        let [input, output] = servers();
        let relay = Relay::new(relay::subscribe(&input), relay::publish(&output));
        let relay = relay.start().expect("a relay");
        let (mut publisher, mut sub) = (peer("pub", &input), peer("sub", &output));
        until_heard(&mut publisher, &relay);
        for message in messages() {
            publisher.send(&message);
            let expected = encode(&with_topic(&message));
            let beat = encode(&with_topic(&"beat".into()));
            loop {
                sub.tell("recv");
                let got = sub.line();
                if got != beat {
                    assert!(got == expected, "{message}");
                    break;
                }
            }
        }
        publisher.end();
        sub.end();
    });
}

#[test]
fn subscribe_to_request() {
    with_python("relays::subscribe_to_request", || {
        let [input, output] = servers();
        let relay = Relay::new(relay::subscribe(&input), relay::request(&output));
        let relay = relay.topics("sh").start().expect("a relay");
        let (mut publisher, mut rep) = (peer("pub", &input), peer("reply", &output));
        until_heard(&mut publisher, &relay);
        let heard = relay.counters().forward.messages;
        for _ in 0..heard {
            rep.receives(&with_topic(&"beat".into()));
            rep.send(&message("done"));
        }
        publisher.send(&message("news"));
        while {
            rep.tell("recv");
            let got = rep.line();
            rep.send(&message("done"));
            got != encode(&with_topic(&"news".into()))
        } {}
        publisher.end();
        rep.end();
    });
}

#[test]
fn acknowledged_reply_to_push_publish_and_request() {
    let name = "relays::acknowledged_reply_to_push_publish_and_request";
    with_python(name, || {
        let [input, output] = servers();
        let acknowledging = |server: &Server| relay::reply(server).acknowledge("accepted");
        let relay = Relay::new(acknowledging(&input), relay::push(&output));
        let _relay = relay.start().expect("a relay");
        let (mut req, mut pull) = (peer("request", &input), peer("pull", &output));
        for request in messages() {
            req.send(&request);
            req.receives(&message("accepted"));
            pull.receives(&request);
        }
        req.end();
        pull.end();

        let [input, output] = servers();
        let relay = Relay::new(acknowledging(&input), relay::request(&output));
        let _relay = relay.start().expect("a relay");
        let (mut req, mut rep) = (peer("request", &input), peer("reply", &output));
        for request in messages() {
            req.send(&request);
            req.receives(&message("accepted"));
            rep.receives(&request);
            rep.send(&message("done"));
        }
        req.end();
        rep.end();

        let [input, output] = servers();
        let relay = Relay::new(acknowledging(&input), relay::publish(&output));
        let relay = relay.start().expect("a relay");
        let (mut req, mut sub) = (peer("request", &input), peer("sub", &output));
        let deadline = Instant::now() + LIMIT;
        while relay.counters().backward.messages == 0 {
            assert!(Instant::now() < deadline, "nobody subscribes");
            std::thread::park_timeout(Duration::from_millis(1));
        }
        for request in messages() {
            let request = with_topic(&request);
            req.send(&request);
            req.receives(&message("accepted"));
            sub.receives(&request);
        }
        req.end();
        sub.end();
    });
}

/// pyzmq's proxy, and clients of ours for its input and its output.
fn proxy(kinds: [&str; 2]) -> (Process, [Client; 2]) {
    let mut command = script("interop/proxy.py");
    let process = Process::start(command.args(kinds), LIMIT);
    let ports = process.prints("ready ");
    let ports: Vec<u16> = ports
        .split(' ')
        .map(|port| port.parse().expect("a port"))
        .collect();
    let client = |place: usize| Client::connect(ports[place]).expect("connecting");
    (process, [client(0), client(1)])
}

#[test]
fn their_proxy_from_pull_to_push() {
    with_python("relays::their_proxy_from_pull_to_push", || {
        let (process, [input, output]) = proxy(["PULL", "PUSH"]);
        let pull = output.pull().expect("a handle");
        let push = input.push().expect("a handle");
        for message in messages() {
            push.send(&message).expect("sent");
            assert!(pull.recv_timeout(LIMIT) == Ok(message));
        }
        assert_eq!(process.finish(), [""; 0]);
    });
}

#[test]
fn their_proxy_from_reply_to_request() {
    with_python("relays::their_proxy_from_reply_to_request", || {
        let (process, [input, output]) = proxy(["ROUTER", "DEALER"]);
        let worker = output.reply().expect("a handle");
        let requester = input.request().expect("a handle");
        for message in messages() {
            let pending = requester.start(message.clone()).expect("sent");
            let (request, reply) = worker.recv_timeout(LIMIT).expect("a request").split();
            reply.send(request).expect("sent");
            assert!(pending.wait_timeout(LIMIT) == Ok(message));
        }
        assert_eq!(process.finish(), [""; 0]);
    });
}

#[test]
fn their_proxy_from_subscribe_to_publish() {
    with_python("relays::their_proxy_from_subscribe_to_publish", || {
        let (process, [input, output]) = proxy(["XSUB", "XPUB"]);
        let subscriber = output.subscribe("sh").expect("a handle");
        let publisher = input.publish().expect("a handle");
        publisher
            .wait_for_subscribers(1, LIMIT)
            .expect("it subscribes");
        for message in messages() {
            let message = with_topic(&message);
            publisher.send(&message).expect("sent");
            assert!(subscriber.recv_timeout(LIMIT) == Ok(message));
        }
        assert_eq!(process.finish(), [""; 0]);
    });
}
