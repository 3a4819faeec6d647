//! The inputs and the outputs of relays, and which of them go together.

use std::convert::Infallible;
use std::fmt;

use super::end::End;
use super::engine::{Backward, Forward};
use super::envelope::Shape;
use super::inspect::{Acknowledgement, Inspection};
use super::socket::{
    ForwardingSubscriber, Publisher, Puller, Pusher, RelaySocket, Replier, Requester, SocketRole,
    Subscriber,
};
use super::work::Work;
use crate::error::Result;
use crate::message::{Frame, Frames, Message};

/// An input that subscribes; made by [`subscribe`].
#[derive(Debug)]
pub struct Subscribe(End);

/// An input that pulls; made by [`pull`].
#[derive(Debug)]
pub struct Pull(End);

/// An input that receives requests, whose replies come from the output; made by [`reply`].
#[derive(Debug)]
pub struct Reply(End);

/// An input that receives requests and acknowledges each itself; made by [`Reply::acknowledge`].
pub struct Acknowledge {
    end: End,
    reply: Result<Acknowledgement>,
}

impl fmt::Debug for Acknowledge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Acknowledge").field(&self.end).finish()
    }
}

/// An output that publishes; made by [`publish`].
#[derive(Debug)]
pub struct Publish(End);

/// An output that pushes; made by [`push`].
#[derive(Debug)]
pub struct Push(End);

/// An output that requests; made by [`request`].
#[derive(Debug)]
pub struct Request(End);

/// A relay's input that subscribes to publishers there.
///
/// Its topics are those of its subscribers, where the output [publishes](publish). Else it is everything, or the
/// [topics](super::Relay::topics) that are given.
///
/// ```
/// use zeroless::{Client, relay};
/// let news = relay::subscribe(Client::connect(12345)?);
/// # Ok::<(), zeroless::Error>(())
/// ```
pub fn subscribe(end: impl Into<End>) -> Subscribe {
    Subscribe(end.into())
}

/// A relay's input that pulls from pushers there.
///
/// ```
/// use zeroless::{Server, relay};
/// let jobs = relay::pull(Server::bind(0)?);
/// # Ok::<(), zeroless::Error>(())
/// ```
pub fn pull(end: impl Into<End>) -> Pull {
    Pull(end.into())
}

/// A relay's input that receives the requests of requesters there, and brings each its reply.
///
/// ```
/// use zeroless::{Server, relay};
/// let clients = relay::reply(Server::bind(0)?);
/// # Ok::<(), zeroless::Error>(())
/// ```
pub fn reply(end: impl Into<End>) -> Reply {
    Reply(end.into())
}

impl Reply {
    /// Replies to each request with these frames, once the output has taken it, or the
    /// [buffer](super::Relay::buffered). The output's own replies, if it has any, go nowhere.
    ///
    /// A request that is dropped is not acknowledged.
    ///
    /// ```
    /// use zeroless::relay::{self, Relay};
    /// use zeroless::{Client, Server};
    ///
    /// let (asked, output) = (Server::bind(0)?, Server::bind(0)?);
    /// let input = relay::reply(&asked).acknowledge("accepted");
    /// let relay = Relay::new(input, relay::push(&output)).start()?;
    ///
    /// let pull = Client::connect(output.port())?.pull()?;
    /// let requester = Client::connect(asked.port())?.request()?;
    /// assert_eq!(requester.request("a job")?, "accepted");
    /// assert_eq!(pull.recv()?, "a job");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn acknowledge(self, frames: impl Frames) -> Acknowledge {
        let reply = frames.into_message();
        Acknowledge {
            end: self.0,
            reply: reply.map(|mut reply| {
                Box::new(move |_: &[Frame]| Some(Ok(reply.share()))) as Acknowledgement
            }),
        }
    }

    /// As [`acknowledge`](Self::acknowledge), with the frames that this function makes of the request, which it gets without its
    /// envelope; one for which it gives `None` gets no reply.
    ///
    /// It is called in the relay's thread before the request goes on; if it panics, or gives no frames, that is logged, and
    /// there is no reply.
    ///
    /// ```
    /// use zeroless::relay::{self, Relay};
    /// use zeroless::{Client, Frame, Server};
    ///
    /// let (asked, output) = (Server::bind(0)?, Server::bind(0)?);
    /// let input = relay::reply(&asked).acknowledge_with(|job: &[Frame]| Some(format!("{} is accepted", job[0])));
    /// let relay = Relay::new(input, relay::push(&output)).start()?;
    ///
    /// let pull = Client::connect(output.port())?.pull()?;
    /// let requester = Client::connect(asked.port())?.request()?;
    /// assert_eq!(requester.request("a job")?, "a job is accepted");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn acknowledge_with<R: Frames>(
        self,
        mut reply: impl FnMut(&[Frame]) -> Option<R> + Send + 'static,
    ) -> Acknowledge {
        let reply = move |request: &[Frame]| reply(request).map(Frames::into_message);
        Acknowledge {
            end: self.0,
            reply: Ok(Box::new(reply)),
        }
    }
}

