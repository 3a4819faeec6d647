//! Commands between our own ends in pyzmqrpc3's wire: queued, published, to all and in turn, with passwords.

#![cfg(feature = "zmqrpc")]

#[path = "support/zmqrpc.rs"]
mod recorded;
mod support;

use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use recorded::{Echo, NoService, Ret, serve};
use serde_json::json;
use support::{SOON, deadline, until};
use zeroless::rpc::CallError;
use zeroless::rpc::zmqrpc::{Client, Receiver, Reply, Running, Sender, Server, ShutdownServer};
use zeroless::security::{Access, ClientSecurity, Password, Plain, ServerSecurity};
use zeroless::{ConnectionEvent, Error, Libzmq, Refusal, capabilities};

fn ann(password: &str) -> ClientSecurity {
    Plain::user("ann", Password::new(password).unwrap())
}

fn only_ann() -> ServerSecurity {
    Plain::server(
        Access::new()
            .user("ann", Password::new("secret").unwrap())
            .unwrap(),
    )
}

/// A receiver that tells the messages that it gets.
fn telling(receiver: Receiver) -> (Running, mpsc::Receiver<String>) {
    let (tell, told) = mpsc::channel();
    let running = receiver.start(move |message| {
        let _ = tell.send(message.to_string());
        Reply::ok()
    });
    (running.unwrap(), told)
}

#[test]
fn calls_go_to_the_servers_in_turn() {
    deadline(|| {
        let (tell, told) = mpsc::channel();
        let servers = [0, 1, 2].map(|number| {
            let tell = tell.clone();
            let receiver = Receiver::bind(0).unwrap().start(move |_| {
                tell.send(number).unwrap();
                Reply::ok()
            });
            receiver.unwrap()
        });
        let sender = Sender::connect(servers.each_ref().map(Running::port)).unwrap();
        // Once all are connected.
        assert_eq!(sender.request_all("hello").unwrap().len(), 3);
        assert_eq!(told.try_iter().collect::<HashSet<_>>().len(), 3);
        until(|| {
            for _ in 0..3 {
                sender.request("hello").unwrap();
            }
            told.try_iter().collect::<HashSet<_>>().len() == 3
        });
    });
}

#[test]
fn a_server_that_is_not_there_is_passed_over() {
    deadline(|| {
        let nobody = zeroless::Server::bind(0).unwrap().port();
        let server = serve();
        let client = Client::connect([nobody, server.port()]).unwrap();
        for _ in 0..10 {
            client.call(&Ret).unwrap();
        }
    });
}

#[test]
fn of_all_servers_each_has_its_own_result() {
    deadline(|| {
        let server = serve();
        let nobody = zeroless::Server::bind(0).unwrap().port();
        let client = Client::connect([server.port(), nobody]).unwrap();
        let client = client.timeout(Duration::from_secs(5));
        let replies = client.all(&Ret).unwrap();
        assert_eq!(replies[0].1, Ok(()));
        assert!(matches!(replies[1].1, Err(CallError::NotSent { .. })));
        assert_eq!(replies[0].0.port(), Some(server.port()));
    });
}

#[test]
fn a_call_that_was_not_sent_does_not_arrive_later() {
    deadline(|| {
        let receiver = Receiver::bind(0).unwrap();
        let port = receiver.port();
        drop(receiver);
        let sender = Sender::connect(port).unwrap();
        let early = sender.clone().timeout(Duration::from_millis(20));
        let unsent = early.request("early").unwrap_err();
        assert!(matches!(unsent, CallError::NotSent { .. }), "{unsent}");
        let (_running, told) = telling(Receiver::bind(("127.0.0.1", port)).unwrap());
        sender.request("late").unwrap();
        assert_eq!(told.recv_timeout(SOON).unwrap(), "late");
        assert_eq!(told.try_recv(), Err(mpsc::TryRecvError::Empty));
    });
}

#[test]
fn a_call_whose_reply_does_not_come_may_have_run() {
    deadline(|| {
        let silent = zeroless::Server::bind(0).unwrap();
        let _never_replies = silent.reply().unwrap();
        let client = Client::connect(silent.port()).unwrap().open().unwrap();
        // The connection may take a while.
        let lost = std::iter::repeat_with(|| client.call_timeout(&Ret, Duration::from_millis(50)));
        let lost = lost.map(Result::unwrap_err);
        let mut lost = lost.filter(|it| !matches!(it, CallError::NotSent { .. }));
        assert!(matches!(lost.next(), Some(CallError::MayHaveRun { .. })));
    });
}

