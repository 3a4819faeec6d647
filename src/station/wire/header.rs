//! The first frame of a message: to a node, by way of stations, or to the other end of a link.

use super::content::Content;
use super::fields::Fields;
use super::link::LinkMessage;
use super::reader::Reader;
use super::writer::Writer;
use super::{Malformed, Oversized};

/// The first byte, which no text in UTF-8 has: so messages in JSON are told apart on the same port.
pub(crate) const SIGNATURE: u8 = 0xf5;

const VERSION: u8 = 1;

/// How often a message is sent on, at most, if its sender does not say otherwise.
pub(crate) const TTL: u8 = 16;

/// How many bytes a first frame has, at most: 1 MiB.
pub(crate) const MAX_HEADER: usize = 1 << 20;

/// The kinds from here on are of a link, those below are sent on.
pub(super) const FIRST_OF_LINK: u8 = 16;

/// A first frame.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Header {
    /// To a node or a station, by way of others.
    Routed(Routed),
    /// To the other end of the link.
    Link(LinkMessage),
}

/// What is sent from one node to another.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Routed {
    /// How often it may still be sent on.
    pub(crate) ttl: u8,
    /// The order is kept within a lane: 0, but for streams.
    pub(crate) lane: u8,
    pub(crate) to: String,
    /// Where replies go to.
    pub(crate) from: String,
    /// The stations that it has to pass, in their order.
    pub(crate) hops: Vec<String>,
    pub(crate) content: Content,
}

impl Header {
    pub(crate) fn encode(&self) -> Result<Vec<u8>, Oversized> {
        let mut writer = Writer::default();
        writer.bytes(&[SIGNATURE, VERSION]);
        match self {
            Header::Routed(routed) => {
                writer.bytes(&[routed.content.kind(), routed.ttl]);
                routed.encode(&mut writer);
            }
            Header::Link(link) => {
                writer.bytes(&[link.kind(), 0]);
                link.encode(&mut writer);
            }
        }
        writer.finish(MAX_HEADER)
    }

    pub(crate) fn decode(frame: &[u8]) -> Result<Header, Malformed> {
        let (len, max) = (frame.len(), MAX_HEADER);
        if frame.first() != Some(&SIGNATURE) {
            return Err(Malformed::Foreign);
        }
        if len > max {
            return Err(Malformed::TooLong { len, max });
        }
        let mut reader = Reader::new(&frame[1..]);
        let version = reader.u8("version")?;
        if version != VERSION {
            return Err(Malformed::Version(version));
        }
        let [kind, ttl] = reader.take("kind and ttl")?;
        let header = match kind {
            FIRST_OF_LINK.. if ttl > 0 => return Err(Malformed::Unused("ttl")),
            FIRST_OF_LINK.. => Header::Link(LinkMessage::decode(kind, &mut reader)?),
            _ => Header::Routed(Routed::decode(kind, ttl, &mut reader)?),
        };
        reader.end()?;
        Ok(header)
    }
}

impl Routed {
    fn encode(&self, writer: &mut Writer) {
        let mut fields = self.content.fields();
        fields.lane = self.lane;
        fields.to.clone_from(&self.to);
        fields.from.clone_from(&self.from);
        fields.hops.clone_from(&self.hops);
        fields.encode(writer);
        self.content.encode_rest(writer);
    }

    fn decode(kind: u8, ttl: u8, reader: &mut Reader<'_>) -> Result<Routed, Malformed> {
        if !Content::is_known(kind) {
            return Err(Malformed::Kind(kind));
        }
        let mut fields = Fields::decode(reader)?;
        let content = Content::decode(kind, &mut fields, reader)?;
        fields.check_unused()?;
        Ok(Routed {
            ttl,
            lane: fields.lane,
            to: fields.to,
            from: fields.from,
            hops: fields.hops,
            content,
        })
    }
}
