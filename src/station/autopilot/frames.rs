//! What frames that were received say, without the routing id that a ROUTER puts before them.

use super::address::{MAX_PATH, check_length};
use super::{PeerMessage, Unreadable};
use crate::station::wire::SIGNATURE;

/// How many frames a message has, at most: a path, the recipient and the JSON.
pub(super) const MAX_FRAMES: usize = MAX_PATH + 2;

/// What an autopilot sends itself, and to others, so that they end.
const CLOSING: &[u8] = b"CLOSING";

/// Where frames come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// From who is connected to us, through our ROUTER.
    Below,
    /// From who we are connected to, through our DEALER.
    Above,
}

/// What was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Received {
    /// From below, to be sent back as it is: whoever sent it wants to know whether we are there.
    Ping,
    /// From above: our own ping. Whoever sent it back to us is there.
    Pong,
    Message(Box<Arrived>),
}

/// A message, and where it is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arrived {
    /// Our own name, or another's. A Net_Node takes all that it receives for its own.
    pub(crate) recipient: String,
    /// The stations that its sender wants it to pass, after us and before the recipient.
    pub(crate) path: Vec<String>,
    pub(crate) message: PeerMessage,
}

#[cfg(test)]
impl Arrived {
    /// The sender, if it is another one than the peer that we have it from: then it is reached by way of that peer.
    pub(crate) fn behind(&self, peer: &str) -> Option<&str> {
        let sender = self.message.sender.name();
        (!names(peer, sender)).then_some(sender)
    }
}

/// Whether a station of this name is meant: it answers to `_x`, too.
pub(crate) fn names(station: &str, name: &str) -> bool {
    name == station || name.strip_prefix('_') == Some(station)
}

/// Whether it is a message between our own stations, and no one of autopilot's.
pub(crate) fn is_native<F: AsRef<[u8]>>(frames: &[F]) -> bool {
    frames.first().and_then(|frame| frame.as_ref().first()) == Some(&SIGNATURE)
}

impl Received {
    /// Reads frames for the node of this name.
    ///
    /// The last is the JSON, and the one before it the recipient; others are a path. Of three, the first is not looked at:
    /// it is the next station's name, whether or not that is right. If the frames name nobody or us, the recipient is who
    /// the JSON says.
    pub(crate) fn read<F: AsRef<[u8]>>(
        frames: &[F],
        side: Side,
        us: &str,
    ) -> Result<Received, Unreadable> {
        let Some((json, before)) = frames.split_last() else {
            return Err(Unreadable::NoFrames);
        };
        if is_native(frames) {
            return Err(Unreadable::Native);
        }
        if frames.len() > MAX_FRAMES {
            return Err(Unreadable::ManyFrames(frames.len()));
        }
        match (json.as_ref(), side) {
            (b"", Side::Below) => return Ok(Received::Ping),
            (b"", Side::Above) => return Ok(Received::Pong),
            (CLOSING, _) => return Err(Unreadable::Closing),
            _ => {}
        }
        let recipient = before.last().map(name).transpose()?;
        let mut path = match before {
            [] | [_] | [_, _] => Vec::new(),
            [path @ .., _] => path.iter().map(name).collect::<Result<_, _>>()?,
        };
        // What we send by way of an autopilot has a station's name twice, and an empty frame between: see `Link`.
        path.retain(|name| !name.is_empty());
        path.dedup();
        if let Some(at) = path.iter().rposition(|name| names(us, name)) {
            path.drain(..=at);
        }
        if path.last() == recipient.as_ref() {
            path.pop();
        }
        let message = PeerMessage::decode(json.as_ref())?;
        let to = message.to.name();
        let recipient = match recipient {
            Some(name) if !names(us, &name) => name,
            _ if names(us, to) => us.to_owned(),
            _ => to.to_owned(),
        };
        Ok(Received::Message(Box::new(Arrived {
            recipient,
            path,
            message,
        })))
    }
}

fn name(frame: &impl AsRef<[u8]>) -> Result<String, Unreadable> {
    let bytes = frame.as_ref();
    let name = str::from_utf8(bytes).map_err(|_| Unreadable::NotUtf8("path"))?;
    check_length("path", name)?;
    Ok(name.to_owned())
}
