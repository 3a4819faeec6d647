//! Moving messages from one socket to another as they are: each frame is moved, and none is looked at.

use std::sync::atomic::Ordering;

use super::locked::{LockedSocket, Progress};
use super::partial::{Fate, Moved};
use super::{NO_ENVELOPE, SharedSocket, system};
use crate::error::{BoxedError, Error};
use crate::ffi;
use crate::message::{Frame, Message};

mod long;

/// The messages that one burst has moved.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Burst {
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
    /// Messages that were received, and that the other socket did not take.
    pub(crate) dropped: u64,
    pub(crate) end: BurstEnd,
}

/// Why a burst has ended.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BurstEnd {
    /// It has moved as many as it may, or as many frames.
    #[default]
    Limit,
    /// The same, and the next one begins in the middle of a message.
    Middle,
    /// There is no other message.
    Empty,
    /// There is no room for the message that was received last, which is parked.
    Blocked,
}

/// The outcome of an attempt to move a message.
enum Step {
    /// It was moved, with so many bytes.
    Moved(usize),
    /// It was received, and the other socket did not take it.
    Dropped,
    End(BurstEnd),
}

impl Step {
    /// A message of which all was moved.
    fn all(moved: Moved) -> Step {
        match moved.is_lost {
            true => Step::Dropped,
            false => Step::Moved(moved.bytes),
        }
    }
}

impl SharedSocket {
    /// Moves up to so many messages to another socket, under one hold of both locks. No other call of this
    /// layer locks two sockets, so the order does not matter.
    ///
    /// It also ends after as many frames as may be received under one hold, in the middle of a message too:
    /// nobody else may send to that socket, or receive from this one, until the next burst goes on with it.
    ///
    /// A message that finds no room is left in `parked`, which must be empty. But where a message is
    /// for one peer that is named in it, there may be room for the next: such a message is dropped.
    pub(crate) fn forward(
        &self,
        to: &SharedSocket,
        most: u64,
        parked: &mut Message,
    ) -> Result<Burst, BoxedError> {
        let drops = to.spec.socket_type.sends_to_named_peers();
        let burst = self.with(|from| to.with(|to| from.forward(to, most, drops, parked)))?;
        if burst.messages > 0 {
            to.sent.store(true, Ordering::Relaxed);
        }
        Ok(burst)
    }

    /// Whether it says that there is room, after a look at its events: while sending, libzmq notices that only now
    /// and then.
    pub(crate) fn has_room(&self) -> Result<bool, BoxedError> {
        self.with(|locked| Ok(locked.events().contains(zmq::POLLOUT)))
    }
}

