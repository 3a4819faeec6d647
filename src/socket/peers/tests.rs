//! Messages of peers that a handler of ZAP has authenticated, on sockets of libzmq's own.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::super::locked::{LockedSocket, Progress};
use super::super::receive_state::ReceiveState;
use super::super::set_aside::FRAMES;
use super::*;
use crate::message::{Frame, Message};

const SOON: Duration = Duration::from_secs(30);

/// A socket that authenticates its peers with PLAIN, and receives as ours do.
struct Secured {
    // Dropped before the context, which waits for it.
    socket: zmq::Socket,
    endpoint: String,
    scratch: RawMessage,
    state: Option<Box<ReceiveState>>,
    access: Access,
    skipped: Arc<AtomicU64>,
    handler: Option<JoinHandle<()>>,
    context: zmq::Context,
}

impl Secured {
    /// One whose handler of ZAP lets in so many peers, each under its own name. That of `nobody` is no text, and
    /// `stranger` has no admission.
    fn new(socket_type: zmq::SocketType, peers: usize) -> Secured {
        let context = zmq::Context::new();
        let handler = context.socket(zmq::REP).unwrap();
        handler.bind("inproc://zeromq.zap.01").unwrap();
        let socket = socket(&context, socket_type);
        socket.set_plain_server(true).unwrap();
        socket.set_zap_domain("test").unwrap();
        socket.bind("tcp://127.0.0.1:*").unwrap();
        let (skipped, access) = (Arc::default(), Access::new());
        let peers_of_it = Peers::new(false, Some(access.clone()), &skipped);
        Secured {
            endpoint: socket.get_last_endpoint().unwrap().unwrap(),
            socket,
            scratch: RawMessage::new(),
            state: ReceiveState::new(peers_of_it),
            access,
            skipped,
            handler: Some(thread::spawn(move || admit(&handler, peers))),
            context,
        }
    }

    /// The same, of a libzmq that does not number connections.
    fn without_numbers(mut self) -> Secured {
        self.peers().numbers = None;
        self
    }

    fn peers(&mut self) -> &mut Peers {
        self.state.as_mut().unwrap().peers.as_mut().unwrap()
    }

    /// A socket of a user that is connected.
    fn client(&self, socket_type: zmq::SocketType, user: &str) -> zmq::Socket {
        let client = socket(&self.context, socket_type);
        client.set_plain_username(Some(user)).unwrap();
        client.set_plain_password(Some("secret")).unwrap();
        client.connect(&self.endpoint).unwrap();
        client
    }

    fn locked(&mut self) -> LockedSocket<'_> {
        LockedSocket {
            socket: &mut self.socket,
            scratch: &mut self.scratch,
            more: false,
            receive_state: &mut self.state,
            frames_left: FRAMES,
        }
    }

    /// The message that comes next, as often as the lock has to be taken for it.
    fn receive(&mut self) -> Message {
        let mut message = Message::new();
        self.attempt(|locked| locked.recv(&mut message).unwrap());
        message
    }

    /// The same, frame by frame at first: the identity of the peer, as a router has it.
    fn receive_from(&mut self) -> (Frame, Message) {
        let (mut peer, mut message) = (Frame::new(), Message::new());
        self.attempt(|locked| {
            let mut attempt = locked.recv_first(&mut peer).unwrap();
            if attempt == Progress::Done {
                attempt = locked.recv(&mut message).unwrap();
                if attempt == Progress::Again {
                    locked.set_aside([std::mem::take(&mut peer)]);
                }
            }
            attempt
        });
        (peer, message)
    }

    fn attempt(&mut self, mut attempt: impl FnMut(&mut LockedSocket<'_>) -> Progress) {
        let began = Instant::now();
        loop {
            match attempt(&mut self.locked()) {
                Progress::Done => return,
                Progress::Again => {}
                Progress::Blocked => {
                    assert!(began.elapsed() < SOON, "no message comes");
                    self.socket.poll(zmq::POLLIN, 100).unwrap();
                }
            }
        }
    }

    fn dropped(&self) -> u64 {
        self.skipped.load(Ordering::Relaxed)
    }

    fn line(&mut self) -> Option<String> {
        self.peers().take_line()
    }
}

impl Drop for Secured {
    fn drop(&mut self) {
        let handler = self.handler.take().map(JoinHandle::join);
        assert!(thread::panicking() || handler.unwrap().is_ok());
    }
}

