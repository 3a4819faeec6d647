//! Slows guessing: counts wrong credentials by address and user, in bounded memory.
//!
//! The promise, for whatever comes: of one user and from one address, five wrong guesses are judged as they
//! come, and each later one only when a delay since the last is over, which doubles from a second to a minute. From one
//! address no more than a hundred are judged in a minute. The same wrong credentials again are not a new guess: a
//! client that is configured wrongly tries again and again, and is not an attacker.
//!
//! During its own delay, right credentials wait as well: if they were let in, a guess would be answered
//! whatever the delay. So an attacker can keep one user out at the attacker's own address, but no other user, and
//! nowhere else. For the same reason a success does not clear the counts: it would give the attacker five
//! guesses more.
//!
//! Where an address has used up its hundred, or attackers at many addresses the room for all, the credentials that
//! were right before still enter: they are compared with a hash, and what differs counts as a guess at that user.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use super::peer_address::Source;

mod bucket;

use bucket::Bucket;

/// How many wrong guesses at a user are judged without a delay.
const FREE: u32 = 5;

/// The delay after the last of them, and the longest, as it doubles.
const DELAY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// How long after the last wrong guess it is forgotten.
const FORGET_AFTER: Duration = Duration::from_secs(600);

/// How often the same wrong credentials are judged anew: a folder or a closure may have changed its mind.
const JUDGE_AGAIN: Duration = Duration::from_secs(1);

/// How many wrong credentials are remembered of a user at an address.
const REMEMBERED: usize = 8;

/// How often what can be forgotten is.
const SWEEP: Duration = Duration::from_secs(60);

/// The bounds of what is kept.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    /// Users at addresses. What does not fit shares one bucket.
    pairs: usize,
    addresses: usize,
    /// Users at addresses whose credentials were right.
    known: usize,
}

/// Some 5 MiB, if an attacker fills all.
const BOUNDS: Bounds = Bounds {
    pairs: 16_384,
    addresses: 4096,
    known: 4096,
};

/// The counts.
#[derive(Debug)]
pub(super) struct Guesses {
    /// Secret and random: no hash can be made to order, or to collide.
    hasher: RandomState,
    bounds: Bounds,
    pairs: HashMap<Pair, Wrong>,
    addresses: HashMap<Source, Bucket>,
    /// For all that there is no room for in the others.
    rest: Bucket,
    known: HashMap<Pair, Known>,
    swept: Option<Instant>,
}

/// A user at an address; the user is a hash.
type Pair = (Source, u64);

/// One attempt to enter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guess {
    pair: Pair,
    /// A hash, never the credentials.
    credentials: u64,
}

/// The wrong guesses at a user from an address.
#[derive(Debug)]
struct Wrong {
    count: u32,
    /// No new guess is judged before.
    until: Instant,
    last: Instant,
    /// The hashes of the last ones.
    remembered: Vec<Remembered>,
}

#[derive(Debug)]
struct Remembered {
    credentials: u64,
    /// When they were found wrong last; `None` while they are judged for the first time.
    judged: Option<Instant>,
}

/// The credentials that were right last.
#[derive(Debug)]
struct Known {
    credentials: u64,
    at: Instant,
}

/// What may be done with an attempt.
#[derive(Debug)]
pub(super) enum Attempt {
    /// It is to be judged; the outcome goes to [`Guesses::finish`].
    Judge(Ticket),
    /// It was found wrong a moment ago.
    Wrong,
    /// Not now.
    Later,
}

/// An attempt that is being judged. Until it has turned out to be right, it counts as wrong: many
/// at once are no way round.
#[derive(Debug)]
pub(super) struct Ticket {
    guess: Guess,
    counting: Counting,
}

#[derive(Debug)]
enum Counting {
    /// Counted, and no other is judged before this time.
    New { until: Instant },
    /// Counted in the buckets alone, since there is no room.
    Untracked,
    /// It was counted before.
    Repeated,
    /// It was right before, and is not counted.
    Known,
}

/// An attempt, before it is counted.
enum State {
    Repeated,
    JustWrong,
    Delayed,
    /// The address has no more guesses, or nobody has; whether these are the credentials that were right before,
    /// if any were.
    Exhausted(Option<bool>),
    New,
}

