//! The bodies of the fuzz targets: frames as they may come from anybody.

mod net_node;
#[cfg(test)]
mod tests;

use super::wire::{
    ArrayHeader, BatchItems, Header, append_item, compress, decompressed_size, item_size,
};
pub use net_node::net_node;

/// Does something, and tells how many bytes were allocated meanwhile, at the peak.
pub type Allocated = fn(&mut dyn FnMut()) -> usize;

/// How many bytes a byte of a frame may cost, at most: a text without characters has a length of one byte, and a handle,
/// in a list that grows by doubling and is copied then.
const COST: usize = 3 * size_of::<(String, String)>();

/// How many bytes a byte of a batch may cost: it may be decompressed.
const BATCH_COST: usize = 256;

/// A first frame of a message or of a link; the first frame of an array; and a batch of a stream.
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
    for is_compressed in [false, true] {
        batch(frame, is_compressed, allocated);
    }
}

fn batch(frame: &[u8], is_compressed: bool, allocated: Allocated) {
    let mut read = None;
    let bytes = allocated(&mut || read = BatchItems::read(frame, is_compressed).ok());
    let most = BATCH_COST * frame.len() + 512;
    assert!(bytes <= most, "{bytes} bytes for {}", frame.len());
    let Some(mut items) = read else {
        return;
    };
    let mut written = Vec::new();
    while let Some((kind, body)) = items.next_body() {
        let before = written.len();
        append_item(&mut written, kind, &body);
        assert_eq!(item_size(kind, &body), Ok(written.len() - before));
    }
    match is_compressed {
        true => assert_eq!(decompressed_size(frame), Ok(written.len())),
        false => assert_eq!(written, frame),
    }
    if let Some(compressed) = compress(&written) {
        assert!(BatchItems::read(&compressed, true).is_ok());
    }
}
