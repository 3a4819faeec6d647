//! A node that is known, and the suspicion that it has gone.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use super::timing::Timing;
use crate::security::PublicKey;
use crate::zre::peer::Peer;
use crate::zre::wire::follows;

/// How long a suspected peer may take to answer a ping.
pub(crate) const SUSPECT_TIMEOUT: Duration = Duration::from_millis(500);

/// The state of a node that is known.
#[derive(Debug)]
pub(crate) struct KnownNode {
    /// Where its inbox is.
    pub(crate) address: SocketAddr,
    /// The key of its owner there, with CURVE.
    pub(crate) key: Option<PublicKey>,
    /// The node as its HELLO describes it, once that came. Before that, no other message of it counts.
    pub(crate) greeted_as: Option<Peer>,
    /// The groups in its HELLO, until it is verified.
    pub(crate) hello_groups: BTreeSet<String>,
    /// How many groups it is in.
    pub(crate) groups: usize,
    /// How many bytes of its HELLO and groups are kept.
    pub(crate) bytes: usize,
    /// The groups that it contests for, as far as we know, in them or not.
    pub(crate) contests: BTreeSet<String>,
    /// Whether it holds elections by messages, as zyre does.
    pub(crate) elects: bool,
    /// Whether it has a socket of its own, to which our HELLO went.
    pub(crate) has_socket: bool,
    /// Whether it has answered at that address. A liar can send PING-OK unasked, so the number of verified
    /// nodes is bounded, too.
    pub(crate) verified: bool,
    /// Whether it has answered before it greeted us.
    pub(crate) answered_before_hello: bool,
    /// The number of the message that came last.
    sequence: u16,
    /// When it became known, or, if its socket was closed to greet it anew, when that was.
    begun_at: Instant,
    /// When the last message came from it.
    last_message: Instant,
    /// When its last beacon came.
    last_beacon: Instant,
    /// When it was pinged because it was silent; `None` once it has answered.
    pinged_at: Option<Instant>,
    /// How many pings it has not answered.
    unanswered_pings: u32,
    /// When the last ping was sent.
    last_ping: Instant,
    /// When a sign came that it has gone, such as a goodbye.
    suspected_at: Option<Instant>,
    /// When it greeted us again, and has not answered since: it may have forgotten our greeting.
    greeted_again: Option<Instant>,
    suspicion: Suspicion,
}

/// How likely it is that a peer has gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Suspicion {
    None,
    Evasive,
    Silent,
    Gone,
}

/// The next step with a peer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Due {
    Nothing,
    /// Ping it.
    Ping,
    /// Greet it anew.
    Greet,
    /// Report a suspicion that is new.
    Report(Suspicion),
}

impl KnownNode {
    pub(crate) fn new(address: SocketAddr, key: Option<PublicKey>, now: Instant) -> KnownNode {
        KnownNode {
            address,
            key,
            greeted_as: None,
            hello_groups: BTreeSet::new(),
            groups: 0,
            bytes: 0,
            contests: BTreeSet::new(),
            elects: false,
            has_socket: false,
            verified: false,
            answered_before_hello: false,
            sequence: 0,
            begun_at: now,
            last_message: now,
            last_beacon: now,
            pinged_at: None,
            unanswered_pings: 0,
            last_ping: now,
            suspected_at: None,
            greeted_again: None,
            suspicion: Suspicion::None,
        }
    }

    /// The host that its inbox is at.
    pub(crate) fn host(&self) -> IpAddr {
        self.address.ip()
    }

    /// The peer, once it has greeted us and is verified to be there: it can be whispered to.
    pub(crate) fn here(&self) -> Option<&Peer> {
        self.greeted_as.as_ref().filter(|_| self.verified)
    }

    /// It counts its messages anew, and may have forgotten us. Gives the peer that was here until now.
    pub(crate) fn begin_anew(&mut self, now: Instant) -> Option<Peer> {
        self.greeted_again.get_or_insert(now);
        self.sequence = 0;
        self.groups = 0;
        self.greeted_as.take().filter(|_| self.verified)
    }

    /// Takes the number of a message that came; false if one is missing before it.
    pub(crate) fn accept_number(&mut self, sequence: u16, now: Instant) -> bool {
        let follows = follows(sequence, self.sequence);
        self.sequence = sequence;
        self.last_message = now;
        follows
    }

    /// Its beacon came, from this address.
    pub(crate) fn note_beacon(&mut self, from: IpAddr, now: Instant) {
        if from == self.host() {
            self.last_beacon = now;
        }
    }

    /// A ping is sent to it.
    pub(crate) fn count_ping(&mut self) {
        self.unanswered_pings += 1;
    }

    /// Its socket is closed to open another, and the pings on it are lost; whether it had one.
    pub(crate) fn close(&mut self, now: Instant) -> bool {
        self.unanswered_pings = 0;
        (self.begun_at, self.last_ping) = (now, now);
        std::mem::take(&mut self.has_socket)
    }

