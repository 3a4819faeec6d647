//! Pair: two ends that talk to each other, and to nobody else (PAIR).

use super::sealed::Sealed;
use super::sending::{self, SendCall};
use super::{Handle, Receiving, Sending, Side};
use crate::error::Result;
use crate::message::Message;
use crate::socket::Socket;
use crate::wake::Deadline;

/// Talks to exactly one other pair, in both directions.
///
/// While one client is connected to a server, another is turned away without being told, and
/// what it sends is lost. When the first has gone, and what it sent was received, the next can
/// come. One thread may send while another receives.
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
/// two(&"pong")?;
/// assert_eq!(one.iter().next().unwrap(), "pong");
/// # Ok::<(), zeroless::Error>(())
/// ```
pub type Pair = Handle<PairSide>;

/// The side of [`Pair`].
#[derive(Debug, Clone, Copy)]
pub struct PairSide;

impl Sealed for PairSide {}

impl Side for PairSide {
    type Call = SendCall;

    fn call(&self, socket: &Socket) -> SendCall {
        sending::call(self, socket)
    }
}

impl Sending for PairSide {}

impl Receiving for PairSide {
    type Item = Message;

    #[inline]
    fn receive(&self, socket: &Socket, deadline: Deadline) -> Result<Message> {
        socket.receive(deadline)
    }
}
