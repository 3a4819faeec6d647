//! Calls of several servers at once: of all, or of whichever is the first to answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::answer::{Answer, pong, typed};
use super::backend::Backend;
use super::backends::{Backends, WAIT_FOR_ROOM};
use super::outgoing::{Ask, Outgoing};
use super::race::Race;
use super::{CallResult, Client};
use crate::endpoint::Endpoint;
use crate::error::{Error, Result, Wait};
use crate::pattern::Unsent;
use crate::rpc::{CallError, Command, CommandStatistics, Failure};
use crate::wake::Deadline;

/// The results of all servers of a client, each with the server's endpoint.
pub type ByEndpoint<T> = Vec<(Endpoint, T)>;

impl Client {
    /// Calls a command of every server, and waits for all replies: each server's own result, by its endpoint.
    ///
    /// A server that nobody is at, or that refuses us, is [`NotSent`](CallError::NotSent) at once; one that is just being
    /// connected to is waited for. No call is repeated. The list is empty if there are no servers.
    ///
    /// ```no_run
    /// # use serde::{Deserialize, Serialize};
    /// # use zeroless::rpc;
    /// #[derive(Serialize, Deserialize)]
    /// struct Load;
    /// rpc::command!(Load -> f64);
    ///
    /// let client = rpc::Client::connect([30000, 30001])?;
    /// for (endpoint, load) in client.all(&Load) {
    ///     match load {
    ///         Ok(load) => println!("{endpoint}: {load}"),
    ///         Err(error) => println!("{endpoint}: {error}"),
    ///     }
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn all<C: Command>(&self, command: &C) -> ByEndpoint<CallResult<C>> {
        let deadline = Deadline::after(self.timeout);
        let call = || self.outgoing(Ask::Call(C::NAME.into()), command, deadline);
        self.each(deadline, call, |answer, _| typed(answer))
    }

    /// Calls a command of every server that is connected, and gives the first good reply. The other servers are told that
    /// nobody waits any more; the command may run there all the same.
    ///
    /// # Errors
    ///
    /// If no server gives a good reply, the error of one of them: of one where it [may have run](CallError::may_have_run), if
    /// there is one. Otherwise as [`call`](Self::call).
    ///
    /// ```no_run
    /// # use serde::{Deserialize, Serialize};
    /// # use zeroless::rpc;
    /// #[derive(Serialize, Deserialize)]
    /// struct Find(String);
    /// rpc::command!(idempotent Find -> u64);
    ///
    /// let client = rpc::Client::connect([30000, 30001])?;
    /// let place = client.first(&Find("needle".to_owned()))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn first<C: Command>(&self, command: &C) -> CallResult<C> {
        let deadline = Deadline::after(self.timeout);
        let mut outgoing = self.outgoing(Ask::Call(C::NAME.into()), command, deadline)?;
        let mut race = self.race(&mut outgoing)?;
        let mut failed: Option<CallError<C::Error>> = None;
        while let Some((_, answer)) = race.next() {
            let error = match typed(answer) {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            let is_worse = |other: &CallError<C::Error>| !other.may_have_run();
            if failed.as_ref().is_none_or(is_worse) {
                failed = Some(error);
            }
        }
        let reason = Error::timeout(Wait::Reply);
        Err(failed.unwrap_or(CallError::MayHaveRun { reason }))
    }

    /// Asks every server whether it is there: how long each takes to answer, by its endpoint.
    ///
    /// The thread that receives calls answers, so a server whose handlers are all busy answers, too.
    ///
    /// ```no_run
    /// let client = zeroless::rpc::Client::connect([30000, 30001])?;
    /// for (endpoint, time) in client.ping() {
    ///     println!("{endpoint}: {time:?}");
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn ping(&self) -> ByEndpoint<Result<Duration, CallError<Failure>>> {
        let deadline = Deadline::after(self.timeout);
        let ping = || Ok(Outgoing::bare(Ask::Ping, deadline));
        self.each(deadline, ping, |answer, time| pong(answer).map(|()| time))
    }

