//! Escapes in texts: `\n`, `\t`, `\r`, `\0`, `\\`, `\"` and `\xHH`.

/// Reads the escape after a backslash: the byte that it stands for, and how many bytes it has.
///
/// # Errors
///
/// What is wrong with it.
pub(super) fn escape(after: &[u8]) -> Result<(u8, usize), String> {
    let short = |byte| Ok((byte, 1));
    match after {
        [b'n', ..] => short(b'\n'),
        [b't', ..] => short(b'\t'),
        [b'r', ..] => short(b'\r'),
        [b'0', ..] => short(0),
        [b'\\', ..] => short(b'\\'),
        [b'"', ..] => short(b'"'),
        [b'x', high, low, ..] => match (digit(*high), digit(*low)) {
            (Some(high), Some(low)) => Ok((high << 4 | low, 3)),
            _ => Err("\\x wants two hexadecimal digits".to_owned()),
        },
        [b'x', ..] => Err("\\x wants two hexadecimal digits".to_owned()),
        [other, ..] => Err(format!(
            "\\{} is not an escape (there are \\n \\t \\r \\0 \\\\ \\\" \\xHH)",
            char::from(*other)
        )),
        [] => Err("a backslash at the end".to_owned()),
    }
}

/// The bytes of a text with escapes.
///
/// # Errors
///
/// What is wrong with it.
pub(crate) fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut rest = text.as_bytes();
    let mut bytes = Vec::new();
    while let [first, after @ ..] = rest {
        rest = after;
        let byte = match first {
            b'\\' => {
                let (byte, length) = escape(after)?;
                rest = &after[length..];
                byte
            }
            other => *other,
        };
        bytes.push(byte);
    }
    Ok(bytes)
}

/// The value of a hexadecimal digit.
pub(super) fn digit(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

/// Writes a byte as two hexadecimal digits.
pub(super) fn push_hex(byte: u8, out: &mut Vec<u8>) {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    out.extend([
        DIGITS[usize::from(byte >> 4)],
        DIGITS[usize::from(byte & 15)],
    ]);
}
