//! The messages that a batch is.

use std::sync::{Arc, Mutex as StdMutex, Weak};

use parking_lot::Mutex;

use super::*;
use crate::error::{Error, Result};
use crate::message::Message as FrameList;
use crate::station::machine::Outcome;
use crate::station::message::{Finish, Message, MessageBuilder, Receipt};
use crate::station::ticket::Ticket;
use crate::station::wire::{BodyKind, append_item, compress};

/// Writes down what it is told.
#[derive(Default)]
struct Told {
    ends: StdMutex<Vec<Outcome>>,
    next: StdMutex<Vec<Message>>,
}

impl Finish for Told {
    fn finish(&self, _: u64, _: u64, outcome: Outcome) {
        self.ends.lock().unwrap().push(outcome);
    }

    fn abandon(&self) {}

    fn handle(&self, message: Message) {
        self.next.lock().unwrap().push(message);
    }

    fn reply(&self, _: MessageBuilder) -> Result<Ticket> {
        Err(Error::Stopped)
    }
}

impl Told {
    fn ends(&self) -> Vec<Outcome> {
        self.ends.lock().unwrap().clone()
    }
}

/// The first message of a batch with this frame.
fn first(node: &Arc<Told>, frame: Vec<u8>, is_compressed: bool) -> Option<Message> {
    let incoming = Incoming {
        to: "disk".to_owned(),
        from: "camera".to_owned(),
        life: crate::station::Life::default(),
        seq: 7,
        key: "FRAME".to_owned(),
        headers: Vec::new(),
        time: 0,
        deadline: None,
        is_redelivered: false,
        is_request: false,
        is_unconfirmed: false,
        hops: Vec::new(),
        is_batch: true,
        is_compressed,
        reply_to: None,
        body: Body {
            kind: BodyKind::Items,
            frames: FrameList::from(frame),
        },
    };
    let weak: Weak<Told> = Arc::downgrade(node);
    let receipt = Receipt {
        node: weak,
        token: 1,
        failure: Mutex::new(None),
    };
    Message::first(Arc::new(incoming), receipt)
}

fn batch(texts: &[&str]) -> Vec<u8> {
    let mut batch = Vec::new();
    for text in texts {
        append_item(&mut batch, BodyKind::Utf8, &FrameList::from(*text));
    }
    batch
}

#[test]
fn a_batch_ends_with_its_last_item() {
    let node = Arc::new(Told::default());
    let one = first(&node, batch(&["one", "two"]), false).unwrap();
    assert_eq!(one.value::<String>().unwrap(), "one");
    let two = one.end().unwrap();
    assert_eq!(two.value::<String>().unwrap(), "two");
    assert!(node.ends().is_empty());
    assert!(two.end().is_none());
    assert_eq!(node.ends(), [Ok(())]);
}

#[test]
fn an_item_that_is_dropped_has_the_next_handled() {
    let node = Arc::new(Told::default());
    drop(first(&node, batch(&["one", "two"]), false));
    let two = node.next.lock().unwrap().pop().unwrap();
    assert_eq!(two.value::<String>().unwrap(), "two");
    drop(two);
    assert_eq!(node.ends(), [Ok(())]);
}

#[test]
fn a_batch_fails_for_its_first_item_that_does() {
    let node = Arc::new(Told::default());
    let mut next = first(&node, batch(&["one", "two", "three"]), false);
    while let Some(message) = next {
        if message.bytes() != b"one" {
            message.fail(message.value::<String>().unwrap());
        }
        next = message.end();
    }
    assert_eq!(node.ends(), [Err((Fault::Error, "item 2: two".to_owned()))]);
}

#[test]
fn a_batch_without_items_is_handled() {
    let node = Arc::new(Told::default());
    assert!(first(&node, Vec::new(), false).is_none());
    assert_eq!(node.ends(), [Ok(())]);
}

#[test]
fn a_batch_that_cannot_be_read_fails_and_says_why() {
    let node = Arc::new(Told::default());
    let cut = batch(&["one"])[..4].to_vec();
    let mut bomb = compress(&vec![0; 60_000]).unwrap();
    bomb[0] = 1;
    for (frame, is_compressed) in [(cut, false), (bomb, true)] {
        assert!(first(&node, frame, is_compressed).is_none());
    }
    let reasons = [
        "it ends within its item's length",
        "it has 16837216 bytes, and at most 16777216 are read",
    ];
    let failed = reasons.map(|reason| Err((Fault::Error, reason.to_owned())));
    assert_eq!(node.ends(), failed);
}

#[test]
fn the_rest_of_a_batch_ends_with_its_node() {
    let node = Arc::new(Told::default());
    let many: Vec<&str> = vec!["x"; 50_000];
    let one = first(&node, batch(&many), false).unwrap();
    drop(node);
    drop(one);
}
