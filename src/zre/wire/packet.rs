//! The first frame of each message between nodes (RFC 36), and nothing else.

use super::codec::{Malformed, Reader, put, put_count, put_long};
use crate::security::PublicKey;

/// The header in which a node tells its public key, in Z85.
pub(crate) const PUBLIC_KEY_HEADER: &str = "X-PUBLICKEY";

const SIGNATURE: [u8; 2] = [0xaa, 0xa1];

/// The version that all implementations send.
const VERSION: u8 = 2;

/// How long a first frame may be. Headers and groups are kept, so they are bounded. Contents are
/// frames of their own.
pub(crate) const LARGEST: usize = 1 << 20;

/// A packet between nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Packet {
    Hello(Hello),
    /// To one peer; its contents are the frames that follow.
    Whisper,
    /// To a group; its contents are the frames that follow.
    Shout {
        group: String,
    },
    /// `status` counts joins and leaves, after this one.
    Join {
        group: String,
        status: u8,
    },
    Leave {
        group: String,
        status: u8,
    },
    Ping,
    PingOk,
    /// Of zyre's, as the following; not in the RFC.
    Elect {
        group: String,
        challenger: String,
    },
    Leader {
        group: String,
        leader: String,
    },
    Goodbye,
    /// One that we do not know: it counts, and is ignored.
    Unknown(u8),
}

/// The first packet of a node, in which it describes itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Hello {
    pub endpoint: String,
    pub groups: Vec<String>,
    pub status: u8,
    pub name: String,
    pub headers: Vec<(String, String)>,
}

impl Packet {
    fn id(&self) -> u8 {
        match self {
            Packet::Hello(_) => 1,
            Packet::Whisper => 2,
            Packet::Shout { .. } => 3,
            Packet::Join { .. } => 4,
            Packet::Leave { .. } => 5,
            Packet::Ping => 6,
            Packet::PingOk => 7,
            Packet::Elect { .. } => 8,
            Packet::Leader { .. } => 9,
            Packet::Goodbye => 10,
            Packet::Unknown(id) => *id,
        }
    }

    /// The frame. A text is cut where it is too long for its length to be told: the texts of
    /// users are checked before.
    pub(crate) fn encode(&self, sequence: u16) -> Vec<u8> {
        let mut frame = Vec::with_capacity(32);
        frame.extend(SIGNATURE);
        frame.extend([self.id(), VERSION]);
        frame.extend(sequence.to_be_bytes());
        match self {
            Packet::Hello(hello) => hello.encode(&mut frame),
            Packet::Shout { group } => put(&mut frame, group),
            Packet::Join { group, status } | Packet::Leave { group, status } => {
                put(&mut frame, group);
                frame.push(*status);
            }
            Packet::Elect {
                group,
                challenger: node,
            }
            | Packet::Leader {
                group,
                leader: node,
            } => {
                put(&mut frame, group);
                put(&mut frame, node);
            }
            Packet::Whisper
            | Packet::Ping
            | Packet::PingOk
            | Packet::Goodbye
            | Packet::Unknown(_) => {}
        }
        frame
    }

    /// The sequence number and the packet. Texts that are not UTF-8 are read as far as they
    /// are (pyre cuts them in the middle of a character); bytes that follow are ignored.
    pub(crate) fn decode(frame: &[u8]) -> Result<(u16, Packet), Malformed> {
        if frame.len() > LARGEST {
            return Err(Malformed::new("it is longer than anybody needs"));
        }
        let mut reader = Reader::new(frame);
        if reader.take::<2>()? != SIGNATURE {
            return Err(Malformed::new("it does not begin as a ZRE message does"));
        }
        let [id, version] = reader.take()?;
        if version != VERSION {
            return Err(Malformed::new("it is of another version of ZRE"));
        }
        let sequence = u16::from_be_bytes(reader.take()?);
        let packet = match id {
            1 => Packet::Hello(Hello::decode(&mut reader)?),
            2 => Packet::Whisper,
            3 => Packet::Shout {
                group: reader.text()?,
            },
            4 => Packet::Join {
                group: reader.text()?,
                status: reader.byte()?,
            },
            5 => Packet::Leave {
                group: reader.text()?,
                status: reader.byte()?,
            },
            6 => Packet::Ping,
            7 => Packet::PingOk,
            8 => Packet::Elect {
                group: reader.text()?,
                challenger: reader.text()?,
            },
            9 => Packet::Leader {
                group: reader.text()?,
                leader: reader.text()?,
            },
            10 => Packet::Goodbye,
            id => Packet::Unknown(id),
        };
        Ok((sequence, packet))
    }
}

