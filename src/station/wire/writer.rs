//! Writing a frame, field by field: each that may be too large is named, for the error.

use super::Oversized;
use crate::station::Life;

/// A frame in the making. The first field that is too large is kept, and told at the end.
#[derive(Debug, Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    oversized: Option<Oversized>,
}

impl Writer {
    /// The frame, if it is not longer than this.
    pub(super) fn finish(mut self, max: usize) -> Result<Vec<u8>, Oversized> {
        self.check("frame", self.bytes.len(), max as u64);
        match self.oversized {
            None => Ok(self.bytes),
            Some(oversized) => Err(oversized),
        }
    }

    fn check(&mut self, field: &'static str, size: usize, max: u64) {
        let size = size as u64;
        if size > max {
            self.oversized.get_or_insert(Oversized { field, size, max });
        }
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    pub(super) fn u16(&mut self, value: u16) {
        self.bytes(&value.to_be_bytes());
    }

    pub(super) fn u32(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes());
    }

    pub(super) fn u64(&mut self, value: u64) {
        self.bytes(&value.to_be_bytes());
    }

    pub(super) fn life(&mut self, life: Life) {
        self.bytes(&life.bytes());
    }

    pub(super) fn text(&mut self, field: &'static str, text: &str) {
        self.count8(field, text.len());
        self.bytes(text.as_bytes());
    }

    pub(super) fn long_text(&mut self, field: &'static str, text: &str) {
        self.check(field, text.len(), u16::MAX.into());
        self.u16(text.len() as u16);
        self.bytes(text.as_bytes());
    }

    /// How many things follow, in one byte.
    pub(super) fn count8(&mut self, field: &'static str, count: usize) {
        self.check(field, count, u8::MAX.into());
        self.u8(count as u8);
    }

    /// How many things follow, in four bytes.
    pub(super) fn count32(&mut self, field: &'static str, count: usize) {
        self.check(field, count, u32::MAX.into());
        self.u32(count as u32);
    }

    /// The difference of two numbers, the first of which is not smaller, in four bytes.
    pub(super) fn difference(&mut self, field: &'static str, size: u64) {
        if size > u32::MAX.into() {
            let max = u32::MAX.into();
            self.oversized.get_or_insert(Oversized { field, size, max });
        }
        self.u32(size as u32);
    }
}
