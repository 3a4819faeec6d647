//! Who may enter: passwords, keys, and which of them are let in.
//!
//! An end of a connection is secured by `security`, before its pattern is chosen: [`Plain`] is a name and a password, which
//! everybody between the two ends can read, for ipc and loopback; [`Curve`] has keys on both sides and encrypts all
//! messages. Both ends need the same mechanism, and each its own side of it: mistakes in that do not compile.
//!
//! - [`Access`]: who may enter a server, by PLAIN or by CURVE.
//! - [`Password`]: for PLAIN.
//! - [`Keys`], [`PublicKey`] and [`SecretKey`]: for CURVE. Where the linked libzmq has none,
//!   errors say how to get it; [`capabilities`](crate::capabilities) tells beforehand.

mod access;
mod access_request;
mod certificate;
mod client_security;
mod constant_time;
mod curve;
#[cfg(fuzzing)]
pub mod fuzzing;
mod guesses;
mod key_files;
mod key_folder;
mod keys;
mod mechanism;
mod networks;
mod password;
mod peer_address;
mod plain;
mod public_key;
mod revocations;
mod rules;
mod secret_file;
mod secret_key;
mod server_security;
mod user_id;
mod z85;
mod zap_message;

pub use access::Access;
pub(crate) use access::{ADMISSION, Question, Verdict};
pub use access_request::AccessRequest;
pub(crate) use client_security::ClientMechanism;
pub use client_security::ClientSecurity;
pub use curve::Curve;
pub use keys::Keys;
use keys::check_curve;
pub(crate) use mechanism::Mechanism;
pub use password::Password;
pub(crate) use peer_address::PeerAddress;
pub use plain::Plain;
pub use public_key::PublicKey;
pub(crate) use revocations::OnRevoke;
pub(crate) use rules::{Closure, Denial};
pub use secret_key::SecretKey;
pub(crate) use server_security::ServerMechanism;
pub use server_security::ServerSecurity;
pub(crate) use zap_message::{ZapCode, ZapCredentials, ZapRequest, property as zap_property};

use crate::error::Result;

/// The security of an end, in [`Options::security`](crate::Options::security): of one that connects, or of one that
/// binds.
///
/// ```
/// use zeroless::Options;
/// use zeroless::security::{Password, Plain};
///
/// let options = Options::default().security(Plain::user("ann", Password::new("secret")?));
/// assert!(options.security.is_some());
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Security {
    /// Of an end that connects.
    OfClient(ClientSecurity),
    /// Of an end that binds.
    OfServer(ServerSecurity),
}

impl Security {
    /// Refuses values that cannot be used.
    pub(crate) fn check(&self) -> Result<()> {
        match self {
            Security::OfClient(security) => security.check(),
            Security::OfServer(security) => security.check(),
        }
    }

    pub(crate) fn mechanism(&self) -> Mechanism {
        match self {
            Security::OfClient(security) => match security.mechanism() {
                ClientMechanism::Plain { .. } => Mechanism::Plain,
                ClientMechanism::Curve { .. } => Mechanism::Curve,
            },
            Security::OfServer(security) => match security.mechanism() {
                ServerMechanism::Plain => Mechanism::Plain,
                ServerMechanism::Curve(_) => Mechanism::Curve,
            },
        }
    }
}

impl From<ClientSecurity> for Security {
    fn from(security: ClientSecurity) -> Security {
        Security::OfClient(security)
    }
}

impl From<ServerSecurity> for Security {
    fn from(security: ServerSecurity) -> Security {
        Security::OfServer(security)
    }
}
