//! Messages of very many frames arrive whole, and keep nobody out while they are received.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use support::{SOON, deadline, deadline_after, ends, inproc, marry, pub_sub, req_rep, until};
use zeroless::relay::{self, Relay};
use zeroless::{Client, Error, Message, Server};

/// More than is received at a time.
const LONG: usize = 10_000;

/// A message of so many frames, each of which tells which message it is of.
fn frames(count: usize, number: usize) -> Vec<String> {
    vec![number.to_string(); count]
}

#[track_caller]
fn assert_whole(message: &Message, count: usize, number: usize) {
    assert_eq!(message.frame_count(), count);
    let number = number.to_string();
    assert!(message.iter().all(|frame| *frame == number.as_str()));
}

#[test]
fn messages_of_any_number_of_frames_arrive_whole() {
    deadline(|| {
        let (server, client) = ends();
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        let (server, client) = ends();
        let (one, two) = (server.pair().unwrap(), client.pair().unwrap());
        marry(&one, &two);
        let [(publisher, subscriber), _] = pub_sub();
        publisher.wait_for_subscribers(1, SOON).unwrap();
        for count in [1, 2, 4095, 4096, 4097, 4098, 4099, 8193, 8194, LONG] {
            push.send(frames(count, count)).unwrap();
            assert_whole(&pull.recv().unwrap(), count, count);
            one.send(frames(count, count)).unwrap();
            assert_whole(&two.recv().unwrap(), count, count);
            publisher.send(frames(count, count)).unwrap();
            assert_whole(&subscriber.recv().unwrap(), count, count);
        }
    });
}

#[test]
fn requests_and_replies_may_be_long() {
    deadline(|| {
        for (requester, replier) in req_rep() {
            for count in [1, 4093, 4094, 4095, 4096, 4097, LONG] {
                let pending = requester.start(frames(count, 1)).unwrap();
                let request = replier.recv().unwrap();
                assert_whole(&request, count, 1);
                request.reply(frames(count, 2)).unwrap();
                assert_whole(&pending.wait().unwrap(), count, 2);
            }
        }
    });
}

#[test]
fn relays_pass_them_on_whole() {
    const COUNTS: [usize; 7] = [1, 2, 4096, 4097, 4098, 8194, LONG];
    deadline(|| {
        let server = || Server::bind_local(0).unwrap();
        let client = |server: &Server| Client::connect(server.endpoint()).unwrap();

        let (input, output) = (server(), server());
        let jobs = Relay::new(relay::pull(&input), relay::push(&output));
        let jobs = jobs.start().unwrap();
        let pull = client(&output).pull().unwrap();
        let push = client(&input).push().unwrap();
        for count in COUNTS {
            push.send(frames(count, count)).unwrap();
            assert_whole(&pull.recv().unwrap(), count, count);
        }
        let passed = jobs.counters().forward;
        assert_eq!((passed.messages, passed.dropped), (COUNTS.len() as u64, 0));

        let (input, output) = (server(), server());
        let news = Relay::new(relay::subscribe(&input), relay::publish(&output));
        let _news = news.start().unwrap();
        let subscriber = client(&output).subscribe("").unwrap();
        let publisher = client(&input).publish().unwrap();
        publisher.wait_for_subscribers(1, SOON).unwrap();
        for count in COUNTS {
            publisher.send(frames(count, count)).unwrap();
            assert_whole(&subscriber.recv().unwrap(), count, count);
        }

        let (input, output) = (server(), server());
        let calls = Relay::new(relay::reply(&input), relay::request(&output));
        let _calls = calls.start().unwrap();
        let replier = client(&output).reply().unwrap();
        let requester = client(&input).request().unwrap();
        for count in COUNTS {
            let pending = requester.start(frames(count, 1)).unwrap();
            let request = replier.recv().unwrap();
            assert_whole(&request, count, 1);
            request.reply(frames(count, 2)).unwrap();
            assert_whole(&pending.wait().unwrap(), count, 2);
        }
    });
}

#[test]
fn an_envelope_without_end_is_passed_over() {
    deadline(|| {
        let server = Server::bind(inproc()).unwrap();
        let replier = server.reply().unwrap();
        let pair = Client::connect(server.endpoint()).unwrap();
        // A DEALER without an empty frame: a push is near enough on inproc, which does not look.
        let push = pair.push().unwrap();
        push.send(frames(LONG, 1)).unwrap();
        push.send(("", "a request")).unwrap();
        assert_eq!(replier.recv().unwrap(), "a request");
        assert_eq!(replier.skipped(), 1);
    });
}