impl Guesses {
    pub(super) fn new() -> Guesses {
        Guesses::bounded(BOUNDS)
    }

    fn bounded(bounds: Bounds) -> Guesses {
        Guesses {
            hasher: RandomState::new(),
            bounds,
            pairs: HashMap::new(),
            addresses: HashMap::new(),
            rest: Bucket::default(),
            known: HashMap::new(),
            swept: None,
        }
    }

    /// An attempt by these credentials.
    pub(super) fn guess(&self, source: Source, user: &[u8], secret: &[u8]) -> Guess {
        Guess {
            pair: (source, self.hasher.hash_one(user)),
            credentials: self.hasher.hash_one((user, secret)),
        }
    }

    /// Whether it could not be judged now. Nothing is counted.
    pub(super) fn is_held_up(&self, guess: &Guess, now: Instant) -> bool {
        matches!(
            self.state(guess, now),
            State::Delayed | State::Exhausted(None | Some(false))
        )
    }

    /// Begins an attempt.
    pub(super) fn begin(&mut self, guess: Guess, now: Instant) -> Attempt {
        self.sweep(now);
        let ticket = |counting| Attempt::Judge(Ticket { guess, counting });
        match self.state(&guess, now) {
            State::Repeated => ticket(Counting::Repeated),
            State::JustWrong => Attempt::Wrong,
            State::Delayed => Attempt::Later,
            State::Exhausted(Some(true)) => ticket(Counting::Known),
            State::Exhausted(Some(false)) => {
                // To wait says that it is not right: it was judged.
                self.count(guess, Some(now), now);
                Attempt::Later
            }
            State::Exhausted(None) => Attempt::Later,
            State::New => {
                self.bucket(guess.pair.0).take(now);
                match self.count(guess, None, now) {
                    Some(until) => ticket(Counting::New { until }),
                    None if self.rest.has_any(now) => {
                        self.rest.take(now);
                        ticket(Counting::Untracked)
                    }
                    None => {
                        self.bucket(guess.pair.0).give_back();
                        Attempt::Later
                    }
                }
            }
        }
    }

    /// Ends an attempt.
    pub(super) fn finish(&mut self, ticket: Ticket, right: bool, now: Instant) {
        let Ticket { guess, counting } = ticket;
        if right {
            self.know(guess, now);
            self.take_back(guess, &counting, now);
            return;
        }
        if matches!(counting, Counting::Known) {
            self.known.remove(&guess.pair);
            self.count(guess, Some(now), now);
        } else if let Some(wrong) = self.pairs.get_mut(&guess.pair) {
            wrong.find(guess.credentials, |it| it.judged = Some(now));
        }
    }

    /// Forgets the wrong guesses at a user, whose credentials have changed.
    pub(super) fn forget_user(&mut self, user: &[u8]) {
        let user = self.hasher.hash_one(user);
        self.pairs.retain(|(_, its), _| *its != user);
        self.known.retain(|(_, its), _| *its != user);
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        *self = Guesses::bounded(self.bounds);
    }

    fn state(&self, guess: &Guess, now: Instant) -> State {
        if let Some(wrong) = self.pairs.get(&guess.pair).filter(|it| !it.is_over(now)) {
            let again = wrong
                .remembered
                .iter()
                .find(|it| it.credentials == guess.credentials);
            match again.map(|it| it.judged) {
                Some(Some(judged)) if now < judged + JUDGE_AGAIN => return State::JustWrong,
                Some(_) => return State::Repeated,
                None if now < wrong.until => return State::Delayed,
                None => {}
            }
        }
        let bucket = match self.addresses.get(&guess.pair.0) {
            None if self.addresses.len() >= self.bounds.addresses => Some(&self.rest),
            bucket => bucket,
        };
        let has_any = bucket.is_none_or(|bucket| bucket.has_any(now));
        let known = self.known.get(&guess.pair);
        match known.map(|known| known.credentials == guess.credentials) {
            Some(true) if !(has_any && self.has_room(&guess.pair)) => State::Exhausted(Some(true)),
            _ if has_any => State::New,
            is_right => State::Exhausted(is_right),
        }
    }

