//! The requests that wait for their replies, each with the time by which it must have one.
//!
//! Each gets an id as a frame of its envelope, which its reply brings back. Without it the reply to a request that
//! has been given up would answer the next one of the same client: the envelopes of REQ are all the same.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use super::held::size;
use crate::error::Result;
use crate::message::{Frame, Message};
use crate::pattern::Ids;

/// How many requests wait at most.
pub(super) const MOST_REQUESTS: usize = 65_536;

/// How many bytes they have at most.
pub(super) const MOST_BYTES: usize = 64 << 20;

/// The requests that wait for their replies. All have the same time, so they run out of it in their order.
#[derive(Debug)]
pub(super) struct Deadlines {
    time: Duration,
    most: (usize, usize),
    /// Random, since one server may not answer requests of another.
    ids: Ids,
    next: u64,
    /// By their numbers.
    requests: BTreeMap<u64, Waiting>,
    numbers: HashMap<u64, u64>,
    bytes: usize,
}

#[derive(Debug)]
struct Waiting {
    id: u64,
    until: Option<Instant>,
    request: Message,
    size: usize,
}

impl Deadlines {
    pub(super) fn new(time: Duration) -> Deadlines {
        Deadlines::bounded(time, MOST_REQUESTS, MOST_BYTES)
    }

    fn bounded(time: Duration, requests: usize, bytes: usize) -> Deadlines {
        Deadlines {
            time,
            most: (requests, bytes),
            ids: Ids::default(),
            next: 0,
            requests: BTreeMap::new(),
            numbers: HashMap::new(),
            bytes: 0,
        }
    }

    /// Takes in a request: its number and its id, or `None` if there are too many.
    pub(super) fn insert(&mut self, request: Message, now: Instant) -> Result<Option<(u64, u64)>> {
        let size = size(&request);
        if self.requests.len() >= self.most.0 || self.bytes.saturating_add(size) > self.most.1 {
            return Ok(None);
        }
        let (number, id) = (self.next, self.ids.next()?);
        self.next += 1;
        self.bytes += size;
        self.numbers.insert(id, number);
        let waiting = Waiting {
            id,
            until: now.checked_add(self.time),
            request,
            size,
        };
        self.requests.insert(number, waiting);
        Ok(Some((number, id)))
    }

    /// Takes out the request that a message replies to, and gives the reply as its client gets it; `None` if there
    /// is no such request.
    pub(super) fn reply(&mut self, reply: Message) -> Option<Message> {
        let [peer, id, ..] = reply.frames() else {
            return None;
        };
        let id = u64::from_ne_bytes(id.as_bytes().try_into().ok()?);
        let number = *self.numbers.get(&id)?;
        if self.requests.get(&number)?.request.get(0) != Some(peer) {
            return None;
        }
        self.remove(number);
        let mut frames = reply.into_iter();
        let peer = frames.next();
        Some(peer.into_iter().chain(frames.skip(1)).collect())
    }

    /// Takes out the next request whose time is over.
    pub(super) fn expire(&mut self, now: Instant) -> Option<(u64, Message)> {
        let (number, waiting) = self.requests.first_key_value()?;
        let number = *number;
        match waiting.until {
            Some(until) if until <= now => Some((number, self.remove(number)?)),
            _ => None,
        }
    }

    /// When the time of the next one is over.
    pub(super) fn next(&self) -> Option<Instant> {
        self.requests.first_key_value()?.1.until
    }

    fn remove(&mut self, number: u64) -> Option<Message> {
        let waiting = self.requests.remove(&number)?;
        self.bytes -= waiting.size;
        self.numbers.remove(&waiting.id);
        Some(waiting.request)
    }
}

/// A request with an id in its envelope.
pub(super) fn with_id(request: Message, id: u64) -> Message {
    let mut frames = request.into_iter();
    let peer = frames.next();
    let id = Frame::from(id.to_ne_bytes());
    peer.into_iter().chain([id]).chain(frames).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A request as REQ sends it.
    fn request(peer: &str, body: &str) -> Message {
        [peer, "", body].into()
    }

    fn insert(deadlines: &mut Deadlines, peer: &str, body: &str, now: Instant) -> (u64, u64) {
        let inserted = deadlines.insert(request(peer, body), now);
        inserted.unwrap().expect("there is room")
    }

    #[test]
    fn a_request_is_replied_to_once_and_in_time_or_expires() {
        let (mut deadlines, now) = (Deadlines::new(SECOND), Instant::now());
        assert_eq!(deadlines.next(), None);
        let (first, late) = insert(&mut deadlines, "a", "x", now);
        let (_, second) = insert(&mut deadlines, "a", "y", now);
        let (_, third) = insert(&mut deadlines, "b", "z", now + SECOND);
        let reply = |peer, id| with_id(request(peer, "reply"), id);
        assert_eq!(
            deadlines.reply(reply("a", second)),
            Some(request("a", "reply"))
        );
        assert_eq!(deadlines.reply(reply("a", second)), None, "again");
        assert_eq!(deadlines.next(), Some(now + SECOND));
        assert_eq!(deadlines.expire(now), None);
        let expired = deadlines.expire(now + SECOND).unwrap();
        assert_eq!(expired, (first, request("a", "x")));
        assert_eq!(deadlines.expire(now + SECOND), None);
        assert_eq!(deadlines.reply(reply("a", late)), None, "too late");
        assert_eq!(deadlines.reply(reply("a", third)), None, "for another");
        assert_eq!(
            deadlines.reply(reply("b", third)),
            Some(request("b", "reply"))
        );
        assert_eq!((deadlines.bytes, deadlines.numbers.len()), (0, 0));
    }

    #[test]
    fn messages_that_are_no_replies_answer_nothing() {
        let (mut deadlines, now) = (Deadlines::new(SECOND), Instant::now());
        let (_, id) = insert(&mut deadlines, "a", "x", now);
        for junk in [
            &[][..],
            &["a"],
            &["a", ""],
            &["a", "short"],
            &["a", "", "reply"],
        ] {
            assert_eq!(deadlines.reply(junk.into()), None, "{junk:?}");
        }
        assert_eq!(deadlines.reply(with_id(request("a", "x"), !id)), None);
        assert!(deadlines.reply(with_id(request("a", "x"), id)).is_some());
    }

    #[test]
    fn no_more_requests_wait_than_may() {
        let now = Instant::now();
        let mut few = Deadlines::bounded(SECOND, 2, usize::MAX);
        let (_, id) = insert(&mut few, "a", "", now);
        insert(&mut few, "a", "", now);
        assert_eq!(few.insert(request("a", ""), now), Ok(None));
        assert!(few.reply(with_id(request("a", ""), id)).is_some());
        insert(&mut few, "a", "", now);
        let mut small = Deadlines::bounded(SECOND, 9, size(&request("a", "1")));
        insert(&mut small, "a", "1", now);
        assert_eq!(small.insert(request("a", "2"), now), Ok(None));
    }

    #[test]
    fn a_time_beyond_the_clock_never_ends() {
        let mut deadlines = Deadlines::new(Duration::MAX);
        insert(&mut deadlines, "a", "", Instant::now());
        assert_eq!(deadlines.next(), None);
        assert_eq!(deadlines.expire(Instant::now()), None);
    }
}
