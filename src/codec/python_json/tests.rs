//! Texts of Python's, and what it writes.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn check(text: &str) -> Result<String, NotJson> {
    PythonJson::check(text).map(|json| json.to_string())
}

#[test]
fn what_python_reads_is_read() {
    for text in [
        "null",
        "[1, -0, 1.5e-7, 1E+3, NaN, Infinity, -Infinity, true, false]",
        "1180591620717411303424",
        r#"{"": {}, "a": [[], {"b": []}], "\ud800": "\"\\\/\b\f\n\r\té"}"#,
        "\"\u{7f}\"",
    ] {
        assert_eq!(check(text).as_deref(), Ok(text));
        assert_eq!(check(&format!(" \t{text}\r\n")).as_deref(), Ok(text));
    }
    let deep = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
    assert_eq!(check(&deep).as_deref(), Ok(&deep[..]));
}

use crate::codec::MAX_DEPTH;

#[test]
fn what_python_does_not_read_is_refused_and_where_is_told() {
    let deep = "{\"a\":".repeat(1000);
    for (text, words) in [
        ("", "it ends where a value should be"),
        ("[1", "it ends where a comma or the end of a list should be"),
        ("[1,]", "its byte 3 is not a value"),
        ("[1}", "its byte 2 is not a comma or the end of a list"),
        (
            "{\"a\": 1]",
            "its byte 7 is not a comma or the end of an object",
        ),
        ("{\"a\"}", "its byte 4 is not a colon"),
        ("{a: 1}", "its byte 1 is not a text"),
        ("{\"a\": 1,}", "its byte 8 is not a text"),
        ("01", "its byte 1 is not the end of a number"),
        ("1.", "it ends where a digit should be"),
        ("-x", "its byte 1 is not a digit"),
        ("1e+", "it ends where a digit should be"),
        ("nul", "its byte 0 is not a value"),
        ("1 2", "its byte 2 is not the end"),
        (
            "\"a",
            "it ends where a character of a text, or its end should be",
        ),
        (
            "\"\n\"",
            "its byte 1 is not a character of a text, or its end",
        ),
        (r#""\x""#, "its byte 2 is not what may be escaped"),
        (r#""\ud80""#, "its byte 6 is not a hexadecimal digit"),
        (
            &deep,
            "at its byte 636 it is in more than 127 lists and objects",
        ),
    ] {
        let refused = check(text).unwrap_err().to_string();
        assert_eq!(refused, words, "{text:.60}");
    }
}

#[test]
fn values_are_written_as_python_writes_them() {
    // What `json.dumps` of Python 3.11 gives.
    let floats = [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (0.1, "0.1"),
        (-12.5, "-12.5"),
        (1e15, "1000000000000000.0"),
        (123456789012345680.0, "1.2345678901234568e+17"),
        (1234567890123456.0, "1234567890123456.0"),
        (1e16, "1e+16"),
        (1e22, "1e+22"),
        (-1.5e300, "-1.5e+300"),
        (0.0001, "0.0001"),
        (0.00012345, "0.00012345"),
        (0.00001, "1e-05"),
        (1.25e-7, "1.25e-07"),
        (5e-324, "5e-324"),
        (100.0, "100.0"),
        (1024.25, "1024.25"),
    ];
    for (value, written) in floats {
        assert_eq!(PythonJson::write(&value).unwrap().as_str(), written);
    }
    assert_eq!(PythonJson::write(&0.1f32).unwrap().as_str(), "0.1");
    let value = BTreeMap::from([
        ("", vec![Some(1), None]),
        ("h\u{e9}llo \u{2603} \u{1F600}", vec![]),
        ("\0\n\t\"\\/\u{7f}\u{1b}", vec![]),
    ]);
    assert_eq!(
        PythonJson::write(&value).unwrap().as_str(),
        "{\"\": [1, null], \"\\u0000\\n\\t\\\"\\\\/\\u007f\\u001b\": [], \
         \"h\\u00e9llo \\u2603 \\ud83d\\ude00\": []}"
    );
    assert_eq!(quote("\u{e9}\""), "\"\\u00e9\\\"\"");
}

#[test]
fn what_a_value_cannot_hold_is_refused_with_words() {
    for (text, words) in [
        (
            "1180591620717411303424",
            "the integer 1180591620717411303424 has more than 64 bits; send it as a text",
        ),
        ("[NaN]", "JSON has no number NaN"),
        (
            r#"{"a": "\ud800"}"#,
            "a text has half of a surrogate pair (\\ud800)",
        ),
    ] {
        let refused = PythonJson::check(text).unwrap().read::<Value>();
        assert_eq!(refused.unwrap_err().to_string(), words);
    }
    let twice = PythonJson::check(r#"{"a": 1, "a": 2}"#).unwrap();
    assert_eq!(
        twice.read::<BTreeMap<String, i32>>().unwrap(),
        [("a".to_owned(), 2)].into()
    );
    assert!(PythonJson::write(&f64::NAN).is_err());
    assert!(unquote("\"\\ud800\"").is_err());
    assert_eq!(unquote("\"\\u00e9\"").as_deref(), Ok("\u{e9}"));
}

#[test]
fn a_mistake_is_told_in_few_words_however_long_the_text_in_it() {
    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}
    let long = "x".repeat(100_000);
    for text in [
        format!(r#"{{"{long}": 1}}"#),
        format!(r#"[{{"{long}": {{"{long}": 1}}}}]"#),
        format!("{long:?}"),
    ] {
        let refused = PythonJson::check(&text).unwrap();
        let refused = refused.read::<BTreeMap<String, Vec<Nothing>>>();
        let nested = PythonJson::check(&text).unwrap();
        let nested = nested.read::<Vec<BTreeMap<String, Nothing>>>();
        for words in [
            refused.unwrap_err().to_string(),
            nested.unwrap_err().to_string(),
        ] {
            assert!(words.len() < 1000, "{} bytes: {words:.100}", words.len());
        }
    }
}

proptest! {
    #[test]
    fn what_serde_reads_is_read(text in r#"[\[\]{}",:0-9eE.+\-ntrufals\\ ]{0,12}"#) {
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
        prop_assert!(!is_json || check(&text).is_ok(), "{}", text);
        if check(&text).is_ok() {
            prop_assert!(is_json, "{}", text);
        }
    }

    #[test]
    fn what_is_written_is_read(text in "\\PC{0,20}", number: f64, integers: Vec<i64>) {
        let number = if number.is_finite() { number } else { 0.0 };
        let value = (text, number, integers);
        let written = PythonJson::write(&value).unwrap();
        prop_assert!(written.as_str().is_ascii());
        prop_assert_eq!(written.read::<(String, f64, Vec<i64>)>().unwrap(), value);
    }
}
