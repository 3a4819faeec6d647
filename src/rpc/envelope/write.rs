//! Envelopes as bytes.

use serde::ser::{Serialize, SerializeSeq, Serializer};

use super::details::to_wire;
use super::quick::{self, millis};
use super::{Encoding, Envelope, VERSION, kind};
use crate::codec::BodyError;
use crate::message::Frame;

/// An envelope as a frame.
pub(crate) fn to_frame(envelope: &Envelope<'_>, encoding: Encoding) -> Frame {
    let quick = match encoding {
        Encoding::MessagePack => quick::write(envelope),
        Encoding::Json => None,
    };
    match quick {
        Some(bytes) => Frame::from(&bytes[..]),
        // It cannot fail: see there.
        None => write(envelope, encoding).unwrap_or_default().into(),
    }
}

/// An envelope as bytes, by way of serde.
///
/// # Errors
///
/// None for a name that a command may have: texts of errors are cut.
pub(crate) fn write(envelope: &Envelope<'_>, encoding: Encoding) -> Result<Vec<u8>, BodyError> {
    encoding.body_type().encode(envelope)
}

impl Serialize for Envelope<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let id = self.id();
        let list = |kind: u64, length: usize| {
            let mut list = serializer.serialize_seq(Some(3 + length))?;
            for number in [VERSION, kind, id] {
                list.serialize_element(&number)?;
            }
            Ok(list)
        };
        let (kind, left, name, body) = match self {
            Envelope::Call {
                left, name, body, ..
            } => (kind::CALL, left, name, body),
            Envelope::Cast {
                left, name, body, ..
            } => (kind::CAST, left, name, body),
            Envelope::Reply { body, .. } => {
                let mut list = list(kind::REPLY, 1)?;
                list.serialize_element(&body.number())?;
                return list.end();
            }
            Envelope::Error { error, body, .. } => {
                let (code, text, details) = to_wire(error);
                let mut list = list(kind::ERROR, 4)?;
                list.serialize_element(&code)?;
                list.serialize_element(&text)?;
                list.serialize_element(&details)?;
                list.serialize_element(&body.map(|it| it.number()))?;
                return list.end();
            }
            Envelope::Accepted { .. } => return list(kind::ACCEPTED, 0)?.end(),
            Envelope::Cancel { .. } => return list(kind::CANCEL, 0)?.end(),
            Envelope::Ping { .. } => return list(kind::PING, 0)?.end(),
            Envelope::Pong { .. } => return list(kind::PONG, 0)?.end(),
            Envelope::List { .. } => return list(kind::LIST, 0)?.end(),
        };
        let mut list = list(kind, 3)?;
        list.serialize_element(&left.map(millis))?;
        list.serialize_element(name)?;
        list.serialize_element(&body.number())?;
        list.end()
    }
}
