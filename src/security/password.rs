//! A password.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::constant_time::is_equal;
use super::secret_file;
use crate::error::{Error, Result};

/// A password of 1 to 255 bytes, for [`Plain`](super::Plain).
///
/// Its memory is wiped when its last clone is dropped, comparing takes the same time whatever is compared,
/// and `Debug` does not show it. libzmq keeps a copy of its own as long as a socket lives.
///
/// # Examples
///
/// ```
/// use zeroless::security::Password;
///
/// let password = Password::new("correct horse battery staple")?;
/// assert_eq!(format!("{password:?}"), "Password(..)");
/// assert!(Password::new("").is_err());
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Clone)]
pub struct Password(Arc<Zeroizing<Padded>>);

/// The number of bytes, the bytes, and zeros: the number of bytes that are compared tells nothing.
type Padded = [u8; 256];

/// How many bytes a password may have: the protocol (RFC 24) counts them in one byte.
const LONGEST: usize = 255;

impl Password {
    /// A password of this text.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidOption`] if it is empty, has more than 255 bytes, or ends with a newline, as
    /// one does that was read from a file.
    ///
    /// ```
    /// use zeroless::security::Password;
    ///
    /// let password = Password::new("secret")?;
    /// // From an environment variable:
    /// let password = std::env::var("JOBS_PASSWORD").map(Password::new);
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn new(text: impl AsRef<str>) -> Result<Password> {
        let bytes = text.as_ref().as_bytes();
        if bytes.is_empty() {
            return invalid("it is empty".to_owned());
        }
        if bytes.ends_with(b"\n") {
            return invalid("it ends with a newline: trim it".to_owned());
        }
        let mut password = Arc::new(Zeroizing::new([0; 256]));
        let padded = Arc::make_mut(&mut password);
        match pad(bytes, padded) {
            true => Ok(Password(password)),
            false => invalid(format!(
                "it has {} bytes, and {LONGEST} at most",
                bytes.len()
            )),
        }
    }

    /// Reads a password from the first line of a file.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if the file cannot be read, or if its group or others can read or write
    /// it. As [`new`](Password::new) for the line.
    ///
    /// ```
    /// use std::fs::{self, Permissions};
    /// use std::os::unix::fs::PermissionsExt;
    /// use zeroless::security::Password;
    ///
    /// # let folder = std::env::temp_dir().join(format!("zeroless-password-{}", std::process::id()));
    /// # fs::create_dir_all(&folder).unwrap();
    /// # let path = folder.join("password");
    /// fs::write(&path, "secret\n").unwrap();
    /// fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    /// assert_eq!(Password::load(&path)?, Password::new("secret")?);
    /// # fs::remove_dir_all(&folder).unwrap();
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn load(path: impl AsRef<Path>) -> Result<Password> {
        let path = path.as_ref();
        let file = secret_file::read(path)?;
        file.check_private(path)?;
        let line = file.bytes.split(|byte| *byte == b'\n').next();
        let line = line.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        match std::str::from_utf8(line.unwrap_or_default()) {
            Ok(line) => Password::new(line),
            Err(_) => Err(secret_file::error(path, "its first line is not UTF-8 text")),
        }
    }

    /// Whether these are its bytes, in the same time for all bytes.
    pub(crate) fn matches(&self, bytes: &[u8]) -> bool {
        let mut padded = Zeroizing::new([0; 256]);
        let fits = pad(bytes, &mut padded);
        is_equal(&self.0, &padded) & fits
    }

    pub(crate) fn as_str(&self) -> &str {
        let [length, bytes @ ..] = &**self.0;
        // It was made of text.
        std::str::from_utf8(&bytes[..usize::from(*length)]).unwrap_or_default()
    }
}

/// Writes the number of bytes and the bytes; false if there are too many.
fn pad(bytes: &[u8], padded: &mut Padded) -> bool {
    let Ok(length) = u8::try_from(bytes.len()) else {
        return false;
    };
    padded[0] = length;
    padded[1..=bytes.len()].copy_from_slice(bytes);
    true
}

fn invalid(reason: String) -> Result<Password> {
    Err(Error::InvalidOption {
        option: "password",
        reason,
    })
}

/// In the same time for all passwords.
impl PartialEq for Password {
    fn eq(&self, other: &Password) -> bool {
        is_equal(&self.0, &other.0)
    }
}

impl Eq for Password {}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_has_1_to_255_bytes() {
        for length in [1, 2, 254, 255] {
            let text = "x".repeat(length);
            let password = Password::new(&text).unwrap();
            assert_eq!(password.as_str(), text);
        }
        for (text, reason) in [
            (String::new(), "it is empty"),
            ("x".repeat(256), "it has 256 bytes, and 255 at most"),
            ("é".repeat(128), "it has 256 bytes, and 255 at most"),
            ("secret\n".to_owned(), "it ends with a newline: trim it"),
        ] {
            let error = Password::new(text).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("invalid option password: {reason}")
            );
        }
    }

    #[test]
    fn a_password_matches_its_bytes_alone() {
        let password = Password::new("secret").unwrap();
        assert!(password.matches(b"secret"));
        for other in [&b""[..], b"secre", b"secret\0", b"Secret", &[b's'; 256]] {
            assert!(!password.matches(other));
        }
        assert_eq!(password, Password::new("secret").unwrap());
        assert_ne!(password, Password::new("secret ").unwrap());
    }
}