/// A relay's output that publishes to the subscribers there.
///
/// A subscriber that is too slow misses messages, and holds up nobody, unless
/// [`wait_for_slow`](crate::Options::wait_for_slow) says so. libzmq drops those, so the relay does not count them. Each
/// subscriber has a queue of twice [`send_queue`](crate::Options::send_queue): the relay passes on at once all that has come.
///
/// ```
/// use zeroless::{Server, relay};
/// let readers = relay::publish(Server::bind(0)?);
/// # Ok::<(), zeroless::Error>(())
/// ```
pub fn publish(end: impl Into<End>) -> Publish {
    Publish(end.into())
}

/// A relay's output that pushes to the pullers there, each message to one of them in turn.
///
/// ```
/// use zeroless::{Server, relay};
/// let workers = relay::push(Server::bind(0)?);
/// # Ok::<(), zeroless::Error>(())
/// ```
pub fn push(end: impl Into<End>) -> Push {
    Push(end.into())
}

/// A relay's output that requests from the repliers there, each request from one of them in turn.
///
/// ```
/// use zeroless::{Client, relay};
/// let workers = relay::request(Client::connect([12345, 12346])?);
/// # Ok::<(), zeroless::Error>(())
/// ```
pub fn request(end: impl Into<End>) -> Request {
    Request(end.into())
}

/// The sockets of a relay, and the ways of messages between them.
pub struct Route {
    pub(super) input: RelaySocket,
    pub(super) output: RelaySocket,
    pub(super) forward: Forward,
    pub(super) backward: Backward,
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").finish_non_exhaustive()
    }
}

pub(super) mod sealed {
    use super::{Result, Route, Work};

    /// Opens the sockets of a pair.
    pub trait Open<O> {
        fn open(self, output: O, work: Work) -> Result<Route>;
    }
}

/// An input of a relay: [`Subscribe`], [`Pull`], [`Reply`] or [`Acknowledge`].
pub trait Input {
    /// The answer that a [filter](super::Relay::filter) can give: a [`Message`] where there is somebody to answer.
    type Answer;

    #[doc(hidden)]
    fn message(answer: Self::Answer) -> Message;
}

/// An input, and the outputs that it can pass on to.
///
/// | from | to |
/// |---|---|
/// | [`subscribe`] | [`publish`], [`request`] |
/// | [`pull`] | [`push`] |
/// | [`reply`] | [`request`] |
/// | [`reply`] with [`acknowledge`](Reply::acknowledge) | [`request`], [`publish`], [`push`] |
///
/// A reply that nobody gives would be waited for in vain, so a push must be acknowledged:
///
/// ```compile_fail
/// use zeroless::relay::{self, Relay};
/// use zeroless::Server;
///
/// let (input, output) = (Server::bind(0).unwrap(), Server::bind(0).unwrap());
/// Relay::new(relay::reply(input), relay::push(output));
/// ```
#[diagnostic::on_unimplemented(
    message = "a relay does not pass on from `{Self}` to `{O}`",
    note = "it passes on from subscribe to publish or request, from pull to push, and from reply to request",
    note = "with `relay::reply(…).acknowledge(…)` it also passes on from reply to publish or push"
)]
pub trait PassesTo<O>: Input + sealed::Open<O> {}

fn route<I: SocketRole, O: SocketRole>(
    ends: (&End, &End),
    forward: Forward,
    backward: Backward,
) -> Result<Route> {
    let input: RelaySocket<I> = ends.0.open()?;
    let output: RelaySocket<O> = ends.1.open()?;
    Ok(Route {
        input: input.any(),
        output: output.any(),
        forward,
        backward,
    })
}

