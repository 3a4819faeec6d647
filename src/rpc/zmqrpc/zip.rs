//! Base64 of a zlib stream, as which commands travel.

use std::io::{self, Write};

use base64::Engine;
use flate2::write::ZlibEncoder;
use flate2::{Compression, Decompress, FlushDecompress, Status};

use crate::codec::{MAX_BODY, PYTHON_BASE64};

/// Packs a JSON text.
pub(super) fn zip(json: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(json)?;
    Ok(PYTHON_BASE64.encode(encoder.finish()?).into_bytes())
}

/// Unpacks a JSON text, of at most [`MAX_BODY`] bytes: a few kB can be the zip of a gigabyte. No more memory than that is
/// asked for. Bytes after the end of the stream are passed over, as Python's zlib does.
pub(super) fn unzip(frame: &[u8]) -> Result<Vec<u8>, String> {
    let mut zipped = &PYTHON_BASE64
        .decode(frame)
        .map_err(|error| error.to_string())?[..];
    let mut json = Vec::new();
    let mut stream = Decompress::new(true);
    loop {
        if json.len() == json.capacity() {
            let most = MAX_BODY + 1 - json.len();
            json.reserve_exact(json.len().max(LEAST).min(most));
        }
        let (read, had) = (stream.total_in(), json.len());
        let status = stream.decompress_vec(zipped, &mut json, FlushDecompress::None);
        let status = status.map_err(|error| error.to_string())?;
        zipped = &zipped[(stream.total_in() - read) as usize..];
        if json.len() > MAX_BODY {
            return Err(format!("it unzips to more than {MAX_BODY} bytes"));
        }
        if status == Status::StreamEnd {
            return Ok(json);
        }
        if stream.total_in() == read && json.len() == had {
            return Err("the zlib stream is cut short".to_owned());
        }
    }
}

/// How much is unpacked first.
const LEAST: usize = 4096;

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

    #[test]
    fn a_stream_that_is_cut_short_is_refused_wherever_it_is_cut() {
        let text: Vec<u8> = (0..2000u32).flat_map(u32::to_le_bytes).collect();
        let zipped = PYTHON_BASE64.decode(zip(&text).unwrap()).unwrap();
        for length in 0..zipped.len() {
            let cut = PYTHON_BASE64.encode(&zipped[..length]);
            assert!(unzip(cut.as_bytes()).is_err(), "{length}");
        }
        let more = [&zipped[..], b"more"].concat();
        assert_eq!(unzip(PYTHON_BASE64.encode(more).as_bytes()).unwrap(), text);
    }
}
