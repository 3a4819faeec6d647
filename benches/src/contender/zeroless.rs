//! zeroless.

use std::collections::VecDeque;
use std::hint::black_box;
use std::time::Duration;

use zeroless::security::{Access, ClientSecurity, Curve, Keys, Password, Plain, ServerSecurity};
use zeroless::{Batch, Client, Options, Receiving, Sending, Server};

use super::{Contender, keep, key_pair, node, relay};
use crate::job::Job;
use crate::meter::Meter;

pub struct Zeroless;

impl Contender for Zeroless {
    fn name(&self) -> &'static str {
        "zeroless"
    }

    fn push(&self, job: &Job, meter: &mut Meter) {
        let client = client(job, Use::of(job, Use::Send));
        match &job.pattern[..] {
            "push" => send(&client.push().unwrap(), job, meter),
            "pair" => send(&client.pair().unwrap(), job, meter),
            _ => {
                let publisher = client.publish().unwrap();
                let patience = Duration::from_secs(10);
                publisher.wait_for_subscribers(1, patience).unwrap();
                send(&publisher, job, meter);
            }
        }
    }

    fn pull(&self, job: &Job, ready: &mut dyn FnMut(&str), meter: &mut Meter) {
        let server = server(job, Use::of(job, Use::Receive));
        let endpoint = server.endpoint().to_string();
        match &job.pattern[..] {
            "push" => receive(&server.pull().unwrap(), || ready(&endpoint), meter),
            "pair" => receive(&server.pair().unwrap(), || ready(&endpoint), meter),
            _ => receive(&server.subscribe("").unwrap(), || ready(&endpoint), meter),
        }
    }

    fn request(&self, job: &Job, meter: &mut Meter) {
        let requester = client(job, Use::Request).request().unwrap();
        let body = job.body();
        if job.in_flight == 1 {
            while meter.more() {
                black_box(requester.request(&body[..]).unwrap());
            }
            return;
        }
        let mut under_way = VecDeque::new();
        while meter.more() {
            under_way.push_back(requester.start(&body[..]).unwrap());
            if under_way.len() == job.in_flight {
                black_box(under_way.pop_front().unwrap().wait().unwrap());
            }
        }
    }

    fn reply(&self, job: &Job, ready: &mut dyn FnMut(&str)) {
        let server = server(job, Use::Request);
        let replier = server.reply().unwrap();
        ready(&server.endpoint().to_string());
        for request in replier {
            let (frames, reply) = request.split();
            reply.send(frames).unwrap();
        }
    }

    fn relay(&self, job: &Job, ready: &mut dyn FnMut(&str)) {
        relay::relay(job, ready);
    }

    fn meet(&self, job: &Job) {
        node::meet(job);
    }

    fn hear(&self, job: &Job, ready: &mut dyn FnMut(&str), meter: &mut Meter) {
        node::hear(job, ready, meter);
    }

    fn shout(&self, job: &Job, meter: &mut Meter) {
        node::shout(job, meter);
    }

    fn mesh(&self, job: &Job, ready: &mut dyn FnMut(&str)) {
        node::mesh(job, ready);
    }

    fn flood(&self, job: &Job, ready: &mut dyn FnMut(&str)) {
        node::flood(job, ready);
    }

    fn keep(&self, job: &Job, ready: &mut dyn FnMut(&str)) {
        keep::keep(job, ready);
    }
}

fn send(handle: &impl Sending, job: &Job, meter: &mut Meter) {
    let body = &job.body()[..];
    match job.frames {
        1 => {
            while meter.more() {
                handle.send(body).unwrap();
            }
        }
        3 => {
            while meter.more() {
                handle.send((body, body, body)).unwrap();
            }
        }
        n => panic!("{n} frames"),
    }
}

fn receive(handle: &impl Receiving, mut ready: impl FnMut(), meter: &mut Meter) {
    ready();
    let mut messages = handle.iter();
    while meter.more() {
        let message = messages.next().unwrap();
        black_box(&message);
    }
}

fn client(job: &Job, used: Use) -> Client {
    zeroless::set_io_threads(job.io_threads).ok();
    let client = Client::connect(&job.endpoint[..]).unwrap();
    let client = client.options(options(job, used));
    match client_security(job) {
        Some(security) => client.security(security),
        None => client,
    }
}

fn server(job: &Job, used: Use) -> Server {
    zeroless::set_io_threads(job.io_threads).ok();
    let server = Server::bind(&job.endpoint[..]).unwrap();
    let server = server.options(options(job, used));
    match server_security(job) {
        Some(security) => server.security(security),
        None => server,
    }
}

fn client_security(job: &Job) -> Option<ClientSecurity> {
    match &job.security[..] {
        "plain" => Some(Plain::user("ann", password())),
        "curve" => Some(Curve::client(&keys(), keys().public())),
        _ => None,
    }
}

fn server_security(job: &Job) -> Option<ServerSecurity> {
    let access = Access::new();
    match &job.security[..] {
        "plain" => Some(Plain::server(access.user("ann", password()).unwrap())),
        "curve" => Some(Curve::server(&keys(), access.any_key().unwrap())),
        _ => None,
    }
}

fn password() -> Password {
    Password::new("everybody may know it").unwrap()
}

/// Both ends have the same.
fn keys() -> Keys {
    Keys::from_secret(key_pair::SECRET.parse().unwrap()).unwrap()
}

/// The use of a handle, and so which options it has.
#[derive(Clone, Copy, PartialEq)]
enum Use {
    Send,
    Receive,
    /// Both, in turns.
    Request,
}

impl Use {
    /// The use of a stream's handle: a pair has the options of both ends.
    fn of(job: &Job, stream: Use) -> Use {
        match &job.pattern[..] {
            "pair" => Use::Request,
            _ => stream,
        }
    }
}

fn options(job: &Job, used: Use) -> Options {
    let mut options = Options::default();
    if job.batch > 0 {
        options = options.batch(Batch::Bytes(job.batch));
    }
    if job.queue > 0 && used != Use::Receive {
        options = options.send_queue(job.queue);
    }
    if job.queue > 0 && used != Use::Send {
        options = options.receive_queue(job.queue);
    }
    if job.peer_info && used != Use::Send {
        options = options.peer_info(true);
    }
    if let Ok(spin) = u64::try_from(job.spin)
        && used == Use::Request
    {
        options = options.spin(Duration::from_micros(spin));
    }
    options
}