impl LockedSocket<'_> {
    fn forward(
        &mut self,
        to: &mut LockedSocket<'_>,
        most: u64,
        drops: bool,
        parked: &mut Message,
    ) -> Result<Burst, BoxedError> {
        let mut burst = Burst::default();
        while burst.messages + burst.dropped < most && self.frames_left > 0 {
            let step = match self.receive_state.is_some() {
                true => self.forward_received(to, drops, parked),
                false => self.forward_next(to, drops, parked),
            };
            match step? {
                Step::Moved(bytes) => {
                    burst.messages += 1;
                    burst.bytes += bytes as u64;
                }
                Step::Dropped => burst.dropped += 1,
                Step::End(end) => {
                    burst.end = end;
                    break;
                }
            }
        }
        Ok(burst)
    }

    /// Moves the next message, frame by frame.
    #[inline(always)]
    fn forward_next(
        &mut self,
        to: &mut LockedSocket<'_>,
        drops: bool,
        parked: &mut Message,
    ) -> Result<Step, BoxedError> {
        let Some((size, more)) = self.recv_scratch(false)? else {
            return Ok(Step::End(BurstEnd::Empty));
        };
        if (!drops || more) && to.takes_from(self, more)? {
            let moved = Moved {
                bytes: size,
                is_lost: false,
            };
            return self.forward_rest(to, more, moved);
        }
        self.more = more;
        if drops {
            // libzmq does nothing with a message that names a peer and has no more.
            self.drop_rest()?;
            return Ok(Step::Dropped);
        }
        self.park(parked)
    }

    /// Moves the next message, where there is more to heed than the next one that libzmq has: it is received as
    /// any other.
    #[cold]
    fn forward_received(
        &mut self,
        to: &mut LockedSocket<'_>,
        drops: bool,
        parked: &mut Message,
    ) -> Result<Step, BoxedError> {
        if let Some(Fate::Moved(moved)) = self.fate() {
            return self.forward_more(to, moved);
        }
        let mut message = Message::new();
        match self.recv(&mut message)? {
            Progress::Done => {}
            Progress::Blocked => return Ok(Step::End(BurstEnd::Empty)),
            Progress::Again if self.fate() == Some(Fate::Received) => {
                return Ok(Step::End(BurstEnd::Middle));
            }
            Progress::Again => return Ok(Step::End(BurstEnd::Limit)),
        }
        let bytes = message.byte_count();
        let sent = match drops {
            true => to.send_to_named(message.take()),
            false => match to.send(NO_ENVELOPE, &mut message) {
                Ok(Progress::Blocked) => {
                    to.events();
                    to.send(NO_ENVELOPE, &mut message)
                }
                sent => sent,
            },
        };
        match sent {
            Ok(Progress::Done) => Ok(Step::Moved(bytes)),
            Ok(_) if !drops => {
                *parked = message;
                Ok(Step::End(BurstEnd::Blocked))
            }
            Ok(_) => Ok(Step::Dropped),
            Err(error) if *error == Error::PeerLost => Ok(Step::Dropped),
            Err(error) => Err(error),
        }
    }

    /// Attempts to send a message to the peer that its first frame names.
    fn send_to_named(
        &mut self,
        mut frames: impl Iterator<Item = Frame>,
    ) -> Result<Progress, BoxedError> {
        let peer = frames.next().unwrap_or_default();
        let mut rest: Message = frames.collect();
        match rest.frame_count() {
            0 => Ok(Progress::Blocked),
            _ => self.send(&[peer], &mut rest),
        }
    }

    /// Moves the frames of a message that follow those that were moved. Should the peer leave in the middle, libzmq
    /// drops the frames that it has, and the rest up to the last.
    #[inline(always)]
    fn forward_rest(
        &mut self,
        to: &mut LockedSocket<'_>,
        mut more: bool,
        mut moved: Moved,
    ) -> Result<Step, BoxedError> {
        while more {
            if self.frames_left == 0 {
                self.set_aside_moved(moved);
                return Ok(Step::End(BurstEnd::Middle));
            }
            self.frames_left -= 1;
            let size;
            (size, more) = self.recv_following_scratch()?;
            moved.bytes += size;
            moved.is_lost |= !to.sends(self.scratch, more)?;
        }
        Ok(Step::all(moved))
    }

    /// Receives the first frame of a message into the scratch: its size, and whether more follow; `None`
    /// if there is no message.
    #[inline(always)]
    fn recv_scratch(&mut self, follows: bool) -> Result<Option<(usize, bool)>, BoxedError> {
        loop {
            let received = match follows {
                true => ffi::recv_following(self.socket, self.scratch),
                false => ffi::recv(self.socket, self.scratch, zmq::DONTWAIT),
            };
            match received {
                Ok((bytes, more)) => return Ok(Some((bytes.len(), more))),
                Err(libc::EINTR) => {}
                Err(libc::EAGAIN) => return Ok(None),
                Err(errno) => return Err(system("receiving", errno).into()),
            }
        }
    }

    fn recv_following_scratch(&mut self) -> Result<(usize, bool), BoxedError> {
        let frame = self.recv_scratch(true)?;
        frame.ok_or_else(|| Error::system("receiving", "the rest of a message is missing").into())
    }

    /// Attempts to send the frame in another socket's scratch as the first of a message.
    #[inline(always)]
    fn takes_from(&mut self, from: &mut LockedSocket<'_>, more: bool) -> Result<bool, BoxedError> {
        if self.sends(from.scratch, more)? {
            return Ok(true);
        }
        // While sending, libzmq looks only now and then for new peers, and for room.
        self.events();
        self.sends(from.scratch, more)
    }

    /// Attempts to send a frame; false if there is no room, or no such peer.
    #[inline(always)]
    fn sends(&mut self, frame: &mut ffi::RawMessage, more: bool) -> Result<bool, BoxedError> {
        is_sent(self.send_frame(frame, more))
    }

    /// Keeps the message that has begun in the scratch, whole. One that takes longer than the locks may be held is
    /// set aside, and tried again when it is complete.
    #[cold]
    fn park(&mut self, parked: &mut Message) -> Result<Step, BoxedError> {
        self.take_scratch(parked.push_empty());
        let end = match self.recv_rest(parked)? {
            Progress::Done => BurstEnd::Blocked,
            _ => BurstEnd::Middle,
        };
        Ok(Step::End(end))
    }
}

