//! Frames of autopilot's.

use super::Allocated;
use crate::codec::python_json::PythonJson;
use crate::station::autopilot::{
    ArrayMember, MessageId, PeerMessage, Received, Repeats, Sendable, Side, StreamBatch,
};

/// How many bytes a byte of frames may cost, at most, beside what the few members and names do that there can be: one that
/// is escaped is gathered in a list that doubles, and copied.
const COST: usize = 4;
const FEW: usize = 64 << 10;

/// Frames: after a byte that says whether they come from above (1), and how many there are before the last (times 2), each
/// of these with its length in a byte; the rest is the last.
pub fn net_node(script: &[u8], allocated: Allocated) {
    let Some((first, mut rest)) = script.split_first() else {
        return;
    };
    let side = match first & 1 {
        0 => Side::Below,
        _ => Side::Above,
    };
    let mut frames = Vec::new();
    for _ in 0..first >> 1 {
        let Some((len, after)) = rest.split_first() else {
            break;
        };
        let (frame, after) = after.split_at(after.len().min((*len).into()));
        frames.push(frame);
        rest = after;
    }
    frames.push(rest);

    let mut received = None;
    let bytes = allocated(&mut || received = Received::read(&frames, side, "a").ok());
    let most = COST * script.len() + FEW;
    assert!(bytes <= most, "{bytes} bytes for {}", script.len());
    if let Some(Received::Message(arrived)) = received {
        assert!(
            !arrived
                .path
                .iter()
                .any(|name| name == "a" || name.is_empty())
        );
        message(&arrived.message);
    }
}

fn message(message: &PeerMessage) {
    let json = message.encode();
    assert_eq!(PeerMessage::decode(&json).as_ref(), Ok(message));
    let is_confirmed = message.is_to_be_confirmed();
    let confirmation = message.confirmation(MessageId::new("a", 1), "a", "t");
    assert_eq!(confirmation.is_some(), is_confirmed);
    if let Some(confirmation) = confirmation {
        assert_eq!(confirmation.confirms(), Some(Ok(message.id.clone())));
        assert!(!confirmation.is_to_be_confirmed());
    }
    let mut repeats = Repeats::default();
    assert!(!repeats.is_repeat(message));
    let is_known = is_confirmed && !message.timestamp.is_null();
    assert_eq!(repeats.is_repeat(message), is_known);

    value(&message.value);
    if let Some(Ok(batch)) = StreamBatch::read(message) {
        let items: Vec<PythonJson> = batch.items().collect();
        items.iter().for_each(value);
        let again = StreamBatch::new(&batch.inner_key, batch.of_items.clone(), &items);
        let again = again.message(message.id.clone(), "b", "a", "t");
        let again = StreamBatch::read(&again);
        let again = again.and_then(Result::ok).expect("it was written");
        assert_eq!(again.inner_key, batch.inner_key);
        assert_eq!(again.of_items, batch.of_items);
        assert!(again.items().eq(items));
    }
}

fn value(json: &PythonJson) {
    if let Ok(value) = json.read::<serde_json::Value>() {
        let written = PythonJson::write(&value).expect("it is not larger than it was");
        assert_eq!(written.read::<serde_json::Value>().ok(), Some(value));
    }
    let Ok(ArrayMember::Plain(array)) = json.read() else {
        return;
    };
    match PythonJson::write(&Sendable(&array)) {
        Ok(written) => assert!(matches!(written.read(), Ok(ArrayMember::Packed(_)))),
        // Its dimensions may be too large, where it has no items.
        Err(error) => assert!(
            array.dtype.starts_with('[') || array.bytes.is_empty(),
            "{error:?}"
        ),
    }
}
