//! What is sent to programs of autopilot: a message has ended once it is confirmed, or nobody waits for that any longer.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use crate::codec::python_json::{PythonJson, quote};
use crate::station::Life;
use crate::station::autopilot::{
    MessageId, PeerMessage, Side, StreamBatch, flag, key, timestamp, value,
};
use crate::station::machine::{LinkId, Parcel};
use crate::station::message::Incoming;
use crate::station::net::core::Core;
use crate::station::net::peers::Awaited;
use crate::station::net::transmission::{Origin, SentBody};
use crate::station::wire::{BatchItems, Content, Fault, Routed, TTL};

/// How long the confirmation of one that is behind another is waited for: on some ways it is lost.
const PATIENCE: Duration = Duration::from_secs(10);

/// The header, and the member of a stream, that tells what it is about.
const SUBJECT: &str = "subject";

/// After how long a message is tried again for which there was no room.
const AGAIN: Duration = Duration::from_millis(50);

impl Core {
    /// A message for a program has come to its turn.
    pub(in crate::station::net::core) fn start_for_peer(
        &mut self,
        parcel: Parcel<Arc<Incoming>>,
        now: Instant,
    ) {
        let (token, seq) = (parcel.token, parcel.seq);
        let checked = match parcel.is_redelivered {
            // It may have it already, and would take it for another.
            true => Err((Fault::Unknown, String::new())),
            false => check(&parcel.message).map_err(|reason| (Fault::Error, reason)),
        };
        if checked.is_err() {
            self.receiver.finished(token, seq, checked, now);
            return;
        }
        let left = Some(parcel.left).filter(|left| !left.is_zero());
        let expires = now + left.unwrap_or(self.timeout);
        let (number, _) = self.peers.new_id(&self.name);
        let awaited = Awaited {
            token,
            seq,
            message: parcel.message,
            expires,
            sent: None,
        };
        self.peers.awaited.insert(number, awaited);
        self.peers.timers.set(number, Some(expires));
        self.send_awaited(number, now);
    }

    /// Sends a message that waits, if there is a way.
    fn send_awaited(&mut self, number: u64, now: Instant) {
        let Some(awaited) = self.peers.awaited.get(&number) else {
            return;
        };
        let message = awaited.message.clone();
        let link = self.peer_link(&message.to, &message.hops);
        let Some((link, peer)) = link.and_then(|link| Some((link, self.peers.get(link)?))) else {
            return;
        };
        // One above knows us alone: what it confirms to another would not arrive.
        let sender = match peer.side() {
            Side::Below => &message.from,
            Side::Above => &*self.name,
        };
        let id = MessageId::new(&self.name, number);
        let Ok(json) = peer_message(&message, id, sender) else {
            return;
        };
        let is_passed = |hop: &&String| ***hop == *self.name || ***hop == *peer.name;
        let path = message.hops.iter().skip_while(is_passed);
        let path: Vec<&str> = path.map(String::as_str).collect();
        let is_near = path.is_empty() && *peer.name == *message.to;
        let is_confirmed = is_near || self.peers.confirms(&message.to);
        let waits = json.is_to_be_confirmed() && is_confirmed;
        let frames = peer.frames(&path, &message.to, json.encode());
        self.send_frames(link, frames, Some(number));
        if let Some(awaited) = self.peers.awaited.get_mut(&number) {
            awaited.sent = Some(link);
            let until = match (waits, is_near) {
                (false, _) => now,
                (true, true) => awaited.expires,
                (true, false) => awaited.expires.min(now + PATIENCE),
            };
            self.peers.timers.set(number, Some(until));
        }
    }

    /// Sends what has waited for a link.
    pub(super) fn retry_unsent(&mut self, now: Instant) {
        let unsent = self.peers.awaited.iter().filter(|it| it.1.sent.is_none());
        let mut unsent: Vec<u64> = unsent.map(|(number, _)| *number).collect();
        unsent.sort_unstable();
        for number in unsent {
            self.send_awaited(number, now);
        }
    }

    /// A program has confirmed the message of this id. Another one's word counts for nothing.
    pub(super) fn confirmed(&mut self, link: LinkId, id: &MessageId, now: Instant) {
        let number = self.peers.number(&self.name, id);
        let awaited = number.and_then(|number| self.peers.awaited.get(&number));
        if let (Some(number), Some(awaited)) = (number, awaited)
            && awaited.sent == Some(link)
        {
            let to = awaited.message.to.clone();
            self.peers.is_silent(&to, false);
            self.end_awaited(number, Fault::Received, now);
        }
    }

    /// A message has come back, by the link that it was sent over.
    pub(super) fn came_back(&mut self, link: LinkId, number: u64, now: Instant) {
        let sent = self.peers.awaited.get(&number).and_then(|it| it.sent);
        if sent == Some(link) {
            self.end_awaited(number, Fault::NotSent, now);
        }
    }

    fn end_awaited(&mut self, number: u64, fault: Fault, now: Instant) {
        self.peers.timers.set(number, None);
        if let Some(awaited) = self.peers.awaited.remove(&number) {
            let outcome = Err((fault, String::new()));
            self.receiver
                .finished(awaited.token, awaited.seq, outcome, now);
        }
    }

