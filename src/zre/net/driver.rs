//! The thread of a node. It hands all input to the state machine, which answers with actions.

use std::iter;
use std::sync::Arc;
use std::time::{Duration, Instant};

use log::{info, warn};

use super::finder::Finder;
use super::local_address::LocalAddress;
use super::ports::wait_until_free;
use super::shared_node::SharedNode;
use crate::background::{WaitSet, guarded};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::ffi;
use crate::message::{Frame, Message};
use crate::socket::{Interest, Progress, Socket};
use crate::wake::Deadline;
use crate::zre::machine::{Machine, SUSPECT_TIMEOUT};
use crate::zre::uuid::Uuid;

/// How many messages are received in a row before anything else gets its turn.
const TURN: usize = 256;

/// How long a full queue of events stops the intake of messages. After that, events are dropped.
const FULL_TIMEOUT: Duration = Duration::from_secs(1);

/// The pause between two checks of the network interface.
const NETWORK_CHECK: Duration = Duration::from_secs(5);

/// The pause between two checks of a full queue.
const FULL_CHECK: Duration = Duration::from_millis(1);

/// The part of a node that its thread alone uses.
pub(crate) struct Driver {
    pub(crate) shared: Arc<SharedNode>,
    pub(crate) inbox: Socket,
    /// The endpoint of the inbox.
    pub(crate) bound: Endpoint,
    pub(crate) local_address: LocalAddress,
    pub(crate) finder: Finder,
    pub(crate) interval: Duration,
}

/// The sources that may have input.
struct Ready {
    inbox: bool,
    finder: bool,
}

/// The sources that the thread waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Inbox,
    Finder,
}

impl Driver {
    /// Runs until the node is stopped. Should a user's logger panic in it, the node ends, and says
    /// why: nobody may wait for it in vain.
    pub(crate) fn run(mut self) {
        if guarded("a node", || self.run_until_stopped()).is_none() {
            let reason = "its thread has panicked; the log has the panic's words";
            self.shared.fail(Error::system("running a node", reason));
        }
        self.shared.stop();
        guarded("a node's goodbye", || self.finder.leave(&self.shared));
        guarded("a node's end", || self.shared.end_observers());
        // Queued messages still go out, for as long as they may linger.
        self.shared.close_links();
        // The program that has stopped the node may start another at its ports.
        let mut bound = self.finder.bound();
        let inbox = self.inbox.bound().unwrap_or_default();
        bound.extend(inbox);
        drop((self.inbox, self.finder));
        wait_until_free(&bound);
    }

    fn run_until_stopped(&mut self) {
        let mut next = Instant::now();
        let mut check_network = next + NETWORK_CHECK;
        let mut full: Option<Instant> = None;
        let mut ready = Ready {
            inbox: true,
            finder: true,
        };
        while !self.shared.is_stopping() {
            let now = Instant::now();
            self.shared.run_tasks();
            if now >= next {
                next = now + self.until_next();
                // The inbox's own port: the endpoint that others are told may be elsewhere, or a name.
                let port = self.bound.port().unwrap_or(0);
                if !self.finder.advertise(&self.shared, port) || now >= check_network {
                    check_network = now + NETWORK_CHECK;
                    // Another inbox must be found empty before it is waited for.
                    ready.inbox |= self.check_network();
                }
                self.shared.update(|machine| machine.tick(now));
                self.shared.retry_links();
            } else if self.shared.read(Machine::any_suspects) {
                self.shared.update(|machine| machine.tick(now));
            }
            if ready.finder || self.finder.next().is_some_and(|next| now >= next) {
                ready.finder = self.finder.turn(&self.shared, now);
            }
            full = match self.shared.events.is_full() {
                true => full.or(Some(now)),
                false => None,
            };
            // Nobody has taken an event for long: nothing is gained by waiting on.
            let dropping = full.is_some_and(|since| now >= since + FULL_TIMEOUT);
            if ready.inbox {
                ready.inbox = self.receive(now, dropping);
            }
            let patient = ready.inbox && !dropping && self.shared.events.is_full();
            if ready.finder || (ready.inbox && !patient) {
                continue;
            }
            let mut deadline = Deadline::At(self.finder.next().map_or(next, |it| it.min(next)));
            if self.shared.read(Machine::any_suspects) {
                deadline = deadline.within(SUSPECT_TIMEOUT / 5);
            }
            if patient {
                deadline = deadline.within(FULL_CHECK);
            }
            let more = self.sleep(deadline, patient);
            ready.inbox |= more.inbox;
            ready.finder |= more.finder;
        }
    }

