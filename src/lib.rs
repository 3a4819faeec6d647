//! ZeroMQ patterns as plain calls and loops.
//!
//! # Hello
//!
//! One program binds a port and chooses a pattern; its messages are a loop. Another connects, and
//! sends by a call:
//!
//! ```
//! use zeroless::{Client, Server};
//!
//! let server = Server::bind(0)?; // any free port; 12345 would be that one
//! let pull = server.pull()?;
//!
//! let push = Client::connect(server.port())?.push()?;
//! push.send("hello")?;
//!
//! for message in &pull {
//!     println!("{message}");
//!     pull.stop(); // or it would wait for the next
//! }
//! # Ok::<(), zeroless::Error>(())
//! ```
//!
//! Either side may start first, and it does not matter which side binds: all patterns exist on
//! [`Server`] and on [`Client`]. Bind where the address is known, connect everywhere else.
//!
//! # Which pattern?
//!
//! | to | one side | the other |
//! |---|---|---|
//! | hand out work, each message to one worker | [`push`](Server::push) | [`pull`](Client::pull) |
//! | tell all that want to know | [`publish`](Server::publish) | [`subscribe`](Client::subscribe) |
//! | ask and be answered | [`request`](Client::request) | [`reply`](Server::reply) |
//! | talk to exactly one other | [`pair`](Server::pair) | [`pair`](Client::pair) |
//! | write a broker, or to each peer by name | [`router`](Server::router) | [`dealer`](Client::dealer) |
//!
//! # Many peers, many threads
//!
//! A server takes any number of clients, and a client connects to any number of servers, which
//! may come and go: connections are made, and made again, in the background. Every handle can
//! be cloned and used from any thread, also while another is blocked in it:
//!
//! ```
//! use zeroless::{Client, Server};
//!
//! let (one, two) = (Server::bind(0)?, Server::bind(0)?);
//! let (first, second) = (one.pull()?, two.pull()?);
//! let client = Client::connect(one.port())?;
//! let push = client.push()?;
//! client.connect(two.port())?; // the handle follows
//! for number in 1..=4 {
//!     push.send(number.to_string())?; // in turn
//! }
//! assert_eq!(first.iter().take(1).count() + second.iter().take(1).count(), 2);
//! # Ok::<(), zeroless::Error>(())
//! ```
//!
//! # Several frames
//!
//! A message is one frame or several, which arrive together or not at all. Tuples, arrays and
//! `Vec`s are messages of several ([`Frames`]); arrays take them apart:
//!
//! ```
//! # use zeroless::{Client, Server};
//! # let server = Server::bind(0)?;
//! # let pull = server.pull()?;
//! # let push = Client::connect(server.port())?.push()?;
//! push.send(("7", b"payload", vec![1u8]))?;
//! let [id, payload, flags] = pull.recv()?.parts()?;
//! assert_eq!((id.as_str()?, &payload[..], flags.len()), ("7", &b"payload"[..], 1));
//!
//! push.send(("8", "more"))?;
//! for [id, payload] in pull.parts() {
//!     println!("{id}: {payload}");
//!     pull.stop();
//! }
//! # Ok::<(), zeroless::Error>(())
//! ```
//!
//! # Publish without a sleep
//!
//! A publisher knows its subscribers, so it can wait until there is one. One with a topic puts it
//! before each message, and waits for subscribers that get its messages:
//!
//! ```
//! # use std::time::Duration;
//! # use zeroless::{Client, Server};
//! let server = Server::bind(0)?;
//! let weather = server.publish()?.topic("weather");
//! let subscriber = Client::connect(server.port())?.subscribe("weather")?;
//!
//! weather.wait_for_subscribers(1, Duration::from_secs(5))?;
//! weather.send("sunny")?;
//! assert_eq!(subscriber.recv()?, ["weather", "sunny"]);
//! # Ok::<(), zeroless::Error>(())
//! ```
//!
//! # Ask and be answered
//!
//! A replier serves a function, until it is stopped. A requester can have many requests under way:
//!
//! ```
//! # use zeroless::{Client, Pending, Server};
//! let server = Server::bind(0)?;
//! let replier = server.reply()?;
//! std::thread::spawn(move || replier.serve(|message| format!("{message}, too")));
//!
//! let requester = Client::connect(server.port())?.request()?;
//! assert_eq!(requester.request("hello")?, "hello, too");
//!
//! let (one, two) = (requester.start("1")?, requester.start("2")?); // both at once
//! assert_eq!((two.wait()?, one.wait()?), ("2, too".into(), "1, too".into()));
//!
//! let mut pending = vec![requester.start("3")?, requester.start("4")?];
//! while let Some((place, reply)) = Pending::wait_any(&mut pending) {
//!     println!("{place}: {}", reply?); // in the order in which they come
//! }
//! # Ok::<(), zeroless::Error>(())
//! ```
//!
//! A loop over requests can reply later, in any order, and from other threads:
//!
//! ```
//! # use zeroless::{Client, Server};
//! # let server = Server::bind(0)?;
//! # let replier = server.reply()?;
//! # let pending = Client::connect(server.port())?.request()?.start("hello")?;
//! for request in &replier {
//!     let (message, reply) = request.split();
//!     std::thread::spawn(move || reply(&format!("{message}, at last")));
//!     replier.stop(); // or it would wait for the next
//! }
//! assert_eq!(pending.wait()?, "hello, at last");
//! # Ok::<(), zeroless::Error>(())
//! ```
//!
//! # Brokers
//!
//! A [`Router`] tells the sender of each message, and sends to each peer by its identity; a
//! [`Dealer`] sends to its peers in turn. Their frames are as they are sent, with no envelope:
//!
//! ```
//! # use zeroless::{Client, Server};
//! let server = Server::bind(0)?;
//! let router = server.router()?;
//! let worker = Client::connect(server.port())?.identity("worker-1").dealer()?;
//! worker.send("ready")?;
//!
//! for (peer, message) in &router {
//!     println!("{peer} is {message}");
//!     router.send_to(&peer, ("job", "dig"))?; // an error, if it has gone
//!     router.stop(); // or it would wait for the next
//! }
//! assert_eq!(worker.recv()?, ["job", "dig"]);
//! # Ok::<(), zeroless::Error>(())
//! ```
//!
//! Where nothing is to be decided, a [`relay`] does it: it passes on requests and their replies, pushed
//! work, or published messages, in a thread of its own.
//!
//! ```
//! use zeroless::relay::{self, Relay};
//! # use zeroless::{Client, Server};
//! let (clients, workers) = (Server::bind(0)?, Server::bind(0)?);
//! let relay = Relay::new(relay::reply(&clients), relay::request(&workers)).start()?;
//!
//! let worker = Client::connect(workers.port())?.reply()?;
//! std::thread::spawn(move || worker.serve(|job| format!("{job}, done")));
//! let requester = Client::connect(clients.port())?.request()?;
//! assert_eq!(requester.request("dig")?, "dig, done");
//! # Ok::<(), zeroless::Error>(())
//! ```
//!
//! # Waiting, and not waiting
//!
//! Like channels: `recv` waits, `try_recv` does not, `recv_timeout` and `recv_deadline` wait no
//! longer than told; `iter` and `try_iter` are their loops; so for `send`. [`recv_latest`](Pull::recv_latest) drops all
//! messages but the newest. A send that fails
//! [gives the message back](SendError). A timeout [says](Wait) what the call waited for, and why a peer
//! does not come together with us, if that is [known](Refusal). [`into_channel`](Pull::into_channel) makes a crossbeam
//! channel of a handle, to `select!` from several.
//!
//! # Stopping a loop
//!
//! [`stop`](Push::stop) ends every wait and every loop in a handle and its clones, from any
//! thread. Calls that do not wait go on until the handle is dropped: messages that have arrived by then
//! are still there for `try_iter`, and requests that were taken can be replied to. A signal handler stops with a
//! [`Stopper`]; with the ctrlc crate: `ctrlc::set_handler(move || stopper.stop())`.
//!
//! ```
//! let pull = zeroless::Server::bind(0)?.pull()?;
//! let stopper = pull.stopper()?;
//! std::thread::spawn(move || stopper.stop()); // as a Ctrl-C handler would
//! for message in &pull {
//!     println!("{message}");
//! }
//! for message in pull.try_iter() {
//!     println!("{message}, at the last moment");
//! }
//! # Ok::<(), zeroless::Error>(())
//! ```
//!
//! # In an event loop
//!
//! Handles that receive, and nodes of ZRE, have a file descriptor to wait on
//! ([`AsFd`](Pull#impl-AsFd-for-Pull)). It can be read while `try_recv` would give something, and once the
//! handle is stopped. So a thread can wait for messages beside everything else: by `poll`, in GLib or Qt, or
//! with tokio's `AsyncFd` (the examples `event_loop_poll` and `event_loop_tokio`).
//!
//! ```
//! use rustix::event::{PollFd, PollFlags, poll};
//! # use zeroless::{Client, Server};
//! # let server = Server::bind(0)?;
//! # let pull = server.pull()?;
//! # Client::connect(server.port())?.push()?.send("hello")?;
//!
//! let mut ready = [PollFd::new(&pull, PollFlags::IN)]; // and sockets, timers, the keyboard
//! poll(&mut ready, None)?;
//! for message in pull.try_iter() {
//!     println!("{message}");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Who may enter
//!
//! By default a server talks to everybody that reaches its port. [`security`] has both ends prove who they are, by
//! passwords ([`Plain`](security::Plain), on one machine) or by keys ([`Curve`](security::Curve), which also encrypts).
//! [`Access`](security::Access) says who is let in, and may change while the server runs:
//!
//! ```
//! use zeroless::security::{Access, Password, Plain};
//! use zeroless::{Client, Server};
//!
//! let access = Access::new().user("ann", Password::new("correct horse")?)?;
//! let server = Server::bind_local(0)?.security(Plain::server(access));
//! let pull = server.pull()?;
//!
//! let ann = Plain::user("ann", Password::new("correct horse")?);
//! Client::connect(server.endpoint())?.security(ann).push()?.send("hello")?;
//! assert_eq!(pull.recv()?, "hello");
//! # Ok::<(), zeroless::Error>(())
//! ```
//!
//! A client that is not let in tries on, and [says so](Refusal::Denied). The keys of CURVE are files, as pyzmq and
//! czmq have them ([`Keys`](security::Keys)); it is there with the feature `curve`, or with a libzmq of the system. Nodes
//! that find each other are secured in the same way: `zre::Builder::security`.
//!
//! # When messages are lost
//!
//! ZeroMQ delivers a message whole, in order for each sender, and at most once. Sent means
//! queued. This is when a message is lost, and the remedy. Jobs that must not be lost are better
//! requested by their workers than pushed to them.
//!
//! | when | remedy |
//! |---|---|
//! | the program ends, and its peer does not take the message within 30 s (publish and reply: 5 s), or nobody is there for a second | a longer [linger](Options::linger) time; [`close`](Push::close) tells whether all was delivered, and the log how many were not |
//! | a receiver stops with messages that it has not received | [`try_iter`](Pull::try_iter) after the loop |
//! | an endpoint is disconnected or unbound with messages that have come from it and were not received | receive them first |
//! | a router's peer leaves with messages in its queue, or another takes its identity | ask for replies; an identity for each peer |
//! | the peer dies with messages in its queue | ask for replies |
//! | a connection breaks with a message on its way | ask for replies |
//! | a server refuses the connection, where the linked libzmq [does not keep](Capabilities::keeps_refused) what is queued for it | [`immediate`](Options::immediate); [`status`](Push::status) tells of the refusal |
//! | a subscriber is 1000 messages behind | [`wait_for_slow`](Options::wait_for_slow), if the publisher may be held up |
//! | a request or its reply is lost | [`request_timeout`](Options::request_timeout) tells, [`request_retries`](Options::request_retries) repeats |
//!
#![cfg_attr(feature = "zre", doc = include_str!("guide/nodes.md"))]
//!
//! A handle tells what happens to its connections ([`connection_events`](Push::connection_events)), and
//! whether it works at all ([`status`](Push::status)). The same, and how many frames and bytes
//! move (never their content), goes to the [`log`] crate: `RUST_LOG=info` with env_logger. Where a message came
//! from, [`Message::peer`] tells, if [`Options::peer_info`] is on, and [`Message::user`] on a secured server.
//!
#![cfg_attr(feature = "zre", doc = include_str!("guide/discovery.md"))]
#![cfg_attr(feature = "rpc", doc = include_str!("guide/calls.md"))]
#![cfg_attr(feature = "station", doc = include_str!("guide/stations.md"))]
#![cfg_attr(feature = "zmqrpc", doc = include_str!("guide/pyzmqrpc3.md"))]
//!
//! # How it behaves
//!
//! [`Options`] has queues, timeouts and the rest, each with its default and its cost.
//! [`capabilities`] tells which libzmq is linked, and what it can do. On a Unix system only, so far.

