//! Files with secrets: read and written so that nobody else can.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// How many bytes such a file may have.
const LONGEST: usize = 64 * 1024;

/// The bits of reading and writing, for the group and for others.
const BY_OTHERS: u32 = 0o066;

/// A file that was read.
pub(super) struct SecretFile {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    mode: u32,
}

/// The mode of a new file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mode {
    /// For its owner alone.
    Private = 0o600,
    /// For all to read.
    Public = 0o644,
}

impl SecretFile {
    /// Refuses a secret that others can read, or put in the place of the owner's.
    pub(super) fn check_private(&self, path: &Path) -> Result<()> {
        let mode = self.mode & 0o777;
        if mode & BY_OTHERS == 0 {
            return Ok(());
        }
        let command = format!("chmod 600 {}", path.display());
        let reason = format!("it is secret, and its mode {mode:03o} lets others use it: {command}");
        Err(error(path, reason))
    }
}

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<SecretFile> {
    let failed = |failure| error(path, failure);
    // A pipe that nobody writes to is not waited for.
    let file = File::options()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)
        .map_err(failed)?;
    // Of the file that was opened: another may be there meanwhile.
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(error(path, "it is not a regular file"));
    }
    // Of its full size at once: bytes that are moved leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    let read = file.take(LONGEST as u64 + 1).read_to_end(&mut bytes);
    read.map_err(failed)?;
    if bytes.len() > LONGEST {
        return Err(error(path, "it has more than 64 KiB: it is something else"));
    }
    Ok(SecretFile {
        bytes,
        mode: metadata.mode(),
    })
}

/// Writes a new file, which has its mode from the start. One that exists is left as it is, and a link is
/// not followed.
pub(super) fn write_new(path: &Path, mode: Mode, bytes: &[u8]) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(mode as u32);
    let mut file = options.open(path).map_err(|failure| match failure.kind() {
        io::ErrorKind::AlreadyExists => error(
            path,
            "it exists, and is not overwritten: remove it, or choose another name",
        ),
        _ => error(path, failure),
    })?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.map_err(|failure| {
        let _ = fs::remove_file(path);
        error(path, failure)
    })
}

pub(super) fn error(path: &Path, reason: impl ToString) -> Error {
    Error::File {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}
