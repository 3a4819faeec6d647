//! The log: facts that a user should know, and never the contents of a message.

mod support;

use log::{Level, LevelFilter, Log, Metadata, Record};
use parking_lot::{Mutex, MutexGuard};
use support::{Folder, deadline, ends, marry, until};
use zeroless::security::{Access, Password, Plain};
use zeroless::{Client, Server};

/// All that is logged, since it was last taken.
struct Memory(Mutex<Vec<(Level, String)>>);

static MEMORY: Memory = Memory(Mutex::new(Vec::new()));

impl Log for Memory {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let line = (record.level(), record.args().to_string());
        self.0.lock().push(line);
    }

    fn flush(&self) {}
}

/// One test at a time, from an empty log on.
fn alone(level: LevelFilter) -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock();
    // The first test has set it, if this is not the first.
    let _ = log::set_logger(&MEMORY);
    log::set_max_level(level);
    MEMORY.0.lock().clear();
    alone
}

/// Whether a line of this level has all of these words.
fn told(level: Level, words: &[&str]) -> bool {
    let memory = MEMORY.0.lock();
    memory
        .iter()
        .any(|(at, line)| *at == level && words.iter().all(|word| line.contains(word)))
}

#[track_caller]
fn assert_told(level: Level, words: &[&str]) {
    assert!(told(level, words), "no {words:?} in {:?}", MEMORY.0.lock());
}

#[test]
fn binding_and_connecting_are_told() {
    deadline(|| {
        let _alone = alone(LevelFilter::Info);
        let server = Server::bind_local(0).unwrap();
        assert_told(Level::Info, &["binding", "tcp://127.0.0.1:0"]);
        let at = server.endpoint().to_string();
        let pull = server.pull().unwrap();
        assert_told(Level::Info, &["pull", "ready", &at]);
        let client = Client::connect(server.endpoint()).unwrap();
        let push = client.push().unwrap();
        assert_told(Level::Info, &["push", "connecting", &at]);
        marry(&push, &pull);
        until(|| told(Level::Info, &["push", "connected", &at]));
        client.disconnect_all().unwrap();
        assert_told(Level::Info, &["push", "disconnecting", &at]);
        until(|| {
            // libzmq closes a connection when its socket is used next.
            push.try_send("unsent").unwrap_err();
            told(Level::Info, &["pull", "disconnected", &at])
        });
    });
}

#[test]
fn a_port_that_is_open_to_the_network_is_told() {
    let _alone = alone(LevelFilter::Info);
    let words = ["open to the network without authentication"];
    let _local = Server::bind_local(0).unwrap().pull().unwrap();
    assert!(!told(Level::Info, &words));
    let _open = Server::bind(0).unwrap().pull().unwrap();
    assert_told(Level::Info, &words);
}

#[test]
fn a_message_is_told_by_its_size_and_never_by_its_content() {
    deadline(|| {
        let _alone = alone(LevelFilter::Trace);
        let (server, client) = ends();
        let (replier, requester) = (server.reply().unwrap(), client.request().unwrap());
        let pending = requester.start(("secret", "password")).unwrap();
        replier.recv().unwrap().reply("secret, too").unwrap();
        pending.wait().unwrap();
        drop((replier, requester));
        let (server, client) = ends();
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        push.send(("secret", "password")).unwrap();
        pull.recv().unwrap();
        assert_told(Level::Debug, &["push", "sending", "2 frames", "14 bytes"]);
        assert_told(Level::Debug, &["pull", "received", "2 frames", "14 bytes"]);
        push.send("secret").unwrap();
        push.send(("secret", "password")).unwrap();
        pull.parts::<2>().next().unwrap();
        assert_told(Level::Warn, &["pull", "passed over"]);
        for (_, line) in MEMORY.0.lock().iter() {
            assert!(
                !line.contains("secret") && !line.contains("password"),
                "{line}"
            );
        }
    });
}

#[test]
fn a_message_is_not_told_at_info() {
    deadline(|| {
        let _alone = alone(LevelFilter::Info);
        let (server, client) = ends();
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        push.send("hello").unwrap();
        pull.recv().unwrap();
        assert!(!told(Level::Info, &["bytes"]));
    });
}

#[test]
fn a_request_that_is_never_replied_to_is_told() {
    deadline(|| {
        let _alone = alone(LevelFilter::Warn);
        let (server, client) = ends();
        let (replier, requester) = (server.reply().unwrap(), client.request().unwrap());
        let _pending = requester.start("hello").unwrap();
        drop(replier.recv().unwrap());
        assert_told(Level::Warn, &["reply", "never replied"]);
    });
}

