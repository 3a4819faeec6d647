//! The connections to receivers: one after the other for single messages, and each by itself for those to all.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::client::Client;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::fork::ForkMutex;
use crate::message::Message;
use crate::pattern::Requester;
use crate::rpc::CallError;
use crate::security::ClientSecurity;
use crate::wake::Deadline;

/// The connections to the receivers at some endpoints.
#[derive(Debug)]
pub(super) struct Links {
    client: Client,
    /// Goes to the receivers in turn, passing over those that are down.
    in_turn: Requester,
    /// One for each endpoint, made when a message first goes to all.
    each: ForkMutex<Vec<Requester>>,
    /// How many messages wait for a connection.
    waiting: AtomicUsize,
    max_waiting: usize,
}

/// How long a wait for a connection lasts before the next begins.
const LONG: Duration = Duration::from_secs(3600);

fn client(security: Option<&ClientSecurity>) -> Client {
    match security {
        Some(security) => Client::new().security(security.clone()),
        None => Client::new(),
    }
}

impl Links {
    /// Connects to these endpoints; so many messages may wait until one of them is up.
    pub(super) fn open(
        endpoints: &[Endpoint],
        security: Option<&ClientSecurity>,
        max_waiting: usize,
    ) -> Result<Links> {
        let client = client(security).connect(endpoints.to_vec())?;
        Ok(Links {
            in_turn: client.request()?,
            client,
            each: ForkMutex::default(),
            waiting: AtomicUsize::new(0),
            max_waiting,
        })
    }

    /// Sends a message to the next receiver that is up; its reply.
    pub(super) fn request(&self, frame: &[u8], deadline: Deadline) -> Result<Message, CallError> {
        let _waiting = self.enter()?;
        request(&self.in_turn, frame, deadline)
    }

    /// Sends a message to each receiver; the reply of each.
    pub(super) fn request_all(
        &self,
        security: Option<&ClientSecurity>,
        frame: &[u8],
        deadline: Deadline,
    ) -> Result<Vec<(Endpoint, Result<Message, CallError>)>> {
        let endpoints = self.client.endpoints();
        let requesters = match &*endpoints {
            [_] => vec![self.in_turn.clone()],
            _ => self.each(&endpoints, security)?,
        };
        let replies = thread::scope(|scope| {
            let asking = requesters.iter().map(|requester| {
                let ask = || request(requester, frame, deadline);
                thread::Builder::new().spawn_scoped(scope, ask)
            });
            let asking: Vec<_> = asking.collect();
            let replies = asking.into_iter().map(|asked| match asked {
                Ok(asked) => asked.join().unwrap_or(Err(CallError::Cancelled)),
                Err(error) => Err(CallError::NotSent {
                    reason: Error::system("starting a thread", error),
                }),
            });
            replies.collect::<Vec<_>>()
        });
        Ok(endpoints.into_iter().zip(replies).collect())
    }

    fn each(
        &self,
        endpoints: &[Endpoint],
        security: Option<&ClientSecurity>,
    ) -> Result<Vec<Requester>> {
        let mut each = self.each.lock()?;
        for endpoint in &endpoints[each.len()..] {
            let client = client(security).connect(endpoint.clone())?;
            each.push(client.request()?);
        }
        Ok(each.clone())
    }

    /// Counts a message that may have to wait for a connection, unless there are too many.
    fn enter(&self) -> Result<Option<Waiting<'_>>, CallError> {
        if self.in_turn.connections_now() > 0 {
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
            match self.in_turn.wait_connected(1, LONG) {
                Ok(()) => return true,
                Err(error) if error.is_timeout() => {}
                Err(_) => return false,
            }
        }
    }

    /// Ends all waits, for good.
    pub(super) fn stop(&self) {
        self.in_turn.stop();
    }
}

/// A message that waits for a connection.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Sends a message once a connection is up, and not before: it would arrive when nobody waits for its reply any more.
fn request(requester: &Requester, frame: &[u8], deadline: Deadline) -> Result<Message, CallError> {
    let not_sent = |reason| CallError::NotSent { reason };
    if requester.connections_now() == 0 {
        let left = deadline.left().unwrap_or(LONG);
        requester.wait_connected(1, left).map_err(not_sent)?;
    }
    let pending = requester.start_until(frame, deadline);
    let pending = pending.map_err(|unsent| not_sent(unsent.into()))?;
    let reply = pending.take_until(deadline);
    reply.map_err(|reason| CallError::MayHaveRun { reason })
}
