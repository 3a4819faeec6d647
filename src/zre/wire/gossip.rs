//! The messages of gossip, as czmq's zgossip writes them.

use super::codec::{Malformed, Reader, put, put_long};

const SIGNATURE: [u8; 2] = [0xaa, 0xa0];
const VERSION: u8 = 1;

/// How long a value may be: it is kept, and handed on.
pub(crate) const LONGEST_VALUE: usize = 4096;

/// A message of gossip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GossipMessage {
    /// Asks for all tuples, and for those to come.
    Hello,
    /// A tuple. Its time to live, which zgossip does not use, is not kept.
    Publish {
        key: String,
        value: String,
    },
    Ping,
    Pong,
    /// The answer to a message that comes before a HELLO.
    Invalid,
}

impl GossipMessage {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let id = match self {
            GossipMessage::Hello => 1,
            GossipMessage::Publish { .. } => 2,
            GossipMessage::Ping => 3,
            GossipMessage::Pong => 4,
            GossipMessage::Invalid => 5,
        };
        let mut frame = Vec::from(SIGNATURE);
        frame.extend([id, VERSION]);
        if let GossipMessage::Publish { key, value } = self {
            put(&mut frame, key);
            put_long(&mut frame, value);
            frame.extend([0; 4]);
        }
        frame
    }

    pub(crate) fn decode(frame: &[u8]) -> Result<GossipMessage, Malformed> {
        let mut reader = Reader::new(frame);
        if reader.take::<2>()? != SIGNATURE {
            return Err(Malformed::new("it does not begin as gossip does"));
        }
        let [id, version] = reader.take()?;
        if version != VERSION {
            return Err(Malformed::new("it is of another version of gossip"));
        }
        match id {
            1 => Ok(GossipMessage::Hello),
            2 if frame.len() > 2 * LONGEST_VALUE => {
                Err(Malformed::new("it is longer than anybody needs"))
            }
            2 => {
                let (key, value) = (reader.text()?, reader.long()?);
                let [_, _, _, _] = reader.take()?;
                Ok(GossipMessage::Publish { key, value })
            }
            3 => Ok(GossipMessage::Ping),
            4 => Ok(GossipMessage::Pong),
            5 => Ok(GossipMessage::Invalid),
            _ => Err(Malformed::new("it is of an unknown kind")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ours_is_as_that_of_zgossip() {
        let of_zgossip = [
            (GossipMessage::Hello, &b"\xaa\xa0\x01\x01"[..]),
            (GossipMessage::Ping, b"\xaa\xa0\x03\x01"),
            (GossipMessage::Pong, b"\xaa\xa0\x04\x01"),
            (GossipMessage::Invalid, b"\xaa\xa0\x05\x01"),
            (
                GossipMessage::Publish {
                    key: "6CD594DD7FB946E08C3B2490CB65BAF2".to_owned(),
                    value: "tcp://10.77.0.1:9000".to_owned(),
                },
                b"\xaa\xa0\x02\x01\x206CD594DD7FB946E08C3B2490CB65BAF2\
                  \x00\x00\x00\x14tcp://10.77.0.1:9000\x00\x00\x00\x00",
            ),
        ];
        for (message, bytes) in of_zgossip {
            assert_eq!(message.encode(), bytes, "{message:?}");
            assert_eq!(GossipMessage::decode(bytes), Ok(message));
            for len in 0..bytes.len() {
                assert!(
                    GossipMessage::decode(&bytes[..len]).is_err(),
                    "{bytes:?}, {len}"
                );
            }
        }
    }

    #[test]
    fn a_value_that_is_far_too_long_is_malformed() {
        let (key, value) = ("key".to_owned(), "v".repeat(3 * LONGEST_VALUE));
        assert!(GossipMessage::decode(&GossipMessage::Publish { key, value }.encode()).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_talk_or_malformed(
            id in 0u8..7, rest in prop::collection::vec(any::<u8>(), 0..100),
        ) {
            let frame = [&[0xaa, 0xa0, id, 1], &rest[..]].concat();
            if let Ok(message) = GossipMessage::decode(&frame) {
                prop_assert_eq!(GossipMessage::decode(&message.encode()), Ok(message));
            }
        }
    }
}
