//! What ends or wedges pyzmqrpc3's server, sent to ours and to it: how long the next honest call takes.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::write::ZlibEncoder;
use recorded::Echo;
use serde_json::json;
use zeroless::rpc::zmqrpc::{Client, HEARTBEAT, Reply};
use zeroless::{Message, Requester};

use crate::contender::python::python;
use crate::part::Part;
use crate::table::{head, row};

#[path = "../../../tests/support/zmqrpc.rs"]
mod recorded;

pub const PART: Part = Part {
    name: "zmqrpc-faults",
    title: "What ends or wedges pyzmqrpc3's server",
    run: |_plan| {
        println!("The reply to each input, and how long the next honest call takes after it.\n");
        head(&[
            "input",
            "zeroless: reply",
            "next call",
            "pyzmqrpc3: reply",
            "next call",
        ]);
        for (what, input) in inputs() {
            let (mut longest, mut said) = (Duration::ZERO, String::new());
            for _ in 0..TIMES {
                let server = recorded::serve();
                let (reply, took) = attack(server.port(), &input);
                said = reply;
                longest = longest.max(took.expect("ours answers"));
            }
            let mut cells = vec![what.to_owned(), said, shown(Some(longest))];
            match Theirs::start() {
                Some(server) => {
                    let (reply, took) = attack(server.port, &input);
                    cells.extend([reply, shown(took)]);
                }
                None => cells.extend([String::new(), "not there".to_owned()]),
            }
            row(&cells);
        }
        println!();
    },
};

/// How often each input is sent to a server of ours.
const TIMES: usize = 10;

/// How long the reply to an input is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long an honest call is waited for.
const LONG: Duration = Duration::from_secs(2);

fn inputs() -> [(&'static str, Message); 7] {
    let recorded = |name| recorded::vector(name).request();
    let mut zipped = ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    let blanks = vec![b' '; 50_000_000];
    zipped.write_all(&blanks).expect("it is in memory");
    let bomb = STANDARD.encode(zipped.finish().expect("it is in memory"));
    [
        ("a heartbeat as a request", Message::from(HEARTBEAT)),
        (
            "a service whose value is not JSON",
            recorded("reply_not_json"),
        ),
        (
            "a service whose value is a command",
            recorded("reply_is_command"),
        ),
        ("a frame that is not text", recorded("not_utf8")),
        ("two frames", recorded("two_frames_both_commands")),
        ("65 kB that unzip to 50 MB", Message::from(&bomb[..])),
        ("`ShutdownServer`", recorded("shutdown_server")),
    ]
}

/// Sends an input; its reply, and how long the next honest call takes, if it is answered.
fn attack(port: u16, input: &Message) -> (String, Option<Duration>) {
    let client = Client::connect(port).expect("an endpoint");
    let call = |limit| client.call_timeout(&Echo(json!({"a": 1})), limit);
    call(10 * LONG).expect("the server works before");
    let peer = zeroless::Client::connect(port).expect("an endpoint");
    let peer: Requester = peer.request().expect("a socket");
    let reply = peer.request_timeout(input.clone(), PATIENCE);
    let reply = reply.map(|reply| Reply::from_bytes(reply.as_bytes()));
    let said = match reply {
        Ok(Ok(reply)) => reply.code().to_string(),
        Ok(Err(mistake)) => mistake,
        Err(_) => "none".to_owned(),
    };
    let began = Instant::now();
    let answer = call(LONG);
    (said, answer.is_ok().then(|| began.elapsed()))
}

fn shown(took: Option<Duration>) -> String {
    match took {
        Some(took) => format!("{:.2} ms", took.as_secs_f64() * 1e3),
        None => "none".to_owned(),
    }
}

/// A server of pyzmqrpc3, as the tests start it.
struct Theirs {
    child: Child,
    port: u16,
}

impl Theirs {
    /// Starts one, if it is there.
    fn start() -> Option<Theirs> {
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../tests/interop_zmqrpc/peer.py"
        );
        let mut command = python()?;
        command.args(["-u", script, "server"]);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().expect("a Python");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let ready = lines.next().and_then(Result::ok);
        let port = ready.and_then(|line| line.strip_prefix("ready ")?.parse().ok());
        // It has no such package.
        let port = port.or_else(|| {
            let _ = child.wait();
            None
        })?;
        Some(Theirs { child, port })
    }
}

impl Drop for Theirs {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