fn socket(context: &zmq::Context, socket_type: zmq::SocketType) -> zmq::Socket {
    let socket = context.socket(socket_type).unwrap();
    socket.set_linger(0).unwrap();
    socket.set_sndtimeo(SOON.as_millis() as i32).unwrap();
    socket
}

fn admit(handler: &zmq::Socket, peers: usize) {
    handler.set_rcvtimeo(SOON.as_millis() as i32).unwrap();
    handler.set_linger(0).unwrap();
    for _ in 0..peers {
        let request = handler.recv_multipart(0).unwrap();
        let [_, id, _, _, _, _, user, password] = &request[..] else {
            panic!("{} frames", request.len());
        };
        assert_eq!(password, b"secret");
        let user: &[u8] = match &user[..] {
            b"nobody" => b"\xff",
            user => user,
        };
        let admission: &[u8] = match user {
            b"stranger" => b"",
            _ => b"\x12Zeroless-Admission\0\0\0\x010",
        };
        let reply = [b"1.0", &id[..], b"200", b"OK", user, admission];
        handler.send_multipart(reply, 0).unwrap();
    }
}

#[test]
fn a_message_tells_the_user_that_its_sender_was_authenticated_as() {
    for numbered in [true, false] {
        let mut pull = Secured::new(zmq::PULL, 2);
        if !numbered {
            pull = pull.without_numbers();
        }
        let pushes = ["ann", "ben"].map(|user| (user, pull.client(zmq::PUSH, user)));
        // Inline, and not.
        for size in [1, 1000, 100_000] {
            for (user, push) in &pushes {
                let body = vec![7; size];
                push.send(&body, 0).unwrap();
                push.send_multipart([&body[..], b"2", &body], 0).unwrap();
                for frames in [1, 3] {
                    let message = pull.receive();
                    assert_eq!(
                        (message.frame_count(), message.user()),
                        (frames, Some(*user))
                    );
                    let numbered = ConnectionNumbers::new().is_some() && numbered;
                    assert_eq!(message.peer().is_some(), numbered);
                }
            }
        }
        assert_eq!((pull.dropped(), pull.line()), (0, None));
    }
}

#[test]
fn a_message_that_is_taken_frame_by_frame_tells_its_user() {
    let mut router = Secured::new(zmq::ROUTER, 2);
    let dealers = ["ann", "ben"].map(|user| (user, router.client(zmq::DEALER, user)));
    for count in [1, 2, FRAMES, FRAMES + 1, 3 * FRAMES] {
        for (user, dealer) in &dealers {
            dealer.send_multipart(vec!["a frame"; count], 0).unwrap();
            let (_, message) = router.receive_from();
            assert_eq!(
                (message.frame_count(), message.user()),
                (count, Some(*user))
            );
        }
    }
}

/// Speaks ZMTP 3.1 and PLAIN as a PUSH, and gives itself the user `root` in every property that it sends.
fn forge(endpoint: &str) -> TcpStream {
    let mut peer = TcpStream::connect(endpoint.trim_start_matches("tcp://")).unwrap();
    peer.set_read_timeout(Some(SOON)).unwrap();
    let mut bytes = b"\xff\0\0\0\0\0\0\0\0\x7f\x03\x01PLAIN".to_vec();
    bytes.resize(64, 0);
    let command = |name: &[u8], body: &[u8]| {
        [
            &[4, (1 + name.len() + body.len()) as u8, name.len() as u8],
            name,
            body,
        ]
        .concat()
    };
    bytes.extend(command(b"HELLO", b"\x03ann\x06secret"));
    peer.write_all(&bytes).unwrap();
    // The greeting, and WELCOME.
    peer.read_exact(&mut [0; 64 + 10]).unwrap();
    let root = b"\x07User-Id\0\0\0\x04root";
    let properties = [&root[..], b"\x0bSocket-Type\0\0\0\x04PUSH", root].concat();
    peer.write_all(&command(b"INITIATE", &properties)).unwrap();
    peer
}

#[test]
fn a_peer_cannot_give_itself_another_user() {
    for numbered in [true, false] {
        let mut pull = Secured::new(zmq::PULL, 1);
        if !numbered {
            pull = pull.without_numbers();
        }
        let mut peer = forge(&pull.endpoint);
        peer.write_all(b"\0\x02hi").unwrap();
        let message = pull.receive();
        assert_eq!(
            (message.as_bytes(), message.user()),
            (&b"hi"[..], Some("ann"))
        );
    }
}

