//! Batches of streams: what is read, what is refused, and what is compressed.

use super::*;

/// Whether it is refused, with these words.
#[track_caller]
fn assert_refused(frame: &[u8], is_compressed: bool, words: &str) {
    let error = BatchItems::read(frame, is_compressed).expect_err("it is refused");
    assert_eq!(error.to_string(), words);
}

fn batch(texts: &[&str]) -> Vec<u8> {
    let mut batch = Vec::new();
    for text in texts {
        append_item(&mut batch, BodyKind::Utf8, &FrameList::from(*text));
    }
    batch
}

#[test]
fn a_batch_without_items_is_one() {
    assert!(items(b"", false).is_empty());
    assert!(items(&[0, 0, 0, 0, 0], true).is_empty());
}

#[test]
fn a_batch_that_ends_early_is_refused() {
    let whole = batch(&["abc"]);
    for len in 1..whole.len() {
        let error = BatchItems::read(&whole[..len], false).expect_err("it ends early");
        assert!(matches!(error, Malformed::Short(_)), "{len}: {error}");
    }
    assert_refused(
        &[7],
        false,
        "its kind of body has the value 7, which is not known",
    );
    assert_refused(b"\x01\xff\xff\xff\xff", false, "it ends within its item");
}

#[test]
fn a_batch_of_too_many_items_is_refused() {
    let many = vec![0; MAX_ITEMS + 1];
    assert_refused(
        &many,
        false,
        "it has 65537 items, more than can be counted or are in 65537 bytes",
    );
    assert_eq!(items(&many[1..], false).len(), MAX_ITEMS);
    let compressed = compress(&many).expect("it is shorter");
    assert!(BatchItems::read(&compressed, true).is_err());
}

#[test]
fn a_batch_that_pays_is_compressed() {
    let text = "all work and no play makes a dull batch; ".repeat(100);
    let plain = batch(&[&text, &text]);
    let compressed = compress(&plain).expect("it is shorter");
    assert!(compressed.len() < plain.len() / 10);
    assert_eq!(decompressed_size(&compressed), Ok(plain.len()));
    let read = items(&compressed, true);
    assert_eq!(read.len(), 2);
    assert!(read.iter().all(|(_, body)| *body == text.as_str()));
    assert_eq!(compress(&batch(&["short"])), None);
    let noise: Vec<u8> = (0..4096_u32)
        .map(|at| (at.wrapping_mul(0x9e37_79b9) >> 13) as u8 ^ (at >> 3) as u8)
        .collect();
    assert_eq!(compress(&noise).map(|it| it.len() < noise.len()), None);
}

#[test]
fn a_bomb_is_refused_before_there_is_room_for_it() {
    let words = "it is not compressed as it says, or stands for another number of bytes";
    // No block of so few bytes stands for so many.
    assert_refused(&[0, 16, 0, 0, 0x1f, 0, 1, 0], true, words);
    let mut large = vec![0xff; 100_000];
    large[..4].copy_from_slice(&(MAX_BATCH as u32 + 1).to_be_bytes());
    assert_refused(
        &large,
        true,
        "it has 16777217 bytes, and at most 16777216 are read",
    );
    // It stands for more than it says, or for less.
    let compressed = compress(&vec![0; 60_000]).expect("it is shorter");
    for says in [59_999_u32, 60_001] {
        let lie = [&says.to_be_bytes(), &compressed[4..]].concat();
        assert_refused(&lie, true, words);
    }
    for len in 0..compressed.len() {
        assert!(BatchItems::read(&compressed[..len], true).is_err(), "{len}");
    }
}

#[test]
fn an_item_that_is_too_large_is_not_written() {
    let body = FrameList::from(vec![0; MAX_BATCH]);
    let error = item_size(BodyKind::Bytes, &body).expect_err("it is too large");
    assert_eq!(
        error.to_string(),
        "its item is too large: 16777221, and at most 16777216 can be told"
    );
    let frames: FrameList = (0..65_536).map(|_| crate::Frame::new()).collect();
    assert!(item_size(BodyKind::Items, &frames).is_err());
}
