//! The public half of a pair of keys.

use std::fmt;
use std::str::FromStr;

use super::z85;
use crate::error::{Error, Result};

/// A public key of CURVE: 32 bytes, written as 40 characters of Z85 (RFC 32).
///
/// It need not be kept secret, but it must be the right one: a client that takes another's key for that of its
/// server talks to that other.
///
/// # Examples
///
/// ```
/// use zeroless::security::PublicKey;
///
/// let key: PublicKey = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7".parse()?;
/// assert_eq!(key.to_string(), "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7");
///
/// let error = "not a key\n".parse::<PublicKey>().unwrap_err();
/// assert_eq!(error.to_string(), "invalid key: there is a blank or a newline around it: trim it");
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; z85::BYTES]);

impl PublicKey {
    /// Its bytes.
    ///
    /// ```
    /// # use zeroless::security::PublicKey;
    /// let key = PublicKey::from([7; 32]);
    /// assert_eq!(key.as_bytes(), &[7; 32]);
    /// ```
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for PublicKey {
    fn from(bytes: [u8; 32]) -> PublicKey {
        PublicKey(bytes)
    }
}

/// Reads a key as it is written in Z85; [`Error::InvalidKey`] names the mistake.
impl FromStr for PublicKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<PublicKey> {
        let mut bytes = [0; z85::BYTES];
        match z85::decode(text.as_bytes(), &mut bytes) {
            Ok(()) => Ok(PublicKey(bytes)),
            Err(reason) => Err(Error::InvalidKey { reason }),
        }
    }
}

/// In Z85.
impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; z85::CHARACTERS];
        z85::encode(&self.0, &mut text);
        f.pad(&String::from_utf8_lossy(&text))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}
