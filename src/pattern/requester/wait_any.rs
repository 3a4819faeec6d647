//! Waiting for any of several requests, of one handle or of several.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::pending::Pending;
use super::{PendingRequests, Requesting};
use crate::error::{BoxedError, Error, Result, Wait};
use crate::message::Message;
use crate::socket::{
    Interest, LockedSocket, Progress, ReceiveOperation, SharedSocket, perform_any,
};
use crate::wake::{Deadline, Waker};

impl Pending {
    /// Waits for whichever of these requests ends first, and takes it off the list: its place
    /// there, and its reply.
    ///
    /// They may be of one handle or of several. Each has its own time and its own retries, as in
    /// [`wait`](Self::wait), and ends with [`Error::Timeout`] when they are used up. A retry that
    /// no server takes at once is spent, unless the handle has the
    /// [plain envelope](crate::Options::plain_envelope). One of a handle that was stopped ends with
    /// [`Error::Stopped`]. The others keep their order. It is `None` for an empty list alone.
    ///
    /// ```
    /// use zeroless::{Client, Pending, Server};
    ///
    /// # let (one, two) = (Server::bind(0)?, Server::bind(0)?);
    /// # let repliers = [one.reply()?, two.reply()?];
    /// # for replier in repliers.clone() {
    /// #     std::thread::spawn(move || replier.serve(|message| message));
    /// # }
    /// let first = Client::connect(one.port())?.request()?;
    /// let second = Client::connect(two.port())?.request()?;
    /// let mut pending = vec![first.start("a")?, second.start("b")?, first.start("c")?];
    /// while let Some((place, reply)) = Pending::wait_any(&mut pending) {
    ///     println!("{place}: {}", reply?);
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[doc(alias = "select")]
    pub fn wait_any(pending: &mut Vec<Pending>) -> Option<(usize, Result<Message>)> {
        wait_any(pending, Deadline::Never)
    }

    /// Waits for whichever of these requests ends first, as [`wait_any`](Self::wait_any), but no
    /// longer than this.
    ///
    /// It is `None` if none has ended by then; all of them stay under way.
    ///
    /// ```
    /// use std::time::Duration;
    /// use zeroless::{Client, Pending, Server};
    ///
    /// let server = Server::bind(0)?;
    /// let replier = server.reply()?;
    /// let requester = Client::connect(server.port())?.request()?;
    /// let mut pending = vec![requester.start("a")?, requester.start("b")?];
    /// assert!(Pending::wait_any_timeout(&mut pending, Duration::from_millis(1)).is_none());
    /// assert_eq!(pending.len(), 2);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn wait_any_timeout(
        pending: &mut Vec<Pending>,
        timeout: Duration,
    ) -> Option<(usize, Result<Message>)> {
        wait_any(pending, Deadline::after(timeout))
    }

    /// Waits for whichever of these requests ends first, as [`wait_any`](Self::wait_any), but no
    /// longer than until then.
    ///
    /// It is `None` if none has ended by then; all of them stay under way.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use zeroless::{Client, Pending, Server};
    ///
    /// let server = Server::bind(0)?;
    /// let replier = server.reply()?;
    /// let requester = Client::connect(server.port())?.request()?;
    /// let mut pending = vec![requester.start("a")?];
    /// let soon = Instant::now() + Duration::from_millis(1);
    /// assert!(Pending::wait_any_deadline(&mut pending, soon).is_none());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn wait_any_deadline(
        pending: &mut Vec<Pending>,
        deadline: Instant,
    ) -> Option<(usize, Result<Message>)> {
        wait_any(pending, Deadline::At(deadline))
    }
}

impl Pending {
    /// As [`wait_any_deadline`](Self::wait_any_deadline), for callers within the crate.
    #[cfg(feature = "rpc")]
    pub(crate) fn wait_any_until(
        pending: &mut Vec<Pending>,
        deadline: Deadline,
    ) -> Option<(usize, Result<Message>)> {
        wait_any(pending, deadline)
    }
}

/// The requests of one handle among those that are waited for.
struct Group<'a> {
    requesting: &'a Requesting,
    ids: Vec<u64>,
}