#[test]
fn only_so_many_calls_wait_for_a_connection() {
    deadline(|| {
        let nobody = zeroless::Server::bind(0).unwrap().port();
        let client = Client::connect(nobody).unwrap().queue(0);
        let busy = client.call(&Ret).unwrap_err();
        assert!(matches!(busy, CallError::Busy { .. }), "{busy}");
    });
}

#[test]
fn messages_that_are_queued_are_sent_in_order_once_somebody_is_there() {
    deadline(|| {
        let receiver = Receiver::bind(0).unwrap();
        let sender = Sender::connect(receiver.port()).unwrap();
        for number in 0..100 {
            sender.enqueue(number.to_string()).unwrap();
        }
        let (_running, told) = telling(receiver);
        let came = told.iter().take(100);
        assert!(came.eq((0..100).map(|number| number.to_string())));
        until(|| sender.waiting() == 0);
        assert_eq!(sender.dropped(), 0);
    });
}

#[test]
fn of_too_many_messages_the_oldest_are_dropped_and_counted() {
    deadline(|| {
        let publishing = Sender::new().publish_at(0).unwrap().queue(10);
        for number in 0..25 {
            publishing.publish(number.to_string()).unwrap();
        }
        assert_eq!((publishing.waiting(), publishing.dropped()), (10, 15));
        let receiver = Receiver::new().subscribe(publishing.port()).unwrap();
        let (_running, told) = telling(receiver);
        let came = told.iter().take(10);
        assert!(came.eq((15..25).map(|number| number.to_string())));
        until(|| publishing.waiting() == 0);
    });
}

#[test]
fn a_message_that_is_too_large_is_refused_and_holds_up_no_other() {
    deadline(|| {
        let (running, told) = telling(Receiver::bind(0).unwrap());
        let sender = Sender::connect(running.port()).unwrap();
        let sender = sender.publish_at(0).unwrap();
        let large = vec![b' '; (16 << 20) + 1];
        for refused in [sender.enqueue(large.clone()), sender.publish(large)] {
            assert!(
                matches!(refused, Err(Error::FrameTooLarge { .. })),
                "{refused:?}"
            );
        }
        sender.enqueue("sent").unwrap();
        assert_eq!(told.recv_timeout(SOON).unwrap(), "sent");
        sender.publish("published").unwrap();
        let receiver = Receiver::new().subscribe(sender.port()).unwrap();
        let (_running, told) = telling(receiver);
        assert_eq!(told.recv_timeout(SOON).unwrap(), "published");
        until(|| sender.waiting() == 0);
        assert_eq!(sender.dropped(), 0);
    });
}

#[test]
fn of_too_many_bytes_the_oldest_messages_are_dropped_and_counted() {
    deadline(|| {
        let publishing = Sender::new().publish_at(0).unwrap();
        for number in 0..70 {
            publishing.publish(vec![number; 1 << 20]).unwrap();
        }
        assert_eq!((publishing.waiting(), publishing.dropped()), (64, 6));
    });
}

/// Has four threads send messages, 500 each.
fn four_threads(send: impl Fn(String) + Sync) {
    thread::scope(|scope| {
        for sender in 0..4 {
            let send = &send;
            scope.spawn(move || (0..500).for_each(|number| send(format!("{sender} {number}"))));
        }
    });
}

/// The messages that come until the one that is last; those of each thread have to be in order.
fn come(told: &mpsc::Receiver<String>) -> u64 {
    let mut last = HashMap::new();
    let messages = told.iter().take_while(|message| message != "last");
    let count = messages.inspect(|message| {
        let (sender, number) = message.split_once(' ').unwrap();
        let number: u32 = number.parse().unwrap();
        let before = last.insert(sender.to_owned(), number);
        assert!(before.is_none_or(|before| before < number), "{message}");
    });
    count.count() as u64
}

#[test]
fn what_threads_publish_before_and_after_there_is_a_subscriber_comes_or_is_counted() {
    deadline(|| {
        let publishing = Sender::new().publish_at(0).unwrap().queue(100);
        let publish = |message| publishing.publish(message).unwrap();
        four_threads(publish);
        assert_eq!((publishing.waiting(), publishing.dropped()), (100, 1900));
        let receiver = Receiver::new().subscribe(publishing.port()).unwrap();
        let (_running, told) = telling(receiver);
        four_threads(|message| publish(message.replace(' ', "' ")));
        until(|| publishing.waiting() == 0);
        publish("last".to_owned());
        assert_eq!(come(&told) + publishing.dropped(), 4000);
    });
}

