//! What is printed: data, and nothing else.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;

use zeroless::Message;

use crate::args::TrafficArgs;
use crate::exit::Exit;
use crate::format::{Format, Separators, Template};

/// How much is gathered before it is written, while messages come without a pause.
const GATHERED: usize = 64 << 10;

/// The standard output, and how messages are written to it.
#[derive(Debug)]
pub(crate) struct Output {
    file: File,
    gathered: Vec<u8>,
    format: Format,
    template: Option<Template>,
    separators: Separators,
    written: u64,
}

impl Output {
    pub(crate) fn new(args: &TrafficArgs, separators: &Separators) -> Result<Output, Exit> {
        let template = args.format.as_deref().map(Template::parse).transpose();
        Ok(Output {
            file: stdout()?,
            gathered: Vec::new(),
            format: args.output,
            template: template.map_err(|mistake| Exit::usage(format_args!("-F: {mistake}")))?,
            separators: separators.clone(),
            written: 0,
        })
    }

    /// Whether messages must tell where they came from.
    pub(crate) fn names_peer(&self) -> bool {
        self.template.as_ref().is_some_and(Template::names_peer)
    }

    /// Prints a message, now or at the next [`flush`](Self::flush).
    pub(crate) fn write(&mut self, message: &Message) -> Result<(), Exit> {
        self.written += 1;
        let (separators, gathered) = (&self.separators, &mut self.gathered);
        match &self.template {
            Some(template) => template.encode(message, self.written, separators, gathered),
            None => self.format.encode(message, separators, gathered),
        }
        match self.gathered.len() >= GATHERED {
            true => self.flush(),
            false => Ok(()),
        }
    }

    /// Prints what a command has printed.
    pub(crate) fn write_bytes(&mut self, bytes: &[u8]) -> Result<(), Exit> {
        self.gathered.extend_from_slice(bytes);
        self.flush()
    }

    /// Writes what was gathered.
    pub(crate) fn flush(&mut self) -> Result<(), Exit> {
        let written = self.file.write_all(&self.gathered);
        self.gathered.clear();
        written.map_err(failed)
    }
}

/// Prints this.
pub(crate) fn print(bytes: &[u8]) -> Result<(), Exit> {
    stdout()?.write_all(bytes).map_err(failed)
}

/// The standard output without a buffer of its own.
fn stdout() -> Result<File, Exit> {
    let copied = io::stdout().as_fd().try_clone_to_owned();
    copied.map(File::from).map_err(failed)
}

fn failed(error: io::Error) -> Exit {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Exit::ClosedPipe,
        _ => Exit::failed(format_args!("stdout: {error}")),
    }
}