#[test]
fn threads_that_receive_together_get_whole_messages() {
    const COUNT: usize = 200;
    deadline(|| {
        let (server, client) = ends();
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        let taken = Arc::new(AtomicUsize::new(0));
        let receive = |way: usize| {
            let (pull, taken) = (pull.clone(), taken.clone());
            thread::spawn(move || {
                loop {
                    let message = match way {
                        0 => pull.recv(),
                        1 => pull.recv_timeout(Duration::from_micros(50)),
                        _ => pull.try_recv(),
                    };
                    match message {
                        Ok(message) => {
                            let number: usize = message[0].as_str().unwrap().parse().unwrap();
                            let count = if number.is_multiple_of(3) { LONG } else { 1 };
                            assert_whole(&message, count, number);
                            taken.fetch_add(1, Ordering::SeqCst);
                        }
                        Err(Error::Stopped) => break,
                        Err(error) => assert!(error.is_timeout(), "{error}"),
                    }
                    if way == 2 && pull.status().is_err() {
                        break;
                    }
                }
            })
        };
        let receivers = [0, 1, 2, 0].map(receive);
        for number in 0..COUNT {
            let count = if number.is_multiple_of(3) { LONG } else { 1 };
            push.send(frames(count, number)).unwrap();
        }
        push.close(SOON).unwrap();
        until(|| taken.load(Ordering::SeqCst) == COUNT);
        pull.stop();
        receivers.into_iter().for_each(|it| it.join().unwrap());
        assert_eq!(taken.load(Ordering::SeqCst), COUNT);
    });
}

#[test]
fn an_arrived_message_is_taken_immediately_however_long_and_after_a_stop() {
    deadline(|| {
        let server = Server::bind(inproc()).unwrap();
        let pull = server.pull().unwrap();
        let push = Client::connect(server.endpoint()).unwrap().push().unwrap();
        for number in 0..3 {
            push.send(frames(LONG, number)).unwrap();
        }
        assert_whole(&pull.try_recv().unwrap(), LONG, 0);
        pull.stop();
        assert_whole(&pull.try_recv().unwrap(), LONG, 1);
        assert_whole(&pull.try_recv().unwrap(), LONG, 2);
        assert_eq!(pull.try_recv(), Err(Error::WouldBlock));
    });
}

#[test]
fn a_server_may_be_left_in_the_middle_of_its_message() {
    deadline(|| {
        let servers = [(); 2].map(|()| Server::bind_local(0).unwrap());
        let pushes = [0, 1].map(|at: usize| servers[at].push().unwrap());
        let client = Client::connect(servers[0].endpoint()).unwrap();
        let pull = client
            .connect(servers[1].endpoint())
            .unwrap()
            .pull()
            .unwrap();
        let pulls = pull.clone();
        let pulling = thread::spawn(move || {
            for message in &pulls {
                let number: usize = message[0].as_str().unwrap().parse().unwrap();
                assert_whole(&message, LONG, number);
            }
        });
        for _ in 0..20 {
            for (number, push) in pushes.iter().enumerate() {
                let _ = push.send_timeout(frames(LONG, number), Duration::from_millis(20));
            }
            client.disconnect(servers[0].endpoint()).unwrap();
            client.connect(servers[0].endpoint()).unwrap();
        }
        pull.stop();
        pulling.join().unwrap();
    });
}

#[test]
fn a_message_of_a_million_frames_keeps_nobody_out() {
    const MILLION: usize = 1_000_000;

    deadline_after(Duration::from_secs(120), || {
        let server = Server::bind(inproc()).unwrap();
        let one = server.pair().unwrap();
        let two = Client::connect(server.endpoint()).unwrap().pair().unwrap();
        // The processor may be others' for a while: once is enough.
        let kept_nobody_out = (0..20).any(|_| {
            one.send(vec![""; MILLION]).unwrap();
            let receiving = Arc::new(AtomicBool::new(true));
            let (receives, runs) = (two.clone(), receiving.clone());
            let (tell, begins) = channel();
            let receiver = thread::spawn(move || {
                tell.send(()).unwrap();
                assert_eq!(receives.recv().unwrap().frame_count(), MILLION);
                runs.store(false, Ordering::SeqCst);
            });
            begins.recv().unwrap();
            let mut meanwhile = 0;
            while receiving.load(Ordering::SeqCst) {
                // Takes the lock, as a stop does. Without a pause these would be many before the
                // receiver begins.
                let _ = two.try_send("meanwhile");
                meanwhile += 1;
                thread::yield_now();
            }
            receiver.join().unwrap();
            one.try_iter().for_each(drop);
            meanwhile > 16
        });
        assert!(kept_nobody_out);
    });
}
