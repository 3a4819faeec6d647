//! Which JSON can be read without damage: that of numbers and texts that Rust's types can hold.
//!
//! Python sends integers of any size, which a reader without `arbitrary_precision` takes for floats, halves of surrogate
//! pairs, which are not text, and numbers that are none. They are refused before anything is read.

use thiserror::Error;

/// The part of a JSON text that would be damaged by reading it.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum Inexact {
    #[error("the integer {0} has more than 64 bits; send it as a text")]
    Integer(String),
    #[error("the number {0} is beyond those of 64 bits; send it as a text")]
    Float(String),
    #[error("a text has half of a surrogate pair (\\u{0:04x})")]
    Surrogate(u16),
    #[error("JSON has no number {0}")]
    NotFinite(&'static str),
}

/// Looks at each number and text of a JSON whose syntax is right; words that Python has for numbers may be in it.
pub(crate) fn check(json: &str) -> Result<(), Inexact> {
    let mut rest = json.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = match first {
            b'"' => check_text(after)?,
            b'N' => return Err(Inexact::NotFinite("NaN")),
            b'I' => return Err(Inexact::NotFinite("Infinity")),
            b'-' if after.starts_with(b"I") => return Err(Inexact::NotFinite("-Infinity")),
            b'-' | b'0'..=b'9' => check_number(rest)?,
            _ => after,
        };
    }
    Ok(())
}

/// Checks the number at the beginning; gives what follows it.
fn check_number(json: &[u8]) -> Result<&[u8], Inexact> {
    let is_of_it = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    let length = json.iter().take_while(|byte| is_of_it(byte)).count();
    let (number, after) = json.split_at(length);
    let number = String::from_utf8_lossy(number);
    let shown = || number.chars().take(40).collect();
    if is_integer(&number) {
        if number.parse::<i64>().is_err() && number.parse::<u64>().is_err() {
            return Err(Inexact::Integer(shown()));
        }
    } else if !number.parse::<f64>().is_ok_and(f64::is_finite) {
        return Err(Inexact::Float(shown()));
    }
    Ok(after)
}

/// Whether a JSON number is an integer, as Python reads it.
pub(crate) fn is_integer(number: &str) -> bool {
    !number.contains(['.', 'e', 'E'])
}

/// Checks the text whose quotation mark was just read; gives what follows it.
fn check_text(mut json: &[u8]) -> Result<&[u8], Inexact> {
    loop {
        let special = json.iter().position(|byte| matches!(byte, b'"' | b'\\'));
        let Some(at) = special else { return Ok(&[]) };
        if json[at] == b'"' {
            return Ok(&json[at + 1..]);
        }
        json = &json[at..];
        let length = match escaped(json) {
            None => 2,
            Some(high @ 0xd800..0xdc00) => match escaped(json.get(6..).unwrap_or_default()) {
                Some(0xdc00..0xe000) => 12,
                _ => return Err(Inexact::Surrogate(high)),
            },
            Some(low @ 0xdc00..0xe000) => return Err(Inexact::Surrogate(low)),
            Some(_) => 6,
        };
        json = json.get(length..).unwrap_or_default();
    }
}

/// The number of a `\u` escape at the beginning.
fn escaped(json: &[u8]) -> Option<u16> {
    let digits = json.strip_prefix(b"\\u")?.get(..4)?;
    u16::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_64_bits_are_exact_and_larger_ones_are_not() {
        for exact in [
            "0",
            "[-9223372036854775808, 18446744073709551615]",
            "{\"a\": 1e100, \"b\": -0.0, \"c\": 5e-324}",
            "\"18446744073709551616\"",
        ] {
            assert_eq!(check(exact), Ok(()), "{exact}");
        }
        for integer in ["18446744073709551616", "-9223372036854775809"] {
            let list = format!("[1, {integer}]");
            assert_eq!(check(&list), Err(Inexact::Integer(integer.to_owned())));
        }
        assert_eq!(check("1e400"), Err(Inexact::Float("1e400".to_owned())));
        for word in ["NaN", "Infinity", "-Infinity"] {
            let object = format!("{{\"NaN\": {word}}}");
            assert_eq!(check(&object), Err(Inexact::NotFinite(word)));
        }
    }

    #[test]
    fn surrogates_come_in_pairs() {
        for exact in [
            r#""\ud83d\ude00""#,
            r#""\\ud800""#,
            r#"["\u00e4\"", "\\"]"#,
            r#"{"\uD83D\uDE00": "x"}"#,
        ] {
            assert_eq!(check(exact), Ok(()), "{exact}");
        }
        for (half, code) in [
            (r#""\ud800""#, 0xd800),
            (r#""\udc00""#, 0xdc00),
            (r#""\ud800\u0041""#, 0xd800),
            (r#"{"\uDBFF": 1}"#, 0xdbff),
            (r#""\ud83d x \ude00""#, 0xd83d),
        ] {
            assert_eq!(check(half), Err(Inexact::Surrogate(code)), "{half}");
        }
    }
}
