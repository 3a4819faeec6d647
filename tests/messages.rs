//! Messages: the types that become one, the types that one becomes, and how it is shown.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use zeroless::{DynFrames, Error, Frame, Frames, IntoFrames, Message};

fn message(frames: impl Frames) -> Message {
    frames.into_message().unwrap()
}

#[test]
#[expect(
    clippy::needless_borrows_for_generic_args,
    reason = "borrowed ones are tested, too"
)]
fn every_kind_of_text_and_bytes_is_one_frame() {
    let text = String::from("hello");
    let bytes = b"hello".to_vec();
    for made in [
        message("hello"),
        message(text.clone()),
        message(&text),
        message(text.clone().into_boxed_str()),
        message(Arc::<str>::from("hello")),
        message(Cow::Borrowed("hello")),
        message(Cow::<str>::Owned(text.clone())),
        message(b"hello"),
        message(*b"hello"),
        message(&bytes[..]),
        message(&bytes),
        message(bytes.clone()),
        message(bytes.clone().into_boxed_slice()),
        message(Arc::<[u8]>::from(&bytes[..])),
        message(Cow::Borrowed(&bytes[..])),
        message(Cow::<[u8]>::Owned(bytes.clone())),
        message(Frame::from("hello")),
        message(&Frame::from("hello")),
        message(Message::from("hello")),
        message(&Message::from("hello")),
    ] {
        assert_eq!(made.frame_count(), 1);
        assert_eq!(made, "hello");
        assert_eq!(made, b"hello");
        assert_eq!(made, bytes[..]);
        assert_eq!(made, ["hello"]);
    }
}

#[test]
#[expect(
    clippy::needless_borrows_for_generic_args,
    reason = "borrowed ones are tested, too"
)]
fn every_kind_of_list_is_several_frames() {
    let expected = message(("a", "b"));
    for made in [
        message(["a", "b"]),
        message(&["a", "b"]),
        message(&["a", "b"][..]),
        message(vec!["a", "b"]),
        message(&vec!["a", "b"]),
        message(["a".to_owned(), "b".to_owned()]),
        message(vec![b"a".to_vec(), b"b".to_vec()]),
        message(&vec!["a".to_owned(), "b".to_owned()]),
        message([Frame::from("a"), Frame::from("b")]),
        message(&expected),
    ] {
        assert_eq!(made, expected);
        assert_eq!(made, ["a", "b"]);
    }
}

#[test]
fn a_tuple_mixes_types() {
    let number = 7_u32.to_be_bytes();
    let made = message((
        "a",
        String::from("b"),
        b"c",
        [100_u8],
        vec![101_u8],
        Box::<[u8]>::from([102]),
        Cow::Borrowed("g"),
        number,
        Frame::from("i"),
    ));
    let frames = Vec::<Vec<u8>>::from(made);
    let expected: [&[u8]; 9] = [
        b"a",
        b"b",
        b"c",
        b"d",
        b"e",
        b"f",
        b"g",
        &[0, 0, 0, 7],
        b"i",
    ];
    assert_eq!(frames, expected);
}

#[test]
fn a_tuple_has_up_to_twelve_frames() {
    assert_eq!(message(("1",)), ["1"]);
    assert_eq!(message(("1", "2")), ["1", "2"]);
    let twelve = message((
        "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12",
    ));
    assert_eq!(twelve.frame_count(), 12);
    assert_eq!(twelve[11], "12");
}

#[test]
fn no_frame_at_all_is_an_error() {
    let empty = Err(Error::EmptyMessage);
    assert_eq!(Vec::<String>::new().into_message(), empty);
    assert_eq!(<[&str; 0]>::default().into_message(), empty);
    let slice: &[&str] = &[];
    assert_eq!(slice.into_message(), empty);
    assert_eq!(Vec::<Frame>::new().to_message(), empty);
}

#[test]
fn an_empty_frame_is_a_frame() {
    assert_eq!(message("").frame_count(), 1);
    assert_eq!(message(("", "", "")).frame_count(), 3);
    assert_eq!(message(Vec::<u8>::new()), "");
}

