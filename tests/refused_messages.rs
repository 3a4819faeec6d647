//! Messages for a server that refuses its client wait until it takes them, as for one that is not there yet.

mod support;

use std::io::Write;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use support::{Folder, SOON, deadline, ends, marry, until};
use zeroless::security::{Access, Password, Plain};
use zeroless::{Client, ConnectionEvent, Error, Handle, Refusal, Sending, Server, capabilities};

/// How many messages are sent in vain.
const MESSAGES: usize = 10;

/// Another libzmq than ours drops the messages together with the connection.
fn are_kept() -> bool {
    capabilities().unwrap().keeps_refused
}

/// A table without users, a server that asks it, and a client that it does not know yet.
fn strangers() -> (Access, Server, Client) {
    let access = Access::new();
    let (server, client) = ends();
    let server = server.security(Plain::server(access.clone()));
    (
        access,
        server,
        client.security(Plain::user("ann", secret())),
    )
}

fn secret() -> Password {
    Password::new("secret").unwrap()
}

/// Mends the table.
fn admit(access: &Access) {
    access.user("ann", secret()).unwrap();
}

/// Waits until a handle is refused so many times from now on.
fn refused(handle: &impl Handle, times: usize) {
    let events = handle.connection_events().unwrap();
    let failed = |event: &ConnectionEvent| matches!(event, ConnectionEvent::HandshakeFailed { .. });
    assert_eq!(events.into_iter().filter(failed).take(times).count(), times);
}

/// Sends numbers.
fn send(handle: &impl Sending) {
    for number in 0..MESSAGES {
        handle.send(number.to_string()).unwrap();
    }
}

/// The numbers come, all and in order.
#[track_caller]
fn receive(mut receive: impl FnMut() -> zeroless::Result<zeroless::Message>) {
    for number in 0..MESSAGES {
        assert_eq!(receive().unwrap(), number.to_string());
    }
}

/// Makes a test of a pattern: with a wrong password, messages are sent before the first attempt, and after some.
macro_rules! kept {
    ($($fact:ident: $server:ident(), $client:ident();)*) => {$(
        #[test]
        fn $fact() {
            deadline(|| {
                if !are_kept() {
                    return;
                }
                for after in [0, 1, 3] {
                    let (access, server, client) = strangers();
                    let server = server.$server().unwrap();
                    let client = client.$client().unwrap();
                    refused(&client, after);
                    send(&client);
                    refused(&client, 1);
                    admit(&access);
                    receive(|| server.recv_timeout(SOON));
                    until(|| client.status().is_ok());
                }
            });
        }
    )*};
}

kept! {
    messages_of_a_push_that_is_denied_arrive_once_the_table_is_mended: pull(), push();
    messages_of_a_pair_that_is_denied_arrive_once_the_table_is_mended: pair(), pair();
}

#[test]
fn messages_of_a_dealer_that_is_denied_arrive_once_the_table_is_mended() {
    deadline(|| {
        if !are_kept() {
            return;
        }
        let (access, server, client) = strangers();
        let (router, dealer) = (server.router().unwrap(), client.dealer().unwrap());
        send(&dealer);
        refused(&dealer, 1);
        admit(&access);
        receive(|| router.recv_timeout(SOON).map(|(_, message)| message));
    });
}

#[test]
fn requests_that_are_sent_while_the_client_is_denied_are_replied_to_once_the_table_is_mended() {
    deadline(|| {
        if !are_kept() {
            return;
        }
        for immediate in [None, Some(true)] {
            let (access, server, client) = strangers();
            let replier = server.reply().unwrap();
            let requester = match immediate {
                Some(on) => client.immediate(on).request().unwrap(),
                None => client.request().unwrap(),
            };
            let asked = requester.clone();
            let asking = thread::spawn(move || asked.request_timeout("hello", SOON));
            refused(&requester, 2);
            admit(&access);
            let request = replier.recv_timeout(SOON).unwrap();
            request.reply("welcome").unwrap();
            assert_eq!(asking.join().unwrap().unwrap(), "welcome");
        }
    });
}

#[test]
fn ipc_keeps_them_too() {
    deadline(|| {
        if !are_kept() {
            return;
        }
        let folder = Folder::new();
        let access = Access::new();
        let server = Server::bind(folder.ipc("door")).unwrap();
        let pull = server
            .security(Plain::server(access.clone()))
            .pull()
            .unwrap();
        let client = Client::connect(folder.ipc("door")).unwrap();
        let push = client
            .security(Plain::user("ann", secret()))
            .push()
            .unwrap();
        send(&push);
        refused(&push, 1);
        admit(&access);
        receive(|| pull.recv_timeout(SOON));
    });
}

#[test]
fn messages_for_a_server_of_another_pattern_arrive_once_it_has_the_right_one() {
    deadline(|| {
        if !are_kept() {
            return;
        }
        let (server, client) = ends();
        let replier = server.reply().unwrap();
        let push = client.push().unwrap();
        send(&push);
        refused(&push, 2);
        let refusal = push.status().unwrap_err();
        assert!(matches!(
            refusal.refusal(),
            Some(Refusal::WrongPattern { .. })
        ));
        drop(replier);
        let pull = server.pull().unwrap();
        receive(|| pull.recv_timeout(SOON));
    });
}

