//! The bodies of the fuzz targets: each takes any bytes at all, and checks the facts that must hold.

use super::certificate::Certificate;
use super::z85;

/// Does something, and tells how many bytes were allocated meanwhile, at the peak.
pub type Allocated = fn(&mut dyn FnMut()) -> usize;

/// The bytes that an entry of metadata costs beside its text: its handles, in a list that grows by doubling.
const HANDLES: usize = 2 * size_of::<(String, String)>();

/// A text that somebody gives for a key.
pub fn z85(text: &[u8]) {
    let mut bytes = [0; z85::BYTES];
    if z85::decode(text, &mut bytes).is_ok() {
        let mut again = [0; z85::CHARACTERS];
        z85::encode(&bytes, &mut again);
        assert_eq!(again, text);
    }
    // And the other way, from any bytes.
    if let Some((bytes, _)) = text.split_first_chunk() {
        let (mut text, mut again) = ([0; z85::CHARACTERS], [0; z85::BYTES]);
        z85::encode(bytes, &mut text);
        assert_eq!(z85::decode(&text, &mut again), Ok(()));
        assert_eq!(again, *bytes);
    }
}

/// A file that somebody gives for a certificate.
pub fn certificate(file: &[u8], allocated: Allocated) {
    let mut parsed = None;
    let bytes = allocated(&mut || parsed = Certificate::parse(file).ok());
    let entries = file.split(|byte| *byte == b'\n').count();
    let most = 2 * file.len() + HANDLES * entries + 1024;
    assert!(bytes <= most, "{bytes} bytes for {}", file.len());
    let Some(certificate) = parsed else {
        return;
    };
    let public = Certificate {
        secret: None,
        ..certificate.clone()
    };
    assert_eq!(
        Certificate::parse(public.public_text().as_bytes()),
        Ok(public)
    );
    if let Some(text) = certificate.secret_text() {
        assert_eq!(Certificate::parse(text.as_bytes()), Ok(certificate));
    }
}
