//! What a node knows of one of its peers, and when it doubts that it is still there.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::timing::Timing;
use crate::zre::peer::Peer;
use crate::zre::wire::follows;

/// How long a peer that is said to leave may take to say that it is still there.
pub(crate) const SUSPECT_TIMEOUT: Duration = Duration::from_millis(500);

/// A node that was heard of.
#[derive(Debug)]
pub(crate) struct PeerState {
    pub(crate) endpoint: String,
    /// The host of the endpoint.
    pub(crate) host: IpAddr,
    /// What its HELLO told; before that, nothing else of it counts.
    pub(crate) peer: Option<Peer>,
    /// The groups that its HELLO told, until it is verified to be there.
    pub(crate) greeted_from: BTreeSet<String>,
    /// How many groups it is in.
    pub(crate) groups: usize,
    /// How many bytes are kept of what it told.
    pub(crate) bytes: usize,
    /// The groups that it contests for, as far as we know, in them or not.
    pub(crate) contests: BTreeSet<String>,
    /// Whether it holds elections by messages, as zyre does.
    pub(crate) elects: bool,
    /// Whether it has a socket of its own, to which our HELLO went.
    pub(crate) open: bool,
    /// Whether it has answered at that endpoint: only then it is not a mere claim.
    pub(crate) verified: bool,
    /// Whether it has answered before it greeted us.
    pub(crate) answers_first: bool,
    /// The number of the message that came last.
    sequence: u16,
    since: Instant,
    /// When a message came from it.
    heard: Instant,
    /// When its beacon came.
    seen: Instant,
    /// When it was asked whether it is there, without an answer so far.
    asked: Option<Instant>,
    /// How many questions it has not answered, and when the last was asked.
    open_questions: u32,
    questioned: Instant,
    /// When somebody said that it leaves.
    farewell: Option<Instant>,
    /// When it greeted us again, and has not answered since: it may have forgotten our greeting.
    greeted_again: Option<Instant>,
    suspicion: Suspicion,
}

/// How far it is doubted that a peer is still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Suspicion {
    None,
    Evasive,
    Silent,
    Gone,
}

/// What time has come for, with a peer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Due {
    Nothing,
    /// To ask whether it is there.
    Ask,
    /// To greet it anew.
    Greet,
    /// To tell of a suspicion that is new.
    Tell(Suspicion),
}

impl PeerState {
    pub(crate) fn new(endpoint: String, host: IpAddr, now: Instant) -> PeerState {
        PeerState {
            endpoint,
            host,
            peer: None,
            greeted_from: BTreeSet::new(),
            groups: 0,
            bytes: 0,
            contests: BTreeSet::new(),
            elects: false,
            open: false,
            verified: false,
            answers_first: false,
            sequence: 0,
            since: now,
            heard: now,
            seen: now,
            asked: None,
            open_questions: 0,
            questioned: now,
            farewell: None,
            greeted_again: None,
            suspicion: Suspicion::None,
        }
    }

    /// The peer, once it has greeted us and is verified to be there: it can be whispered to.
    pub(crate) fn here(&self) -> Option<&Peer> {
        self.peer.as_ref().filter(|_| self.verified)
    }

    /// It begins to count anew, and may have forgotten us; whom it was until now, if it was here.
    pub(crate) fn begin_anew(&mut self, now: Instant) -> Option<Peer> {
        self.greeted_again.get_or_insert(now);
        self.sequence = 0;
        self.groups = 0;
        self.peer.take().filter(|_| self.verified)
    }

    /// Takes the number of a message that came; false if one is missing before it.
    pub(crate) fn follow(&mut self, sequence: u16, now: Instant) -> bool {
        let follows = follows(sequence, self.sequence);
        self.sequence = sequence;
        self.heard = now;
        follows
    }

    /// Its beacon came from there.
    pub(crate) fn see(&mut self, from: IpAddr, now: Instant) {
        if from == self.host {
            self.seen = now;
        }
    }

    /// It is being asked whether it is there.
    pub(crate) fn ask(&mut self) {
        self.open_questions += 1;
    }

    /// Its socket is closed, with all that was asked, for another; whether it had one.
    pub(crate) fn close(&mut self, now: Instant) -> bool {
        self.open_questions = 0;
        (self.since, self.questioned) = (now, now);
        std::mem::take(&mut self.open)
    }

