//! Any frame comes back as it was, and no bytes are a reason to panic.

use std::num::NonZeroU32;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z.]{0,8}", "\\PC{0,60}"]
}

fn lives() -> impl Strategy<Value = Life> {
    any::<[u8; 16]>().prop_map(Life::from)
}

fn credit() -> impl Strategy<Value = Credit> {
    any::<(u16, u32)>().prop_map(|(messages, bytes)| Credit { messages, bytes })
}

/// A number, and one that is not larger, by four bytes at most.
fn seq_and_base() -> impl Strategy<Value = (u64, u64)> {
    any::<(u64, u32)>().prop_map(|(seq, back)| (seq, seq.saturating_sub(back.into())))
}

fn data() -> impl Strategy<Value = Data> {
    let flags = any::<[bool; 5]>();
    let reply_to = option::of((lives(), any::<u64>()));
    let body = select(&BodyKind::ALL[..]);
    let told = (text(), vec((text(), "\\PC{0,80}"), 0..5));
    let numbers = (any::<u64>(), seq_and_base(), any::<u32>(), any::<u64>());
    let is_compressed = any::<bool>();
    (flags, reply_to, body, told, numbers, is_compressed).prop_map(
        |(
            flags,
            reply_to,
            body,
            (key, headers),
            (token, (seq, base), left, time),
            is_compressed,
        )| {
            let [
                is_redelivered,
                at_most_once,
                unconfirmed,
                is_request,
                is_stream_batch,
            ] = flags;
            Data {
                token,
                seq,
                base,
                is_redelivered,
                at_most_once,
                unconfirmed,
                is_request,
                reply_to: reply_to.map(|(life, seq)| ReplyTo { life, seq }),
                is_stream_batch,
                body,
                left: NonZeroU32::new(left),
                time,
                key,
                headers,
                compression: is_compressed.then_some(Compression::Lz4),
            }
        },
    )
}

fn ack() -> impl Strategy<Value = Ack> {
    let failed = vec((1_u64..1000, any::<usize>(), text()), 0..5);
    let counts = (any::<u32>(), 1000..u64::MAX / 2);
    (any::<u64>(), lives(), counts, credit(), failed).prop_map(
        |(token, life, (queued, handled), credit, failed)| Ack {
            token,
            life,
            handled,
            accepted: handled + u64::from(queued),
            credit,
            failed: failed
                .into_iter()
                .map(|(back, fault, text)| Failed {
                    seq: handled - back,
                    fault: Fault::ALL[fault % Fault::ALL.len()],
                    text,
                })
                .collect(),
        },
    )
}

fn content() -> impl Strategy<Value = Content> {
    prop_oneof![
        (lives(), any::<(u32, u64, u32)>()).prop_map(|(life, (opening, base, keep_for))| {
            Content::Open(Open {
                life,
                opening,
                base,
                keep_for,
            })
        }),
        (lives(), any::<(u32, u64)>(), seq_and_base(), credit()).prop_map(
            |(life, (opening, token), (accepted, handled), credit)| {
                Content::Opened(Opened {
                    opening,
                    token,
                    life,
                    handled,
                    accepted,
                    credit,
                })
            }
        ),
        data().prop_map(Content::Data),
        ack().prop_map(Content::Ack),
        (any::<u64>(), lives()).prop_map(|(token, life)| Content::Reset { token, life }),
        any::<(u32, u32)>().prop_map(|(opening, retry_after)| Content::Busy {
            opening,
            retry_after
        }),
        any::<(u64, u64)>().prop_map(|(token, next)| Content::End { token, next }),
        (any::<(u64, u64)>(), select(&Refusal::ALL[..]))
            .prop_map(|((token, seq), why)| Content::Refuse { token, seq, why }),
        lives().prop_map(|life| Content::Probe { life }),
        lives().prop_map(|life| Content::Alive { life }),
    ]
}

fn claims() -> impl Strategy<Value = Claim> {
    (text(), lives(), vec(any::<u32>(), 0..5)).prop_map(|(name, life, moves)| Claim {
        name,
        life,
        moves,
    })
}

fn link() -> impl Strategy<Value = LinkMessage> {
    let outcomes = [Outcome::Ok, Outcome::Duplicate, Outcome::Loop];
    let states = [RowState::Gone, RowState::Claimed, RowState::Confirmed];
    let row = (claims(), select(states.to_vec())).prop_map(|(claim, state)| Row { claim, state });
    prop_oneof![
        (claims(), any::<bool>()).prop_map(|(claim, is_held)| {
            LinkMessage::Register(Registration { claim, is_held })
        }),
        (
            text(),
            lives(),
            select(outcomes.to_vec()),
            lives(),
            vec(lives(), 0..5)
        )
            .prop_map(|(name, life, outcome, station, ancestors)| {
                LinkMessage::Registered(Admitted {
                    name,
                    life,
                    outcome,
                    station,
                    ancestors,
                })
            }),
        vec(row, 0..5).prop_map(LinkMessage::Advert),
        claims().prop_map(LinkMessage::Withdraw),
        Just(LinkMessage::Ping),
        (lives(), any::<bool>(), vec(lives(), 0..5)).prop_map(
            |(life, is_registered, ancestors)| LinkMessage::Pong {
                life,
                is_registered,
                ancestors,
            }
        ),
        (text(), any::<bool>()).prop_map(|(prefix, is_on)| LinkMessage::Watch { prefix, is_on }),
    ]
}

fn header() -> impl Strategy<Value = Header> {
    let path = (text(), text(), vec(text(), 0..4));
    let routed = (any::<(u8, u8)>(), path, content()).prop_map(
        |((ttl, lane), (to, from, hops), content)| {
            Header::Routed(Routed {
                ttl,
                lane,
                to,
                from,
                hops,
                content,
            })
        },
    );
    prop_oneof![routed, link().prop_map(Header::Link)]
}

proptest! {
    #[test]
    fn any_frame_comes_back_as_it_was(header in header()) {
        let frame = header.encode().expect("it is small");
        prop_assert_eq!(Header::decode(&frame), Ok(header));
    }

    #[test]
    fn a_frame_with_other_bytes_is_refused_or_is_those_bytes(
        header in header(),
        changes in vec(any::<(u16, u8)>(), 1..4),
    ) {
        let mut frame = header.encode().expect("it is small");
        for (at, byte) in changes {
            let at = usize::from(at) % frame.len();
            frame[at] = byte;
        }
        if let Ok(header) = Header::decode(&frame) {
            prop_assert_eq!(header.encode().expect("it was read"), frame);
        }
    }

    #[test]
    fn any_array_comes_back_as_it_was(dtype in text(), dims in vec(any::<u32>(), 0..5)) {
        let array = ArrayHeader { dtype, dims };
        let frame = array.encode().expect("it is small");
        prop_assert_eq!(ArrayHeader::decode(&frame), Ok(array));
    }
}
