//! The requests that wait for their replies, each with the time by which it must have one.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::envelope::body_start;
use super::held::size;
use crate::message::{Frame, Message};

/// How many requests wait at most.
pub(super) const MOST_REQUESTS: usize = 65_536;

/// How many bytes they have at most.
pub(super) const MOST_BYTES: usize = 64 << 20;

/// The requests that wait for their replies. All have the same time, so they run out of it in their order.
#[derive(Debug)]
pub(super) struct Deadlines {
    time: Duration,
    most: (usize, usize),
    next: u64,
    requests: BTreeMap<u64, Waiting>,
    /// The numbers of the requests with the same envelope, which a reply cannot tell apart.
    numbers: HashMap<Vec<u8>, VecDeque<u64>>,
    bytes: usize,
}

#[derive(Debug)]
struct Waiting {
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
            next: 0,
            requests: BTreeMap::new(),
            numbers: HashMap::new(),
            bytes: 0,
        }
    }

    /// Takes in a request; its number, or `None` if there are too many.
    pub(super) fn insert(&mut self, request: Message, now: Instant) -> Option<u64> {
        let size = size(&request);
        if self.requests.len() >= self.most.0 || self.bytes.saturating_add(size) > self.most.1 {
            return None;
        }
        let number = self.next;
        self.next += 1;
        self.bytes += size;
        let numbers = self.numbers.entry(key(request.frames())).or_default();
        numbers.push_back(number);
        let waiting = Waiting {
            until: now.checked_add(self.time),
            request,
            size,
        };
        self.requests.insert(number, waiting);
        Some(number)
    }

    /// Takes out the request that a message replies to; false if there is none.
    pub(super) fn reply(&mut self, reply: &Message) -> bool {
        let Some(numbers) = self.numbers.get(&key(reply.frames())) else {
            return false;
        };
        let oldest = numbers.front().copied();
        oldest.is_some_and(|number| self.remove(number).is_some())
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
        let Waiting { request, size, .. } = self.requests.remove(&number)?;
        self.bytes -= size;
        let key = key(request.frames());
        if let Some(numbers) = self.numbers.get_mut(&key) {
            // It is the oldest of all, or of those.
            numbers.pop_front();
            if numbers.is_empty() {
                self.numbers.remove(&key);
            }
        }
        Some(request)
    }
}

/// The envelope as one run of bytes.
fn key(frames: &[Frame]) -> Vec<u8> {
    let mut key = Vec::new();
    for frame in &frames[..body_start(frames).unwrap_or(frames.len())] {
        key.extend_from_slice(&frame.len().to_be_bytes());
        key.extend_from_slice(frame);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn request(envelope: [&str; 2], body: &str) -> Message {
        let [peer, id] = envelope;
        [peer, id, "", body].into()
    }

    #[test]
    fn a_request_is_replied_to_once_and_in_time_or_expires() {
        let (mut deadlines, now) = (Deadlines::new(SECOND), Instant::now());
        assert_eq!(deadlines.next(), None);
        let first = deadlines.insert(request(["a", "1"], "x"), now).unwrap();
        deadlines.insert(request(["a", "2"], "y"), now).unwrap();
        deadlines.insert(request(["b", "1"], "z"), now + SECOND);
        assert!(deadlines.reply(&request(["a", "2"], "reply")));
        assert!(!deadlines.reply(&request(["a", "2"], "again")));
        assert!(!deadlines.reply(&request(["c", "1"], "nobody's")));
        assert!(!deadlines.reply(&"junk".into()));
        assert_eq!(deadlines.next(), Some(now + SECOND));
        assert_eq!(deadlines.expire(now), None);
        let expired = deadlines.expire(now + SECOND).unwrap();
        assert_eq!(expired, (first, request(["a", "1"], "x")));
        assert_eq!(deadlines.expire(now + SECOND), None);
        assert!(!deadlines.reply(&request(["a", "1"], "late")));
        assert!(deadlines.reply(&request(["b", "1"], "reply")));
        assert_eq!((deadlines.bytes, deadlines.numbers.len()), (0, 0));
    }

    #[test]
    fn requests_with_the_same_envelope_are_replied_to_in_their_order() {
        let (mut deadlines, now) = (Deadlines::new(SECOND), Instant::now());
        for body in ["1", "2"] {
            deadlines.insert(["peer", "", body].into(), now).unwrap();
        }
        assert!(deadlines.reply(&["peer", "", "reply"].into()));
        let (_, second) = deadlines.expire(now + SECOND).unwrap();
        assert_eq!(second, ["peer", "", "2"]);
        assert!(!deadlines.reply(&["peer", "", "reply"].into()));
    }

    #[test]
    fn no_more_requests_wait_than_may() {
        let now = Instant::now();
        let mut few = Deadlines::bounded(SECOND, 2, usize::MAX);
        assert!(few.insert(request(["a", "1"], ""), now).is_some());
        assert!(few.insert(request(["a", "2"], ""), now).is_some());
        assert_eq!(few.insert(request(["a", "3"], ""), now), None);
        assert!(few.reply(&request(["a", "1"], "")));
        assert!(few.insert(request(["a", "3"], ""), now).is_some());
        let mut small = Deadlines::bounded(SECOND, 9, size(&request(["a", "1"], "")));
        assert!(small.insert(request(["a", "1"], ""), now).is_some());
        assert_eq!(small.insert(request(["a", "2"], ""), now), None);
    }

    #[test]
    fn a_time_beyond_the_clock_never_ends() {
        let mut deadlines = Deadlines::new(Duration::MAX);
        deadlines.insert(request(["a", "1"], ""), Instant::now());
        assert_eq!(deadlines.next(), None);
        assert_eq!(deadlines.expire(Instant::now()), None);
    }
}
