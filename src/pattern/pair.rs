//! Pair: two ends that talk to each other alone (PAIR).

use super::receiving::receiving_messages;
use super::sending::{SendCall, sending, sending_as_they_are};
use super::shared;
use crate::socket::Socket;

/// Talks to exactly one other pair, in both directions.
///
/// While one client is connected to a server, another is turned away without being told, and its
/// messages are lost. When the first has gone, and its messages were received, the next can come.
/// One thread may send while another receives.
///
/// Clones share the socket, and may be used from any thread, also while another is blocked in one.
/// The socket closes with the last of them, and queued messages are then
/// [delivered](crate::Options::linger).
///
/// # Examples
///
/// ```
/// use zeroless::{Client, Server};
///
/// let server = Server::bind(0)?;
/// let (one, two) = (server.pair()?, Client::connect(server.port())?.pair()?);
/// one.send("ping")?;
/// assert_eq!(two.recv()?, "ping");
/// two(&"pong")?; // the handle itself is callable
/// assert_eq!(one.iter().next().unwrap(), "pong");
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Clone)]
pub struct Pair {
    socket: Socket,
    call: SendCall,
}

sending_as_they_are!(Pair);

sending! {
    Pair, "pair", "zeroless::Server::bind(0)?.pair()?",
    "use zeroless::{Client, Server};

let server = Server::bind(0)?;
let other = server.pair()?;
let pair = Client::connect(server.port())?.pair()?;
pair.send(\"one frame\")?;
pair.send((\"7\", b\"payload\"))?; // a tuple is a message of several
assert_eq!(other.recv()?, \"one frame\");
assert_eq!(other.recv()?, [\"7\", \"payload\"]);"
}

receiving_messages! {
    Pair, "pair", "zeroless::Server::bind(0)?.pair()?",
    peers: "# use zeroless::{Client, Server};
# let server = Server::bind(0)?;
# let pair = server.pair()?;
# let peer = Client::connect(server.port())?.pair()?;",
    sends: "peer"
}

shared! { Pair.socket, "pair", "zeroless::Server::bind(0)?.pair()?" }
