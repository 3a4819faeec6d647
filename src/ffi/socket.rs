//! Sending, receiving and binding, with the error numbers of libzmq and nothing lost.

use std::ffi::{CString, c_int, c_void};
#[cfg(feature = "libzmq")]
use std::{mem::MaybeUninit, slice};

use super::RawMessage;
use super::errno::{Errno, check};

/// Sends a frame; when libzmq does not take it, it is still there.
///
/// `zmq::Socket::send` drops the frame on every error, EAGAIN and EINTR among them, and with
/// it the bytes that the caller moved into it.
#[inline]
pub(crate) fn send(
    socket: &mut zmq::Socket,
    frame: &mut RawMessage,
    flags: i32,
) -> Result<(), Errno> {
    // SAFETY: both are alive and borrowed by nobody else. The message is initialised, also after the
    // call: after success libzmq leaves an empty one there, after an error the same one.
    let code = unsafe { zmq_sys::zmq_msg_send(frame.as_mut_ptr(), socket.as_mut_ptr(), flags) };
    check(code)
}

/// Sends a frame with a copy of these bytes.
#[inline]
pub(crate) fn send_bytes(socket: &mut zmq::Socket, bytes: &[u8], flags: i32) -> Result<(), Errno> {
    // SAFETY: the socket is alive and borrowed by nobody else. libzmq copies bytes.len()
    // bytes from the slice before it returns.
    let code = unsafe {
        let bytes = (bytes.as_ptr().cast::<c_void>(), bytes.len());
        zmq_sys::zmq_send(socket.as_mut_ptr(), bytes.0, bytes.1, flags)
    };
    check(code)
}

/// Receives a frame, and gives its bytes and whether there is more of its message.
/// `zmq::Socket::recv` panics on an error number that it does not know, and this result would
/// take four calls more.
#[inline]
pub(crate) fn recv<'a>(
    socket: &mut zmq::Socket,
    frame: &'a mut RawMessage,
    flags: i32,
) -> Result<(&'a [u8], bool), Errno> {
    #[cfg(feature = "libzmq")]
    if let Some(receive) = ours() {
        return recv_by(receive, socket, frame, flags, false);
    }
    recv_by_any(socket, frame, flags)
}

/// Receives the next frame of a message: the one received before was not its last.
#[inline]
pub(crate) fn recv_following<'a>(
    socket: &mut zmq::Socket,
    frame: &'a mut RawMessage,
) -> Result<(&'a [u8], bool), Errno> {
    #[cfg(feature = "libzmq")]
    if let Some(receive) = ours() {
        return recv_by(receive, socket, frame, zmq::DONTWAIT, true);
    }
    recv_by_any(socket, frame, zmq::DONTWAIT)
}

/// Our libzmq's function, if that is the one which was linked.
#[cfg(feature = "libzmq")]
#[inline]
fn ours() -> Option<zeroless_libzmq::Receive> {
    zeroless_libzmq::RECEIVE.filter(|_| super::capability::tells_frames())
}

/// Receives by our libzmq's function.
#[cfg(feature = "libzmq")]
#[inline]
fn recv_by<'a>(
    receive: zeroless_libzmq::Receive,
    socket: &mut zmq::Socket,
    frame: &'a mut RawMessage,
    flags: i32,
    following: bool,
) -> Result<(&'a [u8], bool), Errno> {
    let mut received = MaybeUninit::<zeroless_libzmq::ReceivedFrame>::uninit();
    // SAFETY: both are alive and borrowed by nobody else, and the socket is one of the libzmq that the
    // function is of. The message is initialised, also after the call, whatever its outcome.
    let code = unsafe {
        let frame = (frame.as_mut_ptr(), received.as_mut_ptr());
        receive(
            socket.as_mut_ptr(),
            frame.0,
            flags,
            following.into(),
            frame.1,
        )
    };
    check(code)?;
    // SAFETY: it succeeded, and so has written what it tells. The bytes are the message's, and stay as
    // they are while it is borrowed.
    unsafe {
        let received = received.assume_init();
        let data = received.data.cast::<u8>();
        std::hint::assert_unchecked(!data.is_null());
        let bytes = slice::from_raw_parts(data, received.size);
        Ok((bytes, received.more != 0))
    }
}

/// Receives by what every libzmq has.
#[inline]
fn recv_by_any<'a>(
    socket: &mut zmq::Socket,
    frame: &'a mut RawMessage,
    flags: i32,
) -> Result<(&'a [u8], bool), Errno> {
    // SAFETY: both are alive and borrowed by nobody else. The message is initialised, also after the
    // call, if it fails too.
    let code = unsafe { zmq_sys::zmq_msg_recv(frame.as_mut_ptr(), socket.as_mut_ptr(), flags) };
    // libzmq counts in a c_int, which a frame may exceed.
    if !(0..c_int::MAX).contains(&code) {
        return check(code).map(|()| (&frame[..], frame.has_more()));
    }
    // SAFETY: libzmq has just said how many bytes the message has.
    let bytes = unsafe { frame.bytes(code as usize) };
    Ok((bytes, frame.has_more()))
}

