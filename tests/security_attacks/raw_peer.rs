//! A peer that speaks ZMTP (RFC 23) byte by byte, and says what it likes.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

/// How a peer's attempt to enter went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is in: the other end has sent READY.
    In,
    /// The other end has said that it may not.
    Denied,
    /// The other end has said nothing, and closed.
    Closed,
}

/// A connection.
pub(crate) struct RawPeer {
    stream: TcpStream,
    received: Vec<u8>,
}

impl RawPeer {
    /// Connects from an address of loopback, to a port of 127.0.0.1.
    pub(crate) fn connect(from: Ipv4Addr, port: u16) -> RawPeer {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((from, 0)).into()).unwrap();
        let to = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        socket.connect(&to.into()).unwrap();
        RawPeer {
            stream: socket.into(),
            received: Vec::new(),
        }
    }

    /// Sends bytes; the other end may have closed.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// Sends all that a client with PLAIN sends, and a message, without waiting for anything.
    pub(crate) fn storm(&mut self, user: &str, password: &str, message: &str) {
        let parts = [
            greeting("PLAIN"),
            hello(user, password),
            initiate(),
            frame(message),
        ];
        self.send(&parts.concat());
    }

    /// Enters as a client with PLAIN does, and sends a message once it is in.
    pub(crate) fn enter(
        &mut self,
        user: &str,
        password: &str,
        message: &str,
        limit: Duration,
    ) -> Outcome {
        self.send(&[greeting("PLAIN"), hello(user, password)].concat());
        let outcome = self.outcome(limit);
        if outcome == Outcome::In {
            self.send(&frame(message));
        }
        outcome
    }

    /// Reads until it is known how the attempt went; answers a WELCOME.
    pub(crate) fn outcome(&mut self, limit: Duration) -> Outcome {
        let until = Instant::now() + limit;
        let mut greeted = false;
        loop {
            if !greeted && self.received.len() >= 64 {
                self.received.drain(..64);
                greeted = true;
            }
            while greeted && let Some(name) = self.command() {
                match name.as_slice() {
                    b"WELCOME" => self.send(&initiate()),
                    b"READY" => return Outcome::In,
                    b"ERROR" => return Outcome::Denied,
                    _ => {}
                }
            }
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "it is neither answered nor closed");
            self.stream.set_read_timeout(Some(left)).unwrap();
            let mut more = [0; 256];
            match self.stream.read(&mut more) {
                Ok(0) => return Outcome::Closed,
                Ok(read) => self.received.extend(&more[..read]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                    return Outcome::Closed;
                }
                Err(_) => {}
            }
        }
    }

    /// Takes the next frame, if it is there: the name of the command in it.
    fn command(&mut self) -> Option<Vec<u8>> {
        let [_flags, length, rest @ ..] = self.received.as_slice() else {
            return None;
        };
        let body = rest.get(..usize::from(*length))?.to_owned();
        self.received.drain(..2 + body.len());
        // libzmq writes the name of PLAIN's ERROR so, by mistake.
        if body.starts_with(b"^RROR") {
            return Some(b"ERROR".to_vec());
        }
        let (length, name) = body.split_first()?;
        name.get(..usize::from(*length)).map(<[u8]>::to_owned)
    }
}

/// The greeting of ZMTP 3.0.
pub(crate) fn greeting(mechanism: &str) -> Vec<u8> {
    let mut bytes = vec![0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0];
    bytes.extend(mechanism.bytes());
    bytes.resize(64, 0);
    bytes
}

fn command(name: &str, body: &[u8]) -> Vec<u8> {
    let length = 1 + name.len() + body.len();
    let mut bytes = vec![4, u8::try_from(length).unwrap(), name.len() as u8];
    bytes.extend(name.bytes());
    bytes.extend(body);
    bytes
}

pub(crate) fn hello(user: &str, password: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for text in [user, password] {
        body.push(u8::try_from(text.len()).unwrap());
        body.extend(text.bytes());
    }
    command("HELLO", &body)
}

fn metadata() -> Vec<u8> {
    let mut body = vec![11];
    body.extend(b"Socket-Type");
    body.extend([0, 0, 0, 4]);
    body.extend(b"PUSH");
    body
}

pub(crate) fn initiate() -> Vec<u8> {
    command("INITIATE", &metadata())
}

pub(crate) fn ready() -> Vec<u8> {
    command("READY", &metadata())
}

/// A message of one frame.
pub(crate) fn frame(text: &str) -> Vec<u8> {
    let mut bytes = vec![0, u8::try_from(text.len()).unwrap()];
    bytes.extend(text.bytes());
    bytes
}
