//! Dealer: raw messages to peers in turn, and from all of them (DEALER).

use super::receiving::receiving_messages;
use super::sending::{SendCall, sending, sending_as_they_are};
use super::shared;
use crate::socket::Socket;

/// Sends messages to its peers in turn, and receives from all of them: one half of a broker.
///
/// Its peers are [`Router`](crate::Router)s, other dealers and [`Replier`](crate::Replier)s; in other
/// languages ROUTER, DEALER and REP sockets. Messages go as they are, with no envelope. A REP socket
/// expects an empty frame before the request and puts it before its reply:
/// `dealer.send(("", "question"))`, and `let [_, answer] = dealer.recv()?.parts()?`. To ask and be answered, a
/// [`Requester`](crate::Requester) does that, and more.
///
/// A router knows it by its [identity](crate::Options::identity).
///
/// A client's messages are queued while the server is not there yet; a server's wait until a peer is
/// connected. Clones share the socket, and may be used from any thread, also while another is blocked in
/// one. The socket closes with the last of them, and queued messages are then
/// [delivered](crate::Options::linger).
///
/// # Examples
///
/// A worker, which tells a broker that it is there, and gets work from it:
///
/// ```
/// use zeroless::{Client, Server};
///
/// let server = Server::bind(0)?;
/// let broker = server.router()?;
///
/// let worker = Client::connect(server.port())?.identity("worker-1").dealer()?;
/// worker.send("ready")?;
/// let (peer, ready) = broker.recv()?;
/// broker.send_to(&peer, ("job 1", "dig"))?;
/// for [job, what] in worker.parts() {
///     worker.send((job, format!("{what}, and done")))?;
///     worker.stop(); // or it would wait for the next
/// }
/// let (peer, done) = broker.recv()?;
/// assert_eq!((peer.as_bytes(), done), (&b"worker-1"[..], ("job 1", "dig, and done").into()));
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Clone)]
pub struct Dealer {
    socket: Socket,
    call: SendCall,
}

sending_as_they_are!(Dealer);

sending! {
    Dealer, "dealer", "zeroless::Server::bind(0)?.dealer()?",
    "use zeroless::{Client, Server};

let server = Server::bind(0)?;
let router = server.router()?;
let dealer = Client::connect(server.port())?.dealer()?;
dealer.send(\"one frame\")?;
dealer.send((\"7\", b\"payload\"))?; // a tuple is a message of several
let (peer, message) = router.recv()?;
assert_eq!(message, \"one frame\");
assert_eq!(router.recv()?, (peer, [\"7\", \"payload\"].into()));"
}

receiving_messages! {
    Dealer, "dealer", "zeroless::Server::bind(0)?.dealer()?",
    peers: "# use zeroless::{Client, Server};
# let server = Server::bind(0)?;
# let dealer = server.dealer()?;
# let peer = Client::connect(server.port())?.dealer()?;",
    sends: "peer"
}

shared! { Dealer.socket, "dealer", "zeroless::Server::bind(0)?.dealer()?" }
