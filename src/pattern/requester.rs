//! Request: many requests at once through one handle, each matched with its reply (DEALER).
//!
//! On the wire a request is `[id, empty, frames…]`. A REP or ROUTER peer takes what comes
//! before the empty frame for the envelope and sends it back with its reply, and so the id.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use log::debug;
use parking_lot::Mutex;

use super::sealed::Sealed;
use super::{Callable, Handle, SendError, Side};
use crate::error::{Error, Fault, Result, Wait};
use crate::message::{DynFrames, Frame, Frames, Message};
use crate::socket::{Attempt, Core, GIVE_WAY, Held, Socket, Way};
use crate::wake::{Deadline, Waker};

/// Sends requests and waits for their replies: any number at once, from any thread.
///
/// Requests go to the connected servers in turn; one that is down is passed over. A request
/// whose time runs out can be [repeated](crate::Options::request_retries); the handle stays
/// usable, and a reply that comes too late is dropped.
///
/// # Examples
///
/// ```
/// use zeroless::{Client, Server};
///
/// let server = Server::bind(0)?;
/// let replier = server.reply()?;
/// std::thread::spawn(move || {
///     for request in replier {
///         let _ = request.message().clone();
///         request.reply("the answer").ok();
///     }
/// });
/// let request = Client::connect(server.port())?.request()?;
/// assert_eq!(request.request("a question")?, "the answer");
/// assert_eq!(request(&"a question")?, "the answer"); // the handle itself is callable
/// # Ok::<(), zeroless::Error>(())
/// ```
pub type Requester = Handle<RequesterSide>;

/// The side of [`Requester`]: the requests under way.
#[derive(Debug, Clone, Default)]
pub struct RequesterSide {
    desk: Arc<Desk>,
}

/// The requests under way, by their ids.
struct Desk {
    slots: Mutex<HashMap<u64, Slot, BuildHasherDefault<Spread>>>,
    next: AtomicU64,
}

/// A request under way.
#[derive(Debug, Default)]
struct Slot {
    reply: Option<Message>,
    /// Who waits for it, asleep.
    wakers: Vec<Arc<Waker>>,
}

/// Spreads ids: they are ours, so nobody can choose them to collide.
#[derive(Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn write_u64(&mut self, id: u64) {
        // 2^64 divided by the golden ratio: neighbours come to lie far apart.
        self.0 = id.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0 ^ u64::from(*byte));
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// With more requests than this under way, replies are taken in while sending.
const MANY: usize = 256;

impl Default for Desk {
    fn default() -> Desk {
        // So that a reply to a handle that is gone is not taken for one to this.
        let random = RandomState::new().build_hasher().finish();
        Desk {
            slots: Mutex::default(),
            next: AtomicU64::new(random),
        }
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk")
            .field("under_way", &self.slots.lock().len())
            .finish()
    }
}

impl Desk {
    /// Takes in replies until this request's is there, or there are no more.
    fn attempt(&self, held: &mut Held<'_>, core: &Core, id: u64) -> Result<Attempt, Fault> {
        match self.slots.lock().get(&id) {
            Some(slot) if slot.reply.is_some() => return Ok(Attempt::Done),
            Some(_) => {}
            None => {
                let what = "waiting for a reply that was taken already".to_owned();
                return Err(Error::Unsupported { what }.into());
            }
        }
        for _ in 0..GIVE_WAY {
            let mut name = Frame::new();
            if held.take_frame(&mut name)? == Attempt::Blocked {
                return Ok(Attempt::Blocked);
            }
            match take_reply(held)? {
                Some(reply) => {
                    if self.route(&name, reply) == Some(id) {
                        return Ok(Attempt::Done);
                    }
                }
                None => core.skip(1),
            }
        }
        Ok(Attempt::Again)
    }

    /// Has this be woken when the reply is there, whoever receives it.
    fn register(&self, id: u64, waker: &Arc<Waker>) {
        if let Some(slot) = self.slots.lock().get_mut(&id)
            && !slot.wakers.iter().any(|other| Arc::ptr_eq(other, waker))
        {
            slot.wakers.push(waker.clone());
        }
    }

    /// Puts a reply where it is waited for, and wakes who waits.
    fn route(&self, name: &[u8], reply: Message) -> Option<u64> {
        let id = u64::from_be_bytes(name.try_into().ok()?);
        let mut slots = self.slots.lock();
        // There is no slot for a reply that comes too late, or that nobody asked for.
        let slot = slots.get_mut(&id).filter(|slot| slot.reply.is_none())?;
        slot.reply = Some(reply);
        slot.wakers.iter().for_each(|waker| waker.wake());
        Some(id)
    }
}

