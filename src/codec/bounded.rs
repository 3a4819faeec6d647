//! A writer that keeps no more bytes than it may, and counts the rest.

use std::io::{self, Write};

use super::BodyError;

/// Bytes up to a size.
#[derive(Debug)]
pub(super) struct Bounded {
    bytes: Vec<u8>,
    size: usize,
    max: usize,
}

impl Bounded {
    pub(super) fn new(max: usize) -> Bounded {
        Bounded {
            bytes: Vec::with_capacity(128),
            size: 0,
            max,
        }
    }

    /// The bytes, if they are not too many.
    pub(super) fn finish(self) -> Result<Vec<u8>, BodyError> {
        match self.size <= self.max {
            true => Ok(self.bytes),
            false => Err(BodyError::too_large(self.size, self.max)),
        }
    }
}

/// It never fails: so the size of a value that is too large is known, and its memory is not needed.
impl Write for Bounded {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.size = self.size.saturating_add(bytes.len());
        if self.size <= self.max {
            self.bytes.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write(bytes).map(|_| ())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