/// Binds; `zmq::Socket::bind` panics on an error number that it does not know, of which a
/// path of ipc can cause any.
pub(crate) fn bind(socket: &mut zmq::Socket, endpoint: &str) -> Result<(), Errno> {
    let Ok(endpoint) = CString::new(endpoint) else {
        return Err(libc::EINVAL);
    };
    // SAFETY: the socket is alive and borrowed by nobody else; the string ends in NUL and
    // outlives the call.
    check(unsafe { zmq_sys::zmq_bind(socket.as_mut_ptr(), endpoint.as_ptr()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (zmq::Socket, zmq::Socket) {
        let context = zmq::Context::new();
        let one = context.socket(zmq::PAIR).unwrap();
        let two = context.socket(zmq::PAIR).unwrap();
        one.bind("inproc://ffi").unwrap();
        two.connect("inproc://ffi").unwrap();
        (one, two)
    }

    #[test]
    fn a_frame_sent_is_the_frame_received() {
        let (mut one, mut two) = pair();
        for bytes in [vec![], vec![7; 33], vec![8; 34], vec![9; 100_000]] {
            let mut frame = RawMessage::adopt(bytes.clone());
            send(&mut one, &mut frame, zmq::DONTWAIT).unwrap();
            assert!(frame.is_empty(), "libzmq left an empty message behind");
            assert_eq!(two.recv_bytes(0).unwrap(), bytes);
            send_bytes(&mut one, &bytes, zmq::DONTWAIT).unwrap();
            assert_eq!(recv(&mut two, &mut frame, 0), Ok((&bytes[..], false)));
            assert_eq!(frame[..], bytes);
        }
        let mut frame = RawMessage::copy(b"kept");
        assert_eq!(recv(&mut two, &mut frame, zmq::DONTWAIT), Err(libc::EAGAIN));
    }

    #[test]
    fn all_frames_but_the_last_say_that_there_is_more() {
        let (mut one, mut two) = pair();
        send_bytes(&mut one, b"a", zmq::SNDMORE).unwrap();
        send(&mut one, &mut RawMessage::adopt(vec![7; 100]), zmq::SNDMORE).unwrap();
        send_bytes(&mut one, b"", 0).unwrap();
        let mut frame = RawMessage::new();
        let (bytes, follows) = recv(&mut two, &mut frame, 0).unwrap();
        assert_eq!((bytes, follows), (&b"a"[..], true));
        for (len, more) in [(100, true), (0, false)] {
            let (bytes, follows) = recv_following(&mut two, &mut frame).unwrap();
            assert_eq!((bytes.len(), follows), (len, more));
            assert_eq!(frame.has_more(), more);
        }
        let nothing = recv_following(&mut two, &mut frame);
        assert_eq!(nothing, Err(libc::EAGAIN));
    }

    #[test]
    fn every_way_to_receive_gives_the_same() {
        let (mut one, mut two) = pair();
        let mut frame = RawMessage::new();
        for bytes in [vec![], vec![7; 33], vec![8; 34], vec![9; 100_000]] {
            for _ in 0..2 {
                send_bytes(&mut one, &bytes, zmq::SNDMORE).unwrap();
                send_bytes(&mut one, &bytes, 0).unwrap();
            }
            let [first, last] = [true, false].map(|more| Ok((&bytes[..], more)));
            assert_eq!(recv(&mut two, &mut frame, 0), first);
            assert_eq!(recv_by_any(&mut two, &mut frame, 0), last);
            assert_eq!(recv_by_any(&mut two, &mut frame, 0), first);
            assert_eq!(recv(&mut two, &mut frame, 0), last);
        }
    }

    #[test]
    fn a_frame_that_is_not_taken_is_kept() {
        let context = zmq::Context::new();
        let mut push = context.socket(zmq::PUSH).unwrap();
        let mut frame = RawMessage::adopt(vec![7; 1000]);
        let refused = send(&mut push, &mut frame, zmq::DONTWAIT);
        assert_eq!(refused, Err(libc::EAGAIN));
        assert_eq!(&frame[..], [7; 1000]);
    }

    #[test]
    fn a_bad_path_is_an_error_number() {
        let (mut one, _two) = pair();
        assert!(bind(&mut one, "ipc:///dev/null/x").is_err());
        assert_eq!(bind(&mut one, "ipc://a\0b"), Err(libc::EINVAL));
    }
}
