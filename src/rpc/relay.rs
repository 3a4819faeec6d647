//! The answers that relays give to calls themselves; any [relay](crate::relay) passes calls on.
//!
//! | relay | |
//! |---|---|
//! | from [`reply`](crate::relay::reply) to [`request`](crate::relay::request) | between clients and servers; with a [deadline](crate::relay::Relay::deadline_with), [`expired`] is the answer |
//! | the same, and it [acknowledges](crate::relay::Reply::acknowledge_with) and is [buffered](crate::relay::Relay::buffered) | takes in what is [cast](crate::rpc::Client::cast) while the servers are away; [`accepted`] is the answer to others |
//!
//! ```
//! use std::time::Duration;
//! use zeroless::relay::{self, Buffer, Relay};
//! use zeroless::{Server, rpc};
//!
//! let (clients, servers) = (Server::bind(0)?, Server::bind(0)?);
//! let calls = Relay::new(relay::reply(clients), relay::request(servers))
//!     .deadline_with(Duration::from_secs(60), rpc::relay::expired)
//!     .start()?;
//!
//! let (clients, servers) = (Server::bind(0)?, Server::bind(0)?);
//! let input = relay::reply(clients).acknowledge_with(rpc::relay::accepted);
//! let casts = Relay::new(input, relay::request(servers))
//!     .buffered(Buffer::new(10_000, 64 << 20))
//!     .start()?;
//! # Ok::<(), zeroless::Error>(())
//! ```

use super::CallError;
use super::envelope::{Envelope, ErrorReply, read, to_frame};
use crate::error::{Error, Wait};
use crate::message::{Frame, Message};
use crate::relay::Unanswered;

/// The answer to a call that the relay has no reply to: the caller's error is
/// [`MayHaveRun`](crate::rpc::CallError::MayHaveRun) if the call was passed on, and otherwise
/// [`Expired`](crate::rpc::CallError::Expired).
///
/// For [`Relay::deadline_with`](crate::relay::Relay::deadline_with). What gets no answer, such as a cast, gets none here either.
///
/// ```
/// use std::time::Duration;
/// use zeroless::relay::{self, Relay};
/// use zeroless::{Server, rpc};
///
/// let (clients, servers) = (Server::bind(0)?, Server::bind(0)?);
/// let relay = Relay::new(relay::reply(&clients), relay::request(servers)) // there is none
///     .deadline_with(Duration::from_millis(10), rpc::relay::expired)
///     .start()?;
/// let client = rpc::Client::connect(clients.port())?;
/// let error = client.call_by_name::<i64>("double", &21).unwrap_err();
/// assert!(matches!(error, rpc::CallError::Expired));
/// # Ok::<(), zeroless::Error>(())
/// ```
pub fn expired(unanswered: &Unanswered<'_>) -> Option<Message> {
    answer(unanswered.request(), |id| {
        let reason = Error::timeout(Wait::Reply);
        let error = match unanswered.was_passed_on() {
            true => CallError::MayHaveRun { reason },
            false => CallError::Expired,
        };
        error_of(id, error)
    })
}

/// The answer to a call that the relay will pass on, and whose reply goes nowhere: the caller's error says so.
///
/// For [`Reply::acknowledge_with`](crate::relay::Reply::acknowledge_with). What gets no answer, such as a cast, gets none here either.
///
/// ```
/// use zeroless::relay::{self, Buffer, Relay};
/// use zeroless::{Server, rpc};
///
/// let (clients, servers) = (Server::bind(0)?, Server::bind(0)?);
/// let input = relay::reply(&clients).acknowledge_with(rpc::relay::accepted);
/// let relay = Relay::new(input, relay::request(servers))
///     .buffered(Buffer::new(100, 1 << 20))
///     .start()?;
/// let client = rpc::Client::connect(clients.port())?;
/// let error = client.call_by_name::<i64>("double", &21).unwrap_err();
/// assert!(error.to_string().contains("will pass it on, but it brings no reply: use `cast`"));
/// # Ok::<(), zeroless::Error>(())
/// ```
pub fn accepted(request: &[Frame]) -> Option<Message> {
    answer(request, |id| Envelope::Accepted { id })
}

/// The answer to a message of a client, made of its id, if the client waits for one.
fn answer(request: &[Frame], make: impl FnOnce(u64) -> Envelope<'static>) -> Option<Message> {
    let (encoding, envelope) = read(request.first()?);
    let answer = match envelope {
        Ok(Envelope::Call { id, .. } | Envelope::Ping { id } | Envelope::List { id }) => make(id),
        Ok(_) => return None,
        Err(rejection) => error_of(rejection.id, rejection.error),
    };
    Some(Message::single(to_frame(&answer, encoding)))
}

fn error_of(id: u64, error: ErrorReply) -> Envelope<'static> {
    let body = None;
    Envelope::Error { id, error, body }
}
