//! How many tiny frames are put together before they are written.

#![expect(unsafe_code, reason = "TCP_INFO is not in std")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;

use crate::{SOON, fact, socket};

const FRAMES: usize = 20_000;

/// The first bytes of a PULL without security: its greeting, and its READY.
const GREETING: [u8; 64] = {
    let mut greeting = [0; 64];
    greeting[0] = 0xff;
    greeting[9] = 0x7f;
    greeting[10] = 3;
    greeting[12] = b'N';
    greeting[13] = b'U';
    greeting[14] = b'L';
    greeting[15] = b'L';
    greeting
};
const READY: &[u8] = b"\x04\x1a\x05READY\x0bSocket-Type\0\0\0\x04PULL";

#[test]
fn a_thousand_tiny_frames_are_written_at_once_at_most() {
    fact(|| {
        let context = zmq::Context::new();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut push = socket(&context, zmq::PUSH);
        push.set_sndhwm(0).unwrap();
        // All of it would be one batch.
        set_out_batch(&mut push, 1 << 20);
        push.connect(&format!("tcp://{}", listener.local_addr().unwrap()))
            .unwrap();
        for _ in 0..FRAMES {
            push.send("x", 0).unwrap();
        }
        let (mut peer, _) = listener.accept().unwrap();
        peer.set_read_timeout(Some(SOON)).unwrap();
        peer.write_all(&GREETING).unwrap();
        peer.write_all(READY).unwrap();
        peer.read_exact(&mut [0; GREETING.len() + READY.len()])
            .unwrap();
        let mut sent = vec![0; 3 * FRAMES];
        peer.read_exact(&mut sent).unwrap();
        assert_eq!(sent, b"\0\x01x".repeat(FRAMES));
        // Each write makes a segment, if the system does not put some together; the handshake's few
        // come on top.
        let segments = segments_received(&peer);
        assert!(segments >= 10, "{segments} segments");
    });
}

/// Sets `ZMQ_OUT_BATCH_SIZE`, a draft that the zmq crate does not have.
fn set_out_batch(socket: &mut zmq::Socket, bytes: i32) {
    // SAFETY: the socket lives, and the value is an int, of which the size is told.
    let result = unsafe {
        zmq_sys::zmq_setsockopt(
            socket.as_mut_ptr(),
            102,
            (&raw const bytes).cast(),
            size_of_val(&bytes),
        )
    };
    assert_eq!(result, 0);
}

/// `tcpi_data_segs_in`: how many segments with data have come.
fn segments_received(peer: &TcpStream) -> u32 {
    let mut info = [0_u8; 156];
    let mut size = info.len() as libc::socklen_t;
    // SAFETY: the file is open, and `info` is as large as `size` says.
    let result = unsafe {
        libc::getsockopt(
            peer.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            info.as_mut_ptr().cast(),
            &raw mut size,
        )
    };
    assert_eq!((result, size as usize), (0, info.len()));
    u32::from_ne_bytes(*info.last_chunk().unwrap())
}
