//! Flows to this node, and from it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Core;
use crate::message::Frame;
use crate::station::body::Body;
use crate::station::end::End;
use crate::station::machine::{Forward, LinkId, Parcel, ReceiverAction, ToReceiver, ToSender};
use crate::station::message::{Incoming, Outgoing};
use crate::station::net::outbound::{Outbox, Told};
use crate::station::net::returns::ReturnPath;
use crate::station::net::transmission::{Origin, SentBody};
use crate::station::wire::{BodyKind, Content, Data, Fault, Routed, TTL};

impl Core {
    /// Something is for this node: it came over a link, or is its own.
    pub(super) fn deliver(
        &mut self,
        link: Option<LinkId>,
        routed: Routed,
        body: Vec<Frame>,
        now: Instant,
    ) {
        let Routed {
            lane,
            to,
            from,
            content,
            ttl,
            hops,
        } = routed;
        let peer = self.peer_link(&to, &hops);
        let path = |life| ReturnPath {
            sender: from.clone(),
            life,
            own: to.clone(),
            lane,
            is_of_peer: peer.is_some(),
        };
        let answer = match content {
            Content::Open(open) => {
                let Ok(token) = self.random.next() else {
                    return;
                };
                let own = to.clone().into_boxed_str();
                let reply = self.receiver.open(own, lane, &open, token | 1, now);
                if let Some(ToSender::Opened(opened)) = &reply {
                    let receiver = &self.receiver;
                    let is_known = |token| receiver.knows(token);
                    self.returns.set(opened.token, path(open.life), is_known);
                }
                reply
            }
            Content::Data(data) => self.data((&to, &from, &hops), data, body, now),
            Content::End { token, next } => {
                self.receiver.end(token, next);
                None
            }
            Content::Opened(it) => {
                return self.answered((&to, &from), lane, ToSender::Opened(it), now);
            }
            Content::Ack(it) => return self.answered((&to, &from), lane, ToSender::Ack(it), now),
            Content::Reset { token, life } => {
                return self.answered((&to, &from), lane, ToSender::Reset { token, life }, now);
            }
            Content::Busy {
                opening,
                retry_after,
            } => {
                let retry_after = Duration::from_millis(retry_after.into());
                let busy = ToSender::Busy {
                    opening,
                    retry_after,
                };
                return self.answered((&to, &from), lane, busy, now);
            }
            Content::Refuse { token, .. } => {
                return self.answered((&to, &from), lane, ToSender::Refuse { token }, now);
            }
            content @ (Content::Probe { .. } | Content::Alive { .. }) => {
                let routed = Routed {
                    ttl,
                    lane,
                    to,
                    from,
                    hops,
                    content,
                };
                return match (&routed.content, peer) {
                    (Content::Probe { life }, Some(peer)) => {
                        self.probe_peer(peer, (&routed.to, &routed.from), *life, now);
                    }
                    _ => self.routes.probed(link, &routed, now),
                };
            }
        };
        if let Some(answer) = answer {
            let path = path(self.life);
            self.send_answer(&path, answer, now);
        }
    }

    /// A message has come. Gives the reply, if there is one at once.
    fn data(
        &mut self,
        (to, from, hops): (&str, &str, &[String]),
        data: Data,
        frames: Vec<Frame>,
        now: Instant,
    ) -> Option<ToSender> {
        let body = Body {
            kind: data.body,
            frames: frames.into_iter().collect(),
        };
        if !body.is_whole() {
            return None;
        }
        let left = data
            .left
            .map(|left| Duration::from_millis(left.get().into()));
        let path = self.returns.get(data.token);
        let incoming = Incoming {
            to: to.to_owned(),
            from: from.to_owned(),
            hops: hops.to_vec(),
            life: path.map_or_else(Default::default, |path| path.life),
            seq: data.seq,
            key: data.key,
            headers: data.headers,
            time: data.time,
            deadline: left.and_then(|left| now.checked_add(left)),
            is_redelivered: data.is_redelivered,
            is_unconfirmed: data.unconfirmed,
            is_request: data.is_request,
            is_batch: data.is_stream_batch,
            is_compressed: data.compression.is_some(),
            reply_to: data.reply_to,
            body,
        };
        let parcel = Parcel {
            token: data.token,
            seq: data.seq,
            base: data.base,
            is_redelivered: data.is_redelivered,
            at_most_once: data.at_most_once,
            left: left.unwrap_or_default(),
            message: Arc::new(incoming),
        };
        self.receiver.data(parcel, now)
    }

    fn answered(&mut self, names: (&str, &str), lane: u8, frame: ToSender, now: Instant) {
        if let Some(flow) = self.outbound.receive(names, lane, frame, now) {
            self.take_outbox(flow, now);
        }
    }

    /// What this node has sent cannot be sent on from here.
    pub(super) fn refused_here(&mut self, flow: u64, token: u64, now: Instant) {
        self.outbound
            .receive_of(flow, ToSender::Refuse { token }, now);
        self.take_outbox(flow, now);
    }

    /// Performs the actions of the receiver.
    pub(super) fn take_receiver_actions(&mut self, now: Instant) {
        for action in self.receiver.take_actions() {
            match action {
                ReceiverAction::Start(parcel) if self.is_for_peer(parcel.token) => {
                    self.start_for_peer(parcel, now);
                }
                // What does not start is not handled: its sender will learn that.
                ReceiverAction::Start(_) if self.is_closing => {}
                ReceiverAction::Start(parcel) => self.start(parcel, now),
                ReceiverAction::Send { token, frame } => {
                    if let Some(path) = self.returns.get(token).cloned() {
                        self.send_answer(&path, frame, now);
                    }
                }
            }
        }
    }

