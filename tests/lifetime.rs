//! Lifetimes: sent messages are delivered when handles are dropped, and no drop hangs.

#[path = "support/process.rs"]
mod process;
mod support;

use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use process::{Process, again};
use support::{Folder, SOON, assert_timeout, blocked, deadline, ends, inproc, marry};
use zeroless::{
    Channel, Client, ConnectionEvents, Dealer, Endpoint, Error, Frame, Message, Pair, PeerId,
    Pending, Publisher, Pull, Push, Replier, Request, Requester, Router, Server, Stopper,
    Subscriber,
};

/// In a process of these tests: the endpoint that it is to push to.
const TARGET: &str = "ZEROLESS_TEST_TARGET";

/// The time that a drop may take beyond the linger time. The third fastest of nine is held to
/// it, since a busy machine makes anybody wait now and then.
const SLACK: Duration = Duration::from_millis(100);

/// The last handle of a process waits, so those of other tests must be gone.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock()
}

fn push_thousand(push: &Push) {
    for number in 0..1000 {
        push.send((number.to_string(), "body")).unwrap();
    }
}

fn pull_thousand(pull: &Pull) {
    for number in 0..1000 {
        assert_eq!(pull.recv().unwrap(), [&number.to_string()[..], "body"]);
    }
}

#[test]
fn a_thousand_messages_arrive_though_the_pusher_is_dropped() {
    deadline(|| {
        let _alone = alone();
        let (server, client) = ends();
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        push_thousand(&push);
        drop((push, client));
        pull_thousand(&pull);
    });
}

#[test]
fn a_thousand_messages_arrive_though_their_program_ends() {
    if let Ok(target) = std::env::var(TARGET) {
        return push_thousand(&Client::connect(target).unwrap().push().unwrap());
    }
    deadline(|| {
        let _alone = alone();
        let server = Server::bind_local(0).unwrap();
        let pull = server.pull().unwrap();
        let name = "a_thousand_messages_arrive_though_their_program_ends";
        let pusher = Process::start(&mut again(name, TARGET, server.endpoint()), SOON);
        pull_thousand(&pull);
        pusher.finish();
    });
}

#[test]
fn a_thousand_messages_arrive_though_a_thread_holds_the_last_handle() {
    if let Ok(target) = std::env::var(TARGET) {
        let push = Client::connect(target).unwrap().push().unwrap();
        return thread::spawn(move || push_thousand(&push)).join().unwrap();
    }
    deadline(|| {
        let _alone = alone();
        let server = Server::bind_local(0).unwrap();
        let pull = server.pull().unwrap();
        let name = "a_thousand_messages_arrive_though_a_thread_holds_the_last_handle";
        let pusher = Process::start(&mut again(name, TARGET, server.endpoint()), SOON);
        pull_thousand(&pull);
        pusher.finish();
    });
}

#[test]
fn a_bound_pusher_delivers_too_when_it_is_dropped() {
    deadline(|| {
        let _alone = alone();
        let (server, client) = ends();
        let (push, pull) = (server.push().unwrap(), client.pull().unwrap());
        marry(&push, &pull);
        push_thousand(&push);
        drop((push, server));
        pull_thousand(&pull);
    });
}

#[test]
fn a_drop_ends_after_the_linger_time_when_nobody_receives() {
    deadline(|| {
        let _alone = alone();
        let folder = Folder::new();
        for linger in [Duration::ZERO, Duration::from_millis(200)] {
            let once = |_| {
                let client = Client::connect(folder.ipc("nobody"))
                    .unwrap()
                    .linger(linger);
                let push = client.push().unwrap();
                push.send("to nobody").unwrap();
                let began = Instant::now();
                drop(push);
                began.elapsed()
            };
            let mut times: Vec<Duration> = (0..9).map(once).collect();
            times.sort();
            assert!(times[2] <= linger + SLACK, "{times:?} for {linger:?}");
            // libzmq counts in whole milliseconds.
            assert!(
                times[0] >= linger / 2,
                "{times:?}: it gave up before {linger:?}"
            );
        }
    });
}

#[test]
fn a_drop_ends_at_once_when_nothing_is_left_to_deliver() {
    deadline(|| {
        let _alone = alone();
        let once = |_| {
            let (server, client) = ends();
            let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
            push.send("hello").unwrap();
            assert_eq!(pull.recv().unwrap(), "hello");
            let began = Instant::now();
            drop((push, pull));
            began.elapsed()
        };
        let mut times: Vec<Duration> = (0..9).map(once).collect();
        times.sort();
        assert!(times[2] <= SLACK, "{times:?}");
    });
}