#[inline(always)]
fn is_sent(attempt: Result<Progress, BoxedError>) -> Result<bool, BoxedError> {
    match attempt {
        Ok(progress) => Ok(progress == Progress::Done),
        Err(error) if *error == Error::PeerLost => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Profile, Socket, SocketSpec, SocketType, Target};
    use super::*;
    use crate::ffi::IntOption;
    use crate::options::Options;
    use crate::wake::Deadline;

    const SOON: Duration = Duration::from_secs(30);

    /// A socket within the process; `heeds` if there is more to heed than messages.
    pub(super) fn open(socket_type: SocketType, name: &str, bind: bool, heeds: bool) -> Socket {
        let mut spec = SocketSpec::new(socket_type, "one", "other", Profile::default());
        if socket_type == SocketType::Router {
            spec = spec.raw_option(IntOption::RouterMandatory, 1);
        }
        let options = Options::default().peer_info(heeds);
        let socket = Socket::open(&spec, &options).unwrap();
        let endpoint = format!("inproc://forward-{name}-{heeds}").parse().unwrap();
        match bind {
            true => drop(socket.bind(&endpoint).unwrap()),
            false => socket
                .connect(&Target::find(endpoint, false).unwrap(), 0)
                .unwrap(),
        }
        socket
    }

    pub(super) fn send(socket: &Socket, message: impl Into<Message>) {
        let sent = socket.send(NO_ENVELOPE, &mut message.into(), Deadline::after(SOON));
        sent.unwrap();
    }

    pub(super) fn recv(socket: &Socket) -> Message {
        socket.receive(Deadline::after(SOON)).unwrap()
    }

    #[test]
    fn messages_are_moved_whole_in_order_up_to_the_limit() {
        for heeds in [false, true] {
            let input = open(SocketType::Pull, "1-in", true, heeds);
            let push = open(SocketType::Push, "1-in", false, heeds);
            let output = open(SocketType::Push, "1-out", true, heeds);
            let pull = open(SocketType::Pull, "1-out", false, heeds);
            send(&push, "one");
            send(&push, ["", "two"]);
            send(&push, vec![7; 1000]);
            let mut parked = Message::new();
            let burst = input.forward(&output, 2, &mut parked).unwrap();
            let counts = (burst.messages, burst.bytes, burst.dropped, burst.end);
            assert_eq!(counts, (2, 6, 0, BurstEnd::Limit));
            let burst = input.forward(&output, 2, &mut parked).unwrap();
            assert_eq!((burst.messages, burst.bytes), (1, 1000));
            assert_eq!(burst.end, BurstEnd::Empty);
            assert_eq!(recv(&pull), "one");
            assert_eq!(recv(&pull), ["", "two"]);
            assert_eq!(recv(&pull), vec![7; 1000]);
            assert_eq!(parked.frame_count(), 0);
        }
    }

    #[test]
    fn a_message_without_room_is_parked_whole() {
        for heeds in [false, true] {
            let input = open(SocketType::Pull, "2-in", true, heeds);
            let push = open(SocketType::Push, "2-in", false, heeds);
            let output = open(SocketType::Push, "2-out", true, heeds);
            send(&push, [vec![1; 100], vec![2], vec![3; 1000]]);
            let mut parked = Message::new();
            let burst = input.forward(&output, 9, &mut parked).unwrap();
            assert_eq!((burst.messages, burst.end), (0, BurstEnd::Blocked));
            assert_eq!(parked, [vec![1; 100], vec![2], vec![3; 1000]]);
        }
    }

    #[test]
    fn a_message_for_a_peer_that_is_not_there_is_dropped_and_the_next_is_not() {
        for heeds in [false, true] {
            let input = open(SocketType::Pull, "3-in", true, heeds);
            let push = open(SocketType::Push, "3-in", false, heeds);
            let router = open(SocketType::Router, "3-out", true, heeds);
            let dealer = open(SocketType::Dealer, "3-out", false, heeds);
            send(&dealer, "hello");
            let known = recv(&router)[0].clone();
            send(&push, ["nobody", "", "lost"]);
            send(&push, Message::from([known, "".into(), "reply".into()]));
            let mut parked = Message::new();
            let burst = input.forward(&router, 9, &mut parked).unwrap();
            assert_eq!((burst.messages, burst.dropped), (1, 1));
            assert_eq!(recv(&dealer), ["", "reply"]);
        }
    }
}
