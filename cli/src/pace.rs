//! How fast messages are sent.

use std::time::{Duration, Instant};

use crate::args::TrafficArgs;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::limits::{Left, Limits};

/// The times at which messages are sent.
#[derive(Debug)]
pub(crate) struct Pace {
    pause: Option<Pause>,
    next: Option<Instant>,
}

#[derive(Debug)]
enum Pause {
    /// From one time to the next, and what is late is made up for.
    Rate(Duration),
    /// Between two messages, however long they take.
    Between(Duration),
}

impl Pace {
    pub(crate) fn new(args: &TrafficArgs) -> Pace {
        let rate = args.rate.map(|rate| {
            Pause::Rate(Duration::try_from_secs_f64(1.0 / rate).unwrap_or(Duration::MAX))
        });
        Pace {
            pause: rate.or(args.interval.map(Pause::Between)),
            next: None,
        }
    }

    /// Waits until the next message may be sent.
    pub(crate) fn wait(&mut self, interrupt: &Interrupt, limits: &Limits) -> Result<(), Exit> {
        let Some(pause) = &self.pause else {
            return Ok(());
        };
        if let Some(next) = self.next {
            match limits.deadline() {
                Some(deadline) if deadline < next => {
                    interrupt.sleep_until(deadline)?;
                    return Err(limits.over(Left::Nothing, "the time ran out between two messages"));
                }
                _ => interrupt.sleep_until(next)?,
            }
        }
        let now = Instant::now();
        self.next = match pause {
            Pause::Rate(period) => self.next.unwrap_or(now).checked_add(*period),
            Pause::Between(pause) => now.checked_add(*pause),
        };
        Ok(())
    }
}
