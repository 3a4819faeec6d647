//! Shares the requests of any clients among the workers that are free, until it is stopped.
//!
//! Clients request at the first port; workers are dealers at the second. A job is the request of the
//! client, with the client's identity before it; a worker sends it back with an answer as its last
//! frame.

#[path = "../common/mod.rs"]
mod common;

use std::error::Error;
use std::sync::mpsc;
use std::thread;

use log::info;
use zeroless::{Message, Server};

fn main() -> Result<(), Box<dyn Error>> {
    env_logger::init();
    let clients = Server::bind(common::port(12345))?.router()?;
    let port: u16 = common::argument(2, "a port, 0 to 65535", 12346);
    let workers = Server::bind(port)?.router()?;
    common::stop_on_ctrl_c(clients.stopper()?)?;

    // A worker that has answered, or has just come, is free. The one that is free for longest is the next.
    let (is_free, free) = mpsc::channel();
    let (answers, askers) = (workers.clone(), clients.clone());
    thread::spawn(move || {
        for (worker, message) in &answers {
            if let [client, answer @ ..] = message.frames()
                && !answer.is_empty()
                && let Err(unsent) = askers.try_send_to(client, answer)
            {
                info!("the answer is lost: {unsent}");
            }
            if is_free.send(worker).is_err() {
                break;
            }
        }
    });

    for (client, request) in &clients {
        let mut job = Message::from(client.as_bytes());
        job.extend(request);
        for worker in &free {
            match workers.send_to(&worker, &job) {
                Ok(()) => break,
                Err(unsent) => info!("to the next worker: {unsent}"),
            }
        }
    }
    Ok(())
}
