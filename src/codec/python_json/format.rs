//! How Python's `json.dumps` spells what is in a value.

use std::io::{self, Write};

use serde_json::ser::Formatter;

/// With `, ` and `: ` between, ASCII alone, and floats as Python's `repr` has them.
#[derive(Debug, Clone, Copy)]
pub(super) struct PythonFormat;

fn separate(writer: &mut (impl Write + ?Sized), first: bool) -> io::Result<()> {
    match first {
        true => Ok(()),
        false => writer.write_all(b", "),
    }
}

impl Formatter for PythonFormat {
    fn begin_array_value<W: Write + ?Sized>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        separate(writer, first)
    }

    fn begin_object_key<W: Write + ?Sized>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        separate(writer, first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_string_fragment<W: Write + ?Sized>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let is_plain = |byte: &u8| matches!(byte, b' '..=b'~');
        let mut rest = fragment;
        while !rest.is_empty() {
            let plain = rest.bytes().take_while(is_plain).count();
            let (before, after) = rest.split_at(plain);
            writer.write_all(before.as_bytes())?;
            let mut characters = after.chars();
            if let Some(character) = characters.next() {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
            rest = characters.as_str();
        }
        Ok(())
    }

    fn write_f32<W: Write + ?Sized>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        write_float(writer, &format!("{value:e}"))
    }

    fn write_f64<W: Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        write_float(writer, &format!("{value:e}"))
    }
}

/// A finite float as `repr` has it, from what Rust writes: `-1.25e-7`.
fn write_float<W: Write + ?Sized>(writer: &mut W, scientific: &str) -> io::Result<()> {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(mantissa) => ("-", mantissa),
        None => ("", mantissa),
    };
    if !(-4..16).contains(&exponent) {
        let mark = if exponent < 0 { '-' } else { '+' };
        let exponent = exponent.unsigned_abs();
        return write!(writer, "{sign}{mantissa}e{mark}{exponent:02}");
    }
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    match usize::try_from(exponent) {
        Ok(exponent) => {
            let (whole, part) = digits.split_at(digits.len().min(exponent + 1));
            let part = if part.is_empty() { "0" } else { part };
            write!(writer, "{sign}{whole:0<0$}.{part}", exponent + 1)
        }
        Err(_) => {
            let zeros = (-exponent - 1) as usize;
            write!(writer, "{sign}0.{:0<zeros$}{digits}", "")
        }
    }
}