#[test]
fn what_threads_queue_before_and_after_there_is_a_receiver_comes_or_is_counted() {
    deadline(|| {
        let receiver = Receiver::bind(0).unwrap().workers(NonZeroUsize::MIN);
        let sender = Sender::connect(receiver.port()).unwrap().queue(100);
        let enqueue = |message| sender.enqueue(message).unwrap();
        four_threads(enqueue);
        assert_eq!(sender.waiting() as u64 + sender.dropped(), 2000);
        let (_running, told) = telling(receiver);
        four_threads(|message| enqueue(message.replace(' ', "' ")));
        until(|| sender.waiting() == 0);
        enqueue("last".to_owned());
        assert_eq!(come(&told) + sender.dropped(), 4000);
    });
}

#[test]
fn a_queue_of_no_message_sends_those_that_a_receiver_takes() {
    deadline(|| {
        let (running, told) = telling(Receiver::bind(0).unwrap());
        let sender = Sender::connect(running.port()).unwrap().queue(0);
        for number in 0..10 {
            sender.enqueue(number.to_string()).unwrap();
            assert_eq!(told.recv_timeout(SOON).unwrap(), number.to_string());
        }
    });
}

#[test]
fn messages_wait_again_when_the_subscriber_has_left() {
    deadline(|| {
        let publishing = Sender::new().publish_at(0).unwrap();
        let subscribe = || telling(Receiver::new().subscribe(publishing.port()).unwrap());
        let (running, told) = subscribe();
        publishing.publish("one").unwrap();
        assert_eq!(told.recv_timeout(SOON).unwrap(), "one");
        drop(running);
        let publisher = publishing.publisher().unwrap();
        until(|| !publisher.has_subscriber("two").unwrap());
        publishing.publish("two").unwrap();
        let (_running, told) = subscribe();
        assert_eq!(told.recv_timeout(SOON).unwrap(), "two");
    });
}

#[test]
fn requests_and_any_number_of_publishers_are_served_at_once() {
    deadline(|| {
        let publishers = [(); 3].map(|()| Sender::new().publish_at(0).unwrap());
        let receiver = Receiver::bind(0).unwrap();
        let ports = publishers.each_ref().map(Sender::port);
        let (running, told) = telling(receiver.subscribe(ports).unwrap());
        for publisher in &publishers {
            publisher.publish("published").unwrap();
            assert_eq!(told.recv_timeout(SOON).unwrap(), "published");
        }
        let sender = Sender::connect(running.port()).unwrap();
        assert!(sender.request("requested").unwrap().is_ok());
        assert_eq!(told.recv_timeout(SOON).unwrap(), "requested");
    });
}

/// Waits until a publisher has been connected to so many times.
fn accepted(publisher: &zeroless::Publisher, count: usize) {
    let events = publisher.connection_events().unwrap();
    let accepted = |event: &ConnectionEvent| matches!(event, ConnectionEvent::Accepted { .. });
    assert_eq!(events.filter(accepted).take(count).count(), count);
}

#[test]
fn a_publisher_that_is_silent_is_connected_to_anew_and_no_other() {
    deadline(|| {
        let [silent, patient] = [(); 2].map(|()| zeroless::Server::bind(0).unwrap());
        let publishers = [silent.publish().unwrap(), patient.publish().unwrap()];
        let receiver = Receiver::new()
            .subscribe_silent(silent.port(), Duration::from_millis(20))
            .unwrap()
            .subscribe(patient.port())
            .unwrap();
        let events = publishers[1].connection_events().unwrap();
        let (_running, told) = telling(receiver);
        accepted(&publishers[0], 3);
        let others = events.try_iter();
        let others = others.filter(|it| matches!(it, ConnectionEvent::Accepted { .. }));
        assert!(others.count() <= 1);
        // It still gets what is published.
        until(|| {
            publishers[0].send("hello").unwrap();
            told.try_iter().any(|message| message == "hello")
        });
    });
}

