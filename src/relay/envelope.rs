//! The envelope of a request: the frames before it, which its reply must bring back.

use crate::message::{Frame, Message};

/// Where the request begins, or the reply: after the first empty frame. `None` if the frames are no request.
pub(super) fn body_start(frames: &[Frame]) -> Option<usize> {
    // The first is the peer's routing id, which may be empty: it ends no envelope.
    let after_id = frames.get(1..)?;
    let start = after_id.iter().position(|frame| frame.is_empty())? + 2;
    (start < frames.len()).then_some(start)
}

/// How much of a received message goes on, and with which envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// All its frames.
    Whole,
    /// The message without its envelope.
    Body,
    /// The message as a request, in an envelope of one empty frame.
    Request,
}

impl Shape {
    /// The message as it goes on, of which the body begins there.
    pub(super) fn shape(self, message: Message, body_start: usize) -> Message {
        match self {
            Shape::Whole => message,
            Shape::Body => message.into_iter().skip(body_start).collect(),
            Shape::Request => {
                let body = message.into_iter().skip(body_start);
                std::iter::once(Frame::new()).chain(body).collect()
            }
        }
    }

    /// How many frames it puts before a message.
    pub(super) fn added(self) -> usize {
        match self {
            Shape::Whole | Shape::Body => 0,
            Shape::Request => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_begins_after_the_first_empty_frame_but_the_routing_id() {
        for (frames, start) in [
            (vec!["peer", "", "a"], Some(2)),
            (vec!["peer", "id", "", "a", "", "b"], Some(3)),
            (vec!["", "", "a"], Some(2)),
            (vec!["peer", "", ""], Some(2)),
            (vec!["peer", ""], None),
            (vec!["peer", "a"], None),
            (vec![""], None),
            (vec![], None),
        ] {
            let message = Message::from(frames);
            assert_eq!(body_start(message.frames()), start, "{message:?}");
        }
    }

    #[test]
    fn a_message_goes_on_in_its_shape() {
        let message = || Message::from(["peer", "id", "", "a", "b"]);
        assert_eq!(Shape::Whole.shape(message(), 3), message());
        assert_eq!(Shape::Body.shape(message(), 3), ["a", "b"]);
        assert_eq!(Shape::Request.shape(message(), 3), ["", "a", "b"]);
        for shape in [Shape::Whole, Shape::Body, Shape::Request] {
            let shaped = shape.shape("a".into(), 0);
            assert_eq!(shaped[shape.added()], "a");
        }
    }
}
