//! A bar on stderr, where somebody looks at it.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};

use crate::notes::Notes;

/// How far a file, or the messages of `--count`, are.
#[derive(Debug)]
pub(crate) struct Progress(Option<ProgressBar>);

impl Progress {
    /// So many messages are to be moved.
    pub(crate) fn of_messages(count: Option<u64>, notes: Notes) -> Progress {
        Progress::new(
            count,
            "{bar:30} {human_pos}/{human_len} messages, {per_sec}, {eta} left",
            notes,
        )
    }

    /// So many bytes are to be sent.
    pub(crate) fn of_bytes(bytes: Option<u64>, notes: Notes) -> Progress {
        Progress::new(
            bytes,
            "{bar:30} {binary_bytes}/{binary_total_bytes}, {binary_bytes_per_sec}, {eta} left",
            notes,
        )
    }

    fn new(total: Option<u64>, template: &str, notes: Notes) -> Progress {
        // A bar between printed messages would be in their way.
        let is_seen =
            !notes.is_quiet() && io::stderr().is_terminal() && !io::stdout().is_terminal();
        let Some(total) = total.filter(|_| is_seen) else {
            return Progress(None);
        };
        let bar = ProgressBar::new(total);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Progress(Some(bar))
    }

    /// It is there now.
    pub(crate) fn reach(&self, position: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(position);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
