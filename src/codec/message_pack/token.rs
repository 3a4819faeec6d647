//! The beginnings of values in MessagePack.

/// A value, or the beginning of one that has others in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Token<'a> {
    Nil,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    /// A text, which should be UTF-8.
    Text(&'a [u8]),
    Bytes(&'a [u8]),
    /// A list, with so many values after it.
    List(u64),
    /// A map, with so many pairs of values after it.
    Map(u64),
    /// A value of a type that the two ends have agreed on.
    Extension(i8),
}

/// Why bytes do not begin with a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum NoToken {
    EndsEarly,
    /// The byte 0xc1 begins nothing.
    Unused,
}

impl<'a> Token<'a> {
    /// Takes one off the bytes.
    #[inline]
    pub(super) fn take(rest: &mut &'a [u8]) -> Result<Token<'a>, NoToken> {
        let [marker] = array(rest)?;
        Ok(match marker {
            0x00..=0x7f => Token::Unsigned(marker.into()),
            0x80..=0x8f => Token::Map((marker & 0x0f).into()),
            0x90..=0x9f => Token::List((marker & 0x0f).into()),
            0xa0..=0xbf => Token::Text(bytes(rest, (marker & 0x1f).into())?),
            0xc0 => Token::Nil,
            0xc1 => return Err(NoToken::Unused),
            0xc2 | 0xc3 => Token::Bool(marker == 0xc3),
            0xc4 | 0xd9 | 0xc5 | 0xda | 0xc6 | 0xdb => {
                let length = match marker {
                    0xc4 | 0xd9 => u8::from_be_bytes(array(rest)?).into(),
                    0xc5 | 0xda => u16::from_be_bytes(array(rest)?).into(),
                    _ => u32::from_be_bytes(array(rest)?).into(),
                };
                let bytes = bytes(rest, length)?;
                match marker {
                    0xc4..=0xc6 => Token::Bytes(bytes),
                    _ => Token::Text(bytes),
                }
            }
            0xc7..=0xc9 | 0xd4..=0xd8 => {
                let length = match marker {
                    0xc7 => u8::from_be_bytes(array(rest)?).into(),
                    0xc8 => u16::from_be_bytes(array(rest)?).into(),
                    0xc9 => u32::from_be_bytes(array(rest)?).into(),
                    _ => 1 << (marker - 0xd4),
                };
                let kind = i8::from_be_bytes(array(rest)?);
                bytes(rest, length)?;
                Token::Extension(kind)
            }
            0xca => Token::Float(f32::from_be_bytes(array(rest)?).into()),
            0xcb => Token::Float(f64::from_be_bytes(array(rest)?)),
            0xcc => Token::Unsigned(u8::from_be_bytes(array(rest)?).into()),
            0xcd => Token::Unsigned(u16::from_be_bytes(array(rest)?).into()),
            0xce => Token::Unsigned(u32::from_be_bytes(array(rest)?).into()),
            0xcf => Token::Unsigned(u64::from_be_bytes(array(rest)?)),
            0xd0 => Token::Signed(i8::from_be_bytes(array(rest)?).into()),
            0xd1 => Token::Signed(i16::from_be_bytes(array(rest)?).into()),
            0xd2 => Token::Signed(i32::from_be_bytes(array(rest)?).into()),
            0xd3 => Token::Signed(i64::from_be_bytes(array(rest)?)),
            0xdc => Token::List(u16::from_be_bytes(array(rest)?).into()),
            0xdd => Token::List(u32::from_be_bytes(array(rest)?).into()),
            0xde => Token::Map(u16::from_be_bytes(array(rest)?).into()),
            0xdf => Token::Map(u32::from_be_bytes(array(rest)?).into()),
            0xe0..=0xff => Token::Signed(i8::from_be_bytes([marker]).into()),
        })
    }

    /// How many values follow that are in this one.
    #[inline]
    pub(super) fn values(self) -> u64 {
        match self {
            Token::List(values) => values,
            Token::Map(pairs) => 2 * pairs,
            _ => 0,
        }
    }
}

#[inline]
fn array<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], NoToken> {
    let (array, after) = rest.split_first_chunk().ok_or(NoToken::EndsEarly)?;
    *rest = after;
    Ok(*array)
}

#[inline]
fn bytes<'a>(rest: &mut &'a [u8], length: u64) -> Result<&'a [u8], NoToken> {
    let length = usize::try_from(length).map_err(|_| NoToken::EndsEarly)?;
    let (bytes, after) = rest.split_at_checked(length).ok_or(NoToken::EndsEarly)?;
    *rest = after;
    Ok(bytes)
}
