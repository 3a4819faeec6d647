//! Messages that a relay holds until the output has room for them.

use std::collections::VecDeque;
use std::fmt;

use crate::message::{Frame, Message};

/// A frame of up to this many bytes is copied when its message is held. As it was received, it would keep alive
/// all of the buffer that it came in.
const COPIED: usize = 128 * 1024;

/// How much a frame counts beside its bytes, in bytes.
const FRAME: usize = size_of::<Frame>();

/// How much memory a message takes, in bytes.
pub(super) fn size(message: &Message) -> usize {
    message.byte_count() + FRAME * message.frame_count()
}

/// The same message, to be held for long.
pub(super) fn keep(message: &mut Message) -> Message {
    let frames = message.frames_mut().iter_mut();
    frames
        .map(|frame| match frame.len() <= COPIED {
            true => frame.clone(),
            false => frame.share(),
        })
        .collect()
}

/// How many messages a relay keeps in memory while its output has no room, and the call that is told of those that it had
/// to drop.
///
/// A message finds no room if there are so many messages, or so many bytes. Then that message is dropped, and
/// those that were accepted before it stay. When the relay is stopped, those are dropped that the output does not
/// take at once. Each frame counts some 80 bytes beside its own. The [queue](crate::Options::send_queue) of the
/// output comes first, and is not counted.
///
/// ```
/// use zeroless::relay::Buffer;
///
/// let buffer = Buffer::new(10_000, 64 << 20).on_drop(|frames| println!("lost: {frames:?}"));
/// ```
pub struct Buffer {
    pub(super) messages: usize,
    pub(super) bytes: usize,
    pub(super) on_drop: Option<OnDrop>,
}

/// Called with the frames of a message that was dropped.
pub(super) type OnDrop = Box<dyn FnMut(&[Frame]) + Send>;

impl Buffer {
    /// A buffer for so many messages, of so many bytes in all.
    ///
    /// ```
    /// let buffer = zeroless::relay::Buffer::new(10_000, 64 << 20); // 64 MiB
    /// ```
    pub fn new(messages: usize, bytes: usize) -> Buffer {
        Buffer {
            messages,
            bytes,
            on_drop: None,
        }
    }

    /// Calls this with the frames of each message that had to be dropped, without its envelope. It is called in the
    /// relay's thread, which passes on nothing meanwhile.
    ///
    /// ```
    /// use zeroless::relay::Buffer;
    ///
    /// let (lost, told) = std::sync::mpsc::channel();
    /// let buffer = Buffer::new(100, 1 << 20).on_drop(move |frames| {
    ///     let _ = lost.send(frames.to_vec());
    /// });
    /// ```
    #[must_use]
    pub fn on_drop(mut self, call: impl FnMut(&[Frame]) + Send + 'static) -> Buffer {
        self.on_drop = Some(Box::new(call));
        self
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer")
            .field("messages", &self.messages)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

/// A message that is held.
#[derive(Debug)]
pub(super) struct HeldMessage {
    pub(super) message: Message,
    /// The number of the request that it is, if requests are counted.
    pub(super) number: Option<u64>,
    /// Counted when it came: a frame that was sent is empty.
    size: usize,
}

/// The messages that are held, in order.
#[derive(Debug, Default)]
pub(super) struct Held {
    queue: VecDeque<HeldMessage>,
    bytes: usize,
}

impl Held {
    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether one more message of this size is within the bounds.
    pub(super) fn has_room(&self, size: usize, messages: usize, bytes: usize) -> bool {
        self.queue.len() < messages && self.bytes.saturating_add(size) <= bytes
    }

    pub(super) fn push(&mut self, message: Message, number: Option<u64>) {
        let size = size(&message);
        self.bytes += size;
        self.queue.push_back(HeldMessage {
            message,
            number,
            size,
        });
    }

    pub(super) fn first(&mut self) -> Option<&mut HeldMessage> {
        self.queue.front_mut()
    }

    pub(super) fn pop(&mut self) -> Option<HeldMessage> {
        let held = self.queue.pop_front()?;
        self.bytes -= held.size;
        if self.queue.is_empty() {
            self.queue.shrink_to(1024);
        }
        Some(held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_leave_in_order_and_make_room() {
        let mut held = Held::default();
        let one = size(&Message::from("x"));
        assert!(held.has_room(one, 2, 2 * one));
        held.push("1".into(), None);
        assert!(held.has_room(one, 2, 2 * one));
        held.push("2".into(), Some(7));
        assert!(!held.has_room(one, 2, 9 * one), "as to messages");
        assert!(!held.has_room(one, 9, 2 * one), "as to bytes");
        assert_eq!(held.pop().unwrap().message, "1");
        assert!(held.has_room(one, 2, 2 * one));
        let second = held.pop().unwrap();
        assert_eq!((second.message, second.number), ("2".into(), Some(7)));
        assert!(held.pop().is_none());
        assert!(!held.has_room(one, 0, one) && !held.has_room(one, 1, one - 1));
    }

    #[test]
    fn frames_that_are_kept_are_the_same_and_the_small_ones_copied() {
        let mut message = Message::from([vec![1; 10], vec![2; 1000], vec![3; COPIED + 1]]);
        let kept = keep(&mut message);
        assert_eq!(kept, message);
        assert_ne!(kept[1].as_ptr(), message[1].as_ptr());
        assert_eq!(kept[2].as_ptr(), message[2].as_ptr());
    }
}