    /// It has answered at its endpoint; whether for the first time.
    pub(crate) fn answered(&mut self) -> bool {
        self.open_questions = self.open_questions.saturating_sub(1);
        self.greeted_again = None;
        // What answers an earlier question says nothing of a farewell since.
        if self.open_questions == 0 {
            self.asked = None;
            self.farewell = None;
        }
        !std::mem::replace(&mut self.verified, true)
    }

    /// Somebody says that it leaves, and anybody can say so: whether it has to be asked.
    pub(crate) fn suspect(&mut self, now: Instant) -> bool {
        if self.farewell.is_some() {
            return false;
        }
        self.farewell = Some(now);
        // What it has not answered for so long was lost, as when it had forgotten us.
        if now.saturating_duration_since(self.questioned) > 2 * SUSPECT_TIMEOUT {
            self.open_questions = 0;
        }
        self.questioned = now;
        true
    }

    /// Whether it is to be looked at again before long.
    pub(crate) fn is_suspect(&self) -> bool {
        self.farewell.is_some() || self.greeted_again.is_some()
    }

    /// Whether it has not answered for so long that it may be elsewhere.
    pub(crate) fn is_late(&self, now: Instant) -> bool {
        !self.verified && now.saturating_duration_since(self.since) >= SUSPECT_TIMEOUT
    }

    /// Whether it was greeted just now, or has not answered at all.
    pub(crate) fn is_new(&self, now: Instant) -> bool {
        !self.verified || now.saturating_duration_since(self.since) < SUSPECT_TIMEOUT
    }

    /// What time has come for.
    pub(crate) fn due(&mut self, now: Instant, timing: &Timing) -> Due {
        let over = |since: Instant, time: Duration| now.saturating_duration_since(since) >= time;
        let has_left = |since: Instant| {
            // One that is only busy still beacons; anybody can do so in its name, for a while.
            let patience = if self.seen > since { 4 } else { 1 };
            over(since, patience * SUSPECT_TIMEOUT)
        };
        if self.farewell.is_some_and(has_left)
            || (!self.verified && over(self.since, timing.evasive))
            || over(self.heard, timing.expired)
        {
            return self.tell(Suspicion::Gone);
        }
        if self
            .greeted_again
            .is_some_and(|since| over(since, SUSPECT_TIMEOUT))
        {
            self.greeted_again = None;
            return Due::Greet;
        }
        // The question, or the answer, may have been lost with a connection.
        if !self.verified && self.peer.is_some() && over(self.questioned, timing.interval) {
            self.questioned = now;
            return Due::Ask;
        }
        // In a mesh at rest, questions cost most. Who beacons is asked all the same before it
        // expires: anybody can send a beacon in its name.
        let rarely = timing.expired / 2;
        let evasive = timing.evasive.min(rarely);
        if !over(self.heard.max(self.seen), evasive) && !over(self.heard, rarely) {
            self.asked = None;
            self.suspicion = Suspicion::None;
            return Due::Nothing;
        }
        let Some(asked) = self.asked else {
            (self.asked, self.questioned) = (Some(now), now);
            return Due::Ask;
        };
        if over(asked, timing.silent) && self.suspicion < Suspicion::Silent {
            return self.tell(Suspicion::Silent);
        }
        if over(asked, timing.interval) && self.suspicion < Suspicion::Evasive {
            return self.tell(Suspicion::Evasive);
        }
        Due::Nothing
    }

    fn tell(&mut self, suspicion: Suspicion) -> Due {
        self.suspicion = suspicion;
        Due::Tell(suspicion)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn a_question_that_was_lost_does_not_make_a_later_rumour_true() {
        let now = Instant::now();
        let mut known = PeerState::new("tcp://10.0.0.1:1".into(), Ipv4Addr::LOCALHOST.into(), now);
        known.ask();
        let later = now + 3 * SUSPECT_TIMEOUT;
        assert!(known.suspect(later));
        known.ask();
        known.answered();
        assert!(!known.is_suspect());
    }

    #[test]
    fn one_is_asked_before_it_expires_however_soon_that_is() {
        let now = Instant::now();
        let mut known = PeerState::new("tcp://10.0.0.1:1".into(), Ipv4Addr::LOCALHOST.into(), now);
        known.answered();
        let timing = Timing {
            expired: Duration::from_secs(3),
            ..Timing::default()
        };
        assert_eq!(
            known.due(now + Duration::from_secs(1), &timing),
            Due::Nothing
        );
        assert_eq!(known.due(now + Duration::from_secs(2), &timing), Due::Ask);
    }
}
