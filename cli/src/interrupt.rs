//! What ends the command from outside: signals, and a reader that closes the pipe of our output.

use std::io::{self, PipeReader, PipeWriter, Write};
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level::{emulate_default_handler, pipe};
use zeroless::Handle;

use crate::exit::Exit;

/// The signals that end us.
const SIGNALS: [i32; 3] = [SIGINT, SIGTERM, SIGHUP];

/// Tells whether the command is to end, and ends its waits.
#[derive(Clone)]
pub(crate) struct Interrupt(Arc<Shared>);

struct Shared {
    cause: OnceLock<Cause>,
    /// What is to be ended with us.
    ended: Mutex<Ended>,
    /// Can be read once there is a cause.
    signalled: PipeReader,
    signal: PipeWriter,
}

#[derive(Default)]
struct Ended {
    /// What ends their waits.
    calls: Vec<Box<dyn Fn() + Send>>,
    commands: Vec<Pid>,
}

#[derive(Debug, Clone, Copy)]
enum Cause {
    Signal(i32),
    ClosedPipe,
    /// The work is done in one thread, and others still wait.
    Finished,
}

impl Interrupt {
    /// Begins to watch, in a thread of its own.
    pub(crate) fn start() -> Result<Interrupt, Exit> {
        let failed = |error: io::Error| Exit::failed(format_args!("signals: {error}"));
        let (signalled, signal) = io::pipe().map_err(failed)?;
        let shared = Shared {
            cause: OnceLock::new(),
            ended: Mutex::default(),
            signalled,
            signal,
        };
        let interrupt = Interrupt(Arc::new(shared));
        let mut pipes = Vec::new();
        for number in SIGNALS {
            let (read, write) = UnixStream::pair().map_err(failed)?;
            pipe::register(number, write).map_err(failed)?;
            pipes.push(read);
        }
        let watched = interrupt.clone();
        let thread = thread::Builder::new().name("interrupt".to_owned());
        let watch = move || watched.watch(&pipes);
        thread.spawn(watch).map_err(failed)?;
        Ok(interrupt)
    }

    /// Waits for what ends us; a second signal ends the process at once.
    fn watch(&self, pipes: &[UnixStream]) {
        loop {
            let mut polled: Vec<PollFd<'_>> = pipes
                .iter()
                .map(|pipe| PollFd::new(pipe, PollFlags::IN))
                .collect();
            if poll(&mut polled, None).is_err() {
                continue;
            }
            let arrived: Vec<bool> = polled.iter().map(|it| !it.revents().is_empty()).collect();
            for (number, _) in SIGNALS
                .iter()
                .zip(&arrived)
                .filter(|(_, arrived)| **arrived)
            {
                if self.has_signal() {
                    drop(emulate_default_handler(*number));
                }
                self.end(Cause::Signal(*number));
            }
            for (pipe, _) in pipes.iter().zip(&arrived).filter(|(_, arrived)| **arrived) {
                drop(io::Read::read(&mut &*pipe, &mut [0; 16]));
            }
        }
    }

    /// Ends the command, too, when the reader of its output closes the pipe.
    pub(crate) fn watch_stdout(&self) -> Result<(), Exit> {
        let interrupt = self.clone();
        let watch = move || {
            let stdout = io::stdout();
            // Without anything asked for, a closed pipe is an error all the same.
            let mut polled = [PollFd::new(&stdout, PollFlags::empty())];
            while poll(&mut polled, None).is_err() {}
            interrupt.end(Cause::ClosedPipe);
        };
        let thread = thread::Builder::new().name("stdout".to_owned());
        thread
            .spawn(watch)
            .map_err(|error| Exit::failed(format_args!("stdout: {error}")))?;
        Ok(())
    }

    /// Ends the waits of other threads: all is done, or something has failed.
    pub(crate) fn finish(&self) {
        self.end(Cause::Finished);
    }

    fn end(&self, cause: Cause) {
        let ended = self.ended();
        let _ = self.0.cause.set(cause);
        drop((&self.0.signal).write(&[1]));
        for call in &ended.calls {
            call();
        }
        let ends_commands = !matches!(cause, Cause::Finished);
        for command in ended.commands.iter().filter(|_| ends_commands) {
            let _ = kill_process(*command, Signal::TERM);
        }
    }

    fn ended(&self) -> MutexGuard<'_, Ended> {
        self.0.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops this handle, too, when the command is to end.
    pub(crate) fn stops(&self, handle: &impl Handle) -> Result<(), Exit> {
        let stopper = handle.stopper()?;
        self.calls(move || stopper.stop());
        Ok(())
    }

    /// Calls this, too, when the command is to end.
    pub(crate) fn calls(&self, call: impl Fn() + Send + 'static) {
        let mut ended = self.ended();
        if self.0.cause.get().is_some() {
            call();
        }
        ended.calls.push(Box::new(call));
    }

    /// Ends this command, too.
    pub(crate) fn ends(&self, command: Pid) {
        let mut ended = self.ended();
        if self.has_signal() {
            let _ = kill_process(command, Signal::TERM);
        }
        ended.commands.push(command);
    }

    /// This command has ended by itself; to be called before its id can be another's.
    pub(crate) fn has_ended(&self, command: Pid) {
        self.ended().commands.retain(|it| *it != command);
    }

    /// Whether a signal ends us.
    pub(crate) fn has_signal(&self) -> bool {
        matches!(self.0.cause.get(), Some(Cause::Signal(_)))
    }

    /// An error once the command is to end.
    pub(crate) fn check(&self) -> Result<(), Exit> {
        match self.0.cause.get() {
            None => Ok(()),
            Some(_) => Err(Exit::Stopped),
        }
    }

    /// Waits until then; an error if the command is to end before.
    pub(crate) fn sleep_until(&self, until: Instant) -> Result<(), Exit> {
        self.wait(None, Some(until)).map(|_| ())
    }

    /// Waits until this can be read, which it tells, or until then; an error if the command is to end before.
    pub(crate) fn wait(
        &self,
        readable: Option<BorrowedFd<'_>>,
        until: Option<Instant>,
    ) -> Result<bool, Exit> {
        loop {
            self.check()?;
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            let mut polled = vec![PollFd::new(&self.0.signalled, PollFlags::IN)];
            if let Some(readable) = &readable {
                polled.push(PollFd::new(readable, PollFlags::IN));
            }
            match poll(&mut polled, left.map(timespec).as_ref()) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(Exit::failed(format_args!("waiting: {error}"))),
            }
            let ready = polled.get(1).is_some_and(|it| !it.revents().is_empty());
            if ready || left.is_some_and(|left| left.is_zero()) {
                return Ok(ready);
            }
        }
    }

    /// How the command ends, which a signal may have stopped.
    pub(crate) fn exit_of(&self, outcome: Result<(), Exit>) -> Exit {
        match (self.0.cause.get(), outcome) {
            (Some(Cause::Signal(signal)), _) => Exit::Signal(*signal),
            (_, Ok(())) => Exit::Done,
            (_, Err(exit)) => exit,
        }
    }
}

fn timespec(time: Duration) -> Timespec {
    // More than anybody waits.
    const LONGEST: i64 = 1 << 40;
    Timespec {
        tv_sec: i64::try_from(time.as_secs()).map_or(LONGEST, |seconds| seconds.min(LONGEST)),
        tv_nsec: time.subsec_nanos().into(),
    }
}
