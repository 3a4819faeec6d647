//! Counts messages, and says when it is enough.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::job::Job;
use crate::table::median;

/// Asked by a contender for each message whether there is to be another.
///
/// It costs a countdown; only every so many messages it looks at the clock, or does more.
pub struct Meter {
    left: u64,
    look: Box<dyn FnMut() -> Option<u64> + Send>,
}

impl Meter {
    /// `look` says how many messages may pass until it is asked again, or that it is enough.
    pub fn new(look: impl FnMut() -> Option<u64> + Send + 'static) -> Meter {
        let look = Box::new(look);
        Meter { left: 0, look }
    }

    #[inline]
    pub fn more(&mut self) -> bool {
        if self.left == 0 {
            match (self.look)() {
                Some(left) => self.left = left,
                None => return false,
            }
        }
        self.left -= 1;
        true
    }

    /// Goes on for ever.
    pub fn endless() -> Meter {
        Meter::new(|| Some(u64::MAX))
    }

    /// Lets so many messages pass.
    pub fn count(count: u64) -> Meter {
        let mut next = Some(count);
        Meter::new(move || next.take())
    }

    /// Lets a message pass each so many microseconds.
    pub fn pace(microseconds: u64) -> Meter {
        let mut next = Instant::now();
        Meter::new(move || {
            next += Duration::from_micros(microseconds);
            thread::sleep(next.saturating_duration_since(Instant::now()));
            Some(1)
        })
    }

    /// Measures how many messages pass in a second, after a while to warm up.
    pub fn rate(job: &Job, done: impl Fn(f64) + Send + 'static) -> Meter {
        // A look at the clock costs as much as a small message.
        let step = (65536 / job.size.max(1) as u64).clamp(1, 64);
        let warm = Duration::from_secs_f64(job.seconds * 0.2);
        let whole = Duration::from_secs_f64(job.seconds);
        let (mut connected, mut first, mut began, mut count) = (false, None, None, 0);
        Meter::new(move || {
            if !std::mem::replace(&mut connected, true) {
                return Some(1);
            }
            let now = Instant::now();
            let first = *first.get_or_insert(now);
            if now < first + warm {
                return Some(step);
            }
            let began = *began.get_or_insert(now);
            if now < began + whole {
                count += step;
                return Some(step);
            }
            done(count as f64 / (now - began).as_secs_f64());
            None
        })
    }

    /// Measures the median of the times from one to the next, and tells how many a second that is.
    pub fn median(job: &Job, done: impl Fn(f64) + Send + 'static) -> Meter {
        let warm = Duration::from_secs_f64(job.seconds * 0.2);
        let whole = Duration::from_secs_f64(job.seconds);
        let (mut connected, mut first, mut last) = (false, None, None);
        let mut times = Vec::new();
        Meter::new(move || {
            if !std::mem::replace(&mut connected, true) {
                return Some(1);
            }
            let now = Instant::now();
            let began = *first.get_or_insert(now) + warm;
            if now >= began {
                let last: Instant = last.replace(now).unwrap_or(now);
                times.push((now - last).as_secs_f64());
            }
            if now < began + whole {
                return Some(1);
            }
            done(1.0 / median(times.drain(1..)));
            None
        })
    }

    /// Two meters for a queue that is filled, and only then emptied, again and again: one for
    /// the thread that fills, one for the one that empties. `done` gets the nanoseconds a message that emptying
    /// (or filling, which is timed alike) takes.
    pub fn turns(job: &Job, done: impl Fn(f64, f64) + Send + 'static) -> (Meter, Meter) {
        const TURN: u64 = 1000;
        let turns = job.count / TURN;
        let (fill, filling) = channel();
        let (filled, is_filled) = channel();
        let mut times = [Duration::ZERO; 2];
        let mut count = 0;
        let mut began = None;
        let filler = Meter::new(turn(TURN, filling, filled));
        let emptier = Meter::new(move || {
            if let Some(began) = began.take() {
                count += 1;
                times[1] += Instant::elapsed(&began);
            }
            if count == turns {
                let each = |time: Duration| time.as_nanos() as f64 / (turns * TURN) as f64;
                done(each(times[0]), each(times[1]));
                return None;
            }
            fill.send(()).ok()?;
            times[0] += is_filled.recv().ok()?;
            began = Some(Instant::now());
            Some(TURN)
        });
        (filler, emptier)
    }
}

/// Fills the queue when told, and tells how long that took.
fn turn(
    messages: u64,
    start: Receiver<()>,
    done: Sender<Duration>,
) -> impl FnMut() -> Option<u64> + Send {
    let mut began: Option<Instant> = None;
    move || {
        if let Some(began) = began {
            done.send(began.elapsed()).ok()?;
        }
        start.recv().ok()?;
        began = Some(Instant::now());
        Some(messages)
    }
}
