//! The library's log, among the notes.

use log::{Level, Log, Metadata, Record};

use crate::notes::Notes;

/// Shows the library's log from now on, as far as the notes do.
pub(crate) fn start(notes: Notes) {
    log::set_max_level(notes.level());
    // Fails only if there is a logger already, and this is called once.
    drop(log::set_boxed_logger(Box::new(Logger(notes))));
}

struct Logger(Notes);

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= self.0.level()
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        match record.level() {
            Level::Error | Level::Warn => self.0.warn(record.args()),
            _ => self.0.detail(record.args()),
        }
    }

    fn flush(&self) {}
}
