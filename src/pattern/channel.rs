//! A handle's messages as a crossbeam channel, to `select!` from several.

use std::fmt;
use std::ops::Deref;

use super::Stopper;
use crate::background::Background;
use crate::error::Result;
use crate::fork::ForkGuard;

/// A bounded channel of messages or requests; see [`Pull::into_channel`](crate::Pull::into_channel).
///
/// It dereferences to a [`crossbeam_channel::Receiver`]. When it is dropped its thread ends,
/// and with it the handle; messages that were in the channel are lost.
///
/// ```
/// use crossbeam_channel::select;
/// use zeroless::{Client, Server};
///
/// let jobs = Server::bind(0)?;
/// let news = Server::bind(0)?;
/// let (pull, pair) = (jobs.pull()?.into_channel(8)?, news.pair()?.into_channel(8)?);
/// Client::connect(jobs.port())?.push()?.send("a job")?;
/// select! {
///     recv(pull) -> message => assert_eq!(message.unwrap(), "a job"),
///     recv(pair) -> message => unreachable!("{message:?}"),
/// }
/// # Ok::<(), zeroless::Error>(())
/// ```
pub struct Channel<T> {
    receiver: ForkGuard<crossbeam_channel::Receiver<T>>,
    /// A forked child has this one, where nothing comes: the thread is in its parent.
    ended: crossbeam_channel::Receiver<T>,
    stopper: Stopper,
    thread: Background,
}

/// Receives into a channel of this capacity, in a thread of its own; the stopper ends the items.
pub(super) fn receive_into<T: Send + 'static>(
    items: impl Iterator<Item = T> + Send + 'static,
    stopper: Stopper,
    capacity: usize,
) -> Result<Channel<T>> {
    let (sender, receiver) = crossbeam_channel::bounded(capacity);
    let run = move || {
        for item in items {
            if sender.send(item).is_err() {
                break;
            }
        }
    };
    let stop = stopper.clone();
    let thread = Background::start("zeroless-channel", move || stop.stop(), || Ok(run))?;
    Ok(Channel {
        receiver: ForkGuard::new(receiver),
        ended: crossbeam_channel::unbounded().1,
        stopper,
        thread,
    })
}

impl<T> Deref for Channel<T> {
    type Target = crossbeam_channel::Receiver<T>;

    fn deref(&self) -> &crossbeam_channel::Receiver<T> {
        self.receiver.get().unwrap_or(&self.ended)
    }
}

impl<T> fmt::Debug for Channel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

impl<T> Drop for Channel<T> {
    fn drop(&mut self) {
        let Ok(receiver) = self.receiver.get() else {
            return;
        };
        self.stopper.stop();
        if !self.thread.is_current() {
            // This goes on until the thread has dropped its end: it may be waiting for room.
            receiver.iter().for_each(drop);
        }
    }
}
