//! Why an attempt to connect has failed.

use std::io::{Error, ErrorKind};
use std::net::TcpListener;

use zmq::SocketEvent;

use crate::{Monitor, fact, socket};

#[test]
fn a_connection_that_nobody_takes_says_so_before_it_is_tried_again() {
    fact(|| {
        let context = zmq::Context::new();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let client = socket(&context, zmq::PUSH);
        let monitor = Monitor::of(&context, &client, "connect-failure");
        client.connect(&format!("tcp://{address}")).unwrap();
        for _ in 0..3 {
            let mut failure = 0;
            loop {
                match monitor.next() {
                    (SocketEvent::CONNECT_DELAYED, errno) => failure = errno,
                    (SocketEvent::CONNECT_RETRIED, _) => break,
                    _ => {}
                }
            }
            let failure = Error::from_raw_os_error(failure as i32);
            assert_eq!(failure.kind(), ErrorKind::ConnectionRefused);
        }
    });
}
