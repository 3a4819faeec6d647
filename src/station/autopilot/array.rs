//! Arrays in messages: an object of three members, at any place of a value.
//!
//! autopilot takes the bytes for a chunk of blosc2's first, whatever they are, and can crash of it; and in a chunk it
//! expects a pickle. So a chunk with a pickle is what is written, of a few fixed opcodes. None is ever opened: a pickle can
//! run anything.

use base64::Engine;
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::codec::PYTHON_BASE64;
use crate::station::array::{Array, Dtype, Opaque};

/// An array in a message that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ArrayMember {
    Plain(Array),
    /// In a stream, or with the member `blosc`.
    Packed(Opaque),
}

/// An array to be sent to an autopilot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sendable<'a, T = Vec<u8>>(pub(crate) &'a Array<T>);

/// The members, in the order that autopilot insists on. There may be no other.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    #[serde(rename = "NUMPY_ARRAY")]
    bytes: String,
    #[serde(rename = "DTYPE")]
    dtype: String,
    #[serde(rename = "SHAPE")]
    shape: Vec<u32>,
}

impl<'de> Deserialize<'de> for ArrayMember {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ArrayMember, D::Error> {
        let Members {
            bytes,
            dtype,
            shape,
        } = Members::deserialize(deserializer)?;
        let bytes = PYTHON_BASE64.decode(bytes).map_err(D::Error::custom)?;
        if is_chunk(&bytes) {
            return Ok(ArrayMember::Packed(Opaque {
                dtype,
                dims: shape,
                bytes,
            }));
        }
        let mut array = Array::new(dtype, shape, bytes);
        array.dtype = array.check().map_err(D::Error::custom)?.into_text();
        Ok(ArrayMember::Plain(array))
    }
}

impl<'de> Deserialize<'de> for Array {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Array, D::Error> {
        match ArrayMember::deserialize(deserializer)? {
            ArrayMember::Plain(array) => Ok(array),
            ArrayMember::Packed(_) => Err(D::Error::custom(
                "the array is a pickle in a chunk of blosc2, which is not opened: it can be read as `Opaque`",
            )),
        }
    }
}

impl<'de> Deserialize<'de> for Opaque {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Opaque, D::Error> {
        match ArrayMember::deserialize(deserializer)? {
            ArrayMember::Packed(packed) => Ok(packed),
            ArrayMember::Plain(_) => Err(D::Error::custom(
                "the array is not packed: it can be read as `Array`",
            )),
        }
    }
}

/// Its bytes as they are: as autopilot writes it, and not as it can read it safely.
impl<T: AsRef<[u8]>> Serialize for Array<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members = Members {
            bytes: PYTHON_BASE64.encode(&self.bytes),
            dtype: self.check().map_err(S::Error::custom)?.name(),
            shape: self.dims.clone(),
        };
        members.serialize(serializer)
    }
}

/// How long the header of a chunk is, in blosc2's format: 5.
const HEADER: usize = 32;

/// Whether it is a chunk that ends where it should. The versions are of the format, and of its codec.
fn is_chunk(bytes: &[u8]) -> bool {
    match bytes.first_chunk::<HEADER>() {
        Some([2..=5, 1, .., _]) => {
            let len = bytes.get(12..16).and_then(|len| len.try_into().ok());
            len.map(u32::from_le_bytes) == u32::try_from(bytes.len()).ok()
        }
        _ => false,
    }
}

impl<T: AsRef<[u8]>> Serialize for Sendable<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Sendable(array) = *self;
        let dtype = array.check().map_err(S::Error::custom)?;
        let chunk = pickle(array, &dtype).map(|pickle| chunk(&pickle));
        let chunk = chunk.map_err(S::Error::custom)?;
        let members = Members {
            bytes: PYTHON_BASE64.encode(chunk),
            dtype: dtype.name(),
            shape: array.dims.clone(),
        };
        members.serialize(serializer)
    }
}

/// A chunk that holds these bytes as they are.
fn chunk(bytes: &[u8]) -> Vec<u8> {
    // The format of blosc2 and of its codec, stored as it is, items of one byte.
    const STORED: [u8; 4] = [5, 1, 0x17, 1];
    let len = bytes.len() as u32;
    let mut chunk = Vec::with_capacity(HEADER + bytes.len());
    chunk.extend(STORED);
    // Its size, of a block, and with the header: these are no more than 16 MiB.
    chunk.extend(
        [len, len, len + HEADER as u32]
            .map(u32::to_le_bytes)
            .concat(),
    );
    chunk.resize(HEADER, 0);
    chunk.extend(bytes);
    chunk
}

/// `_frombuffer(bytes, dtype(str), shape, 'C')`, in the opcodes of Python's pickle.
fn pickle<T: AsRef<[u8]>>(array: &Array<T>, dtype: &Dtype) -> Result<Vec<u8>, String> {
    const MOST: usize = crate::codec::MAX_BODY;
    if dtype.has_fields() {
        return Err(format!("autopilot takes no array of {}", dtype.as_str()));
    }
    let bytes = array.bytes.as_ref();
    if bytes.len() > MOST {
        let len = bytes.len();
        return Err(format!(
            "the array has {len} bytes, and at most {MOST} are sent"
        ));
    }
    let mut pickle = b"\x80\x04cnumpy.core.numeric\n_frombuffer\n(".to_vec();
    pickle.push(b'B');
    pickle.extend((bytes.len() as u32).to_le_bytes());
    pickle.extend(bytes);
    pickle.extend(b"cnumpy\ndtype\n\x8c");
    pickle.push(dtype.as_str().len() as u8);
    pickle.extend(dtype.as_str().as_bytes());
    pickle.extend(b"\x85R(");
    for dim in &array.dims {
        let dim = i32::try_from(*dim).map_err(|_| format!("a dimension is {dim}"))?;
        pickle.push(b'J');
        pickle.extend(dim.to_le_bytes());
    }
    pickle.extend(b"t\x8c\x01CtR.");
    Ok(pickle)
}
