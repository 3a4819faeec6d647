//! A client of a port at which nobody listens, from that very port.

use std::net::TcpListener;

use zmq::SocketEvent;

use crate::{Monitor, fact, socket};

#[test]
fn a_client_is_not_connected_with_itself() {
    fact(|| {
        let context = zmq::Context::new();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let client = socket(&context, zmq::DEALER);
        client.set_reconnect_ivl(1).unwrap();
        let monitor = Monitor::of(&context, &client, "self");
        // As the system chooses it sooner or later.
        client
            .connect(&format!("tcp://{address};{address}"))
            .unwrap();
        for _ in 0..20 {
            loop {
                match monitor.next().0 {
                    SocketEvent::CONNECTED => panic!("to whom?"),
                    SocketEvent::CONNECT_RETRIED => break,
                    _ => {}
                }
            }
        }
        drop(client);
        // And nothing of it keeps the port.
        monitor.wait(SocketEvent::MONITOR_STOPPED);
        drop(TcpListener::bind(address).unwrap());
    });
}