#[test]
fn a_reply_half_that_is_never_used_is_told() {
    deadline(|| {
        let _alone = alone(LevelFilter::Warn);
        let (server, client) = ends();
        let (replier, requester) = (server.reply().unwrap(), client.request().unwrap());
        let _pending = requester.start("hello").unwrap();
        let (_message, reply) = replier.recv().unwrap().split();
        drop(reply);
        assert_told(Level::Warn, &["reply", "never replied"]);
    });
}

#[test]
fn a_request_that_is_passed_over_is_logged_with_its_requesters_outcome() {
    deadline(|| {
        let _alone = alone(LevelFilter::Warn);
        let (server, client) = ends();
        let (replier, requester) = (server.reply().unwrap(), client.request().unwrap());
        let _long = requester.start(("1", "2", "3")).unwrap();
        let _fitting = requester.start(("1", "2")).unwrap();
        let (_, reply) = replier.parts::<2>().next().unwrap();
        reply(&"well").unwrap();
        assert_told(Level::Warn, &["reply", "passed over", "no reply"]);
        assert!(!told(Level::Warn, &["never replied"]));
    });
}

#[test]
fn a_handler_that_panics_is_told_with_its_words() {
    deadline(|| {
        let _alone = alone(LevelFilter::Warn);
        let (server, client) = ends();
        let (replier, requester) = (server.reply().unwrap(), client.request().unwrap());
        let stopper = replier.stopper().unwrap();
        let serving = std::thread::spawn(move || {
            replier.serve(|message| -> String { panic!("not {message} again") })
        });
        let pending = requester.start("this").unwrap();
        until(|| told(Level::Error, &["panicked"]));
        assert_told(
            Level::Error,
            &["reply", "handler panicked", "not this again", "no reply"],
        );
        assert!(pending.try_wait().is_err());
        stopper.stop();
        serving.join().unwrap().unwrap();
    });
}

#[test]
fn a_socket_that_is_taken_over_is_told() {
    let _alone = alone(LevelFilter::Warn);
    let folder = Folder::new();
    drop(std::os::unix::net::UnixListener::bind(folder.path().join("a")).unwrap());
    let _pull = Server::bind(folder.ipc("a")).unwrap().pull().unwrap();
    assert_told(Level::Warn, &["taking over", &folder.ipc("a")]);
}

#[test]
fn lines_that_peers_can_cause_without_end_are_logged_a_few_times() {
    deadline(|| {
        let _alone = alone(LevelFilter::Warn);
        let (server, client) = ends();
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        for _ in 0..1000 {
            push.send("one frame").unwrap();
        }
        push.send(("two", "frames")).unwrap();
        let [one, two] = pull.parts::<2>().next().unwrap();
        assert_eq!((&*one, &*two), (&b"two"[..], &b"frames"[..]));
        assert_eq!(pull.skipped(), 1000);
        let memory = MEMORY.0.lock();
        let told = memory
            .iter()
            .filter(|(_, line)| line.contains("passed over"));
        assert!((1..=10).contains(&told.count()), "{memory:?}");
    });
}

#[test]
fn passwords_that_can_be_read_are_told_once_a_socket() {
    let _alone = alone(LevelFilter::Info);
    let ann = || Plain::user("ann", Password::new("hidden word").unwrap());
    let server = |server: Server| {
        let access = Access::new().user("ann", Password::new("hidden word").unwrap());
        server.security(Plain::server(access.unwrap()))
    };
    let warned = || {
        let memory = MEMORY.0.lock();
        let is_it = |(_, line): &&(Level, String)| line.contains("PLAIN sends passwords");
        memory.iter().filter(is_it).count()
    };
    let folder = Folder::new();
    let local = ["tcp://127.0.0.1:0", "tcp://[::1]:0", &folder.ipc("door")];
    let local = server(Server::bind(local).unwrap());
    let _pull = local.pull().unwrap();
    let client = Client::connect(local.endpoints()).unwrap();
    let _push = client.security(ann()).push().unwrap();
    assert_eq!(warned(), 0);

    let server = server(Server::bind(["tcp://*:0", "tcp://*:0"]).unwrap());
    let _pull = server.pull().unwrap();
    assert_eq!(warned(), 1);
    assert!(!told(Level::Info, &["open to the network"]));
    let elsewhere = Client::connect(["tcp://192.0.2.1:5555", "tcp://192.0.2.2:5555"]).unwrap();
    let _push = elsewhere.security(ann()).push().unwrap();
    assert_eq!(warned(), 2);
    assert!(!told(Level::Warn, &["hidden"]) && !told(Level::Info, &["hidden"]));
}
