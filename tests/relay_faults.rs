//! The faults of libzmq's own proxy are not a relay's: signals, full backends, clients that are gone, slow subscribers.

mod support;

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use support::{SOON, deadline, echo, inproc, until};
use zeroless::relay::{self, Relay, RunningRelay};
use zeroless::{Client, Dealer, Options, Server};

fn server() -> Server {
    Server::bind_local(0).unwrap()
}

fn client(server: &Server) -> Client {
    Client::connect(server.endpoint()).unwrap()
}

/// A server within the process, where no buffers of the system hide that queues are full.
fn local() -> Server {
    Server::bind(&inproc()[..]).unwrap()
}

/// Queues for one message.
fn short() -> Options {
    Options::default().send_queue(1).receive_queue(1)
}

/// Waits until the relay holds a message that its output has no room for.
fn until_full(relay: &RunningRelay) {
    until(|| relay.counters().held == 1);
}

#[test]
#[allow(unsafe_code)]
fn a_signal_does_not_end_it() {
    static SIGNALS: AtomicUsize = AtomicUsize::new(0);
    extern "C" fn count(_: libc::c_int) {
        SIGNALS.fetch_add(1, SeqCst);
    }
    deadline(|| {
        // SAFETY: the handler only counts. Without SA_RESTART it interrupts system calls.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = count as *const () as usize;
            libc::sigaction(libc::SIGUSR1, &action, std::ptr::null_mut());
        }
        let (clients, workers) = (server(), server());
        let relay = Relay::new(relay::reply(&clients), relay::request(&workers));
        let relay = relay.start().unwrap();
        let worker = client(&workers).reply().unwrap();
        let stop = worker.clone();
        let serving = echo(worker);
        let requester = client(&clients).request().unwrap();
        for number in 0..300 {
            // Those of other tests are among them.
            let threads = threads_named("zeroless-relay");
            assert!(!threads.is_empty());
            for thread in threads {
                // SAFETY: the signal has a handler. A thread that has ended is an error, of the call alone.
                unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), thread, libc::SIGUSR1) };
            }
            let number = number.to_string();
            assert_eq!(requester.request_timeout(&number, SOON).unwrap(), number);
        }
        until(|| SIGNALS.load(SeqCst) > 0);
        assert!(relay.status().is_ok());
        stop.stop();
        assert_eq!(serving.join().unwrap(), 300);
    });
}

/// The threads of this process with this name, which the system cuts after 15 bytes.
fn threads_named(name: &str) -> Vec<libc::pid_t> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let tasks = tasks.filter_map(Result::ok);
    let is_named = |task: &std::fs::DirEntry| {
        let comm = std::fs::read_to_string(task.path().join("comm"));
        comm.is_ok_and(|comm| comm.trim() == name)
    };
    let number = |task: std::fs::DirEntry| task.file_name().to_str().unwrap().parse().unwrap();
    tasks.filter(is_named).map(number).collect()
}

#[test]
fn a_full_backend_blocks_neither_the_replies_nor_a_stop() {
    deadline(|| {
        let (clients, workers) = (server(), local().options(short()));
        let relay = Relay::new(relay::reply(&clients), relay::request(&workers));
        let relay = relay.start().unwrap();
        let worker = client(&workers).options(short()).reply().unwrap();
        let requester = client(&clients).request().unwrap();
        let mut pending = vec![requester.start("first").unwrap()];
        let first = worker.recv_timeout(SOON).unwrap();
        while relay.counters().held == 0 {
            pending.push(requester.start("more").unwrap());
            support::pause();
        }
        until_full(&relay);
        first.reply("done").unwrap();
        assert_eq!(pending.remove(0).wait_timeout(SOON).unwrap(), "done");
        assert_eq!(relay.counters().held, 1, "it was full all the time");
        relay.stop();
        until(|| relay.counters().held == 0);
        until(|| relay.counters().forward.dropped == 1);
    });
}

