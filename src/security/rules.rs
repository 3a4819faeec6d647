//! The rules of an access, and how an attempt to enter is judged by them.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;

use super::access_request::{AccessRequest, Proof};
use super::guesses::{Attempt, Guess, Guesses, Ticket};
use super::key_folder::KeyFolder;
use super::networks::Networks;
use super::{Password, PublicKey, user_id};

/// All rules. Their order does not matter.
pub(super) struct Rules {
    pub(super) networks: Networks,
    pub(super) users: HashMap<String, Password>,
    pub(super) keys: HashMap<PublicKey, String>,
    pub(super) any_key: bool,
    pub(super) folders: Vec<KeyFolder>,
    pub(super) closure: Option<Arc<Closure>>,
    pub(super) guesses: Guesses,
}

/// A user's closure. One call of it runs at a time.
pub(crate) struct Closure(Mutex<Box<Judge>>);

pub(super) type Judge = dyn FnMut(&AccessRequest) -> Option<String> + Send;

impl fmt::Debug for Closure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closure").finish_non_exhaustive()
    }
}

/// What the rules say of an attempt.
pub(super) enum Opinion {
    Admit(String),
    Deny(Denial),
    Later,
    Ask(Arc<Closure>),
}

/// Why a client is not let in; for the log, and never for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denial {
    Address,
    NoName,
    UnknownUser,
    UnknownKey,
    WrongPassword,
    Revoked,
    /// The closure said no.
    Refused,
    /// The closure did not let it in a moment ago, and is not asked again yet.
    RefusedBefore,
    /// The closure's user cannot be one.
    NotAUser,
    Panicked,
    /// The closure does not return.
    Hung,
    /// The access cannot be used in a forked process.
    Forked,
}

impl Rules {
    pub(super) fn new() -> Rules {
        Rules {
            networks: Networks::default(),
            users: HashMap::new(),
            keys: HashMap::new(),
            any_key: false,
            folders: Vec::new(),
            closure: None,
            guesses: Guesses::new(),
        }
    }

    pub(super) fn judge(&mut self, request: &AccessRequest, now: Instant) -> Opinion {
        if !self.networks.admit(request.from) {
            return Opinion::Deny(Denial::Address);
        }
        match &request.proof {
            Proof::Plain { user, .. } if user_id::fault(user).is_some() => {
                Opinion::Deny(Denial::NoName)
            }
            Proof::Plain { user, password } => self.judge_password(request, user, password, now),
            Proof::Curve(key) => self.judge_key(request, key, now),
        }
    }

    fn judge_password(
        &mut self,
        request: &AccessRequest,
        user: &str,
        password: &[u8],
        now: Instant,
    ) -> Opinion {
        let guess = self.guess(request);
        if let (None, Some(closure)) = (self.users.get(user), &self.closure) {
            return match self.guesses.is_held_up(&guess, now) {
                true => Opinion::Later,
                false => Opinion::Ask(closure.clone()),
            };
        }
        let known = self.users.get(user);
        let denial = match known {
            Some(_) => Denial::WrongPassword,
            None => Denial::UnknownUser,
        };
        match self.guesses.begin(guess, now) {
            Attempt::Later => Opinion::Later,
            Attempt::Wrong => Opinion::Deny(denial),
            Attempt::Judge(ticket) => {
                let right = known.is_some_and(|known| known.matches(password));
                self.guesses.finish(ticket, right, now);
                match right {
                    true => Opinion::Admit(user.to_owned()),
                    false => Opinion::Deny(denial),
                }
            }
        }
    }

    /// A key that is known enters whatever was guessed before: nobody can guess a key. But a closure costs
    /// time, so how often strangers have it asked is limited.
    fn judge_key(&mut self, request: &AccessRequest, key: &PublicKey, now: Instant) -> Opinion {
        if let Some(user) = self.keys.get(key) {
            return Opinion::Admit(user.clone());
        }
        for folder in &mut self.folders {
            if let Some(user) = folder.user(key) {
                return Opinion::Admit(user.to_owned());
            }
        }
        let Some(closure) = &self.closure else {
            return self.stranger(request, Denial::UnknownKey);
        };
        match self.guesses.is_held_up(&self.guess(request), now) {
            true => Opinion::Later,
            false => Opinion::Ask(closure.clone()),
        }
    }

    /// A client that nothing vouches for.
    pub(super) fn stranger(&self, request: &AccessRequest, denial: Denial) -> Opinion {
        match &request.proof {
            Proof::Curve(key) if self.any_key => Opinion::Admit(key.to_string()),
            _ => Opinion::Deny(denial),
        }
    }

    fn guess(&self, request: &AccessRequest) -> Guess {
        let (user, secret): (&[u8], &[u8]) = match &request.proof {
            Proof::Plain { user, password } => (user.as_bytes(), password),
            Proof::Curve(key) => (key.as_bytes(), key.as_bytes()),
        };
        self.guesses.guess(request.from.source(), user, secret)
    }

    /// Begins to ask the closure.
    pub(super) fn begin(&mut self, request: &AccessRequest, now: Instant) -> Attempt {
        self.guesses.begin(self.guess(request), now)
    }

    /// Ends it.
    pub(super) fn finish(&mut self, ticket: Ticket, right: bool, now: Instant) {
        self.guesses.finish(ticket, right, now);
    }
}

impl Closure {
    pub(super) fn new(
        judge: impl FnMut(&AccessRequest) -> Option<String> + Send + 'static,
    ) -> Self {
        Closure(Mutex::new(Box::new(judge)))
    }

    /// Calls it; an error if it is in a call.
    pub(super) fn call(&self, request: &AccessRequest) -> Result<Option<String>, Denial> {
        let mut judge = self.0.try_lock().ok_or(Denial::Hung)?;
        Ok(judge(request))
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Denial::Address => "its address is not allowed",
            Denial::NoName => "its name is not a user's",
            Denial::UnknownUser => "unknown user",
            Denial::UnknownKey => "unknown key",
            Denial::WrongPassword => "wrong password",
            Denial::Revoked => "the user was revoked",
            Denial::Refused => "the closure does not know it",
            Denial::RefusedBefore => "the closure did not let it in a moment ago",
            Denial::NotAUser => {
                "the closure's answer is not a user's name (1 to 255 bytes, no NUL)"
            }
            Denial::Panicked => "the closure panicked",
            Denial::Hung => "the closure does not return",
            Denial::Forked => "the access is of the process that this one was forked from",
        })
    }
}
