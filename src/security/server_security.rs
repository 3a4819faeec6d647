//! How the end that binds lets peers in.

use super::{Access, Keys, check_curve};
use crate::error::Result;

/// How the end that binds knows its peers, and which of them it lets in: made by
/// [`Plain::server`](super::Plain::server) and [`Curve::server`](super::Curve::server), for `security` of a
/// [`Server`](crate::Server).
///
/// ```
/// use zeroless::security::{Access, Password, Plain, ServerSecurity};
///
/// let access = Access::new().user("ann", Password::new("secret")?)?;
/// let same: ServerSecurity = Plain::server(access); // for several servers
/// let jobs = zeroless::Server::bind_local(0)?.security(same.clone());
/// let results = zeroless::Server::bind_local(0)?.security(same);
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ServerSecurity {
    mechanism: ServerMechanism,
    access: Access,
}

/// A mechanism of the end that binds, and all that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ServerMechanism {
    Plain,
    Curve(Keys),
}

impl ServerSecurity {
    pub(super) fn new(mechanism: ServerMechanism, access: Access) -> ServerSecurity {
        ServerSecurity { mechanism, access }
    }

    pub(crate) fn mechanism(&self) -> &ServerMechanism {
        &self.mechanism
    }

    /// Which peers are let in.
    pub(crate) fn access(&self) -> &Access {
        &self.access
    }

    /// Refuses a mechanism that the linked libzmq lacks.
    pub(super) fn check(&self) -> Result<()> {
        match self.mechanism {
            ServerMechanism::Plain => Ok(()),
            ServerMechanism::Curve(_) => check_curve(),
        }
    }
}
