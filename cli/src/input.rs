//! What is sent: texts of the command line, a file, or stdin.

mod splitter;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::fd::AsFd;
use std::time::Instant;

use zeroless::Message;

use crate::args::TrafficArgs;
use crate::exit::Exit;
use crate::format::{Format, Separators};
use crate::interrupt::Interrupt;
use splitter::{Cut, Splitter};

/// How much is read at once; also the size of the blocks of `raw`.
const BLOCK: usize = 64 << 10;

/// Messages to be sent, one after the other.
#[derive(Debug)]
pub(crate) struct Input {
    source: Source,
    format: Format,
    separators: Separators,
    parts: usize,
    /// How many inputs were read, to say in which one a mistake is.
    inputs: u64,
}

#[derive(Debug)]
enum Source {
    Texts {
        all: Vec<String>,
        left: VecDeque<String>,
    },
    Reader(Reader),
}

/// A file or stdin, and what was read of it.
#[derive(Debug)]
struct Reader {
    file: File,
    splitter: Splitter,
    buffer: Vec<u8>,
    start: usize,
    /// Up to where no end of an input was found.
    searched: usize,
    ended: bool,
}

/// What a reader finds.
enum Found {
    Item(Vec<u8>),
    End,
    Late,
}

/// What comes next.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "moved once, where a box would be made for each message"
)]
pub(crate) enum Next {
    /// This message.
    Message(Message),
    /// Nothing more.
    End,
    /// Nothing until the deadline.
    Late,
}

impl Input {
    pub(crate) fn new(args: &TrafficArgs, separators: &Separators) -> Result<Input, Exit> {
        let is_split = args.null || args.delimiter.is_some() || args.input != Format::Text;
        let whole = args.stdin || args.file.is_some() && !is_split;
        let source = match &args.file {
            _ if !args.message.is_empty() => Source::Texts {
                all: args.message.clone(),
                left: args.message.iter().cloned().collect(),
            },
            Some(path) => {
                let file = File::open(path);
                let file = file
                    .map_err(|error| Exit::failed(format_args!("{}: {error}", path.display())))?;
                Source::Reader(Reader::new(file, args.input, whole, separators))
            }
            None => {
                let stdin = io::stdin().as_fd().try_clone_to_owned();
                let stdin = stdin.map_err(|error| Exit::failed(format_args!("stdin: {error}")))?;
                Source::Reader(Reader::new(stdin.into(), args.input, whole, separators))
            }
        };
        Ok(Input {
            source,
            format: args.input,
            separators: separators.clone(),
            parts: args
                .parts
                .map_or(1, |parts| parts.try_into().unwrap_or(usize::MAX)),
            inputs: 0,
        })
    }

    /// How many bytes there are in all, if it is a file.
    pub(crate) fn file_length(&self) -> Option<u64> {
        match &self.source {
            Source::Reader(reader) => {
                let known = reader.file.metadata().ok();
                known.filter(|it| it.is_file()).map(|it| it.len())
            }
            Source::Texts { .. } => None,
        }
    }

    /// Begins anew.
    pub(crate) fn rewind(&mut self) -> Result<(), Exit> {
        match &mut self.source {
            Source::Texts { all, left } => *left = all.iter().cloned().collect(),
            Source::Reader(reader) => {
                let rewound = reader.file.rewind();
                rewound.map_err(|error| {
                    Exit::failed(format_args!("--repeat reads the input again: {error}"))
                })?;
                reader.ended = false;
            }
        }
        Ok(())
    }

    /// The next message, waiting for it until the deadline.
    pub(crate) fn next(
        &mut self,
        interrupt: &Interrupt,
        deadline: Option<Instant>,
    ) -> Result<Next, Exit> {
        let mut message: Option<Message> = None;
        for part in 0..self.parts {
            let found = match &mut self.source {
                Source::Texts { left, .. } => match left.pop_front() {
                    Some(text) => Found::Item(text.into_bytes()),
                    None => Found::End,
                },
                Source::Reader(reader) => reader.next(interrupt, deadline)?,
            };
            let item = match found {
                Found::Item(item) => item,
                Found::Late => return Ok(Next::Late),
                Found::End if part == 0 => return Ok(Next::End),
                Found::End => {
                    let parts = self.parts;
                    return Err(Exit::failed(format_args!(
                        "the input ends with {part} of the {parts} parts of a message"
                    )));
                }
            };
            self.inputs += 1;
            let decoded = match self.format {
                // Not copied once more.
                Format::Text if self.separators.part.is_none() => item.into(),
                Format::Raw => item.into(),
                _ => self.decode(&item)?,
            };
            match &mut message {
                None => message = Some(decoded),
                Some(message) => message.extend(decoded),
            }
        }
        Ok(message.map_or(Next::End, Next::Message))
    }

    fn decode(&self, item: &[u8]) -> Result<Message, Exit> {
        let decoded = self.format.decode(item, &self.separators);
        decoded.map_err(|mistake| Exit::failed(format_args!("input {}: {mistake}", self.inputs)))
    }
}

impl Reader {
    fn new(file: File, format: Format, whole: bool, separators: &Separators) -> Reader {
        Reader {
            file,
            splitter: match format {
                _ if whole => Splitter::Whole,
                Format::Raw => Splitter::Blocks(BLOCK),
                Format::Frames => Splitter::Frames,
                _ => Splitter::Ends(separators.end.clone()),
            },
            buffer: Vec::new(),
            start: 0,
            searched: 0,
            ended: false,
        }
    }

    /// Reads until there is an input, or the end.
    fn next(&mut self, interrupt: &Interrupt, deadline: Option<Instant>) -> Result<Found, Exit> {
        loop {
            let bytes = &self.buffer[self.start..];
            let cut = self.splitter.cut(bytes, self.searched);
            match cut.map_err(Exit::Failed)? {
                Cut::At { length, skipped } => return Ok(Found::Item(self.take(length, skipped))),
                Cut::Unknown if !self.ended => self.searched = self.splitter.searched(bytes.len()),
                Cut::Unknown if bytes.is_empty() => return Ok(Found::End),
                Cut::Unknown => return Ok(Found::Item(self.take(bytes.len(), 0))),
            }
            if !interrupt.wait(Some(self.file.as_fd()), deadline)? {
                return Ok(Found::Late);
            }
            self.fill()?;
        }
    }

    fn fill(&mut self) -> Result<(), Exit> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let before = self.buffer.len();
        self.buffer.resize(before + BLOCK, 0);
        let read = loop {
            match self.file.read(&mut self.buffer[before..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Exit::failed(format_args!("reading: {error}"))),
                Ok(read) => break read,
            }
        };
        self.buffer.truncate(before + read);
        self.ended = read == 0;
        Ok(())
    }

    fn take(&mut self, length: usize, skipped: usize) -> Vec<u8> {
        self.searched = 0;
        if self.start == 0 && self.buffer.len() == length {
            return std::mem::take(&mut self.buffer);
        }
        let item = self.buffer[self.start..self.start + length].to_vec();
        self.start += length + skipped;
        item
    }
}
