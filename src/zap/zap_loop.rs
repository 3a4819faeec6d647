//! The handler's loop. Nothing that it calls can end it: a panic is caught, and a socket that fails is
//! made anew.

use std::sync::Arc;
use std::time::{Duration, Instant};

use log::{error, warn};

use super::asking::{Asking, Pending};
use super::domains::{Domains, Entry};
use super::handler_socket::{Asker, HandlerSocket, Received, Reply};
use crate::background::{ThreadStop, WaitSet, guarded};
use crate::ffi::{Errno, RawContext, system};
use crate::security::{
    ADMISSION, AccessRequest, Denial, PeerAddress, Verdict, ZapCode, ZapCredentials, ZapRequest,
    zap_property,
};
use crate::throttle::Throttle;
use crate::wake::Deadline;

/// How soon a socket that has failed is bound again.
const BIND_AGAIN: Duration = Duration::from_millis(20);

/// How many requests are handled between two looks at the rest.
const BURST: usize = 256;

/// The loop's own state.
pub(super) struct ZapLoop {
    /// `None` while it has to be bound again. Dropped before the context.
    socket: Option<HandlerSocket>,
    asking: Asking,
    domains: Arc<Domains>,
    stop: Arc<ThreadStop>,
    /// Whether requests may be left.
    again: bool,
    malformed: Throttle,
    failures: Throttle,
    #[cfg(test)]
    faults: crossbeam_channel::Receiver<Fault>,
    /// Dropped last: the context may end here.
    context: Arc<RawContext>,
}

/// Something that goes wrong, in a test.
#[cfg(test)]
pub(super) type Fault = Box<dyn FnOnce(&mut Option<HandlerSocket>) + Send>;

impl ZapLoop {
    pub(super) fn new(
        socket: HandlerSocket,
        domains: Arc<Domains>,
        stop: Arc<ThreadStop>,
        context: Arc<RawContext>,
    ) -> ZapLoop {
        ZapLoop {
            socket: Some(socket),
            asking: Asking::new(stop.waker()),
            domains,
            stop,
            again: false,
            malformed: Throttle::new(),
            failures: Throttle::new(),
            #[cfg(test)]
            faults: crossbeam_channel::never(),
            context,
        }
    }

    #[cfg(test)]
    pub(super) fn with_faults(self, faults: crossbeam_channel::Receiver<Fault>) -> ZapLoop {
        ZapLoop { faults, ..self }
    }

    pub(super) fn run(mut self) {
        while !self.stop.is_stopped() {
            match guarded("letting clients in", || self.turn()) {
                Some(Ok(())) => {}
                Some(Err(errno)) => self.fail(errno),
                // Requests that were received and not replied to wait for their time to be over.
                None => self.socket = None,
            }
        }
    }

    /// The socket cannot be used any more.
    fn fail(&mut self, errno: Errno) {
        self.socket = None;
        guarded("letting clients in", || {
            if let Some(left_out) = self.failures.admit() {
                let error = system("letting clients in", errno);
                error!("nobody can enter for a moment: {error}{left_out}");
            }
        });
    }

    /// Waits, and handles all that is due.
    fn turn(&mut self) -> Result<(), Errno> {
        self.wait();
        #[cfg(test)]
        while let Ok(fault) = self.faults.try_recv() {
            fault(&mut self.socket);
        }
        if self.socket.is_none() {
            self.socket = match HandlerSocket::bind(&self.context) {
                Ok(socket) => Some(socket),
                // The old one may still have it.
                Err(libc::EADDRINUSE) => return Ok(()),
                Err(errno) => return Err(errno),
            };
        }
        for (
            Pending {
                asker,
                entry,
                request,
                ..
            },
            verdict,
        ) in self.asking.take_ended(Instant::now())
        {
            self.conclude(asker, &entry, &request, verdict)?;
        }
        // Last: the socket must have said that it has no request, before it is waited for.
        for _ in 0..BURST {
            self.again = true;
            match self.receive()? {
                Some(received) => self.handle(received)?,
                None => {
                    self.again = false;
                    break;
                }
            }
        }
        Ok(())
    }

    /// Sleeps until a request comes, an answer, or the end of a closure's time.
    fn wait(&self) {
        let due = self.asking.next_due();
        let mut deadline = due.map_or(Deadline::Never, Deadline::At);
        if self.again {
            deadline = Deadline::Now;
        }
        let mut set = WaitSet::new(self.stop.waker());
        match &self.socket {
            Some(socket) => set.insert_fd((), socket.fd()),
            None => deadline = deadline.within(BIND_AGAIN),
        }
        set.wait(deadline);
    }

    fn receive(&mut self) -> Result<Option<Received>, Errno> {
        match &mut self.socket {
            Some(socket) => socket.receive(),
            None => Ok(None),
        }
    }

