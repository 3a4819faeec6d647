//! What comes twice is known, in a bounded memory.

use super::*;

fn pushed(sender: &str, number: u64, timestamp: &str) -> PeerMessage {
    let id = MessageId::new(sender, number);
    PeerMessage::new(id, "up", sender, "K", PythonJson::null(), timestamp)
}

#[test]
fn a_message_that_comes_twice_is_known() {
    let mut repeats = Repeats::default();
    assert!(!repeats.is_repeat(&pushed("s1", 0, "t")));
    assert!(!repeats.is_repeat(&pushed("s1", 1, "t")));
    assert!(repeats.is_repeat(&pushed("s1", 0, "t")));
    assert!(!repeats.is_repeat(&pushed("s2", 0, "t")));
    // A station that was started again counts from 0.
    assert!(!repeats.is_repeat(&pushed("s1", 0, "later")));
}

#[test]
fn nobody_repeats_what_is_not_to_be_confirmed_or_has_no_time() {
    let mut repeats = Repeats::default();
    let unconfirmed = pushed("s1", 0, "t").unconfirmed();
    let mut timeless = pushed("s1", 0, "t");
    timeless.timestamp = PythonJson::null();
    for message in [unconfirmed, timeless] {
        assert!(!repeats.is_repeat(&message));
        assert!(!repeats.is_repeat(&message));
    }
}

#[test]
fn the_newest_messages_and_senders_are_remembered() {
    let mut repeats = Repeats::default();
    for number in 0..=4096 {
        assert!(!repeats.is_repeat(&pushed("s1", number, "t")));
    }
    assert!(repeats.is_repeat(&pushed("s1", 1, "t")));
    assert!(!repeats.is_repeat(&pushed("s1", 0, "t")));
    for sender in 0..255 {
        assert!(!repeats.is_repeat(&pushed(&format!("n{sender}"), 0, "t")));
    }
    assert!(repeats.is_repeat(&pushed("s1", 4096, "t")));
    assert!(!repeats.is_repeat(&pushed("one more", 0, "t")));
    assert!(repeats.is_repeat(&pushed("s1", 4096, "t")));
    assert!(!repeats.is_repeat(&pushed("n0", 0, "t")));
}
