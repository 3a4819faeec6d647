//! A stranger that speaks ZMTP by hand, so that a hundred thousand of them cost little.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

use socket2::SockRef;

/// A connection to a node, as the DEALER that calls itself so.
pub(crate) struct Stranger(TcpStream);

impl Stranger {
    /// Connects, and says all this: messages of frames.
    pub(crate) fn say(endpoint: &str, identity: &[u8], messages: &[Vec<Vec<u8>>]) -> Stranger {
        let mut stream = half_open(endpoint);
        let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
        // The node may hang up at any time.
        let _ =
            stream.write_all(&[&b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\0NULL"[..], &[0; 48]].concat());
        let _ = stream.read_exact(&mut [0; 64]);
        let mut ready = b"\x05READY\x0bSocket-Type\0\0\0\x06DEALER\x08Identity\0\0\0".to_vec();
        ready.push(identity.len() as u8);
        ready.extend(identity);
        let _ = stream.write_all(&[&[4, ready.len() as u8][..], &ready].concat());
        let mut stranger = Stranger(stream);
        stranger.add(messages);
        stranger
    }

    /// Says more.
    fn add(&mut self, messages: &[Vec<Vec<u8>>]) {
        let mut bytes = Vec::new();
        for message in messages {
            for (place, frame) in message.iter().enumerate() {
                let more = u8::from(place + 1 < message.len());
                bytes.push(more | 2);
                bytes.extend((frame.len() as u64).to_be_bytes());
                bytes.extend(frame);
            }
        }
        let _ = self.0.write_all(&bytes);
    }

    /// Closes once the node has closed, or has read everything.
    pub(crate) fn leave(mut self) {
        let _ = self.0.shutdown(Shutdown::Write);
        let _ = io::copy(&mut self.0, &mut io::sink());
        // Leaves no trace, for which there would not be ports enough.
        let _ = SockRef::from(&self.0).set_linger(Some(Duration::ZERO));
    }
}

/// A connection to a node, on which nothing was said.
pub(crate) fn half_open(endpoint: &str) -> TcpStream {
    let address = endpoint.strip_prefix("tcp://").expect("an endpoint");
    TcpStream::connect(address).expect("a connection")
}

/// Ports on all addresses of loopback, where connections are made and nobody ever speaks.
pub(crate) struct Mute([TcpListener; 16]);

impl Mute {
    pub(crate) fn new() -> Mute {
        Mute(std::array::from_fn(|_| {
            TcpListener::bind("0.0.0.0:0").expect("a port")
        }))
    }

    /// One of them.
    pub(crate) fn port(&self, dice: &mut Dice) -> u16 {
        let listener = &self.0[dice.below(self.0.len())];
        listener.local_addr().expect("it is bound").port()
    }

    /// One of them, at an address that is not an honest node's.
    pub(crate) fn endpoint(&self, dice: &mut Dice) -> String {
        let [a, b] = dice.bytes();
        format!("tcp://127.7.{}.{}:{}", a % 8, b % 8, self.port(dice))
    }
}

/// Numbers as if at random, the same in each run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        mixed ^ (mixed >> 32)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.roll() % end as u64) as usize
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.roll() as u8)
    }
}
