//! Messages that are kept, of zeroless's.

use zeroless::{Batch, Options, Server};

use crate::job::Job;
use crate::process::resident;

/// Keeps `job.count` messages, one of each `job.one_in` that come.
pub fn keep(job: &Job, ready: &mut dyn FnMut(&str)) {
    let options = Options::default().batch(Batch::Bytes(job.batch));
    let server = Server::bind(&job.endpoint[..]).unwrap().options(options);
    let pull = server.pull().unwrap();
    ready(&server.endpoint().to_string());
    let mut messages = pull.iter();
    messages.next();
    let before = resident();
    let kept: Vec<_> = messages
        .step_by(job.one_in)
        .take(job.count as usize)
        .collect();
    println!("{}", resident() - before);
    drop(kept);
}
