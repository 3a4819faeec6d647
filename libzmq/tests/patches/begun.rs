//! A socket that has taken the first frame of a message out when it is disconnected from its sender.

use crate::{Monitor, await_commands, bound, fact, socket, until};

#[test]
fn a_subscriber_has_a_message_whole_or_not_at_all() {
    fact(|| {
        let context = zmq::Context::new();
        let subscriber = socket(&context, zmq::SUB);
        subscriber.set_subscribe(b"").unwrap();
        let publishers = [zmq::XPUB; 2].map(|kind| bound(&context, kind));
        for (publisher, endpoint) in &publishers {
            subscriber.connect(endpoint).unwrap();
            assert_eq!(publisher.recv_bytes(0).unwrap(), [1], "it subscribes");
        }
        let [(one, endpoint), (other, _)] = &publishers;
        one.send_multipart(["one", "its rest"], 0).unwrap();
        until(|| has_message(&subscriber));
        subscriber.disconnect(endpoint).unwrap();
        await_commands(&context);
        subscriber.get_events().unwrap();
        other.send_multipart(["another", "and rest"], 0).unwrap();
        let message = subscriber.recv_multipart(0).unwrap();
        assert_eq!(message, [&b"another"[..], b"and rest"]);
    });
}

#[test]
fn a_router_has_a_message_whole_or_not_at_all() {
    fact(|| {
        let context = zmq::Context::new();
        let router = socket(&context, zmq::ROUTER);
        let monitor = Monitor::of(&context, &router, "begun");
        let dealers = [b"one", b"two"].map(|identity| {
            let (dealer, endpoint) = {
                let dealer = socket(&context, zmq::DEALER);
                dealer.set_identity(identity).unwrap();
                dealer.bind("tcp://127.0.0.1:*").unwrap();
                let endpoint = dealer.get_last_endpoint().unwrap().unwrap();
                (dealer, endpoint)
            };
            router.connect(&endpoint).unwrap();
            monitor.wait(zmq::SocketEvent::HANDSHAKE_SUCCEEDED);
            (dealer, endpoint)
        });
        let [(one, endpoint), (other, _)] = &dealers;
        one.send_multipart(["beginning", "and the rest"], 0)
            .unwrap();
        until(|| has_message(&router));
        router.disconnect(endpoint).unwrap();
        await_commands(&context);
        router.get_events().unwrap();
        other.send_multipart(["another", "and end"], 0).unwrap();
        let message = router.recv_multipart(0).unwrap();
        assert_eq!(message, [&b"two"[..], b"another", b"and end"]);
    });
}

/// Asks whether there is a message, which takes its first frame out.
fn has_message(socket: &zmq::Socket) -> bool {
    let events = socket.get_events().unwrap();
    events.contains(zmq::PollEvents::POLLIN)
}