#[test]
fn a_message_is_built_frame_by_frame() {
    let mut made = Message::new();
    assert_eq!(made.frame_count(), 0);
    assert_eq!((made.as_bytes(), made.as_str()), (&b""[..], Ok("")));
    for n in 1..=10 {
        made.push(n.to_string());
        assert_eq!(made.frame_count(), n);
        assert_eq!(made.frames().len(), n);
        assert_eq!(made[n - 1], n.to_string());
        assert_eq!(made[0], "1");
    }
    made.extend(["11", "12"]);
    let collected: Message = (1..=12).map(|n| n.to_string()).collect();
    assert_eq!(made, collected);
    assert_eq!(made.clone(), collected);
    assert_eq!(made.frames()[10..], ["11", "12"]);
}

#[test]
fn a_message_without_frames_is_not_sent() {
    let empty = Err(Error::EmptyMessage);
    assert_eq!(Message::new().into_message(), empty);
    assert_eq!((&Message::new()).into_message(), empty);
    assert_eq!((Message::new(), Vec::<&str>::new()).into_message(), empty);
    assert_eq!(Message::new().to_string(), "");
    assert_eq!(format!("{:?}", Message::default()), "[]");
}

#[test]
fn a_message_is_made_without_an_error_of_types_that_always_are_one() {
    let expected = message(("a", "b"));
    for made in [
        Message::from(("a", b"b")),
        Message::from(["a", "b"]),
        Message::from(&["a", "b"][..]),
        Message::from(vec![String::from("a"), String::from("b")]),
        ["a", "b"].into(),
    ] {
        assert_eq!(made, expected);
    }
    assert_eq!(Message::from(b"ab"), "ab");
    assert_eq!(Message::from(vec![97_u8, 98]), "ab");
    assert_eq!(Message::from([""; 0]), Message::new());
    assert_eq!(Vec::<Frame>::from(expected), ["a", "b"]);
}

#[test]
fn lists_in_lists_follow_each_other() {
    let expected = ["id", "a", "b", "c", "end"];
    let rest = message(("b", "c"));
    assert_eq!(message(("id", ["a"], &rest, "end")), expected);
    assert_eq!(message(("id", "a", rest.clone(), vec!["end"])), expected);
    assert_eq!(
        message(vec![message(("id", "a")), rest, message("end")]),
        expected
    );
    assert_eq!(message(("id", Vec::<&str>::new())), "id");
}

/// A type of the user's.
#[derive(Clone)]
struct Number(u16);

impl Frames for Number {
    fn into_message(self) -> zeroless::Result<Message> {
        Ok(Message::from((self.0.to_string(), self.0.to_be_bytes())))
    }
}

#[test]
fn a_type_of_the_users_can_be_sent_and_be_part_of_a_message() {
    assert_eq!(message(Number(7)), [&b"7"[..], &[0, 7]]);
    assert_eq!(message(("n", Number(7))), [&b"n"[..], b"7", &[0, 7]]);
    let all = [Number(1), Number(2)];
    assert_eq!(message(all.clone()), [&b"1"[..], &[0, 1], b"2", &[0, 2]]);
    let by_reference: &dyn DynFrames = &(Number(1), Number(2));
    assert_eq!(by_reference.to_message().unwrap(), message(all));
}

#[test]
fn the_frames_of_a_message_are_gone_over_from_both_ends() {
    for count in [0, 1, 3, 4, 100] {
        let made: Message = (0..count).map(|n| n.to_string()).collect();
        let forwards: Vec<String> = made.iter().map(ToString::to_string).collect();
        let mut owned: IntoFrames = made.into_iter();
        assert_eq!(owned.len(), count);
        let mut backwards = Vec::new();
        while let Some(frame) = owned.next_back() {
            backwards.push(frame.to_string());
        }
        assert!(owned.next().is_none());
        backwards.reverse();
        assert_eq!(forwards, backwards);
    }
}

fn both_ways<A, B>(one: &A, other: &B)
where
    A: PartialEq<B> + ?Sized,
    B: PartialEq<A> + ?Sized,
{
    assert!(one == other);
    assert!(other == one);
}

