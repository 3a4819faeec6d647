//! The iterators over the messages of a handle.

use log::warn;

use super::{Receiving, end_loop};
use crate::error::Result;
use crate::message::{Frame, Message};
use crate::socket::Socket;

/// The next item of a loop, or the end of it. Compiled into the loop, so that a message is moved as
/// little as can be.
#[inline(always)]
pub(in crate::pattern) fn next<H: Receiving>(handle: &H) -> Option<H::Item> {
    match handle.recv() {
        Ok(item) => Some(item),
        Err(failure) => {
            end_loop(handle.socket(), &failure);
            None
        }
    }
}

/// Goes over messages or requests, each waited for; see [`Pull::iter`](crate::Pull::iter).
#[derive(Debug)]
pub struct Iter<'a, H> {
    handle: &'a H,
}

impl<'a, H: Receiving> Iter<'a, H> {
    pub(in crate::pattern) fn new(handle: &'a H) -> Iter<'a, H> {
        Iter { handle }
    }
}

impl<H: Receiving> Iterator for Iter<'_, H> {
    type Item = H::Item;

    #[inline(always)]
    fn next(&mut self) -> Option<H::Item> {
        next(self.handle)
    }
}

/// Goes over messages or requests, each waited for, and owns the handle: `for message in pull`.
#[derive(Debug)]
pub struct IntoIter<H> {
    handle: H,
}

impl<H: Receiving> IntoIter<H> {
    pub(in crate::pattern) fn new(handle: H) -> IntoIter<H> {
        IntoIter { handle }
    }
}

impl<H: Receiving> Iterator for IntoIter<H> {
    type Item = H::Item;

    #[inline(always)]
    fn next(&mut self) -> Option<H::Item> {
        next(&self.handle)
    }
}

/// Goes over the messages or requests that are there already; see [`Pull::try_iter`](crate::Pull::try_iter).
#[derive(Debug)]
pub struct TryIter<'a, H> {
    handle: &'a H,
}

impl<'a, H: Receiving> TryIter<'a, H> {
    pub(in crate::pattern) fn new(handle: &'a H) -> TryIter<'a, H> {
        TryIter { handle }
    }
}

impl<H: Receiving> Iterator for TryIter<'_, H> {
    type Item = H::Item;

    fn next(&mut self) -> Option<H::Item> {
        self.handle.try_recv().ok()
    }
}

/// Goes over messages of `N` frames; see [`Pull::parts`](crate::Pull::parts).
#[derive(Debug)]
pub struct Parts<'a, H, const N: usize> {
    handle: &'a H,
}

impl<'a, H: Receiving, const N: usize> Parts<'a, H, N> {
    pub(in crate::pattern) fn new(handle: &'a H) -> Parts<'a, H, N> {
        Parts { handle }
    }
}

impl<H: Receiving<Item = Message>, const N: usize> Iterator for Parts<'_, H, N> {
    type Item = [Frame; N];

    fn next(&mut self) -> Option<[Frame; N]> {
        loop {
            if let Some(parts) = fitting(
                self.handle.socket(),
                "a message",
                next(self.handle)?.parts(),
            ) {
                return Some(parts);
            }
        }
    }
}

/// The parts of a message, if it has as many as were asked for. Another is counted and logged.
pub(in crate::pattern) fn fitting<T>(socket: &Socket, what: &str, parts: Result<T>) -> Option<T> {
    match parts {
        Ok(parts) => Some(parts),
        Err(error) => {
            socket.skip(1);
            if let Some(left_out) = socket.skip_throttle.admit() {
                let name = socket.name();
                warn!("{name}: passed over {what}: {error}{left_out}");
            }
            None
        }
    }
}
