//! A pair of keys.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::certificate::Certificate;
use super::{PublicKey, SecretKey, z85};
use crate::error::{Error, Result};
use crate::ffi;

/// A pair of keys of CURVE: a secret key, and the public key that belongs to it.
///
/// Its files are the certificates of pyzmq's `zmq.auth` and czmq's `zcert`, which read ours, as we read theirs.
///
/// # Examples
///
/// ```no_run
/// use zeroless::security::{Keys, PublicKey};
///
/// // Once, on the machine that they are for: ann.key, and ann.key_secret for its owner alone.
/// Keys::generate()?.save("ann.key")?;
///
/// let keys = Keys::load("ann.key")?;
/// let other = PublicKey::load("server.key")?; // the file that was sent to us
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    pub(super) certificate: Arc<Certificate>,
    pub(super) secret: SecretKey,
}

impl Keys {
    /// A new pair, at random. Its public key does not begin with the byte 0, since other programs take such a key for none.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] if the linked libzmq has no CURVE; it says how to get it.
    ///
    /// ```
    /// use zeroless::security::Keys;
    ///
    /// match Keys::generate() {
    ///     Ok(keys) => println!("give this to the others: {}", keys.public()),
    ///     Err(error) => assert!(!zeroless::capabilities()?.curve, "{error}"),
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn generate() -> Result<Keys> {
        check_curve()?;
        loop {
            let keys = Keys::generate_any()?;
            // A program in C that looks at the first byte of a key, to see whether there is one, ignores its owner
            // (docs/ says which does). One pair in 256 is given up for that.
            if keys.public().as_bytes()[0] != 0 {
                return Ok(keys);
            }
        }
    }

    fn generate_any() -> Result<Keys> {
        let (mut public, mut secret) = ([0; z85::CHARACTERS], Zeroizing::new([0; z85::CHARACTERS]));
        ffi::curve_keypair(&mut public, &mut secret).map_err(generating)?;
        Ok(Keys::new(
            public_key(&public)?,
            SecretKey::decode(&*secret).map_err(wrong)?,
        ))
    }

    /// The pair that this secret key belongs to: its public key follows from it.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] if the linked libzmq has no CURVE; it says how to get it.
    ///
    /// ```
    /// use zeroless::security::Keys;
    ///
    /// let secret = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs".parse()?;
    /// if zeroless::capabilities()?.curve {
    ///     let keys = Keys::from_secret(secret)?;
    ///     assert_eq!(keys.public().to_string(), "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID");
    /// }
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn from_secret(secret: SecretKey) -> Result<Keys> {
        check_curve()?;
        Ok(Keys::new(public_of(&secret)?, secret))
    }

    fn new(public: PublicKey, secret: SecretKey) -> Keys {
        Keys {
            certificate: Arc::new(Certificate {
                metadata: Vec::new(),
                public,
                secret: Some(secret.clone()),
            }),
            secret,
        }
    }

    /// The public key, for the others.
    ///
    /// ```no_run
    /// # let keys = zeroless::security::Keys::load("ann.key")?;
    /// println!("{}", keys.public());
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn public(&self) -> PublicKey {
        self.certificate.public
    }

    /// The secret key.
    ///
    /// ```no_run
    /// # let keys = zeroless::security::Keys::load("ann.key")?;
    /// let secret = keys.secret().expose_secret(); // to be stored where it is safe
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn secret(&self) -> &SecretKey {
        &self.secret
    }

    /// An entry of the metadata in the files that the keys were loaded from: people write a name or a role
    /// there. Saving keeps it.
    ///
    /// ```no_run
    /// let keys = zeroless::security::Keys::load("ann.key")?;
    /// println!("the keys of {}", keys.metadata("name").unwrap_or("somebody"));
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn metadata(&self, name: &str) -> Option<&str> {
        let mut entries = self.certificate.metadata.iter();
        let (_, value) = entries.find(|(known, _)| known == name)?;
        Some(value)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("public", &self.public())
            .finish_non_exhaustive()
    }
}

/// An error that says how to get CURVE, where the linked libzmq has none.
pub(super) fn check_curve() -> Result<()> {
    match ffi::has(c"curve") {
        true => Ok(()),
        false => Err(Error::Unsupported {
            what: "CURVE, since the linked libzmq is compiled without it: build with the feature \
                   `curve` (cargo add zeroless --features curve), or link a libzmq of the system \
                   that has it"
                .to_owned(),
        }),
    }
}

/// The public key that belongs to a secret one.
pub(super) fn public_of(secret: &SecretKey) -> Result<PublicKey> {
    let mut public = [0; z85::CHARACTERS];
    ffi::curve_public(&secret.text(), &mut public).map_err(generating)?;
    public_key(&public)
}

fn public_key(text: &[u8; z85::CHARACTERS]) -> Result<PublicKey> {
    String::from_utf8_lossy(text).parse()
}

fn generating(errno: ffi::Errno) -> Error {
    ffi::system("making keys", errno)
}

fn wrong(reason: String) -> Error {
    Error::InvalidKey { reason }
}
