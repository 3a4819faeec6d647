//! The commands and services with which pyzmqrpc3 was recorded, and what was recorded.

#![allow(dead_code, reason = "each test uses its own part of this")]

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::ZlibDecoder;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zeroless::Message;
use zeroless::rpc::{self, Failure, zmqrpc};

/// A command of any fields, which comes back.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Echo(pub(crate) Value);
rpc::command!(Echo -> Value);

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SimpleCommand(pub(crate) Value);
rpc::command!(SimpleCommand -> Value);

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Inner {
    pub(crate) x: i64,
}
rpc::command!(Inner -> ());

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Outer {
    pub(crate) inner: zmqrpc::Nested<Inner>,
    pub(crate) many: Vec<zmqrpc::Nested<Inner>>,
}
rpc::command!(Outer -> Value);

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Raise {
    pub(crate) text: String,
}
rpc::command!(Raise -> ());

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Ret;
rpc::command!(Ret -> ());

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Picky {
    pub(crate) a: Value,
}
rpc::command!(Picky -> Value);

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct NoService;
rpc::command!(NoService -> ());

/// A command whose value JSON does not have.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Bad;
rpc::command!(Bad -> f64);

/// A command whose value is a command.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct RetCmd;
rpc::command!(RetCmd -> zmqrpc::Nested<Inner>);

/// A command whose service panics.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Boom;
rpc::command!(Boom -> ());

/// A server with the services that were there.
pub(crate) fn with_services(server: zmqrpc::Server) -> zmqrpc::Server {
    let shown = |inner: &Inner| json!({"is_command": "Inner", "state": {"x": inner.x}});
    server
        .serve(|echo: Echo| Ok(echo.0))
        .serve(|simple: SimpleCommand| Ok(simple.0))
        .serve(move |outer: Outer| {
            let many: Vec<_> = outer.many.iter().map(|inner| shown(inner)).collect();
            Ok(json!({"inner": shown(&outer.inner), "many": many}))
        })
        .serve_as("FRaise", |raise: Raise| Err(Failure::new(raise.text)))
        .serve(|_: Ret| Ok(()))
        .serve(|picky: Picky| Ok(picky.a))
        .serve(|_: Bad| Ok(f64::NAN))
        .serve(|_: RetCmd| Ok(zmqrpc::Nested(Inner { x: 1 })))
        .serve(|_: Boom| -> Result<(), Failure> { panic!("on purpose") })
        .knows::<NoService>()
        .knows::<Inner>()
}

/// Such a server, on a free port.
pub(crate) fn serve() -> zmqrpc::Running {
    let server = zmqrpc::Server::bind("tcp://127.0.0.1:0").unwrap();
    with_services(server).start().unwrap()
}

/// A request and its reply, as they were recorded.
#[derive(Debug, Deserialize)]
pub(crate) struct Vector {
    pub(crate) kind: String,
    pub(crate) name: String,
    #[serde(default)]
    request: Vec<String>,
    #[serde(default)]
    reply: Vec<String>,
    reply_repeats: Option<Repeats>,
    /// The JSON of the request.
    pub(crate) json: Option<String>,
    pub(crate) status: Option<u16>,
}

#[derive(Debug, Deserialize)]
struct Repeats {
    before: String,
    text: String,
    times: usize,
    after: String,
}

#[derive(Deserialize)]
struct Vectors {
    vectors: Vec<Vector>,
}

pub(crate) fn vectors() -> Vec<Vector> {
    let recorded: Vectors =
        serde_json::from_str(include_str!("../vectors/pyzmqrpc3.json")).unwrap();
    recorded.vectors
}

pub(crate) fn vector(name: &str) -> Vector {
    vectors().into_iter().find(|it| it.name == name).unwrap()
}

fn frames(frames: &[String]) -> Message {
    let mut message = Message::new();
    for frame in frames {
        message.push(STANDARD.decode(frame).unwrap());
    }
    message
}

impl Vector {
    pub(crate) fn request(&self) -> Message {
        frames(&self.request)
    }

    pub(crate) fn reply(&self) -> Message {
        match &self.reply_repeats {
            None => frames(&self.reply),
            Some(repeats) => {
                let text = repeats.text.repeat(repeats.times);
                format!("{}{text}{}", repeats.before, repeats.after)[..].into()
            }
        }
    }
}

/// The JSON of a request's frame.
pub(crate) fn unpack(frame: &[u8]) -> Value {
    let mut json = String::new();
    let zipped = STANDARD.decode(frame).unwrap();
    ZlibDecoder::new(&zipped[..])
        .read_to_string(&mut json)
        .unwrap();
    serde_json::from_str(&json).unwrap()
}