#[test]
fn comparisons_go_both_ways() {
    let (text, bytes) = (String::from("a"), b"a".to_vec());
    let one = message("a");
    both_ways(&one, "a");
    both_ways(&one, &"a");
    both_ways(&one, &text);
    both_ways(&one, &bytes);
    both_ways(&one, &bytes[..]);
    both_ways(&one, &&bytes[..]);
    both_ways(&one, &b"a");
    both_ways(&one, &Frame::from("a"));
    assert_ne!("b", one);
    assert_ne!("", message(("", "")));
    let two = message(("a", "b"));
    let (list, frames) = (vec!["a", "b"], two.frames());
    both_ways(&two, &["a", "b"]);
    both_ways(&two, &list);
    both_ways(&two, &list[..]);
    both_ways(&two, &&list[..]);
    both_ways(&two, frames);
    both_ways(&two, &frames);
    both_ways(&two, &vec![String::from("a"), String::from("b")]);
    for other in [&["a"][..], &["a", "c"], &["a", "b", "c"]] {
        assert_ne!(other, two);
    }
    let frame = &two[0];
    both_ways(frame, "a");
    both_ways(frame, &"a");
    both_ways(frame, &text);
    both_ways(frame, &bytes);
    both_ways(frame, &bytes[..]);
    both_ways(frame, b"a");
    both_ways(frame, &b"a");
}

#[test]
fn invalid_utf8_is_shown_with_a_replacement() {
    assert_eq!(message(b"a\xff").to_string_lossy(), "a\u{fffd}");
    assert_eq!(message(("a", "b")).to_string_lossy(), "a");
    assert_eq!(Message::new().to_string_lossy(), "");
}

#[test]
fn a_large_vec_is_moved_with_its_room_to_spare() {
    let mut large = Vec::with_capacity(10_000);
    large.resize(1000, 7_u8);
    let address = large.as_ptr();
    let made = message(("id", large));
    assert_eq!(made[1].as_ptr(), address);
    assert_eq!(made[1], [7; 1000]);
}

#[test]
fn frames_by_reference_leave_the_original_alone() {
    let original = (String::from("a"), vec![1_u8]);
    let frames: &dyn DynFrames = &original;
    assert_eq!(frames.to_message().unwrap(), frames.to_message().unwrap());
    assert_eq!(original.0, "a");
}

#[test]
fn parts_destructures_a_message() {
    let [one] = message("a").parts().unwrap();
    assert_eq!(one, "a");
    let [id, body] = message(("id", "body")).parts().unwrap();
    assert_eq!((id.as_str(), body.as_str()), (Ok("id"), Ok("body")));
    let wrong = message(("id", "body")).parts::<3>();
    assert_eq!(
        wrong,
        Err(Error::FrameCount {
            expected: 3,
            got: 2
        })
    );
    let wrong = message("a").parts::<0>();
    assert_eq!(
        wrong,
        Err(Error::FrameCount {
            expected: 0,
            got: 1
        })
    );
}

#[test]
fn a_message_is_turned_into_types_that_it_fits() {
    let frames: [Frame; 2] = message(("a", "b")).try_into().unwrap();
    assert_eq!(frames, [Frame::from("a"), Frame::from("b")]);
    assert_eq!(String::try_from(message("a")), Ok("a".to_owned()));
    assert_eq!(Vec::<u8>::try_from(message("a")), Ok(b"a".to_vec()));
    let two = Error::FrameCount {
        expected: 1,
        got: 2,
    };
    assert_eq!(String::try_from(message(("a", "b"))), Err(two.clone()));
    assert_eq!(Vec::<u8>::try_from(message(("a", "b"))), Err(two));
    assert_eq!(String::try_from(message(b"\xff")), Err(Error::NotUtf8));
    assert_eq!(Vec::<Vec<u8>>::from(message(("a", "b"))), [b"a", b"b"]);
    assert_eq!(String::try_from(Frame::from("a")), Ok("a".to_owned()));
    assert_eq!(Vec::<u8>::from(Frame::from("a")), b"a");
}