    fn handle(&mut self, received: Received) -> Result<(), Errno> {
        let Received { envelope, frames } = received;
        let request = match ZapRequest::read(&frames) {
            Ok(request) => request,
            Err(fault) => {
                if let Some(id) = fault.id {
                    self.refuse(Asker::new(envelope, id), fault.code)?;
                }
                self.log_malformed(fault.reason);
                return Ok(());
            }
        };
        let asker = Asker::new(envelope, request.id);
        let Some(entry) = self.domains.get(request.domain) else {
            // Its socket may have been closed just now.
            return self.refuse(asker, ZapCode::Denied);
        };
        let from = PeerAddress::read(request.address);
        let attempt = match request.credentials {
            ZapCredentials::Plain { user, password } => match str::from_utf8(user) {
                Ok(user) => AccessRequest::plain(from, user, password),
                Err(_) => {
                    self.refuse(asker, ZapCode::Denied)?;
                    self.log_malformed("its user is not UTF-8 text");
                    return Ok(());
                }
            },
            ZapCredentials::Curve { key } => AccessRequest::curve(from, (*key).into()),
            ZapCredentials::Null => {
                self.refuse(asker, ZapCode::Denied)?;
                self.log_malformed("it has no credentials");
                return Ok(());
            }
        };
        let (attempt, now) = (Arc::new(attempt), Instant::now());
        // A panic denies: there is no more to be said of this request.
        let verdict = guarded("letting clients in", || entry.access.judge(&attempt, now));
        let judged = entry.clone();
        self.decide(verdict, (asker, entry, attempt), now)?;
        guarded("logging", || {
            for line in judged.access.take_lines() {
                warn!("{}: {line}", judged.name);
            }
        });
        Ok(())
    }

    fn decide(
        &mut self,
        verdict: Option<Verdict>,
        (asker, entry, attempt): (Asker, Arc<Entry>, Arc<AccessRequest>),
        now: Instant,
    ) -> Result<(), Errno> {
        match verdict {
            Some(Verdict::Ask(question)) => {
                let ended = self.asking.ask(question, (asker, entry, attempt), now);
                if let Some((
                    Pending {
                        asker,
                        entry,
                        request,
                        ..
                    },
                    verdict,
                )) = ended
                {
                    self.conclude(asker, &entry, &request, verdict)?;
                }
                Ok(())
            }
            Some(verdict) => self.conclude(asker, &entry, &attempt, verdict),
            None => self.refuse(asker, ZapCode::Internal),
        }
    }

    /// Tells a verdict, and logs one that lets nobody in.
    fn conclude(
        &mut self,
        asker: Asker,
        entry: &Entry,
        request: &AccessRequest,
        verdict: Verdict,
    ) -> Result<(), Errno> {
        let reason = match verdict {
            Verdict::Admitted { user, admission } => {
                let mut admission = admission.to_string();
                if let Some(key) = request.key() {
                    admission.push_str(&format!(" {key}"));
                }
                return self.reply(
                    asker,
                    &Reply {
                        code: ZapCode::Success,
                        user: &user,
                        metadata: &zap_property(ADMISSION, admission.as_bytes()),
                    },
                );
            }
            Verdict::Denied(denial @ (Denial::Hung | Denial::Panicked | Denial::NotAUser)) => {
                self.refuse(asker, ZapCode::Internal)?;
                denial.to_string()
            }
            Verdict::Denied(denial) => {
                self.refuse(asker, ZapCode::Denied)?;
                denial.to_string()
            }
            Verdict::Later | Verdict::Ask(_) => {
                self.refuse(asker, ZapCode::Temporary)?;
                "it has to wait, after too many wrong guesses, or since too many ask at once"
                    .to_owned()
            }
        };
        guarded("logging", || {
            if let Some(left_out) = entry.throttle.admit() {
                warn!(
                    "{}: {request} is not let in: {reason}{left_out}",
                    entry.name
                );
            }
        });
        Ok(())
    }

    fn refuse(&mut self, asker: Asker, code: ZapCode) -> Result<(), Errno> {
        let (user, metadata) = ("", &[][..]);
        self.reply(
            asker,
            &Reply {
                code,
                user,
                metadata,
            },
        )
    }

    fn reply(&mut self, asker: Asker, reply: &Reply<'_>) -> Result<(), Errno> {
        match &mut self.socket {
            Some(socket) => socket.reply(asker, reply),
            None => Ok(()),
        }
    }

    fn log_malformed(&self, reason: &str) {
        guarded("logging", || {
            if let Some(left_out) = self.malformed.admit() {
                warn!("a request to let a client in cannot be handled: {reason}{left_out}");
            }
        });
    }
}
