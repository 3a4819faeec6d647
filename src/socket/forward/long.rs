//! A message of so many frames that it takes several holds of the locks to move it.
//!
//! It is not collected: what was moved waits in the other socket for the rest, which libzmq has still. So it takes no
//! more memory than it has there anyhow.

use std::collections::VecDeque;

use super::{Step, is_sent};
use crate::error::BoxedError;
use crate::socket::locked::LockedSocket;
use crate::socket::partial::Moved;

impl LockedSocket<'_> {
    /// Goes on with a message of which so much was moved.
    #[cold]
    pub(super) fn forward_more(
        &mut self,
        to: &mut LockedSocket<'_>,
        mut moved: Moved,
    ) -> Result<Step, BoxedError> {
        let partial = self.take_partial();
        self.end_partial();
        // All the rest, if this socket was told to disconnect meanwhile: then it had to be received.
        let mut rest = partial.map_or_else(VecDeque::new, |partial| partial.frames);
        if rest.is_empty() {
            return self.forward_rest(to, true, moved);
        }
        while let Some(mut frame) = rest.pop_front() {
            moved.bytes += frame.len();
            moved.is_lost |= !is_sent(to.send_next(&mut frame, !rest.is_empty()))?;
        }
        Ok(Step::all(moved))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::tests::{open, recv, send};
    use super::super::{Burst, BurstEnd};
    use crate::message::{Frame, Message};
    use crate::socket::set_aside::FRAMES;
    use crate::socket::{Socket, SocketType};
    use crate::wake::Deadline;

    /// A message that takes three holds.
    const LONG: usize = 2 * FRAMES + 2;

    fn long(first: &str) -> Message {
        let rest = (1..LONG).map(|number| Frame::from(number.to_string()));
        [Frame::from(first)].into_iter().chain(rest).collect()
    }

    /// Two pairs of sockets, the first of which push.
    fn pairs(name: &str) -> [Socket; 4] {
        let [before, behind] = ["in", "out"].map(|end| format!("{name}-{end}"));
        [
            open(SocketType::Push, &before, true, false),
            open(SocketType::Pull, &before, false, false),
            open(SocketType::Push, &behind, true, false),
            open(SocketType::Pull, &behind, false, false),
        ]
    }

    fn forward(from: &Socket, to: &Socket) -> Burst {
        let mut parked = Message::new();
        let burst = from.forward(to, 9, &mut parked).unwrap();
        assert_eq!(parked.frame_count(), 0);
        burst
    }

    /// Moves a part of a message, and not all.
    fn forward_part(from: &Socket, to: &Socket) {
        let burst = forward(from, to);
        assert_eq!((burst.messages, burst.dropped), (0, 0));
        assert_eq!(burst.end, BurstEnd::Middle);
    }

    #[test]
    fn it_is_moved_in_pieces() {
        let [push, input, output, pull] = pairs("long-1");
        send(&push, long("one"));
        send(&push, "two");
        forward_part(&input, &output);
        forward_part(&input, &output);
        let burst = forward(&input, &output);
        let bytes = long("one").byte_count() + "two".len();
        assert_eq!((burst.messages, burst.bytes), (2, bytes as u64));
        assert_eq!(burst.end, BurstEnd::Empty);
        assert_eq!(recv(&pull), long("one"));
        assert_eq!(recv(&pull), "two");
    }

    #[test]
    fn frames_of_many_messages_end_a_burst_as_well() {
        let [push, input, output, pull] = pairs("long-2");
        for _ in 0..9 {
            send(&push, vec!["x"; FRAMES / 2 + 1]);
        }
        for _ in 0..4 {
            let burst = forward(&input, &output);
            assert_eq!((burst.messages, burst.end), (2, BurstEnd::Limit));
        }
        for _ in 0..8 {
            assert_eq!(recv(&pull).frame_count(), FRAMES / 2 + 1);
        }
    }

    #[test]
    fn its_rest_follows_if_the_input_is_disconnected_in_the_middle() {
        let [push, input, output, pull] = pairs("long-3");
        send(&push, long("one"));
        forward_part(&input, &output);
        let endpoint = input.with(|locked| {
            let endpoint = locked.socket.get_last_endpoint();
            Ok(endpoint.unwrap().unwrap())
        });
        let endpoint = endpoint.unwrap();
        input
            .with(|locked| Ok(locked.disconnect(&endpoint)))
            .unwrap()
            .unwrap();
        let burst = forward(&input, &output);
        let bytes = long("one").byte_count() as u64;
        assert_eq!((burst.messages, burst.bytes), (1, bytes));
        assert_eq!(recv(&pull), long("one"));
    }

    #[test]
    fn a_peer_that_leaves_in_the_middle_gets_nothing_and_the_next_one_the_next() {
        let [push, input, output, pull] = pairs("long-4");
        send(&push, long("one"));
        send(&push, "two");
        forward_part(&input, &output);
        let status = pull.status().unwrap().clone();
        drop(pull);
        // libzmq closes it in a thread of its own, and the other end learns of that when it is used.
        while !status.wait_released(Deadline::after(Duration::from_millis(1))) {
            output.with(|locked| Ok(locked.events().bits())).unwrap();
        }
        let pull = open(SocketType::Pull, "long-4-out", false, false);
        forward_part(&input, &output);
        let burst = forward(&input, &output);
        assert_eq!(burst.messages + burst.dropped, 2);
        assert_eq!(recv(&pull), "two");
    }

    #[test]
    fn without_room_it_is_parked_in_pieces() {
        let [push, input, ..] = pairs("long-5");
        let output = open(SocketType::Push, "long-5-nobody", true, false);
        send(&push, long("one"));
        forward_part(&input, &output);
        forward_part(&input, &output);
        let mut parked = Message::new();
        let burst = input.forward(&output, 9, &mut parked).unwrap();
        assert_eq!((burst.messages, burst.end), (0, BurstEnd::Blocked));
        assert_eq!(parked, long("one"));
    }

    #[test]
    fn for_a_peer_that_is_not_there_it_is_dropped_and_the_next_is_not() {
        let [push, input, ..] = pairs("long-6");
        let router = open(SocketType::Router, "long-6-router", true, false);
        let dealer = open(SocketType::Dealer, "long-6-router", false, false);
        send(&dealer, "hello");
        let known = recv(&router)[0].clone();
        send(&push, long("nobody"));
        send(&push, Message::from([known, "reply".into()]));
        let mut moved = Burst::default();
        while moved.messages == 0 {
            let burst = forward(&input, &router);
            moved.messages += burst.messages;
            moved.dropped += burst.dropped;
        }
        assert_eq!((moved.messages, moved.dropped), (1, 1));
        assert_eq!(recv(&dealer), "reply");
    }
}
