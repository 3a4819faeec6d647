//! Facts of the receiver.

use std::time::Instant;

use super::super::frames::{Parcel, ToSender};
use super::super::receiver::{Receiver, ReceiverAction, ReceiverLimits};
use super::super::rules::MAX_FAILED;
use super::{Bytes, MINUTE, SECOND, TOKEN, life};
use crate::station::Life;
use crate::station::wire::{Ack, Fault, Open};

fn receiver(limits: ReceiverLimits) -> Receiver<Bytes> {
    Receiver::new(life(2), limits)
}

fn open(receiver: &mut Receiver<Bytes>, from: u8, token: u64, now: Instant) -> Option<ToSender> {
    let open = Open {
        life: life(from),
        opening: 1,
        base: 0,
        keep_for: 70_000,
    };
    receiver.open("rig1".into(), 0, &open, token, now)
}

fn parcel(token: u64, seq: u64, size: usize) -> Parcel<Bytes> {
    Parcel {
        token,
        seq,
        base: 0,
        is_redelivered: false,
        at_most_once: false,
        left: MINUTE,
        message: Bytes(size),
    }
}

/// The messages that start now, and the ACKs that are sent.
fn done(receiver: &mut Receiver<Bytes>) -> (Vec<u64>, Vec<Ack>) {
    let (mut starts, mut acks) = (Vec::new(), Vec::new());
    for action in receiver.take_actions() {
        match action {
            ReceiverAction::Start(parcel) => starts.push(parcel.seq),
            ReceiverAction::Send {
                frame: ToSender::Ack(ack),
                ..
            } => acks.push(ack),
            ReceiverAction::Send { frame, .. } => panic!("{frame:?}"),
        }
    }
    (starts, acks)
}

#[test]
fn a_flow_has_one_token_as_long_as_it_is_known() {
    let now = Instant::now();
    let mut receiver = receiver(ReceiverLimits::default());
    for (from, token, given) in [(1, 7, 7), (1, 8, 7), (2, 9, 9)] {
        let opened = open(&mut receiver, from, token, now);
        assert!(
            matches!(&opened, Some(ToSender::Opened(it)) if it.token == given),
            "{opened:?}"
        );
    }
    receiver.end(7, 0);
    let opened = open(&mut receiver, 1, 10, now);
    assert!(matches!(opened, Some(ToSender::Opened(it)) if it.token == 10));
}

#[test]
fn a_table_of_65536_flows_is_full_and_has_room_after_an_end() {
    let now = Instant::now();
    let limits = ReceiverLimits::default();
    let mut receiver = receiver(limits);
    let ask = |number: u64, receiver: &mut Receiver<Bytes>| {
        let open = Open {
            life: Life::from(u128::from(number).to_be_bytes()),
            opening: 1,
            base: 0,
            keep_for: 70_000,
        };
        receiver.open("rig1".into(), 0, &open, number, now)
    };
    for number in 0..65536 {
        assert!(matches!(
            ask(number, &mut receiver),
            Some(ToSender::Opened(_))
        ));
    }
    let busy = ToSender::Busy {
        opening: 1,
        retry_after: SECOND,
    };
    assert_eq!(ask(65536, &mut receiver), Some(busy));
    assert!(
        matches!(ask(5, &mut receiver), Some(ToSender::Opened(_))),
        "it is known"
    );
    receiver.end(9, 0);
    assert!(matches!(
        ask(65536, &mut receiver),
        Some(ToSender::Opened(_))
    ));
    receiver.timeout(now + 70 * SECOND);
    assert_eq!(
        receiver.next_timeout(),
        None,
        "all are silent, and forgotten"
    );
}

#[test]
fn a_token_that_is_not_known_is_reset() {
    let now = Instant::now();
    let mut receiver = receiver(ReceiverLimits::default());
    let reset = ToSender::Reset {
        token: 5,
        life: life(2),
    };
    assert_eq!(receiver.data(parcel(5, 0, 1), now), Some(reset));
    receiver.end(5, 0);
    receiver.finished(5, 0, Ok(()), now);
    assert_eq!(receiver.take_actions(), []);
}

