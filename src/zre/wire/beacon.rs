//! A beacon: the datagram by which a node says that it is here, or that it leaves (RFC 36).

use crate::security::PublicKey;
use crate::zre::uuid::Uuid;

/// How many bytes a beacon has: "ZRE", the version, the uuid and the port.
const SIZE: usize = 22;

/// How many bytes the longest has: zyre's version 3, in which the public key follows.
pub(crate) const LONGEST: usize = SIZE + 32;

/// The versions: of a node without a key, and of one with it. There is no version 2.
const VERSION: u8 = 1;
const VERSION_WITH_KEY: u8 = 3;

/// A beacon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Beacon {
    pub uuid: Uuid,
    /// Where the node's inbox is, at the address that the beacon comes from; 0 if it leaves.
    pub port: u16,
    /// The key of the node, if it speaks CURVE.
    pub key: Option<PublicKey>,
}

impl Beacon {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let version = match self.key {
            Some(_) => VERSION_WITH_KEY,
            None => VERSION,
        };
        let mut bytes = Vec::with_capacity(LONGEST);
        bytes.extend(b"ZRE");
        bytes.push(version);
        bytes.extend(self.uuid.as_bytes());
        bytes.extend(self.port.to_be_bytes());
        bytes.extend(self.key.iter().flat_map(PublicKey::as_bytes));
        bytes
    }

    /// `None` for other bytes, or a beacon of another version.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Beacon> {
        let (version, rest) = bytes.strip_prefix(b"ZRE")?.split_first()?;
        let (uuid, rest) = rest.split_first_chunk::<16>()?;
        let (port, rest) = rest.split_first_chunk::<2>()?;
        let key = match (*version, rest) {
            (VERSION, []) => None,
            (VERSION_WITH_KEY, key) => Some(PublicKey::from(<[u8; 32]>::try_from(key).ok()?)),
            _ => return None,
        };
        Some(Beacon {
            uuid: Uuid::from(*uuid),
            port: u16::from_be_bytes(*port),
            key,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A beacon of zyre's.
    const OF_ZYRE: [u8; SIZE] = *b"\x5a\x52\x45\x01\x76\x5c\xd9\x47\xdf\xb9\x46\xe0\x8c\x23\x2d\x90\xcb\x65\xba\xf2\xc0\x00";

    /// The public key of a zyre node, and its beacon.
    const KEY: &str = "sb)z%8FUYvyIv+YkGBZB<R4eEB0b*-^qf!qz%:}r";
    const WITH_KEY: [u8; LONGEST] = *b"\x5a\x52\x45\x03\xb9\x6e\x77\x1f\x79\x3b\x4c\x14\x96\x79\x4a\x74\x46\x7a\x84\xd4\xc0\x00\x57\x8e\x04\x68\x1a\x6a\x9a\x00\x6b\x69\x70\xf6\x3f\xc8\x19\x59\xe5\x12\xf3\x3c\x73\x20\x7b\x85\xd1\x6c\x1c\x6a\x6f\xed\xb5\x08";

    #[test]
    fn ours_is_as_that_of_zyre() {
        let beacon = Beacon::decode(&OF_ZYRE).unwrap();
        assert_eq!((beacon.port, beacon.key), (49152, None));
        assert_eq!(beacon.encode(), OF_ZYRE);

        let secured = Beacon::decode(&WITH_KEY).unwrap();
        let key = secured.key.map(|key| key.to_string());
        assert_eq!((secured.port, key.as_deref()), (49152, Some(KEY)));
        assert_eq!(secured.encode(), WITH_KEY);
    }

    #[test]
    fn other_bytes_are_not_a_beacon() {
        for len in 0..SIZE {
            assert_eq!(Beacon::decode(&OF_ZYRE[..len]), None);
        }
        for len in 0..LONGEST {
            assert_eq!(Beacon::decode(&WITH_KEY[..len]), None, "{len}");
        }
        let with = |mut bytes: Vec<u8>, at: usize, byte: u8| {
            bytes[at] = byte;
            Beacon::decode(&bytes)
        };
        assert_eq!(with(OF_ZYRE.to_vec(), 0, b'z'), None);
        assert_eq!(with(OF_ZYRE.to_vec(), 3, 2), None, "of an unknown version");
        assert_eq!(
            with(OF_ZYRE.to_vec(), 3, 3),
            None,
            "without the key of its version"
        );
        assert_eq!(
            with(WITH_KEY.to_vec(), 3, 1),
            None,
            "with a key that its version has not"
        );
        assert_eq!(Beacon::decode(&[0; LONGEST]), None);
        assert_eq!(Beacon::decode(&[WITH_KEY.to_vec(), vec![0]].concat()), None);
    }
}
