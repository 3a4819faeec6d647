//! The messages between ZRE nodes, made by hand.

#![allow(dead_code, reason = "each test uses its own part of this")]

use zeroless::zre::Uuid;

/// The kinds of messages, by number.
pub(crate) const WHISPER: u8 = 2;
pub(crate) const SHOUT: u8 = 3;
pub(crate) const JOIN: u8 = 4;
pub(crate) const LEAVE: u8 = 5;
pub(crate) const PING: u8 = 6;
pub(crate) const PING_OK: u8 = 7;

/// The connection identity of a node.
pub(crate) fn identity(uuid: Uuid) -> Vec<u8> {
    [&[1][..], uuid.as_bytes()].concat()
}

/// A HELLO without groups, of nobody's, which says that it is at this endpoint.
pub(crate) fn hello(endpoint: &str) -> Vec<u8> {
    let mut frame = b"\xaa\xa1\x01\x02\x00\x01".to_vec();
    frame.push(endpoint.len() as u8);
    frame.extend(endpoint.as_bytes());
    frame.extend(b"\x00\x00\x00\x00\x00\x04mall\x00\x00\x00\x01\x01k\x00\x00\x00\x01v");
    frame
}

/// The first frame of any other message.
pub(crate) fn packet(id: u8, sequence: u16, body: &[u8]) -> Vec<u8> {
    let [high, low] = sequence.to_be_bytes();
    [&[0xaa, 0xa1, id, 2, high, low], body].concat()
}

/// A beacon; with port 0 a goodbye.
pub(crate) fn beacon(uuid: Uuid, port: u16) -> Vec<u8> {
    [&b"ZRE\x01"[..], uuid.as_bytes(), &port.to_be_bytes()].concat()
}
