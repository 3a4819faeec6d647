//! Push and pull: work handed out, each message to one worker (PUSH and PULL).

use super::sealed::Sealed;
use super::sending::{self, SendCall};
use super::{Handle, Receiving, Sending, Side};
use crate::error::Result;
use crate::message::Message;
use crate::socket::Socket;
use crate::wake::Deadline;

/// Pushes messages, each to one of the connected pullers in turn.
///
/// A client's pushes are queued while the server is not there yet; a server's wait until a
/// puller is connected. [`wait_connected`](Handle::wait_connected) waits for one first.
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
/// # Ok::<(), zeroless::Error>(())
/// ```
pub type Push = Handle<PushSide>;

/// Pulls messages, from all connected pushers in turn.
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
///     pull.stop();
/// }
/// # Ok::<(), zeroless::Error>(())
/// ```
pub type Pull = Handle<PullSide>;

/// The side of [`Push`].
#[derive(Debug, Clone, Copy)]
pub struct PushSide;

/// The side of [`Pull`].
#[derive(Debug, Clone, Copy)]
pub struct PullSide;

impl Sealed for PushSide {}
impl Sealed for PullSide {}

impl Side for PushSide {
    type Call = SendCall;

    fn call(&self, socket: &Socket) -> SendCall {
        sending::call(self, socket)
    }
}

impl Sending for PushSide {}

impl Side for PullSide {
    type Call = ();

    fn call(&self, _socket: &Socket) {}
}

impl Receiving for PullSide {
    type Item = Message;

    #[inline]
    fn receive(&self, socket: &Socket, deadline: Deadline) -> Result<Message> {
        socket.receive(deadline)
    }
}
