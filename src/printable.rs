//! Texts of others as a terminal may have them.

use std::fmt::{self, Write};

/// Shows a text that may be anybody's: what would disturb a terminal is escaped, line breaks and tabs aside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printable<T>(pub(crate) T);

impl<T: fmt::Display> fmt::Display for Printable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

struct Escaping<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let is_harmful = |c: char| c.is_control() && c != '\n' && c != '\t';
        for part in text.split_inclusive(is_harmful) {
            match part.char_indices().next_back() {
                Some((place, last)) if is_harmful(last) => {
                    self.0.write_str(&part[..place])?;
                    write!(self.0, "{}", last.escape_default())?;
                }
                _ => self.0.write_str(part)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_disturb_a_terminal_is_escaped_and_nothing_else() {
        for (text, shown) in [
            ("", ""),
            ("l\u{f6}sen\n\t`x`", "l\u{f6}sen\n\t`x`"),
            ("\u{1b}[31mred\u{7}", "\\u{1b}[31mred\\u{7}"),
            ("\r\u{9b}2J\0", "\\r\\u{9b}2J\\u{0}"),
        ] {
            assert_eq!(Printable(text).to_string(), shown);
        }
    }
}
