//! The connections to receivers: one after the other for single messages, and all of them for those to all.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::endpoint::Endpoint;
use crate::error::{Error, Result, Wait};
use crate::message::Message;
use crate::options::Options;
use crate::pattern::{Pending, Unsent, reply_or_lost};
use crate::rpc::CallError;
use crate::rpc::client::{Backend, Backends, Balance, in_time};
use crate::security::ClientSecurity;
use crate::wake::Deadline;

/// The connections to the receivers at some endpoints, each over a socket of its own.
#[derive(Debug)]
pub(super) struct Links {
    receivers: Backends,
    /// How many messages wait for a connection.
    waiting: AtomicUsize,
    max_waiting: usize,
}

/// How long a wait for a connection lasts before the next begins.
const LONG: Duration = Duration::from_secs(3600);

impl Links {
    /// Connects to these endpoints; so many messages may wait until one of them is up.
    pub(super) fn open(
        endpoints: &[Endpoint],
        security: Option<&ClientSecurity>,
        max_waiting: usize,
    ) -> Result<Links> {
        let options = Options {
            // A message would arrive when nobody waits for its reply any more.
            immediate: Some(true),
            security: security.cloned().map(Into::into),
            ..Options::default()
        };
        let receivers = Backends::new(options, None);
        for endpoint in endpoints {
            receivers.add(endpoint.clone())?;
        }
        Ok(Links {
            receivers,
            waiting: AtomicUsize::new(0),
            max_waiting,
        })
    }

    /// Sends a message to the next receiver that is up; its reply.
    pub(super) fn request(&self, frame: &[u8], deadline: Deadline) -> Result<Message, CallError> {
        let _waiting = self.enter()?;
        let mut message = Message::from(frame);
        let send = |receiver: &Arc<Backend>, patience| {
            in_time(deadline)?;
            receiver.request(|| message.share(), patience)
        };
        let pending = self
            .receivers
            .deliver(Balance::RoundRobin, &[], deadline, send);
        match pending.map_err(not_sent)? {
            Some(pending) => reply(&pending, deadline),
            // It passes over none.
            None => Err(not_sent(Error::timeout(Wait::Room))),
        }
    }

    /// Sends a message to each receiver; the reply of each.
    pub(super) fn request_all(
        &self,
        frame: &[u8],
        deadline: Deadline,
    ) -> Result<Vec<(Endpoint, Result<Message, CallError>)>> {
        let receivers = self.receivers.all()?;
        let replies = thread::scope(|scope| {
            let asking = receivers.iter().map(|receiver| {
                let ask = || self.request_at(receiver, frame, deadline);
                thread::Builder::new().spawn_scoped(scope, ask)
            });
            let asking: Vec<_> = asking.collect();
            let replies = asking.into_iter().map(|asked| match asked {
                Ok(asked) => asked.join().unwrap_or(Err(CallError::Cancelled)),
                Err(error) => Err(not_sent(Error::system("starting a thread", error))),
            });
            replies.collect::<Vec<_>>()
        });
        let endpoints = receivers.iter().map(|receiver| receiver.endpoint().clone());
        Ok(endpoints.zip(replies).collect())
    }

    /// Sends a message to this receiver, once it is up; its reply.
    fn request_at(
        &self,
        receiver: &Backend,
        frame: &[u8],
        deadline: Deadline,
    ) -> Result<Message, CallError> {
        let mut message = Message::from(frame);
        loop {
            let is_up = self.receivers.wait_up_at(receiver, deadline);
            if !is_up.map_err(not_sent)? {
                return Err(not_sent(receiver.not_connected()));
            }
            let sent =
                in_time(deadline).and_then(|()| receiver.request(|| message.share(), deadline));
            match sent {
                Ok(pending) => return reply(&pending, deadline),
                Err(Unsent::Down) => {}
                Err(Unsent::Full) => return Err(not_sent(Error::timeout(Wait::Room))),
                Err(Unsent::Failed(error)) => return Err(not_sent(error)),
            }
        }
    }

    /// Counts a message that may have to wait for a connection, unless there are too many.
    fn enter(&self) -> Result<Option<Waiting<'_>>, CallError> {
        let receivers = self.receivers.all().map_err(not_sent)?;
        if receivers.iter().any(|receiver| receiver.is_up()) {
            return Ok(None);
        }
        let waiting = Waiting(&self.waiting);
        match self.waiting.fetch_add(1, Ordering::Relaxed) < self.max_waiting {
            true => Ok(Some(waiting)),
            false => {
                let limit = format!("{} messages wait for a connection", self.max_waiting);
                Err(CallError::Busy {
                    limit: limit.into(),
                })
            }
        }
    }

    /// Waits until a receiver is up; false if it was stopped.
    pub(super) fn wait_connected(&self) -> bool {
        loop {
            match self.receivers.wait_up(1, Deadline::after(LONG)) {
                Ok(()) => return true,
                Err(error) if error.is_timeout() => {}
                Err(_) => return false,
            }
        }
    }

    /// Ends all waits, for good.
    pub(super) fn stop(&self) {
        self.receivers.stop();
    }
}

/// A message that waits for a connection.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

pub(super) fn not_sent(reason: Error) -> CallError {
    CallError::NotSent { reason }
}

/// The reply to a message that was sent, unless its connection ends before.
fn reply(pending: &Pending, deadline: Deadline) -> Result<Message, CallError> {
    let reply = pending.take_until(deadline).and_then(reply_or_lost);
    reply.map_err(|reason| CallError::MayHaveRun { reason })
}