impl Hello {
    /// The key that the node tells. Of several headers of that name the last counts, as for all headers of a peer.
    pub(crate) fn public_key(&self) -> Option<PublicKey> {
        let mut headers = self.headers.iter().rev();
        let (_, key) = headers.find(|(key, _)| key == PUBLIC_KEY_HEADER)?;
        key.parse().ok()
    }

    fn encode(&self, frame: &mut Vec<u8>) {
        put(frame, &self.endpoint);
        put_count(frame, self.groups.len());
        for group in &self.groups {
            put_long(frame, group);
        }
        frame.push(self.status);
        put(frame, &self.name);
        put_count(frame, self.headers.len());
        for (key, value) in &self.headers {
            put(frame, key);
            put_long(frame, value);
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Hello, Malformed> {
        let endpoint = reader.text()?;
        let count = reader.count()?;
        let groups = (0..count)
            .map(|_| reader.long())
            .collect::<Result<_, _>>()?;
        let status = reader.byte()?;
        let name = reader.text()?;
        let count = reader.count()?;
        let headers = (0..count).map(|_| Ok((reader.text()?, reader.long()?)));
        Ok(Hello {
            endpoint,
            groups,
            status,
            name,
            headers: headers.collect::<Result<_, _>>()?,
        })
    }
}

/// Whether two messages that follow each other may have these numbers.
///
/// After 65,535 comes 0 (zyre, and the RFC); pyre and zyre.js leave 65,535 out.
pub(crate) fn follows(sequence: u16, last: u16) -> bool {
    sequence == last.wrapping_add(1) || (last == u16::MAX - 1 && sequence == 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits = hex.as_bytes().chunks(2);
        digits
            .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
            .collect()
    }

    /// Messages as zyre sent them.
    fn of_zyre() -> Vec<(u16, Packet, Vec<u8>)> {
        let group = || "G".to_owned();
        vec![
            (
                1,
                Packet::Hello(Hello {
                    endpoint: "tcp://10.77.0.1:49152".to_owned(),
                    groups: vec![group()],
                    status: 1,
                    name: "T".to_owned(),
                    headers: vec![("X-A".to_owned(), "1".to_owned())],
                }),
                bytes(
                    "aaa101020001157463703a2f2f31302e37372e302e313a3439313532\
                     0000000100000001470101540000000103582d410000000131",
                ),
            ),
            (4, Packet::Whisper, bytes("aaa102020004")),
            (
                5,
                Packet::Shout { group: group() },
                bytes("aaa1030200050147"),
            ),
            (
                3,
                Packet::Join {
                    group: "H".to_owned(),
                    status: 2,
                },
                bytes("aaa104020003014802"),
            ),
            (
                6,
                Packet::Leave {
                    group: "H".to_owned(),
                    status: 3,
                },
                bytes("aaa105020006014803"),
            ),
            (7, Packet::Ping, bytes("aaa106020007")),
            (2, Packet::Goodbye, bytes("aaa10a020002")),
            (
                0x20,
                Packet::Elect {
                    group: group(),
                    challenger: "6CD594DD7FB946E08C3B2490CB65BAF2".to_owned(),
                },
                bytes(
                    "aaa10802002001472036434435393444443746423934364530384333\
                     42323439304342363542414632",
                ),
            ),
        ]
    }

    #[test]
    fn ours_are_as_those_of_zyre() {
        for (sequence, packet, bytes) in of_zyre() {
            assert_eq!(packet.encode(sequence), bytes, "{packet:?}");
            assert_eq!(Packet::decode(&bytes), Ok((sequence, packet)));
        }
    }

    #[test]
    fn the_key_in_a_hello_of_zyre_is_read() {
        let hello = bytes(
            "aaa101020001157463703a2f2f31302e37372e302e313a3439313532000000010000000463686174010154\
             000000020b582d5055424c49434b4559000000287362297a2538465559767949762b596b47425a423c52346\
             5454230622a2d5e716621717a253a7d7207582d48454c4c4f00000005776f726c64",
        );
        let (1, Packet::Hello(hello)) = Packet::decode(&hello).unwrap() else {
            panic!("it is a HELLO");
        };
        let key = "sb)z%8FUYvyIv+YkGBZB<R4eEB0b*-^qf!qz%:}r".parse().unwrap();
        assert_eq!(hello.public_key(), Some(key));
        for other in ["", "no key"] {
            let headers = vec![(PUBLIC_KEY_HEADER.to_owned(), other.to_owned())];
            let hello = Hello {
                headers,
                ..Hello::default()
            };
            assert_eq!(hello.public_key(), None);
        }
    }

    #[test]
    fn a_packet_that_ends_too_early_is_malformed() {
        for (_, packet, bytes) in of_zyre() {
            for len in 0..bytes.len() {
                assert!(Packet::decode(&bytes[..len]).is_err(), "{packet:?}, {len}");
            }
        }
    }

    #[test]
    fn unknown_and_additional_parts_are_let_pass() {
        let unknown = bytes("aaa1630200070102");
        assert_eq!(Packet::decode(&unknown), Ok((7, Packet::Unknown(99))));
        let more = bytes("aaa1060200070102");
        assert_eq!(Packet::decode(&more), Ok((7, Packet::Ping)));
        assert!(Packet::decode(&bytes("aaa106010007")).is_err(), "version 1");
        assert!(Packet::decode(&bytes("aaa006020007")).is_err(), "of gossip");
    }

    #[test]
    fn a_greeting_that_is_far_too_long_is_malformed() {
        let hello = |len| {
            let headers = vec![("key".to_owned(), "v".repeat(len))];
            let hello = Hello {
                headers,
                ..Hello::default()
            };
            Packet::decode(&Packet::Hello(hello).encode(1))
        };
        assert!(hello(500_000).is_ok());
        assert!(hello(1 << 20).is_err());
    }

    #[test]
    fn a_text_cut_in_a_character_is_read() {
        let (_, packet) = Packet::decode(b"\xaa\xa1\x03\x02\0\x05\x02a\xc3").unwrap();
        let group = "a\u{fffd}".to_owned();
        assert_eq!(packet, Packet::Shout { group });
    }

    #[test]
    fn a_count_that_is_not_there_allocates_nothing() {
        let hello = bytes("aaa10102000100ffffffff");
        assert!(Packet::decode(&hello).is_err());
        let hello = bytes("aaa10102000100000003ff");
        assert!(Packet::decode(&hello).is_err());
    }

    #[test]
    fn numbers_wrap_as_zyre_and_as_pyre_count() {
        assert!(follows(1, 0) && follows(0, 65_535) && follows(0, 65_534));
        assert!(follows(65_535, 65_534) && follows(1, 0));
        assert!(!follows(2, 0) && !follows(0, 65_533) && !follows(5, 5));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_packet_or_malformed(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Packet::decode(&bytes);
        }

        #[test]
        fn anything_after_a_good_beginning_too(
            id in 0u8..12,
            rest in prop::collection::vec(prop_oneof![Just(0u8), 0u8..9, any::<u8>()], 0..60),
        ) {
            let frame = [&[0xaa, 0xa1, id, 2, 0, 1], &rest[..]].concat();
            if let Ok((sequence, packet)) = Packet::decode(&frame) {
                let again = packet.encode(sequence);
                prop_assert_eq!(Packet::decode(&again), Ok((sequence, packet)));
            }
        }

        #[test]
        fn a_hello_comes_back_as_it_was(
            endpoint in ".{0,60}", groups in prop::collection::vec(".{0,60}", 0..5), status: u8,
            name in ".{0,60}", headers in prop::collection::vec((".{0,60}", ".{0,300}"), 0..5),
        ) {
            let hello = Packet::Hello(Hello { endpoint, groups, status, name, headers });
            prop_assert_eq!(Packet::decode(&hello.encode(1)), Ok((1, hello)));
        }
    }
}