    /// How long to wait until the next beacon. All nodes of a machine beacon at the same time, so
    /// that each wakes up once to hear all of them.
    fn until_next(&self) -> Duration {
        let interval = u64::try_from(self.interval.as_micros()).unwrap_or(u64::MAX);
        // Without a clock they would each have their own time.
        let now = ffi::monotonic_time().unwrap_or_default();
        let since = now.as_micros() % u128::from(interval);
        Duration::from_micros(interval - u64::try_from(since).unwrap_or(0))
    }

    /// Looks whether the network has changed; if so, the node is elsewhere from now on.
    fn check_network(&mut self) -> bool {
        let Some(new) = self.local_address.find_change() else {
            return false;
        };
        let old = std::mem::replace(&mut self.local_address.interface, new);
        if !self.local_address.keeps_inbox() {
            match self.local_address.open_inbox() {
                Ok((inbox, bound)) => (self.inbox, self.bound) = (inbox, bound),
                Err(error) => {
                    warn!("an inbox at {}: {error}", self.local_address.interface);
                    self.local_address.interface = old;
                    return false;
                }
            }
        }
        let (headers, wrong) = self.local_address.headers();
        let endpoint = self.local_address.advertised_endpoint(&self.bound);
        let name = self.shared.read(|machine| machine.name().to_owned());
        info!("{name}: from {old} to {}", self.local_address.interface);
        wrong.iter().for_each(|error| warn!("{name}: {error}"));
        self.shared
            .update(|machine| machine.moved(endpoint, headers));
        self.finder
            .move_to(&self.local_address.interface, &self.shared);
        true
    }

    /// Waits until there is something to do.
    fn sleep(&self, deadline: Deadline, inbox_has_more: bool) -> Ready {
        let waker = self.shared.waker();
        let mut set = WaitSet::new(waker);
        // Messages that were not taken in for want of room are looked at again in a moment.
        if !inbox_has_more {
            set.insert(Token::Inbox, self.inbox.source(Interest::Readable));
        }
        self.finder.insert_into(&mut set, Token::Finder);
        // A name that was looked up wakes the thread.
        set.insert_fd(Token::Finder, waker.fd());
        let ready = set.wait(deadline);
        Ready {
            inbox: ready.contains(&Token::Inbox),
            finder: ready.contains(&Token::Finder),
        }
    }

    /// Takes in messages, as long as there is room for their events or these are to be dropped;
    /// false if there are no more.
    fn receive(&self, now: Instant, dropping: bool) -> bool {
        for _ in 0..TURN {
            if !dropping && self.shared.events.is_full() {
                return true;
            }
            let (mut frames, mut origin) = (Vec::new(), None);
            let taken = self
                .inbox
                .perform(Interest::Readable, Deadline::Now, |locked| {
                    let attempt = locked.recv_frames(&mut frames)?;
                    if attempt == Progress::Done {
                        origin = locked.take_origin();
                    }
                    Ok(attempt)
                });
            if taken.is_err() {
                return false;
            }
            let key = origin.and_then(|origin| origin.key());
            if let Some((from, first, rest)) = read(frames) {
                self.shared
                    .update(|machine| machine.message(from, key, &first, rest, now));
            }
        }
        true
    }
}

/// A message: the identity that its sender gives itself, the first frame, and those that follow; `None` if
/// the frames are not a message.
fn read(frames: Vec<Frame>) -> Option<(Uuid, Frame, Option<Message>)> {
    let mut frames = frames.into_iter();
    let uuid = Uuid::from_identity(&frames.next()?)?;
    let first = frames.next()?;
    let rest = frames
        .next()
        .map(|second| iter::once(second).chain(frames).collect());
    Some((uuid, first, rest))
}
