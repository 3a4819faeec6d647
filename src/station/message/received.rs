//! A message that was received: it is handled when it is dropped.

use std::fmt;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use parking_lot::Mutex;
use serde::de::DeserializeOwned;

use super::STREAM;
use super::builder::MessageBuilder;
use super::incoming::Incoming;
use super::item::Item;
use crate::error::Result;
use crate::message::Frame;
use crate::station::array::Array;
use crate::station::body::{Body, IntoBody};
use crate::station::error::Error;
use crate::station::machine::Outcome;
use crate::station::ticket::Ticket;
use crate::station::wire::{Fault, ReplyTo};

/// A message that was received.
///
/// It is handled when it is dropped, and its sender learns that it was [delivered](crate::station::End::Delivered). If it is
/// dropped by a panic, or after [`fail`](Self::fail), its sender learns that it [failed](crate::station::End::Failed). Until
/// then the next message of the same sender waits.
///
/// ```
/// use zeroless::station::{Message, Node};
///
/// let node = Node::builder("disk").bind(0).start()?;
/// node.listen("FRAME", |frame: &Message| println!("{} bytes", frame.bytes().len()))?;
/// node.send("disk", "FRAME", zeroless::station::Bytes("..."))?.wait()?;
/// # Ok::<(), zeroless::Error>(())
/// ```
pub struct Message {
    incoming: Arc<Incoming>,
    /// What it has of a batch, if it is an item of a stream.
    item: Option<Box<Item>>,
    receipt: Option<Receipt>,
}

/// Where the end of a handler is told.
pub(in crate::station) trait Finish: Send + Sync {
    fn finish(&self, token: u64, seq: u64, outcome: Outcome);
    /// A message ends without having been handled.
    fn abandon(&self);
    /// Has a message handled: the next of a batch.
    fn handle(&self, message: Message);
    fn reply(&self, message: MessageBuilder) -> Result<Ticket>;
}

/// What is owed for a message.
pub(in crate::station) struct Receipt {
    pub(in crate::station) node: Weak<dyn Finish>,
    pub(in crate::station) token: u64,
    pub(in crate::station) failure: Mutex<Option<(Fault, String)>>,
}

impl Message {
    pub(in crate::station) fn new(incoming: Arc<Incoming>, receipt: Option<Receipt>) -> Message {
        let item = None;
        Message {
            incoming,
            item,
            receipt,
        }
    }

    /// The first of the messages that have come as one: that itself, or the first item of a batch. A batch without items is
    /// handled; one that cannot be read fails.
    pub(in crate::station) fn first(incoming: Arc<Incoming>, receipt: Receipt) -> Option<Message> {
        if !incoming.is_batch {
            return Some(Message::new(incoming, Some(receipt)));
        }
        let item = Item::first(&incoming);
        let mut message = Message::new(incoming, Some(receipt));
        match item {
            Ok(item) => message.item = item,
            Err(error) => message.fail(error),
        }
        message.item.is_some().then_some(message)
    }

    /// Ends it; gives the message that is to be handled next, of the same batch.
    pub(in crate::station) fn end(mut self) -> Option<Message> {
        self.take_next()
    }

    fn take_next(&mut self) -> Option<Message> {
        let mut receipt = self.receipt.take()?;
        let mut failure = receipt.failure.get_mut().take();
        if thread::panicking() {
            failure.get_or_insert_with(|| (Fault::Panic, "its handler panicked".to_owned()));
        }
        if let Some(item) = self.item.take() {
            match item.next(failure) {
                Ok(next) => {
                    return Some(Message {
                        incoming: self.incoming.clone(),
                        item: Some(next),
                        receipt: Some(receipt),
                    });
                }
                Err(first) => failure = first,
            }
        }
        if let Some(node) = receipt.node.upgrade() {
            let outcome = failure.map_or(Ok(()), Err);
            node.finish(receipt.token, self.incoming.seq, outcome);
        }
        None
    }

    fn body(&self) -> &Body {
        let item = self.item.as_ref();
        item.map_or(&self.incoming.body, |item| &item.body)
    }

