//! How the command ends: its exit codes.

use std::process;

use crate::notes::Notes;

/// An end that is not simply the end of the work.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All was done.
    Done,
    /// It cannot be done, or was done in part.
    Failed(String),
    /// It is not possible to ask for this.
    Usage(String),
    /// The time ran out.
    Timeout(String),
    /// The handle was stopped; the interrupt knows why.
    Stopped,
    /// The reader of the output has closed the pipe.
    ClosedPipe,
    /// This signal ends us.
    Signal(i32),
}

impl Exit {
    pub(crate) fn failed(what: impl ToString) -> Exit {
        Exit::Failed(what.to_string())
    }

    pub(crate) fn usage(what: impl ToString) -> Exit {
        Exit::Usage(what.to_string())
    }

    /// Says why, in a line, and ends the process.
    pub(crate) fn end(self, notes: Notes) -> ! {
        let code = match self {
            Exit::Done | Exit::Stopped | Exit::ClosedPipe => 0,
            Exit::Failed(why) => {
                notes.error(why);
                1
            }
            Exit::Usage(why) => {
                notes.error(format_args!("{why} (see --help)"));
                2
            }
            Exit::Timeout(why) => {
                notes.error(why);
                124
            }
            Exit::Signal(signal) => {
                // Comes back only if the signal cannot end a process.
                drop(signal_hook::low_level::emulate_default_handler(signal));
                128 + signal
            }
        };
        process::exit(code)
    }
}

impl From<zeroless::Error> for Exit {
    fn from(error: zeroless::Error) -> Exit {
        match error {
            zeroless::Error::Stopped => Exit::Stopped,
            error if error.is_timeout() => Exit::Timeout(error.to_string()),
            error => Exit::Failed(error.to_string()),
        }
    }
}

impl From<zeroless::SendError> for Exit {
    fn from(error: zeroless::SendError) -> Exit {
        Exit::from(zeroless::Error::from(error))
    }
}
