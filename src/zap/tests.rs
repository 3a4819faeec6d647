//! The handler, asked as libzmq asks it, and what becomes of it when something goes wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::*;
use crate::ffi::{self, IntOption, RawContext, tests::in_child};
use crate::security::{Access, AccessRequest, Password};

const SOON: Duration = Duration::from_secs(10);

/// Long enough for every answer.
const PATIENT: Duration = Duration::from_secs(60);

fn start() -> (Arc<RawContext>, ZapThread) {
    let context = Arc::new(RawContext::new(1, 100).unwrap());
    let zap = ZapThread::start(&context).unwrap();
    (context, zap)
}

fn ann() -> Access {
    let password = Password::new("secret").unwrap();
    Access::new().user("ann", password).unwrap()
}

/// A session of libzmq, which asks.
struct Session(zmq::Socket);

impl Session {
    fn new(context: &RawContext) -> Session {
        let socket = context.socket(zmq::DEALER).unwrap();
        socket.set_linger(0).unwrap();
        socket.set_rcvtimeo(SOON.as_millis() as i32).unwrap();
        socket.connect("inproc://zeromq.zap.01").unwrap();
        Session(socket)
    }

    fn send(&self, frames: &[&[u8]]) {
        let frames = [&[&b""[..]], frames].concat();
        self.0.send_multipart(frames, 0).unwrap();
    }

    fn plain(&self, id: &str, domain: &Domain, user: &str, password: &str) {
        let request = plain(id, domain, user, password);
        self.0.send_multipart(request, 0).unwrap();
    }

    /// The next reply: its number, its code and its user.
    fn reply(&self) -> [String; 3] {
        let frames = self.0.recv_multipart(0).expect("a reply");
        let [empty, version, id, code, _text, user, metadata] = &frames[..] else {
            panic!("not a reply: {frames:?}");
        };
        assert_eq!((&empty[..], &version[..]), (&b""[..], &b"1.0"[..]));
        assert_eq!(metadata.is_empty(), code != b"200");
        [id, code, user].map(|frame| String::from_utf8(frame.clone()).unwrap())
    }

    fn ask(&self, domain: &Domain, user: &str, password: &str) -> [String; 2] {
        self.plain("1", domain, user, password);
        let [id, code, user] = self.reply();
        assert_eq!(id, "1");
        [code, user]
    }
}

/// The frames of a request, with the envelope.
fn plain<'a>(id: &'a str, domain: &'a Domain, user: &'a str, password: &'a str) -> [&'a [u8]; 9] {
    [
        b"",
        b"1.0",
        id.as_bytes(),
        domain.name().as_bytes(),
        b"10.0.0.7",
        b"",
        b"PLAIN",
        user.as_bytes(),
        password.as_bytes(),
    ]
}

#[test]
fn each_domain_has_its_own_users() {
    let (context, zap) = start();
    let one = zap.add("pull", &ann(), PATIENT).unwrap();
    let bob = Password::new("secret").unwrap();
    let bob = Access::new().user("bob", bob).unwrap();
    let two = zap.add("pull", &bob, PATIENT).unwrap();
    assert_ne!(one.name(), two.name());
    let session = Session::new(&context);
    assert_eq!(session.ask(&one, "ann", "secret"), ["200", "ann"]);
    assert_eq!(session.ask(&two, "ann", "secret"), ["400", ""]);
    assert_eq!(session.ask(&two, "bob", "secret"), ["200", "bob"]);
    assert_eq!(session.ask(&one, "ann", "wrong"), ["400", ""]);
    let name = two.name().to_owned();
    drop(two);
    session.send(&[
        b"1.0",
        b"9",
        name.as_bytes(),
        b"",
        b"",
        b"PLAIN",
        b"bob",
        b"secret",
    ]);
    assert_eq!(session.reply(), ["9", "400", ""]);
    assert_eq!(session.ask(&one, "ann", "secret"), ["200", "ann"]);
}

#[test]
fn what_is_not_a_request_of_ours_is_refused() {
    let (context, zap) = start();
    let domain = zap.add("pull", &ann().any_key().unwrap(), PATIENT).unwrap();
    let name = domain.name().as_bytes();
    let session = Session::new(&context);
    let key = [7; 32];
    for (code, frames) in [
        (
            "500",
            &[
                &b"1.1"[..],
                b"1",
                name,
                b"",
                b"",
                b"PLAIN",
                b"ann",
                b"secret",
            ][..],
        ),
        ("500", &[b"1.0", b"1", name]),
        (
            "400",
            &[b"1.0", b"1", b"", b"", b"", b"PLAIN", b"ann", b"secret"],
        ),
        (
            "400",
            &[b"1.0", b"1", b"\xff", b"", b"", b"PLAIN", b"ann", b"secret"],
        ),
        ("400", &[b"1.0", b"1", name, b"", b"", b"NULL"]),
        ("400", &[b"1.0", b"1", name, b"", b"", b"GSSAPI", b"ann"]),
        (
            "400",
            &[b"1.0", b"1", name, b"", b"", b"PLAIN", b"\xff", b"secret"],
        ),
        ("400", &[b"1.0", b"1", name, b"", b"", b"PLAIN", b"ann"]),
        ("400", &[b"1.0", b"1", name, b"", b"", b"CURVE", &key[1..]]),
        ("200", &[b"1.0", b"1", name, b"", b"", b"CURVE", &key]),
        (
            "200",
            &[
                b"1.0",
                b"1",
                name,
                b"\xff",
                b"an identity",
                b"PLAIN",
                b"ann",
                b"secret",
            ],
        ),
    ] {
        session.send(frames);
        assert_eq!(session.reply()[1], code, "{frames:?}");
    }
    // Nobody knows to what these would be replied.
    session.send(&[]);
    session.send(&[b"1.0"]);
    session.0.send("no envelope", 0).unwrap();
    let long = vec![&b"1.0"[..]; 1000];
    session.send(&long);
    assert_eq!(session.reply()[..2], ["1.0", "400"]);
    assert_eq!(session.ask(&domain, "ann", "secret"), ["200", "ann"]);
}

