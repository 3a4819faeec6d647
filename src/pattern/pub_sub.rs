//! Publish and subscribe: each message to all subscribers of its topic (XPUB and SUB).

mod subscriptions;
mod topics;

use std::slice;
use std::sync::Arc;
use std::time::Duration;

use subscriptions::Subscriptions;
use topics::Topics;

use super::receiving::receiving_messages;
use super::sending::{self, SendCall, sending};
use super::{Kind, Pattern, SendError, shared};
use crate::error::{BoxedError, Error, Result, Wait};
use crate::message::{DynFrames, Frame, Frames};
use crate::socket::{Interest, LockedSocket, NO_ENVELOPE, Progress, Socket};
use crate::wake::{Deadline, Waker};

/// Publishes messages, each to all subscribers of the topic that it begins with.
///
/// A message without a subscriber is dropped, and one for a subscriber that is 1000
/// messages behind is dropped for that one (unless told to
/// [wait](crate::Options::wait_for_slow)). It knows its subscribers, so nothing needs to sleep
/// before the first message: [`wait_for_subscribers`](Publisher::wait_for_subscribers).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use zeroless::{Client, Server};
///
/// let server = Server::bind(0)?;
/// let publisher = server.publish()?.topic("sh");
/// let subscriber = Client::connect(server.port())?.subscribe("sh")?;
/// publisher.wait_for_subscribers(1, Duration::from_secs(5))?;
/// publisher.send("Msg1")?;
/// assert_eq!(subscriber.recv()?, ["sh", "Msg1"]);
/// # Ok::<(), zeroless::Error>(())
/// ```
#[doc(alias = "pub")]
#[doc(alias = "xpub")]
#[derive(Clone)]
pub struct Publisher {
    publishing: Publishing,
    call: SendCall,
}

/// Receives the messages published under its topics, which can be changed meanwhile.
///
/// # Examples
///
/// ```
/// # use std::time::Duration;
/// use zeroless::{Client, Server};
///
/// let server = Server::bind(0)?;
/// let publisher = server.publish()?;
/// let subscriber = Client::connect(server.port())?.subscribe(["weather", "news"])?;
/// publisher.wait_for_subscribers(2, Duration::from_secs(5))?;
/// publisher.send(("news", "all is well"))?;
/// for [topic, text] in subscriber.parts() {
///     println!("{topic}: {text}");
///     subscriber.stop();
/// }
/// # Ok::<(), zeroless::Error>(())
/// ```
#[doc(alias = "sub")]
#[derive(Clone)]
pub struct Subscriber {
    socket: Socket,
    topics: Arc<Topics>,
}

/// The state of a publisher, which the function that it can be called as shares.
#[derive(Clone)]
struct Publishing {
    socket: Socket,
    topic: Topic,
    subscriptions: Arc<Subscriptions>,
}

/// How a publisher treats topics.
#[derive(Debug, Clone, Default)]
enum Topic {
    /// Nothing: messages begin as they will.
    #[default]
    Any,
    /// Puts it before each message, as a frame of its own.
    Embed(Arc<[u8]>),
    /// Refuses a message that does not begin with it.
    Demand(Arc<[u8]>),
}

impl Pattern for Publisher {
    const KIND: Kind = Kind::Publisher;

    fn new(socket: Socket) -> Publisher {
        let subscriptions = Arc::new(Subscriptions::default());
        // Subscribers come and go while a publisher does nothing. Their news must not pile up.
        let pumped = subscriptions.clone();
        socket.set_on_pump(Box::new(move |locked| pumped.drain_all(locked)));
        Publisher::of(Publishing {
            socket,
            topic: Topic::Any,
            subscriptions,
        })
    }
}

impl Publishing {
    #[inline]
    fn send(&self, frames: impl Frames, deadline: Deadline) -> Result<(), SendError> {
        if let Err(error) = self.subscriptions.read_sometimes(&self.socket) {
            return Err(SendError::new(*error, frames.into_message()?));
        }
        match &self.topic {
            Topic::Any => sending::send(&self.socket, NO_ENVELOPE, frames, deadline),
            Topic::Embed(topic) => {
                sending::send(&self.socket, slice::from_ref(topic), frames, deadline)
            }
            Topic::Demand(topic) => {
                let message = frames.into_message()?;
                if !message.as_bytes().starts_with(topic) {
                    let topic = Frame::from(&topic[..]).to_string();
                    return Err(SendError::new(Error::TopicMissing { topic }, message));
                }
                sending::send(&self.socket, NO_ENVELOPE, message, deadline)
            }
        }
    }
}

