//! The question that a closure of an access is asked.

use std::fmt;
use std::net::IpAddr;

use zeroize::Zeroizing;

use super::{PeerAddress, PublicKey};

/// A client that asks to enter, as [`Access::ask`](super::Access::ask) gives it to a closure.
///
/// `Debug` does not show a password, which is wiped from memory afterwards.
///
/// ```
/// use zeroless::security::AccessRequest;
///
/// fn is_colleague(request: &AccessRequest) -> bool {
///     request.user() == Some("ann") && request.address().is_some_and(|it| it.is_loopback())
/// }
/// ```
pub struct AccessRequest {
    pub(super) from: PeerAddress,
    pub(super) proof: Proof,
}

/// What a client shows.
pub(super) enum Proof {
    Plain {
        user: String,
        password: Zeroizing<Vec<u8>>,
    },
    Curve(PublicKey),
}

impl AccessRequest {
    /// With the name and the password of a user. Neither may be anything at all.
    pub(crate) fn plain(from: PeerAddress, user: &str, password: &[u8]) -> AccessRequest {
        let proof = Proof::Plain {
            user: user.to_owned(),
            password: Zeroizing::new(password.to_owned()),
        };
        AccessRequest { from, proof }
    }

    /// With a key, of which it is known that the client has the secret half.
    pub(crate) fn curve(from: PeerAddress, key: PublicKey) -> AccessRequest {
        let proof = Proof::Curve(key);
        AccessRequest { from, proof }
    }

    /// Where it connects from: over tcp its address, over ipc that of loopback. `None` if libzmq does not
    /// tell.
    ///
    /// ```
    /// # use zeroless::security::AccessRequest;
    /// fn is_local(request: &AccessRequest) -> bool {
    ///     request.address().is_some_and(|address| address.is_loopback())
    /// }
    /// ```
    pub fn address(&self) -> Option<IpAddr> {
        self.from.ip()
    }

    /// The mechanism that it uses: `PLAIN` or `CURVE`.
    ///
    /// ```
    /// # use zeroless::security::AccessRequest;
    /// fn is_encrypted(request: &AccessRequest) -> bool {
    ///     request.mechanism() == "CURVE"
    /// }
    /// ```
    pub fn mechanism(&self) -> &'static str {
        match self.proof {
            Proof::Plain { .. } => "PLAIN",
            Proof::Curve(_) => "CURVE",
        }
    }

    /// The user that it says it is: 1 to 255 bytes. `None` with CURVE.
    ///
    /// ```
    /// # use zeroless::security::AccessRequest;
    /// fn is_ann(request: &AccessRequest) -> bool {
    ///     request.user() == Some("ann")
    /// }
    /// ```
    pub fn user(&self) -> Option<&str> {
        match &self.proof {
            Proof::Plain { user, .. } => Some(user),
            Proof::Curve(_) => None,
        }
    }

    /// The password that it has sent, in up to 255 bytes. `None` with CURVE.
    ///
    /// Compare it by a function for passwords, which hashes it, or takes the same time for all.
    ///
    /// ```
    /// # use zeroless::security::AccessRequest;
    /// # fn argon2(password: &[u8]) -> [u8; 32] { [password.len() as u8; 32] }
    /// fn fits(request: &AccessRequest, hash: [u8; 32]) -> bool {
    ///     request.password().is_some_and(|password| argon2(password) == hash)
    /// }
    /// ```
    pub fn password(&self) -> Option<&[u8]> {
        match &self.proof {
            Proof::Plain { password, .. } => Some(password),
            Proof::Curve(_) => None,
        }
    }

    /// The public key of a client with CURVE, which has proved that it has the secret half. `None` with
    /// PLAIN.
    ///
    /// ```
    /// # use zeroless::security::{AccessRequest, PublicKey};
    /// fn has_key(request: &AccessRequest, key: &PublicKey) -> bool {
    ///     request.key() == Some(key)
    /// }
    /// ```
    pub fn key(&self) -> Option<&PublicKey> {
        match &self.proof {
            Proof::Plain { .. } => None,
            Proof::Curve(key) => Some(key),
        }
    }
}

impl fmt::Debug for AccessRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("AccessRequest");
        shown.field("from", &self.from);
        match &self.proof {
            Proof::Plain { user, .. } => shown.field("user", user).field("password", &".."),
            Proof::Curve(key) => shown.field("key", &key.to_string()),
        };
        shown.finish()
    }
}

/// For the log: the user, or the key.
impl fmt::Display for AccessRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.proof {
            // Anybody may have sent it.
            Proof::Plain { user, .. } => write!(f, "user {user:?} from {}", self.from),
            Proof::Curve(key) => write!(f, "key {key} from {}", self.from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown() {
        let from = PeerAddress::read(b"10.0.0.7");
        let request = AccessRequest::plain(from, "an\nn", b"hunter2");
        let (debug, display) = (format!("{request:?}"), request.to_string());
        assert!(
            !debug.contains("hunter2") && debug.contains("10.0.0.7"),
            "{debug}"
        );
        assert_eq!(display, r#"user "an\nn" from 10.0.0.7"#);
        assert_eq!((request.user(), request.key()), (Some("an\nn"), None));
        assert_eq!(
            (request.password(), request.mechanism()),
            (Some(&b"hunter2"[..]), "PLAIN")
        );
    }

    #[test]
    fn a_key_is_shown_in_z85() {
        let request = AccessRequest::curve(PeerAddress::read(b"localhost:7:8:9"), [7; 32].into());
        let key = PublicKey::from([7; 32]).to_string();
        assert!(request.to_string().contains(&key) && format!("{request:?}").contains(&key));
        assert_eq!((request.user(), request.password()), (None, None));
        assert_eq!(
            (request.key(), request.mechanism()),
            (Some(&[7; 32].into()), "CURVE")
        );
        assert!(request.address().is_some_and(|it| it.is_loopback()));
    }
}
