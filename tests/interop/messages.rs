//! Messages that are sent to a peer and back.

use zeroless::{Frames, Message};

/// How many messages are sent where their order is looked at.
pub(crate) const ORDERED: u32 = 10_000;

pub(crate) fn message(frames: impl Frames) -> Message {
    frames.into_message().expect("there is a frame")
}

pub(crate) fn one_frame() -> Vec<Message> {
    ["Msg1", "Msg2", "Msg3"].map(message).into()
}

pub(crate) fn several_frames() -> Vec<Message> {
    let binary: Vec<u8> = (0..=255).collect();
    vec![
        message(("id", b"Msg1")),
        message(("1", "2", "3", "4", "5", "6", "7", "8")),
        message(("binary", binary)),
    ]
}

pub(crate) fn large_and_empty() -> Vec<Message> {
    let large: Vec<u8> = (0..1 << 20).map(|place| (place % 251) as u8).collect();
    vec![
        message(""),
        message(("", "a", "", "")),
        message(large.clone()),
        message(("", large, "")),
    ]
}
