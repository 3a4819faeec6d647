//! The requests under way, and which of them a reply belongs to.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::hash::BuildHasherDefault;
use std::sync::Arc;
#[cfg(feature = "rpc")]
use std::sync::atomic::{AtomicBool, Ordering};

use super::TO_ALL;
use super::ids::Ids;
use super::turn::Turn;
use crate::error::{BoxedError, Error, Result};
use crate::fork::ForkMutex;
use crate::id_hasher::IdHasher;
use crate::message::{Frame, Message};
use crate::socket::{BUDGET, LockedSocket, Progress, SharedSocket};
use crate::wake::{Waker, Wakers};

/// The requests under way, by their ids.
pub(super) struct PendingRequests {
    under_way: ForkMutex<UnderWay>,
    /// Whether requests go out without their ids, in REQ's own envelope.
    is_plain: bool,
    /// Whether the server has said that its connection ends.
    #[cfg(feature = "rpc")]
    is_ending: AtomicBool,
}

#[derive(Default)]
struct UnderWay {
    slots: HashMap<u64, Slot, BuildHasherDefault<IdHasher>>,
    ids: Ids,
    /// Where replies have no id, one request has the turn.
    turn: Turn,
    /// The connection, for requests that belong to one: see [`connected`](super::connected).
    #[cfg(feature = "rpc")]
    connection: Connection,
}

/// A request under way.
#[derive(Debug, Default)]
struct Slot {
    /// Without frames if the request has ended with its connection.
    reply: Option<Message>,
    /// The threads that wait for it, asleep.
    wakers: Wakers,
}

impl fmt::Debug for PendingRequests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingRequests")
            .field(
                "under_way",
                &self.under_way.lock().map_or(0, |it| it.slots.len()),
            )
            .finish()
    }
}

impl PendingRequests {
    /// No requests yet; plain ones have no ids on the wire.
    pub(super) fn new(is_plain: bool) -> PendingRequests {
        PendingRequests {
            under_way: ForkMutex::new(UnderWay::default()),
            is_plain,
            #[cfg(feature = "rpc")]
            is_ending: AtomicBool::new(false),
        }
    }

    pub(super) fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Looks at whose turn it is, or changes it.
    pub(super) fn turn<T>(&self, look: impl FnOnce(&mut Turn) -> T) -> Result<T, BoxedError> {
        Ok(look(&mut self.under_way.lock()?.turn))
    }

    /// Begins a request: its id, and how many are under way.
    pub(super) fn begin(&self) -> Result<(u64, usize)> {
        self.under_way.lock()?.begin()
    }

    /// Ends a request: its reply, which has come.
    pub(super) fn take(&self, id: u64) -> Result<Message> {
        let slot = self.under_way.lock()?.slots.remove(&id);
        // Another thread may have waited for it as well.
        slot.and_then(|slot| slot.reply).ok_or_else(taken_already)
    }

    /// Ends a request without its reply, which is dropped when it comes.
    pub(super) fn end(&self, id: u64) {
        if let Ok(mut under_way) = self.under_way.lock() {
            under_way.slots.remove(&id);
            under_way.turn.end(id);
        }
    }

    /// Takes in replies until that of one of these requests is there, or there are no more. A
    /// request whose reply was taken is [`Progress::Done`] as well, and fails in [`take`](Self::take).
    pub(super) fn attempt(
        &self,
        locked: &mut LockedSocket<'_>,
        socket: &SharedSocket,
        ids: &[u64],
    ) -> Result<Progress, BoxedError> {
        if self.first_ended(ids)?.is_some() {
            return Ok(Progress::Done);
        }
        for _ in 0..BUDGET {
            match self.take_in(locked, socket)? {
                (Progress::Done, Some(id)) if ids.contains(&id) => return Ok(Progress::Done),
                (Progress::Done, Some(TO_ALL)) if self.first_ended(ids)?.is_some() => {
                    return Ok(Progress::Done);
                }
                (Progress::Done, _) => {}
                (attempt, _) => return Ok(attempt),
            }
        }
        Ok(Progress::Again)
    }

    /// Attempts to receive a reply, and puts it where it is waited for, if it is.
    pub(super) fn take_in(
        &self,
        locked: &mut LockedSocket<'_>,
        socket: &SharedSocket,
    ) -> Result<(Progress, Option<u64>), BoxedError> {
        let mut first = Frame::new();
        let attempt = locked.recv_first(&mut first)?;
        if attempt != Progress::Done {
            return Ok((attempt, None));
        }
        let reply = match self.is_plain {
            true => take_plain_reply(&first, locked)?,
            false => take_reply(locked)?,
        };
        let Some(reply) = reply else {
            socket.skip(1);
            return Ok((Progress::Done, None));
        };
        Ok((Progress::Done, self.route(&first, reply)))
    }

    /// The first of these requests that needs no more waiting: its reply is there, or was taken.
    pub(super) fn first_ended(&self, ids: &[u64]) -> Result<Option<u64>, BoxedError> {
        let slots = &self.under_way.lock()?.slots;
        let ended = |id: &&u64| slots.get(id).is_none_or(|slot| slot.reply.is_some());
        Ok(ids.iter().find(ended).copied())
    }

