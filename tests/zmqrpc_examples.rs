//! The example programs in pyzmqrpc3's wire keep their promises, and warn of nothing: each is run between ends of ours.

#![cfg(feature = "zmqrpc")]

#[path = "support/process.rs"]
mod process;
#[path = "support/zmqrpc.rs"]
mod recorded;
mod support;

use std::num::NonZeroUsize;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use process::{Process, path_of};
use recorded::{Echo, with_services};
use serde_json::{Value, json};
use support::SOON;
use zeroless::rpc::zmqrpc::{Client, Running, Server};

const LIMIT: Duration = Duration::from_secs(60);

fn example(name: &str, arguments: &[u16]) -> Process {
    let arguments = arguments.iter().map(u16::to_string);
    Process::start_quiet(Command::new(path_of(name)).args(arguments), LIMIT)
}

/// Starts an example that binds to a free port, which its log tells.
fn bound(name: &str, arguments: &[u16]) -> (Process, u16) {
    let process = example(name, arguments);
    let (_, port) = ready(&process);
    (process, port)
}

/// What is bound next, and its port.
fn ready(process: &Process) -> (String, u16) {
    loop {
        let line = process.logs("");
        if let Some((what, port)) = line.split_once("ready on tcp://*:") {
            let port: String = port.chars().take_while(char::is_ascii_digit).collect();
            return (what.to_owned(), port.parse().unwrap());
        }
    }
}

fn local() -> Server {
    Server::bind("tcp://127.0.0.1:0").unwrap()
}

/// A server that tells what it echoes.
fn telling(server: Server) -> (Running, mpsc::Receiver<Value>) {
    let (tell, told) = mpsc::channel();
    let echo = move |echo: Echo| {
        tell.send(echo.0.clone())?;
        Ok(echo.0)
    };
    (server.serve(echo).start().unwrap(), told)
}

fn calling(port: u16) -> Client {
    Client::connect(port).unwrap()
}

/// A client that publishes, beside heartbeats.
fn publishing() -> Client {
    let client = Client::new().publish_at("tcp://127.0.0.1:0").unwrap();
    client.heartbeats(Duration::from_millis(5)).open().unwrap()
}

#[test]
fn the_client_calls_the_server_and_ends_it() {
    let (server, port) = bound("zmqrpc_server", &[0]);
    let client = example("zmqrpc_client", &[port]);
    assert_eq!(client.finish(), ["value1 and value2"]);
    server.finish();
}

#[test]
fn rep_to_req_passes_on_calls_and_their_replies() {
    let server = with_services(local()).start().unwrap();
    let (_proxy, port) = bound("zmqrpc_rep_to_req", &[0, server.port()]);
    let client = calling(port);
    assert_eq!(client.call(&Echo(json!({"a": 1}))), Ok(json!({"a": 1})));
    let failed = client.call(&recorded::Boom).unwrap_err();
    assert!(failed.service().is_some(), "{failed}");
    assert_eq!(client.call(&Echo(json!({"a": 2}))), Ok(json!({"a": 2})));
}

#[test]
fn buffered_acknowledges_a_call_before_its_server_is_there() {
    let nobody = zeroless::Server::bind_local(0).unwrap();
    let server_port = nobody.port();
    drop(nobody);
    let (_proxy, port) = bound("zmqrpc_buffered", &[0, server_port]);
    for number in 0..3 {
        assert_eq!(
            calling(port).call(&Echo(json!({"a": number}))),
            Ok(Value::Null)
        );
    }
    let server = Server::bind(format!("tcp://127.0.0.1:{server_port}")).unwrap();
    // One that handles several at once may end a later one before.
    let (_server, told) = telling(server.workers(NonZeroUsize::MIN));
    for number in 0..3 {
        assert_eq!(told.recv_timeout(SOON), Ok(json!({"a": number})));
    }
}

#[test]
fn rep_to_pub_publishes_what_is_called() {
    let proxy = example("zmqrpc_rep_to_pub", &[0, 0]);
    let mut ends = [(); 2].map(|()| ready(&proxy));
    // Whichever of them is bound first.
    ends.sort_by_key(|(what, _)| what.contains("publish"));
    let [(_, port), (what, published)] = ends;
    assert!(what.contains("publish"), "{what}");
    let (_server, told) = telling(Server::new().subscribe(published).unwrap());
    let client = calling(port);
    // It does not know when it is subscribed to.
    support::until(|| {
        assert_eq!(client.call(&Echo(json!({"a": 1}))), Ok(Value::Null));
        told.try_iter().any(|echo| echo == json!({"a": 1}))
    });
}

#[test]
fn sub_to_pub_publishes_what_is_published() {
    let client = publishing();
    let (_proxy, port) = bound("zmqrpc_sub_to_pub", &[client.port(), 0]);
    let (_server, told) = telling(Server::new().subscribe(port).unwrap());
    support::until(|| {
        client.publish(&Echo(json!({"a": 1}))).unwrap();
        told.try_iter().any(|echo| echo == json!({"a": 1}))
    });
}

#[test]
fn sub_to_req_calls_what_is_published() {
    let client = publishing();
    let (server, told) = telling(local());
    let _proxy = example("zmqrpc_sub_to_req", &[client.port(), server.port()]);
    // It waits for the first subscriber.
    client.publish(&Echo(json!({"a": 1}))).unwrap();
    assert_eq!(told.recv_timeout(SOON), Ok(json!({"a": 1})));
}
