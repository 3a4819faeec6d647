//! Disconnecting from a peer that hangs in the middle of a message, and then dies.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use crate::{Monitor, await_commands, fact, socket};

/// ZMTP 3.0's greeting without security, and a PULL's READY.
fn greet(stream: &mut TcpStream) {
    let mut greeting = [0; 64];
    greeting[0] = 0xff;
    greeting[9] = 0x7f;
    greeting[10] = 3;
    greeting[12..16].copy_from_slice(b"NULL");
    stream.write_all(&greeting).unwrap();
    stream.read_exact(&mut greeting).unwrap();
    stream
        .write_all(b"\x04\x1a\x05READY\x0bSocket-Type\x00\x00\x00\x04PULL")
        .unwrap();
}

#[test]
fn a_process_that_disconnects_from_a_peer_that_then_dies_lives() {
    fact(|| {
        for number in 0..20 {
            let context = zmq::Context::new();
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let endpoint = format!("tcp://{}", listener.local_addr().unwrap());
            let push = socket(&context, zmq::PUSH);
            let monitor = Monitor::of(&context, &push, &format!("half-read-{number}"));
            push.connect(&endpoint).unwrap();
            let mut peer = listener.accept().unwrap().0;
            greet(&mut peer);
            monitor.wait(zmq::SocketEvent::HANDSHAKE_SUCCEEDED);
            // Far more than the system takes for a peer that does not read.
            let message = vec![vec![7; 1 << 20]; 64];
            push.send_multipart(&message, 0).unwrap();
            // It has begun to come.
            peer.read_exact(&mut [0; 1000]).unwrap();
            push.disconnect(&endpoint).unwrap();
            await_commands(&context);
            drop((peer, listener));
            monitor.wait(zmq::SocketEvent::DISCONNECTED);
        }
    });
}
