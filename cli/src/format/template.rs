//! The format of `-F`.

use std::time::{SystemTime, UNIX_EPOCH};

use zeroless::Message;

use super::escapes::escape;
use super::{Separators, join};

/// A text with places for what is known of a message.
#[derive(Debug, Clone)]
pub(crate) struct Template(Vec<Piece>);

#[derive(Debug, Clone)]
enum Piece {
    Text(Vec<u8>),
    All,
    Frame(usize),
    Payload,
    Frames,
    Bytes,
    Number,
    Time,
    UnixTime,
    Peer,
}

impl Template {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Template, String> {
        let mut pieces = Vec::new();
        let mut plain = Vec::new();
        let mut rest = text.as_bytes();
        while let [first, after @ ..] = rest {
            rest = after;
            match first {
                b'\\' => {
                    let (byte, length) = escape(after)?;
                    plain.push(byte);
                    rest = &after[length..];
                }
                b'%' => {
                    let [letter, after @ ..] = rest else {
                        return Err("a % at the end (write %% for one)".to_owned());
                    };
                    rest = after;
                    match piece(*letter) {
                        Some(piece) => {
                            pieces.push(Piece::Text(std::mem::take(&mut plain)));
                            pieces.push(piece);
                        }
                        None if *letter == b'%' => plain.push(b'%'),
                        None => return Err(format!("%{} is not known", char::from(*letter))),
                    }
                }
                byte => plain.push(*byte),
            }
        }
        pieces.push(Piece::Text(plain));
        Ok(Template(pieces))
    }

    /// Whether the peer is to be known.
    pub(crate) fn names_peer(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Peer))
    }

    /// Writes a message, which is the one of this number.
    pub(crate) fn encode(
        &self,
        message: &Message,
        number: u64,
        separators: &Separators,
        out: &mut Vec<u8>,
    ) {
        let now = SystemTime::now();
        let text = |out: &mut Vec<u8>, text: &dyn ToString| {
            out.extend_from_slice(text.to_string().as_bytes());
        };
        let between = separators.between();
        let as_is = |frame: &[u8], out: &mut Vec<u8>| out.extend_from_slice(frame);
        for piece in &self.0 {
            match piece {
                Piece::Text(plain) => out.extend_from_slice(plain),
                Piece::All => join(message, between, out, as_is),
                Piece::Frame(place) => out.extend_from_slice(
                    message
                        .get(*place)
                        .map(|frame| frame.as_bytes())
                        .unwrap_or_default(),
                ),
                Piece::Payload => {
                    let only = usize::from(message.frame_count() > 1);
                    let payload = message.frames().get(only..).unwrap_or_default();
                    join(&payload.into(), between, out, as_is);
                }
                Piece::Frames => text(out, &message.frame_count()),
                Piece::Bytes => text(out, &message.byte_count()),
                Piece::Number => text(out, &number),
                Piece::Time => text(out, &humantime::format_rfc3339_micros(now)),
                Piece::UnixTime => {
                    let time = now.duration_since(UNIX_EPOCH).unwrap_or_default();
                    text(out, &format_args!("{:.6}", time.as_secs_f64()));
                }
                Piece::Peer => match message.peer() {
                    Some(peer) => match peer.address() {
                        Some(address) => text(out, &address),
                        None => text(out, peer),
                    },
                    None => out.push(b'-'),
                },
            }
        }
    }
}

fn piece(letter: u8) -> Option<Piece> {
    Some(match letter {
        b'a' => Piece::All,
        b't' => Piece::Frame(0),
        b'1'..=b'9' => Piece::Frame(usize::from(letter - b'1')),
        b'p' => Piece::Payload,
        b'n' => Piece::Frames,
        b'l' => Piece::Bytes,
        b'c' => Piece::Number,
        b'T' => Piece::Time,
        b'U' => Piece::UnixTime,
        b'P' => Piece::Peer,
        _ => return None,
    })
}
