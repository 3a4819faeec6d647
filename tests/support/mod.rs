//! Helpers of all tests: a limit on every wait, and ends that are connected.

#![allow(dead_code, reason = "each test uses its own part of this")]

use std::fs;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use zeroless::{
    Client, Dealer, Error, Handle, Pair, Publisher, Pull, Push, Replier, Request, Requester,
    Router, Server, Subscriber,
};

/// How long a test may take; one that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(30);

/// Time enough for anything that happens at all, on a busy machine too.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// Runs a test, and fails if it hangs.
pub(crate) fn deadline(body: impl FnOnce() + Send + 'static) {
    deadline_after(LIMIT, body);
}

/// Runs a test that may take this long, and fails if it hangs.
pub(crate) fn deadline_after(limit: Duration, body: impl FnOnce() + Send + 'static) {
    let (running, over) = mpsc::channel::<()>();
    let name = thread::current().name().unwrap_or("test").to_owned();
    let run = move || {
        let _running = running;
        body();
    };
    let thread = thread::Builder::new().name(name).spawn(run).unwrap();
    if over.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
        panic!("it hangs");
    }
    if let Err(panic) = thread.join() {
        resume_unwind(panic);
    }
}

/// Sees that an endpoint was refused, for this reason.
#[track_caller]
pub(crate) fn assert_invalid<T: std::fmt::Debug>(outcome: Result<T, Error>, reason: &str) {
    match outcome {
        Err(Error::InvalidEndpoint { reason: given, .. }) if given.contains(reason) => {}
        other => panic!("not refused for `{reason}`: {other:?}"),
    }
}

/// Sees that a call ran out of time.
#[track_caller]
pub(crate) fn assert_timeout<T: std::fmt::Debug>(outcome: Result<T, impl Into<Error>>) {
    match outcome.map_err(Into::into) {
        Err(Error::Timeout { .. }) => {}
        other => panic!("not out of time: {other:?}"),
    }
}

/// Waits until both are connected, to each other if to nobody else.
pub(crate) fn marry(one: &impl Handle, two: &impl Handle) {
    one.wait_connected(1, SOON).unwrap();
    two.wait_connected(1, SOON).unwrap();
}

/// Waits until something is so, which nothing tells of.
#[track_caller]
pub(crate) fn until(mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < SOON, "it does not come to be");
        pause();
    }
}

/// Lets others run between two looks at something that nothing tells of. A mere yield does
/// not do: Linux (6.18) sets a thread that yields again and again back by seconds when others
/// want the processor.
pub(crate) fn pause() {
    thread::park_timeout(Duration::from_micros(200));
}

/// Begins a call in a thread of its own, and waits until that is asleep in it (or done).
pub(crate) fn blocked<T: Send + 'static>(
    call: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<T> {
    let (tell, told) = mpsc::channel();
    let thread = thread::spawn(move || {
        // Linux alone has this, and only there it is known that a thread is asleep.
        tell.send(fs::read_link("/proc/thread-self").ok()).unwrap();
        call()
    });
    if let Some(own) = told.recv().unwrap() {
        let stat = Path::new("/proc").join(own).join("stat");
        until(|| match fs::read_to_string(&stat) {
            Ok(stat) => matches!(state(&stat), Some('S')),
            Err(_) => true,
        });
    }
    thread
}

/// A thread's state, which follows its name in brackets.
fn state(stat: &str) -> Option<char> {
    let (_, rest) = stat.rsplit_once(") ")?;
    rest.chars().next()
}

/// A name for inproc that no other test has.
pub(crate) fn inproc() -> String {
    format!("inproc://test-{}", number())
}

fn number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A folder of a test's own, which is removed in the end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Folder {
        let name = format!("zeroless-{}-{}", std::process::id(), number());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Folder(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The ipc endpoint of a file in it.
    pub(crate) fn ipc(&self, file: &str) -> String {
        format!("ipc://{}", self.0.join(file).display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A server on a free port of loopback, and a client of it.
pub(crate) fn ends() -> (Server, Client) {
    let server = Server::bind_local(0).unwrap();
    let client = Client::connect(server.endpoint()).unwrap();
    (server, client)
}

/// Both sides of a pattern, connected: with the first as the server, and with the second.
macro_rules! both_roles {
    ($name:ident: $one:ty = $open_one:ident($($topic_one:literal)?), $two:ty = $open_two:ident($($topic_two:literal)?)) => {
        pub(crate) fn $name() -> [($one, $two); 2] {
            let (server, client) = ends();
            let first = (
                server.$open_one($($topic_one)?).unwrap(),
                client.$open_two($($topic_two)?).unwrap(),
            );
            let (server, client) = ends();
            let second = (
                client.$open_one($($topic_one)?).unwrap(),
                server.$open_two($($topic_two)?).unwrap(),
            );
            for (one, two) in [&first, &second] {
                marry(one, two);
            }
            [first, second]
        }
    };
}

both_roles! { push_pull: Push = push(), Pull = pull() }
both_roles! { pub_sub: Publisher = publish(), Subscriber = subscribe("") }
both_roles! { req_rep: Requester = request(), Replier = reply() }
both_roles! { pairs: Pair = pair(), Pair = pair() }
both_roles! { dealer_router: Dealer = dealer(), Router = router() }

/// A replier that replies with no frame larger than this, and a requester of it.
pub(crate) fn limited(max_frame: u64) -> (Requester, Replier) {
    let (server, client) = ends();
    let replier = server.max_frame(max_frame).reply().unwrap();
    (client.request().unwrap(), replier)
}

/// Replies to every request with its own frames, until stopped; how many there were.
pub(crate) fn echo(replier: Replier) -> JoinHandle<usize> {
    blocked(move || {
        let reply = |request: Request| {
            let (message, reply) = request.split();
            reply.send(message).unwrap()
        };
        replier.iter().map(reply).count()
    })
}

/// A server that publishes and a client that subscribes to these, which the server knows.
pub(crate) fn subscribed<const N: usize>(topics: [&str; N]) -> (Publisher, Subscriber) {
    let (server, client) = ends();
    let publisher = server.publish().unwrap();
    let subscriber = client.subscribe(topics).unwrap();
    publisher.wait_for_subscribers(N, SOON).unwrap();
    (publisher, subscriber)
}

/// A UDP port for the beacons of one test, that nobody else uses.
pub(crate) fn beacon_port() -> u16 {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.local_addr().unwrap().port()
}
