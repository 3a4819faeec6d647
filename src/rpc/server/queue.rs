//! The calls that wait for a worker: bounded in their number and in bytes.

use std::collections::VecDeque;
use std::fmt;

/// The bounds of a queue.
#[derive(Debug, Clone, Copy)]
pub(super) struct QueueLimits {
    pub(super) calls: usize,
    pub(super) bytes: usize,
}

/// What can be queued.
pub(super) trait Queued {
    /// How many bytes it has.
    fn size(&self) -> usize;
}

/// What waits, in its order.
#[derive(Debug)]
pub(super) struct Queue<T> {
    items: VecDeque<T>,
    bytes: usize,
    limits: QueueLimits,
}

/// The limit that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    Calls(usize),
    Bytes(usize),
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Limit::Calls(calls) => write!(f, "its queue of {calls} calls is full"),
            Limit::Bytes(bytes) => write!(f, "its queue of {bytes} bytes is full"),
        }
    }
}

impl<T: Queued> Queue<T> {
    pub(super) fn new(limits: QueueLimits) -> Queue<T> {
        Queue {
            items: VecDeque::new(),
            bytes: 0,
            limits,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Queues an item, or gives it back with the limit. One fits in whatever its size. Those that the idle workers
    /// are about to take, one each, do not count.
    pub(super) fn push(&mut self, item: T, idle: usize) -> Result<(), (T, Limit)> {
        let QueueLimits { calls, bytes } = self.limits;
        if self.items.len() >= calls.saturating_add(idle) {
            return Err((item, Limit::Calls(calls)));
        }
        let total = self.bytes.saturating_add(item.size());
        if total > bytes {
            let mut waiting = self.items.iter().skip(idle).map(T::size).peekable();
            let is_first = waiting.peek().is_none();
            if !is_first && waiting.fold(item.size(), usize::saturating_add) > bytes {
                return Err((item, Limit::Bytes(bytes)));
            }
        }
        self.bytes = total;
        self.items.push_back(item);
        Ok(())
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        let item = self.items.pop_front()?;
        self.bytes -= item.size();
        Some(item)
    }

    /// Takes out what is such an item.
    pub(super) fn remove(&mut self, is_wanted: impl Fn(&T) -> bool) -> Vec<T> {
        let items = self.items.drain(..);
        let (removed, kept): (Vec<T>, _) = items.partition(is_wanted);
        self.items = kept.into();
        self.bytes -= removed.iter().map(T::size).sum::<usize>();
        removed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Queued for u64 {
        fn size(&self) -> usize {
            *self as usize
        }
    }

    #[test]
    fn it_is_bounded_in_calls_and_in_bytes_and_takes_one_of_any_size() {
        let mut queue = Queue::new(QueueLimits {
            calls: 3,
            bytes: 10,
        });
        assert_eq!(queue.push(100, 0), Ok(()));
        assert_eq!(queue.push(1, 0), Err((1, Limit::Bytes(10))));
        assert_eq!(queue.pop(), Some(100));
        for item in [5, 4, 1] {
            assert_eq!(queue.push(item, 0), Ok(()));
        }
        assert_eq!(queue.push(0, 0), Err((0, Limit::Calls(3))));
        assert_eq!(queue.remove(|item| *item > 3), [5, 4]);
        assert_eq!(queue.push(9, 0), Ok(()));
        assert_eq!(
            (queue.pop(), queue.pop(), queue.pop()),
            (Some(1), Some(9), None)
        );
        assert!(queue.is_empty());
    }
    #[test]
    fn what_idle_workers_are_about_to_take_does_not_count() {
        let mut queue = Queue::new(QueueLimits {
            calls: 2,
            bytes: 10,
        });
        for item in [100, 100, 8] {
            assert_eq!(queue.push(item, 2), Ok(()));
        }
        assert_eq!(queue.push(3, 2), Err((3, Limit::Bytes(10))));
        assert_eq!(queue.push(2, 2), Ok(()));
        assert_eq!(queue.push(0, 2), Err((0, Limit::Calls(2))));
    }
}
