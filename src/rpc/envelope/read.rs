//! Envelopes from bytes, as they may come from anybody.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};

use super::details::{Detail, from_wire};
use super::{Encoding, Envelope, ErrorReply, MAX_ENVELOPE, VERSION, kind, quick};
use crate::codec::{BodyError, BodyType};
use crate::rpc::CallError;
use crate::rpc::command::MAX_NAME;

/// An envelope that is refused.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rejection {
    /// The number that its sender has given to the call; 0 if that cannot be read.
    pub(crate) id: u64,
    /// The error that its sender should get, if it asked for something.
    pub(crate) error: ErrorReply,
}

/// Reads an envelope, and tells how it is encoded.
pub(crate) fn read(bytes: &[u8]) -> (Encoding, Result<Envelope<'_>, Rejection>) {
    match quick::read(bytes) {
        Some(envelope) => (Encoding::MessagePack, Ok(envelope)),
        None => read_any(bytes),
    }
}

/// Reads any envelope, by way of serde.
pub(super) fn read_any(bytes: &[u8]) -> (Encoding, Result<Envelope<'_>, Rejection>) {
    let encoding = Encoding::of(bytes);
    let mut rejection = Rejection {
        id: 0,
        error: protocol(""),
    };
    if bytes.len() > MAX_ENVELOPE {
        let size = bytes.len();
        rejection.error = protocol(&format!(
            "an envelope has no more than {MAX_ENVELOPE} bytes, and this one has {size}"
        ));
        return (encoding, Err(rejection));
    }
    let reader = Reader(&mut rejection);
    let read = encoding.body_type().visit_list(bytes, reader);
    let read = read.map_err(|error| {
        let said = matches!(&rejection.error, CallError::Protocol { reason } if !reason.is_empty());
        if !said {
            let reason = match error {
                BodyError::Invalid { reason, .. } => reason,
                BodyError::TooLarge { .. } => "it is too large".into(),
            };
            rejection.error = protocol(&format!(
                "the first frame is not an envelope in {}: {reason}",
                encoding.body_type()
            ));
        }
        rejection
    });
    (encoding, read)
}

fn protocol(reason: &str) -> ErrorReply {
    CallError::Protocol {
        reason: reason.into(),
    }
}

/// Reads the list; says in the rejection what is wrong with it, if that is more than bytes that are none.
struct Reader<'a>(&'a mut Rejection);

impl Reader<'_> {
    fn reject<T, E: de::Error>(&mut self, reason: &str) -> Result<T, E> {
        self.0.error = protocol(reason);
        Err(E::custom(reason))
    }

    fn body_type<E: de::Error>(&mut self, number: u64) -> Result<BodyType, E> {
        match BodyType::from_number(number) {
            Some(body) => Ok(body),
            None => self.reject(&format!(
                "there is no type of body with the number {number}"
            )),
        }
    }
}

fn next<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(
    list: &mut A,
    what: &str,
) -> Result<T, A::Error> {
    let next = list.next_element()?;
    next.ok_or_else(|| de::Error::custom(format_args!("{what} is missing")))
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Envelope<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Envelope<'de>, A::Error> {
        let version: u64 = next(&mut list, "the version")?;
        let kind: u64 = next(&mut list, "the kind")?;
        let id: u64 = next(&mut list, "the id")?;
        self.0.id = id;
        if version != VERSION {
            return self.reject(&format!(
                "the envelope has version {version}, and this end knows version {VERSION}"
            ));
        }
        let envelope = match kind {
            kind::CALL | kind::CAST => {
                let left: Option<u64> = next(&mut list, "the time left")?;
                let left = left.map(Duration::from_millis);
                let Text(name) = next(&mut list, "the name")?;
                if name.len() > MAX_NAME {
                    return self.reject(&format!("a name has no more than {MAX_NAME} bytes"));
                }
                let body = next(&mut list, "the type of the body")?;
                let body = self.body_type(body)?;
                match kind {
                    kind::CALL => Envelope::Call {
                        id,
                        left,
                        name,
                        body,
                    },
                    _ => Envelope::Cast {
                        id,
                        left,
                        name,
                        body,
                    },
                }
            }
            kind::REPLY => {
                let body = next(&mut list, "the type of the body")?;
                let body = self.body_type(body)?;
                Envelope::Reply { id, body }
            }
            kind::ERROR => {
                let code = next(&mut list, "the code")?;
                let Text(text) = next(&mut list, "the text")?;
                let details: Vec<Detail> = next(&mut list, "the list of details")?;
                let body: Option<u64> = next(&mut list, "the type of the body")?;
                let body = body.map(|it| self.body_type(it)).transpose()?;
                let error = from_wire(code, &text, details);
                Envelope::Error { id, error, body }
            }
            kind::ACCEPTED => Envelope::Accepted { id },
            kind::CANCEL => Envelope::Cancel { id },
            kind::PING => Envelope::Ping { id },
            kind::PONG => Envelope::Pong { id },
            kind::LIST => Envelope::List { id },
            kind => return self.reject(&format!("there is no kind {kind}")),
        };
        // What later versions of the same number may add.
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(envelope)
    }
}

/// A text, borrowed where that can be.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text<'a>, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}
