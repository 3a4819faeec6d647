//! Peers of ZMTP 2.0 are taken as others are; older ones, and peers without ZMTP, are refused.

mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use support::{SOON, deadline, pause, until};
use zeroless::{Client, ConnectionEvent, Libzmq, Options, Refusal, Server, capabilities};

/// How long a handshake may take, in these tests.
const HANDSHAKE: Duration = Duration::from_millis(200);

/// ZMTP 2.0's greeting of a PUSH without identity.
const GREETING: &[u8] = b"\xff\0\0\0\0\0\0\0\x01\x7f\x01\x08\0\0";

/// Any other libzmq takes them.
fn is_ours() -> bool {
    capabilities().unwrap().libzmq == Libzmq::Zeroless
}

#[test]
fn a_peer_of_zmtp_2_stays_for_all_of_its_time() {
    deadline(|| {
        // Older ones cut it when the time for a handshake is over.
        if capabilities().unwrap().version < (4, 3, 5) {
            return;
        }
        let options = Options::default().handshake_timeout(HANDSHAKE);
        let server = Server::bind_local(0).unwrap().options(options);
        let pull = server.pull().unwrap();
        let mut peer = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
        peer.write_all(GREETING).unwrap();
        if is_ours() {
            pull.wait_connected(1, SOON).unwrap();
        }
        let began = Instant::now();
        let mut sent = 0_u8;
        while began.elapsed() < 5 * HANDSHAKE {
            peer.write_all(&[0, 1, sent]).unwrap();
            assert_eq!(pull.recv_timeout(SOON).unwrap()[0], [sent]);
            sent = sent.wrapping_add(1);
            pause();
        }
        if is_ours() {
            pull.wait_connected(1, Duration::ZERO).unwrap();
            drop(peer);
            until(|| pull.wait_connected(1, Duration::ZERO).is_err());
        }
    });
}

#[test]
fn a_client_of_zmtp_1_is_refused() {
    deadline(|| {
        if !is_ours() {
            return;
        }
        let server = Server::bind_local(0).unwrap();
        let pull = server.pull().unwrap();
        let mut events = pull.connection_events().unwrap();
        let mut peer = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
        // No identity, and a message.
        peer.write_all(b"\x01\0\x03\0hi").unwrap();
        let failed = events.find_map(|event| match event {
            ConnectionEvent::HandshakeFailed { refusal, .. } => Some(refusal),
            _ => None,
        });
        assert_eq!(failed, Some(Refusal::NotZmq));
        let _ = peer.set_read_timeout(Some(SOON));
        let ended = peer.read_to_end(&mut Vec::new());
        assert!(!ended.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock));
        assert!(pull.try_recv().is_err(), "nothing of it came");
    });
}

#[test]
fn a_server_of_http_is_not_zmq() {
    deadline(|| {
        if !is_ours() {
            return;
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let mut kept = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                // It does not close.
                let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
                kept.push(stream);
            }
        });
        let push = Client::connect(port).unwrap().push().unwrap();
        until(|| push.status().is_err());
        let error = push.status().unwrap_err();
        assert_eq!(error.refusal(), Some(&Refusal::NotZmq));
    });
}