    /// A message to the node of this id, to be put together and [sent](crate::station::Node::send_message).
    ///
    /// ```
    /// let message = zeroless::station::Message::builder("rig1.disk", "FRAME").value(&[1, 2]);
    /// ```
    pub fn builder(to: impl Into<String>, key: impl Into<String>) -> MessageBuilder {
        MessageBuilder::new(to.into(), key.into())
    }

    /// What it is about: the key under which it was sent.
    ///
    /// ```no_run
    /// # let node = zeroless::station::Node::builder("disk").bind(0).start()?;
    /// for message in node.messages() {
    ///     println!("{}", message.key());
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn key(&self) -> &str {
        &self.incoming.key
    }

    /// The id of its sender, as that tells it.
    ///
    /// ```no_run
    /// # let node = zeroless::station::Node::builder("disk").bind(0).start()?;
    /// for message in node.messages() {
    ///     node.send(message.from(), "SEEN", ())?;
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn from(&self) -> &str {
        &self.incoming.from
    }

    /// The id that it was sent to: the node's own, or one below it; empty if a node has sent it
    /// [up](crate::station::Node::send_up).
    ///
    /// ```no_run
    /// # let node = zeroless::station::Node::builder("disk").bind(0).start()?;
    /// for message in node.messages() {
    ///     println!("to {}", message.to());
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn to(&self) -> &str {
        &self.incoming.to
    }

    /// Its value, of a type with serde: of a body in MessagePack, JSON, text or bytes.
    ///
    /// # Errors
    ///
    /// [`station::Error::Body`](Error::Body), with the place in the value and the mistake.
    ///
    /// ```no_run
    /// # let node = zeroless::station::Node::builder("disk").bind(0).start()?;
    /// for message in node.messages() {
    ///     let (name, exposure): (String, f64) = message.value()?;
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn value<T: DeserializeOwned>(&self) -> Result<T> {
        self.body().decode()
    }

    /// The bytes of its first frame of body; none if it has none.
    ///
    /// ```no_run
    /// # let node = zeroless::station::Node::builder("disk").bind(0).start()?;
    /// for message in node.messages() {
    ///     println!("{} bytes", message.bytes().len());
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn bytes(&self) -> &[u8] {
        self.frames().first().map_or(&[], Frame::as_bytes)
    }

    /// All frames of its body.
    ///
    /// ```no_run
    /// # let node = zeroless::station::Node::builder("disk").bind(0).start()?;
    /// for message in node.messages() {
    ///     println!("{} frames", message.frames().len());
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn frames(&self) -> &[Frame] {
        self.body().frames.frames()
    }

    /// The array that its body is.
    ///
    /// # Errors
    ///
    /// [`station::Error::Body`](Error::Body) if it is something else.
    ///
    /// ```no_run
    /// # let node = zeroless::station::Node::builder("disk").bind(0).start()?;
    /// for message in node.messages() {
    ///     let frame = message.array()?;
    ///     println!("{} {:?}", frame.dtype, frame.dims);
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn array(&self) -> Result<Array<&[u8]>> {
        self.body().array()
    }

    /// The value of a header; of the first, if there are several of this key.
    ///
    /// ```no_run
    /// # let node = zeroless::station::Node::builder("disk").bind(0).start()?;
    /// for message in node.messages() {
    ///     println!("{:?}", message.header("run"));
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn header(&self, key: &str) -> Option<&str> {
        let mut headers = self.headers();
        headers.find(|header| header.0 == key).map(|it| it.1)
    }

