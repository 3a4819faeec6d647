//! PLAIN: a name and a password, unencrypted.

use super::client_security::ClientMechanism;
use super::server_security::ServerMechanism;
use super::{Access, ClientSecurity, Password, ServerSecurity};

/// PLAIN (RFC 24): a peer proves itself by a name and a password, which are sent as they are.
///
/// Everybody between the two ends can read the password and all messages. So it is for ipc, for loopback, and for a
/// network that encrypts; elsewhere a warning says so, and [`Curve`](super::Curve) is the one to take.
#[derive(Debug)]
#[non_exhaustive]
pub enum Plain {}

impl Plain {
    /// For the end that connects: it is this user, with this password.
    ///
    /// A name that is empty, has more than 255 bytes, or contains a NUL is refused when the pattern is
    /// chosen: [`Error::InvalidOption`](crate::Error::InvalidOption).
    ///
    /// ```
    /// use zeroless::Client;
    /// use zeroless::security::{Password, Plain};
    ///
    /// let ann = Plain::user("ann", Password::new("secret")?);
    /// let requester = Client::connect(12345)?.security(ann).request()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn user(name: impl Into<String>, password: Password) -> ClientSecurity {
        ClientSecurity::new(ClientMechanism::Plain {
            user: name.into(),
            password,
        })
    }

    /// For the end that binds: it lets in those that `access` allows.
    ///
    /// ```
    /// use zeroless::Server;
    /// use zeroless::security::{Access, Password, Plain};
    ///
    /// let access = Access::new().user("ann", Password::new("secret")?)?;
    /// let pull = Server::bind_local(0)?.security(Plain::server(access)).pull()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn server(access: Access) -> ServerSecurity {
        ServerSecurity::new(ServerMechanism::Plain, access)
    }
}
