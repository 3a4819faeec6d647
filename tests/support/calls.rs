//! A server of calls that does as a test says, written from docs/rpc.md: envelopes in MessagePack over a replier.

#![allow(dead_code, reason = "each test uses its own part of this")]

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroless::rpc::{self, CallError};
use zeroless::{Endpoint, Error, Replier, Request, Server};

use crate::support::SOON;

/// The numbers of kinds on the wire.
pub(crate) const CALL: u64 = 0;
pub(crate) const CANCEL: u64 = 4;
pub(crate) const PING: u64 = 5;
pub(crate) const CAST: u64 = 8;

/// The numbers of errors.
pub(crate) const SERVICE: u64 = 0;
pub(crate) const BUSY: u64 = 1;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Add {
    pub(crate) a: i64,
    pub(crate) b: i64,
}
rpc::command!(Add = "math.add" -> i64);

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Get(pub(crate) u64);
rpc::command!(idempotent Get -> String, NoSuchKey);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct NoSuchKey {
    pub(crate) key: u64,
}

pub(crate) const ADD: Add = Add { a: 1, b: 2 };

/// Far longer than any test may take: a call that ends before has another reason.
pub(crate) const LONG: Duration = Duration::from_secs(3600);

pub(crate) const MOMENT: Duration = Duration::from_millis(30);

pub(crate) fn client(servers: &[&Scripted]) -> rpc::Client {
    let endpoints: Vec<_> = servers.iter().map(|it| it.endpoint()).collect();
    rpc::Client::connect(endpoints).unwrap().timeout(LONG)
}

/// A server, and a client of it.
pub(crate) fn pair() -> (Scripted, rpc::Client) {
    let server = Scripted::local();
    let client = client(&[&server]);
    (server, client)
}

/// Sees that a call was not sent; why.
#[track_caller]
pub(crate) fn assert_not_sent<T: std::fmt::Debug, E: std::fmt::Debug>(
    outcome: Result<T, CallError<E>>,
) -> Error {
    match outcome {
        Err(error @ CallError::NotSent { .. }) => {
            assert!(!error.may_have_run());
            let CallError::NotSent { reason, .. } = error else {
                unreachable!()
            };
            reason
        }
        other => panic!("not `NotSent`: {other:?}"),
    }
}

/// A server, which replies to nothing by itself.
pub(crate) struct Scripted {
    pub(crate) server: Server,
    pub(crate) replier: Replier,
}

impl Scripted {
    pub(crate) fn bind(endpoint: &str) -> Scripted {
        Scripted::of(Server::bind(endpoint).expect("a free endpoint"))
    }

    pub(crate) fn local() -> Scripted {
        Scripted::of(Server::bind_local(0).expect("a free port"))
    }

    pub(crate) fn of(server: Server) -> Scripted {
        let replier = server.reply().expect("a replier");
        Scripted { server, replier }
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        self.server.endpoint()
    }

    /// The next message that a client sends.
    pub(crate) fn next(&self) -> Asked {
        let request = self.replier.recv_timeout(SOON).expect("a message");
        Asked::read(request)
    }

    /// The next message, if one is there.
    pub(crate) fn try_next(&self) -> Option<Asked> {
        self.replier.try_recv().ok().map(Asked::read)
    }

    /// Ends as a process does that is killed: nothing more is sent.
    pub(crate) fn kill(self) {
        let _ = self.replier.close(Duration::ZERO);
    }
}

/// A message of a client.
pub(crate) struct Asked {
    pub(crate) kind: u64,
    pub(crate) id: u64,
    /// In milliseconds.
    pub(crate) left: Option<u64>,
    pub(crate) name: String,
    pub(crate) body: Vec<u8>,
    request: Request,
}

impl Asked {
    pub(crate) fn read(request: Request) -> Asked {
        let head = request.get(0).expect("an envelope").to_vec();
        let body = request.get(1).map(|body| body.to_vec());
        let called = rmp_serde::from_slice::<(u64, u64, u64, Option<u64>, String, u64)>(&head);
        let (version, kind, id, left, name) = match called {
            Ok((version, kind, id, left, name, body_type)) => {
                assert_eq!(body_type, 0, "MessagePack");
                (version, kind, id, left, name)
            }
            Err(_) => {
                let bare: (u64, u64, u64) = rmp_serde::from_slice(&head).expect("an envelope");
                (bare.0, bare.1, bare.2, None, String::new())
            }
        };
        assert_eq!(version, 1);
        Asked {
            kind,
            id,
            left,
            name,
            body: body.unwrap_or_default(),
            request,
        }
    }

    /// The command.
    pub(crate) fn value<T: DeserializeOwned>(&self) -> T {
        rmp_serde::from_slice(&self.body).expect("a command")
    }

    /// Replies with a value.
    pub(crate) fn reply(self, value: impl Serialize) {
        let head = pack(&(1, 1, self.id, 0));
        self.reply_raw((head, pack(&value)));
    }

    /// Replies with a service's error that is a value.
    pub(crate) fn fail(self, words: &str, value: impl Serialize) {
        let none: [u64; 0] = [];
        let head = pack(&(1, 2, self.id, SERVICE, words, none, 0));
        self.reply_raw((head, pack(&value)));
    }

    /// Replies with an error that has no value.
    pub(crate) fn error(self, code: u64, words: &str, details: impl Serialize) {
        let head = pack(&(1, 2, self.id, code, words, details, None::<u64>));
        self.reply_raw((head,));
    }

    /// Replies with an envelope that is a kind and an id alone.
    pub(crate) fn bare(self, kind: u64) {
        let head = pack(&(1, kind, self.id));
        self.reply_raw((head,));
    }

    pub(crate) fn reply_raw(self, frames: impl zeroless::Frames) {
        self.request.reply(frames).expect("a reply");
    }
}

/// A value in MessagePack, structs as maps.
pub(crate) fn pack(value: &(impl Serialize + ?Sized)) -> Vec<u8> {
    rmp_serde::to_vec_named(value).expect("a value")
}
