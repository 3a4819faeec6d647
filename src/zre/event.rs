//! The events of a node.

use std::fmt;

use super::peer::Peer;
use crate::message::Message;

/// Something that happened, as [`Node::events`](super::Node::events) tells it.
///
/// The names are those of zyre's events.
///
/// ```
/// # use zeroless::zre::Event;
/// fn show(event: &Event) {
///     match event {
///         Event::Enter { peer } => println!("{} is here", peer.name()),
///         Event::Shout { peer, group, message } => println!("{group}: {}: {message}", peer.name()),
///         _ => {}
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A peer is here, and can be whispered to: it has greeted us, and has answered at its endpoint.
    Enter {
        /// The peer.
        peer: Peer,
    },
    /// A peer has been silent, and has not yet answered when asked whether it is there.
    Evasive {
        /// The peer.
        peer: Peer,
    },
    /// A peer has been silent for longer still.
    Silent {
        /// The peer.
        peer: Peer,
    },
    /// A peer has left, or has been silent for so long that it is given up.
    ///
    /// After a goodbye it is told once the peer has not answered for half a second: with a beacon,
    /// anybody can say goodbye in its name.
    Exit {
        /// The peer.
        peer: Peer,
    },
    /// A peer has joined a group.
    Join {
        /// The peer.
        peer: Peer,
        /// The group's name.
        group: String,
    },
    /// A peer has left a group.
    Leave {
        /// The peer.
        peer: Peer,
        /// The group's name.
        group: String,
    },
    /// A peer has sent a message to this node alone.
    Whisper {
        /// The peer.
        peer: Peer,
        /// Its frames.
        message: Message,
    },
    /// A peer has sent a message to a group that this node is in.
    Shout {
        /// The peer.
        peer: Peer,
        /// The group's name.
        group: String,
        /// Its frames.
        message: Message,
    },
    /// A group that this node is in has a new leader; see
    /// [`Builder::contest`](super::Builder::contest).
    Leader {
        /// The leader; `None` if it is this node itself.
        peer: Option<Peer>,
        /// The group's name.
        group: String,
    },
    /// Events were dropped, because nobody took them while the queue was full.
    Missed {
        /// How many.
        events: u64,
    },
    /// This node was stopped: nothing follows.
    Stop,
}

impl Event {
    /// The peer that it is about.
    ///
    /// ```
    /// assert!(zeroless::zre::Event::Stop.peer().is_none());
    /// ```
    pub fn peer(&self) -> Option<&Peer> {
        match self {
            Event::Enter { peer }
            | Event::Evasive { peer }
            | Event::Silent { peer }
            | Event::Exit { peer }
            | Event::Join { peer, .. }
            | Event::Leave { peer, .. }
            | Event::Whisper { peer, .. }
            | Event::Shout { peer, .. } => Some(peer),
            Event::Leader { peer, .. } => peer.as_ref(),
            Event::Missed { .. } | Event::Stop => None,
        }
    }
}

/// The event in a line; of a message its size, never its contents.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = |message: &Message| {
            let (frames, bytes) = message.size();
            format!("{frames} frames, {bytes} bytes")
        };
        match self {
            Event::Enter { peer } => write!(f, "ENTER {peer}"),
            Event::Evasive { peer } => write!(f, "EVASIVE {peer}"),
            Event::Silent { peer } => write!(f, "SILENT {peer}"),
            Event::Exit { peer } => write!(f, "EXIT {peer}"),
            Event::Join { peer, group } => write!(f, "JOIN {group}: {peer}"),
            Event::Leave { peer, group } => write!(f, "LEAVE {group}: {peer}"),
            Event::Whisper { peer, message } => write!(f, "WHISPER {peer}: {}", size(message)),
            Event::Shout {
                peer,
                group,
                message,
            } => write!(f, "SHOUT {group}: {peer}: {}", size(message)),
            Event::Leader { peer, group } => match peer {
                Some(peer) => write!(f, "LEADER {group}: {peer}"),
                None => write!(f, "LEADER {group}: this node"),
            },
            Event::Missed { events } => write!(f, "MISSED {events} events"),
            Event::Stop => f.write_str("STOP"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::message::Frames;
    use crate::zre::Uuid;
    use crate::zre::peer::Profile;

    #[test]
    fn a_line_tells_the_size_of_a_message_and_not_its_content() {
        let peer = Peer::new(Profile {
            id: Uuid::from([0xab; 16]),
            name: "alice".to_owned(),
            endpoint: "tcp://10.0.0.7:9".parse().unwrap(),
            public_key: None,
            headers: BTreeMap::new(),
        });
        let (group, message) = ("chat".to_owned(), ("secret", "password").into_message());
        let shout = Event::Shout {
            peer,
            group,
            message: message.unwrap(),
        };
        let id = "AB".repeat(16);
        let line = format!("SHOUT chat: alice ({id}) at tcp://10.0.0.7:9: 2 frames, 14 bytes");
        assert_eq!(shout.to_string(), line);
        assert_eq!(Event::Stop.to_string(), "STOP");
    }
}