    /// All headers, in their order.
    ///
    /// ```no_run
    /// # let node = zeroless::station::Node::builder("disk").bind(0).start()?;
    /// for message in node.messages() {
    ///     message.headers().for_each(|(key, value)| println!("{key}: {value}"));
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let headers = self.incoming.headers.iter();
        headers.map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// When it was sent, by its sender's clock, if that tells it.
    ///
    /// ```no_run
    /// # let node = zeroless::station::Node::builder("disk").bind(0).start()?;
    /// for message in node.messages() {
    ///     println!("{:?}", message.time());
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn time(&self) -> Option<SystemTime> {
        let time = Some(self.incoming.time).filter(|time| *time > 0)?;
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_nanos(time))
    }

    /// How much time is left until its sender gives it up.
    ///
    /// ```no_run
    /// # let node = zeroless::station::Node::builder("disk").bind(0).start()?;
    /// for message in node.messages() {
    ///     println!("{:?}", message.left());
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn left(&self) -> Option<Duration> {
        let deadline = self.incoming.deadline?;
        Some(deadline.saturating_duration_since(Instant::now()))
    }

    /// Whether it may have been handled already, in another life of this node. In one life each message is handled once.
    ///
    /// ```no_run
    /// # let node = zeroless::station::Node::builder("disk").bind(0).start()?;
    /// for message in node.messages() {
    ///     if message.is_redelivered() {
    ///         println!("perhaps it is known already");
    ///     }
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn is_redelivered(&self) -> bool {
        self.incoming.is_redelivered
    }

    /// Whether its sender waits for a [reply](Self::reply).
    ///
    /// ```no_run
    /// # let node = zeroless::station::Node::builder("disk").bind(0).start()?;
    /// for message in node.messages().filter(|message| message.is_request()) {
    ///     message.reply("done")?;
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn is_request(&self) -> bool {
        self.incoming.is_request
    }

    /// The name of the [stream](crate::station::Node::stream) that it is an item of.
    ///
    /// ```no_run
    /// # let node = zeroless::station::Node::builder("disk").bind(0).start()?;
    /// for message in node.messages() {
    ///     match message.stream() {
    ///         Some(name) => println!("{name}: {}", message.key()),
    ///         None => println!("{}", message.key()),
    ///     }
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn stream(&self) -> Option<&str> {
        self.item.as_ref()?;
        Some(self.header(STREAM).unwrap_or_default())
    }

    /// Replies to a request. The ticket tells what became of the reply; it need not be waited for.
    ///
    /// # Errors
    ///
    /// [`station::Error::NotARequest`](Error::NotARequest), and those of [`Node::send`](crate::station::Node::send).
    ///
    /// ```
    /// use zeroless::station::{Message, Node};
    ///
    /// let node = Node::builder("clock").bind(0).start()?;
    /// node.listen("TWICE", |number: i64, request: &Message| {
    ///     request.reply(&(2 * number)).map(drop)
    /// })?;
    /// let reply = node.request("clock", "TWICE", &21)?;
    /// assert_eq!(reply.value::<i64>()?, 42);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn reply(&self, value: impl IntoBody) -> Result<Ticket> {
        if !self.is_request() {
            return Err(Error::NotARequest.into());
        }
        let node = self.receipt.as_ref().map(|receipt| &receipt.node);
        let node = node.and_then(Weak::upgrade).ok_or(crate::Error::Stopped)?;
        let mut reply = MessageBuilder::new(self.from().to_owned(), self.key().to_owned());
        reply.composed.reply_to = Some(ReplyTo {
            life: self.incoming.life,
            seq: self.incoming.seq,
        });
        reply.composed.timeout = self.left();
        node.reply(reply.value(value))
    }

    /// Says that it cannot be handled: its sender learns the reason, of which 255 bytes are told.
    ///
    /// ```no_run
    /// # let node = zeroless::station::Node::builder("disk").bind(0).start()?;
    /// for message in node.messages() {
    ///     message.fail("the disk is full");
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn fail(&self, reason: impl fmt::Display) {
        self.fail_by(Fault::Error, reason.to_string());
    }

    /// Drops it without an end: nothing of it was handled.
    pub(in crate::station) fn abandon(mut self) {
        let node = self.receipt.take().and_then(|it| it.node.upgrade());
        if let Some(node) = node {
            node.abandon();
        }
    }

    pub(in crate::station) fn fail_by(&self, fault: Fault, reason: String) {
        if let Some(receipt) = &self.receipt {
            *receipt.failure.lock() = Some((fault, reason));
        }
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        let Some(next) = self.take_next() else {
            return;
        };
        let node = next.receipt.as_ref();
        match node.and_then(|receipt| receipt.node.upgrade()) {
            Some(node) => node.handle(next),
            None => next.abandon(),
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("from", &self.from())
            .field("to", &self.to())
            .field("key", &self.key())
            .field("bytes", &self.body().frames.byte_count())
            .finish_non_exhaustive()
    }
}
