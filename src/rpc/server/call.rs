//! A call as its handler sees it, and the answer that comes later.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use log::warn;
use parking_lot::Mutex;

use super::asked::Asked;
use super::open_calls::Open;
use super::result::to_wire;
use crate::origin::Origin;
use crate::peer::Peer;
use crate::rpc::{CallError, Command};

/// A call that is run: who calls, and for how long.
///
/// Its clones are the same call, and may go to other threads.
///
/// ```
/// use std::time::Duration;
/// use serde::{Deserialize, Serialize};
/// use zeroless::rpc::{self, Call};
///
/// #[derive(Serialize, Deserialize)]
/// struct Count;
/// rpc::command!(Count -> u64);
///
/// let count = |_: Count, call: &Call| {
///     let mut counted = 0;
///     while counted < 1000 && !call.is_cancelled() {
///         counted += 1;
///     }
///     Ok(counted)
/// };
/// let server = rpc::Server::bind(0)?.serve(count).start()?;
/// assert_eq!(rpc::Client::connect(server.port())?.call(&Count)?, 1000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Call {
    pub(super) shared: Arc<SharedCall>,
}

/// What the server and the call's handler know of it.
pub(super) struct SharedCall {
    pub(super) asked: Asked,
    pub(super) name: Arc<str>,
    pub(super) deadline: Option<Instant>,
    origin: Option<Arc<Origin>>,
    is_cancelled: AtomicBool,
    /// Whether an answer was made, which replies to it.
    is_later: AtomicBool,
    /// It counts as open until it has ended, or its last clone is dropped.
    open: Mutex<Option<Open>>,
}

impl SharedCall {
    pub(super) fn new(
        asked: Asked,
        name: Arc<str>,
        left: Option<Duration>,
        origin: Option<Arc<Origin>>,
        open: Open,
    ) -> SharedCall {
        SharedCall {
            asked,
            name,
            // Beyond what a clock can tell, it has no end.
            deadline: left.and_then(|left| Instant::now().checked_add(left)),
            origin,
            is_cancelled: AtomicBool::new(false),
            is_later: AtomicBool::new(false),
            open: Mutex::new(Some(open)),
        }
    }

    /// It has ended, whoever still knows it.
    pub(super) fn close(&self) {
        self.open.lock().take();
    }

    pub(super) fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Relaxed);
    }

    pub(super) fn was_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }

    pub(super) fn is_over(&self) -> bool {
        let is_past = |deadline| Instant::now() >= deadline;
        self.deadline.is_some_and(is_past)
    }

    pub(super) fn is_later(&self) -> bool {
        self.is_later.load(Ordering::Relaxed)
    }
}

impl Call {
    /// The name of the command.
    ///
    /// ```
    /// # use zeroless::rpc::Call;
    /// fn log(call: &Call) {
    ///     println!("{} is called", call.name());
    /// }
    /// ```
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// The user that the caller was authenticated as, on a server with [`security`](super::Server::security).
    ///
    /// Behind a relay it is the relay's own.
    ///
    /// ```
    /// # use zeroless::rpc::{Call, Failure};
    /// fn check(call: &Call) -> Result<(), Failure> {
    ///     match call.user() {
    ///         Some("ann") => Ok(()),
    ///         _ => Err(Failure::new("this is for ann")),
    ///     }
    /// }
    /// ```
    pub fn user(&self) -> Option<&str> {
        self.shared.origin.as_ref()?.user()
    }

    /// The peer that has sent the call, as [`Message::peer`](crate::Message::peer) has it: where
    /// [`Options::peer_info`](crate::Options::peer_info) is on.
    ///
    /// ```
    /// # use zeroless::rpc::Call;
    /// fn log(call: &Call) {
    ///     println!("{:?} calls", call.caller().and_then(|peer| peer.address()));
    /// }
    /// ```
    pub fn caller(&self) -> Option<&Peer> {
        self.shared.origin.as_ref()?.peer()
    }

    /// How long the caller still waits; `None` if it waits for ever.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use zeroless::rpc::Call;
    /// fn is_worth_it(call: &Call) -> bool {
    ///     call.left().is_none_or(|left| left > Duration::from_millis(100))
    /// }
    /// ```
    pub fn left(&self) -> Option<Duration> {
        let deadline = self.shared.deadline?;
        Some(deadline.saturating_duration_since(Instant::now()))
    }

    /// Whether nobody waits for the reply any more: the caller has cancelled, or its time is over.
    ///
    /// A caller that has gone without a word counts as waiting until then.
    ///
    /// ```
    /// # use zeroless::rpc::Call;
    /// fn work(call: &Call) {
    ///     while !call.is_cancelled() {
    ///         // the next step
    /// #       break;
    ///     }
    /// }
    /// ```
    pub fn is_cancelled(&self) -> bool {
        self.shared.was_cancelled() || self.shared.is_over()
    }

    /// Replies to the call afterwards, from any thread; the handler returns [`Later`](super::Later).
    ///
    /// See [`Later`](super::Later) for an example. If the handler returns a reply all the same, what comes first counts.
    /// Neither the [workers](super::Server::workers) nor the [queue](super::Server::queue) bound how many calls are answered later.
    pub fn later<C: Command>(&self) -> Answer<C> {
        self.shared.is_later.store(true, Ordering::Relaxed);
        Answer {
            call: self.clone(),
            is_sent: false,
            command: PhantomData,
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("name", &self.name())
            .field("user", &self.user())
            .field("left", &self.left())
            .field("is_cancelled", &self.is_cancelled())
            .finish_non_exhaustive()
    }
}

/// Replies to a call after its handler has returned: made by [`Call::later`].
///
/// One that is dropped tells the caller at once that there will be no reply, as if the handler had panicked.
#[must_use = "dropped, it tells the caller that there is no reply"]
pub struct Answer<C: Command> {
    call: Call,
    is_sent: bool,
    command: PhantomData<fn(C)>,
}

impl<C: Command> Answer<C> {
    /// The call.
    ///
    /// ```
    /// # use serde::{Deserialize, Serialize};
    /// # use zeroless::rpc::{self, Answer};
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Add { a: i64, b: i64 }
    /// # rpc::command!(Add -> i64);
    /// fn is_wanted(answer: &Answer<Add>) -> bool {
    ///     !answer.call().is_cancelled()
    /// }
    /// ```
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// Replies. It does not wait, and a caller that has gone is no error.
    ///
    /// ```
    /// # use serde::{Deserialize, Serialize};
    /// # use zeroless::rpc::{self, Answer};
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Add { a: i64, b: i64 }
    /// # rpc::command!(Add -> i64);
    /// fn reply(answer: Answer<Add>, sum: i64) {
    ///     answer.send(Ok(sum));
    /// }
    /// ```
    pub fn send(mut self, result: Result<C::Reply, C::Error>) {
        self.is_sent = true;
        let asked = &self.call.shared.asked;
        asked.answer(to_wire(result, asked.body_type()));
        self.call.shared.close();
    }
}

impl<C: Command> fmt::Debug for Answer<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("call", &self.call)
            .finish_non_exhaustive()
    }
}

impl<C: Command> Drop for Answer<C> {
    fn drop(&mut self) {
        if self.is_sent {
            return;
        }
        let SharedCall { asked, name, .. } = &*self.call.shared;
        let is_told = asked.answer(Err(CallError::Panicked.into()));
        self.call.shared.close();
        if is_told {
            warn!("rpc: the answer to a call of {name} was dropped before it was sent");
        }
    }
}
