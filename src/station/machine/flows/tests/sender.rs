//! Facts of the sender.

use std::time::{Duration, Instant};

use super::super::end::End;
use super::super::frames::{ToReceiver, ToSender};
use super::super::sender::{Full, Sender, SenderAction, SenderLimits};
use super::{Bytes, MINUTE, SECOND, TOKEN, life};
use crate::station::wire::{Ack, Credit, Failed, Fault, Open, Opened};

fn credit(messages: u16) -> Credit {
    Credit {
        messages,
        bytes: 64 << 10,
    }
}

fn sender(now: Instant) -> Sender<Bytes> {
    Sender::new(life(1), SenderLimits::default(), 1, now)
}

/// The frames that a sender sends now.
fn sent(sender: &mut Sender<Bytes>) -> Vec<ToReceiver<Bytes>> {
    let actions = sender.take_actions().into_iter();
    let frames = actions.filter_map(|action| match action {
        SenderAction::Send(frame) => Some(frame),
        SenderAction::End { .. } => None,
    });
    frames.collect()
}

/// The messages that have ended now.
fn ended(sender: &mut Sender<Bytes>) -> Vec<(u64, End)> {
    let actions = sender.take_actions().into_iter();
    let ends = actions.filter_map(|action| match action {
        SenderAction::End { seq, end } => Some((seq, end)),
        SenderAction::Send(_) => None,
    });
    ends.collect()
}

/// The numbers of the messages that a sender sends now, each with its flag.
fn sent_data(sender: &mut Sender<Bytes>) -> Vec<(u64, bool)> {
    let data = sent(sender).into_iter().filter_map(|frame| match frame {
        ToReceiver::Data(parcel) => Some((parcel.seq, parcel.is_redelivered)),
        _ => None,
    });
    data.collect()
}

/// Answers the OPEN that a sender has sent.
fn let_in(sender: &mut Sender<Bytes>, token: u64, base: u64, now: Instant) {
    let opening = sent(sender).into_iter().find_map(|frame| match frame {
        ToReceiver::Open(open) => Some(open.opening),
        _ => None,
    });
    let opened = Opened {
        opening: opening.expect("an OPEN"),
        token,
        life: life(2),
        handled: base,
        accepted: base,
        credit: credit(8),
    };
    sender.receive(ToSender::Opened(opened), now);
}

fn ack(handled: u64, accepted: u64) -> ToSender {
    ToSender::Ack(Ack {
        token: TOKEN,
        life: life(2),
        handled,
        accepted,
        credit: credit(8),
        failed: Vec::new(),
    })
}

fn submit(sender: &mut Sender<Bytes>, now: Instant) -> u64 {
    sender.submit(Bytes(10), false, MINUTE, now).expect("room")
}

fn submit_many(sender: &mut Sender<Bytes>, count: u64, now: Instant) {
    (0..count).for_each(|_| _ = submit(sender, now));
}

/// Lets time pass until then.
fn advance(sender: &mut Sender<Bytes>, until: Instant) {
    while let Some(at) = sender.next_timeout().filter(|at| *at <= until) {
        sender.timeout(at);
    }
}

#[test]
fn a_sender_asks_once_an_rto_until_it_is_let_in() {
    let now = Instant::now();
    let mut sender = sender(now);
    submit(&mut sender, now);
    advance(&mut sender, now + 5 * SECOND);
    let frames = sent(&mut sender);
    assert!((4..=6).contains(&frames.len()), "{frames:?}");
    assert!(frames.iter().all(|frame| *frame == frames[0]), "one number");
    assert!(
        matches!(&frames[0], ToReceiver::Open(open) if open.base == 0 && open.keep_for == 70_000)
    );
}

#[test]
fn as_many_messages_are_sent_as_there_is_credit_for() {
    let now = Instant::now();
    let mut sender = sender(now);
    for _ in 0..20 {
        submit(&mut sender, now);
    }
    let_in(&mut sender, TOKEN, 0, now);
    let first: Vec<_> = (0..8).map(|seq| (seq, false)).collect();
    assert_eq!(sent_data(&mut sender), first);
    sender.receive(ack(3, 8), now);
    assert_eq!(
        sent_data(&mut sender),
        [(8, false), (9, false), (10, false)]
    );
}

#[test]
fn what_is_handled_is_delivered_and_a_failure_is_told() {
    let now = Instant::now();
    let mut sender = sender(now);
    submit_many(&mut sender, 3, now);
    let_in(&mut sender, TOKEN, 0, now);
    let ToSender::Ack(mut told) = ack(2, 3) else {
        unreachable!("it is one");
    };
    let (fault, text) = (Fault::Panic, "full".to_owned());
    told.failed = vec![Failed {
        seq: 1,
        fault,
        text: text.clone(),
    }];
    sender.receive(ToSender::Ack(told), now);
    let ends = [(0, End::Delivered), (1, End::Failed { fault, text })];
    assert_eq!(ended(&mut sender), ends);
}