#[test]
fn heartbeats_keep_a_connection() {
    deadline(|| {
        let publishing = Sender::new().publish_at(0).unwrap();
        let publishing = publishing
            .heartbeats(Duration::from_millis(20))
            .open()
            .unwrap();
        let events = publishing.publisher().unwrap().connection_events().unwrap();
        let receiver = Receiver::new();
        let silence = Duration::from_secs(5);
        let receiver = receiver
            .subscribe_silent(publishing.port(), silence)
            .unwrap();
        let (_running, told) = telling(receiver);
        publishing
            .publisher()
            .unwrap()
            .wait_for_subscribers(1, SOON)
            .unwrap();
        // They are not told of.
        thread::park_timeout(Duration::from_millis(200));
        publishing.publish("hello").unwrap();
        assert_eq!(told.recv_timeout(SOON).unwrap(), "hello");
        let ended = |event: ConnectionEvent| matches!(event, ConnectionEvent::Disconnected { .. });
        assert!(!events.try_iter().any(ended));
    });
}

#[test]
fn requests_need_the_password() {
    deadline(|| {
        let server = Server::bind("tcp://127.0.0.1:0")
            .unwrap()
            .security(only_ann());
        let server = server.serve(|_: Ret| Ok(())).start().unwrap();
        let connect = || Client::connect(server.port()).unwrap();
        connect().security(ann("secret")).call(&Ret).unwrap();
        let soon = Duration::from_millis(500);
        let refused = connect().security(ann("wrong")).call_timeout(&Ret, soon);
        let Err(CallError::NotSent { reason, .. }) = refused else {
            panic!("let in: {refused:?}");
        };
        assert_eq!(reason.refusal(), Some(&Refusal::Denied), "{reason}");
        let unsecured = connect().call_timeout(&Ret, soon);
        assert!(matches!(unsecured, Err(CallError::NotSent { .. })));
    });
}

#[test]
fn subscribers_need_the_password_of_a_publisher() {
    deadline(|| {
        let publishing = Sender::new().publish_at("tcp://127.0.0.1:0").unwrap();
        let publishing = publishing.publisher_security(only_ann()).open().unwrap();
        let subscribe = || Receiver::new().subscribe(publishing.port()).unwrap();
        let (_denied, none) = telling(subscribe());
        let (_wrong, no_more) = telling(subscribe().subscriber_security(ann("wrong")));
        let (_right, told) = telling(subscribe().subscriber_security(ann("secret")));
        publishing.publish("hello").unwrap();
        assert_eq!(told.recv_timeout(SOON).unwrap(), "hello");
        assert!(none.try_recv().is_err() && no_more.try_recv().is_err());
    });
}

#[test]
fn a_shutdown_is_refused_unless_it_is_allowed() {
    deadline(|| {
        let server = serve();
        let client = Client::connect(server.port()).unwrap();
        for refused in [client.call(&ShutdownServer), client.call(&NoService)] {
            let refused = refused.unwrap_err();
            assert!(
                matches!(refused, CallError::NoSuchCommand { .. }),
                "{refused}"
            );
        }
        client.call(&Ret).unwrap();

        let server = Server::bind(0)
            .unwrap()
            .allow_shutdown(true)
            .start()
            .unwrap();
        let client = Client::connect(server.port()).unwrap();
        client.call(&ShutdownServer).unwrap();
        server.wait().unwrap();
        assert!(!server.is_running());
    });
}

/// With another libzmq than ours the last replies of a connection that ends may be lost.
#[test]
fn a_call_that_was_received_is_replied_to_though_the_server_stops() {
    if capabilities().unwrap().libzmq != Libzmq::Zeroless {
        return;
    }
    deadline(|| {
        let (tell, told) = mpsc::channel();
        let (go_on, wait) = mpsc::channel::<()>();
        let wait = std::sync::Mutex::new(wait);
        let server = Server::bind(0).unwrap().serve(move |echo: Echo| {
            tell.send(())?;
            let _ = wait.lock().unwrap().recv();
            Ok(echo.0)
        });
        let server = server.start().unwrap();
        let client = Client::connect(server.port()).unwrap();
        let calling = thread::spawn(move || client.call(&Echo(json!({"a": 1}))));
        told.recv_timeout(SOON).unwrap();
        let stopping = support::blocked(move || server.stop());
        go_on.send(()).unwrap();
        stopping.join().unwrap();
        assert_eq!(calling.join().unwrap().unwrap(), json!({"a": 1}));
    });
}

#[test]
fn a_receiver_without_an_endpoint_is_an_error() {
    let refused = Receiver::new().start(|_| Reply::ok()).unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("bind one, or subscribe to one")
    );
    let refused = Sender::new().request("hello").unwrap_err();
    assert!(refused.to_string().contains("`connect` to one"));
    let refused = Sender::new().publish("hello").unwrap_err();
    assert!(refused.to_string().contains("`publish_at`"));
}
