//! Relays: messages that come at one end go on at the other, in a thread of their own.
//!
//! A relay joins two ends, each of which is bound ([`Server`](crate::Server)) or connected
//! ([`Client`](crate::Client)), with its own options.
#![cfg_attr(
    feature = "zre",
    doc = "Or it is [discovered](crate::zre::discover); and a server that a relay serves can be
[announced](crate::zre::announce), once the relay was started."
)]
//! Here clients and workers both connect to a broker:
//!
//! ```
//! use zeroless::relay::{self, Relay};
//! use zeroless::{Client, Server};
//!
//! let (clients, workers) = (Server::bind(0)?, Server::bind(0)?);
//! let relay = Relay::new(relay::reply(&clients), relay::request(&workers)).start()?;
//!
//! let worker = Client::connect(workers.port())?.reply()?;
//! std::thread::spawn(move || worker.serve(|job| format!("{job} is done")));
//! let requester = Client::connect(clients.port())?.request()?;
//! assert_eq!(requester.request("it")?, "it is done");
//! # Ok::<(), zeroless::Error>(())
//! ```
//!
//! | from | to | |
//! |---|---|---|
//! | [`subscribe`] | [`publish`] | subscriptions go the other way, so messages that nobody wants do not come |
//! | [`pull`] | [`push`] | each message to one of those at the output, in turn |
//! | [`reply`] | [`request`] | the replies go back to those that asked |
//! | [`subscribe`] | [`request`] | each message as a request, whose reply goes nowhere |
//! | [`reply`] with [`acknowledge`](Reply::acknowledge) | [`request`], [`publish`], [`push`] | the relay replies itself, at once |
//!
//! Messages are passed on as they are, in order, without a copy and without a look into them, unless a
//! [filter](Relay::filter) is set.
//!
//! # When messages are lost
//!
//! When an output has no room, because nobody is there or reads, its input is not read any more; those that
//! send wait in turn, and nothing is lost. One message at most is held meanwhile. The other direction goes
//! on. But no reply waits for a client that has gone or does not read, and no subscriber for another that is slow:
//! those messages are dropped, and [counted](RunningRelay::counters). Where [`Relay::buffered`] says so, messages are
//! taken in and kept while the output has no room.
//!
//! The relay lies between its peers, so sent means only that it has the message: messages on their way are lost with
//! it, or with a peer that dies. [Requests](crate::Requester) tell.
//!
//! A publisher counts the relay as one subscriber for each topic, however many there are behind it.

mod counters;
mod deadlines;
mod end;
mod engine;
mod envelope;
mod held;
mod inspect;
mod plain;
mod running;
mod shared;
mod sides;
mod socket;
mod unanswered;
mod verdict;
mod work;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use counters::{Counters, Traffic};
pub use end::End;
use engine::Engine;
pub use held::Buffer;
use plain::Plain;
pub use running::{RunningRelay, Side};
use shared::Shared;
pub use sides::{
    Acknowledge, Input, PassesTo, Publish, Pull, Push, Reply, Request, Subscribe, publish, pull,
    push, reply, request, subscribe,
};
pub use unanswered::Unanswered;
pub use verdict::Verdict;
use work::Work;

use crate::background::Background;
use crate::error::{Error, Result};
use crate::message::{Frame, Frames};

/// A relay from an input to an output, to be [started](Relay::start); see the [module](self).
///
/// ```
/// use zeroless::relay::{self, Relay};
/// use zeroless::{Client, Server};
///
/// let (input, output) = (Server::bind(0)?, Server::bind(0)?);
/// let relay = Relay::new(relay::pull(input), relay::push(output)).start()?;
/// # Ok::<(), zeroless::Error>(())
/// ```
#[must_use = "a relay does nothing until it is started"]
pub struct Relay<I, O> {
    input: I,
    output: O,
    work: Work,
}