#[test]
fn a_message_gives_its_frames() {
    let mut made = message(("id", "hello"));
    assert_eq!(made.frame_count(), 2);
    assert_eq!(made.byte_count(), 7);
    assert_eq!(made.as_bytes(), b"id");
    assert_eq!(made.as_str(), Ok("id"));
    assert_eq!(made.get(1).unwrap(), "hello");
    assert!(made.get(2).is_none());
    made[0] = Frame::from("other");
    assert_eq!(made, ["other", "hello"]);
    let lengths: Vec<usize> = made.iter().rev().map(|frame| frame.len()).collect();
    assert_eq!(lengths, [5, 5]);
    assert_eq!((&made).into_iter().count(), 2);
    assert_eq!(
        made.into_iter().map(Vec::from).collect::<Vec<_>>().concat(),
        b"otherhello"
    );
}

#[test]
#[should_panic(expected = "no frame 2 (counted from 0): the message has 2")]
fn a_frame_that_is_not_there_is_a_clear_panic() {
    let _ = message(("a", "b"))[2];
}

#[test]
fn frames_and_messages_are_equal_by_their_bytes() {
    assert_eq!(message(("a", "b")), message(["a", "b"]));
    assert_ne!(message(("a", "b")), message("ab"));
    assert_ne!(message(("a", "")), message("a"));
    assert_ne!(message(("a", "b")), "a");
    assert_ne!(message(("a", "b")), ["a", "b", "c"]);
    let different = HashSet::from([message("a"), message("a"), message(("a", "b"))]);
    assert_eq!(different.len(), 2);
    assert_eq!(message("a").clone(), message("a"));
}

#[test]
fn display_shows_text_as_it_is() {
    assert_eq!(message("hello").to_string(), "hello");
    assert_eq!(message("").to_string(), "");
    assert_eq!(message(("7", "grüße 🦀")).to_string(), "7 | grüße 🦀");
    assert_eq!(
        message("two\nlines\tand a tab").to_string(),
        "two\nlines\tand a tab"
    );
}

#[test]
fn display_escapes_invalid_utf8() {
    assert_eq!(message(b"a\xffb\x80").to_string(), r"a\xffb\x80");
    assert_eq!(
        message("\x1b[31mred\x07").to_string(),
        r"\u{1b}[31mred\u{7}"
    );
    assert_eq!(message("a\0b\r\u{9b}").to_string(), r"a\u{0}b\r\u{9b}");
}

#[test]
fn debug_shows_bytes_in_quotes() {
    assert_eq!(format!("{:?}", message("hello")), r#"[b"hello"]"#);
    let binary = message(("a\n\"", b"\xff\x00"));
    assert_eq!(format!("{binary:?}"), r#"[b"a\n\"", b"\xff\x00"]"#);
}

#[test]
fn a_long_message_is_shown_cut_with_its_size() {
    let text = message("x".repeat(1_000_000));
    assert!(text.to_string().ends_with("x… (1000000 bytes)"));
    assert!(format!("{text:?}").ends_with("x\"… (1000000 bytes)]"));
    // A character that the cut falls into is left out.
    let crabs = "🦀".repeat(1000);
    assert!(
        message(format!("x{crabs}"))
            .to_string()
            .ends_with("🦀… (4001 bytes)")
    );
    let many = message(vec!["x"; 1000]).to_string();
    assert!(many.ends_with("x | … (1000 frames)"), "{many}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_shown_message_is_bounded_and_harmless(
        parts in vec((vec(any::<u8>(), 0..20), 0_usize..200), 1..40)
    ) {
        let repeated = |(part, times): &(Vec<u8>, usize)| part.repeat(*times);
        let frames: Vec<Vec<u8>> = parts.iter().map(repeated).collect();
        let made = message(&frames);
        for shown in [made.to_string(), format!("{made:?}"), format!("{made:#?}")] {
            prop_assert!(shown.len() < 100_000, "{} bytes", shown.len());
            let harmful = |c: char| c.is_control() && c != '\n' && c != '\t';
            prop_assert!(!shown.contains(harmful), "{shown:?}");
        }
        prop_assert_eq!(Vec::<Vec<u8>>::from(made), frames);
    }
}
