//! Base64 of a zlib stream, as which commands travel.

use std::io::{self, Read, Write};

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use crate::codec::MAX_BODY;

/// As Python decodes: bits that stand for nothing need not be zero.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// Packs a JSON text.
pub(super) fn zip(json: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(json)?;
    Ok(BASE64.encode(encoder.finish()?).into_bytes())
}

/// Unpacks a JSON text, of at most [`MAX_BODY`] bytes: a few kB can be the zip of a gigabyte. Bytes after the end of
/// the stream are passed over, as Python's zlib does.
pub(super) fn unzip(frame: &[u8]) -> Result<Vec<u8>, String> {
    let zipped = BASE64.decode(frame).map_err(|error| error.to_string())?;
    let mut json = Vec::new();
    let mut stream = ZlibDecoder::new(&zipped[..]).take(MAX_BODY as u64 + 1);
    stream.read_to_end(&mut json).map_err(|e| e.to_string())?;
    match json.len() {
        0..=MAX_BODY => Ok(json),
        _ => Err(format!("it unzips to more than {MAX_BODY} bytes")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_back_as_it_was() {
        let text = b"{\"_icmd_\": [\"Echo\", {}]}".repeat(1000);
        assert_eq!(unzip(&zip(&text).unwrap()).unwrap(), text);
        assert_eq!(unzip(&zip(b"").unwrap()).unwrap(), b"");
    }

    #[test]
    fn a_small_zip_of_a_large_text_is_refused() {
        let bomb = zip(&vec![b' '; 50_000_000]).unwrap();
        assert!(bomb.len() < 70_000, "{}", bomb.len());
        let refused = unzip(&bomb).unwrap_err();
        assert!(refused.contains("more than 16777216 bytes"), "{refused}");
        let most = zip(&vec![b' '; MAX_BODY]).unwrap();
        assert_eq!(unzip(&most).unwrap().len(), MAX_BODY);
    }
}
