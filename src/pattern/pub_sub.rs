//! Publish and subscribe: each message to all who asked for its topic (XPUB and SUB).

mod subscriptions;
mod topics;

use std::sync::Arc;
use std::time::Duration;

use subscriptions::Subscriptions;
use topics::Topics;

use super::sealed::Sealed;
use super::sending::{self, SendCall};
use super::{Handle, Receiving, Sending, Side};
use crate::error::{BoxedError, Error, Result, Wait};
use crate::message::{Frame, Frames, Message};
use crate::socket::{Interest, LockedSocket, Progress, Socket};
use crate::wake::{Deadline, Waker};

/// Publishes messages, each to all who subscribe to what it begins with.
///
/// A message that nobody subscribes to is dropped, and one for a subscriber that is 1000
/// messages behind is dropped for that one (unless told to
/// [wait](crate::Options::wait_for_slow)). It knows who subscribes, so nothing needs to sleep
/// before the first message: [`wait_for_subscribers`](Handle::wait_for_subscribers).
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
pub type Publisher = Handle<PublisherSide>;

/// Receives what is published under its topics; they can be changed while it does.
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
pub type Subscriber = Handle<SubscriberSide>;

/// The side of [`Publisher`]: its topic, and who subscribes.
#[derive(Debug, Clone, Default)]
pub struct PublisherSide {
    topic: Topic,
    subscriptions: Arc<Subscriptions>,
}

/// The side of [`Subscriber`]: its topics.
#[derive(Debug, Clone, Default)]
pub struct SubscriberSide {
    topics: Arc<Topics>,
}

/// What a publisher does about topics.
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

impl Sealed for PublisherSide {}
impl Sealed for SubscriberSide {}

impl Side for PublisherSide {
    type Call = SendCall;

    fn call(&self, socket: &Socket) -> SendCall {
        sending::call(self, socket)
    }

    fn attach(&self, socket: &Socket) {
        // What is subscribed to by those who come and go must not pile up in a publisher that
        // does nothing.
        let subscriptions = self.subscriptions.clone();
        socket.on_pump(Box::new(move |locked| subscriptions.drain_all(locked)));
    }
}

impl Sending for PublisherSide {
    const AS_THEY_ARE: bool = false;

    #[inline]
    fn prepare(&self, socket: &Socket, message: &mut Message) -> Result<()> {
        self.subscriptions.read_sometimes(socket)?;
        match &self.topic {
            Topic::Any => {}
            Topic::Embed(topic) => message.push_front(Frame::from(&topic[..])),
            Topic::Demand(topic) if message.as_bytes().starts_with(topic) => {}
            Topic::Demand(topic) => {
                return Err(Error::TopicMissing {
                    topic: Frame::from(&topic[..]).to_string(),
                });
            }
        }
        Ok(())
    }

    fn restore(&self, message: &mut Message) {
        if let Topic::Embed(_) = self.topic {
            message.pop_front();
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

impl Handle<PublisherSide> {
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
        let subscriptions = self.side.subscriptions.clone();
        let side = PublisherSide {
            topic,
            subscriptions,
        };
        Handle::new(self.socket.clone(), side)
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
    pub fn wait_for_subscribers(&self, count: usize, timeout: Duration) -> Result<()> {
        if self.socket.is_stopped() {
            return Err(Error::Stopped);
        }
        let subscriptions = &self.side.subscriptions;
        let deadline = Deadline::after(timeout);
        let mut there = 0;
        let mut own = None;
        let attempt = |locked: &mut LockedSocket<'_>| {
            let drained = subscriptions.drain(locked)?;
            there = subscriptions.count(|topic| self.side.topic.meets(topic));
            Ok(match there >= count {
                true => Progress::Done,
                false => drained,
            })
        };
        let register = |waker: &Arc<Waker>| {
            subscriptions.wake_later(waker);
            own = Some(waker.clone());
        };
        let waited =
            self.socket
                .perform_registered(Interest::Readable, deadline, attempt, register);
        if let Some(waker) = own {
            subscriptions.wake_no_more(&waker);
        }
        let wanted = count;
        waited
            .map_err(|error| error.waiting_for(|wait| *wait = Wait::Subscribers { wanted, there }))
    }

    /// Whether somebody gets a message whose first frame is this.
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
        let subscriptions = &self.side.subscriptions;
        self.socket.with(|locked| subscriptions.drain_all(locked))?;
        Ok(subscriptions.count(|subscribed| topic.as_ref().starts_with(subscribed)) > 0)
    }
}

impl Side for SubscriberSide {
    type Call = ();

    fn call(&self, _socket: &Socket) {}
}

impl Receiving for SubscriberSide {
    type Item = Message;

    #[inline]
    fn receive(&self, socket: &Socket, deadline: Deadline) -> Result<Message> {
        socket.receive(deadline)
    }
}

impl Handle<SubscriberSide> {
    /// Subscribes to these topics too, whoever is receiving meanwhile.
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

    /// Unsubscribes from these topics, whoever is receiving meanwhile.
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
        let own = &self.side.topics;
        let each = |locked: &mut LockedSocket<'_>| {
            topics.iter().try_for_each(|topic| set(own, locked, topic))
        };
        Ok(self.socket.with(each)?)
    }
}
