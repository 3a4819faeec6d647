//! A publisher whose messages wait for a subscriber, and that says that it is there.

use std::time::Duration;

use log::warn;

use super::outbox::{Outbox, Outlet};
use super::request::HEARTBEAT;
use crate::background::{Background, WaitSet};
use crate::error::Result;
use crate::pattern::Publisher;
use crate::server::Server;
use crate::wake::Deadline;

/// How many messages a subscriber may be behind, as with `ZmqSender`.
const SEND_QUEUE: u32 = 100_000;

/// A publisher, with its outbox and its heartbeats.
#[derive(Debug)]
pub(super) struct Publishing {
    // Dropped first: it ends the thread.
    _heartbeats: Option<Background>,
    outbox: Outbox<ToSubscribers>,
}

impl Publishing {
    pub(super) fn open(
        server: Server,
        queue: usize,
        heartbeats: Option<Duration>,
    ) -> Result<Publishing> {
        let publisher = server.send_queue(SEND_QUEUE).publish()?;
        let heartbeats = heartbeats.map(|interval| beat(publisher.clone(), interval));
        Ok(Publishing {
            _heartbeats: heartbeats.transpose()?,
            outbox: Outbox::new(ToSubscribers(publisher), queue),
        })
    }

    pub(super) fn publish(&self, message: Vec<u8>) -> Result<()> {
        self.outbox.push(message)
    }

    /// Sends a heartbeat, to those that are there.
    pub(super) fn heartbeat(&self) -> Result<()> {
        Ok(self.publisher().send(HEARTBEAT)?)
    }

    pub(super) fn publisher(&self) -> &Publisher {
        &self.outbox.outlet().0
    }

    pub(super) fn waiting(&self) -> usize {
        self.outbox.waiting()
    }

    pub(super) fn dropped(&self) -> u64 {
        self.outbox.dropped()
    }
}

/// Sends a heartbeat again and again.
fn beat(publisher: Publisher, interval: Duration) -> Result<Background> {
    let beating = Background::start_waiting("zeroless-zmqrpc-heartbeat", move |stop| {
        Ok(move || {
            let waits = WaitSet::<()>::new(stop.waker());
            while !stop.is_stopped() && publisher.send(HEARTBEAT).is_ok() {
                waits.wait(Deadline::after(interval));
            }
        })
    })?;
    Ok(beating.0)
}

/// The subscribers of a publisher.
struct ToSubscribers(Publisher);

/// How long a wait for subscribers lasts before the next begins.
const LONG: Duration = Duration::from_secs(3600);

impl Outlet for ToSubscribers {
    const NAME: &'static str = "published";

    fn try_send(&self, message: &[u8]) -> bool {
        self.0.has_subscriber(message).unwrap_or(false) && self.0.send(message).is_ok()
    }

    fn wait_ready(&self) -> bool {
        loop {
            match self.0.wait_for_subscribers(1, LONG) {
                Ok(()) => return true,
                Err(error) if error.is_timeout() => {}
                Err(_) => return false,
            }
        }
    }

    fn send(&self, message: &[u8]) -> bool {
        if self.0.wait_for_subscribers(1, Duration::ZERO).is_err() {
            return false;
        }
        match self.0.send(message) {
            Err(unsent) if unsent.error().is_stopped() => return false,
            Err(unsent) => warn!("zmqrpc: a message that waited cannot be published: {unsent}"),
            Ok(()) => {}
        }
        true
    }

    fn close(&self) {
        self.0.stop();
    }
}