/// Receives the reply that follows an id and an empty frame; `None` if it is no such thing.
fn take_reply(held: &mut Held<'_>) -> Result<Option<Message>, Fault> {
    let mut empty = Frame::from("?");
    if held.more {
        held.take_next(&mut empty)?;
    }
    if !held.more {
        return Ok(None);
    }
    let mut reply = Message::from("");
    held.take(&mut reply)?;
    Ok(empty.is_empty().then_some(reply))
}

impl Sealed for RequesterSide {}

impl Side for RequesterSide {
    type Call = Arc<Callable<Result<Message>>>;

    fn call(&self, socket: &Socket) -> Self::Call {
        let (desk, socket) = (self.desk.clone(), socket.clone());
        Arc::new(move |frames: &dyn DynFrames| {
            let deadline = Deadline::after_some(socket.options().request_timeout);
            start(&desk, &socket, frames.to_message()?, deadline)?.wait()
        })
    }
}

/// Sends a request, within the deadline; its reply is to be waited for.
fn start(
    desk: &Arc<Desk>,
    socket: &Socket,
    message: Message,
    deadline: Deadline,
) -> Result<Pending, SendError> {
    let pending = Pending {
        id: desk.next.fetch_add(1, Ordering::Relaxed),
        desk: desk.clone(),
        socket: socket.clone(),
        repeat: (socket.options().request_retries > 0).then(|| message.clone()),
    };
    let under_way = {
        let mut slots = desk.slots.lock();
        slots.insert(pending.id, Slot::default());
        slots.len()
    };
    if under_way > MANY && under_way.is_multiple_of(64) {
        // Or those who only ask would make the servers wait, or drop their replies.
        let _ = pending.try_wait();
    }
    pending.send(message, deadline)?;
    Ok(pending)
}

impl Handle<RequesterSide> {
    /// Sends a request and waits for its reply.
    ///
    /// It waits for [`Options::request_timeout`](crate::Options::request_timeout), and as
    /// many times more as there are
    /// [retries](crate::Options::request_retries).
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`] if there was no reply; [`Error::Stopped`];
    /// [`Error::EmptyMessage`]; [`Error::FrameTooLarge`]; [`Error::Forked`].
    ///
    /// ```
    /// # use zeroless::{Client, Server};
    /// # let server = Server::bind(0)?;
    /// # let replier = server.reply()?;
    /// # std::thread::spawn(move || replier.recv()?.reply("2").map_err(zeroless::Error::from));
    /// let request = Client::connect(server.port())?.request()?;
    /// assert_eq!(request.request(("add", "1", "1"))?, "2");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn request(&self, frames: impl Frames) -> Result<Message> {
        self.start(frames)?.wait()
    }

    /// Sends a request and waits for its reply no longer than this, without a retry.
    ///
    /// # Errors
    ///
    /// As [`request`](Self::request).
    ///
    /// ```
    /// use std::time::Duration;
    /// let request = zeroless::Client::new().request()?;
    /// let error = request.request_timeout("nobody is there", Duration::from_millis(1));
    /// assert!(error.unwrap_err().is_timeout());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn request_timeout(&self, frames: impl Frames, timeout: Duration) -> Result<Message> {
        let deadline = Deadline::after(timeout);
        let message = frames.into_message()?;
        start(&self.side.desk, &self.socket, message, deadline)?.take_until(deadline)
    }

    /// Sends a request, and gives what its reply can be waited for with.
    ///
    /// # Errors
    ///
    /// A [`SendError`] that gives the request back, if no server was there to take it in
    /// [`Options::request_timeout`](crate::Options::request_timeout), or as
    /// [`request`](Self::request).
    ///
    /// ```
    /// # use zeroless::{Client, Server};
    /// # let server = Server::bind(0)?;
    /// # let replier = server.reply()?;
    /// # std::thread::spawn(move || {
    /// #     for request in replier { let n = request.to_string(); request.reply(n).ok(); }
    /// # });
    /// let request = Client::connect(server.port())?.request()?;
    /// let all = (0..10).map(|n| request.start(n.to_string()));
    /// let all = all.collect::<Result<Vec<_>, _>>()?; // ten requests under way
    /// for (n, pending) in all.into_iter().enumerate() {
    ///     assert_eq!(pending.wait()?, &n.to_string()[..]);
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn start(&self, frames: impl Frames) -> Result<Pending, SendError> {
        let deadline = Deadline::after_some(self.socket.options().request_timeout);
        let message = frames.into_message()?;
        start(&self.side.desk, &self.socket, message, deadline)
    }
}

