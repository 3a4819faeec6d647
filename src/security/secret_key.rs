//! The secret half of a pair of keys.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::constant_time::is_equal;
use super::z85;
use crate::error::{Error, Result};

/// A secret key of CURVE: 32 bytes that nobody else may know.
///
/// It cannot stand where a public key is wanted, and has no `Display`. Its memory is wiped when its last
/// clone is dropped, and `Debug` does not show it. libzmq keeps a copy of its own as long as a socket lives.
///
/// # Examples
///
/// ```
/// use zeroless::security::SecretKey;
///
/// let secret: SecretKey = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs".parse()?;
/// assert_eq!(format!("{secret:?}"), "SecretKey(..)");
/// assert_eq!(&*secret.expose_secret(), "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs");
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Clone)]
pub struct SecretKey(Arc<Zeroizing<[u8; z85::BYTES]>>);

/// The characters of a secret key.
pub(super) struct SecretText(Zeroizing<[u8; z85::CHARACTERS]>);

impl SecretKey {
    /// Shows the secret: its text in Z85, to be stored where it is safe. The text is wiped when it is dropped.
    ///
    /// ```
    /// # use zeroless::security::SecretKey;
    /// let secret = SecretKey::from(&[7; 32]);
    /// assert_eq!(secret.expose_secret().parse::<SecretKey>()?, secret);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn expose_secret(&self) -> impl Deref<Target = str> + use<> {
        self.text()
    }

    pub(super) fn text(&self) -> SecretText {
        let mut text = SecretText(Zeroizing::new([0; z85::CHARACTERS]));
        z85::encode(&self.0, &mut text.0);
        text
    }

    /// Reads a secret key as it is written in Z85; the error names the mistake.
    pub(super) fn decode(text: &[u8]) -> Result<SecretKey, String> {
        let mut secret = Arc::new(Zeroizing::new([0; z85::BYTES]));
        let bytes = Arc::make_mut(&mut secret);
        z85::decode(text, bytes)?;
        Ok(SecretKey(secret))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; z85::BYTES] {
        &self.0
    }
}

/// A key of these bytes; the caller's own copy of them is not wiped.
impl From<&[u8; 32]> for SecretKey {
    fn from(bytes: &[u8; 32]) -> SecretKey {
        let mut secret = Arc::new(Zeroizing::new([0; z85::BYTES]));
        Arc::make_mut(&mut secret).copy_from_slice(bytes);
        SecretKey(secret)
    }
}

/// Reads a key as it is written in Z85; [`Error::InvalidKey`] names the mistake.
impl FromStr for SecretKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<SecretKey> {
        SecretKey::decode(text.as_bytes()).map_err(|reason| Error::InvalidKey { reason })
    }
}

/// In the same time for all keys.
impl PartialEq for SecretKey {
    fn eq(&self, other: &SecretKey) -> bool {
        is_equal(&self.0, &other.0)
    }
}

impl Eq for SecretKey {}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

impl Deref for SecretText {
    type Target = str;

    fn deref(&self) -> &str {
        // Z85 is ASCII.
        std::str::from_utf8(&*self.0).unwrap_or_default()
    }
}
