//! The identity of a peer, by which it is sent to.

use std::borrow::Borrow;
use std::fmt;

use smallvec::SmallVec;

/// The identity of a peer of a [`Router`](crate::Router): some bytes.
///
/// A peer sets it with [`Options::identity`](crate::Options::identity), in other languages with
/// `ZMQ_ROUTING_ID` (once `ZMQ_IDENTITY`). For one that has set none the router makes one up, of a zero byte and four
/// more, for as long as its connection lasts.
///
/// It is shown as text where it is text, and in hexadecimal where it is not, cut after 255 bytes.
///
/// # Examples
///
/// ```
/// use zeroless::PeerId;
///
/// let peer = PeerId::from("worker-1");
/// assert_eq!(peer.as_bytes(), b"worker-1");
/// assert_eq!(peer.to_string(), "worker-1");
/// assert_eq!(PeerId::from([0, 1, 2, 3, 4]).to_string(), "0x0001020304");
/// ```
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
#[doc(alias = "identity")]
#[doc(alias = "routing_id")]
pub struct PeerId(SmallVec<[u8; INLINE]>);

/// How many bytes are kept inline: no more would fit without making it larger.
const INLINE: usize = 16;

/// The most bytes that an identity should have (RFC 23). libzmq takes longer ones from peers.
const LONGEST: usize = 255;

impl PeerId {
    /// The bytes.
    ///
    /// ```
    /// assert_eq!(zeroless::PeerId::from("worker").as_bytes(), b"worker");
    /// ```
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether it can be one's own; if not, why.
    pub(crate) fn check_own(&self) -> Result<(), &'static str> {
        match self.as_bytes() {
            [] => Err("it is empty; without one, each peer makes one up"),
            [0, ..] => Err("it begins with a zero byte, as those do that peers make up"),
            bytes if bytes.len() > LONGEST => Err("255 bytes at most"),
            _ => Ok(()),
        }
    }
}

impl Clone for PeerId {
    fn clone(&self) -> PeerId {
        PeerId::from(self.as_bytes())
    }
}

impl AsRef<[u8]> for PeerId {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

/// A map with identities as its keys is looked up by bytes, too.
impl Borrow<[u8]> for PeerId {
    fn borrow(&self) -> &[u8] {
        self.as_bytes()
    }
}

macro_rules! peer_id_from {
    ($([$($generics:tt)*] $from:ty;)*) => {$(
        /// Copies the bytes.
        impl<$($generics)*> From<$from> for PeerId {
            fn from(value: $from) -> PeerId {
                let bytes: &[u8] = value.as_ref();
                PeerId(SmallVec::from_slice(bytes))
            }
        }
    )*};
}

peer_id_from! {
    ['a] &'a [u8];
    ['a] &'a str;
    ['a, const N: usize] &'a [u8; N];
    [const N: usize] [u8; N];
    [] String;
    [] Vec<u8>;
    ['a] &'a PeerId;
}

impl PartialEq<[u8]> for PeerId {
    fn eq(&self, other: &[u8]) -> bool {
        self.as_bytes() == other
    }
}

impl PartialEq<str> for PeerId {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<&str> for PeerId {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl fmt::Display for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.as_bytes();
        let shown = &all[..all.len().min(LONGEST)];
        match std::str::from_utf8(shown) {
            Ok(text) if !text.is_empty() && !text.contains(char::is_control) => {
                f.write_str(text)?
            }
            _ => {
                f.write_str("0x")?;
                let mut bytes = shown.iter();
                bytes.try_for_each(|byte| write!(f, "{byte:02x}"))?;
            }
        }
        match all.len() > shown.len() {
            true => write!(f, "… ({} bytes)", all.len()),
            false => Ok(()),
        }
    }
}

impl fmt::Debug for PeerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PeerId({self})")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};

    use super::*;

    #[test]
    fn an_identity_is_its_bytes() {
        let long = vec![7; 255];
        for bytes in [&b""[..], b"a", b"0123456789abcdef0", &long] {
            let peer = PeerId::from(bytes);
            assert_eq!((peer.as_bytes(), &peer.clone()), (bytes, &peer));
            assert_eq!(peer, *bytes);
            let named = HashMap::from([(peer, 1)]);
            assert_eq!(named.get(bytes), Some(&1));
        }
        let sorted: BTreeSet<PeerId> = ["b", "a", "aa"].map(PeerId::from).into();
        let sorted: Vec<String> = sorted.iter().map(PeerId::to_string).collect();
        assert_eq!(sorted, ["a", "aa", "b"]);
    }

    #[test]
    fn text_is_shown_as_text_and_all_else_in_hexadecimal() {
        for (bytes, shown) in [
            (&b"worker 1"[..], "worker 1"),
            ("\u{fc}".as_bytes(), "\u{fc}"),
            (b"\0\x01\xfe", "0x0001fe"),
            (b"a\x1b[2J", "0x611b5b324a"),
            (b"\xff", "0xff"),
            (b"", "0x"),
        ] {
            assert_eq!(PeerId::from(bytes).to_string(), shown);
            assert_eq!(
                format!("{:?}", PeerId::from(bytes)),
                format!("PeerId({shown})")
            );
        }
    }

    #[test]
    fn a_long_name_of_a_peer_is_cut_where_it_is_shown() {
        let long = PeerId::from("a".repeat(100_000)).to_string();
        assert_eq!(long, format!("{}… (100000 bytes)", "a".repeat(255)));
    }

    #[test]
    fn not_every_identity_can_be_ones_own() {
        for (bytes, good) in [
            (vec![], false),
            (vec![0], false),
            (vec![0, 1, 2, 3, 4], false),
            (vec![1], true),
            (vec![255; 255], true),
            (vec![255; 256], false),
        ] {
            assert_eq!(
                PeerId::from(bytes.clone()).check_own().is_ok(),
                good,
                "{bytes:?}"
            );
        }
    }
}
