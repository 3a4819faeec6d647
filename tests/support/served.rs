//! Servers of calls, and those that call them: by a client, or frame by frame.

#![allow(dead_code, reason = "each test uses its own part of this")]

use std::sync::mpsc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroless::relay::{self, Relay, RunningRelay};
use zeroless::rpc::{self, Answer, Call, Later, Running};
use zeroless::{Client, Dealer, Message, Server};

use crate::support::SOON;

/// A call that its test ends.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Hold(pub(crate) u64);
rpc::command!(Hold -> u64);

/// Far longer than any test may take: a call that ends before has another reason.
pub(crate) const LONG: Duration = Duration::from_secs(3600);

pub(crate) fn client(server: &Running) -> rpc::Client {
    let endpoints = server.endpoints();
    rpc::Client::connect(endpoints).unwrap().timeout(LONG)
}

pub(crate) fn server() -> rpc::Server {
    rpc::Server::bind_local(0).unwrap()
}

/// A server whose `Hold` answers when the test says so, and the calls that it holds.
pub(crate) fn holder(server: rpc::Server) -> (Running, mpsc::Receiver<Answer<Hold>>) {
    let (held, holding) = mpsc::channel();
    let hold = move |_: Hold, call: &Call| {
        held.send(call.later()).unwrap();
        Later
    };
    (server.serve(hold).start().unwrap(), holding)
}

pub(crate) fn next(holding: &mpsc::Receiver<Answer<Hold>>) -> Answer<Hold> {
    holding.recv_timeout(SOON).expect("a call")
}

/// A relay to the server, and its port.
pub(crate) fn behind_relay(server: &Running) -> (RunningRelay, u16) {
    let front = Server::bind_local(0).unwrap();
    let port = front.port();
    let back = Client::connect(server.port()).unwrap();
    let relay = Relay::new(relay::reply(front), relay::request(back));
    (relay.start().unwrap(), port)
}

/// A client that writes frames by hand.
pub(crate) fn stranger(server: &Running) -> Dealer {
    let client = Client::connect(server.endpoints()).unwrap();
    client.dealer().unwrap()
}

/// The answer to these frames, without the envelope's empty frame.
#[track_caller]
pub(crate) fn ask(dealer: &Dealer, frames: &[&[u8]]) -> Message {
    let mut message = vec![&b""[..]];
    message.extend(frames);
    dealer.send(message).unwrap();
    let answer = dealer.recv_timeout(SOON).unwrap();
    assert_eq!(answer[0], "");
    answer.into_iter().skip(1).collect()
}
