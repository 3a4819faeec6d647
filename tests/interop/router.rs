//! Servers written with pyzmq's ROUTER that take exactly three frames, asked in a plain envelope.

use std::thread;
use std::time::Duration;

use zeroless::{Client, Options, Requester};

use crate::peer::LIMIT;
use crate::process::Process;
use crate::program::{script, with_python};

/// Time enough for a request to arrive, as a rule; it does no harm if it does not.
const MOMENT: Duration = Duration::from_millis(100);

/// A Python process with a ROUTER.
struct Router {
    process: Process,
    port: u16,
}

impl Router {
    fn bind(place: &str) -> Router {
        let mut command = script("interop/router.py");
        let process = Process::start(command.arg(place), LIMIT);
        let port = process.prints("ready ").parse().expect("a port");
        Router { process, port }
    }

    fn recv(&mut self) -> String {
        self.process.tell("recv");
        self.process.line()
    }

    fn reply(&mut self, number: usize, text: &str) {
        self.process.tell(&format!("reply {number} {text}"));
    }

    fn asked(&self, options: Options) -> Requester {
        let client = Client::connect(self.port).expect("connecting");
        let client = client.options(options.plain_envelope(true));
        client.request().expect("a handle")
    }
}

fn patient() -> Options {
    Options::default().request_timeout(Some(LIMIT))
}

#[test]
fn a_router_unpacks_three_frames() {
    with_python("router::a_router_unpacks_three_frames", || {
        let mut router = Router::bind("any");
        let requester = router.asked(patient());
        router.process.tell("serve 200");
        let threads = [(); 2].map(|()| {
            let requester = requester.clone();
            thread::spawn(move || {
                for number in 0..100 {
                    let body = format!("{:?}-{number}", thread::current().id());
                    assert_eq!(requester.request(&body).expect("a reply"), body);
                }
            })
        });
        for thread in threads {
            thread.join().expect("each request has its own reply");
        }
        assert_eq!(router.process.finish(), [""; 0]);
    });
}

#[test]
fn late_replies_answer_nothing() {
    with_python("router::late_replies_answer_nothing", || {
        let mut router = Router::bind("any");
        let requester = router.asked(patient());
        let mut received = 0;
        for number in 0..5 {
            let late = requester.request_timeout("slow", MOMENT);
            assert!(late.expect_err("nobody replies").is_timeout());
            let asking = {
                let requester = requester.clone();
                thread::spawn(move || requester.request(number.to_string()))
            };
            // The late one goes out first.
            while router.recv() != number.to_string() {
                router.reply(received, "late");
                received += 1;
            }
            router.reply(received, "in-time");
            received += 1;
            let reply = asking.join().expect("it ends").expect("a reply");
            assert_eq!(reply, "in-time");
        }
        assert_eq!(router.process.finish(), [""; 0]);
    });
}

#[test]
fn a_server_that_is_started_anew_is_asked_again() {
    let name = "router::a_server_that_is_started_anew_is_asked_again";
    with_python(name, || {
        let mut router = Router::bind("any");
        let port = router.port.to_string();
        let retries = patient()
            .request_timeout(Some(5 * MOMENT))
            .request_retries(100);
        let requester = router.asked(retries);
        let asking = thread::spawn(move || requester.request("a-question"));
        assert_eq!(router.recv(), "a-question");
        router.process.kill();
        router = Router::bind(&port);
        // A reply that comes too late is lost, and the request sent again.
        router.process.tell("serve 100");
        let reply = asking.join().expect("it ends").expect("a reply");
        assert_eq!(reply, "a-question");
    });
}
