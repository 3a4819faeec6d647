//! A connection that ends while the system takes but a part of the rest.

use crate::{fact, slow_pull, socket};

#[test]
fn the_last_messages_arrive_though_the_system_takes_them_in_parts() {
    fact(|| {
        let context = zmq::Context::new();
        // About as much as fits into the buffers of a connection.
        for count in 10..80 {
            let (pull, endpoint) = slow_pull(&context);
            let push = socket(&context, zmq::PUSH);
            push.set_sndbuf(4096).unwrap();
            push.set_linger(-1).unwrap();
            push.connect(&endpoint).unwrap();
            for _ in 0..count {
                push.send(vec![7; 1 << 10], 0).unwrap();
            }
            drop(push);
            for number in 1..=count {
                assert!(pull.recv_bytes(0).is_ok(), "{number} of {count}");
            }
        }
    });
}

#[test]
fn the_last_messages_arrive_though_the_peer_goes_on_sending() {
    const COUNT: usize = 500;
    fact(|| {
        let context = zmq::Context::new();
        let (server, client) = (socket(&context, zmq::PAIR), socket(&context, zmq::PAIR));
        server.set_rcvhwm(1).unwrap();
        server.bind("tcp://127.0.0.1:*").unwrap();
        client.set_sndhwm(0).unwrap();
        client.set_linger(20_000).unwrap();
        let endpoint = server.get_last_endpoint().unwrap().unwrap();
        client.connect(&endpoint).unwrap();
        for _ in 0..COUNT {
            client.send(vec![7; 1 << 16], 0).unwrap();
        }
        drop(client);
        for number in 1..=COUNT {
            assert!(server.recv_bytes(0).is_ok(), "{number}");
            // Nobody reads it: closed with that, the connection would be reset.
            let _ = server.send("and you?", zmq::DONTWAIT);
            if number % 10 == 0 {
                std::thread::park_timeout(std::time::Duration::from_millis(2));
            }
        }
    });
}