#[test]
fn a_handler_whose_socket_fails_or_that_panics_is_there_again() {
    let (context, zap) = start();
    let domain = zap.add("pull", &ann(), PATIENT).unwrap();
    for round in 0..10 {
        let (tell, told) = mpsc::channel();
        let fault: zap_loop::Fault = match round % 2 {
            0 => Box::new(move |socket| {
                *socket = None;
                tell.send(()).unwrap();
            }),
            _ => Box::new(move |_| {
                tell.send(()).unwrap();
                panic!("on purpose")
            }),
        };
        zap.faults.send(fault).unwrap();
        zap.add("other", &ann(), PATIENT).unwrap(); // its drop wakes the thread
        told.recv_timeout(SOON).unwrap();
        // Connected to the one that failed, or to the next.
        let began = Instant::now();
        loop {
            let session = Session::new(&context);
            // The one that failed takes nothing, and answers nothing.
            session.0.set_sndtimeo(100).unwrap();
            session.0.set_rcvtimeo(100).unwrap();
            let request = plain("1", &domain, "ann", "secret");
            if session.0.send_multipart(request, 0).is_ok()
                && let Ok(frames) = session.0.recv_multipart(0)
            {
                assert_eq!(frames[3], b"200");
                break;
            }
            assert!(began.elapsed() < SOON, "it does not come back");
        }
    }
}

/// Two sockets, of which one is secured by this and lets the other in by the domain; it sends a message at once.
fn secured(
    context: &RawContext,
    domain: &Domain,
    secure: impl Fn(&zmq::Socket, &zmq::Socket),
) -> [zmq::Socket; 2] {
    let [mut pull, push] = [zmq::PULL, zmq::PUSH].map(|kind| context.socket(kind).unwrap());
    for socket in [&pull, &push] {
        socket.set_linger(0).unwrap();
        socket.set_handshake_ivl(200).unwrap();
    }
    secure(&pull, &push);
    pull.set_zap_domain(domain.name()).unwrap();
    ffi::set_int(&mut pull, IntOption::ZapEnforceDomain, 1).unwrap();
    pull.bind("tcp://127.0.0.1:*").unwrap();
    push.connect(&pull.get_last_endpoint().unwrap().unwrap())
        .unwrap();
    push.send("hello", 0).unwrap();
    [pull, push]
}

#[test]
fn while_there_is_no_handler_nobody_enters() {
    let (context, zap) = start();
    let domain = zap.add("pull", &ann().any_key().unwrap(), PATIENT).unwrap();
    let (tell, told) = mpsc::channel();
    let (go_on, goes_on) = mpsc::channel::<()>();
    let fault: zap_loop::Fault = Box::new(move |socket| {
        *socket = None;
        tell.send(()).unwrap();
        let _ = goes_on.recv();
    });
    zap.faults.send(fault).unwrap();
    zap.add("other", &ann(), PATIENT).unwrap(); // its drop wakes the thread
    told.recv_timeout(SOON).unwrap();
    let mut sockets = vec![secured(&context, &domain, |pull, push| {
        pull.set_plain_server(true).unwrap();
        push.set_plain_username(Some("ann")).unwrap();
        push.set_plain_password(Some("secret")).unwrap();
    })];
    if ffi::has(c"curve") {
        let [own, theirs] = [(); 2].map(|()| zmq::CurveKeyPair::new().unwrap());
        sockets.push(secured(&context, &domain, |pull, push| {
            pull.set_curve_server(true).unwrap();
            pull.set_curve_secretkey(&own.secret_key).unwrap();
            push.set_curve_serverkey(&own.public_key).unwrap();
            push.set_curve_publickey(&theirs.public_key).unwrap();
            push.set_curve_secretkey(&theirs.secret_key).unwrap();
        }));
    }
    for [pull, _] in &sockets {
        pull.set_rcvtimeo(300).unwrap();
        assert_eq!(pull.recv_bytes(0), Err(zmq::Error::EAGAIN));
        pull.set_rcvtimeo(SOON.as_millis() as i32).unwrap();
    }
    drop(go_on);
    for [pull, push] in &sockets {
        // libzmq may have given up the first one.
        let endpoint = pull.get_last_endpoint().unwrap().unwrap();
        push.connect(&endpoint).unwrap();
        push.send("hello", 0).unwrap();
        assert_eq!(pull.recv_bytes(0).unwrap(), b"hello");
    }
}

