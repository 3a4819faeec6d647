//! Programs of autopilot: a node speaks for those that it is connected to, as if each were a node with flows of its own.

mod from_peers;
mod to_peers;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Instant;

use log::warn;

use super::Core;
use crate::message::Frame;
use crate::station::Life;
use crate::station::autopilot::Side;
use crate::station::machine::{Forward, LinkId};
use crate::station::net::transmission::{Origin, SentBody, Transmission};
use crate::station::wire::{
    Admitted, Claim, LinkMessage, Outcome, Registration, Row, RowState, TTL,
};

impl Core {
    /// The life of a program of this name, while this node lives: it has none of its own.
    fn peer_life(&self, name: &str) -> Life {
        let mut life = [0; 16];
        for (part, half) in life.chunks_mut(8).enumerate() {
            let mut hasher = DefaultHasher::new();
            (part, self.life, name).hash(&mut hasher);
            half.copy_from_slice(&hasher.finish().to_ne_bytes());
        }
        Life::from(life)
    }

    /// The link to the program that a message would go to, if it is one.
    pub(super) fn peer_link(&self, to: &str, hops: &[String]) -> Option<LinkId> {
        // Without a name it is for whoever is at the other end of a link.
        if self.peers.is_empty() || to.is_empty() {
            return None;
        }
        match self.routes.forward(None, to, hops, TTL) {
            Forward::To { link, .. } => Some(link).filter(|link| self.peers.has(*link)),
            // Its name may not be confirmed yet.
            Forward::Refuse(_) => {
                let mut hops = hops.iter().filter(|hop| ***hop != *self.name);
                self.peers.link_of(hops.next().map_or(to, |hop| hop))
            }
            Forward::Here => None,
        }
    }

    /// There is a link to the station above, which is one of autopilot's.
    pub(super) fn peer_above(&mut self, link: LinkId, now: Instant) {
        let Some(name) = self.peers.above.clone() else {
            return;
        };
        self.peers.insert(link, &name, Side::Above);
        self.send_frames(link, crate::station::autopilot::ping(&name), None);
        self.retry_unsent(now);
    }

    /// A program has been heard by a link: it is to be reached under its name, as is who has sent something by way of it.
    fn meet(
        &mut self,
        link: LinkId,
        (own, sender): (&str, &str),
        now: Instant,
    ) -> Result<(), String> {
        for name in [own, sender] {
            if *name == *self.name {
                return Err(format!("a program of autopilot has our own id, {name}"));
            }
            let Some((number, is_held)) = self.peers.meet(link, name, now)? else {
                continue;
            };
            let claim = Claim {
                name: name.to_owned(),
                life: self.peer_life(name),
                moves: vec![number],
            };
            let told = match name == own {
                true => LinkMessage::Register(Registration { claim, is_held }),
                false => LinkMessage::Advert(vec![Row {
                    claim,
                    state: match is_held {
                        true => RowState::Confirmed,
                        false => RowState::Claimed,
                    },
                }]),
            };
            self.routes.received(link, told, now);
            self.retry_unsent(now);
        }
        Ok(())
    }

    /// What a node would be told of its link: we answer for the program.
    pub(super) fn told_to_peer(&mut self, link: LinkId, message: LinkMessage, now: Instant) {
        let station = self.peers.get(link).map(|peer| self.peer_life(&peer.name));
        let Some(station) = station else {
            return;
        };
        let admitted = |claim: Claim| {
            LinkMessage::Registered(Admitted {
                name: claim.name,
                life: claim.life,
                outcome: Outcome::Ok,
                station,
                ancestors: Vec::new(),
            })
        };
        match message {
            LinkMessage::Ping => {
                let pong = LinkMessage::Pong {
                    life: station,
                    is_registered: true,
                    ancestors: Vec::new(),
                };
                self.received(link, pong, now);
            }
            LinkMessage::Register(it) => self.received(link, admitted(it.claim), now),
            LinkMessage::Advert(rows) if self.parent == Some(link) => {
                let claimed = rows.into_iter();
                for row in claimed.filter(|row| row.state == RowState::Claimed) {
                    self.received(link, admitted(row.claim), now);
                }
            }
            LinkMessage::Registered(it) if it.outcome != Outcome::Ok => {
                warn!(
                    "another node has the id {}: what a program of autopilot of that id sends is not taken",
                    it.name
                );
                self.peers.refuse(link, &it.name, now);
            }
            _ => {}
        }
    }

    /// Programs are silent where nodes send PINGs: a link is lost when nothing can be sent over it.
    pub(super) fn hear_peers(&mut self, now: Instant) {
        let below: Vec<_> = self.peers.below().collect();
        below.iter().for_each(|link| self.routes.heard(*link, now));
    }

    /// Sends frames to a program: of the message of this number, if somebody waits for it.
    fn send_frames(&mut self, link: LinkId, frames: Vec<Vec<u8>>, message: Option<u64>) {
        let mut frames = frames.into_iter().map(Frame::from);
        if let Some(header) = frames.next() {
            self.out.push_back(Transmission {
                link,
                header,
                body: SentBody::Forwarded(frames.collect()),
                origin: Origin::Peer { message },
            });
        }
    }
}