    /// Whether a wrong guess at a user from an address can be remembered.
    fn has_room(&self, pair: &Pair) -> bool {
        self.pairs.len() < self.bounds.pairs || self.pairs.contains_key(pair)
    }

    fn bucket(&mut self, source: Source) -> &mut Bucket {
        let is_full = self.addresses.len() >= self.bounds.addresses;
        if is_full && !self.addresses.contains_key(&source) {
            return &mut self.rest;
        }
        self.addresses.entry(source).or_default()
    }

    /// Counts a wrong guess; until when there is no other one, if there is room to remember it.
    fn count(&mut self, guess: Guess, judged: Option<Instant>, now: Instant) -> Option<Instant> {
        if !self.has_room(&guess.pair) {
            return None;
        }
        let wrong = self.pairs.entry(guess.pair).or_insert_with(|| Wrong {
            count: 0,
            until: now,
            last: now,
            remembered: Vec::new(),
        });
        if wrong.is_over(now) {
            (wrong.count, wrong.remembered) = (0, Vec::new());
        }
        wrong.count = wrong.count.saturating_add(1);
        wrong.last = now;
        wrong.until = now + delay(wrong.count);
        if wrong.remembered.len() >= REMEMBERED {
            wrong.remembered.remove(0);
        }
        wrong.remembered.push(Remembered {
            credentials: guess.credentials,
            judged,
        });
        Some(wrong.until)
    }

    /// Takes back that an attempt was counted as wrong.
    fn take_back(&mut self, guess: Guess, counting: &Counting, now: Instant) {
        if let Some(wrong) = self.pairs.get_mut(&guess.pair) {
            let credentials = guess.credentials;
            wrong.remembered.retain(|it| it.credentials != credentials);
            if let Counting::New { until } = counting {
                wrong.count = wrong.count.saturating_sub(1);
                // Unless another was counted meanwhile.
                if wrong.until == *until {
                    wrong.until = now;
                }
            }
            if wrong.count == 0 {
                self.pairs.remove(&guess.pair);
            }
        }
        match counting {
            Counting::New { .. } => self.bucket(guess.pair.0).give_back(),
            Counting::Untracked => {
                self.bucket(guess.pair.0).give_back();
                self.rest.give_back();
            }
            Counting::Repeated | Counting::Known => {}
        }
    }

    /// Remembers credentials that were right.
    fn know(&mut self, guess: Guess, now: Instant) {
        let is_full = self.known.len() >= self.bounds.known;
        if is_full && !self.known.contains_key(&guess.pair) {
            let oldest = self.known.iter().min_by_key(|(_, known)| known.at);
            if let Some(oldest) = oldest.map(|(pair, _)| *pair) {
                self.known.remove(&oldest);
            }
        }
        let known = Known {
            credentials: guess.credentials,
            at: now,
        };
        self.known.insert(guess.pair, known);
    }

    fn sweep(&mut self, now: Instant) {
        let is_due = |swept: Instant| now.saturating_duration_since(swept) >= SWEEP;
        if self.swept.is_none_or(is_due) {
            self.swept = Some(now);
            self.pairs.retain(|_, wrong| !wrong.is_over(now));
            self.addresses.retain(|_, bucket| !bucket.is_full(now));
        }
    }
}

impl Wrong {
    /// Whether it is forgotten.
    fn is_over(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last) >= FORGET_AFTER
    }

    fn find(&mut self, credentials: u64, change: impl FnOnce(&mut Remembered)) {
        let mut remembered = self.remembered.iter_mut();
        if let Some(it) = remembered.find(|it| it.credentials == credentials) {
            change(it);
        }
    }
}

/// How long no new guess is judged after so many.
fn delay(count: u32) -> Duration {
    let (first, longest) = DELAY;
    match count.checked_sub(FREE) {
        None => Duration::ZERO,
        Some(more) => first.saturating_mul(1 << more.min(16)).min(longest),
    }
}

#[cfg(test)]
mod tests;