    /// Wakes this when the reply to one of these requests is there, whichever thread receives it.
    pub(super) fn register(&self, ids: &[u64], waker: &Arc<Waker>) {
        let Ok(mut under_way) = self.under_way.lock() else {
            return;
        };
        for id in ids {
            if let Some(slot) = under_way.slots.get_mut(id) {
                slot.wakers.add(waker);
            }
        }
    }

    /// Puts a reply where it is waited for, and wakes the threads that wait.
    pub(super) fn route(&self, first: &[u8], reply: Message) -> Option<u64> {
        let under_way = &mut *self.under_way.lock().ok()?;
        let id = match self.is_plain {
            true => under_way.turn.reply()?,
            false => u64::from_be_bytes(first.try_into().ok()?),
        };
        if id == TO_ALL {
            return self.reply_to_all(under_way, reply);
        }
        let slots = &mut under_way.slots;
        // There is no slot for a reply that comes too late, or was not asked for.
        let slot = slots.get_mut(&id).filter(|slot| slot.reply.is_none())?;
        slot.reply = Some(reply);
        slot.wakers.wake_all();
        Some(id)
    }

    /// Takes in the reply to all requests of a connection, which is the last on it.
    #[cfg(feature = "rpc")]
    fn reply_to_all(&self, under_way: &mut UnderWay, mut reply: Message) -> Option<u64> {
        match under_way.connection {
            Connection::None => return None,
            Connection::Up => {
                under_way.connection = Connection::None;
                self.is_ending.store(true, Ordering::Relaxed);
            }
            Connection::Assumed => {}
        }
        under_way.end_all(|| reply.share());
        Some(TO_ALL)
    }

    /// Requests belong to no connection.
    #[cfg(not(feature = "rpc"))]
    fn reply_to_all(&self, _under_way: &mut UnderWay, _reply: Message) -> Option<u64> {
        None
    }
}

impl UnderWay {
    fn begin(&mut self) -> Result<(u64, usize)> {
        let UnderWay { slots, ids, .. } = self;
        loop {
            let id = ids.next()?;
            if id == TO_ALL {
                continue;
            }
            if let Entry::Vacant(slot) = slots.entry(id) {
                slot.insert(Slot::default());
                return Ok((id, slots.len()));
            }
        }
    }

    /// Ends all requests that have no reply yet, with this.
    #[cfg(feature = "rpc")]
    fn end_all(&mut self, mut reply: impl FnMut() -> Message) {
        for slot in self.slots.values_mut() {
            if slot.reply.is_none() {
                slot.reply = Some(reply());
                slot.wakers.wake_all();
            }
        }
    }
}

/// The connection that requests belong to.
#[cfg(feature = "rpc")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Connection {
    /// There is none, or its server has said that it ends.
    #[default]
    None,
    Up,
    /// Nobody tells of it: it counts as up.
    Assumed,
}

/// Requests that belong to a connection.
#[cfg(feature = "rpc")]
impl PendingRequests {
    /// Begins a request, if the connection is up: its id.
    pub(super) fn begin_connected(&self) -> Result<Option<u64>> {
        let mut under_way = self.under_way.lock()?;
        match under_way.connection {
            Connection::None => Ok(None),
            Connection::Up | Connection::Assumed => Ok(Some(under_way.begin()?.0)),
        }
    }

    /// An id for a message that gets no reply.
    pub(super) fn draw_id(&self) -> Result<u64> {
        self.under_way.lock()?.ids.next()
    }

    pub(super) fn is_connected(&self) -> bool {
        let under_way = self.under_way.lock();
        under_way.is_ok_and(|it| it.connection != Connection::None)
    }

    /// Takes in that there is a connection.
    pub(super) fn connect(&self, connection: Connection) -> Result<()> {
        self.under_way.lock()?.connection = connection;
        self.is_ending.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// Whether the server has said that its connection ends.
    pub(super) fn is_ending(&self) -> bool {
        self.is_ending.load(Ordering::Relaxed)
    }

    /// Whether a request is under way, and its reply has not come.
    pub(super) fn is_waiting(&self, id: u64) -> Result<bool, BoxedError> {
        let slots = &self.under_way.lock()?.slots;
        Ok(slots.get(&id).is_some_and(|slot| slot.reply.is_none()))
    }

    /// Takes in that the connection has ended, and ends all requests that have no reply yet.
    pub(super) fn end_connected(&self) {
        let Ok(mut under_way) = self.under_way.lock() else {
            return;
        };
        under_way.connection = Connection::None;
        under_way.end_all(Message::new);
    }
}

fn taken_already() -> Error {
    let what = "waiting for a reply that was taken already".to_owned();
    Error::Unsupported { what }
}

/// Receives the reply that follows an empty frame, which was received; `None` if it is not one.
fn take_plain_reply(
    first: &Frame,
    locked: &mut LockedSocket<'_>,
) -> Result<Option<Message>, BoxedError> {
    if !locked.more {
        return Ok(None);
    }
    let mut reply = Message::new();
    locked.recv(&mut reply)?;
    Ok(first.is_empty().then_some(reply))
}

/// Receives the reply that follows an id and an empty frame; `None` if it is not one.
fn take_reply(locked: &mut LockedSocket<'_>) -> Result<Option<Message>, BoxedError> {
    let mut empty = Frame::from("?");
    if locked.more {
        locked.recv_next(&mut empty)?;
    }
    if !locked.more {
        return Ok(None);
    }
    let mut reply = Message::new();
    locked.recv(&mut reply)?;
    Ok(empty.is_empty().then_some(reply))
}
