//! The bodies of the fuzz targets: frames as they may come from anybody.

mod net_node;
#[cfg(test)]
mod tests;

use super::wire::{ArrayHeader, Header};
pub use net_node::net_node;

/// Does something, and tells how many bytes were allocated meanwhile, at the peak.
pub type Allocated = fn(&mut dyn FnMut()) -> usize;

/// How many bytes a byte of a frame may cost, at most: a text without characters has a length of one byte, and a handle,
/// in a list that grows by doubling and is copied then.
const COST: usize = 3 * size_of::<(String, String)>();

/// A first frame of a message or of a link; and the first frame of an array.
pub fn frame(frame: &[u8], allocated: Allocated) {
    let mut decoded = None;
    let bytes = allocated(&mut || decoded = Header::decode(frame).ok());
    let most = COST * frame.len() + 512;
    assert!(bytes <= most, "{bytes} bytes for {}", frame.len());
    if let Some(header) = decoded {
        assert_eq!(header.encode().as_deref(), Ok(frame), "{header:?}");
    }
    if let Ok(array) = ArrayHeader::decode(frame) {
        assert_eq!(array.encode().as_deref(), Ok(frame), "{array:?}");
        let _ = array.item_size(frame.len());
    }
}