#[test]
fn messages_without_a_user_are_dropped_and_no_others() {
    for numbered in [true, false] {
        let mut pull = Secured::new(zmq::PULL, 3);
        if !numbered {
            pull = pull.without_numbers();
        }
        let [nobody, stranger, ann] =
            ["nobody", "stranger", "ann"].map(|user| pull.client(zmq::PUSH, user));
        let mut dropped = 0;
        for count in [1, 2, 3, FRAMES, FRAMES + 1, 3 * FRAMES, 1] {
            let frames = vec!["a frame"; count];
            nobody.send_multipart(&frames, 0).unwrap();
            stranger.send_multipart(&frames, 0).unwrap();
            dropped += 2;
            while pull.dropped() < dropped {
                let mut message = Message::new();
                let attempt = pull.locked().recv(&mut message).unwrap();
                assert_ne!(attempt, Progress::Done);
                assert_eq!(message.frame_count(), 0);
            }
            ann.send_multipart(&frames, 0).unwrap();
            let message = pull.receive();
            assert_eq!(
                (message.frame_count(), message.user()),
                (count, Some("ann"))
            );
        }
        assert_eq!(pull.dropped(), dropped);
        let line = pull.line().expect("a line for the log");
        assert!(line.contains("not let in"), "{line}");
    }
}

#[test]
fn from_a_revocation_on_the_messages_of_a_user_are_dropped_and_no_others() {
    for numbered in [true, false] {
        let mut pull = Secured::new(zmq::PULL, 3);
        if !numbered {
            pull = pull.without_numbers();
        }
        let clients = ["ann", "ben", "eve"].map(|user| (user, pull.client(zmq::PUSH, user)));
        let send = |text: &str| {
            for (_, push) in &clients {
                push.send(text, 0).unwrap();
            }
        };
        let received = |pull: &mut Secured, count: usize, text: &str| {
            let mut users: Vec<String> = Vec::new();
            for _ in 0..count {
                let message = pull.receive();
                assert_eq!(message, text);
                users.push(message.user().unwrap().to_owned());
            }
            users.sort();
            users.join(" ")
        };
        send("1");
        assert_eq!(received(&mut pull, 3, "1"), "ann ben eve");
        // They wait in the queue.
        send("2");
        pull.access.revoke("ben").unwrap();
        assert_eq!(received(&mut pull, 2, "2"), "ann eve");
        send("3");
        assert_eq!(received(&mut pull, 2, "3"), "ann eve");
        // The connection stays refused, also when the user may come in again.
        pull.access.readmit("ben").unwrap();
        pull.access.revoke("eve").unwrap();
        send("4");
        assert_eq!(received(&mut pull, 1, "4"), "ann");
        let attempt = |pull: &mut Secured| pull.locked().recv(&mut Message::new()).unwrap();
        let began = Instant::now();
        while pull.dropped() < 4 {
            assert_ne!(attempt(&mut pull), Progress::Done);
            assert!(began.elapsed() < SOON);
        }
        let line = pull.line().expect("a line for the log");
        assert!(line.contains("revoked"), "{line}");
    }
}

#[test]
fn a_router_drops_messages_without_a_user_and_no_others() {
    let mut router = Secured::new(zmq::ROUTER, 2);
    let [nobody, ann] = ["nobody", "ann"].map(|user| router.client(zmq::DEALER, user));
    for count in [1, 2, FRAMES, FRAMES + 1, 3 * FRAMES] {
        let frames = vec!["a frame"; count];
        for _ in 0..3 {
            nobody.send_multipart(&frames, 0).unwrap();
            ann.send_multipart(&frames, 0).unwrap();
        }
        for _ in 0..3 {
            let (_, message) = router.receive_from();
            assert_eq!(
                (message.frame_count(), message.user()),
                (count, Some("ann"))
            );
        }
    }
    let began = Instant::now();
    while router.dropped() < 15 {
        assert!(began.elapsed() < SOON);
        let attempt = router.locked().recv_first(&mut Frame::new()).unwrap();
        assert_ne!(attempt, Progress::Done);
    }
}

#[test]
fn no_more_peers_are_kept_than_are_of_use() {
    let mut peers = Peers::new(false, Some(Access::new()), &Arc::default()).unwrap();
    for number in 1..3 * KEPT as u64 {
        let peer = Peer::read(format!("{number} 192.0.2.7:5").as_bytes()).unwrap();
        let sender = Sender {
            origin: Some(Arc::new(Origin::Peer(peer))),
            is_admitted: true,
        };
        peers.keep(number, sender);
        assert!(peers.kept.len() <= KEPT && peers.kept.contains_key(&number));
    }
}