#[test]
fn a_backend_that_comes_late_gets_all_in_order() {
    deadline(|| {
        const COUNT: usize = 5000;
        let (input, output) = (server(), server());
        let relay = Relay::new(relay::pull(&input), relay::push(&output));
        let relay = relay.start().unwrap();
        let push = client(&input).push().unwrap();
        push.send("0").unwrap();
        until_full(&relay);
        let pushing = std::thread::spawn(move || {
            for number in 1..COUNT {
                push.send(number.to_string()).unwrap();
            }
            push
        });
        let pull = client(&output).pull().unwrap();
        for number in 0..COUNT {
            let got = pull.recv_timeout(SOON).unwrap();
            assert_eq!(got, number.to_string().as_str());
        }
        pushing.join().unwrap();
        relay.stop();
        let counters = relay.counters();
        assert_eq!(counters.forward.messages, COUNT as u64);
        assert_eq!((counters.forward.dropped, counters.held), (0, 0));
    });
}

#[test]
fn those_that_send_wait_while_the_backend_is_away() {
    deadline(|| {
        let (input, output) = (local().receive_queue(1), local().send_queue(1));
        let relay = Relay::new(relay::pull(&input), relay::push(&output));
        let relay = relay.start().unwrap();
        let push = client(&input).send_queue(1).push().unwrap();
        let mut sent = 0;
        // Nothing is taken in beyond the queues of both ends, and the one that is held.
        while push
            .send_timeout(sent.to_string(), Duration::from_millis(100))
            .is_ok()
        {
            sent += 1;
        }
        assert!((2..10).contains(&sent), "{sent}");
        until(|| relay.counters().held == 1);
        let pull = client(&output).receive_queue(1).pull().unwrap();
        for number in 0..sent {
            assert_eq!(
                pull.recv_timeout(SOON).unwrap(),
                number.to_string().as_str()
            );
        }
    });
}

#[test]
fn a_client_that_is_gone_does_not_end_it() {
    deadline(|| {
        let (clients, workers) = (server(), server());
        let relay = Relay::new(relay::reply(&clients), relay::request(&workers));
        let relay = relay.start().unwrap();
        let worker = client(&workers).router().unwrap();
        for _ in 0..3 {
            let dropped = relay.counters().backward.dropped;
            let gone = client(&clients).request().unwrap();
            let pending = gone.start("hello?").unwrap();
            let (peer, request) = worker.recv_timeout(SOON).unwrap();
            drop((pending, gone));
            // Replies on their way when it leaves are lost with it, and the rest are dropped.
            until(|| {
                worker.send_to(&peer, &request).unwrap();
                relay.counters().backward.dropped > dropped
            });
        }
        let serving = client(&clients).request().unwrap();
        let pending = serving.start("hello?").unwrap();
        let (peer, request) = worker.recv_timeout(SOON).unwrap();
        worker.send_to(&peer, request).unwrap();
        assert_eq!(pending.wait_timeout(SOON).unwrap(), "hello?");
        assert!(relay.status().is_ok());
    });
}

#[test]
fn a_client_that_does_not_read_holds_up_nobody() {
    deadline(|| {
        const REQUESTS: u64 = 50;
        let (clients, workers) = (local().options(short()), server());
        let relay = Relay::new(relay::reply(&clients), relay::request(&workers));
        let relay = relay.start().unwrap();
        let worker = client(&workers).reply().unwrap();
        let stop = worker.clone();
        let serving = echo(worker);
        let deaf: Dealer = client(&clients).options(short()).dealer().unwrap();
        for _ in 0..REQUESTS {
            deaf.send(("", "a question")).unwrap();
        }
        let answered = || {
            let counters = relay.counters();
            counters.backward.messages + counters.backward.dropped
        };
        until(|| answered() == REQUESTS);
        // A queue of one at either end, and the rest is dropped.
        assert!(relay.counters().backward.dropped >= REQUESTS - 5);
        let requester = client(&clients).options(short()).request().unwrap();
        assert_eq!(requester.request_timeout("hello", SOON).unwrap(), "hello");
        stop.stop();
        assert_eq!(serving.join().unwrap() as u64, REQUESTS + 1);
    });
}

