//! The fault that each patch mends. With `ZEROLESS_LIBZMQ_WITHOUT=<patch>` its fact fails, or ends the
//! process.

mod batch_frames;
mod begun;
mod connect_failure;
mod connection;
mod disconnect;
mod displaced;
mod ended_handshake;
mod ended_pipe;
mod frame_limit;
mod greeted;
mod half_read;
mod heartbeat;
mod identity_taken;
mod immediate;
mod linger;
mod mismatch;
mod older_peer;
mod receive;
mod refused;
mod self_connection;
mod torn;
mod unread;
mod unsent;
mod unversioned;

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use zeroless_libzmq::COMPILED;

/// Time enough for anything that happens at all.
const SOON: Duration = Duration::from_secs(10);

/// Runs a fact about our libzmq, if that is the one, and fails if it hangs.
fn fact(body: impl FnOnce() + Send + 'static) {
    if !COMPILED {
        return;
    }
    let (running, over) = mpsc::channel::<()>();
    let thread = thread::spawn(move || {
        let _running = running;
        body();
    });
    let waited = over.recv_timeout(Duration::from_secs(60));
    assert_ne!(waited, Err(RecvTimeoutError::Timeout), "it hangs");
    assert!(thread.join().is_ok(), "see above");
}

/// Waits until something is so, which nothing tells of.
#[track_caller]
fn until(mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < SOON, "it does not come to be");
        pause();
    }
}

/// Lets others run between two looks.
fn pause() {
    thread::park_timeout(Duration::from_micros(200));
}

/// A socket without linger, that gives a wait up after some time.
fn socket(context: &zmq::Context, kind: zmq::SocketType) -> zmq::Socket {
    let socket = context.socket(kind).unwrap();
    socket.set_linger(0).unwrap();
    socket.set_rcvtimeo(SOON.as_millis() as i32).unwrap();
    socket.set_sndtimeo(SOON.as_millis() as i32).unwrap();
    socket
}

/// A socket that is bound to a free port, and its endpoint.
fn bound(context: &zmq::Context, kind: zmq::SocketType) -> (zmq::Socket, String) {
    let socket = socket(context, kind);
    socket.bind("tcp://127.0.0.1:*").unwrap();
    let endpoint = socket.get_last_endpoint().unwrap().unwrap();
    (socket, endpoint)
}

/// A PULL on a free port that takes little at once, and its endpoint.
fn slow_pull(context: &zmq::Context) -> (zmq::Socket, String) {
    let pull = socket(context, zmq::PULL);
    pull.set_rcvhwm(1).unwrap();
    pull.set_rcvbuf(4096).unwrap();
    pull.bind("tcp://127.0.0.1:*").unwrap();
    let endpoint = pull.get_last_endpoint().unwrap().unwrap();
    (pull, endpoint)
}

/// Waits until libzmq's thread has done all that it was told before: a new connection is later.
fn await_commands(context: &zmq::Context) {
    let (_pull, endpoint) = bound(context, zmq::PULL);
    let push = socket(context, zmq::PUSH);
    let monitor = Monitor::of(context, &push, &format!("commands of {endpoint}"));
    push.connect(&endpoint).unwrap();
    monitor.wait(zmq::SocketEvent::HANDSHAKE_SUCCEEDED);
}

/// The events of a socket's monitor.
struct Monitor(zmq::Socket);

impl Monitor {
    fn of(context: &zmq::Context, socket: &zmq::Socket, name: &str) -> Monitor {
        Monitor::asking(context, socket, name, zmq::SocketEvent::ALL.to_raw())
    }

    /// One that asks for these events alone.
    fn asking(context: &zmq::Context, socket: &zmq::Socket, name: &str, events: u16) -> Monitor {
        let endpoint = format!("inproc://{name}");
        socket.monitor(&endpoint, events.into()).unwrap();
        let monitor = self::socket(context, zmq::PAIR);
        monitor.connect(&endpoint).unwrap();
        Monitor(monitor)
    }

    /// The next event, and its number.
    fn next(&self) -> (zmq::SocketEvent, u32) {
        let (kind, value, _) = self.next_raw();
        (zmq::SocketEvent::from_raw(kind), value)
    }

    /// The next event, which the zmq crate may not know, its number and its endpoint.
    fn next_raw(&self) -> (u16, u32, String) {
        let event = self.0.recv_bytes(0).expect("an event");
        let endpoint = self.0.recv_string(0).expect("its endpoint");
        let (kind, value) = event.split_first_chunk().expect("a number");
        let value = value.try_into().expect("another number");
        (
            u16::from_ne_bytes(*kind),
            u32::from_ne_bytes(value),
            endpoint.expect("a text"),
        )
    }

    /// Waits for an event of this kind.
    fn wait(&self, kind: zmq::SocketEvent) -> u32 {
        loop {
            let (event, value) = self.next();
            if event == kind {
                return value;
            }
        }
    }
}
