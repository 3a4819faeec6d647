//! Arrays of numbers, as NumPy has them.

mod dtype;
#[cfg(test)]
mod tests;

use thiserror::Error;

pub(crate) use dtype::Dtype;

/// Items of one type, in a grid of any number of dimensions: their bytes, in C's order. Without dimensions there is one
/// item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Array {
    dtype: Dtype,
    shape: Vec<u32>,
    bytes: Vec<u8>,
}

/// How many dimensions an array has, at most: as many as in all versions of NumPy.
pub(crate) const MAX_DIMENSIONS: usize = 32;

/// Why something is not an array.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum NotAnArray {
    #[error("the dtype {0:?} is not known")]
    UnknownDtype(String),
    #[error(
        "its items are Python's objects, which cannot be sent: give it a dtype of numbers or texts"
    )]
    Objects,
    #[error("it has {0} dimensions, and at most {MAX_DIMENSIONS} are known")]
    ManyDimensions(usize),
    #[error("it has {items} items of {item_size} bytes, and {bytes} bytes")]
    Size {
        items: u64,
        item_size: usize,
        bytes: usize,
    },
}

impl Array {
    /// An array of such items, whose bytes must be as many as those of the shape have.
    pub(crate) fn new(dtype: Dtype, shape: Vec<u32>, bytes: Vec<u8>) -> Result<Array, NotAnArray> {
        if shape.len() > MAX_DIMENSIONS {
            return Err(NotAnArray::ManyDimensions(shape.len()));
        }
        let items = items(&shape);
        let item_size = dtype.item_size();
        if items.and_then(|items| items.checked_mul(item_size as u64)) != Some(bytes.len() as u64) {
            return Err(NotAnArray::Size {
                items: items.unwrap_or(u64::MAX),
                item_size,
                bytes: bytes.len(),
            });
        }
        Ok(Array {
            dtype,
            shape,
            bytes,
        })
    }

    pub(crate) fn dtype(&self) -> &Dtype {
        &self.dtype
    }

    pub(crate) fn shape(&self) -> &[u32] {
        &self.shape
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// How many items an array of this shape has, if they can be counted.
pub(crate) fn items(shape: &[u32]) -> Option<u64> {
    // A dimension that is 0 makes all 0, however large the others are.
    match shape.contains(&0) {
        true => Some(0),
        false => shape
            .iter()
            .try_fold(1_u64, |items, dim| items.checked_mul(u64::from(*dim))),
    }
}
