//! The identity of a node.

use std::fmt;
use std::io::Read;
use std::str::FromStr;

use crate::error::Result;
use crate::wake::io_error;

/// The identity of a node: 16 random bytes, new with each start.
///
/// Shown as 32 upper-case hexadecimal digits, as zyre and pyre show it.
///
/// ```
/// use zeroless::zre::Uuid;
/// let uuid: Uuid = "1765CD947DFB946BE08C232D90CB65BA".parse()?;
/// assert_eq!(uuid.as_bytes()[0], 0x17);
/// assert_eq!(uuid.to_string(), "1765CD947DFB946BE08C232D90CB65BA");
/// # Ok::<(), zeroless::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid([u8; 16]);

impl Uuid {
    /// The bytes, as they travel in beacons.
    ///
    /// ```
    /// # use zeroless::zre::Uuid;
    /// assert_eq!(Uuid::from([7; 16]).as_bytes(), &[7; 16]);
    /// ```
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// A new one, from the system's random numbers.
    pub(crate) fn random() -> Result<Uuid> {
        let mut bytes = [0; 16];
        std::fs::File::open("/dev/urandom")
            .and_then(|mut random| random.read_exact(&mut bytes))
            .map_err(|error| io_error("making an identity", &error))?;
        Ok(Uuid(bytes))
    }

    /// The identity of a node's DEALER, for the ROUTER at the other end: 1 and the bytes.
    pub(crate) fn to_identity(self) -> [u8; 17] {
        let mut identity = [1; 17];
        identity[1..].copy_from_slice(&self.0);
        identity
    }

    /// The node that has this identity; `None` if no node can have it.
    pub(crate) fn from_identity(identity: &[u8]) -> Option<Uuid> {
        match identity.split_first() {
            Some((1, uuid)) => uuid.try_into().ok().map(Uuid),
            _ => None,
        }
    }
}

impl From<[u8; 16]> for Uuid {
    fn from(bytes: [u8; 16]) -> Uuid {
        Uuid(bytes)
    }
}

/// From 32 hexadecimal digits; fails with [`Error::InvalidUuid`](super::Error::InvalidUuid).
impl FromStr for Uuid {
    type Err = super::Error;

    fn from_str(text: &str) -> Result<Uuid, super::Error> {
        let digits = (text.len() == 32 && text.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .then(|| u128::from_str_radix(text, 16).ok())
            .flatten();
        match digits {
            Some(number) => Ok(Uuid(number.to_be_bytes())),
            None => Err(super::Error::InvalidUuid {
                text: text.chars().take(64).collect(),
            }),
        }
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032X}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_are_seventeen_bytes_that_begin_with_one() {
        let uuid = Uuid::random().unwrap();
        assert_eq!(Uuid::from_identity(&uuid.to_identity()), Some(uuid));
        assert_ne!(uuid, Uuid::random().unwrap());
        for strange in [&b""[..], &[1; 16], &[1; 18], &[0; 17]] {
            assert_eq!(Uuid::from_identity(strange), None);
        }
    }

    #[test]
    fn a_text_without_32_hexadecimal_digits_is_refused() {
        for text in [
            "",
            "12",
            "+765CD947DFB946BE08C232D90CB65BA",
            &"0".repeat(33),
            &"g".repeat(32),
        ] {
            assert!(text.parse::<Uuid>().is_err(), "{text}");
        }
        let small: Uuid = "000000000000000000000000000000ff".parse().unwrap();
        assert_eq!(small.to_string(), "000000000000000000000000000000FF");
    }
}
