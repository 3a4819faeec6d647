//! Judging the clients that ask to enter.

use std::sync::Arc;
use std::time::Instant;

use super::super::guesses::{Attempt, Ticket};
use super::super::key_folder::KeyFolder;
use super::super::rules::{Closure, Denial, Opinion};
use super::super::{AccessRequest, user_id};
use super::{Access, Shared};

/// The property of a connection that has its admission, in digits, and with CURVE a blank and the key that it was let
/// in with. It comes before one that the peer sends.
pub(crate) const ADMISSION: &str = "Zeroless-Admission";

/// What becomes of a client that asks to enter.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It enters, as this user; `admission` says when.
    Admitted {
        user: String,
        admission: u64,
    },
    Denied(Denial),
    /// It is not answered, and comes back by itself.
    Later,
    /// The closure has to be asked, which may take any time.
    Ask(Question),
}

/// A question to the closure of an access.
#[derive(Debug)]
pub(crate) struct Question {
    access: Access,
    closure: Arc<Closure>,
    request: Arc<AccessRequest>,
    ticket: Option<Ticket>,
}

impl Access {
    /// Judges a client. It does not wait, but for files.
    pub(crate) fn judge(&self, request: &Arc<AccessRequest>, now: Instant) -> Verdict {
        let Ok(mut rules) = self.0.lock() else {
            return Verdict::Denied(Denial::Forked);
        };
        match rules.judge(request, now) {
            Opinion::Ask(closure) => Verdict::Ask(Question {
                access: self.clone(),
                closure,
                request: request.clone(),
                ticket: None,
            }),
            opinion => self.0.verdict(opinion),
        }
    }

    /// Lines for the log on what was found while judging.
    pub(crate) fn take_lines(&self) -> Vec<String> {
        let Ok(mut rules) = self.0.lock() else {
            return Vec::new();
        };
        let folders = rules.folders.iter_mut();
        folders.flat_map(KeyFolder::take_lines).collect()
    }
}

impl Shared {
    /// The verdict, with the rules locked: a user that is revoked after it has an old admission.
    fn verdict(&self, opinion: Opinion) -> Verdict {
        match opinion {
            Opinion::Admit(user) if self.revocations.is_barred(&user) => {
                Verdict::Denied(Denial::Revoked)
            }
            Opinion::Admit(user) => Verdict::Admitted {
                user,
                admission: self.revocations.revision(),
            },
            Opinion::Deny(denial) => Verdict::Denied(denial),
            Opinion::Later | Opinion::Ask(_) => Verdict::Later,
        }
    }
}

impl Question {
    pub(crate) fn closure(&self) -> &Arc<Closure> {
        &self.closure
    }

    /// The request counts as a wrong guess from now on. Gives the verdict, if it is known without
    /// asking.
    pub(crate) fn begin(&mut self, now: Instant) -> Option<Verdict> {
        let Ok(mut rules) = self.access.0.lock() else {
            return Some(Verdict::Denied(Denial::Forked));
        };
        match rules.begin(&self.request, now) {
            Attempt::Judge(ticket) => {
                self.ticket = Some(ticket);
                None
            }
            Attempt::Wrong => Some(Verdict::Denied(Denial::RefusedBefore)),
            Attempt::Later => Some(Verdict::Later),
        }
    }

    /// Asks: the closure may take any time, and panic.
    pub(crate) fn ask(&self) -> Result<Option<String>, Denial> {
        self.closure.call(&self.request)
    }

    /// The verdict, by the closure's answer.
    pub(crate) fn end(self, answer: Result<Option<String>, Denial>, now: Instant) -> Verdict {
        let Ok(mut rules) = self.access.0.lock() else {
            return Verdict::Denied(Denial::Forked);
        };
        let opinion = match answer {
            Ok(Some(user)) if user_id::fault(&user).is_some() => Opinion::Deny(Denial::NotAUser),
            Ok(Some(user)) => Opinion::Admit(user),
            Ok(None) => rules.stranger(&self.request, Denial::Refused),
            Err(denial) => Opinion::Deny(denial),
        };
        if let Some(ticket) = self.ticket {
            rules.finish(ticket, matches!(opinion, Opinion::Admit(_)), now);
        }
        self.access.0.verdict(opinion)
    }
}