// The layers below zre have parts that it alone needs.
#![cfg_attr(not(feature = "zre"), allow(dead_code, unused_imports))]

#[cfg(not(unix))]
compile_error!("zeroless needs a Unix system: its wake-ups are Unix sockets");

mod background;
mod capabilities;
mod client;
#[cfg(any(feature = "rpc", feature = "station"))]
#[cfg_attr(
    not(feature = "rpc"),
    allow(dead_code, unreachable_pub, unused_imports)
)]
mod codec;
mod connection_id;
mod context;
mod endpoint;
mod error;
mod ffi;
mod fork;
mod id_hasher;
mod into_endpoints;
mod message;
mod monitor;
mod options;
mod origin;
mod pattern;
mod peer;
mod peer_id;
mod printable;
pub mod relay;
#[cfg(feature = "rpc")]
pub mod rpc;
pub mod security;
mod server;
mod socket;
#[cfg(feature = "station")]
pub mod station;
mod throttle;
mod wake;
mod zap;
#[cfg(feature = "zre")]
pub mod zre;

pub use capabilities::{Capabilities, Libzmq, capabilities};
pub use client::{Client, EndpointSet};
pub use connection_id::ConnectionId;
pub use context::set_io_threads;
pub use endpoint::Endpoint;
pub use error::{Error, ModuleError, Refusal, Result, Wait};
pub use into_endpoints::{IntoEndpoints, Port};
pub use message::{DynFrames, Frame, Frames, IntoFrames, Message};
pub use monitor::ConnectionEvent;
pub use options::{Batch, Heartbeat, IntoSetting, KeepAlive, Options};
pub use pattern::{
    Channel, ConnectionEvents, Dealer, Delivery, Handle, Pair, Pending, Publisher, Pull, Push,
    Receiving, Replier, ReplySender, Request, Requester, Router, SendError, Sending, Stopper,
    Subscriber,
};
pub use peer::{Credentials, Peer};
pub use peer_id::PeerId;
pub use server::Server;

/// The iterators of the handles, by name.
pub mod iter {
    pub use crate::pattern::{
        ConnectionEventIter, ConnectionEventTryIter, IntoIter, Iter, Parts, RequestParts, TryIter,
    };
}
