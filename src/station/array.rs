//! Arrays of numbers, as NumPy has them.

mod dtype;
#[cfg(test)]
mod tests;

use thiserror::Error;

pub(crate) use dtype::Dtype;

/// An array: the type of its items, its shape, and its bytes in C's order.
///
/// As a part of a value it is serialized as autopilot does it; alone it goes [without a copy](crate::station::IntoBody).
///
/// ```
/// use zeroless::station::Array;
///
/// let frame = Array::new("<u2", [2, 3], vec![0_u8; 12]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Array<T = Vec<u8>> {
    /// As NumPy writes it, such as `<f4`; at most 255 bytes.
    pub dtype: String,
    /// Its shape: at most 255 dimensions. Without one it has one item.
    pub dims: Vec<u32>,
    /// Its items.
    pub bytes: T,
}

/// An array of autopilot's that is packed: a pickle in a chunk of blosc2. It is not opened, as a pickle can run anything; whoever
/// trusts its sender may.
///
/// ```
/// use zeroless::station::{Message, Node, Opaque};
///
/// let node = Node::builder("disk").bind("tcp://127.0.0.1:0").start()?;
/// node.listen("FRAME", |frame: Opaque, _: &Message| println!("{} of {:?}", frame.dtype, frame.dims))?;
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opaque {
    /// The type of its items, as its sender wrote it, such as `uint8`.
    pub dtype: String,
    /// Its shape.
    pub dims: Vec<u32>,
    /// The chunk.
    pub bytes: Vec<u8>,
}

/// How many dimensions an array of autopilot's has, at most: as many as in all versions of NumPy.
pub(crate) const MAX_DIMENSIONS: usize = 32;

/// Why something is not an array of NumPy's.
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

impl<T> Array<T> {
    /// An array.
    ///
    /// ```
    /// let matrix = zeroless::station::Array::new("|u1", [2, 2], vec![1, 2, 3, 4]);
    /// assert_eq!(matrix.dims, [2, 2]);
    /// ```
    pub fn new(dtype: impl Into<String>, dims: impl Into<Vec<u32>>, bytes: T) -> Array<T> {
        Array {
            dtype: dtype.into(),
            dims: dims.into(),
            bytes,
        }
    }
}

impl<T: AsRef<[u8]>> Array<T> {
    /// Checks that NumPy has such a type, and that the bytes are as many as those of the shape have.
    pub(crate) fn check(&self) -> Result<Dtype, NotAnArray> {
        let dtype = Dtype::new(&self.dtype)?;
        if self.dims.len() > MAX_DIMENSIONS {
            return Err(NotAnArray::ManyDimensions(self.dims.len()));
        }
        let (items, bytes) = (items(&self.dims), self.bytes.as_ref().len());
        let item_size = dtype.item_size();
        if items.and_then(|items| items.checked_mul(item_size as u64)) != Some(bytes as u64) {
            return Err(NotAnArray::Size {
                items: items.unwrap_or(u64::MAX),
                item_size,
                bytes,
            });
        }
        Ok(dtype)
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