/// Messages that are passed on as they are, unless there is more to do.
fn plain_unless(is_needed: bool, inspection: Inspection) -> Forward {
    match is_needed {
        true => Forward::Inspected(Box::new(inspection)),
        false => Forward::Plain(Box::default()),
    }
}

impl Input for Subscribe {
    type Answer = Infallible;

    fn message(answer: Infallible) -> Message {
        match answer {}
    }
}

impl Input for Pull {
    type Answer = Infallible;

    fn message(answer: Infallible) -> Message {
        match answer {}
    }
}

impl Input for Reply {
    type Answer = Message;

    fn message(answer: Message) -> Message {
        answer
    }
}

impl Input for Acknowledge {
    type Answer = Message;

    fn message(answer: Message) -> Message {
        answer
    }
}

impl PassesTo<Publish> for Subscribe {}

impl sealed::Open<Publish> for Subscribe {
    fn open(self, output: Publish, work: Work) -> Result<Route> {
        let is_needed = work.filter.is_some();
        let forward = plain_unless(is_needed, work.inspection(false, Shape::Whole));
        route::<ForwardingSubscriber, Publisher>(
            (&self.0, &output.0),
            forward,
            Backward::Subscriptions,
        )
    }
}

impl PassesTo<Request> for Subscribe {}

impl sealed::Open<Request> for Subscribe {
    fn open(self, output: Request, mut work: Work) -> Result<Route> {
        let topics = work.topics.take().unwrap_or_else(|| Ok("".into()))?;
        let forward = Forward::Inspected(Box::new(work.inspection(false, Shape::Request)));
        let ends = (&self.0, &output.0);
        let route = route::<Subscriber, Requester>(ends, forward, Backward::Ignored)?;
        let socket = route.input.socket();
        socket.with(|locked| topics.iter().try_for_each(|topic| locked.subscribe(topic)))?;
        Ok(route)
    }
}

impl PassesTo<Push> for Pull {}

impl sealed::Open<Push> for Pull {
    fn open(self, output: Push, work: Work) -> Result<Route> {
        let is_needed = work.filter.is_some() || work.buffer.is_some();
        let forward = plain_unless(is_needed, work.inspection(false, Shape::Whole));
        route::<Puller, Pusher>((&self.0, &output.0), forward, Backward::Nothing)
    }
}

impl PassesTo<Request> for Reply {}

impl sealed::Open<Request> for Reply {
    fn open(self, output: Request, work: Work) -> Result<Route> {
        let is_needed = work.filter.is_some() || work.deadline.is_some();
        let forward = plain_unless(is_needed, work.inspection(true, Shape::Whole));
        route::<Replier, Requester>((&self.0, &output.0), forward, Backward::Replies)
    }
}

/// A relay that acknowledges.
fn acknowledging<O: SocketRole>(
    input: Acknowledge,
    output: &End,
    work: Work,
    shape: Shape,
    backward: Backward,
) -> Result<Route> {
    let mut inspection = work.inspection(true, shape);
    inspection.acknowledgement = Some(input.reply?);
    let forward = Forward::Inspected(Box::new(inspection));
    route::<Replier, O>((&input.end, output), forward, backward)
}

impl PassesTo<Request> for Acknowledge {}

impl sealed::Open<Request> for Acknowledge {
    fn open(self, output: Request, work: Work) -> Result<Route> {
        let backward = Backward::Ignored;
        acknowledging::<Requester>(self, &output.0, work, Shape::Request, backward)
    }
}

impl PassesTo<Publish> for Acknowledge {}

impl sealed::Open<Publish> for Acknowledge {
    fn open(self, output: Publish, work: Work) -> Result<Route> {
        let backward = Backward::Ignored;
        acknowledging::<Publisher>(self, &output.0, work, Shape::Body, backward)
    }
}

impl PassesTo<Push> for Acknowledge {}

impl sealed::Open<Push> for Acknowledge {
    fn open(self, output: Push, work: Work) -> Result<Route> {
        acknowledging::<Pusher>(self, &output.0, work, Shape::Body, Backward::Nothing)
    }
}
