//! Which libzmq is linked, in a line, after a message has gone through it.

use zeroless::{Client, Libzmq, Server};

/// The libzmq's name, version and capabilities.
pub fn report() -> zeroless::Result<String> {
    let server = Server::bind_local(0)?;
    let pull = server.pull()?;
    let push = Client::connect(server.port())?.push()?;
    push.send("hello")?;
    assert_eq!(pull.recv()?, "hello");

    let it = zeroless::capabilities()?;
    let (major, minor, patch) = it.version;
    let name = match it.libzmq {
        Libzmq::Zeroless => "ours",
        Libzmq::ZmqSys => "zmq-sys's",
        _ => "the system's",
    };
    let mut words = vec![format!("{name} {major}.{minor}.{patch}")];
    let has = [
        (it.batch, "batch"),
        (it.monotonic_clock == Some(true), "monotonic"),
        (it.heartbeats, "heartbeats"),
        (it.curve, "curve"),
    ];
    words.extend(
        has.iter()
            .filter(|(has, _)| *has)
            .map(|(_, word)| (*word).to_owned()),
    );
    Ok(words.join(", "))
}
