//! What is said on stderr: stdout has data only.

use std::fmt::Display;
use std::io::{IsTerminal, Write};

use log::LevelFilter;

use crate::args::{Color, Noise};

/// How much is said, and in which colours.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Notes {
    level: LevelFilter,
    quiet: bool,
    colors: bool,
}

/// Before the arguments are known.
impl Default for Notes {
    fn default() -> Notes {
        Notes::new(&Noise {
            quiet: false,
            verbose: 0,
            color: Color::Auto,
        })
    }
}

impl Notes {
    pub(crate) fn new(noise: &Noise) -> Notes {
        let level = match (noise.quiet, noise.verbose) {
            (true, _) => LevelFilter::Off,
            (_, 0) => LevelFilter::Warn,
            (_, 1) => LevelFilter::Info,
            (_, 2) => LevelFilter::Debug,
            _ => LevelFilter::Trace,
        };
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let colors = match noise.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => !plain && std::io::stderr().is_terminal(),
        };
        Notes {
            level,
            quiet: noise.quiet,
            colors,
        }
    }

    /// How much of the library's log is shown.
    pub(crate) fn level(self) -> LevelFilter {
        self.level
    }

    pub(crate) fn is_quiet(self) -> bool {
        self.quiet
    }

    /// What went wrong; always said.
    pub(crate) fn error(self, what: impl Display) {
        self.say("31", what);
    }

    /// What might be wrong.
    pub(crate) fn warn(self, what: impl Display) {
        if !self.quiet {
            self.say("33", what);
        }
    }

    /// What is good to know.
    pub(crate) fn tell(self, what: impl Display) {
        if !self.quiet {
            self.say("2", what);
        }
    }

    /// What is good to know for those who ask.
    pub(crate) fn detail(self, what: impl Display) {
        if self.level >= LevelFilter::Info {
            self.say("2", what);
        }
    }

    fn say(self, color: &str, what: impl Display) {
        let line = match self.colors {
            true => format!("\x1b[{color}mzeroless:\x1b[0m {what}\n"),
            false => format!("zeroless: {what}\n"),
        };
        // At once, so that lines of several threads do not mix; there is nobody to tell of a failure.
        drop(std::io::stderr().write_all(line.as_bytes()));
    }
}