    /// It has answered at its endpoint; whether for the first time.
    pub(crate) fn answered(&mut self) -> bool {
        self.unanswered_pings = self.unanswered_pings.saturating_sub(1);
        self.greeted_again = None;
        // The answer to an earlier ping says nothing of a suspicion since.
        if self.unanswered_pings == 0 {
            self.pinged_at = None;
            self.suspected_at = None;
        }
        !std::mem::replace(&mut self.verified, true)
    }

    /// There is a sign that it has gone, and anybody can give one; whether it is to be pinged.
    pub(crate) fn suspect(&mut self, now: Instant) -> bool {
        if self.suspected_at.is_some() {
            return false;
        }
        self.suspected_at = Some(now);
        // Pings this old count as lost.
        if now.saturating_duration_since(self.last_ping) > 2 * SUSPECT_TIMEOUT {
            self.unanswered_pings = 0;
        }
        self.last_ping = now;
        true
    }

    /// Whether it is to be looked at again before long.
    pub(crate) fn is_suspect(&self) -> bool {
        self.suspected_at.is_some() || self.greeted_again.is_some()
    }

    /// Whether it has not answered for so long that it may be elsewhere.
    pub(crate) fn is_late(&self, now: Instant) -> bool {
        !self.verified && now.saturating_duration_since(self.begun_at) >= SUSPECT_TIMEOUT
    }

    /// Whether our greeting may still be under way: it was greeted just now, or has not answered at all.
    pub(crate) fn is_being_greeted(&self, now: Instant) -> bool {
        !self.verified || now.saturating_duration_since(self.begun_at) < SUSPECT_TIMEOUT
    }

    /// The next step, if it is time for one.
    pub(crate) fn due(&mut self, now: Instant, timing: &Timing) -> Due {
        let over = |since: Instant, time: Duration| now.saturating_duration_since(since) >= time;
        let has_left = |since: Instant| {
            // A busy node still beacons, so it has longer; not for ever, since anybody can beacon in its name.
            let patience = if self.last_beacon > since { 4 } else { 1 };
            over(since, patience * SUSPECT_TIMEOUT)
        };
        if self.suspected_at.is_some_and(has_left)
            || (!self.verified && over(self.begun_at, timing.evasive))
            || over(self.last_message, timing.expired)
        {
            return self.report(Suspicion::Gone);
        }
        if self
            .greeted_again
            .is_some_and(|since| over(since, SUSPECT_TIMEOUT))
        {
            self.greeted_again = None;
            return Due::Greet;
        }
        // The ping, or the answer, may have been lost with a connection.
        if !self.verified && self.greeted_as.is_some() && over(self.last_ping, timing.interval) {
            self.last_ping = now;
            return Due::Ping;
        }
        // In a mesh at rest, pings cost most. A peer that beacons is still pinged before it expires:
        // anybody can send a beacon in its name.
        let rarely = timing.expired / 2;
        let evasive = timing.evasive.min(rarely);
        if !over(self.last_message.max(self.last_beacon), evasive)
            && !over(self.last_message, rarely)
        {
            self.pinged_at = None;
            self.suspicion = Suspicion::None;
            return Due::Nothing;
        }
        let Some(pinged_at) = self.pinged_at else {
            (self.pinged_at, self.last_ping) = (Some(now), now);
            return Due::Ping;
        };
        if over(pinged_at, timing.silent) && self.suspicion < Suspicion::Silent {
            return self.report(Suspicion::Silent);
        }
        if over(pinged_at, timing.interval) && self.suspicion < Suspicion::Evasive {
            return self.report(Suspicion::Evasive);
        }
        Due::Nothing
    }

    fn report(&mut self, suspicion: Suspicion) -> Due {
        self.suspicion = suspicion;
        Due::Report(suspicion)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: ([u8; 4], u16) = ([10, 0, 0, 1], 1);

    #[test]
    fn a_question_that_was_lost_does_not_make_a_later_rumour_true() {
        let now = Instant::now();
        let mut known = KnownNode::new(ADDRESS.into(), None, now);
        known.count_ping();
        let later = now + 3 * SUSPECT_TIMEOUT;
        assert!(known.suspect(later));
        known.count_ping();
        known.answered();
        assert!(!known.is_suspect());
    }

    #[test]
    fn one_is_asked_before_it_expires_however_soon_that_is() {
        let now = Instant::now();
        let mut known = KnownNode::new(ADDRESS.into(), None, now);
        known.answered();
        let timing = Timing {
            expired: Duration::from_secs(3),
            ..Timing::default()
        };
        assert_eq!(
            known.due(now + Duration::from_secs(1), &timing),
            Due::Nothing
        );
        assert_eq!(known.due(now + Duration::from_secs(2), &timing), Due::Ping);
    }
}