#[test]
fn one_handler_runs_at_a_time_and_tells_each_second_that_it_does() {
    let now = Instant::now();
    let mut receiver = receiver(ReceiverLimits::default());
    open(&mut receiver, 1, TOKEN, now);
    for seq in [0, 0, 2, 1] {
        receiver.data(parcel(TOKEN, seq, 1), now);
    }
    receiver.inbox_is_empty(now);
    let (starts, acks) = done(&mut receiver);
    assert_eq!(starts, [0], "2 came too early");
    assert!(acks.iter().all(|ack| ack.handled == 0), "{acks:?}");
    for second in 1..=3 {
        receiver.timeout(now + second * SECOND);
        let (_, acks) = done(&mut receiver);
        assert!(
            matches!(&acks[..], [ack] if (ack.handled, ack.accepted) == (0, 2)),
            "{acks:?}"
        );
    }
    receiver.finished(TOKEN, 0, Ok(()), now + 4 * SECOND);
    let (starts, _) = done(&mut receiver);
    assert_eq!(starts, [1]);
    receiver.timeout(now + 1000 * SECOND);
    receiver.finished(TOKEN, 1, Ok(()), now + 1000 * SECOND);
    receiver.inbox_is_empty(now + 1000 * SECOND);
    let (_, acks) = done(&mut receiver);
    assert_eq!(
        acks.last().map(|ack| ack.handled),
        Some(2),
        "it is not forgotten"
    );
}

#[test]
fn failures_are_told_until_the_base_has_passed_them() {
    let now = Instant::now();
    let mut receiver = receiver(ReceiverLimits::default());
    open(&mut receiver, 1, TOKEN, now);
    let mut failed = 0;
    for seq in 0..100 {
        receiver.data(parcel(TOKEN, seq, 1), now);
        if done(&mut receiver).0 == [seq] {
            let long = "é".repeat(500);
            receiver.finished(TOKEN, seq, Err((Fault::Error, long)), now);
            failed += 1;
        }
    }
    assert_eq!(failed, MAX_FAILED, "the next waits");
    receiver.take_actions();
    let known = Parcel {
        base: 60,
        ..parcel(TOKEN, 64, 1)
    };
    receiver.data(known, now);
    receiver.inbox_is_empty(now);
    let (starts, acks) = done(&mut receiver);
    assert_eq!(starts, [64]);
    let told: Vec<_> = acks.iter().flat_map(|ack| &ack.failed).collect();
    assert!(
        told.iter().all(|it| it.seq >= 60 && it.text.len() == 254),
        "{told:?}"
    );
}

#[test]
fn flows_that_found_no_room_are_told_in_their_order_when_there_is_some() {
    let now = Instant::now();
    let limits = ReceiverLimits {
        pool: 10_000,
        ..ReceiverLimits::default()
    };
    let mut receiver = receiver(limits);
    let mut no_room = Vec::new();
    for (from, size) in [(1, 8000), (2, 5000), (3, 4000)] {
        let token = u64::from(from);
        open(&mut receiver, from, token, now);
        if let Some(ToSender::Ack(ack)) = receiver.data(parcel(token, 0, size), now) {
            no_room.extend((ack.credit.messages == 0).then_some(ack.token));
        }
    }
    assert_eq!(no_room, [2, 3]);
    assert_eq!(done(&mut receiver).0, [0], "of the first");
    receiver.finished(1, 0, Ok(()), now);
    let (_, acks) = done(&mut receiver);
    let told: Vec<u64> = acks
        .iter()
        .filter(|ack| ack.token != 1 && ack.credit.messages > 0)
        .map(|ack| ack.token)
        .collect();
    assert_eq!(told, [2, 3]);
}

#[test]
fn a_message_that_there_is_never_room_for_holds_up_no_other_flow() {
    let now = Instant::now();
    let limits = ReceiverLimits {
        pool: 10_000,
        ..ReceiverLimits::default()
    };
    let mut receiver = receiver(limits);
    for (from, size) in [(1, 8000), (2, 20_000), (3, 4000)] {
        let token = u64::from(from);
        open(&mut receiver, from, token, now);
        receiver.data(parcel(token, 0, size), now);
    }
    assert_eq!(done(&mut receiver).0, [0], "of the first");
    receiver.finished(1, 0, Ok(()), now);
    let (_, acks) = done(&mut receiver);
    let told = acks.iter().filter(|ack| ack.credit.messages > 0);
    let told: Vec<u64> = told.map(|ack| ack.token).collect();
    assert!(told.contains(&3), "{told:?}");
    receiver.data(parcel(3, 0, 4000), now);
    assert_eq!(done(&mut receiver).0, [0], "of the third");
}

#[test]
fn an_end_that_is_late_is_ignored() {
    let now = Instant::now();
    let mut receiver = receiver(ReceiverLimits::default());
    open(&mut receiver, 1, TOKEN, now);
    receiver.data(parcel(TOKEN, 0, 1), now);
    receiver.end(TOKEN, 1);
    receiver.finished(TOKEN, 0, Ok(()), now);
    receiver.end(TOKEN, 0);
    let again = receiver.data(parcel(TOKEN, 0, 1), now);
    assert!(!matches!(again, Some(ToSender::Reset { .. })), "{again:?}");
    receiver.end(TOKEN, 1);
    let again = receiver.data(parcel(TOKEN, 0, 1), now);
    assert!(matches!(again, Some(ToSender::Reset { .. })), "{again:?}");
}