/// An access whose closure waits, each time, until it is told to go on.
fn waits() -> (Access, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (asked, is_asked) = mpsc::channel();
    let (go_on, goes_on) = mpsc::channel();
    let access = ann().ask(move |request: &AccessRequest| {
        asked.send(()).unwrap();
        goes_on.recv().ok()?;
        request.user().map(str::to_owned)
    });
    (access.unwrap(), is_asked, go_on)
}

#[test]
fn a_closure_holds_up_nobody_else() {
    let (context, zap) = start();
    let (access, is_asked, go_on) = waits();
    let domain = zap.add("pull", &access, PATIENT).unwrap();
    let (slow, fast) = (Session::new(&context), Session::new(&context));
    slow.plain("7", &domain, "bob", "anything");
    is_asked.recv_timeout(SOON).unwrap();
    for _ in 0..10 {
        assert_eq!(fast.ask(&domain, "ann", "secret"), ["200", "ann"]);
    }
    go_on.send(()).unwrap();
    assert_eq!(slow.reply(), ["7", "200", "bob"]);
}

#[test]
fn a_closure_that_hangs_costs_one_thread_and_denies() {
    let (context, zap) = start();
    let (access, is_asked, go_on) = waits();
    let domain = zap
        .add("pull", &access, Duration::from_millis(100))
        .unwrap();
    let session = Session::new(&context);
    assert_eq!(session.ask(&domain, "bob", "1"), ["500", ""]);
    is_asked.recv_timeout(SOON).unwrap();
    for number in 0..10 {
        let user = format!("user {number}");
        assert_eq!(session.ask(&domain, &user, "1"), ["500", ""]);
    }
    assert!(is_asked.try_recv().is_err(), "it was asked again");
    assert_eq!(session.ask(&domain, "ann", "secret"), ["200", "ann"]);
    // Once it has returned it is asked again, and now it is fast.
    for _ in 0..1000 {
        go_on.send(()).unwrap();
    }
    let began = Instant::now();
    while session.ask(&domain, "eve", "1") != ["200", "eve"] {
        assert!(began.elapsed() < SOON, "it is not asked again");
    }
}

#[test]
fn a_closure_that_panics_denies() {
    let (context, zap) = start();
    let calls = Arc::new(AtomicU32::new(0));
    let count = calls.clone();
    let access = Access::new().ask(move |request| {
        count.fetch_add(1, Ordering::Relaxed);
        match request.user() {
            Some("bob") => Some("bob".to_owned()),
            _ => panic!("on purpose"),
        }
    });
    let domain = zap.add("pull", &access.unwrap(), PATIENT).unwrap();
    let session = Session::new(&context);
    for number in 0..3 {
        let user = format!("user {number}");
        assert_eq!(session.ask(&domain, &user, "1"), ["500", ""]);
        assert_eq!(session.ask(&domain, "bob", "1"), ["200", "bob"]);
    }
    assert_eq!(calls.load(Ordering::Relaxed), 6);
}

#[test]
fn few_wait_for_a_closure() {
    let (context, zap) = start();
    let (access, is_asked, go_on) = waits();
    let domain = zap.add("pull", &access, PATIENT).unwrap();
    let session = Session::new(&context);
    for number in 0..1000 {
        session.plain("1", &domain, &format!("user {number}"), "1");
    }
    is_asked.recv_timeout(SOON).unwrap();
    // One is asked, 256 wait, and the others come back later.
    for _ in 0..1000 - 257 {
        assert_eq!(session.reply()[1], "300");
    }
    drop(go_on);
    for _ in 0..257 {
        session.reply();
    }
}

#[test]
fn the_end_does_not_wait_for_a_closure() {
    let (ended, is_over) = mpsc::channel();
    let (access, is_asked, go_on) = waits();
    thread::spawn(move || {
        let (context, zap) = start();
        let domain = zap.add("pull", &access, PATIENT).unwrap();
        let session = Session::new(&context);
        session.plain("1", &domain, "bob", "1");
        is_asked.recv_timeout(SOON).unwrap();
        drop(session);
        drop(zap);
        drop(context);
        // The domain comes last, and finds nobody.
        drop(domain);
        ended.send(()).unwrap();
    });
    is_over.recv_timeout(SOON).expect("it ends");
    drop(go_on);
}

#[test]
fn a_child_drops_its_domain_and_the_parent_goes_on() {
    let (context, zap) = start();
    let mut domain = Some(zap.add("pull", &ann(), PATIENT).unwrap());
    assert!(in_child(|| {
        drop(domain.take());
        zap.add("pull", &ann(), PATIENT).is_err()
    }));
    let domain = domain.unwrap();
    let session = Session::new(&context);
    assert_eq!(session.ask(&domain, "ann", "secret"), ["200", "ann"]);
}

#[test]
fn one_context_has_one_handler() {
    let (context, _zap) = start();
    assert!(ZapThread::start(&context).is_err());
}
