//! Lower layers never import upper ones or know their words, and what is confined stays where it
//! belongs.

#[path = "layers/checks.rs"]
mod checks;
#[path = "layers/source.rs"]
mod source;

use std::path::Path;

use checks::{Layers, Words, circles, upper_words, upward_imports, without_layer};
use source::Source;

const CRATE: Layers = Layers {
    within: &[],
    layers: &[
        &["error"],
        &["ffi"],
        &["endpoint", "message", "options", "throttle"],
        &["fork"],
        &["wake", "background"],
        &["monitor"],
        &["context", "capabilities"],
        &["socket"],
        &["pattern"],
        &["client", "server"],
        &["zre"],
    ],
};

const WORDS: [Words; 3] = [
    Words {
        of: "pattern",
        names: &[
            "Handle",
            "Kind",
            "Pattern",
            "Publisher",
            "Replier",
            "Requester",
            "Subscriber",
        ],
        anywhere: &[],
    },
    Words {
        of: "client",
        names: &["Client", "Server"],
        anywhere: &[],
    },
    Words {
        of: "zre",
        names: &[],
        anywhere: &[
            "beacon", "gossip", "hub", "inbox", "node", "nodes", "shout", "uuid", "whisper", "zre",
            "zyre",
        ],
    },
];

/// The only modules that may name the binding, so that it can be replaced.
const BINDING: [&str; 5] = ["capabilities", "context", "ffi", "monitor", "socket"];

/// The only files and folders with unsafe code.
const UNSAFE: [&str; 2] = ["src/ffi.rs", "src/ffi"];

fn names_the_binding(source: &Source) -> bool {
    let module = source.module();
    let may = module
        .first()
        .is_some_and(|it| BINDING.contains(&it.as_str()));
    !may && source.code.contains("zmq::")
}

fn has_unsafe_code(source: &Source) -> bool {
    let may = UNSAFE.iter().any(|path| source.path.starts_with(path));
    let mut words = source
        .code
        .split(|c: char| !c.is_alphanumeric() && c != '_');
    !may && words.any(|word| word == "unsafe")
}

fn is_long_or_without_purpose(source: &Source) -> bool {
    source.text.lines().count() > 600 || !source.text.starts_with("//! ")
}

/// Nothing, or what is wrong.
#[track_caller]
fn assert_none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[track_caller]
fn assert_no_file(wrong: fn(&Source) -> bool) {
    let sources = Source::all();
    let wrong = sources.iter().filter(|source| wrong(source));
    assert_none(
        wrong
            .map(|source| source.path.display().to_string())
            .collect(),
    );
}

#[test]
fn every_module_has_its_layer() {
    let sources = Source::library();
    assert!(
        sources
            .iter()
            .any(|source| source.path == Path::new("src/lib.rs"))
    );
    let without = sources.iter().filter_map(|it| without_layer(&CRATE, it));
    assert_none(without.collect());
}

#[test]
fn no_import_goes_up() {
    let sources = Source::library();
    assert_none(
        sources
            .iter()
            .flat_map(|it| upward_imports(&CRATE, it))
            .collect(),
    );
}

#[test]
fn no_import_goes_round() {
    assert_none(circles(&CRATE, &Source::library()));
}

#[test]
fn no_layer_uses_words_of_those_above() {
    let sources = Source::library();
    let words = |words| {
        sources
            .iter()
            .flat_map(move |it| upper_words(&CRATE, words, it))
    };
    assert_none(WORDS.iter().flat_map(words).collect());
}

#[test]
fn unsafe_code_is_in_one_place() {
    assert_no_file(has_unsafe_code);
}

#[test]
fn the_binding_is_named_in_few_modules() {
    assert_no_file(names_the_binding);
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    assert_no_file(is_long_or_without_purpose);
}

#[test]
fn a_planted_import_that_goes_up_is_found() {
    let below = "src/socket/open.rs";
    for text in [
        "use crate::pattern::Handle;",
        "use crate::{error::Error, pattern as p};",
        "use super::super::{wake, zre::{Node as N}};",
        "fn f() { crate::client::open() }",
        "#[cfg(test)]\nmod tests {}\nuse crate::server::Server;",
    ] {
        let wrong = upward_imports(&CRATE, &Source::new(below, text));
        assert_eq!(wrong.len(), 1, "{text}: {wrong:?}");
    }
    for text in [
        "// crate::pattern::Handle",
        "use super::spec::{self, SocketSpec};",
        "use crate::wake::{Deadline, Waker};",
        "#[cfg(test)]\nmod tests { use crate::pattern::Handle; }",
        "const TEXT: &str = \"crate::zre\";",
    ] {
        assert_none(upward_imports(&CRATE, &Source::new(below, text)));
    }
}

#[test]
fn a_planted_circle_is_found() {
    let endpoint = Source::new("src/endpoint/place.rs", "use crate::message::Frame;");
    let message = Source::new("src/message.rs", "use super::{error, options::Options};");
    let options = Source::new("src/options.rs", "use crate::endpoint;");
    let files = [endpoint, message, options];
    assert_eq!(circles(&CRATE, &files).len(), 3);
    assert_none(circles(&CRATE, &files[..2]));
}

#[test]
fn planted_words_of_upper_layers_are_found() {
    let words = |path: &str, text: &str| -> usize {
        let source = Source::new(path, text);
        let each = |words| upper_words(&CRATE, words, &source).len();
        WORDS.iter().map(each).sum()
    };
    for (path, text) in [
        ("src/socket/spec.rs", "enum Type { Inbox }"),
        ("src/socket/spec.rs", "fn is_hub() {}"),
        ("src/socket.rs", "// A node says goodbye."),
        ("src/error.rs", "/// An identity.\nInvalidUuid,"),
        ("src/monitor/status.rs", "fn of(handle: &Handle) {}"),
        ("src/wake.rs", "struct Server;"),
        ("src/pattern.rs", "fn zre() {}"),
    ] {
        assert_eq!(words(path, text), 1, "{path}: {text}");
    }
    for (path, text) in [
        ("src/zre/node.rs", "struct Node;"),
        (
            "src/socket.rs",
            "/// ```\n/// let node = zre::Node;\n/// ```\nfn f() {}",
        ),
        ("src/socket.rs", "// A Handle.\nstruct JoinHandle;"),
        (
            "src/background.rs",
            "#[cfg(test)]\nmod tests { struct Node; }",
        ),
    ] {
        assert_eq!(words(path, text), 0, "{path}: {text}");
    }
}

#[test]
fn planted_files_that_break_other_rules_are_found() {
    let source = |path, text: &str| Source::new(path, text);
    assert!(without_layer(&CRATE, &source("src/new.rs", "")).is_some());
    assert!(without_layer(&CRATE, &source("src/lib.rs", "")).is_none());
    assert!(has_unsafe_code(&source("src/wake.rs", "unsafe {}")));
    assert!(!has_unsafe_code(&source(
        "src/wake.rs",
        "// unsafe\n#![deny(unsafe_code)]"
    )));
    assert!(!has_unsafe_code(&source("src/ffi/poll.rs", "unsafe {}")));
    assert!(names_the_binding(&source("src/pattern.rs", "zmq::Socket")));
    assert!(!names_the_binding(&source("src/socket.rs", "zmq::Socket")));
    let long = format!("//! A purpose.\n{}", "\n".repeat(600));
    assert!(is_long_or_without_purpose(&source("src/wake.rs", &long)));
    assert!(is_long_or_without_purpose(&source("src/wake.rs", "use x;")));
}
