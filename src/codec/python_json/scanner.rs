//! Where the parts of a JSON text begin and end, as Python reads it. Nothing is copied.

use thiserror::Error;

use crate::codec::MAX_DEPTH;

/// Why a text is not JSON, not even for Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum NotJson {
    #[error("its byte {at} is not {expected}")]
    Unexpected { at: usize, expected: &'static str },
    #[error("it ends where {expected} should be")]
    Short { expected: &'static str },
    #[error("at its byte {at} it is in more than {MAX_DEPTH} lists and objects")]
    TooDeep { at: usize },
}

/// The rest of a text.
#[derive(Debug, Clone)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Scanner<'a> {
        Scanner { text, at: 0 }
    }

    /// The next value, as it is written.
    pub(crate) fn value(&mut self) -> Result<&'a str, NotJson> {
        self.skip_space();
        let begin = self.at;
        let mut open = Open::default();
        loop {
            self.skip_space();
            match self.peek() {
                Some(b'{') => {
                    self.at += 1;
                    open.push(true, self.at)?;
                    if !self.skip_if(b'}') {
                        self.key()?;
                        continue;
                    }
                    open.pop();
                }
                Some(b'[') => {
                    self.at += 1;
                    open.push(false, self.at)?;
                    if !self.skip_if(b']') {
                        continue;
                    }
                    open.pop();
                }
                _ => self.scalar()?,
            }
            // What follows a value: the next one, or the end of what it is in.
            loop {
                match open.innermost() {
                    None => return Ok(&self.text[begin..self.at]),
                    Some(_) if self.skip_if(b',') => break,
                    Some(true) => self.expect(b'}', "a comma or the end of an object")?,
                    Some(false) => self.expect(b']', "a comma or the end of a list")?,
                }
                open.pop();
            }
            if open.innermost() == Some(true) {
                self.key()?;
            }
        }
    }

    /// Goes over the members of an object: their keys, with the quotation marks, and their values. Whether it is an
    /// object: otherwise nothing is read.
    pub(crate) fn members<E: From<NotJson>>(
        &mut self,
        mut each: impl FnMut(&'a str, &'a str) -> Result<(), E>,
    ) -> Result<bool, E> {
        if !self.skip_if(b'{') {
            return Ok(false);
        }
        let mut is_first = true;
        while self.has_more(is_first, b'}')? {
            each(self.key()?, self.value()?)?;
            is_first = false;
        }
        Ok(true)
    }

    /// Goes over the items of a list. Whether it is a list: otherwise nothing is read.
    pub(crate) fn items<E: From<NotJson>>(
        &mut self,
        mut each: impl FnMut(&'a str) -> Result<(), E>,
    ) -> Result<bool, E> {
        if !self.enter_list() {
            return Ok(false);
        }
        let mut is_first = true;
        while let Some(item) = self.next_item(is_first)? {
            each(item)?;
            is_first = false;
        }
        Ok(true)
    }

    /// Passes the beginning of a list. Whether it is one.
    pub(super) fn enter_list(&mut self) -> bool {
        self.skip_if(b'[')
    }

    /// The next item of the list that was entered, or its end.
    pub(super) fn next_item(&mut self, is_first: bool) -> Result<Option<&'a str>, NotJson> {
        match self.has_more(is_first, b']')? {
            true => self.value().map(Some),
            false => Ok(None),
        }
    }

    /// Passes what is before the next member or item, if there is one; or the end.
    fn has_more(&mut self, is_first: bool, end: u8) -> Result<bool, NotJson> {
        match is_first {
            true => Ok(!self.skip_if(end)),
            false if self.skip_if(b',') => Ok(true),
            false => self.expect(end, "a comma or an end").map(|()| false),
        }
    }

    /// The key of a member, with its quotation marks; its colon is passed.
    fn key(&mut self) -> Result<&'a str, NotJson> {
        self.skip_space();
        let begin = self.at;
        self.text()?;
        let key = &self.text[begin..self.at];
        self.expect(b':', "a colon")?;
        Ok(key)
    }

    /// That nothing follows.
    pub(crate) fn end(mut self) -> Result<(), NotJson> {
        self.skip_space();
        match self.at == self.text.len() {
            true => Ok(()),
            false => Err(self.unexpected("the end")),
        }
    }

    fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    fn unexpected(&self, expected: &'static str) -> NotJson {
        match self.peek() {
            Some(_) => NotJson::Unexpected {
                at: self.at,
                expected,
            },
            None => NotJson::Short { expected },
        }
    }

    fn skip_space(&mut self) {
        let is_space = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.at += self.rest().iter().take_while(is_space).count();
    }

    /// Passes spaces, and then this byte, if it is there.
    fn skip_if(&mut self, byte: u8) -> bool {
        self.skip_space();
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), NotJson> {
        match self.skip_if(byte) {
            true => Ok(()),
            false => Err(self.unexpected(expected)),
        }
    }

    fn scalar(&mut self) -> Result<(), NotJson> {
        const WORDS: [&str; 6] = ["null", "true", "false", "NaN", "Infinity", "-Infinity"];
        if self.peek() == Some(b'"') {
            return self.text();
        }
        let rest = self.rest();
        match WORDS.iter().find(|it| rest.starts_with(it.as_bytes())) {
            Some(word) => self.at += word.len(),
            None => self.number()?,
        }
        Ok(())
    }

    fn digits(&mut self) -> usize {
        let is_digit = |byte: &&u8| byte.is_ascii_digit();
        let count = self.rest().iter().take_while(is_digit).count();
        self.at += count;
        count
    }

    fn number(&mut self) -> Result<(), NotJson> {
        let begin = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let first = self.peek();
        match self.digits() {
            0 if self.at == begin => return Err(self.unexpected("a value")),
            0 => return Err(self.unexpected("a digit")),
            1 => {}
            count if first == Some(b'0') => {
                self.at -= count - 1;
                return Err(self.unexpected("the end of a number"));
            }
            _ => {}
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.some_digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.some_digits()?;
        }
        Ok(())
    }

    fn some_digits(&mut self) -> Result<(), NotJson> {
        match self.digits() {
            0 => Err(self.unexpected("a digit")),
            _ => Ok(()),
        }
    }

    fn text(&mut self) -> Result<(), NotJson> {
        self.expect(b'"', "a text")?;
        loop {
            let is_plain = |byte: &&u8| !matches!(byte, b'"' | b'\\' | ..b' ');
            self.at += self.rest().iter().take_while(is_plain).count();
            match self.rest() {
                [b'"', ..] => {
                    self.at += 1;
                    return Ok(());
                }
                [b'\\', b'u', digits @ ..] => {
                    self.at += 2;
                    let is_digit = |byte: &&u8| byte.is_ascii_hexdigit();
                    let count = digits.iter().take(4).take_while(is_digit).count();
                    self.at += count;
                    if count < 4 {
                        return Err(self.unexpected("a hexadecimal digit"));
                    }
                }
                [
                    b'\\',
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't',
                    ..,
                ] => self.at += 2,
                [b'\\', ..] => {
                    self.at += 1;
                    return Err(self.unexpected("what may be escaped"));
                }
                _ => return Err(self.unexpected("a character of a text, or its end")),
            }
        }
    }
}

/// The lists and objects that a part is in: a bit each, which is set for an object.
#[derive(Default)]
struct Open {
    depth: usize,
    are_objects: u128,
}

const _: () = assert!(MAX_DEPTH <= 128, "each has a bit");

impl Open {
    fn push(&mut self, is_object: bool, at: usize) -> Result<(), NotJson> {
        if self.depth == MAX_DEPTH {
            return Err(NotJson::TooDeep { at });
        }
        self.depth += 1;
        self.are_objects = self.are_objects << 1 | u128::from(is_object);
        Ok(())
    }

    fn pop(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.are_objects >>= 1;
    }

    /// Whether the innermost is an object, if there is one.
    fn innermost(&self) -> Option<bool> {
        (self.depth > 0).then_some(self.are_objects & 1 == 1)
    }
}