/// A request under way; its reply can be waited for, from any thread.
///
/// If it is dropped, its reply is dropped when it comes.
///
/// ```
/// # use zeroless::{Client, Server};
/// # let server = Server::bind(0)?;
/// # let replier = server.reply()?;
/// # let request = Client::connect(server.port())?.request()?;
/// let pending = request.start("a question")?;
/// replier.recv()?.reply("the answer")?;
/// assert_eq!(pending.wait()?, "the answer");
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug)]
pub struct Pending {
    id: u64,
    desk: Arc<Desk>,
    socket: Socket,
    /// The request, if it may have to be sent again.
    repeat: Option<Message>,
}

impl Pending {
    fn send(&self, mut message: Message, deadline: Deadline) -> Result<(), SendError> {
        let envelope = [Frame::from(self.id.to_be_bytes()), Frame::new()];
        let sent = self.socket.send(&envelope, &mut message, deadline);
        sent.map_err(|error| SendError::new(*error, message))
    }

    /// Waits for the reply, as long as [`request`](Handle::request) does, with its retries.
    ///
    /// # Errors
    ///
    /// As [`request`](Handle::request).
    ///
    /// ```
    /// # use zeroless::{Client, Server};
    /// # let server = Server::bind(0)?;
    /// # let replier = server.reply()?;
    /// # let request = Client::connect(server.port())?.request()?;
    /// # let pending = request.start("a question")?;
    /// # replier.recv()?.reply("the answer")?;
    /// assert_eq!(pending.wait()?, "the answer");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn wait(mut self) -> Result<Message> {
        let options = self.socket.options();
        let (timeout, retries) = (options.request_timeout, options.request_retries);
        let repeat = self.repeat.take();
        let mut timeout_error = None;
        for retry in 0..=retries {
            let deadline = Deadline::after_some(timeout);
            if retry > 0 {
                debug!("request: no reply in {timeout:?}, retry {retry} of {retries}");
                match repeat.clone().map(|message| self.send(message, deadline)) {
                    Some(Err(unsent)) if !unsent.is_timeout() => return Err(unsent.into()),
                    _ => {}
                }
            }
            match self.take_until(deadline) {
                Err(error @ Error::Timeout { .. }) => timeout_error = Some(error),
                outcome => return outcome,
            }
        }
        Err(timeout_error.unwrap_or_else(|| Error::timeout(Wait::Reply)))
    }

    /// Waits for the reply no longer than this; the request stays under way if it has not
    /// come.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`]; [`Error::Stopped`]; [`Error::Unsupported`] if the reply was taken
    /// already.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use zeroless::{Client, Server};
    /// # let server = Server::bind(0)?;
    /// # let replier = server.reply()?;
    /// # let request = Client::connect(server.port())?.request()?;
    /// let pending = request.start("a question")?;
    /// assert!(pending.wait_timeout(Duration::from_millis(1)).is_err());
    /// replier.recv()?.reply("the answer")?;
    /// assert_eq!(pending.wait_timeout(Duration::from_secs(5))?, "the answer");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn wait_timeout(&self, timeout: Duration) -> Result<Message> {
        self.take_until(Deadline::after(timeout))
    }

    /// Takes the reply if it is there already.
    ///
    /// # Errors
    ///
    /// [`Error::WouldBlock`] if it is not.
    ///
    /// ```
    /// # use zeroless::{Client, Error, Server};
    /// # let server = Server::bind(0)?;
    /// # let replier = server.reply()?;
    /// # let request = Client::connect(server.port())?.request()?;
    /// let pending = request.start("a question")?;
    /// assert_eq!(pending.try_wait(), Err(Error::WouldBlock));
    /// # replier.recv()?.reply("the answer")?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn try_wait(&self) -> Result<Message> {
        self.take_until(Deadline::Now)
    }

    fn take_until(&self, deadline: Deadline) -> Result<Message> {
        if deadline != Deadline::Now && self.socket.is_stopped() {
            return Err(Error::Stopped);
        }
        let (desk, socket) = (&self.desk, &self.socket);
        let attempt = |held: &mut Held<'_>| desk.attempt(held, socket, self.id);
        let register = |waker: &Arc<Waker>| desk.register(self.id, waker);
        let waited = socket.transact_awaited(Way::In, deadline, attempt, register);
        waited.map_err(|error| error.waiting_for(|wait| *wait = Wait::Reply))?;
        let slot = desk.slots.lock().remove(&self.id);
        slot.and_then(|slot| slot.reply).ok_or(Error::Stopped)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.desk.slots.lock().remove(&self.id);
    }
}
