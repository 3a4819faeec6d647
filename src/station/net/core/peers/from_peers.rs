//! What programs of autopilot send: each message is in a flow of its sender's, and confirmed once it has arrived.

use std::time::{Instant, SystemTime};

use log::warn;

use crate::message::Frame;
use crate::station::autopilot::{
    Arrived, PeerMessage, Received, Side, StreamBatch, timestamp, value,
};
use crate::station::body::Body;
use crate::station::end::End;
use crate::station::machine::LinkId;
use crate::station::message::{Composed, Message};
use crate::station::net::core::{Core, outgoing};
use crate::station::net::outbound::{Told, Way};
use crate::station::net::peers::PeerReceipt;
use crate::throttle::Throttle;

/// How many flows there may be while they send to more.
const MAX_FLOWS: usize = 4096;

/// How many bytes an id has, at most: it is kept until its message has ended.
const MAX_ID: usize = 1024;

/// Lines about messages that did not arrive.
static UNDELIVERED: Throttle = Throttle::new();

impl Core {
    /// A program has said something. Its routing id is its name, if it has connected to us.
    pub(in crate::station::net::core) fn peer_said(
        &mut self,
        link: LinkId,
        routing_id: Option<&Frame>,
        frames: &[Frame],
        now: Instant,
    ) -> Result<(), String> {
        let side = match routing_id {
            Some(_) => Side::Below,
            None => Side::Above,
        };
        if !self.peers.has(link) {
            let refusal = match (side, self.routes.has_registered(link)) {
                (Side::Below, Some(false)) => None,
                (Side::Below, Some(true)) => Some("it is of autopilot's, by the link of a node"),
                (Side::Below, None) => Some("its link is closed"),
                (Side::Above, _) => Some("it is of autopilot's, and the builder was not told so"),
            };
            if let Some(refusal) = refusal {
                return Err(refusal.to_owned());
            }
        }
        let received = Received::read(frames, side, &self.name);
        self.routes.heard(link, now);
        match received.map_err(|error| error.to_string())? {
            Received::Pong => Ok(()),
            Received::Ping => {
                let frames = frames.iter().map(|frame| frame.to_vec());
                self.send_frames(link, frames.collect(), None);
                Ok(())
            }
            Received::Message(arrived) => self.peer_sent(link, routing_id, &arrived, now),
        }
    }

    fn peer_sent(
        &mut self,
        link: LinkId,
        routing_id: Option<&Frame>,
        arrived: &Arrived,
        now: Instant,
    ) -> Result<(), String> {
        let message = &arrived.message;
        let sender = message.sender.name();
        if message.id.len() > MAX_ID {
            return Err(format!("its id has more than {MAX_ID} bytes"));
        }
        if let Some(number) = self.peers.number(&self.name, &message.id) {
            // A station that does not know its recipient has sent it back.
            self.came_back(link, number, now);
            return Ok(());
        }
        if let Some(routing_id) = routing_id {
            let own = routing_id.as_str().ok();
            let own = own.filter(|own| !own.is_empty() && !own.starts_with('\0'));
            let own = own.unwrap_or(sender);
            self.peers.insert(link, own, Side::Below);
            self.meet(link, (own, sender), now)?;
        }
        if let Some(confirmed) = message.confirms() {
            let id = confirmed.map_err(|error| error.to_string())?;
            self.confirmed(link, &id, now);
            return Ok(());
        }
        let to = &arrived.recipient;
        let peer = self.peers.get(link);
        let is_to_itself = peer.is_some_and(|it| it.side() == Side::Below && *it.name == **to);
        if !is_to_itself && self.peer_link(to, &arrived.path) == Some(link) {
            return Err(format!("it is for {to}, and has come from there"));
        }
        let receipt = Box::new(PeerReceipt {
            link,
            confirmation: self.confirmation(message),
            path: message.sender.path().to_vec(),
            id: message.id.clone(),
        });
        if self.peers.repeats.is_repeat(message) {
            if !self.peers.under_way.contains(&receipt.id) {
                self.confirm(receipt);
            }
            return Ok(());
        }
        let Some(batch) = StreamBatch::read(message) else {
            let body = value::to_body(&message.value);
            let composed = composed(arrived, &message.key, message.headers());
            return self.take_from_peer(sender, composed, body, Some(receipt), now);
        };
        let batch = batch.map_err(|error| error.to_string())?;
        let headers = [message.headers(), batch.headers()].concat();
        for item in batch.items() {
            let composed = composed(arrived, &batch.inner_key, headers.clone());
            self.take_from_peer(sender, composed, value::to_body(&item), None, now)?;
        }
        Ok(())
    }

