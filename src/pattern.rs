//! The handles of the patterns.

mod channel;
mod connection_events;
mod dealer;
mod handle;
mod kind;
mod pair;
mod pub_sub;
mod push_pull;
mod receiving;
mod replier;
mod requester;
mod router;
mod send_error;
mod sending;
mod stopper;
mod used_options;

pub use channel::Channel;
pub use connection_events::{ConnectionEventIter, ConnectionEventTryIter, ConnectionEvents};
pub use dealer::Dealer;
pub use handle::Handle;
use handle::shared;
pub(crate) use kind::Kind;
pub use pair::Pair;
pub use pub_sub::{Publisher, Subscriber};
pub use push_pull::{Pull, Push};
pub use receiving::{IntoIter, Iter, Parts, Receiving, TryIter};
pub use replier::{Delivery, Replier, ReplySender, Request, RequestParts};
pub(crate) use requester::Ids;
#[cfg(feature = "rpc")]
pub(crate) use requester::{Change, ConnectedRequester, Unsent, reply_or_lost};
pub use requester::{Pending, Requester};
pub use router::Router;
pub use send_error::SendError;
pub use sending::Sending;
pub use stopper::Stopper;
pub(crate) use used_options::{End, refuse_those_of_handles};

use crate::error::Result;
use crate::options::Options;
use crate::socket::{Socket, SocketSpec};

pub(crate) mod sealed {
    use crate::socket::Socket;

    /// Keeps the set of handles closed: their traits can grow without breaking a user.
    pub trait Sealed {
        fn socket(&self) -> &Socket;
    }
}

/// A handle, as the types that open it see it.
pub(crate) trait Pattern: Handle {
    /// The side of a pattern that it is for its peers.
    const KIND: Kind;

    /// Refuses an option that is set, and that it does not use at this end.
    fn check_options(end: End, options: &Options) -> Result<()> {
        Self::KIND.check_options(end, options)
    }

    /// The socket behind it, as the options have it.
    fn spec(options: &Options) -> SocketSpec {
        Self::KIND.spec(options)
    }

    /// A handle of a socket that was just made for it, and has no endpoint yet.
    fn new(socket: Socket) -> Self;
}

/// Opens a handle with a function that gives its socket the endpoints.
pub(crate) fn open<H: Pattern>(
    end: End,
    options: &Options,
    attach: impl FnOnce(&Socket) -> Result<()>,
) -> Result<H> {
    H::check_options(end, options)?;
    let handle = H::new(Socket::open(&H::spec(options), options)?);
    attach(handle.socket())?;
    Ok(handle)
}

/// Gives a type that can open sockets the patterns as methods. They are the same for binding and
/// for connecting.
macro_rules! patterns {
    ($opens:ty, $example:literal) => {
        #[doc = concat!("The patterns; each opens a socket of its own.\n\n```\n", $example, "\n# Ok::<(), zeroless::Error>(())\n```")]
        impl $opens {
            /// A handle that pushes messages, each to one of the pullers in turn.
            ///
            /// # Errors
            ///
            /// As the endpoints are bound or connected to: see the type.
            pub fn push(&self) -> crate::Result<crate::Push> {
                self.open()
            }

            /// A handle that pulls messages, from all pushers in turn.
            ///
            /// # Errors
            ///
            /// As the endpoints are bound or connected to: see the type.
            pub fn pull(&self) -> crate::Result<crate::Pull> {
                self.open()
            }

            /// A handle that publishes messages, each to all subscribers of its topic.
            ///
            /// # Errors
            ///
            /// As the endpoints are bound or connected to: see the type.
            #[doc(alias = "pub")]
            pub fn publish(&self) -> crate::Result<crate::Publisher> {
                self.open()
            }

            /// A handle that receives the messages published under these topics.
            ///
            /// A message's first frame begins with its topic; `""` is all topics.
            /// Several are given as an array, a tuple or a `Vec`, as [frames](crate::Frames)
            /// are; more can be [added](crate::Subscriber::subscribe) later.
            ///
            /// # Errors
            ///
            /// As the endpoints are bound or connected to: see the type.
            #[doc(alias = "sub")]
            pub fn subscribe(&self, topics: impl crate::Frames) -> crate::Result<crate::Subscriber> {
                let handle: crate::Subscriber = self.open()?;
                handle.subscribe(topics)?;
                Ok(handle)
            }

            /// A handle that sends requests and waits for their replies.
            ///
            /// # Errors
            ///
            /// As the endpoints are bound or connected to: see the type.
            #[doc(alias = "req")]
            pub fn request(&self) -> crate::Result<crate::Requester> {
                self.open()
            }

            /// A handle that receives requests and replies to them.
            ///
            /// # Errors
            ///
            /// As the endpoints are bound or connected to: see the type.
            #[doc(alias = "rep")]
            pub fn reply(&self) -> crate::Result<crate::Replier> {
                self.open()
            }

            /// A handle that talks to exactly one other pair.
            ///
            /// # Errors
            ///
            /// As the endpoints are bound or connected to: see the type.
            pub fn pair(&self) -> crate::Result<crate::Pair> {
                self.open()
            }

            /// A handle that receives from many peers, and sends to each by its identity.
            ///
            /// # Errors
            ///
            /// As the endpoints are bound or connected to: see the type.
            pub fn router(&self) -> crate::Result<crate::Router> {
                self.open()
            }

            /// A handle that sends to its peers in turn, and receives from all of them.
            ///
            /// # Errors
            ///
            /// As the endpoints are bound or connected to: see the type.
            pub fn dealer(&self) -> crate::Result<crate::Dealer> {
                self.open()
            }
        }
    };
}

pub(crate) use patterns;
