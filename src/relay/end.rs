//! The endpoints at one end of a relay.

use crate::client::Client;
use crate::error::Result;
use crate::pattern::Pattern;
use crate::server::Server;
#[cfg(feature = "zre")]
use crate::zre::Discovery;

/// The endpoints at one end of a relay: a [`Server`]'s, a [`Client`]'s, or those that a discovery finds.
///
/// The relay has the options of the server, the client or the discovery, and follows the endpoints that are
/// added to it and taken away.
///
/// ```
/// use zeroless::relay::End;
/// use zeroless::{Client, Server};
///
/// let ends = [End::from(Server::bind(0)?), End::from(Client::connect(12345)?)];
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct End(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Bound(Server),
    Connected(Client),
    #[cfg(feature = "zre")]
    Discovered(Box<Discovery>),
}

impl End {
    pub(super) fn open<H: Pattern>(&self) -> Result<H> {
        match &self.0 {
            Kind::Bound(server) => server.open(),
            Kind::Connected(client) => client.open(),
            #[cfg(feature = "zre")]
            Kind::Discovered(discovery) => discovery.open(),
        }
    }
}

macro_rules! from {
    ($($type:ident => $kind:ident),*) => {$(
        impl From<$type> for End {
            fn from(end: $type) -> End {
                End(Kind::$kind(end.into()))
            }
        }

        impl From<&$type> for End {
            fn from(end: &$type) -> End {
                End::from(end.clone())
            }
        }
    )*};
}

from! { Server => Bound, Client => Connected }
#[cfg(feature = "zre")]
from! { Discovery => Discovered }
