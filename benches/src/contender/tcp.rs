//! A stream of tcp with nothing in it: the most that loopback gives to a program that moves bytes in large
//! blocks.

use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use super::Contender;
use crate::job::Job;
use crate::meter::Meter;

/// Has no messages: it moves blocks, and each counts as one.
pub struct Tcp;

const BLOCK: usize = 256 << 10;

impl Contender for Tcp {
    fn name(&self) -> &'static str {
        "tcp"
    }

    fn push(&self, job: &Job, meter: &mut Meter) {
        let address = job.endpoint.strip_prefix("tcp://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let block = job.body();
        while meter.more() {
            // The reader ends when it has measured.
            if stream.write_all(&block).is_err() {
                break;
            }
        }
    }

    fn pull(&self, job: &Job, ready: &mut dyn FnMut(&str), meter: &mut Meter) {
        let address = job.endpoint.strip_prefix("tcp://").unwrap();
        let listener = TcpListener::bind(address).unwrap();
        ready(&format!("tcp://{}", listener.local_addr().unwrap()));
        let (mut stream, _) = listener.accept().unwrap();
        let mut block = job.body();
        while meter.more() {
            stream.read_exact(&mut block).unwrap();
            black_box(&block);
        }
    }

    fn fit(&self, job: &Job) -> Job {
        job.clone().size(BLOCK).frames(1)
    }
}
