//! Lower layers never import upper ones or know their words, and confined code stays where it
//! belongs.

#[path = "layers/checks.rs"]
mod checks;
#[path = "layers/source.rs"]
mod source;

use std::path::Path;

use checks::{
    Layers, Purity, Words, circles, crossing_imports, impurities, upper_words, upward_imports,
    without_layer,
};
use source::Source;

const CRATE: Layers = Layers {
    within: &[],
    layers: &[
        &["endpoint"],
        &["error"],
        &["ffi"],
        &[
            "codec",
            "connection_id",
            "id_hasher",
            "into_endpoints",
            "message",
            "options",
            "origin",
            "peer",
            "peer_id",
            "printable",
            "security",
            "throttle",
        ],
        &["fork"],
        &["wake", "background"],
        &["monitor", "zap"],
        &["context", "capabilities"],
        &["socket"],
        &["pattern"],
        &["client", "server"],
        &["zre"],
        &["relay"],
        &["rpc"],
        &["station"],
    ],
};

/// The values that a user sees; bytes; state machines; sockets and a thread; nodes, as a user has
/// them; servers by name.
const ZRE: Layers = Layers {
    within: &["zre"],
    layers: &[
        &["error", "event", "peer", "uuid"],
        &["wire"],
        &["machine"],
        &["net"],
        &["builder", "node"],
        &["directory"],
        &["fuzzing"],
    ],
};

/// The values that all have; bytes; state machines; messages; the sockets and the thread; nodes, as a user has them.
const STATION: Layers = Layers {
    within: &["station"],
    layers: &[
        &["array", "end", "error", "life", "pending", "presence"],
        &["wire"],
        &["machine"],
        &["body", "ticket"],
        &["autopilot"],
        &["message"],
        &["net"],
        &["node"],
        &["fuzzing"],
    ],
};

/// The two that stand side by side: what both need is below them.
const APART: [&str; 2] = ["station", "rpc"];

/// The modules without socket, thread and clock.
const PURITY: Purity = Purity {
    pure: &[
        &["security", "guesses"],
        &["security", "networks"],
        &["security", "peer_address"],
        &["security", "zap_message"],
        &["zre", "wire"],
        &["zre", "machine"],
        &["station", "wire"],
        &["station", "machine"],
        &["station", "autopilot"],
    ],
    imports: &[
        "codec", "endpoint", "error", "message", "security", "station", "throttle", "zre",
    ],
    names: &[
        "Instant::now",
        "SystemTime",
        "std::fs",
        "std::thread",
        "TcpListener",
        "TcpStream",
        "UdpSocket",
        "libc::",
        "nix::",
        "socket2::",
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
const BINDING: [&str; 6] = ["capabilities", "context", "ffi", "monitor", "socket", "zap"];

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

/// Nothing, or the faults.
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
    for layers in [CRATE, ZRE, STATION] {
        let without = sources.iter().filter_map(|it| without_layer(&layers, it));
        assert_none(without.collect());
    }
}

#[test]
fn no_import_goes_up() {
    let sources = Source::library();
    for layers in [CRATE, ZRE, STATION] {
        let upward = sources.iter().flat_map(|it| upward_imports(&layers, it));
        assert_none(upward.collect());
    }
}

#[test]
fn stations_and_calls_do_not_import_each_other() {
    let sources = Source::library();
    let crossing = sources.iter().flat_map(|it| crossing_imports(&APART, it));
    assert_none(crossing.collect());
}

#[test]
fn no_import_goes_round() {
    let sources = Source::library();
    assert_none(circles(&CRATE, &sources));
    assert_none(circles(&ZRE, &sources));
    assert_none(circles(&STATION, &sources));
}

#[test]
fn codecs_and_state_machines_know_no_socket_and_no_clock() {
    let sources = Source::library();
    let impure = sources.iter().flat_map(|it| impurities(&PURITY, it));
    assert_none(impure.collect());
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
fn files_are_short_and_say_their_purpose() {
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
fn a_planted_import_across_is_found() {
    for (path, text, count) in [
        ("src/station/wire.rs", "use crate::rpc::BodyType;", 1),
        ("src/rpc/client.rs", "use crate::{codec, station::Life};", 1),
        (
            "src/station/wire.rs",
            "use crate::{codec, station::Life};",
            0,
        ),
        ("src/rpc/client.rs", "use super::command;", 0),
        ("src/relay.rs", "use crate::rpc::Client;", 0),
    ] {
        let wrong = crossing_imports(&APART, &Source::new(path, text));
        assert_eq!(wrong.len(), count, "{text}: {wrong:?}");
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
fn a_planted_import_that_goes_up_within_zre_is_found() {
    for (path, text, count) in [
        (
            "src/zre/wire/beacon.rs",
            "use crate::zre::machine::Machine;",
            1,
        ),
        (
            "src/zre/machine/groups.rs",
            "fn f(it: &crate::zre::node::Node) {}",
            1,
        ),
        ("src/zre/machine.rs", "use super::net::Link;", 1),
        (
            "src/zre/net/link.rs",
            "use super::super::{directory, wire::Packet};",
            1,
        ),
        (
            "src/zre/node.rs",
            "use super::net::SharedNode; use crate::client::Client;",
            0,
        ),
    ] {
        let wrong = upward_imports(&ZRE, &Source::new(path, text));
        assert_eq!(wrong.len(), count, "{text}: {wrong:?}");
    }
    assert!(without_layer(&ZRE, &Source::new("src/zre/new.rs", "")).is_some());
}

#[test]
fn planted_sockets_and_clocks_are_found() {
    for (path, text, count) in [
        ("src/zre/machine.rs", "use crate::socket::Socket;", 1),
        (
            "src/zre/machine/groups.rs",
            "use crate::{context, wake::Deadline};",
            2,
        ),
        (
            "src/zre/wire.rs",
            "fn now() -> Instant { std::time::Instant::now() }",
            1,
        ),
        (
            "src/zre/machine.rs",
            "#[cfg(test)] use crate::socket::Socket; use std::thread;",
            1,
        ),
        (
            "src/zre/machine.rs",
            "use std::{collections::BTreeMap, fs, thread::{self, JoinHandle}};",
            2,
        ),
        (
            "src/zre/machine.rs",
            "use std::time::Instant; use crate::message::Message;",
            0,
        ),
        ("src/zre/net/link.rs", "use crate::socket::Socket;", 0),
    ] {
        let wrong = impurities(&PURITY, &Source::new(path, text));
        assert_eq!(wrong.len(), count, "{text}: {wrong:?}");
    }
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
