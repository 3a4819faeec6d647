//! Frames that have come over a link: they are for this node, or go on.

use std::time::Instant;

use super::Core;
use crate::message::Frame;
use crate::station::autopilot::is_native;
use crate::station::machine::{Forward, LinkId};
use crate::station::net::transmission::{Origin, SentBody, Transmission};
use crate::station::wire::{Content, Header, LinkMessage, Outcome, Refusal, Routed, TTL};

/// Where the header has how often it may still be sent on.
const TTL_AT: usize = 3;

impl Core {
    /// A message has come over a link; with its sender's routing id, if that has connected to us. Gives what is wrong with it,
    /// if it is refused as a whole.
    pub(in crate::station::net) fn arrived(
        &mut self,
        link: LinkId,
        routing_id: Option<&Frame>,
        frames: Vec<Frame>,
        now: Instant,
    ) -> Result<(), String> {
        if !is_native(&frames) {
            return self.peer_said(link, routing_id, &frames, now);
        }
        if self.peers.has(link) {
            return Err("it is of a node, by the link of a program of autopilot".to_owned());
        }
        let mut frames = frames.into_iter();
        let first = frames.next().unwrap_or_default();
        let header = Header::decode(&first).map_err(|error| error.to_string())?;
        self.routes.heard(link, now);
        let body: Vec<Frame> = frames.collect();
        match header {
            Header::Link(message) => self.received(link, message, now),
            Header::Routed(routed) => self.pass_on(link, routed, &first, body, now),
        }
        Ok(())
    }

    pub(super) fn received(&mut self, link: LinkId, message: LinkMessage, now: Instant) {
        let is_ours = |name: &str| *name == *self.name && self.parent == Some(link);
        let is_known = match &message {
            LinkMessage::Registered(it) => is_ours(&it.name) && it.outcome == Outcome::Ok,
            _ => false,
        };
        self.routes.received(link, message, now);
        if is_known {
            self.known(now);
        }
    }

    fn pass_on(
        &mut self,
        link: LinkId,
        mut routed: Routed,
        first: &Frame,
        body: Vec<Frame>,
        now: Instant,
    ) {
        let peer = self.peer_link(&routed.to, &routed.hops);
        if peer.is_some_and(|peer| peer != link) {
            return self.deliver(Some(link), routed, body, now);
        }
        // Without a name it is for whoever is at the other end.
        let forward = match routed.to.is_empty() {
            true => Forward::Here,
            false => {
                let (to, hops, ttl) = (&routed.to, &routed.hops, routed.ttl);
                self.routes.forward(Some(link), to, hops, ttl)
            }
        };
        match forward {
            Forward::Here => self.deliver(Some(link), routed, body, now),
            Forward::Refuse(why) => self.refuse(&routed, Some(link), why, now),
            Forward::To {
                link: next,
                hops_passed,
                ttl,
            } => {
                let header = match hops_passed {
                    0 => {
                        let mut bytes = first.to_vec();
                        bytes[TTL_AT] = ttl;
                        Some(bytes)
                    }
                    passed => {
                        routed.ttl = ttl;
                        routed.hops.drain(..passed);
                        Header::Routed(routed).encode().ok()
                    }
                };
                self.out.extend(header.map(|header| Transmission {
                    link: next,
                    header: Frame::from(header),
                    body: SentBody::Forwarded(body),
                    origin: Origin::Forwarded,
                }));
            }
        }
    }

    /// Tells the sender of something that it cannot be sent on, over the link that it came by. Answers are refused without a
    /// word.
    pub(super) fn refuse(
        &mut self,
        refused: &Routed,
        link: Option<LinkId>,
        why: Refusal,
        now: Instant,
    ) {
        let (token, seq) = match &refused.content {
            Content::Open(open) => (0, open.base),
            Content::Data(data) => (data.token, data.seq),
            _ => return,
        };
        let routed = Routed {
            ttl: TTL,
            lane: refused.lane,
            to: refused.from.clone(),
            from: refused.to.clone(),
            hops: Vec::new(),
            content: Content::Refuse { token, seq, why },
        };
        match link {
            Some(link) => self.send_over(link, routed, SentBody::None, Origin::Nobody),
            None => self.send_routed(routed, SentBody::None, Origin::Nobody, now),
        }
    }
}