    /// Time has passed: some messages are not waited for any longer, and some are tried again.
    pub(in crate::station::net::core) fn poll_peers(&mut self, now: Instant) {
        self.hear_peers(now);
        while let Some(number) = self.peers.timers.due(now) {
            let Some(awaited) = self.peers.awaited.get(&number) else {
                continue;
            };
            match awaited.sent {
                Some(link) => {
                    let to = awaited.message.to.clone();
                    let peer = self.peers.get(link);
                    if peer.is_some_and(|peer| *peer.name != *to) {
                        self.peers.is_silent(&to, true);
                    }
                    self.end_awaited(number, Fault::Unknown, now);
                }
                None if awaited.expires <= now => self.end_awaited(number, Fault::NotSent, now),
                None => {
                    let expires = awaited.expires;
                    self.peers.timers.set(number, Some(expires));
                    self.send_awaited(number, now);
                }
            }
        }
    }

    /// Something could not be sent to a program.
    pub(in crate::station::net::core) fn not_sent_to_peer(
        &mut self,
        link: LinkId,
        message: Option<u64>,
        is_full: bool,
        now: Instant,
    ) {
        if let Some(number) = message
            && let Some(awaited) = self.peers.awaited.get_mut(&number)
        {
            awaited.sent = None;
            let at = match is_full {
                true => awaited.expires.min(now + AGAIN),
                false => awaited.expires,
            };
            self.peers.timers.set(number, Some(at));
        }
        if !is_full && self.parent != Some(link) {
            self.link_lost(link, now);
            self.closed.push((link, Duration::ZERO));
        }
    }

    /// Another wants the name of a program. Whether that is there is found out by sending it something that says nothing.
    pub(in crate::station::net::core) fn probe_peer(
        &mut self,
        link: LinkId,
        (to, from): (&str, &str),
        life: Life,
        now: Instant,
    ) {
        if life != self.peer_life(to) {
            return;
        }
        self.greet(link);
        let alive = Routed {
            ttl: TTL,
            lane: 0,
            to: from.to_owned(),
            from: to.to_owned(),
            hops: Vec::new(),
            content: Content::Alive { life },
        };
        self.send_routed(alive, SentBody::None, Origin::Nobody, now);
    }
}

impl Core {
    /// Sends to all programs below: the links of those that have gone are lost.
    pub(in crate::station::net) fn greet_peers(&mut self) {
        let below: Vec<_> = self.peers.below().collect();
        below.into_iter().for_each(|link| self.greet(link));
    }

    /// Sends a program a confirmation of nothing.
    fn greet(&mut self, link: LinkId) {
        let time = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let (_, id) = self.peers.new_id(&self.name);
        if let Some(peer) = self.peers.get(link) {
            let (to, us) = (&*peer.name, &*self.name);
            let nothing = PythonJson::scanned("\"\"");
            let message = PeerMessage::new(id, to, us, key::CONFIRM, nothing, &timestamp(time));
            let frames = peer.frames(&[], to, message.unconfirmed().encode());
            self.send_frames(link, frames, None);
        }
    }

    /// A program is not there any more: whether it has what it has not confirmed, nobody will learn.
    pub(in crate::station::net::core) fn lose_peer(&mut self, link: LinkId, now: Instant) {
        let is_below = self
            .peers
            .get(link)
            .is_some_and(|it| it.side() == Side::Below);
        self.peers.remove(link);
        if is_below {
            let sent = self
                .peers
                .awaited
                .iter()
                .filter(|it| it.1.sent == Some(link));
            let sent: Vec<u64> = sent.map(|(number, _)| *number).collect();
            for number in sent {
                self.end_awaited(number, Fault::Unknown, now);
            }
        }
    }
}

/// Refuses what a program cannot have.
fn check(message: &Incoming) -> Result<(), String> {
    let refuse = |reason: &str| Err(reason.to_owned());
    if message.is_request {
        return refuse("autopilot does not reply to requests");
    }
    if message.is_compressed && !message.is_batch {
        return refuse("it is compressed, and only batches of streams are read so");
    }
    match message.key.as_str() {
        key::KILL => refuse("KILL would end a station of autopilot's"),
        key::CONFIRM => refuse("CONFIRM is a word of autopilot's own"),
        _ => peer_message(message, MessageId::new("", 0), "").map(drop),
    }
}

/// The message as a program reads it; the error says why it cannot be one.
fn peer_message(message: &Incoming, id: MessageId, sender: &str) -> Result<PeerMessage, String> {
    let time = timestamp(Duration::from_nanos(message.time));
    let to = &message.to[..];
    let (key, value) = match message.is_batch {
        true => (key::STREAM, stream(message)?),
        false => {
            let value = value::from_body(message.body.kind, message.body.frames.frames());
            (&message.key[..], value?)
        }
    };
    let mut json = PeerMessage::new(id, to, sender, key, value, &time);
    json.take_headers(&message.headers);
    if message.is_unconfirmed {
        json.set_flag(flag::NOREPEAT);
    }
    if key == key::STREAM {
        json.set_flag(flag::MINPRINT);
    }
    Ok(json)
}

/// The items of a batch, as a stream of autopilot's has them.
fn stream(message: &Incoming) -> Result<PythonJson, String> {
    let batch = BatchItems::read(message.body.frames.as_bytes(), message.is_compressed);
    let mut batch = batch.map_err(|mistake| mistake.to_string())?;
    let mut items = Vec::new();
    while let Some((kind, frames)) = batch.next_body() {
        items.push(value::from_body(kind, frames.frames())?);
    }
    let subject = message.headers.iter().find(|(name, _)| name == SUBJECT);
    let subject = quote(subject.map_or("", |(_, subject)| subject));
    let of_items = [
        (SUBJECT, &subject[..]),
        ("pilot", "null"),
        ("continuous", "true"),
    ];
    let of_items = of_items.map(|(name, json)| (name.to_owned(), PythonJson::scanned(json)));
    let batch = StreamBatch::new(&message.key, of_items.to_vec(), &items);
    Ok(batch.value())
}