    /// Asks every server which commands it has, and what became of their calls, by its endpoint.
    ///
    /// ```
    /// use zeroless::rpc;
    ///
    /// let server = rpc::Server::bind(0)?.function("double", |x: i64| Ok(2 * x)).start()?;
    /// let client = rpc::Client::connect(server.port())?;
    /// for (endpoint, commands) in client.list() {
    ///     for command in commands? {
    ///         println!("{endpoint}: {} was called {} times", command.name, command.calls);
    ///     }
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn list(&self) -> ByEndpoint<Result<Vec<CommandStatistics>, CallError<Failure>>> {
        let deadline = Deadline::after(self.timeout);
        let list = || Ok(Outgoing::bare(Ask::List, deadline));
        self.each(deadline, list, |answer, _| typed(answer))
    }

    /// Sends this to all servers that are connected and have room, as soon as one is.
    fn race<E>(&self, outgoing: &mut Outgoing) -> Result<Race, CallError<E>> {
        let not_sent = |reason| CallError::NotSent { reason };
        let backends = self.backends().map_err(not_sent)?;
        let deadline = outgoing.deadline;
        let mut race = Race::new(deadline);
        loop {
            let chosen = backends.choose(self.balance, &[], deadline);
            let chosen = chosen.map_err(not_sent)?;
            for (place, backend) in backends.all().map_err(not_sent)?.iter().enumerate() {
                if backend.is_up() {
                    match race.enter(place, backends, backend, outgoing, Deadline::Now) {
                        Ok(()) | Err(Unsent::Down | Unsent::Full) => {}
                        Err(Unsent::Failed(reason)) => return Err(not_sent(reason)),
                    }
                }
            }
            if let (true, Some(backend)) = (race.is_empty(), chosen) {
                let patience = deadline.within(WAIT_FOR_ROOM);
                let _ = race.enter(0, backends, &backend, outgoing, patience);
            }
            if !race.is_empty() {
                return Ok(race);
            }
            if deadline.is_over() {
                return Err(not_sent(Error::timeout(Wait::Room)));
            }
        }
    }

    /// Asks each server, and reads its answer, with the time that it took.
    fn each<T, E>(
        &self,
        deadline: Deadline,
        make: impl Fn() -> Result<Outgoing, CallError<E>>,
        read: impl Fn(Answer, Duration) -> Result<T, CallError<E>>,
    ) -> ByEndpoint<Result<T, CallError<E>>> {
        let all = self.backends().and_then(|it| Ok((it, it.all()?)));
        let (backends, all) = match all {
            Ok(all) => all,
            Err(reason) => {
                let failed = |endpoint| {
                    (
                        endpoint,
                        Err(CallError::NotSent {
                            reason: reason.clone(),
                        }),
                    )
                };
                return self.endpoints().into_iter().map(failed).collect();
            }
        };
        let mut race = Race::new(deadline);
        let mut ends = Vec::new();
        ends.resize_with(all.len(), || None);
        let mut began = Vec::new();
        for (place, backend) in all.iter().enumerate() {
            let sent = make().and_then(|mut outgoing| {
                let sent = enter(&mut race, place, backends, backend, &mut outgoing);
                sent.map_err(|reason| CallError::NotSent { reason })
            });
            began.push(Instant::now());
            ends[place] = sent.err().map(Err);
        }
        while let Some((place, answer)) = race.next() {
            ends[place] = Some(read(answer, began[place].elapsed()));
        }
        let ends = all.iter().zip(ends).map(|(backend, end)| {
            let reason = Error::timeout(Wait::Reply);
            let end = end.unwrap_or(Err(CallError::MayHaveRun { reason }));
            (backend.endpoint().clone(), end)
        });
        ends.collect()
    }
}

/// Sends this to one server, once it is known whether it is there.
fn enter(
    race: &mut Race,
    place: usize,
    backends: &Backends,
    backend: &Arc<Backend>,
    outgoing: &mut Outgoing,
) -> Result<()> {
    let deadline = outgoing.deadline;
    loop {
        if !backends.wait_known(backend, deadline)? {
            return Err(backend.not_connected());
        }
        match race.enter(place, backends, backend, outgoing, deadline) {
            Ok(()) => return Ok(()),
            Err(Unsent::Failed(error)) => return Err(error),
            Err(Unsent::Full) => return Err(Error::timeout(Wait::Room)),
            Err(Unsent::Down) => {}
        }
    }
}
