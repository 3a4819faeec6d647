//! A frame that is told of while it is received.

#![expect(unsafe_code, reason = "the function is C++")]

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::slice;

use zeroless_libzmq::RECEIVE;

use crate::{fact, socket};

/// Frames of these sizes, which libzmq keeps in several ways.
const SIZES: [usize; 4] = [0, 33, 34, 100_000];

#[test]
fn a_received_frame_tells_of_itself() {
    fact(|| {
        assert_eq!(zmq::has("zeroless:receive"), Some(true));
        let context = zmq::Context::new();
        let kinds = [
            (zmq::PUSH, zmq::PULL),
            (zmq::PAIR, zmq::PAIR),
            (zmq::DEALER, zmq::ROUTER),
            (zmq::ROUTER, zmq::DEALER),
        ];
        for (sends, receives) in kinds {
            let mut receiver = socket(&context, receives);
            let sender = socket(&context, sends);
            receiver.set_identity(b"receiver").unwrap();
            receiver.bind("inproc://receive").unwrap();
            sender.connect("inproc://receive").unwrap();
            if sends == zmq::ROUTER {
                sender.send("receiver", zmq::SNDMORE).unwrap();
            }
            for (number, size) in SIZES.into_iter().enumerate() {
                let more = number + 1 < SIZES.len();
                sender
                    .send(vec![7; size], if more { zmq::SNDMORE } else { 0 })
                    .unwrap();
            }
            let mut following = 0;
            if receives == zmq::ROUTER {
                assert!(receive(&mut receiver, following, |_| ()));
                following = 1;
            }
            for (number, size) in SIZES.into_iter().enumerate() {
                let more = receive(&mut receiver, following, |bytes| {
                    assert_eq!(bytes, vec![7; size]);
                });
                assert_eq!(more, number + 1 < SIZES.len());
                following = 1;
            }
            receiver.unbind("inproc://receive").unwrap();
        }
    });
}

/// Receives a frame, shows its bytes, and tells whether more follow.
fn receive(socket: &mut zmq::Socket, following: c_int, show: impl FnOnce(&[u8])) -> bool {
    let receive = RECEIVE.expect("the patch is made");
    let mut message = zmq::Message::new();
    let mut frame = MaybeUninit::uninit();
    // SAFETY: the socket is alive, and of the libzmq that the function is of. A zmq::Message is a
    // zmq_msg_t. What the function tells holds until the message changes.
    unsafe {
        let code = receive(
            socket.as_mut_ptr(),
            (&raw mut message).cast(),
            0,
            following,
            frame.as_mut_ptr(),
        );
        assert_eq!(code, 0);
        let frame = frame.assume_init();
        show(slice::from_raw_parts(frame.data.cast(), frame.size));
        frame.more != 0
    }
}
