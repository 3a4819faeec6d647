//! An almost valid session of a node.

use zeroless::zre::Uuid;

use crate::stranger::Dice;
use crate::wire::{JOIN, LEAVE, PING, PING_OK, SHOUT, WHISPER, hello, identity, packet};

/// An identity and its messages, as frames.
pub(crate) struct Session {
    pub(crate) identity: Vec<u8>,
    pub(crate) messages: Vec<Vec<Vec<u8>>>,
}

impl Session {
    /// All that a node says that is at this endpoint, as it should be said.
    pub(crate) fn right(uuid: Uuid, endpoint: &str) -> Session {
        let content = b"content".to_vec();
        Session {
            identity: identity(uuid),
            messages: vec![
                vec![hello(endpoint)],
                vec![packet(JOIN, 2, b"\x01G\x01")],
                vec![packet(SHOUT, 3, b"\x01G"), content.clone()],
                vec![packet(WHISPER, 4, b""), content.clone(), content],
                vec![packet(LEAVE, 5, b"\x01G\x02")],
                vec![packet(PING, 6, b"")],
            ],
        }
    }

    /// It says, too, that it is there.
    pub(crate) fn answering(mut self) -> Session {
        let answer = vec![packet(PING_OK, 7, b"")];
        self.messages.push(answer);
        self
    }

    /// Makes some of it wrong.
    pub(crate) fn mutate(&mut self, dice: &mut Dice) {
        for _ in 0..=dice.below(3) {
            let place = dice.below(self.messages.len());
            let other = dice.below(self.messages.len());
            let again = self.messages[other].clone();
            let message = &mut self.messages[place];
            let first = &mut message[0];
            let at = dice.below(first.len());
            match dice.below(9) {
                0 => first[at] = dice.roll() as u8,
                1 => first.truncate(at),
                2 => first.extend(dice.bytes::<9>()),
                3 => first.splice(at..at, dice.bytes::<4>()).for_each(drop),
                // A number out of order, and a count or a status that is wrong.
                4 if first.len() > 5 => first[5] = dice.roll() as u8,
                5 => *first.last_mut().expect("a byte") = 255,
                6 => message.insert(0, dice.bytes::<6>().to_vec()),
                7 => self.messages.insert(place, again),
                _ => self.messages.swap(place, other),
            }
            self.messages.iter_mut().flatten().for_each(|frame| {
                if frame.is_empty() {
                    frame.push(0);
                }
            });
        }
    }
}
