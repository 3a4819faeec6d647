//! zeroless's relay.

use zeroless::relay::{self, Relay};
use zeroless::{Client, Server};

use crate::job::Job;

/// Passes on from a port of its own to the endpoint of the job, for ever.
pub fn relay(job: &Job, ready: &mut dyn FnMut(&str)) {
    let input = Server::bind(&Job::default().endpoint[..]).unwrap();
    let output = Client::connect(&job.endpoint[..]).unwrap();
    let running = match &job.pattern[..] {
        "push" => Relay::new(relay::pull(&input), relay::push(output)).start(),
        "publish" => Relay::new(relay::subscribe(&input), relay::publish(output)).start(),
        "request" => Relay::new(relay::reply(&input), relay::request(output)).start(),
        other => panic!("no relay for {other}"),
    };
    ready(&input.endpoint().to_string());
    running.unwrap().wait().unwrap();
}