#[test]
fn what_was_never_sent_is_not_sent_at_its_deadline_and_the_rest_is_unknown() {
    let now = Instant::now();
    let mut sender = sender(now);
    submit(&mut sender, now);
    advance(&mut sender, now + MINUTE);
    assert_eq!(ended(&mut sender), [(0, End::NotSent)]);
    submit(&mut sender, now + MINUTE);
    let_in(&mut sender, TOKEN, 1, now + MINUTE);
    advance(&mut sender, now + 2 * MINUTE);
    assert_eq!(ended(&mut sender), [(1, End::Unknown)]);
    assert_eq!(sender.next_timeout(), Some(now + 3 * MINUTE), "it is idle");
}

#[test]
fn a_slow_handler_is_not_a_reason_to_send_again() {
    let now = Instant::now();
    let mut sender = sender(now);
    submit(&mut sender, now);
    let_in(&mut sender, TOKEN, 0, now);
    assert_eq!(sent_data(&mut sender), [(0, false)]);
    for tenths in 1..300 {
        let now = now + tenths * Duration::from_millis(100);
        advance(&mut sender, now);
        sender.receive(ack(0, 1), now);
    }
    assert_eq!(sent_data(&mut sender), []);
}

#[test]
fn after_an_rto_the_base_is_sent_alone_and_then_more_and_more() {
    let now = Instant::now();
    let mut sender = sender(now);
    submit_many(&mut sender, 8, now);
    let_in(&mut sender, TOKEN, 0, now);
    assert_eq!(sent_data(&mut sender).len(), 8);
    let later = now + Duration::from_millis(1200);
    advance(&mut sender, later);
    assert_eq!(sent_data(&mut sender), [(0, false)]);
    sender.receive(ack(1, 1), later);
    assert_eq!(sent_data(&mut sender), [(1, false), (2, false)]);
    sender.receive(ack(1, 3), later);
    assert_eq!(sent_data(&mut sender), [(3, false), (4, false)]);
}

#[test]
fn on_a_new_life_what_was_sent_is_flagged_and_at_most_once_is_unknown() {
    let now = Instant::now();
    let mut sender = sender(now);
    submit(&mut sender, now);
    sender.submit(Bytes(1), true, MINUTE, now).expect("room");
    let_in(&mut sender, TOKEN, 0, now);
    submit(&mut sender, now);
    assert_eq!(sent_data(&mut sender).len(), 3);
    let (token, other) = (TOKEN, life(3));
    sender.receive(ToSender::Reset { token, life: other }, now);
    let_in(&mut sender, TOKEN + 1, 0, now);
    let actions = sender.take_actions();
    let unknown = SenderAction::End {
        seq: 1,
        end: End::Unknown,
    };
    assert_eq!(actions[0], unknown);
    let rest: Vec<_> = actions.iter().skip(1).collect();
    let [SenderAction::Send(ToReceiver::Data(parcel))] = rest[..] else {
        panic!("{rest:?}");
    };
    assert!(parcel.is_redelivered && parcel.seq == 0, "{parcel:?}");
}

#[test]
fn a_sender_ends_its_flow_after_a_minute_and_begins_another() {
    let now = Instant::now();
    let mut sender = sender(now);
    submit(&mut sender, now);
    let_in(&mut sender, TOKEN, 0, now);
    sender.receive(ack(1, 1), now);
    sender.take_actions();
    advance(&mut sender, now + MINUTE);
    let end = ToReceiver::End {
        token: TOKEN,
        next: 1,
    };
    assert_eq!(sent(&mut sender), [end]);
    assert_eq!(sender.next_timeout(), None);
    submit(&mut sender, now + MINUTE);
    let frames = sent(&mut sender);
    assert!(matches!(&frames[..], [ToReceiver::Open(open)] if open.base == 1));
}

#[test]
fn a_busy_receiver_is_asked_again_when_it_says() {
    let now = Instant::now();
    let mut sender = sender(now);
    submit(&mut sender, now);
    let frames = sent(&mut sender);
    let [ToReceiver::Open(Open { opening, .. })] = frames[..] else {
        panic!("{frames:?}");
    };
    let retry_after = 3 * SECOND;
    sender.receive(
        ToSender::Busy {
            opening,
            retry_after,
        },
        now,
    );
    advance(&mut sender, now + 3 * SECOND - Duration::from_millis(1));
    assert_eq!(sent(&mut sender), []);
    advance(&mut sender, now + 4 * SECOND);
    assert_eq!(sent(&mut sender).len(), 1);
}

#[test]
fn an_outbox_that_is_full_gives_the_message_back() {
    let now = Instant::now();
    let limits = SenderLimits {
        messages: 2,
        bytes: 100,
        ..SenderLimits::default()
    };
    let mut sender: Sender<Bytes> = Sender::new(life(1), limits, 1, now);
    let large = sender.submit(Bytes(101), false, MINUTE, now);
    assert!(matches!(large, Err(Full(Bytes(101)))));
    submit_many(&mut sender, 2, now);
    assert!(matches!(
        sender.submit(Bytes(1), false, MINUTE, now),
        Err(Full(Bytes(1)))
    ));
}
