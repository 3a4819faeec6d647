//! The end of a message, to be waited for.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Condvar;

use super::end::{End, Undelivered};
use crate::error::{Error, Result, Wait};
use crate::fork::ForkMutex;
use crate::wake::Deadline;

/// The end of a message that was sent, to be waited for. If it is dropped, the message is still sent.
///
/// ```
/// let node = zeroless::station::Node::builder("rig1").bind(0).start()?;
/// node.listen("START", |_: &zeroless::station::Message| ())?;
/// let ticket = node.send("rig1", "START", ())?;
/// ticket.wait()?;
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Clone)]
pub struct Ticket {
    to: Arc<str>,
    slot: Arc<Slot>,
}

/// Where the end is put.
#[derive(Default)]
pub(super) struct Slot {
    end: ForkMutex<Option<End>>,
    changed: Condvar,
    tell: Option<Tell>,
}

/// A function that is told the end.
pub(super) type Tell = Box<dyn Fn(&End) + Send + Sync>;

impl Slot {
    /// Puts the end, once.
    pub(super) fn set(&self, end: End) {
        if let Ok(mut slot) = self.end.lock()
            && slot.is_none()
        {
            if let Some(tell) = &self.tell {
                tell(&end);
            }
            *slot = Some(end);
            self.changed.notify_all();
        }
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").finish_non_exhaustive()
    }
}

impl Ticket {
    pub(super) fn new(to: &str, tell: Option<Tell>) -> (Ticket, Arc<Slot>) {
        let slot = Arc::new(Slot {
            tell,
            ..Slot::default()
        });
        let to = to.into();
        let ticket = Ticket {
            to,
            slot: slot.clone(),
        };
        (ticket, slot)
    }

    /// The id that the message was sent to.
    ///
    /// ```
    /// let node = zeroless::station::Node::builder("rig1").bind(0).start()?;
    /// assert_eq!(node.send("rig1", "START", ())?.to(), "rig1");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn to(&self) -> &str {
        &self.to
    }

    /// Waits until the message has ended: by its deadline, at the latest.
    ///
    /// # Errors
    ///
    /// [`Undelivered`], if no handler has finished with it well.
    ///
    /// ```
    /// use std::time::Duration;
    /// use zeroless::station::{Message, Node, Undelivered};
    ///
    /// let node = Node::builder("rig1").bind(0).start()?;
    /// let message = Message::builder("nobody", "START").timeout(Duration::from_millis(1));
    /// assert_eq!(node.send_message(message)?.wait(), Err(Undelivered::NotSent));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn wait(&self) -> Result<(), Undelivered> {
        let end = self.wait_until(Deadline::Never);
        end.unwrap_or(End::Unknown).into_result()
    }

    /// How the message has ended, waiting no longer than this.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`] if it has not ended by then; [`Error::Forked`].
    ///
    /// ```
    /// use std::time::Duration;
    /// # let node = zeroless::station::Node::builder("rig1").bind(0).start()?;
    /// # node.listen("START", |_: &zeroless::station::Message| ())?;
    /// let end = node.send("rig1", "START", ())?.end_timeout(Duration::from_secs(10))?;
    /// assert!(end.is_delivered());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn end_timeout(&self, timeout: Duration) -> Result<End> {
        self.wait_until(Deadline::after(timeout))
    }

    /// As [`end_timeout`](Self::end_timeout), until then.
    ///
    /// # Errors
    ///
    /// As [`end_timeout`](Self::end_timeout).
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// # let node = zeroless::station::Node::builder("rig1").bind(0).start()?;
    /// # node.listen("START", |_: &zeroless::station::Message| ())?;
    /// let soon = Instant::now() + Duration::from_secs(10);
    /// assert!(node.send("rig1", "START", ())?.end_deadline(soon)?.is_delivered());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn end_deadline(&self, deadline: Instant) -> Result<End> {
        self.wait_until(Deadline::At(deadline))
    }

    /// How the message has ended, if it has.
    ///
    /// ```
    /// # let node = zeroless::station::Node::builder("rig1").bind(0).start()?;
    /// let ticket = node.send("rig1", "START", ())?;
    /// if let Some(end) = ticket.end() {
    ///     println!("{end}");
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn end(&self) -> Option<End> {
        self.slot.end.lock().ok()?.clone()
    }

    fn wait_until(&self, deadline: Deadline) -> Result<End> {
        let mut end = self.slot.end.lock()?;
        loop {
            if let Some(end) = &*end {
                return Ok(end.clone());
            }
            if deadline.is_over() {
                return Err(Error::timeout(Wait::Confirmation));
            }
            deadline.wait(&self.slot.changed, &mut end);
        }
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("to", &self.to)
            .field("end", &self.end())
            .finish()
    }
}
