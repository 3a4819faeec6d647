//! A router among strangers: identities of any length, garbage, and peers that come and go harm nobody.

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;

use support::{SOON, deadline, until};
use zeroless::{Client, Dealer, Error, Libzmq, Router, Server, capabilities};

/// The greeting of ZMTP 3.0 without security.
fn greeting() -> [u8; 64] {
    let mut greeting = [0; 64];
    (greeting[0], greeting[9], greeting[10]) = (0xff, 0x7f, 3);
    greeting[12..16].copy_from_slice(b"NULL");
    greeting
}

/// The READY command of a DEALER of this identity.
fn ready(identity: &[u8]) -> Vec<u8> {
    let mut body = b"\x05READY\x0bSocket-Type\0\0\0\x06DEALER\x08Identity".to_vec();
    body.extend(u32::try_from(identity.len()).unwrap().to_be_bytes());
    body.extend(identity);
    let mut command = vec![6];
    command.extend(u64::try_from(body.len()).unwrap().to_be_bytes());
    command.extend(body);
    command
}

fn stranger(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream
}

/// A peer of this identity, written by hand, whose handshake is done.
fn peer(server: &Server, identity: &[u8]) -> TcpStream {
    let mut stream = stranger(server);
    stream.write_all(&greeting()).unwrap();
    stream.read_exact(&mut [0; 64]).unwrap();
    stream.write_all(&ready(identity)).unwrap();
    let mut header = [0; 2];
    stream.read_exact(&mut header).unwrap();
    assert_eq!(header[0], 4, "a command");
    stream.read_exact(&mut vec![0; header[1].into()]).unwrap();
    stream
}

fn honest(server: &Server, router: &Router, name: &str) -> Dealer {
    let client = Client::connect(server.port()).unwrap();
    let dealer = client.identity(name).dealer().unwrap();
    dealer.send("ready").unwrap();
    assert_eq!(router.recv().unwrap(), (name.into(), "ready".into()));
    dealer
}

/// The honest peer is heard, and hears.
fn assert_works(router: &Router, dealer: &Dealer, name: &str) {
    dealer.send(("still", "here")).unwrap();
    let (peer, message) = router.recv_timeout(SOON).unwrap();
    assert_eq!((peer, message), (name.into(), ("still", "here").into()));
    router.send_to(name, "so am I").unwrap();
    assert_eq!(dealer.recv_timeout(SOON).unwrap(), "so am I");
}

#[test]
fn an_identity_of_any_bytes_is_a_peer_like_others() {
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        let router = server.router().unwrap();
        let dealer = honest(&server, &router, "honest");
        for identity in [
            vec![b'a'],
            vec![0],
            vec![0, 1, 2, 3, 4],
            vec![7; 255],
            vec![7; 100_000],
        ] {
            let mut stream = peer(&server, &identity);
            stream.write_all(b"\0\x02hi").unwrap();
            let (sender, message) = router.recv_timeout(SOON).unwrap();
            assert!(sender == *identity && message == "hi", "{sender}");
            router.send_to(&sender, "you").unwrap();
            let mut answer = [0; 5];
            stream.read_exact(&mut answer).unwrap();
            assert_eq!(&answer, b"\0\x03you");
            drop(stream);
            until(|| {
                let unsent = router.try_send_to(&sender, "gone?");
                let shown = unsent
                    .as_ref()
                    .map_or_else(ToString::to_string, |()| String::new());
                assert!(shown.len() < 1000);
                unsent.is_err_and(|it| matches!(it.error(), Error::NoPeer { .. }))
            });
            assert_works(&router, &dealer, "honest");
        }
    });
}

#[test]
fn garbage_and_half_messages_harm_nobody() {
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        let router = server.router().unwrap();
        let dealer = honest(&server, &router, "honest");
        let half = |bytes: &[u8]| {
            let mut stream = peer(&server, b"stranger");
            let _ = stream.write_all(bytes);
        };
        for _ in 0..10 {
            let _ = stranger(&server).write_all(b"GET / HTTP/1.1\r\n\r\n");
            let _ = stranger(&server).write_all(&greeting()[..30]);
            half(b"");
            half(b"\x01\x02hi"); // more is to come
            half(b"\0\xffonly a part");
            half(b"\x02\xff\xff\xff\xff\xff\xff\xff\xff too large");
            half(b"\x04\x05\x04what");
            half(b"\xff\xff\xff");
            assert_works(&router, &dealer, "honest");
        }
        assert_eq!(router.skipped(), 0);
    });
}

/// libzmq numbers the peers that have no identity of their own. Another libzmq than ours ends the process here.
#[test]
fn strangers_that_take_the_identities_which_others_would_be_given_harm_nobody() {
    if capabilities().unwrap().libzmq != Libzmq::Zeroless {
        return;
    }
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        let router = server.router().unwrap();
        let nameless = || {
            let dealer = Client::connect(server.port()).unwrap().dealer().unwrap();
            dealer.send("hello").unwrap();
            (dealer, router.recv_timeout(SOON).unwrap().0)
        };
        let (first, peer) = nameless();
        let (zero, number) = peer.as_bytes().split_first().unwrap();
        let number = u32::from_be_bytes(number.try_into().expect("a number"));
        let strangers = [1, 2, 4].map(|more| {
            let next = number.wrapping_add(more).to_be_bytes();
            let identity = [&[*zero], &next[..]].concat();
            let mut stranger = self::peer(&server, &identity);
            stranger.write_all(b"\0\x02hi").unwrap();
            let (sender, _) = router.recv_timeout(SOON).unwrap();
            assert_eq!(sender.as_bytes(), identity);
            stranger
        });
        for (dealer, peer) in [(first, peer), nameless(), nameless(), nameless()] {
            router.send_to(&peer, "you").unwrap();
            assert_eq!(dealer.recv_timeout(SOON).unwrap(), "you");
        }
        drop(strangers);
    });
}

#[test]
fn a_stranger_that_takes_an_identity_takes_nothing_else() {
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        let router = server.router().unwrap();
        let dealer = honest(&server, &router, "honest");
        let other = honest(&server, &router, "other");
        for number in 0..50_u8 {
            let mut impostor = peer(&server, b"other");
            impostor.write_all(&[0, 1, number]).unwrap();
            let (sender, message) = router.recv_timeout(SOON).unwrap();
            assert_eq!((sender, message), ("other".into(), [number].into()));
            assert_works(&router, &dealer, "honest");
        }
        drop(other);
    });
}