impl<I: PassesTo<O>, O> Relay<I, O> {
    /// A relay that passes messages on from this input to this output: see [`PassesTo`] for those that go together.
    ///
    /// ```
    /// use zeroless::relay::{self, Relay};
    /// use zeroless::{Client, Server};
    ///
    /// let publishers = Client::connect([12345, 12346])?;
    /// let relay = Relay::new(relay::subscribe(publishers), relay::publish(Server::bind(0)?));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn new(input: I, output: O) -> Relay<I, O> {
        Relay {
            input,
            output,
            work: Work::default(),
        }
    }

    /// Looks at each message on its way from the input to the output, which this function lets pass, drops, or
    /// answers.
    ///
    /// It gets the frames of the message, of a request those without its envelope. It is called in the relay's thread,
    /// which passes on nothing meanwhile. If it panics, that is logged, and the message dropped.
    ///
    /// ```
    /// use zeroless::relay::{self, Relay, Verdict};
    /// use zeroless::{Client, Server};
    ///
    /// let (clients, workers) = (Server::bind(0)?, Server::bind(0)?);
    /// let relay = Relay::new(relay::reply(&clients), relay::request(workers))
    ///     .filter(|request| match request {
    ///         [command, ..] if command == "ping" => Verdict::Answer("pong".into()),
    ///         [command, ..] if command == "shutdown" => Verdict::Drop,
    ///         _ => Verdict::Pass,
    ///     })
    ///     .start()?;
    /// let requester = Client::connect(clients.port())?.request()?;
    /// assert_eq!(requester.request("ping")?, "pong");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn filter(
        mut self,
        mut filter: impl FnMut(&[Frame]) -> Verdict<I::Answer> + Send + 'static,
    ) -> Relay<I, O> {
        self.work.filter = Some(Box::new(move |frames| match filter(frames) {
            Verdict::Pass => Verdict::Pass,
            Verdict::Drop => Verdict::Drop,
            Verdict::Answer(answer) => Verdict::Answer(I::message(answer)),
        }));
        self
    }

    /// Opens both ends, and starts the thread that passes messages on.
    ///
    /// # Errors
    ///
    /// As a pattern of the server, the client or the discovery. [`Error::InvalidOption`] for an option that a relay
    /// does not use, and for a [`max_frame`](crate::Options::max_frame) by which one side would accept frames that the
    /// other must not send.
    ///
    /// ```
    /// # use zeroless::relay::{self, Relay};
    /// # use zeroless::Server;
    /// # let (input, output) = (Server::bind(0)?, Server::bind(0)?);
    /// let relay = Relay::new(relay::pull(&input), relay::push(output)).start()?;
    /// let again = Relay::new(relay::pull(&input), relay::push(Server::bind(0)?)).start();
    /// assert!(again.is_err()); // a server has one pattern at a time
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn start(self) -> Result<RunningRelay> {
        let route = self.input.open(self.output, self.work)?;
        check_frame_limits(&route)?;
        let shared = Arc::new(Shared::default());
        let engine = Engine {
            input: route.input.socket().clone(),
            output: route.output.socket().clone(),
            forward: route.forward,
            backward: route.backward,
            replies: Plain::default(),
            shared: shared.clone(),
        };
        let (thread, stop) =
            Background::start_waiting("zeroless-relay", move |stop| Ok(move || engine.run(&stop)))?;
        Ok(RunningRelay {
            thread,
            stop,
            shared,
            input: route.input,
            output: route.output,
        })
    }
}

/// Refuses frames that may come at one side, and may not be sent at the other: frames are not looked at.
fn check_frame_limits(route: &sides::Route) -> Result<()> {
    let limits = [&route.input, &route.output].map(|it| it.socket().options().max_frame);
    let is_refused = match route.backward {
        engine::Backward::Replies => limits[0] != limits[1],
        _ => limits[0] > limits[1],
    };
    match is_refused {
        true => Err(Error::InvalidOption {
            option: "max_frame",
            reason: format!(
                "the relay's input accepts frames of {} bytes, and its output of {}; set the same \
                 for both",
                limits[0], limits[1]
            ),
        }),
        false => Ok(()),
    }
}

impl Relay<Subscribe, Request> {
    /// Subscribes to these topics, in place of everything.
    ///
    /// Several are given as [frames](Frames) are: an array, a tuple or a `Vec`.
    ///
    /// ```
    /// use zeroless::relay::{self, Relay};
    /// use zeroless::{Client, Server};
    ///
    /// let news = relay::subscribe(Client::connect(12345)?);
    /// let relay = Relay::new(news, relay::request(Server::bind(0)?))
    ///     .topics(["weather", "sports"])
    ///     .start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn topics(mut self, topics: impl Frames) -> Relay<Subscribe, Request> {
        self.work.topics = Some(topics.into_message());
        self
    }
}