impl ReceiveOperation for Group<'_> {
    fn socket(&self) -> &SharedSocket {
        &self.requesting.socket
    }

    fn attempt(&self, locked: &mut LockedSocket<'_>) -> Result<Progress, BoxedError> {
        let pending_requests: &PendingRequests = &self.requesting.pending_requests;
        pending_requests.attempt(locked, self.socket(), &self.ids)
    }

    fn register(&self, waker: &Arc<Waker>) {
        self.requesting.pending_requests.register(&self.ids, waker);
    }
}

/// How waiting for several requests ended.
enum Ended {
    /// This one needs no more waiting.
    One(u64),
    /// Those of a handle cannot be waited for; this is one of them.
    Failed(u64, Error),
    OutOfTime,
}

fn wait_any(pending: &mut Vec<Pending>, deadline: Deadline) -> Option<(usize, Result<Message>)> {
    loop {
        let first_due = (0..pending.len()).min_by_key(|place| pending[*place].deadline)?;
        let mut until = deadline.min(pending[first_due].deadline);
        if pending.iter().any(|pending| pending.is_late) {
            until = until.within(SEND_LATE);
        }
        match wait_until(&groups(pending), until) {
            Ended::One(id) => {
                let (place, ended) = take_off(pending, id)?;
                return Some((place, ended.requesting.pending_requests.take(id)));
            }
            Ended::Failed(id, error) => return Some((take_off(pending, id)?.0, Err(error))),
            Ended::OutOfTime if pending[first_due].deadline.is_over() => {
                if !pending[first_due].retry_now() {
                    let ended = pending.remove(first_due);
                    return Some((first_due, Err(ended.out_of_time())));
                }
            }
            Ended::OutOfTime if deadline.is_over() => return None,
            Ended::OutOfTime => pending.iter_mut().for_each(Pending::send_late),
        }
    }
}

/// How often a request is tried that is to be sent again, and that no server takes now.
const SEND_LATE: Duration = Duration::from_millis(10);

fn groups(pending: &[Pending]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for Pending { id, requesting, .. } in pending {
        let own = &requesting.pending_requests;
        let same = |group: &&mut Group<'_>| Arc::ptr_eq(&group.requesting.pending_requests, own);
        match groups.iter_mut().find(same) {
            Some(group) => group.ids.push(*id),
            None => groups.push(Group {
                requesting,
                ids: vec![*id],
            }),
        }
    }
    groups
}

fn wait_until(groups: &[Group<'_>], deadline: Deadline) -> Ended {
    let (group, outcome) = match groups {
        // One socket is waited for as for a single reply: awake for a while, if that promises to pay.
        [group] => {
            let socket = group.socket();
            let attempt = |locked: &mut LockedSocket<'_>| group.attempt(locked);
            let register = |waker: &Arc<Waker>| group.register(waker);
            let outcome = match socket.check_waiting(deadline) {
                Ok(()) => {
                    socket.perform_registered(Interest::Readable, deadline, attempt, register)
                }
                Err(error) => Err(error),
            };
            (group, outcome)
        }
        groups => match perform_any(groups, deadline) {
            Some((place, outcome)) => (&groups[place], outcome),
            None => return Ended::OutOfTime,
        },
    };
    let first_ended = |()| group.requesting.pending_requests.first_ended(&group.ids);
    match outcome.and_then(first_ended).map_err(Error::from) {
        Ok(Some(id)) => Ended::One(id),
        // Another thread has taken it back: none of these is shared, so that cannot be.
        Ok(None) | Err(Error::Timeout { .. } | Error::WouldBlock) => Ended::OutOfTime,
        Err(error) => Ended::Failed(group.ids[0], error),
    }
}

fn take_off(pending: &mut Vec<Pending>, id: u64) -> Option<(usize, Pending)> {
    let place = pending.iter().position(|one| one.id == id)?;
    Some((place, pending.remove(place)))
}

impl Pending {
    /// The error of a request whose time is over, with the refusal of its server if there is one.
    fn out_of_time(&self) -> Error {
        match self.requesting.socket.status() {
            Ok(status) => status.timeout_error(Wait::Reply),
            Err(error) => error,
        }
    }
}
