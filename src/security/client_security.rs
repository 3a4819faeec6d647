//! How the end that connects proves itself.

use super::{Keys, Password, PublicKey, check_curve, user_id};
use crate::error::{Error, Result};

/// The security of an end that connects, which proves its identity and knows its peer: made by [`Plain::user`](super::Plain::user) and
/// [`Curve::client`](super::Curve::client), for `security` of a [`Client`](crate::Client) or a discovery.
///
/// ```
/// use zeroless::Client;
/// use zeroless::security::{Password, Plain};
///
/// let ann = Plain::user("ann", Password::new("secret")?);
/// let push = Client::connect(12345)?.security(ann).push()?;
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientSecurity(ClientMechanism);

/// A mechanism of the end that connects, and all that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ClientMechanism {
    Plain { user: String, password: Password },
    Curve { keys: Keys, peer: PublicKey },
}

impl ClientSecurity {
    pub(super) fn new(mechanism: ClientMechanism) -> ClientSecurity {
        ClientSecurity(mechanism)
    }

    pub(crate) fn mechanism(&self) -> &ClientMechanism {
        &self.0
    }

    /// Refuses values that libzmq would refuse later, or cut.
    pub(super) fn check(&self) -> Result<()> {
        match &self.0 {
            ClientMechanism::Plain { user, .. } => match user_id::fault(user) {
                None => Ok(()),
                Some(fault) => Err(Error::InvalidOption {
                    option: "security",
                    reason: format!("the name of the user: {fault}"),
                }),
            },
            ClientMechanism::Curve { .. } => check_curve(),
        }
    }
}