impl Relay<Reply, Request> {
    /// Replies to each request that has no reply after this time with the frames that the function makes of it, the
    /// request's frames without its envelope.
    ///
    /// A reply that comes later is dropped. So the relay keeps each request until it is replied to, up to 65,536 of
    /// them and 64 MiB; one beyond that gets such a reply at once, and does not go on. Requests are also taken in
    /// while the output has no room for them, and those whose time is over by then do not go on. The
    /// relay puts an id into the envelope of a request, as its second frame of 8 bytes, which its reply must bring back, as
    /// it does from any replier. The function is
    /// called in the relay's thread; if it panics, or gives no frames, that is logged, and there is no reply.
    ///
    /// ```
    /// use std::time::Duration;
    /// use zeroless::relay::{self, Relay};
    /// use zeroless::{Client, Server};
    ///
    /// let (clients, workers) = (Server::bind(0)?, Server::bind(0)?);
    /// let relay = Relay::new(relay::reply(&clients), relay::request(workers)) // nobody works
    ///     .deadline(Duration::from_millis(10), |_request| "error: too late")
    ///     .start()?;
    /// let requester = Client::connect(clients.port())?.request()?;
    /// assert_eq!(requester.request("hello?")?, "error: too late");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn deadline<R: Frames>(
        self,
        time: Duration,
        mut reply: impl FnMut(&[Frame]) -> R + Send + 'static,
    ) -> Relay<Reply, Request> {
        self.deadline_with(time, move |unanswered| Some(reply(unanswered.request())))
    }

    /// As [`deadline`](Self::deadline), and the function is told whether the request was passed on; one for which it gives
    /// `None` gets no reply.
    ///
    /// ```
    /// use std::time::Duration;
    /// use zeroless::relay::{self, Relay, Unanswered};
    /// use zeroless::{Client, Server};
    ///
    /// fn too_late(unanswered: &Unanswered<'_>) -> Option<&'static str> {
    ///     match unanswered.request()[0] == "news" {
    ///         true => None, // nobody waits for a reply
    ///         false if unanswered.was_passed_on() => Some("it may be done"),
    ///         false => Some("it is not done"),
    ///     }
    /// }
    ///
    /// let (clients, workers) = (Server::bind(0)?, Server::bind(0)?);
    /// let relay = Relay::new(relay::reply(&clients), relay::request(workers)) // nobody works
    ///     .deadline_with(Duration::from_millis(10), too_late)
    ///     .start()?;
    /// let requester = Client::connect(clients.port())?.request()?;
    /// assert_eq!(requester.request("a job")?, "it is not done");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn deadline_with<R: Frames>(
        mut self,
        time: Duration,
        mut reply: impl FnMut(&Unanswered<'_>) -> Option<R> + Send + 'static,
    ) -> Relay<Reply, Request> {
        let reply = move |unanswered: &Unanswered<'_>| reply(unanswered).map(Frames::into_message);
        self.work.deadline = Some((time, Box::new(reply)));
        self
    }
}

/// Keeps messages while the output has no room for them.
macro_rules! buffered {
    ($($input:ident => $output:ident;)*) => {$(
        impl Relay<$input, $output> {
            /// Takes messages in while the output has no room for them, and keeps so many in memory, in order; see
            /// [`Buffer`].
            ///
            /// ```
            /// use zeroless::relay::{self, Buffer, Relay};
            /// use zeroless::{Client, Server};
            ///
            /// let (clients, workers) = (Server::bind(0)?, Server::bind(0)?);
            /// let input = relay::reply(&clients).acknowledge("accepted");
            /// let relay = Relay::new(input, relay::request(&workers))
            ///     .buffered(Buffer::new(10_000, 64 << 20))
            ///     .start()?;
            /// let requester = Client::connect(clients.port())?.request()?;
            /// assert_eq!(requester.request("a job")?, "accepted"); // though nobody is there yet
            ///
            /// let worker = Client::connect(workers.port())?.reply()?;
            /// assert_eq!(worker.recv()?.message(), "a job");
            /// # Ok::<(), zeroless::Error>(())
            /// ```
            pub fn buffered(mut self, buffer: Buffer) -> Relay<$input, $output> {
                self.work.buffer = Some(buffer);
                self
            }
        }
    )*};
}

buffered! {
    Acknowledge => Request;
    Subscribe => Request;
    Pull => Push;
}

impl<I: fmt::Debug, O: fmt::Debug> fmt::Debug for Relay<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay")
            .field("input", &self.input)
            .field("output", &self.output)
            .finish_non_exhaustive()
    }
}
