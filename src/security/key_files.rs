//! The files of keys.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::certificate::Certificate;
use super::keys::public_of;
use super::secret_file::{self, Mode};
use super::{Keys, PublicKey};
use crate::error::Result;
use crate::ffi;

/// The end of the name of the file that has the secret.
const SECRET: &str = "_secret";

/// The files of a pair.
impl Keys {
    /// Reads a pair from its files, or from that with the secret alone: for `ann.key` it reads
    /// `ann.key_secret`, as pyzmq and czmq name it.
    ///
    /// # Errors
    ///
    /// [`Error::File`](crate::Error::File), with a reason; also if the group or others can read or write the secret, with the
    /// `chmod` to run, or if the public key is not the one of the secret key (which is known where the linked libzmq has
    /// CURVE).
    ///
    /// ```no_run
    /// let keys = zeroless::security::Keys::load("ann.key")?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn load(path: impl AsRef<Path>) -> Result<Keys> {
        let path = path.as_ref();
        let secret_path = match is_secret(path) {
            true => path.to_owned(),
            false => secret_path(path),
        };
        let file = secret_file::read(&secret_path)?;
        let refuse = |reason: String| secret_file::error(&secret_path, reason);
        let certificate = Certificate::parse(&file.bytes).map_err(refuse)?;
        let Some(secret) = certificate.secret.clone() else {
            return Err(refuse(
                "it has no secret-key: it is the file for others".to_owned(),
            ));
        };
        file.check_private(&secret_path)?;
        if ffi::has(c"curve") && public_of(&secret)? != certificate.public {
            return Err(refuse(
                "its public-key is not that of its secret-key".to_owned(),
            ));
        }
        Ok(Keys {
            certificate: Arc::new(certificate),
            secret,
        })
    }

    /// Writes the pair to two new files: for `ann.key`, `ann.key` with the public key, to be given to
    /// others, and `ann.key_secret` with both, which its owner alone can read.
    ///
    /// A file that exists is never overwritten, and a link is not followed: to replace a pair, remove its files
    /// before. If one of the files cannot be written, neither is.
    ///
    /// # Errors
    ///
    /// [`Error::File`](crate::Error::File), with a reason.
    ///
    /// ```
    /// use zeroless::security::{Keys, PublicKey};
    ///
    /// # let folder = std::env::temp_dir().join(format!("zeroless-keys-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder).unwrap();
    /// # let path = folder.join("ann.key");
    /// if zeroless::capabilities()?.curve {
    ///     let keys = Keys::generate()?;
    ///     keys.save(&path)?;
    ///     assert_eq!(Keys::load(&path)?, keys);
    ///     assert_eq!(PublicKey::load(&path)?, keys.public());
    ///     assert!(keys.save(&path).is_err()); // they exist
    /// }
    /// # std::fs::remove_dir_all(&folder).unwrap();
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        if is_secret(path) {
            let reason = "name the file for others, without `_secret` at its end";
            return Err(secret_file::error(path, reason));
        }
        let secret_path = secret_path(path);
        let text = self.certificate.secret_text().unwrap_or_default();
        secret_file::write_new(&secret_path, Mode::Private, text.as_bytes())?;
        let public_text = self.certificate.public_text();
        let written = secret_file::write_new(path, Mode::Public, public_text.as_bytes());
        if written.is_err() {
            let _ = std::fs::remove_file(&secret_path);
        }
        written
    }
}

/// The file of another's key.
impl PublicKey {
    /// Reads the public key in a certificate file: either of the two files that [`Keys::save`](super::Keys::save),
    /// pyzmq's `zmq.auth` or czmq's `zcert` write.
    ///
    /// # Errors
    ///
    /// [`Error::File`](crate::Error::File), with a reason.
    ///
    /// ```no_run
    /// let server = zeroless::security::PublicKey::load("server.key")?;
    /// # Ok::<(), zeroless::Error>(())
    /// ```
    pub fn load(path: impl AsRef<Path>) -> Result<PublicKey> {
        let path = path.as_ref();
        let file = secret_file::read(path)?;
        match Certificate::parse(&file.bytes) {
            Ok(certificate) => Ok(certificate.public),
            Err(reason) => Err(secret_file::error(path, reason)),
        }
    }
}

fn is_secret(path: &Path) -> bool {
    path.to_string_lossy().ends_with(SECRET)
}

fn secret_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(SECRET);
    name.into()
}
