//! A message of which one frame was sent or received when a third peer leaves.

use zmq::SocketEvent;

use crate::{Monitor, await_commands, bound, fact, socket};

/// The peers: the one that a message goes to or comes from, and the one that leaves.
fn cases() -> impl Iterator<Item = (usize, usize)> {
    let all = (0..3).flat_map(|peer| (0..3).map(move |leaves| (peer, leaves)));
    all.filter(|(peer, leaves)| peer != leaves)
}

/// Ends the connection to an endpoint, and waits until the socket knows.
fn end(context: &zmq::Context, socket: &zmq::Socket, endpoint: &str) {
    socket.disconnect(endpoint).unwrap();
    await_commands(context);
    socket.get_events().unwrap();
}

#[test]
fn the_rest_of_a_message_goes_to_the_peer_that_has_its_beginning() {
    fact(|| {
        for (case, (peer, leaves)) in cases().enumerate() {
            let context = zmq::Context::new();
            let push = socket(&context, zmq::PUSH);
            let monitor = Monitor::of(&context, &push, &format!("torn-{case}"));
            let pulls: Vec<_> = (0..3).map(|_| bound(&context, zmq::PULL)).collect();
            for (_, endpoint) in &pulls {
                push.connect(endpoint).unwrap();
                monitor.wait(SocketEvent::HANDSHAKE_SUCCEEDED);
            }
            for (pull, _) in &pulls[..peer] {
                push.send("to each in turn", 0).unwrap();
                assert_eq!(pull.recv_bytes(0).unwrap(), b"to each in turn");
            }
            push.send("beginning", zmq::SNDMORE).unwrap();
            end(&context, &push, &pulls[leaves].1);
            push.send("end", 0).unwrap();
            let message = pulls[peer].0.recv_multipart(0);
            assert_eq!(message.unwrap(), [&b"beginning"[..], b"end"]);
        }
    });
}

#[test]
fn the_rest_of_a_message_comes_from_the_peer_that_has_sent_its_beginning() {
    fact(|| {
        for (peer, leaves) in cases() {
            let context = zmq::Context::new();
            let pull = socket(&context, zmq::PULL);
            let pushes: Vec<_> = (0..3).map(|_| bound(&context, zmq::PUSH)).collect();
            for (_, endpoint) in &pushes {
                pull.connect(endpoint).unwrap();
            }
            await_commands(&context);
            let send = |number: u8| {
                let (push, _) = &pushes[usize::from(number)];
                push.send_multipart([&[number][..], &[number]], 0).unwrap();
            };
            (0..3).cycle().take(3 * 300).for_each(send);
            let mut have_come = [false; 3];
            loop {
                let beginning = pull.recv_bytes(0).unwrap();
                let from = usize::from(beginning[0]);
                if from == peer && have_come == [true; 3] {
                    break;
                }
                have_come[from] = true;
                assert_eq!(pull.recv_bytes(0).unwrap(), beginning);
                // So each has more when the first of all have come.
                send(beginning[0]);
            }
            end(&context, &pull, &pushes[leaves].1);
            assert_eq!(pull.recv_bytes(0).unwrap(), [peer as u8]);
        }
    });
}
