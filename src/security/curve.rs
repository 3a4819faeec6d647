//! CURVE: keys on both sides, and all messages encrypted.

use super::client_security::ClientMechanism;
use super::server_security::ServerMechanism;
use super::{Access, ClientSecurity, Keys, PublicKey, ServerSecurity};

/// CURVE (RFC 26): both ends have keys, know each other by them, and encrypt all messages.
///
/// It is there where the linked libzmq has it ([`capabilities`](crate::capabilities)); elsewhere the pattern is
/// refused when it is chosen, with an [`Error::Unsupported`](crate::Error::Unsupported) that says how to get it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Curve {}

impl Curve {
    /// For the end that connects: it has these keys, and talks to nobody but the owner of `server`'s secret key.
    ///
    /// ```no_run
    /// use zeroless::Client;
    /// use zeroless::security::{Curve, Keys, PublicKey};
    ///
    /// let keys = Keys::load("ann.key")?;
    /// let server = PublicKey::load("server.key")?;
    /// let push = Client::connect(("example.org", 12345))?
    ///     .security(Curve::client(&keys, server))
    ///     .push()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn client(keys: &Keys, server: PublicKey) -> ClientSecurity {
        ClientSecurity::new(ClientMechanism::Curve {
            keys: keys.clone(),
            peer: server,
        })
    }

    /// For the end that binds: it has these keys, and lets in those that `access` allows.
    ///
    /// ```no_run
    /// use zeroless::Server;
    /// use zeroless::security::{Access, Curve, Keys};
    ///
    /// let keys = Keys::load("server.key")?;
    /// let access = Access::new().folder("clients")?; // the public keys that they have sent
    /// let pull = Server::bind(12345)?.security(Curve::server(&keys, access)).pull()?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn server(keys: &Keys, access: Access) -> ServerSecurity {
        ServerSecurity::new(ServerMechanism::Curve(keys.clone()), access)
    }
}