#[test]
fn close_waits_until_all_is_delivered() {
    deadline(|| {
        let _alone = alone();
        let (server, client) = ends();
        let pull = server.pull().unwrap();
        let push = client.linger(Duration::ZERO).push().unwrap();
        push_thousand(&push);
        push.close(SOON).unwrap();
        pull_thousand(&pull);
    });
}

#[test]
fn close_fails_when_messages_could_not_be_delivered() {
    deadline(|| {
        let _alone = alone();
        let folder = Folder::new();
        let push = Client::connect(folder.ipc("nobody"))
            .unwrap()
            .push()
            .unwrap();
        push.send("to nobody").unwrap();
        let (began, patience) = (Instant::now(), Duration::from_millis(50));
        assert_timeout(push.close(patience));
        assert!(began.elapsed() >= patience);
    });
}

#[test]
fn close_in_little_time_or_none_tells_whether_all_was_delivered() {
    deadline(|| {
        let _alone = alone();
        let folder = Folder::new();
        for patience in [0, 1, 5].map(Duration::from_millis) {
            let push = Client::connect(folder.ipc("nobody")).unwrap().push();
            let push = push.unwrap();
            push.send("to nobody").unwrap();
            assert_timeout(push.close(patience));

            let (server, client) = ends();
            let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
            push.send("hello").unwrap();
            assert_eq!(pull.recv().unwrap(), "hello");
            assert_eq!(push.close(patience), Ok(()), "{patience:?}");
        }
    });
}

#[test]
fn a_second_close_says_that_the_handle_is_stopped() {
    deadline(|| {
        let _alone = alone();
        let (_server, client) = ends();
        let push = client.push().unwrap();
        let other = push.clone();
        push.close(SOON).unwrap();
        assert!(other.send("a").unwrap_err().is_stopped());
        assert_eq!(other.status(), Err(Error::Stopped));
        assert_eq!(other.close(SOON), Err(Error::Stopped));
    });
}

#[test]
fn close_ends_calls_that_wait() {
    deadline(|| {
        let _alone = alone();
        let pull = Server::bind_local(0).unwrap().pull().unwrap();
        let other = pull.clone();
        let waiting = blocked(move || other.recv());
        pull.close(SOON).unwrap();
        assert_eq!(waiting.join().unwrap(), Err(Error::Stopped));
    });
}

#[test]
fn close_delivers_messages_sent_before_a_stop() {
    deadline(|| {
        let _alone = alone();
        let (server, client) = ends();
        let (pull, push) = (server.pull().unwrap(), client.push().unwrap());
        push.send("hello").unwrap();
        push.stop();
        push.close(SOON).unwrap();
        assert_eq!(pull.recv().unwrap(), "hello");
    });
}

#[test]
fn a_port_is_free_again_after_close() {
    deadline(|| {
        let _alone = alone();
        let server = Server::bind_local(0).unwrap();
        let port = server.port();
        let pull = server.pull().unwrap();
        drop(server);
        pull.close(SOON).unwrap();
        assert_eq!(Server::bind_local(port).unwrap().port(), port);
    });
}

#[test]
fn handles_may_be_dropped_in_any_order_and_thread() {
    deadline(|| {
        let _alone = alone();
        for _ in 0..50 {
            let server = Server::bind(inproc()).unwrap();
            let client = Client::connect(server.endpoint()).unwrap();
            let (requester, replier) = (client.request().unwrap(), server.reply().unwrap());
            let pending = requester.start("hello").unwrap();
            let request = replier.recv().unwrap();
            drop((server, client, requester, replier));
            let replying = thread::spawn(move || request.reply("answer").unwrap());
            assert_eq!(pending.wait().unwrap(), "answer");
            replying.join().unwrap();
        }
    });
}

#[test]
fn everything_can_be_shared_among_threads() {
    fn shared<T: Send + Sync + Clone + 'static>() {}
    fn sent<T: Send + Sync + 'static>() {}
    shared::<Push>();
    shared::<Pull>();
    shared::<Publisher>();
    shared::<Subscriber>();
    shared::<Requester>();
    shared::<Replier>();
    shared::<Pair>();
    shared::<Router>();
    shared::<Dealer>();
    shared::<PeerId>();
    shared::<Server>();
    shared::<Client>();
    shared::<Stopper>();
    shared::<ConnectionEvents>();
    shared::<Message>();
    shared::<Frame>();
    shared::<Endpoint>();
    shared::<Error>();
    sent::<Request>();
    sent::<Pending>();
    sent::<Channel<Message>>();
    sent::<zeroless::SendError>();
}
