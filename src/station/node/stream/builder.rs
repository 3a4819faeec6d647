//! The settings of a stream, and its start.

use std::sync::Arc;
use std::time::Duration;

use super::queue::{Limits, Queue};
use super::sending::Sending;
use super::{Lane, Open, Stream};
use crate::background::Background;
use crate::endpoint::{Endpoint, Role};
use crate::error::{Error, Result};
use crate::fork::ForkGuard;
use crate::into_endpoints::IntoEndpoints;
use crate::station::message::{Message, STREAM, SUBJECT};
use crate::station::node::Node;
use crate::station::node::builder::LONGEST;
use crate::station::wire::{MAX_BATCH, MAX_ITEMS};

/// How many items a stream may keep.
const MAX_QUEUE: usize = 10_000_000;

/// A stream that is about to be started; made by [`Node::stream`].
///
/// ```
/// use std::time::Duration;
/// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
/// let frames = node
///     .stream("rig1.disk", "FRAME")
///     .subject("mouse 17")
///     .min_items(10)
///     .max_delay(Duration::from_millis(50))
///     .queue(1000)
///     .start()?;
/// # Ok::<(), zeroless::Error>(())
/// ```
#[must_use = "a stream does nothing until it is started"]
pub struct StreamBuilder {
    node: Node,
    to: String,
    key: String,
    name: Option<String>,
    subject: String,
    via: Option<Result<Vec<Endpoint>>>,
    limits: Limits,
    timeout: Duration,
    at_most_once: bool,
    unconfirmed: bool,
    compresses: bool,
}

impl StreamBuilder {
    pub(super) fn new(node: Node, to: String, key: String) -> StreamBuilder {
        StreamBuilder {
            node,
            to,
            key,
            name: None,
            subject: String::new(),
            via: None,
            limits: Limits {
                min_items: 100,
                max_bytes: 256 << 10,
                max_delay: Duration::from_millis(20),
                items: 10_000,
                drops: false,
            },
            timeout: LONGEST,
            at_most_once: false,
            unconfirmed: false,
            compresses: true,
        }
    }

