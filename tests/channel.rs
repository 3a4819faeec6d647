//! Channels: a handle's messages for `select!`, from a thread that ends with them.

mod support;

use crossbeam_channel::{RecvTimeoutError, TryRecvError, select};
use support::{SOON, blocked, deadline, ends, inproc, marry, push_pull, until};
use zeroless::{Client, Server};

#[test]
fn messages_are_selected_from_several_handles() {
    deadline(|| {
        let [(push, pull), _] = push_pull();
        let (server, client) = ends();
        let (one, two) = (server.pair().unwrap(), client.pair().unwrap());
        marry(&one, &two);
        let (jobs, talk) = (pull.into_channel(4).unwrap(), two.into_channel(4).unwrap());
        push.send(("a", "job")).unwrap();
        select! {
            recv(jobs) -> message => assert_eq!(message.unwrap(), ["a", "job"]),
            recv(talk) -> message => unreachable!("{message:?}"),
            default(SOON) => unreachable!("no message"),
        }
        one.send("talk").unwrap();
        select! {
            recv(jobs) -> message => unreachable!("{message:?}"),
            recv(talk) -> message => assert_eq!(message.unwrap(), "talk"),
            default(SOON) => unreachable!("no message"),
        }
    });
}

#[test]
fn many_messages_come_through_in_order() {
    deadline(|| {
        for (push, pull) in push_pull() {
            let channel = pull.into_channel(2).unwrap();
            let sending = blocked(move || {
                (0..1000).for_each(|number| push.send(number.to_string()).unwrap());
                push
            });
            for (number, message) in channel.iter().take(1000).enumerate() {
                assert_eq!(message, number.to_string().as_str());
            }
            sending.join().unwrap();
        }
    });
}

#[test]
fn requests_come_through_to_be_replied_to() {
    deadline(|| {
        let (server, client) = ends();
        let requests = server.reply().unwrap().into_channel(1).unwrap();
        let pending = client.request().unwrap().start("hello").unwrap();
        let request = requests.recv_timeout(SOON).unwrap();
        request.reply("answer").unwrap();
        assert_eq!(pending.wait().unwrap(), "answer");
    });
}

#[test]
fn dropping_a_channel_ends_its_thread() {
    deadline(|| {
        let server = Server::bind_local(0).unwrap();
        for _ in 0..10 {
            let channel = server.pull().unwrap().into_channel(1).unwrap();
            assert_eq!(channel.try_recv(), Err(TryRecvError::Empty));
            drop(channel);
            // The thread had the only handle, so it is gone.
        }
        assert!(server.push().is_ok());
    });
}

#[test]
fn dropping_a_full_channel_ends_its_thread() {
    deadline(|| {
        let server = Server::bind(inproc()).unwrap();
        for capacity in [0, 1, 3] {
            let pull = server.pull().unwrap();
            let push = Client::connect(server.endpoint()).unwrap().push().unwrap();
            for number in 0..10 {
                push.send(number.to_string()).unwrap();
            }
            let channel = pull.into_channel(capacity).unwrap();
            until(|| channel.len() == capacity);
            drop(channel);
        }
        assert!(server.push().is_ok());
    });
}

#[test]
fn dropping_a_channel_stops_the_clones_of_its_handle() {
    deadline(|| {
        let pull = Server::bind_local(0).unwrap().pull().unwrap();
        let channel = pull.clone().into_channel(1).unwrap();
        drop(channel);
        assert!(pull.recv().unwrap_err().is_stopped());
    });
}

#[test]
fn stopping_the_handle_ends_the_channel() {
    deadline(|| {
        let pull = Server::bind_local(0).unwrap().pull().unwrap();
        let channel = pull.clone().into_channel(1).unwrap();
        pull.stop();
        let ended = channel.recv_timeout(SOON).unwrap_err();
        assert_eq!(ended, RecvTimeoutError::Disconnected);
        assert_eq!(channel.iter().count(), 0);
    });
}
