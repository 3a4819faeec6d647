//! Commands that are run for messages.

use std::io::{self, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use zeroless::Message;

use crate::args::Traffic;
use crate::exit::Exit;
use crate::format::{Format, Separators};
use crate::interrupt::Interrupt;
use crate::notes::Notes;

/// A command, and how it reads and writes messages.
pub(crate) struct Commands {
    words: Vec<String>,
    jobs: u32,
    input: Format,
    output: Format,
    separators: Separators,
    interrupt: Interrupt,
}

/// A run of it.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) printed: Vec<u8>,
    status: ExitStatus,
}

impl Commands {
    /// The command that the options have, if any.
    pub(crate) fn new(
        traffic: &Traffic<'_>,
        separators: &Separators,
        interrupt: &Interrupt,
    ) -> Option<Commands> {
        let options = traffic.options;
        let words = match &options.shell {
            Some(script) => vec!["sh".to_owned(), "-c".to_owned(), script.clone()],
            None if options.exec => traffic.command.to_vec(),
            None => return None,
        };
        Some(Commands {
            words,
            jobs: options.jobs,
            input: options.input,
            // What a command reads is the message, without what ends a line.
            output: match options.output {
                Format::Text => Format::Raw,
                other => other,
            },
            separators: Separators {
                part: Some(separators.part.clone().unwrap_or_else(|| b" ".to_vec())),
                end: separators.end.clone(),
            },
            interrupt: interrupt.clone(),
        })
    }

    /// Runs it with this message as its stdin, to its end.
    pub(crate) fn run(&self, message: &Message) -> Result<Run, Exit> {
        let mut bytes = Vec::new();
        self.output.encode(message, &self.separators, &mut bytes);
        let ran = self.run_with(&bytes);
        let name = self.words.first().map(String::as_str).unwrap_or_default();
        let run = ran.map_err(|error| Exit::failed(format_args!("running `{name}`: {error}")))?;
        // One that was ended with us has not failed.
        self.interrupt.check().map(|()| run)
    }

    fn run_with(&self, bytes: &[u8]) -> io::Result<Run> {
        let [name, arguments @ ..] = &self.words[..] else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let mut command = Command::new(name);
        let command = command.args(arguments).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let id = pid(&child);
        id.inspect(|id| self.interrupt.ends(*id));
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let mut printed = Vec::new();
        let read = thread::scope(|scope| {
            if let Some(mut stdin) = stdin {
                // One that does not read all of it is its own business.
                scope.spawn(move || drop(stdin.write_all(bytes)));
            }
            stdout.map_or(Ok(0), |mut stdout| stdout.read_to_end(&mut printed))
        });
        if let Some(id) = id {
            // Not reaped yet, so that the id stays its own until it is forgotten.
            let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            let _ = rustix::io::retry_on_intr(|| waitid(WaitId::Pid(id), ended));
            self.interrupt.has_ended(id);
        }
        let status = child.wait()?;
        read?;
        Ok(Run { printed, status })
    }

    /// The message that it has printed: an end of line in the end is not part of it.
    pub(crate) fn reply(&self, run: &Run) -> Result<Message, String> {
        let printed = &run.printed[..];
        let item = match self.input {
            Format::Raw | Format::Frames => printed,
            _ => printed
                .strip_suffix(&self.separators.end[..])
                .unwrap_or(printed),
        };
        match self.input {
            Format::Text => Ok(item.into()),
            other => other.decode(item, &self.separators),
        }
    }
}

fn pid(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

/// Whether a command has failed.
#[derive(Debug, Default)]
pub(crate) struct Failed(AtomicBool);

impl Failed {
    /// Notes how a run has ended.
    pub(crate) fn note(&self, notes: Notes, run: &Run) {
        if !run.status.success() {
            notes.warn(format_args!("the command failed ({})", run.status));
            self.fail();
        }
    }

    pub(crate) fn fail(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Does this in as many threads as there are jobs, and waits for all; the first that fails ends the others.
pub(crate) fn in_jobs(
    commands: &Commands,
    work: impl Fn(&Failed) -> Result<(), Exit> + Sync,
) -> Result<(), Exit> {
    let failed = Failed::default();
    let first = Mutex::new(Ok(()));
    thread::scope(|scope| {
        for _ in 0..commands.jobs {
            scope.spawn(|| {
                if let Err(exit) = work(&failed) {
                    let mut first = locked(&first);
                    if first.is_ok() {
                        if !matches!(exit, Exit::Done | Exit::Timeout(_)) {
                            commands.interrupt.finish();
                        }
                        *first = Err(exit);
                    }
                }
            });
        }
    });
    let outcome = first.into_inner().unwrap_or_else(PoisonError::into_inner);
    match outcome {
        Ok(()) | Err(Exit::Done) if failed.0.load(Ordering::Relaxed) => {
            Err(Exit::failed("a command failed"))
        }
        outcome => outcome,
    }
}

/// The value in it; a thread that panicked has not left it half changed.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
