//! Messages that a user sends.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use crossbeam_channel::Receiver;

use super::Core;
use crate::error::Result;
use crate::station::body::Body;
use crate::station::error::Error;
use crate::station::message::{Composed, Outgoing};
use crate::station::net::outbound::{Outbound, Told, Way};
use crate::station::net::requests::{Answer, RequestId};
use crate::station::pending::Pending;
use crate::station::ticket::Slot;
use crate::station::wire::{Compression, Content, Data, Header, Routed};

/// What a node has made of a message.
pub(in crate::station::net) enum Submitted {
    Done(Option<(RequestId, Receiver<Answer>)>),
    /// There is no room: it is to be tried again when something has ended.
    NoRoom,
}

impl Core {
    /// Takes a message, if there is room.
    pub(in crate::station::net) fn submit(
        &mut self,
        composed: &Composed,
        message: &Arc<Outgoing>,
        slot: &Arc<Slot>,
        now: Instant,
    ) -> Result<Submitted> {
        let seed = self.random.next()?;
        let time = composed.timeout.unwrap_or(self.timeout);
        let way = Way {
            from: &self.name,
            life: self.life,
            // One of autopilot's has to be told whom a message is for.
            to: match (composed.to.as_str(), &self.peers.above) {
                ("", Some(above)) => above,
                (to, _) => to,
            },
            lane: composed.lane,
            hops: &composed.hops,
        };
        let submitted = self.outbound.submit(
            way,
            (message, || Told::Ticket(slot.clone())),
            (composed.at_most_once, time),
            seed,
            now,
        );
        let Ok((flow, seq)) = submitted else {
            return Ok(Submitted::NoRoom);
        };
        let mut reply = None;
        if composed.is_request {
            let id = (composed.to.clone(), seq);
            let (sender, receiver) = crossbeam_channel::bounded(1);
            self.requests.insert(id.clone(), sender);
            reply = Some((id, receiver));
        }
        self.take_outbox(flow, now);
        Ok(Submitted::Done(reply))
    }

    /// Nobody waits for the reply any more.
    pub(in crate::station::net) fn forget_request(&mut self, id: &RequestId) {
        self.requests.remove(id);
    }

    /// The messages that have not ended.
    pub(in crate::station::net) fn pending(&self, now: Instant) -> Vec<Pending> {
        let waiting = self.outbound.waiting();
        let waiting = waiting.filter(|(_, _, it)| matches!(it.told, Told::Ticket(_)));
        let pending = waiting.map(|(flow, id, waiting)| Pending {
            id,
            to: flow.to.to_string(),
            age: now.saturating_duration_since(waiting.since),
            tries: waiting.tries,
        });
        pending.collect()
    }

    /// How many messages somebody waits for: a user, or a program of autopilot that is there.
    pub(in crate::station) fn confirmable(&self) -> usize {
        let is_there = |flow: &Outbound| {
            *flow.from == *self.name
                || self.peers.above.is_some()
                || self.peers.link_of(&flow.from).is_some()
        };
        let waiting = self.outbound.waiting();
        waiting
            .filter(|(flow, _, it)| !it.unconfirmed && is_there(flow))
            .count()
    }

    /// Ends all messages: nobody tries any longer.
    pub(in crate::station::net) fn give_up(&mut self, now: Instant) {
        for flow in self.outbound.give_up(now) {
            self.take_outbox(flow, now);
        }
    }
}

/// A message, put into the form in which it waits: with its time, and checked to fit.
pub(in crate::station::net) fn outgoing(
    name: &str,
    composed: &mut Composed,
    body: Body,
) -> Result<Arc<Outgoing>> {
    let headers = std::mem::take(&mut composed.headers);
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    let texts = headers.iter().map(|(key, value)| key.len() + value.len());
    let decompressed = composed.batch.and_then(|it| it.decompressed);
    let bytes = body.frames.byte_count().max(decompressed.unwrap_or(0));
    let size = bytes + composed.key.len() + texts.sum::<usize>();
    let message = Outgoing {
        ttl: composed.ttl,
        key: std::mem::take(&mut composed.key),
        headers,
        time: u64::try_from(since.as_nanos()).unwrap_or(0),
        unconfirmed: composed.unconfirmed,
        is_request: composed.is_request,
        reply_to: composed.reply_to,
        is_batch: composed.batch.is_some(),
        compression: decompressed.map(|_| Compression::Lz4),
        kind: body.kind,
        size,
        frames: parking_lot::Mutex::new(body.frames),
    };
    let header = Header::Routed(Routed {
        ttl: 0,
        lane: 0,
        to: composed.to.clone(),
        from: name.to_owned(),
        hops: composed.hops.clone(),
        content: Content::Data(Data {
            key: message.key.clone(),
            headers: message.headers.clone(),
            reply_to: message.reply_to,
            ..Data::default()
        }),
    });
    let long = |error: crate::station::wire::Oversized| Error::TooLong {
        reason: error.to_string(),
    };
    header.encode().map_err(long)?;
    Ok(Arc::new(message))
}
