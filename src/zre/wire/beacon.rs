//! A beacon: the datagram by which a node says that it is here, or that it leaves (RFC 36).

use crate::zre::uuid::Uuid;

/// How many bytes a beacon has: "ZRE", the version, the uuid and the port.
pub(crate) const SIZE: usize = 22;

const VERSION: u8 = 1;

/// A beacon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Beacon {
    pub uuid: Uuid,
    /// Where the node's inbox is, at the address that the beacon comes from; 0 if it leaves.
    pub port: u16,
}

impl Beacon {
    pub(crate) fn encode(&self) -> [u8; SIZE] {
        let mut bytes = [0; SIZE];
        bytes[..3].copy_from_slice(b"ZRE");
        bytes[3] = VERSION;
        bytes[4..20].copy_from_slice(self.uuid.as_bytes());
        bytes[20..].copy_from_slice(&self.port.to_be_bytes());
        bytes
    }

    /// `None` for other bytes, or a beacon of another version.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Beacon> {
        let bytes: &[u8; SIZE] = bytes.try_into().ok()?;
        let rest = bytes.strip_prefix(b"ZRE")?.strip_prefix(&[VERSION])?;
        let (uuid, port) = rest.split_first_chunk::<16>()?;
        Some(Beacon {
            uuid: Uuid::from(*uuid),
            port: u16::from_be_bytes(port.try_into().ok()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A beacon of zyre's.
    const OF_ZYRE: [u8; SIZE] = *b"\x5a\x52\x45\x01\x76\x5c\xd9\x47\xdf\xb9\x46\xe0\x8c\x23\x2d\x90\xcb\x65\xba\xf2\xc0\x00";

    #[test]
    fn ours_is_as_that_of_zyre() {
        let beacon = Beacon::decode(&OF_ZYRE).unwrap();
        assert_eq!(beacon.port, 49152);
        assert_eq!(beacon.encode(), OF_ZYRE);
    }

    #[test]
    fn other_bytes_are_not_a_beacon() {
        for len in 0..SIZE {
            assert_eq!(Beacon::decode(&OF_ZYRE[..len]), None);
        }
        let with = |at: usize, byte: u8| {
            let mut bytes = OF_ZYRE;
            bytes[at] = byte;
            bytes
        };
        assert_eq!(Beacon::decode(&with(0, b'z')), None);
        assert_eq!(Beacon::decode(&with(3, 3)), None, "of a secure node");
        assert_eq!(Beacon::decode(&[0; 54]), None);
    }
}
