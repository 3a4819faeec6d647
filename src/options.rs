//! How a socket behaves: every option with its unit, its default and its cost.

mod batch;
mod check;
mod heartbeat;
mod keep_alive;
mod setters;
mod setting;

use std::time::Duration;

use crate::peer_id::PeerId;
use crate::security::Security;

pub use batch::Batch;
pub use heartbeat::Heartbeat;
pub use keep_alive::KeepAlive;
pub(crate) use setters::{
    all_options, client_setters, common_setters, security_setter, setters, setters_doc,
};
pub use setting::IntoSetting;

/// How a handle behaves; the defaults suit most programs.
///
/// Each option is a method of [`Server`](crate::Server), [`Client`](crate::Client) and
/// a discovery, to be called before the pattern is chosen. Options for several of them are made
/// once, and set as a whole with `options`. Durations are rounded up to milliseconds.
///
/// An option that a pattern does not use is refused, unless it has its default:
/// [`Error::InvalidOption`](crate::Error::InvalidOption). So is one that only clients have, for a
/// server.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use zeroless::{Error, Options, Server};
///
/// let push = Server::bind(0)?.send_queue(100).push()?;
///
/// let options = Options::default().send_queue(100).linger(Duration::from_secs(5));
/// let pair = Server::bind(0)?.options(options).pair()?;
///
/// let refused = Server::bind(0)?.send_queue(100).pull().unwrap_err(); // it sends nothing
/// assert!(matches!(refused, Error::InvalidOption { option: "send_queue", .. }));
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Options {
    /// How many messages wait for each peer before a send waits. Default 1000, at least 1.
    ///
    /// It counts messages, not bytes: 1000 messages of 1 MiB are 1 GiB. A subscriber sends no
    /// messages, and its subscriptions have no limit.
    #[doc(alias = "hwm")]
    #[doc(alias = "sndhwm")]
    pub send_queue: u32,

    /// How many messages from each peer wait to be received before that peer is made to
    /// wait. Default 2000, at least 1.
    ///
    /// Twice as many as a peer queues by default: the messages of one batch find room while those
    /// before are still being received, which makes small messages a third faster.
    #[doc(alias = "hwm")]
    #[doc(alias = "rcvhwm")]
    pub receive_queue: u32,

    /// How long messages that were sent may still be delivered after the last handle is dropped.
    /// Default: as long as somebody takes it, 30 s at most (5 s for publish, reply and router, whose
    /// peers may not read at all), and 1 s where nobody is connected.
    ///
    /// The end of the program waits for it, and only if something is left to deliver; a
    /// [`Stopper`](crate::Stopper) that stops the handle once more ends the wait. Messages that
    /// are lost all the same are logged. Zero drops the queued ones at once.
    pub linger: Option<Duration>,

    /// The largest frame accepted from a peer, or sent, in bytes. Default 16 MiB, at least 1000.
    ///
    /// Sending a larger one is an error, [`Error::FrameTooLarge`](crate::Error::FrameTooLarge). A peer that sends a larger one
    /// is disconnected, the message lost, and a warning logged that names the peer (with a libzmq
    /// other than ours, it is not): both ends need the same limit. It bounds a
    /// frame, not a message: memory is bounded only against peers that you trust.
    pub max_frame: u64,

    /// How long a send waits before it fails with [`Error::Timeout`](crate::Error::Timeout). Default: for ever.
    pub send_timeout: Option<Duration>,

    /// How long a request waits for a server and its reply, each time that it is tried, from when
    /// it is started. Default 60 s; `None` waits for ever.
    pub request_timeout: Option<Duration>,

    /// How many times more a request is sent when its time ran out, to the next server if
    /// there are several. Default 0: a request that was lost looks like one that was
    /// handled, so only requests that may be handled twice should be repeated.
    pub request_retries: u32,

    /// A request goes out as `[empty, body…]`, as REQ sends it, without an id. Default off. It is for
    /// servers written with a ROUTER that take exactly `[who, empty, body]`; those that send all
    /// frames up to the empty one back with the reply, as REP and ROUTER do as a rule, need it not.
    ///
    /// Nothing in a reply then says which request it is to. So one request of the handle is on its
    /// way at a time: a second one, also a [`start`](crate::Requester::start), first waits until the
    /// reply to the other has come, or its time is over, and this counts as its own time. When a
    /// request is given up (its time ran out, or its [`Pending`](crate::Pending) was dropped), the
    /// connections of the handle are made anew before the next is sent, so that a late reply never
    /// answers another request. All that was known of the request is forgotten with it: with
    /// [retries](Options::request_retries) only the reply to the last one counts. A handle for each
    /// thread lets them ask at once.
    ///
    /// Only a client can make its connections anew, so a server's requester has no such option.
    ///
    /// ```
    /// use zeroless::{Client, Server};
    ///
    /// let server = Server::bind(0)?;
    /// let replier = server.reply()?;
    /// std::thread::spawn(move || replier.serve(|message| message));
    ///
    /// let requester = Client::connect(server.port())?.plain_envelope(true).request()?;
    /// assert_eq!(requester.request("hello")?, "hello");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[doc(alias = "req")]
    pub plain_envelope: bool,

    /// Sends go only to peers whose connection is up. Default: only for requests, and only to
    /// several servers.
    ///
    /// When off, a client's sends are queued for a server that is not there yet, and kept
    /// while a connection is down, or is refused. When on, a send waits for a peer that has taken the connection
    /// instead, and messages that were queued for a connection are lost when it breaks; those that had come from
    /// it, too, if they were not yet received, for a pair or a router, and where the linked libzmq is not ours.
    ///
    /// Where the linked libzmq is not ours, messages that are queued for a server that refuses us
    /// are lost when this is off ([`Capabilities::keeps_refused`](crate::Capabilities::keeps_refused)), and no call
    /// tells so: [`status`](crate::Push::status) and the log tell of the refusal alone.
    pub immediate: Option<bool>,

    /// A publisher waits for slow subscribers instead of dropping messages for them. Default
    /// off: one slow subscriber would hold up all.
    ///
    /// One that takes nothing at all for as long as [`keep_alive`](Options::keep_alive) lasts (a minute by
    /// default) is cut: its host may be gone, and all others would wait for it.
    pub wait_for_slow: bool,

    /// A client waits for a host whose name does not resolve yet, as when containers start in any
    /// order. Default off: a name that does not resolve is an error at once, which finds typing
    /// errors.
    ///
    /// The name is looked up again and again, in the background. Until it resolves there is nobody
    /// to send to, so sends wait, and [`status`](crate::Push::status) says why. Set it before the client
    /// connects.
    ///
    /// ```
    /// use zeroless::Client;
    ///
    /// let client = Client::new().wait_for_name(true);
    /// let push = client.connect("no-such-host.invalid:5555")?.push()?;
    /// assert!(push.try_send("nobody is there").is_err());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub wait_for_name: bool,

    /// How long a peer may take for the handshake. Default 2 s.
    pub handshake_timeout: Duration,

    /// How long a connection attempt may take before the next. Default 5 s.
    pub connect_timeout: Duration,

    /// The pause before a connection is tried again: at first. Default 100 ms.
    pub reconnect_min: Duration,

    /// The pause before a connection is tried again: at most, as it doubles. Default 5 s.
    pub reconnect_max: Duration,

    /// Asks silent peers whether they are still there, and drops those that do not answer. Default:
    /// request and reply leave that to TCP, which finds within 4 s that a host or a network is gone
    /// (see [`keep_alive`](Options::keep_alive)); off for the other patterns.
    ///
    /// ZeroMQ's own heartbeats also find a program that hangs. But a connection that is only slow is
    /// cut, and messages that were on their way are lost with it. They are refused where the linked libzmq is not
    /// ours: any other ends the process when one falls due on a connection that broke while the
    /// receive queue was full ([`Capabilities::heartbeats`](crate::Capabilities::heartbeats)).
    pub heartbeat: Heartbeat,

    /// TCP keep-alive probes: idle time, interval and count. Default 30 s, 10 s, 3; for request and
    /// reply, unless [`heartbeat`](Options::heartbeat) says otherwise, 1 s, 1 s, 3.
    ///
    /// TCP does not probe while data is on its way. For request and reply, subscribers, pullers, and
    /// publishers that [wait](Options::wait_for_slow), data that is not taken for all of this time ends
    /// the connection too. Not so for push, pair, router and dealer: a peer that takes nothing for long may only be
    /// busy, and messages on their way to it would be lost; that its host is gone is found by the system, after a
    /// quarter of an hour as a rule.
    pub keep_alive: Option<KeepAlive>,

    /// How many bytes libzmq moves in one system call. Default: measured for each pattern,
    /// libzmq's own 8 KiB for request and reply, 256 KiB for all others.
    ///
    /// Each connection has a buffer of this size in each direction. Messages from 1 KiB up
    /// go two to five times faster with a large one. No effect where the linked libzmq has
    /// no such option: see [`capabilities`](crate::capabilities).
    pub batch: Batch,

    /// How long a receive in request, reply, pair, router or dealer tries again, yielding the processor, before
    /// it sleeps. Default 200 µs at most, adapted to how long waits turn out; zero sleeps at
    /// once.
    ///
    /// Sleeping and waking is most of a round trip's time. A call waits awake only while
    /// messages come in quick succession, so an idle program uses no processor.
    pub spin: Duration,

    /// Messages tell where they came from: [`Message::peer`](crate::Message::peer). Default off, because it
    /// costs some 55 instructions for each message, a tenth of receiving one of 32 bytes. On a server with
    /// [`security`](Self::security) they tell it in any case.
    ///
    /// No effect where the linked libzmq is not ours ([`Capabilities::peer_info`](crate::Capabilities::peer_info)):
    /// it names a connection by its file descriptor alone, which the system may have given to the next.
    ///
    /// ```
    /// use zeroless::{Client, Server};
    ///
    /// let server = Server::bind(0)?.peer_info(true);
    /// let replier = server.reply()?;
    /// let requester = Client::connect(server.port())?.request()?;
    /// let pending = requester.start("hello")?;
    /// let request = replier.recv()?;
    /// let peer = request.peer().map(ToString::to_string);
    /// request.reply(format!("hello, {}", peer.unwrap_or_default()))?;
    /// # pending.wait()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub peer_info: bool,

    /// The name by which a [`Router`](crate::Router) at the other end knows the dealer, router or
    /// requester that is opened: 1 to 255 bytes, the first of which is not zero. Default: none, and
    /// each router makes one up for each connection.
    ///
    /// No two peers of a router may have the same: the one that connects last takes the name over, and the
    /// other is disconnected when it sends again. The other patterns have no identity, and refuse it.
    ///
    /// ```
    /// use zeroless::{Client, Server};
    ///
    /// let server = Server::bind(0)?;
    /// let router = server.router()?;
    /// let dealer = Client::connect(server.port())?.identity("worker-1").dealer()?;
    /// dealer.send("ready")?;
    /// let (peer, _ready) = router.recv()?;
    /// assert_eq!(peer, "worker-1");
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    #[doc(alias = "routing_id")]
    pub identity: Option<PeerId>,

    /// How peers are authenticated: by passwords, [`Plain`](crate::security::Plain), or by keys,
    /// [`Curve`](crate::security::Curve). Default: not at all.
    ///
    /// Both ends need the same, each its own side of it: a client's value is refused for a server, and a
    /// server's for a client. A peer whose security is another, or that is not let in, is
    /// [refused](crate::Refusal::MechanismMismatch), and no message of it is received. A client that is refused tries
    /// on, and comes in once that is mended; its messages wait until then, as for a server that is not there
    /// yet, but with another libzmq than ours they are lost ([`immediate`](Options::immediate)). inproc cannot be
    /// authenticated, and is refused for handles with security.
    ///
    /// ```
    /// use zeroless::{Client, Error, Options, Server};
    /// use zeroless::security::{Password, Plain};
    ///
    /// let ann = Options::default().security(Plain::user("ann", Password::new("secret")?));
    /// let push = Client::connect(12345)?.options(ann.clone()).push()?;
    ///
    /// let refused = Server::bind(0)?.options(ann).pull().unwrap_err();
    /// assert!(matches!(refused, Error::InvalidOption { option: "security", .. }));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub security: Option<Security>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            send_queue: 1000,
            receive_queue: 2000,
            linger: None,
            max_frame: 16 << 20,
            send_timeout: None,
            request_timeout: Some(Duration::from_secs(60)),
            request_retries: 0,
            plain_envelope: false,
            immediate: None,
            wait_for_slow: false,
            wait_for_name: false,
            handshake_timeout: Duration::from_secs(2),
            connect_timeout: Duration::from_secs(5),
            reconnect_min: Duration::from_millis(100),
            reconnect_max: Duration::from_secs(5),
            heartbeat: Heartbeat::Auto,
            keep_alive: Some(KeepAlive::default()),
            batch: Batch::Auto,
            spin: Duration::from_micros(200),
            peer_info: false,
            identity: None,
            security: None,
        }
    }
}

/// The pause before the next attempt, after so many in vain.
pub(crate) fn backoff((min, max): (Duration, Duration), attempts: u32) -> Duration {
    min.saturating_mul(1 << attempts.min(16)).min(max)
}

/// A duration as libzmq takes it: whole milliseconds, rounded up.
pub(crate) fn milliseconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_micros().div_ceil(1000)).unwrap_or(i32::MAX)
}
