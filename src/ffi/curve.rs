//! Keys of CURVE.

use std::ffi::{c_char, c_int};

use zeroize::Zeroizing;

use super::errno::{Errno, check};

/// How many characters of Z85 a key has.
const CHARACTERS: usize = 40;

/// The characters of a key, and the NUL after them.
type KeyText = Zeroizing<[u8; CHARACTERS + 1]>;

unsafe extern "C" {
    /// As in zmq.h; zmq-sys does not export it.
    fn zmq_curve_public(public: *mut c_char, secret: *const c_char) -> c_int;
}

/// Makes a pair of keys; an error where the linked libzmq has no CURVE.
pub(crate) fn curve_keypair(
    public: &mut [u8; CHARACTERS],
    secret: &mut [u8; CHARACTERS],
) -> Result<(), Errno> {
    let mut public_text = KeyText::new([0; CHARACTERS + 1]);
    let mut secret_text = KeyText::new([0; CHARACTERS + 1]);
    // SAFETY: libzmq writes 40 characters and a NUL to each, which have room for them, and keeps neither.
    let code: c_int = unsafe {
        zmq_sys::zmq_curve_keypair(
            public_text.as_mut_ptr().cast::<c_char>(),
            secret_text.as_mut_ptr().cast::<c_char>(),
        )
    };
    check(code)?;
    public.copy_from_slice(&public_text[..CHARACTERS]);
    secret.copy_from_slice(&secret_text[..CHARACTERS]);
    Ok(())
}

/// Gives the public key of a secret one; an error for a text that is not a key, or where the linked libzmq has
/// no CURVE.
pub(crate) fn curve_public(secret: &str, public: &mut [u8; CHARACTERS]) -> Result<(), Errno> {
    if secret.len() != CHARACTERS {
        return Err(libc::EINVAL);
    }
    let mut public_text = KeyText::new([0; CHARACTERS + 1]);
    let mut secret_text = KeyText::new([0; CHARACTERS + 1]);
    secret_text[..CHARACTERS].copy_from_slice(secret.as_bytes());
    // SAFETY: libzmq reads the secret up to its first NUL, which is in its last place at the latest, so that it
    // decodes to 32 bytes at most. It writes 40 characters and a NUL, and keeps neither text.
    let code: c_int = unsafe {
        zmq_curve_public(
            public_text.as_mut_ptr().cast::<c_char>(),
            secret_text.as_ptr().cast::<c_char>(),
        )
    };
    check(code)?;
    public.copy_from_slice(&public_text[..CHARACTERS]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ffi::has;

    #[test]
    fn the_public_key_of_a_pair_follows_from_its_secret_key() {
        let (mut public, mut secret, mut again) = ([0; 40], [0; 40], [0; 40]);
        let made = curve_keypair(&mut public, &mut secret);
        assert_eq!(made.is_ok(), has(c"curve"));
        if made.is_ok() {
            let secret = std::str::from_utf8(&secret).unwrap();
            curve_public(secret, &mut again).unwrap();
            assert_eq!(again, public);
        }
    }

    #[test]
    fn a_text_that_is_not_a_key_is_an_error() {
        let mut public = [0; 40];
        for text in [
            "",
            "0",
            &"0".repeat(39),
            &"0".repeat(41),
            &"\u{7f}".repeat(40),
        ] {
            assert!(curve_public(text, &mut public).is_err(), "{text}");
        }
    }
}