    /// Its name, which each item [tells](Message::stream): at most 255 bytes. Default: the key.
    ///
    /// ```
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// let frames = node.stream("rig1.disk", "FRAME").name("left eye").start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn name(mut self, name: impl Into<String>) -> StreamBuilder {
        self.name = Some(name.into());
        self
    }

    /// What it is about, which each item tells in its [header](Message::header) `subject`: at most 255 bytes.
    ///
    /// ```
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// let frames = node.stream("rig1.disk", "FRAME").subject("mouse 17").start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn subject(mut self, subject: impl Into<String>) -> StreamBuilder {
        self.subject = subject.into();
        self
    }

    /// Has a connection of its own, to a station there or to the receiver itself; of several endpoints, to the first that is
    /// there. It is a node then, of the id `node~name`, and its items come from that. Default: it shares the connection of its
    /// node.
    ///
    /// ```
    /// # let disk = zeroless::station::Node::builder("disk").bind("tcp://127.0.0.1:0").start()?;
    /// # let node = zeroless::station::Node::builder("camera").bind("tcp://127.0.0.1:0").start()?;
    /// let frames = node.stream("disk", "FRAME").via(disk.endpoints()).start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn via(mut self, endpoints: impl IntoEndpoints) -> StreamBuilder {
        self.via = Some(endpoints.into_endpoints(Role::Connect));
        self
    }

    /// A batch is sent once it has so many items: 1 to 65,536. With more of them at hand it takes those as well. Default 100.
    ///
    /// ```
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// let one_by_one = node.stream("rig1.disk", "FRAME").min_items(1);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn min_items(mut self, count: usize) -> StreamBuilder {
        self.limits.min_items = count;
        self
    }

    /// A batch has no more bytes, before it is compressed, unless one item has: up to 16 MiB. Default 256 KiB.
    ///
    /// ```
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// let large = node.stream("rig1.disk", "FRAME").max_bytes(4 << 20);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn max_bytes(mut self, bytes: usize) -> StreamBuilder {
        self.limits.max_bytes = bytes;
        self
    }

    /// A batch is sent once its first item has waited for so long, however few there are. Default 20 ms.
    ///
    /// ```
    /// use std::time::Duration;
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// let lazy = node.stream("rig1.disk", "FRAME").max_delay(Duration::from_secs(5));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn max_delay(mut self, time: Duration) -> StreamBuilder {
        self.limits.max_delay = time;
        self
    }

    /// How many items there may be that have not ended: 1 to 10 million; of at most 32 MiB, whatever this says. Default 10,000.
    ///
    /// ```
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// let short = node.stream("rig1.disk", "FRAME").queue(10);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn queue(mut self, items: usize) -> StreamBuilder {
        self.limits.items = items;
        self
    }

    /// [`send`](Stream::send) drops items while the queue is full, and [counts](crate::station::StreamCounts) them. Default: it
    /// waits.
    ///
    /// ```
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// let preview = node.stream("rig1.display", "FRAME").queue(10).drop_when_full();
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn drop_when_full(mut self) -> StreamBuilder {
        self.limits.drops = true;
        self
    }

    /// When a batch ends at the latest, counted from when it is sent: at most 10 minutes, which is the default. A receiver
    /// that is away for less than that misses nothing.
    ///
    /// ```
    /// use std::time::Duration;
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// let short_lived = node.stream("rig1.display", "FRAME").timeout(Duration::from_secs(1));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> StreamBuilder {
        self.timeout = timeout;
        self
    }

    /// Handles no item twice, as [`at_most_once`](crate::station::MessageBuilder::at_most_once) has it.
    ///
    /// ```
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// let steps = node.stream("rig1.motor", "STEP").at_most_once();
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn at_most_once(mut self) -> StreamBuilder {
        self.at_most_once = true;
        self
    }

    /// Nobody waits for its end, as [`unconfirmed`](crate::station::MessageBuilder::unconfirmed) has it.
    ///
    /// ```
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// let preview = node.stream("rig1.display", "FRAME").unconfirmed();
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn unconfirmed(mut self) -> StreamBuilder {
        (self.unconfirmed, self.at_most_once) = (true, true);
        self
    }

    /// Whether batches are compressed that become shorter by it. Default: they are.
    ///
    /// ```
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// let videos = node.stream("rig1.disk", "H264").compress(false);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn compress(mut self, compresses: bool) -> StreamBuilder {
        self.compresses = compresses;
        self
    }

    /// Starts the stream.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidOption`] for numbers that cannot be, and if the node has 255 streams to this id;
    /// [`station::Error::TooLong`](crate::station::Error::TooLong) for its texts;
    /// those of [`Builder::start`](crate::station::Builder::start) for a connection of its own; [`Error::Stopped`];
    /// [`Error::Forked`].
    ///
    /// ```
    /// # let node = zeroless::station::Node::builder("rig1").bind("tcp://127.0.0.1:0").start()?;
    /// let frames = node.stream("rig1.disk", "FRAME").start()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn start(self) -> Result<Stream> {
        self.check()?;
        let name = self.name.unwrap_or_else(|| self.key.clone());
        let mut message = Message::builder(self.to.as_str(), self.key)
            .header(STREAM, name.as_str())
            .timeout(self.timeout);
        if !self.subject.is_empty() {
            message = message.header(SUBJECT, self.subject);
        }
        let (mut envelope, _) = message.finish()?;
        (envelope.at_most_once, envelope.unconfirmed) = (self.at_most_once, self.unconfirmed);
        let node = match self.via {
            None => self.node,
            Some(endpoints) => self.node.connected_anew(&name, &endpoints?)?,
        };
        let shared = node.shared().clone();
        let lane = Lane {
            number: shared.take_lane(&self.to)?,
            shared: ForkGuard::by(node.running.origin, shared.clone()),
            to: self.to.clone(),
        };
        envelope.lane = lane.number;
        let queue = Arc::new(Queue::new(self.limits));
        let sending = Sending {
            queue: queue.clone(),
            shared,
            envelope,
            name: name.clone(),
            compresses: self.compresses,
            pause: 0,
        };
        let closed = queue.clone();
        let thread = Background::start(
            "zeroless-stream",
            move || closed.close(),
            || Ok(move || sending.run()),
        )?;
        let open = Arc::new(Open {
            queue,
            name,
            to: self.to,
            max_frame: node.running.max_frame,
            _thread: thread,
            _lane: lane,
            _node: node,
        });
        Ok(Stream { open })
    }

    /// Refuses what cannot be.
    fn check(&self) -> Result<()> {
        self.node.shared().check()?;
        let limits = &self.limits;
        let numbers = [
            ("min_items", limits.min_items, MAX_ITEMS),
            ("max_bytes", limits.max_bytes, MAX_BATCH),
            ("queue", limits.items, MAX_QUEUE),
        ];
        for (option, number, max) in numbers {
            if !(1..=max).contains(&number) {
                let reason = format!("it is 1 to {max}, not {number}");
                return Err(Error::InvalidOption { option, reason });
            }
        }
        let texts = [
            ("to", self.to.len()),
            ("key", self.key.len()),
            ("name", self.name.as_ref().map_or(0, String::len)),
            ("subject", self.subject.len()),
        ];
        for (option, bytes) in texts {
            if bytes > 255 {
                let reason = format!("it has {bytes} bytes, and may have 255");
                return Err(Error::InvalidOption { option, reason });
            }
        }
        if self.timeout > LONGEST {
            let (option, reason) = ("timeout", "10 minutes at most".to_owned());
            return Err(Error::InvalidOption { option, reason });
        }
        Ok(())
    }
}

impl Node {
    /// A node like this one, with a connection of its own.
    fn connected_anew(&self, name: &str, endpoints: &[Endpoint]) -> Result<Node> {
        let id = format!("{}~{name}", self.id());
        let mut options = self.running.link_options.clone();
        let security = options.security.take();
        let node = Node::builder(id).upstream(endpoints).options(options);
        let node = security
            .into_iter()
            .fold(node, super::super::Builder::security);
        node.workers(1).start()
    }
}

impl std::fmt::Debug for StreamBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StreamBuilder")
            .field("to", &self.to)
            .field("key", &self.key)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
