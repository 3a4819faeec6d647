//! Requests of a number of frames, as arrays to destructure.

use super::{Replier, ReplySender};
use crate::message::Frame;
use crate::pattern::receiving::{fitting, next};

/// Goes over requests of `N` frames; see [`Replier::parts`].
#[derive(Debug)]
pub struct RequestParts<'a, const N: usize> {
    pub(super) replier: &'a Replier,
}

impl<const N: usize> Iterator for RequestParts<'_, N> {
    type Item = ([Frame; N], ReplySender);

    fn next(&mut self) -> Option<([Frame; N], ReplySender)> {
        loop {
            let (message, reply) = next(self.replier)?.split();
            let what = "a request, which gets no reply";
            match fitting(&self.replier.shared.socket, what, message.parts()) {
                Some(parts) => return Some((parts, reply)),
                None => reply.give_up(),
            }
        }
    }
}