    fn confirmation(&mut self, message: &PeerMessage) -> Option<PeerMessage> {
        let (_, id) = self.peers.new_id(&self.name);
        let time = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        message.confirmation(id, &self.name, &timestamp(time))
    }

    /// Sends on what a program has sent.
    fn take_from_peer(
        &mut self,
        sender: &str,
        mut composed: Composed,
        body: Body,
        receipt: Option<Box<PeerReceipt>>,
        now: Instant,
    ) -> Result<(), String> {
        let message = outgoing(sender, &mut composed, body).map_err(|error| error.to_string())?;
        let seed = self.random.next().map_err(|error| error.to_string())?;
        let to = &composed.to;
        let way = Way {
            from: sender,
            life: self.peer_life(sender),
            to,
            lane: 0,
            hops: &composed.hops,
        };
        if !self.outbound.knows((sender, to, 0)) && self.outbound.count() >= MAX_FLOWS {
            return Err(format!("{sender} sends to one more, {to}: it has too many"));
        }
        let id = receipt.as_ref().map(|receipt| receipt.id.clone());
        let told = || Told::Peer(receipt);
        let time = (false, self.timeout);
        let taken = self.outbound.submit(way, (&message, told), time, seed, now);
        let Ok((flow, _)) = taken else {
            return Err(format!(
                "{sender} sends faster than {to} takes it: one is lost"
            ));
        };
        self.peers.under_way.extend(id);
        self.take_outbox(flow, now);
        Ok(())
    }

    /// A message of a program's has ended.
    pub(in crate::station::net::core) fn peer_message_ended(
        &mut self,
        receipt: Option<Box<PeerReceipt>>,
        (from, to): (&str, &str),
        end: &End,
    ) {
        let is_awaited = receipt.as_ref().is_some_and(|it| it.confirmation.is_some());
        let is_well = match end {
            End::Delivered | End::Received => true,
            // Nobody confirms what is not to be confirmed.
            End::Unknown => !is_awaited,
            End::NotSent | End::Failed(_) => false,
        };
        if !is_well && let Some(left_out) = UNDELIVERED.admit() {
            warn!("a message of {from}, a program of autopilot, to {to}: {end}{left_out}");
        }
        if let Some(receipt) = receipt {
            self.peers.under_way.remove(&receipt.id);
            if !matches!(end, End::NotSent | End::Unknown) {
                self.confirm(receipt);
            }
        }
    }

    /// Tells a program that its message has arrived.
    fn confirm(&mut self, receipt: Box<PeerReceipt>) {
        let Some(confirmation) = receipt.confirmation else {
            return;
        };
        let to = confirmation.to.name().to_owned();
        // The link that it came by may be another by now.
        let link = self.peers.link_of(&to).unwrap_or(receipt.link);
        let link = Some(link)
            .filter(|link| self.peers.has(*link))
            .or(self.parent);
        if let Some((link, peer)) = link.and_then(|link| Some((link, self.peers.get(link)?))) {
            let path = receipt.path.iter().map(String::as_str);
            let path: Vec<&str> = path.filter(|hop| *hop != &*peer.name).collect();
            let frames = peer.frames(&path, &to, confirmation.encode());
            self.send_frames(link, frames, None);
        }
    }
}

fn composed(arrived: &Arrived, key: &str, headers: Vec<(String, String)>) -> Composed {
    Composed {
        headers,
        hops: arrived.path.clone(),
        ..Message::builder(&arrived.recipient, key).composed
    }
}