#[test]
fn messages_for_a_server_with_another_mechanism_arrive_once_it_has_ours() {
    deadline(|| {
        if !are_kept() {
            return;
        }
        let (server, client) = ends();
        let pull = server.pull().unwrap();
        let push = client
            .security(Plain::user("ann", secret()))
            .push()
            .unwrap();
        send(&push);
        refused(&push, 1);
        drop(pull);
        let access = Access::new().user("ann", secret()).unwrap();
        let pull = server.security(Plain::server(access)).pull().unwrap();
        receive(|| pull.recv_timeout(SOON));
    });
}

/// A stranger that says this to some connections, and leaves; the server that comes after it at the same port.
fn after_a_stranger(says: &'static [u8]) -> (u16, thread::JoinHandle<Server>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        for _ in 0..3 {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.write_all(says);
        }
        drop(listener);
        Server::bind_local(port).unwrap()
    });
    (port, server)
}

#[test]
fn messages_for_a_server_that_closes_before_its_greeting_arrive_at_the_next() {
    deadline(|| {
        let (port, server) = after_a_stranger(b"");
        let push = Client::connect(port).unwrap().push().unwrap();
        send(&push);
        let pull = server.join().unwrap().pull().unwrap();
        receive(|| pull.recv_timeout(SOON));
    });
}

#[test]
fn messages_for_a_stranger_that_speaks_otherwise_arrive_at_the_next() {
    deadline(|| {
        if !are_kept() {
            return;
        }
        let (port, server) = after_a_stranger(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        let push = Client::connect(port).unwrap().push().unwrap();
        send(&push);
        let pull = server.join().unwrap().pull().unwrap();
        receive(|| pull.recv_timeout(SOON));
    });
}

#[test]
fn a_server_that_takes_messages_leaves_those_for_one_that_refuses_them() {
    deadline(|| {
        if !are_kept() {
            return;
        }
        let (access, server, client) = strangers();
        let pull = server.pull().unwrap();
        let push = client.push().unwrap();
        send(&push);
        refused(&push, 1);
        // Others come and go meanwhile.
        let other = Access::new().user("ann", secret()).unwrap();
        for _ in 0..3 {
            let other = Server::bind_local(0)
                .unwrap()
                .security(Plain::server(other.clone()));
            let other_pull = other.pull().unwrap();
            client.connect(other.port()).unwrap();
            push.wait_connected(1, SOON).unwrap();
            until(|| {
                push.send("to either").unwrap();
                other_pull.try_recv().is_ok()
            });
            client.disconnect(other.port()).unwrap();
        }
        admit(&access);
        receive(|| pull.recv_timeout(SOON));
    });
}

#[test]
fn a_client_whose_password_is_changed_sends_on_once_that_is_mended() {
    deadline(|| {
        if !are_kept() {
            return;
        }
        let (access, server, client) = strangers();
        admit(&access);
        let pull = server.pull().unwrap();
        let push = client.push().unwrap();
        marry(&pull, &push);
        push.send("before").unwrap();
        assert_eq!(pull.recv().unwrap(), "before");
        // The connection breaks, and the next is not let in.
        access.remove_user("ann").unwrap();
        drop(pull);
        let pull = server.pull().unwrap();
        until(|| push.status().is_err());
        send(&push);
        refused(&push, 1);
        admit(&access);
        receive(|| pull.recv_timeout(SOON));
    });
}

#[test]
fn a_client_that_closes_while_it_is_refused_tells_that_nothing_was_delivered() {
    deadline(|| {
        if !are_kept() {
            return;
        }
        let (_access, server, client) = strangers();
        let _pull = server.pull().unwrap();
        let push = client.push().unwrap();
        send(&push);
        refused(&push, 1);
        let error = push.close(Duration::from_millis(300)).unwrap_err();
        assert!(matches!(error, Error::Timeout { .. }), "{error:?}");
        assert_eq!(error.refusal(), Some(&Refusal::Denied));
    });
}

#[test]
fn a_subscriber_that_is_let_in_late_subscribes_once() {
    deadline(|| {
        if !are_kept() {
            return;
        }
        let (port, listener) = after_a_stranger(b"");
        let subscriber = Client::connect(port).unwrap().subscribe("a").unwrap();
        drop(listener.join().unwrap());
        let context = zmq::Context::new();
        let publisher = context.socket(zmq::XPUB).unwrap();
        publisher.set_xpub_verbose(true).unwrap();
        publisher.bind(&format!("tcp://127.0.0.1:{port}")).unwrap();
        assert_eq!(publisher.recv_bytes(0).unwrap(), b"\x01a");
        subscriber.subscribe("b").unwrap();
        assert_eq!(publisher.recv_bytes(0).unwrap(), b"\x01b");
    });
}
