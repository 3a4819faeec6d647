//! The facts hold for what is sent, and for any bytes.

use proptest::prelude::*;

use super::*;

/// Nothing is counted here.
fn uncounted(act: &mut dyn FnMut()) -> usize {
    act();
    0
}

#[test]
fn the_facts_hold_for_what_autopilot_sends() {
    for value in [
        "null",
        r#"{"NUMPY_ARRAY": "AAABAA==", "DTYPE": "int16", "SHAPE": [2]}"#,
        r#"{"NUMPY_ARRAY": "", "DTYPE": "int16", "SHAPE": [0, 4294967295]}"#,
        r#"{"inner_key": "K", "headers": {"a": NaN}, "payload": [1, [2], "\ud800"]}"#,
        "1e400",
    ] {
        for key in ["K", "STREAM", "CONFIRM"] {
            let json = format!(
                r#"{{"id": 1, "to": ["x", "b"], "sender": "n", "key": "{key}", "value": {value}, "timestamp": 1}}"#
            );
            net_node(
                &[b"\x06\x01s\x01a\x01b", json.as_bytes()].concat(),
                uncounted,
            );
            net_node(&[b"\x01", json.as_bytes()].concat(), uncounted);
        }
    }
}

proptest! {
    #[test]
    fn the_facts_hold_for_any_bytes(script in proptest::collection::vec(any::<u8>(), 0..64)) {
        frame(&script, uncounted);
        net_node(&script, uncounted);
    }

    #[test]
    fn the_facts_hold_for_what_looks_like_a_message(
        first in 0u8..8,
        more in r#"(, "(key|value|flags|timestamp|to)": ?("STREAM"|\{\}|\[1\]|1.5|"\\\\u00e9"|\{"inner_key": "K", "payload": \[\]\})){0,4}"#,
    ) {
        let json = format!(r#"{{"id": "1", "to": "b", "sender": "n", "key": "K"{more}}}"#);
        let frames = b"\x01x".repeat(usize::from(first >> 1));
        net_node(&[&[first], &frames[..], json.as_bytes()].concat(), uncounted);
    }
}