    fn is_for_peer(&self, token: u64) -> bool {
        self.returns.get(token).is_some_and(|path| path.is_of_peer)
    }

    fn start(&mut self, parcel: Parcel<Arc<Incoming>>, now: Instant) {
        let incoming = &parcel.message;
        let refuse = |text: &str| Err((Fault::Error, text.to_owned()));
        let outcome = match incoming.reply_to {
            _ if incoming.is_compressed && !incoming.is_batch => {
                refuse("it is compressed, and only batches of streams are read so")
            }
            _ if incoming.is_batch && incoming.body.kind != BodyKind::Items => {
                refuse("it is a batch of a stream, and has no items")
            }
            None => {
                self.running += 1;
                self.effects.started.push(parcel);
                return;
            }
            Some(reply_to) => {
                let id = (incoming.from.clone(), reply_to.seq);
                match reply_to.life == self.life && self.requests.is_waiting(&id) {
                    true => {
                        self.effects.answers.push((id, incoming.clone()));
                        Ok(())
                    }
                    false => refuse("nobody waits for this reply any more"),
                }
            }
        };
        self.receiver
            .finished(parcel.token, parcel.seq, outcome, now);
        self.take_receiver_actions(now);
    }

    fn send_answer(&mut self, path: &ReturnPath, answer: ToSender, now: Instant) {
        let content = match answer {
            ToSender::Opened(opened) => Content::Opened(opened),
            ToSender::Ack(ack) => Content::Ack(ack),
            ToSender::Reset { token, life } => Content::Reset { token, life },
            ToSender::Busy {
                opening,
                retry_after,
            } => Content::Busy {
                opening,
                retry_after: u32::try_from(retry_after.as_millis()).unwrap_or(u32::MAX),
            },
            // Stations alone refuse.
            ToSender::Refuse { .. } => return,
        };
        let routed = Routed {
            ttl: TTL,
            lane: path.lane,
            to: path.sender.clone(),
            from: path.own.clone(),
            hops: Vec::new(),
            content,
        };
        self.send_routed(routed, SentBody::None, Origin::Nobody, now);
    }

    /// Performs the actions of a flow of this node's.
    pub(super) fn take_outbox(&mut self, flow: u64, now: Instant) {
        for action in self.outbound.take_outbox(flow, now) {
            match action {
                Outbox::Send { flow, frame } => self.send_own(flow, frame, now),
                Outbox::Ended {
                    from,
                    to,
                    seq,
                    end,
                    message,
                } => {
                    if message.is_request && end != End::Delivered {
                        self.requests
                            .answer(&(to.to_string(), seq), Err(end.clone()));
                    }
                    self.effects.has_changed = true;
                    match message.told {
                        Told::Ticket(slot) => slot.set(end),
                        Told::Peer(receipt) => self.peer_message_ended(receipt, (&from, &to), &end),
                    }
                }
            }
        }
    }

    fn send_own(&mut self, number: u64, frame: ToReceiver<Arc<Outgoing>>, now: Instant) {
        let Some(flow) = self.outbound.get(number) else {
            return;
        };
        let (mut ttl, mut body, mut token) = (TTL, SentBody::None, 0);
        let content = match frame {
            ToReceiver::Open(open) => Content::Open(open),
            ToReceiver::Data(parcel) => {
                (ttl, token) = (parcel.message.ttl, parcel.token);
                let data = Outgoing::data(&parcel);
                body = SentBody::Own(parcel.message);
                Content::Data(data)
            }
            ToReceiver::End { token, next } => Content::End { token, next },
        };
        let origin = match content {
            Content::End { .. } => Origin::Nobody,
            _ => Origin::Flow {
                flow: number,
                token,
            },
        };
        let routed = Routed {
            ttl,
            lane: flow.lane,
            to: flow.to.to_string(),
            from: flow.from.to_string(),
            hops: flow.hops.clone(),
            content,
        };
        self.send_routed(routed, body, origin, now);
    }

    /// Sends something of this node's own on its way.
    pub(super) fn send_routed(
        &mut self,
        mut routed: Routed,
        body: SentBody,
        origin: Origin,
        now: Instant,
    ) {
        let way = match routed.to.is_empty() {
            true => self.parent,
            false => match self.forward_own(&mut routed) {
                Forward::Here => return self.local.push_back((routed, body.into_frames())),
                Forward::To { link, .. } => Some(link),
                Forward::Refuse(_) => None,
            },
        };
        match (way, origin) {
            (Some(link), origin) => self.send_over(link, routed, body, origin),
            (None, Origin::Flow { flow, token }) => self.refused_here(flow, token, now),
            (None, _) => {}
        }
    }

    fn forward_own(&self, routed: &mut Routed) -> Forward {
        // What answers a program's flow is for us also when the program has gone.
        let answered = (&routed.to[..], &routed.from[..], routed.lane);
        let is_for_us = self.peer_link(&routed.to, &routed.hops).is_some()
            || (routed.content.is_answer() && self.outbound.knows(answered));
        if is_for_us {
            return Forward::Here;
        }
        let (to, hops, ttl) = (&routed.to, &routed.hops, routed.ttl);
        let forward = self.routes.forward(None, to, hops, ttl);
        if let Forward::To { hops_passed, .. } = forward {
            routed.hops.drain(..hops_passed);
        }
        forward
    }
}
