//! The vectors: what was sent to autopilot, and what it sent.

use serde::Deserialize;

/// Frames, which are texts for the most part.
pub(super) type Frames = Vec<Vec<u8>>;

/// One of them.
#[derive(Debug, Deserialize)]
pub(super) struct Vector {
    pub(super) name: String,
    sent: Option<Vec<Frame>>,
    frames: Option<Vec<Frame>>,
    #[serde(default)]
    to_upstream: Vec<Vec<Frame>>,
    #[serde(default)]
    to_n1: Vec<Vec<Frame>>,
    #[serde(default)]
    to_n2: Vec<Vec<Frame>>,
    #[serde(default)]
    to_dealer: Vec<Vec<Frame>>,
    /// What its handler was given, in Python's words.
    #[serde(default)]
    pub(super) handler_got: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Frame {
    Text(String),
    Hex { hex: String },
    Parts { parts: Vec<(String, usize)> },
}

impl Frame {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Frame::Text(text) => text.clone().into_bytes(),
            Frame::Hex { hex } => {
                let bytes = (0..hex.len()).step_by(2);
                let bytes = bytes.map(|at| u8::from_str_radix(&hex[at..at + 2], 16));
                bytes.collect::<Result<_, _>>().expect("digits")
            }
            Frame::Parts { parts } => {
                let parts = parts.iter().map(|(text, times)| text.repeat(*times));
                parts.collect::<String>().into_bytes()
            }
        }
    }
}

fn frames(frames: &[Frame]) -> Frames {
    frames.iter().map(Frame::bytes).collect()
}

impl Vector {
    pub(super) fn all() -> Vec<Vector> {
        serde_json::from_str(include_str!("vectors.json")).expect("the vectors")
    }

    /// What was sent to autopilot.
    pub(super) fn sent(&self) -> Frames {
        frames(self.sent.as_ref().expect("something was sent"))
    }

    pub(super) fn is_sent(&self) -> bool {
        self.sent.is_some()
    }

    /// What it sent, if it did; after the routing id that a ROUTER has put before.
    pub(super) fn frames(&self) -> Option<Frames> {
        self.frames.as_ref().map(|it| frames(it))
    }

    pub(super) fn to_upstream(&self) -> Option<Frames> {
        only(&self.to_upstream)
    }

    pub(super) fn to_n1(&self) -> Option<Frames> {
        only(&self.to_n1)
    }

    pub(super) fn to_n2(&self) -> Option<Frames> {
        only(&self.to_n2)
    }

    pub(super) fn to_dealer(&self) -> Option<Frames> {
        only(&self.to_dealer)
    }
}

fn only(messages: &[Vec<Frame>]) -> Option<Frames> {
    assert!(messages.len() <= 1, "one message at most");
    messages.first().map(|it| frames(it))
}
