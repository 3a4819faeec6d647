//! Errors and their texts: provokes some, and prints them.

use std::time::Duration;

use zeroless::{Client, Error, Server};

fn main() -> zeroless::Result<()> {
    env_logger::init();

    // An endpoint that is written wrongly is refused before anything is opened.
    if let Err(error) = Client::connect("localhost") {
        println!("an endpoint without a port: {error}");
    }

    // Each kind of error can be told from the others.
    let server = Server::bind(0)?;
    match Server::bind(server.port()) {
        Err(Error::AddressInUse { .. }) => println!("a port that is taken: try the next"),
        other => println!("unexpected: {other:?}"),
    }

    // A call that waits says what it waited for.
    let pull = server.pull()?;
    if let Err(error) = pull.recv_timeout(Duration::from_millis(10)) {
        println!("nothing has come: {error}");
    }

    // A message that is not sent is given back.
    let push = Server::bind(0)?.push()?;
    if let Err(unsent) = push.try_send(("id", "payload")) {
        println!("nobody is there to take {}", unsent.into_message());
    }
    Ok(())
}