impl Topic {
    /// Whether a subscription to this may get messages of ours.
    fn meets(&self, subscribed: &[u8]) -> bool {
        match self {
            Topic::Any => true,
            Topic::Embed(topic) => topic.starts_with(subscribed),
            Topic::Demand(topic) => topic.starts_with(subscribed) || subscribed.starts_with(topic),
        }
    }
}

sending! {
    Publisher, "publisher", "zeroless::Server::bind(0)?.publish()?",
    "use std::time::Duration;
use zeroless::{Client, Server};

let server = Server::bind(0)?;
let publisher = server.publish()?;
let subscriber = Client::connect(server.port())?.subscribe(\"news\")?;
publisher.wait_for_subscribers(1, Duration::from_secs(5))?;
publisher.send((\"news\", \"all is well\"))?; // a tuple is a message of several frames
assert_eq!(subscriber.recv()?, [\"news\", \"all is well\"]);"
}

impl Publisher {
    fn of(publishing: Publishing) -> Publisher {
        let own = publishing.clone();
        let call: SendCall = Arc::new(move |frames: &dyn DynFrames| {
            own.send(frames, sending::default_deadline(&own.socket))
        });
        Publisher { publishing, call }
    }

    #[inline]
    fn send_until(&self, frames: impl Frames, deadline: Deadline) -> Result<(), SendError> {
        self.publishing.send(frames, deadline)
    }

    /// A publisher on the same socket that puts this topic before each message, as a frame of
    /// its own.
    ///
    /// As Python zeroless's `pub(topic, embed_topic=True)`.
    ///
    /// ```
    /// let publisher = zeroless::Server::bind(0)?.publish()?;
    /// let (weather, news) = (publisher.topic("weather"), publisher.topic("news"));
    /// news.send("all is well")?; // ["news", "all is well"]
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[doc(alias = "embed_topic")]
    #[must_use]
    pub fn topic(&self, topic: impl AsRef<[u8]>) -> Publisher {
        self.with_topic(Topic::Embed(topic.as_ref().into()))
    }

    /// A publisher on the same socket that refuses messages whose first frame does not begin
    /// with this topic.
    ///
    /// As Python zeroless's `pub(topic)`.
    ///
    /// ```
    /// use zeroless::Error;
    /// let publisher = zeroless::Server::bind(0)?.publish()?.prefix("sh");
    /// publisher.send("shout")?;
    /// let refused = publisher.send("whisper").unwrap_err();
    /// assert!(matches!(refused.error(), Error::TopicMissing { .. }));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[must_use]
    pub fn prefix(&self, topic: impl AsRef<[u8]>) -> Publisher {
        self.with_topic(Topic::Demand(topic.as_ref().into()))
    }

    fn with_topic(&self, topic: Topic) -> Publisher {
        Publisher::of(Publishing {
            topic,
            ..self.publishing.clone()
        })
    }

    /// Waits until there are this many subscriptions that this publisher's messages match.
    ///
    /// It counts subscriptions, not subscribers: one that subscribes to two topics counts
    /// twice. A publisher with a topic counts only those that its messages can match; one
    /// without counts all. After it has returned, these subscribers miss nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`] if there are fewer by then; [`Error::Stopped`].
    ///
    /// ```
    /// use std::time::Duration;
    /// use zeroless::{Client, Server};
    ///
    /// let server = Server::bind(0)?;
    /// let publisher = server.publish()?;
    /// let subscriber = Client::connect(server.port())?.subscribe("")?;
    /// publisher.wait_for_subscribers(1, Duration::from_secs(5))?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[doc(alias = "sleep")]
    pub fn wait_for_subscribers(&self, count: usize, timeout: Duration) -> Result<()> {
        let Publishing {
            socket,
            topic,
            subscriptions,
        } = &self.publishing;
        if socket.is_stopped() {
            return Err(Error::Stopped);
        }
        let deadline = Deadline::after(timeout);
        let mut there = 0;
        let mut own = None;
        let attempt = |locked: &mut LockedSocket<'_>| {
            let drained = subscriptions.drain(locked)?;
            there = subscriptions.count(|subscribed| topic.meets(subscribed));
            Ok(match there >= count {
                true => Progress::Done,
                false => drained,
            })
        };
        let register = |waker: &Arc<Waker>| {
            subscriptions.wake_later(waker);
            own = Some(waker.clone());
        };
        let waited = socket.perform_registered(Interest::Readable, deadline, attempt, register);
        if let Some(waker) = own {
            subscriptions.wake_no_more(&waker);
        }
        let wanted = count;
        waited
            .map_err(|error| error.waiting_for(|wait| *wait = Wait::Subscribers { wanted, there }))
    }

    /// Whether a message that begins with this has a subscriber.
    ///
    /// # Errors
    ///
    /// [`Error::Forked`]; [`Error::Stopped`] if it was closed.
    ///
    /// ```
    /// let publisher = zeroless::Server::bind(0)?.publish()?;
    /// if publisher.has_subscriber("weather")? {
    ///     publisher.send(("weather", "rain"))?; // costly to make
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn has_subscriber(&self, topic: impl AsRef<[u8]>) -> Result<bool> {
        let subscriptions = &self.publishing.subscriptions;
        let socket = &self.publishing.socket;
        socket.with(|locked| subscriptions.drain_all(locked))?;
        Ok(subscriptions.count(|subscribed| topic.as_ref().starts_with(subscribed)) > 0)
    }
}

shared! { Publisher.publishing.socket, "publisher", "zeroless::Server::bind(0)?.publish()?" }

impl Pattern for Subscriber {
    const KIND: Kind = Kind::Subscriber;

    fn new(socket: Socket) -> Subscriber {
        let topics = Arc::default();
        Subscriber { socket, topics }
    }
}

receiving_messages! {
    Subscriber, "subscriber", "zeroless::Server::bind(0)?.subscribe(\"\")?",
    peers: "# use std::time::Duration;
# use zeroless::{Client, Server};
# let server = Server::bind(0)?;
# let publisher = server.publish()?;
# let subscriber = Client::connect(server.port())?.subscribe(\"\")?;
# publisher.wait_for_subscribers(1, Duration::from_secs(5))?;",
    sends: "publisher"
}

impl Subscriber {
    /// Subscribes to these topics too, also while another thread receives.
    ///
    /// Several are given as [frames](Frames) are: an array, a tuple or a `Vec`. To subscribe
    /// twice to the same takes as many unsubscribes to undo.
    ///
    /// # Errors
    ///
    /// [`Error::Forked`]; [`Error::Stopped`] if it was closed.
    ///
    /// ```
    /// # let subscriber = zeroless::Server::bind(0)?.subscribe("sh")?;
    /// subscriber.subscribe(["weather", "news"])?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn subscribe(&self, topics: impl Frames) -> Result<()> {
        self.change(topics, Topics::subscribe)
    }

    /// Unsubscribes from these topics, also while another thread receives.
    ///
    /// A topic that was not subscribed to is passed over.
    ///
    /// # Errors
    ///
    /// [`Error::Forked`]; [`Error::Stopped`] if it was closed.
    ///
    /// ```
    /// # let subscriber = zeroless::Server::bind(0)?.subscribe(["weather", "news"])?;
    /// subscriber.unsubscribe("news")?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn unsubscribe(&self, topics: impl Frames) -> Result<()> {
        self.change(topics, Topics::unsubscribe)
    }

    fn change(
        &self,
        topics: impl Frames,
        set: fn(&Topics, &mut LockedSocket<'_>, &[u8]) -> Result<(), BoxedError>,
    ) -> Result<()> {
        let topics = match topics.into_message() {
            Ok(topics) => topics,
            // No topic at all: there is nothing to change.
            Err(Error::EmptyMessage) => return Ok(()),
            Err(error) => return Err(error),
        };
        let own = &self.topics;
        let each = |locked: &mut LockedSocket<'_>| {
            topics.iter().try_for_each(|topic| set(own, locked, topic))
        };
        Ok(self.socket.with(each)?)
    }
}

shared! { Subscriber.socket, "subscriber", "zeroless::Server::bind(0)?.subscribe(\"\")?" }
