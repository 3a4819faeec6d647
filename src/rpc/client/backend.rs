//! One of the servers of a client, with its own socket.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::answer::{Answer, take_apart};
use super::outgoing::{Ask, Outgoing};
use crate::client::Client;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result, Wait};
use crate::message::Message;
use crate::monitor::OnDown;
use crate::options::Options;
use crate::pattern::{Change, ConnectedRequester, Pending, Requester, Unsent, reply_or_lost};
use crate::rpc::CallError;
use crate::wake::Deadline;

/// A server that is called, at one endpoint.
#[derive(Debug)]
pub(in crate::rpc) struct Backend {
    endpoint: Endpoint,
    requester: ConnectedRequester,
    presence: Arc<Presence>,
    in_flight: AtomicUsize,
}

/// What is known of a server's connection, as the monitor thread tells it.
#[derive(Debug, Default)]
struct Presence {
    is_up: AtomicBool,
    /// Whether the last attempt to connect has failed.
    has_failed: AtomicBool,
}

impl Presence {
    fn take_in(&self, change: Change) {
        self.is_up.store(change == Change::Up, Ordering::Relaxed);
        self.has_failed
            .store(change == Change::Failed, Ordering::Relaxed);
    }
}

impl Backend {
    /// Opens a socket for a server, and begins to connect. `on_change` is called after each change of the connection, in the
    /// monitor thread.
    pub(super) fn connect(
        endpoint: Endpoint,
        options: &Options,
        on_down: Option<OnDown>,
        on_change: impl Fn() + Send + Sync + 'static,
    ) -> Result<Backend> {
        let client = Client::new().options(options.clone());
        let requester: Requester = client.request()?;
        let presence = Arc::<Presence>::default();
        let told = presence.clone();
        let connected = ConnectedRequester::new(&requester, move |change| {
            told.take_in(change);
            on_change();
        })?;
        if let Some(on_down) = on_down {
            connected.set_on_down(on_down)?;
        }
        client.connect(endpoint.clone())?;
        let backend = Backend {
            endpoint,
            requester: connected,
            presence,
            in_flight: AtomicUsize::new(0),
        };
        if backend.is_local() {
            backend.requester.assume_up()?;
            backend.presence.take_in(Change::Up);
        }
        Ok(backend)
    }

    pub(in crate::rpc) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(in crate::rpc) fn is_up(&self) -> bool {
        self.presence.is_up.load(Ordering::Relaxed) && !self.requester.is_ending()
    }

    /// Whether it is in this process: nobody tells of its connection.
    pub(super) fn is_local(&self) -> bool {
        self.endpoint.transport() == "inproc"
    }

    /// Whether the last attempt to connect has failed: nobody is there, or it refuses us.
    pub(super) fn has_failed(&self) -> bool {
        self.presence.has_failed.load(Ordering::Relaxed)
    }

    /// How many calls are under way.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// The refusal of this server, if it refuses us.
    pub(super) fn refusal(&self) -> Option<Error> {
        self.requester.refusal()
    }

    /// The error of a call that cannot be handed to this server.
    pub(in crate::rpc) fn not_connected(&self) -> Error {
        Error::Timeout {
            waited_for: Wait::Peer {
                endpoints: vec![self.endpoint.clone()],
            },
            refused: self.refusal().map(Box::new),
        }
    }

    /// Sends a request over the connection that is up, as soon as there is room for it. It is made anew for each attempt.
    pub(in crate::rpc) fn request(
        &self,
        make: impl FnMut() -> Message,
        until: Deadline,
    ) -> Result<Pending, Unsent> {
        self.requester.start(make, until)
    }

    /// Ends all waits and requests, for good.
    #[cfg(feature = "zmqrpc")]
    pub(super) fn stop(&self) {
        self.requester.stop();
    }

    /// Sends a call over the connection that is up, as soon as there is room for it.
    pub(super) fn start(
        self: &Arc<Self>,
        outgoing: &mut Outgoing,
        id: u64,
        until: Deadline,
    ) -> Result<(Pending, HandedOver), Unsent> {
        in_time(outgoing.deadline)?;
        let pending = self.request(|| outgoing.message(id), until)?;
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        let handed_over = HandedOver {
            backend: self.clone(),
            id,
            is_over: false,
            is_server_ending: false,
        };
        Ok((pending, handed_over))
    }

    /// Sends a call that gets no reply.
    pub(super) fn cast(
        &self,
        outgoing: &mut Outgoing,
        id: u64,
        until: Deadline,
    ) -> Result<(), Unsent> {
        in_time(outgoing.deadline)?;
        self.requester.send_one_way(|| outgoing.message(id), until)
    }

    /// Tells the server that nobody waits for a call any more.
    fn cancel(&self, id: u64) {
        let mut cancel = Outgoing::bare(Ask::Cancel, Deadline::Never);
        // One that has no connection, or no room, need not know.
        let _ = self.cast(&mut cancel, id, Deadline::Now);
    }
}

/// Refuses a call that nobody waits for any more: it would not be begun.
pub(in crate::rpc) fn in_time(deadline: Deadline) -> Result<(), Unsent> {
    match deadline.is_over() {
        true => Err(Unsent::Failed(Error::timeout(Wait::Nothing))),
        false => Ok(()),
    }
}

/// A call that a server has. If this is dropped before the call has ended, the server is told.
#[derive(Debug)]
pub(super) struct HandedOver {
    backend: Arc<Backend>,
    id: u64,
    is_over: bool,
    /// Whether the answer was that the server ends.
    is_server_ending: bool,
}

impl HandedOver {
    pub(super) fn backend(&self) -> &Arc<Backend> {
        &self.backend
    }

    /// Whether the server has answered that it ends.
    pub(super) fn is_server_ending(&self) -> bool {
        self.is_server_ending
    }

    /// The answer, from the end of the wait for it.
    pub(super) fn end(&mut self, reply: Result<Message>) -> Answer {
        match reply.and_then(reply_or_lost) {
            Ok(reply) => {
                self.is_over = true;
                let (answer, is_server_ending) = take_apart(reply, self.id);
                self.is_server_ending = is_server_ending;
                answer
            }
            Err(error) if error.is_timeout() => Err(CallError::MayHaveRun {
                reason: Error::timeout(Wait::Reply),
            }),
            Err(reason) => {
                // Nobody is there to be told.
                self.is_over = true;
                Err(CallError::MayHaveRun { reason })
            }
        }
    }
}

impl Drop for HandedOver {
    fn drop(&mut self) {
        self.backend.in_flight.fetch_sub(1, Ordering::Relaxed);
        if !self.is_over {
            self.backend.cancel(self.id);
        }
    }
}
