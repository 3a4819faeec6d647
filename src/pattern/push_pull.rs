//! Push and pull: work handed out, each message to one worker (PUSH and PULL).

use super::receiving::receiving_messages;
use super::sending::{SendCall, sending, sending_as_they_are};
use super::{Kind, Pattern, shared};
use crate::socket::Socket;

/// Pushes messages, each to one of the connected pullers in turn.
///
/// A client's pushes are queued while the server is not there yet; a server's wait until a
/// puller is connected. [`wait_connected`](Push::wait_connected) waits for one first.
///
/// Clones share the socket, and may be used from any thread, also while another is blocked in one.
/// The socket closes with the last of them. Messages that are still queued are then delivered, for
/// the [linger](crate::Options::linger) time at most: 30 s as long as a peer takes them, and 1 s
/// where no peer is connected.
///
/// # Examples
///
/// ```
/// use zeroless::{Client, Server};
///
/// let server = Server::bind(0)?;
/// let pull = server.pull()?;
/// let push = Client::connect(server.port())?.push()?;
/// push.send(("7", b"payload"))?;
/// push(&("8", b"payload"))?; // the handle itself is callable
/// assert_eq!(pull.recv()?, ["7", "payload"]);
///
/// let other = push.clone();
/// std::thread::spawn(move || other.send("from a thread"));
/// assert_eq!(pull.iter().take(2).count(), 2);
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Clone)]
pub struct Push {
    socket: Socket,
    call: SendCall,
}

/// Pulls messages, from all connected pushers in turn.
///
/// Clones share the socket, and may be used from any thread, also while another is blocked in one:
/// each message goes to one of them. The socket closes with the last of them.
///
/// # Examples
///
/// ```
/// # use zeroless::{Client, Server};
/// # let server = Server::bind(0)?;
/// # let pull = server.pull()?;
/// # let push = Client::connect(server.port())?.push()?;
/// # push.send("hello")?;
/// for message in &pull {
///     println!("{message}");
///     pull.stop(); // or it would wait for the next
/// }
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Clone)]
pub struct Pull {
    socket: Socket,
}

sending_as_they_are!(Push);

impl Pattern for Pull {
    const KIND: Kind = Kind::Pull;

    fn new(socket: Socket) -> Pull {
        Pull { socket }
    }
}

sending! {
    Push, "push", "zeroless::Server::bind(0)?.push()?",
    "use zeroless::{Client, Server};

let server = Server::bind(0)?;
let pull = server.pull()?;
let push = Client::connect(server.port())?.push()?;
push.send(\"one frame\")?;
push.send((\"7\", b\"payload\", vec![1u8]))?; // a tuple is a message of several
assert_eq!(pull.recv()?, \"one frame\");
assert_eq!(pull.recv()?.frame_count(), 3);"
}

shared! { Push.socket, "push", "zeroless::Server::bind(0)?.push()?" }

receiving_messages! {
    Pull, "pull", "zeroless::Server::bind(0)?.pull()?",
    peers: "# use zeroless::{Client, Server};
# let server = Server::bind(0)?;
# let pull = server.pull()?;
# let push = Client::connect(server.port())?.push()?;",
    sends: "push"
}

shared! { Pull.socket, "pull", "zeroless::Server::bind(0)?.pull()?" }
