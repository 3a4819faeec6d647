//! Why a connection does not come about.

use std::fmt;

/// Why a connection does not come up, as far as libzmq and the system report it.
///
/// It is in [`Error::Refused`](super::Error::Refused) and
/// [`Error::Timeout`](super::Error::Timeout), in a handle's
/// [`status`](crate::Push::status), and in
/// [`ConnectionEvent`](crate::ConnectionEvent)s.
///
/// ```
/// use zeroless::{Client, Error, Refusal, Server};
///
/// let server = Server::bind(0)?;
/// let replier = server.reply()?;
/// let push = Client::connect(server.port())?.push()?; // the wrong pattern
/// let refusal = loop {
///     match push.status() {
///         Err(Error::Refused { refusal, .. }) => break refusal,
///         _ => std::thread::yield_now(),
///     }
/// };
/// assert_eq!(refusal, Refusal::WrongPattern { ours: "push", wanted: "pull" });
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The peer is a ZeroMQ socket, but not of the pattern's other side. Look for a wrong port,
    /// or a wrong pattern on either side.
    WrongPattern {
        /// Our pattern.
        ours: &'static str,
        /// The patterns that the peer may have, in words.
        wanted: &'static str,
    },
    /// The peer does not speak ZeroMQ's protocol, ZMTP 2.0 or later. Look for a wrong port.
    NotZmq,
    /// The peer authenticates in another way than we do, or not at all. Look at `security` on both ends:
    /// see [`Options::security`](crate::Options::security).
    MechanismMismatch,
    /// The peer does not let us in, or we do not let it in: its password or its key is wrong, or
    /// is not allowed. A client tries on, and gets in once it is.
    Denied,
    /// The file system does not let us use this path: look at its owner and mode.
    NoPermission,
    /// Nobody listens there, or not yet. A client tries on, so this proves nothing.
    ConnectionRefused,
    /// Nobody answered the attempt to connect, in
    /// [`connect_timeout`](crate::Options::connect_timeout): the host may be down, or a firewall drops
    /// all packets to it.
    TimedOut,
    /// The system knows no way to the host: look at the network.
    Unreachable,
    /// The host's name does not resolve, or not yet; it is looked up again.
    HostNotFound {
        /// The resolver's own words.
        reason: String,
    },
    /// The peer accepted the connection and said nothing. It may not be ready yet, so this
    /// proves nothing; a server that is not ZeroMQ may do so for ever.
    NoAnswer,
    /// The peer accepted the connection and closed it before the handshake. It may have
    /// left, so this proves nothing; a server that is not ZeroMQ may do so for ever, and so may one that wants a
    /// password or a key from us, which we do not have.
    Closed,
    /// The peer sent a frame larger than we take, and its connection was ended. Raise
    /// [`max_frame`](crate::Options::max_frame) on both ends, or have it send less at once.
    FrameTooLarge {
        /// How many bytes a frame may have.
        max: u64,
    },
    /// The operating system refused, or libzmq for a reason that has no name here.
    Other {
        /// The reason in words.
        reason: String,
    },
}

impl Refusal {
    /// Whether it proves that the peer does not fit, so that a user must change
    /// something.
    pub(crate) fn is_proof(&self) -> bool {
        !matches!(
            self,
            Refusal::NoAnswer
                | Refusal::Closed
                | Refusal::ConnectionRefused
                | Refusal::TimedOut
                | Refusal::Unreachable
        )
    }

    /// Why the system did not connect to a name, or to an address, from its error number.
    pub(crate) fn of_errno(errno: i32, is_named: bool) -> Refusal {
        match errno {
            libc::ECONNREFUSED | libc::ENOENT => Refusal::ConnectionRefused,
            libc::ETIMEDOUT => Refusal::TimedOut,
            libc::EHOSTUNREACH | libc::ENETUNREACH | libc::ENETDOWN | libc::EHOSTDOWN => {
                Refusal::Unreachable
            }
            // So libzmq says that a name does not resolve.
            libc::EINVAL | libc::ENODEV if is_named => Refusal::HostNotFound {
                reason: "there is no such host".to_owned(),
            },
            _ => Refusal::Other {
                reason: std::io::Error::from_raw_os_error(errno).to_string(),
            },
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::WrongPattern { ours, wanted } => write!(
                f,
                "it is not of a pattern that fits (ours is {ours}, so it must be {wanted}): wrong port, \
                 or wrong pattern?"
            ),
            Refusal::NotZmq => {
                f.write_str("it does not speak ZeroMQ's protocol (ZMTP 2.0 or later): wrong port?")
            }
            Refusal::MechanismMismatch => f.write_str(
                "it authenticates in another way, or not at all: look at `security` (PLAIN, CURVE or \
                 none) on both ends",
            ),
            Refusal::Denied => {
                f.write_str("denied: the password or the key is wrong, or is not allowed to enter")
            }
            Refusal::NoPermission => {
                f.write_str("permission denied: look at the path's owner and mode")
            }
            Refusal::ConnectionRefused => f.write_str("nobody listens there"),
            Refusal::TimedOut => {
                f.write_str("nobody answers: is the host down, or a firewall before it?")
            }
            Refusal::Unreachable => f.write_str("there is no way to the host: look at the network"),
            Refusal::HostNotFound { reason } => {
                write!(
                    f,
                    "its host does not resolve yet ({reason}), and is looked up again"
                )
            }
            Refusal::NoAnswer => f.write_str(
                "it accepts the connection and says nothing: not ready yet, or not ZeroMQ?",
            ),
            Refusal::Closed => f.write_str(
                "it closes the connection before the handshake: has it left, is it not ZeroMQ, or does it \
                 want a password or a key?",
            ),
            Refusal::FrameTooLarge { max } => write!(
                f,
                "it sent a frame above max_frame ({max} bytes): raise that on both ends, or have it \
                 send less at once"
            ),
            Refusal::Other { reason } => f.write_str(reason),
        }
    }
}
