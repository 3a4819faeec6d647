//! A message that is put together.

use std::time::Duration;

use crate::error::Result;
use crate::station::body::{Body, IntoBody};
use crate::station::wire::{ReplyTo, TTL};

/// A message that is put together, to be sent by [`Node::send_message`](crate::station::Node::send_message).
///
/// ```
/// use std::time::Duration;
/// use zeroless::station::Message;
///
/// let message = Message::builder("rig1.disk", "FRAME")
///     .value(&[1, 2, 3])
///     .header("exposure", "0.2")
///     .timeout(Duration::from_secs(5))
///     .at_most_once();
/// ```
#[derive(Debug, Clone)]
#[must_use = "it is not sent yet"]
pub struct MessageBuilder {
    pub(in crate::station) composed: Composed,
    pub(super) body: Result<Body>,
}

/// All of a message but its body.
#[derive(Debug, Clone)]
pub(in crate::station) struct Composed {
    pub(in crate::station) to: String,
    pub(in crate::station) key: String,
    pub(in crate::station) headers: Vec<(String, String)>,
    pub(in crate::station) ttl: u8,
    pub(in crate::station) hops: Vec<String>,
    pub(in crate::station) lane: u8,
    pub(in crate::station) at_most_once: bool,
    pub(in crate::station) unconfirmed: bool,
    pub(in crate::station) is_request: bool,
    pub(in crate::station) reply_to: Option<ReplyTo>,
    pub(in crate::station) batch: Option<BatchForm>,
    /// `None` for the node's own.
    pub(in crate::station) timeout: Option<Duration>,
}

/// The form of a message that is a batch of a stream.
#[derive(Debug, Clone, Copy)]
pub(in crate::station) struct BatchForm {
    /// How many bytes it has, if it is compressed: before that.
    pub(in crate::station) decompressed: Option<usize>,
}

impl MessageBuilder {
    pub(in crate::station) fn new(to: String, key: String) -> MessageBuilder {
        MessageBuilder {
            composed: Composed {
                to,
                key,
                headers: Vec::new(),
                ttl: TTL,
                hops: Vec::new(),
                lane: 0,
                at_most_once: false,
                unconfirmed: false,
                is_request: false,
                reply_to: None,
                batch: None,
                timeout: None,
            },
            body: Ok(Body::default()),
        }
    }

    /// Its body; see [`IntoBody`]. A value that cannot be one is the error of the call that sends it.
    ///
    /// ```
    /// use zeroless::station::{Bytes, Message};
    /// let message = Message::builder("rig1.disk", "RAW").value(Bytes(vec![0; 512]));
    /// ```
    pub fn value(mut self, value: impl IntoBody) -> MessageBuilder {
        self.body = value.into_body();
        self
    }

    /// One more header: at most 255, with keys of at most 255 bytes and values of at most 65,535.
    ///
    /// ```
    /// use zeroless::station::Message;
    /// let message = Message::builder("rig1.disk", "FRAME").header("run", "17");
    /// ```
    pub fn header(mut self, key: impl Into<String>, value: impl Into<String>) -> MessageBuilder {
        self.composed.headers.push((key.into(), value.into()));
        self
    }

    /// When it ends at the latest, counted from when it is sent: at most 10 minutes. Default: as the
    /// [node's](crate::station::Builder::timeout), 60 s.
    ///
    /// ```
    /// use std::time::Duration;
    /// use zeroless::station::Message;
    /// let message = Message::builder("rig1.motor", "MOVE").timeout(Duration::from_secs(2));
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> MessageBuilder {
        self.composed.timeout = Some(timeout);
        self
    }

    /// Never runs it twice: where it is not known whether it ran in an earlier life of the receiver, it ends as
    /// [`Unknown`](crate::station::End::Unknown). Without this it is sent again, and flagged as
    /// [perhaps redelivered](super::Message::is_redelivered).
    ///
    /// ```
    /// use zeroless::station::Message;
    /// let message = Message::builder("rig1.motor", "STEP").value(&1).at_most_once();
    /// ```
    pub fn at_most_once(mut self) -> MessageBuilder {
        self.composed.at_most_once = true;
        self
    }

    /// Nobody waits for its end: it is not counted as pending when the node ends, and never sent to another life of the
    /// receiver.
    ///
    /// ```
    /// use zeroless::station::Message;
    /// let message = Message::builder("rig1.display", "PREVIEW").unconfirmed();
    /// ```
    pub fn unconfirmed(mut self) -> MessageBuilder {
        (self.composed.unconfirmed, self.composed.at_most_once) = (true, true);
        self
    }

    /// How often stations may send it on. Default 16.
    ///
    /// ```
    /// use zeroless::station::Message;
    /// let message = Message::builder("rig1.disk", "FRAME").ttl(2);
    /// ```
    pub fn ttl(mut self, ttl: u8) -> MessageBuilder {
        self.composed.ttl = ttl;
        self
    }

    /// No station sends it on: it is for the other end of a link of the node's own, its station or one behind it.
    ///
    /// ```
    /// use zeroless::station::Message;
    /// let message = Message::builder("rig1", "STATUS").direct();
    /// ```
    pub fn direct(self) -> MessageBuilder {
        self.ttl(0)
    }

    /// One more station that it has to pass, in this order, instead of those that know the way. A flow has one way:
    /// messages of the same node to the same id take that of the latest.
    ///
    /// ```
    /// use zeroless::station::Message;
    /// let message = Message::builder("rig2.disk", "FRAME").hop("site").hop("rig2");
    /// ```
    pub fn hop(mut self, station: impl Into<String>) -> MessageBuilder {
        self.composed.hops.push(station.into());
        self
    }

    pub(in crate::station) fn request(mut self) -> MessageBuilder {
        self.composed.is_request = true;
        self
    }

    /// The message and its body, checked.
    pub(in crate::station) fn finish(self) -> Result<(Composed, Body)> {
        Ok((self.composed, self.body?))
    }
}
