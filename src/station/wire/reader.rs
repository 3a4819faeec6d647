//! Reading from a frame, field by field: each is named, for the error.

use super::Malformed;
use crate::station::Life;

/// The rest of a frame.
#[derive(Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(frame: &'a [u8]) -> Reader<'a> {
        Reader(frame)
    }

    pub(super) fn take<const N: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Malformed::Short(field))?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn u8(&mut self, field: &'static str) -> Result<u8, Malformed> {
        self.take(field).map(u8::from_be_bytes)
    }

    pub(super) fn u16(&mut self, field: &'static str) -> Result<u16, Malformed> {
        self.take(field).map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self, field: &'static str) -> Result<u32, Malformed> {
        self.take(field).map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self, field: &'static str) -> Result<u64, Malformed> {
        self.take(field).map(u64::from_be_bytes)
    }

    pub(super) fn life(&mut self, field: &'static str) -> Result<Life, Malformed> {
        self.take::<16>(field).map(Life::from)
    }

    /// A byte that is 0 or 1.
    pub(super) fn flag(&mut self, field: &'static str) -> Result<bool, Malformed> {
        match self.u8(field)? {
            0 => Ok(false),
            1 => Ok(true),
            value => Err(Malformed::Value {
                field,
                value: value.into(),
            }),
        }
    }

    /// So many bytes.
    pub(super) fn bytes(&mut self, field: &'static str, len: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self
            .0
            .split_at_checked(len)
            .ok_or(Malformed::Short(field))?;
        self.0 = rest;
        Ok(taken)
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    /// A text after its length, of one byte.
    pub(super) fn text(&mut self, field: &'static str) -> Result<String, Malformed> {
        let len = self.u8(field)?;
        self.text_of(field, len.into())
    }

    /// A text after its length, of two bytes.
    pub(super) fn long_text(&mut self, field: &'static str) -> Result<String, Malformed> {
        let len = self.u16(field)?;
        self.text_of(field, len.into())
    }

    fn text_of(&mut self, field: &'static str, len: usize) -> Result<String, Malformed> {
        let taken = self.bytes(field, len)?;
        let text = std::str::from_utf8(taken).map_err(|_| Malformed::NotText(field))?;
        Ok(text.to_owned())
    }

    /// So many things, one after the other. No room is made before they are there.
    pub(super) fn list<T>(
        &mut self,
        count: u32,
        mut read: impl FnMut(&mut Reader<'a>) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let mut list = Vec::new();
        for _ in 0..count {
            list.push(read(self)?);
        }
        Ok(list)
    }

    /// That it ends here.
    pub(super) fn end(self) -> Result<(), Malformed> {
        match self.0.len() {
            0 => Ok(()),
            left => Err(Malformed::Trailing(left)),
        }
    }
}
