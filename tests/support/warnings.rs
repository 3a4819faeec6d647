//! The warnings and errors that are logged while a test runs.

use log::{Level, LevelFilter, Log, Metadata, Record};
use parking_lot::Mutex;

struct Warnings(Mutex<Vec<String>>);

static WARNINGS: Warnings = Warnings(Mutex::new(Vec::new()));

impl Log for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= Level::Warn
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            self.0.lock().push(record.args().to_string());
        }
    }

    fn flush(&self) {}
}

/// Logs from now on; gives the lines with these words, whenever it is called.
pub(crate) fn warnings(words: impl ToString) -> impl Fn() -> Vec<String> {
    // The first test has set it, if this is not the first.
    let _ = log::set_logger(&WARNINGS);
    log::set_max_level(LevelFilter::Warn);
    let words = words.to_string();
    move || {
        let lines = WARNINGS.0.lock();
        let with_words = lines.iter().filter(|line| line.contains(&words));
        with_words.cloned().collect()
    }
}
