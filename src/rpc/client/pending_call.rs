//! A call under way.

use std::fmt;
use std::marker::PhantomData;
use std::time::{Duration, Instant};

use super::CallResult;
use super::answer::typed;
use super::ongoing::Ongoing;
use crate::rpc::Command;
use crate::wake::Deadline;

/// A call under way; its reply can be waited for, from any thread.
///
/// If it is dropped before its end, the server is told that nobody waits for it any more: it drops the call if it has not
/// begun it, and its handler can ask whether it is cancelled.
///
/// ```no_run
/// # use serde::{Deserialize, Serialize};
/// # use zeroless::rpc;
/// # #[derive(Serialize, Deserialize)]
/// # struct Add { a: i64, b: i64 }
/// # rpc::command!(Add -> i64);
/// let client = rpc::Client::connect(30000)?;
/// let pending = client.start(&Add { a: 1, b: 2 })?;
/// println!("meanwhile …");
/// println!("{}", pending.wait()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "the call is cancelled when this is dropped"]
pub struct PendingCall<C: Command> {
    ongoing: Ongoing,
    command: PhantomData<fn() -> C>,
}

impl<C: Command> PendingCall<C> {
    pub(super) fn new(ongoing: Ongoing) -> PendingCall<C> {
        let command = PhantomData;
        PendingCall { ongoing, command }
    }

    /// Waits for the reply, until the call's deadline.
    ///
    /// # Errors
    ///
    /// As [`Client::call`](crate::rpc::Client::call).
    ///
    /// ```no_run
    /// # use serde::{Deserialize, Serialize};
    /// # use zeroless::rpc;
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Add { a: i64, b: i64 }
    /// # rpc::command!(Add -> i64);
    /// # let client = rpc::Client::connect(30000)?;
    /// let (one, two) = (client.start(&Add { a: 1, b: 2 })?, client.start(&Add { a: 3, b: 4 })?);
    /// println!("{} {}", one.wait()?, two.wait()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait(self) -> CallResult<C> {
        typed(self.ongoing.finish())
    }

    /// Waits for the reply no longer than this; `None` if it has not come, and the call stays under way.
    ///
    /// The reply is given once.
    ///
    /// ```no_run
    /// # use serde::{Deserialize, Serialize};
    /// # use zeroless::rpc;
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Add { a: i64, b: i64 }
    /// # rpc::command!(Add -> i64);
    /// use std::time::Duration;
    ///
    /// # let client = rpc::Client::connect(30000)?;
    /// let mut pending = client.start(&Add { a: 1, b: 2 })?;
    /// let reply = loop {
    ///     match pending.wait_timeout(Duration::from_millis(100)) {
    ///         Some(reply) => break reply?,
    ///         None => println!("still waiting"),
    ///     }
    /// };
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait_timeout(&mut self, timeout: Duration) -> Option<CallResult<C>> {
        self.wait_until(Deadline::after(timeout))
    }

    /// Waits for the reply no longer than until then; `None` if it has not come, and the call stays under way.
    ///
    /// The reply is given once.
    ///
    /// ```no_run
    /// # use serde::{Deserialize, Serialize};
    /// # use zeroless::rpc;
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Add { a: i64, b: i64 }
    /// # rpc::command!(Add -> i64);
    /// use std::time::{Duration, Instant};
    ///
    /// # let client = rpc::Client::connect(30000)?;
    /// let mut pending = client.start(&Add { a: 1, b: 2 })?;
    /// let soon = Instant::now() + Duration::from_millis(100);
    /// if let Some(reply) = pending.wait_deadline(soon) {
    ///     println!("{}", reply?);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait_deadline(&mut self, deadline: Instant) -> Option<CallResult<C>> {
        self.wait_until(Deadline::At(deadline))
    }

    /// Takes the reply if it is there already. It is given once.
    ///
    /// ```no_run
    /// # use serde::{Deserialize, Serialize};
    /// # use zeroless::rpc;
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Add { a: i64, b: i64 }
    /// # rpc::command!(Add -> i64);
    /// # let client = rpc::Client::connect(30000)?;
    /// let mut pending = client.start(&Add { a: 1, b: 2 })?;
    /// if let Some(reply) = pending.try_wait() {
    ///     println!("{}", reply?);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn try_wait(&mut self) -> Option<CallResult<C>> {
        self.wait_until(Deadline::Now)
    }

    fn wait_until(&mut self, until: Deadline) -> Option<CallResult<C>> {
        self.ongoing.wait(until).map(typed)
    }

    /// Gives the call up, and tells the server, as dropping it does.
    ///
    /// The call may run, or have run, all the same.
    ///
    /// ```no_run
    /// # use serde::{Deserialize, Serialize};
    /// # use zeroless::rpc;
    /// # #[derive(Serialize, Deserialize)]
    /// # struct Add { a: i64, b: i64 }
    /// # rpc::command!(Add -> i64);
    /// # let client = rpc::Client::connect(30000)?;
    /// client.start(&Add { a: 1, b: 2 })?.cancel();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cancel(self) {}
}

impl<C: Command> fmt::Debug for PendingCall<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingCall")
            .field("command", &C::NAME)
            .finish_non_exhaustive()
    }
}
