//! Calls with programs of [pyzmqrpc3](https://pypi.org/project/pyzmqrpc3/) 3.2.2, in their wire.
//!
//! [`Client`] calls its servers, and [`Server`] serves its clients, with the [commands](super::Command) that the calls
//! of [`rpc`](super) have. [`Sender`] and [`Receiver`] are the same for messages of any text. Its classes and arguments
//! are compared with ours, one by one, in docs/from-pyzmqrpc3.md.
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use zeroless::rpc::{self, zmqrpc};
//!
//! #[derive(Serialize, Deserialize)]
//! struct SimpleCommand { param1: String, param2: String }
//! rpc::command!(SimpleCommand -> String);
//!
//! let join = |command: SimpleCommand| Ok(command.param1 + &command.param2);
//! let server = zmqrpc::Server::bind("tcp://127.0.0.1:0")?.serve_as("SimpleService", join).start()?;
//!
//! let client = zmqrpc::Client::connect(server.port())?;
//! let reply = client.call(&SimpleCommand { param1: "value1".into(), param2: "value2".into() })?;
//! assert_eq!(reply, "value1value2");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The wire
//!
//! | | one frame |
//! |---|---|
//! | request | base64 of a zlib stream of JSON: `{"_icmd_": ["Name", {"field": 1}]}` |
//! | reply | JSON: `{"status_code": 200, "status_message": "OK", "response_message": …}` |
//! | published | as a request, without a topic |
//! | heartbeat | [`HEARTBEAT`], published |
//!
//! The state of a command is an object, empty for one without fields. A field that is a command itself is
//! [`Nested`]. A value that is null is left out of the reply. Of a key that is there twice, the last wins.
//!
//! Python's JSON has more than JSON has: NaN and infinities, integers beyond 64 bits, and halves of surrogate pairs. These
//! are refused, never damaged: with 400 in a request, as [`BadReply`](super::CallError::BadReply) in a reply, and where
//! they are sent. So are other encodings than UTF-8, base64 with anything in it that does not belong there, requests of
//! several frames, and JSON of more than 16 MiB.
//!
//! # The five proxies
//!
//! They are [relays](crate::relay):
//!
//! | pyzmqrpc3 | a relay |
//! |---|---|
//! | `ZmqProxySub2Pub` | from [`subscribe`](crate::relay::subscribe) to [`publish`](crate::relay::publish) |
//! | `ZmqProxySub2Req` | from [`subscribe`](crate::relay::subscribe) to [`request`](crate::relay::request), with a filter that drops what [`is_heartbeat`] |
//! | `ZmqProxyRep2Pub` | from [`reply`](crate::relay::reply), which acknowledges with [`Reply::ok`], to [`publish`](crate::relay::publish) |
//! | `ZmqProxyRep2Req` | from [`reply`](crate::relay::reply) to [`request`](crate::relay::request), with a deadline after which the reply is [`Reply::proxy_failed`] |
//! | `ZmqBufferedProxyRep2Req` | from [`reply`](crate::relay::reply), which acknowledges, to [`request`](crate::relay::request), with a buffer |
//!
//! There is an example of each in examples/zmqrpc.

mod client;
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzzing;
mod links;
mod nested;
mod outbox;
mod publishing;
mod queued;
mod receiver;
mod reply;
mod request;
mod running;
mod sender;
mod server;
mod services;
mod shutdown_server;
mod state;
pub mod status;
mod zip;

pub use client::Client;
pub use nested::Nested;
pub use receiver::Receiver;
pub use reply::Reply;
pub use request::{HEARTBEAT, is_heartbeat};
pub use running::Running;
pub use sender::{Replies, Sender};
pub use server::Server;
pub use shutdown_server::ShutdownServer;