#[test]
fn a_slow_subscriber_does_not_hold_up_others() {
    deadline(|| {
        const COUNT: usize = 2000;
        let (input, output) = (server(), Server::bind(&inproc()[..]).unwrap());
        let relay = Relay::new(relay::subscribe(&input), relay::publish(output.clone()));
        let _relay = relay.start().unwrap();
        let publisher = client(&input).publish().unwrap();
        let slow = client(&output).receive_queue(1).subscribe("").unwrap();
        let fast = client(&output).subscribe("").unwrap();
        for subscriber in [&slow, &fast] {
            until(|| {
                publisher.send("are you there?").unwrap();
                subscriber.recv_timeout(Duration::from_millis(1)).is_ok()
            });
        }
        for number in 0..COUNT {
            publisher.send(number.to_string()).unwrap();
            while fast.recv_timeout(SOON).unwrap() != number.to_string().as_str() {}
        }
    });
}

#[test]
fn subscribers_that_are_waited_for_hold_up_the_publisher_and_miss_nothing() {
    deadline(|| {
        const COUNT: usize = 1000;
        let output = local().send_queue(1).wait_for_slow(true);
        let input = server();
        let relay = Relay::new(relay::subscribe(&input), relay::publish(output.clone()));
        let relay = relay.start().unwrap();
        let publisher = client(&input).publish().unwrap();
        let slow = client(&output).receive_queue(1).subscribe("").unwrap();
        publisher.wait_for_subscribers(1, SOON).unwrap();
        for number in 0..COUNT {
            publisher.send(number.to_string()).unwrap();
        }
        until_full(&relay);
        for number in 0..COUNT {
            assert_eq!(
                slow.recv_timeout(SOON).unwrap(),
                number.to_string().as_str()
            );
        }
    });
}

#[test]
fn peers_that_speak_another_protocol_do_not_end_it() {
    use std::io::Write;
    deadline(|| {
        let (clients, workers) = (server(), server());
        let relay = Relay::new(relay::reply(&clients), relay::request(&workers));
        let relay = relay.start().unwrap();
        for port in [clients.port(), workers.port()] {
            for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 100], &[]] {
                let mut stranger = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
                stranger.write_all(bytes).unwrap();
            }
        }
        // A dealer's frames need not be a request. A replier passes them over, and is not harmed.
        let worker = client(&workers).reply().unwrap();
        let dealer = client(&clients).dealer().unwrap();
        dealer.send("no envelope").unwrap();
        dealer.send(("", "a request")).unwrap();
        let request = worker.recv_timeout(SOON).unwrap();
        assert_eq!(*request.message(), "a request");
        request.reply("a reply").unwrap();
        assert_eq!(dealer.recv_timeout(SOON).unwrap(), ["", "a reply"]);
        until(|| relay.counters().forward.messages == 2);
    });
}

#[test]
fn replies_that_nobody_can_be_named_for_are_dropped() {
    deadline(|| {
        let (clients, workers) = (server(), server());
        let relay = Relay::new(relay::reply(&clients), relay::request(&workers));
        let relay = relay.start().unwrap();
        let router = client(&workers).router().unwrap();
        let requester = client(&clients).request().unwrap();
        let pending = requester.start("hello").unwrap();
        let (peer, request) = router.recv_timeout(SOON).unwrap();
        for junk in [&["nobody", "", "lost"][..], &[""], &["one frame"]] {
            router.send_to(&peer, junk).unwrap();
        }
        until(|| relay.counters().backward.dropped == 3);
        router.send_to(&peer, request).unwrap();
        assert_eq!(pending.wait_timeout(SOON).unwrap(), "hello");
    });
}
