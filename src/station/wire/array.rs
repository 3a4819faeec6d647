//! The first frame of an array's body, which tells what the bytes in the second are.

use super::reader::Reader;
use super::writer::Writer;
use super::{Malformed, Oversized};
use crate::station::array;

/// The type of an array's items and its shape. The items follow in a frame of their own, in C's order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ArrayHeader {
    /// As NumPy writes it, such as `<f4`.
    pub(crate) dtype: String,
    pub(crate) dims: Vec<u32>,
}

/// As long as it can be: a text, a count, and as many dimensions as can be counted.
const MAX: usize = 1 + 255 + 1 + 4 * 255;

impl ArrayHeader {
    pub(crate) fn encode(&self) -> Result<Vec<u8>, Oversized> {
        let mut writer = Writer::default();
        writer.text("dtype", &self.dtype);
        writer.count8("number of dimensions", self.dims.len());
        self.dims.iter().for_each(|dim| writer.u32(*dim));
        writer.finish(MAX)
    }

    pub(crate) fn decode(frame: &[u8]) -> Result<ArrayHeader, Malformed> {
        let mut reader = Reader::new(frame);
        let dtype = reader.text("dtype")?;
        let count = reader.u8("number of dimensions")?;
        let dims = reader.list(count.into(), |reader| reader.u32("dimensions"))?;
        reader.end()?;
        Ok(ArrayHeader { dtype, dims })
    }

    /// How many bytes each item has, of items in so many bytes; `None` if there are no items. Without dimensions there is
    /// one item.
    pub(crate) fn item_size(&self, bytes: usize) -> Result<Option<usize>, Malformed> {
        match array::items(&self.dims) {
            Some(0) if bytes == 0 => Ok(None),
            Some(items) if items > 0 && (bytes as u64).is_multiple_of(items) && bytes > 0 => {
                Ok(Some((bytes as u64 / items) as usize))
            }
            items => Err(Malformed::Items {
                items: items.unwrap_or(u64::MAX),
                bytes,
            }),
        }
    }
}
